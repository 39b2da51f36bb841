package twin

import (
	"strings"

	packageurl "github.com/package-url/packageurl-go"
)

// ParsePurl reads a package URL as the library does. Those that need no more than
// to be cut, which are most of what SBOMs of languages hold, it cuts itself.
func ParsePurl(s string) (packageurl.PackageURL, error) {
	if u, ok := plainPurl(s); ok {
		return u, nil
	}
	return packageurl.FromString(s)
}

// plainPurl reads a purl of a type without rules of its own, with one qualifier at
// most and without anything escaped, but for the "@" of an npm scope.
func plainPurl(s string) (u packageurl.PackageURL, ok bool) {
	rest, ok := strings.CutPrefix(s, "pkg:")
	if !ok {
		return u, false
	}
	kind, rest, _ := strings.Cut(rest, "/")
	if !isPlainType(kind) {
		return u, false
	}
	rest, query, queried := strings.Cut(rest, "?")
	qualifiers, ok := plainQualifier(query)
	if queried && !ok {
		return u, false
	}
	scope := ""
	if kind == packageurl.TypeNPM {
		if after, scoped := strings.CutPrefix(rest, "%40"); scoped && strings.IndexByte(after, '/') > 0 {
			scope, rest = "@", after
		}
	}
	if !isPlainPath(rest) {
		return u, false
	}
	version := ""
	if i := strings.LastIndexByte(rest, '@'); i > 0 {
		rest, version = rest[:i], rest[i+1:]
	}
	i := strings.LastIndexByte(rest, '/')
	namespace, name := rest[:max(i, 0)], rest[i+1:]
	if name == "" || scope != "" && namespace == "" {
		return u, false
	}
	return packageurl.PackageURL{
		Type: kind, Namespace: scope + namespace, Name: name, Version: version, Qualifiers: qualifiers,
	}, true
}

// isPlainType names types of which the library changes nothing.
func isPlainType(kind string) bool {
	switch kind {
	case packageurl.TypeMaven, packageurl.TypeNPM, packageurl.TypeCargo, packageurl.TypeGem, packageurl.TypeNuget, packageurl.TypeHex:
		return true
	}
	return false
}

// plainQualifier reads "type=jar".
func plainQualifier(query string) (q packageurl.Qualifiers, ok bool) {
	key, value, _ := strings.Cut(query, "=")
	if key == "" || !isPlainPath(value) || strings.Trim(key, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return packageurl.Qualifiers{}, false
	}
	return packageurl.Qualifiers{{Key: key, Value: value}}, true
}

// isPlainPath reports whether every character stands for itself, and no segment
// is empty.
func isPlainPath(s string) bool {
	if s == "" || s[0] == '/' || s[0] == '@' {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', 'A' <= c && c <= 'Z', c == '.', c == '-', c == '_', c == '@', c == '+', c == '~':
		case c == '/' && s[i-1] != '/':
		default:
			return false
		}
	}
	return true
}

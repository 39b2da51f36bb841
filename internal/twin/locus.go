package twin

import "strings"

// Locus is where a weakness of a component is: its purl without version,
// qualifiers and subpath, the namespace kept, so that it stays the same over
// versions. It is "" for what is no purl.
func Locus(purl string) string {
	rest, ok := strings.CutPrefix(purl, "pkg:")
	if !ok {
		return ""
	}
	rest = strings.TrimLeft(rest, "/")
	rest, _, _ = strings.Cut(rest, "#")
	rest, _, _ = strings.Cut(rest, "?")
	typ, path, ok := strings.Cut(rest, "/")
	if !ok {
		return ""
	}
	name := strings.LastIndexByte(path, '/') + 1
	if at := strings.LastIndexByte(path[name:], '@'); at > 0 {
		path = path[:name+at]
	}
	path = strings.Trim(path, "/")
	if path == "" {
		return ""
	}
	return "pkg:" + strings.ToLower(typ) + "/" + strings.ReplaceAll(path, "@", "%40")
}

// LocusName is the last part of a locus: the component's name as people say it.
func LocusName(locus string) string {
	return locus[strings.LastIndexByte(locus, '/')+1:]
}

// PurlVersion is the version in a purl, "" when it has none.
func PurlVersion(purl string) string {
	purl, _, _ = strings.Cut(purl, "#")
	purl, _, _ = strings.Cut(purl, "?")
	name := purl[strings.LastIndexByte(purl, '/')+1:]
	if at := strings.LastIndexByte(name, '@'); at > 0 {
		return name[at+1:]
	}
	return ""
}

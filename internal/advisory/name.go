package advisory

import (
	"slices"
	"strings"
)

// Ecosystem names that our own rules speak of, as OSV spells them.
const (
	PyPI          = "PyPI"
	NPM           = "npm"
	Go            = "Go"
	NuGet         = "NuGet"
	Packagist     = "Packagist"
	GitHubActions = "GitHub Actions"
	SwiftURL      = "SwiftURL"
	VSCode        = "VSCode"
	Bitnami       = "Bitnami"
	ConanCenter   = "ConanCenter"
	// Git is the ecosystem of records about commits: the name of a package is
	// the address of its repository.
	Git = "GIT"
)

// NormalName returns the name under which a package is looked up: records and
// components meet when their normal names are equal. It folds only what the
// ecosystem itself, or the purl of its packages, does not tell apart: case
// where names have none, and PyPI's runs of "-", "_" and "." (PEP 503). Names
// of other ecosystems stay as they are, but for addresses of repositories.
func NormalName(ecosystem, name string) string {
	switch ecosystem {
	case PyPI:
		return normalPyPI(name)
	case NPM, Go, NuGet, Packagist, GitHubActions, SwiftURL, VSCode, Bitnami, ConanCenter:
		return strings.ToLower(name)
	case Git:
		return normalAddress(name)
	}
	return name
}

// normalAddress reduces the many ways to write where a repository is to host
// and path: "git+ssh://git@github.com/psf/requests.git" is
// "github.com/psf/requests". The hosts that matter tell no case apart.
func normalAddress(address string) string {
	for {
		next := shorterAddress(address)
		if next == address {
			return next
		}
		address = next
	}
}

func shorterAddress(address string) string {
	s := strings.ToLower(strings.TrimSpace(address))
	s, _, _ = strings.Cut(s, "#")
	s, _, _ = strings.Cut(s, "?")
	if i := strings.LastIndex(s, "://"); i >= 0 {
		s = s[i+len("://"):]
	}
	host, path, _ := strings.Cut(strings.TrimPrefix(s, "git+"), "/")
	host = host[strings.LastIndexByte(host, '@')+1:]
	host = strings.ReplaceAll(host, ":", "/") // git@github.com:psf/requests
	return strings.TrimSuffix(strings.Trim(host+"/"+path, "/"), ".git")
}

func normalPyPI(name string) string {
	if isNormalPyPI(name) {
		return name
	}
	var b strings.Builder
	b.Grow(len(name))
	run := false
	for _, r := range strings.ToLower(name) {
		if r == '-' || r == '_' || r == '.' {
			run = true
			continue
		}
		if run {
			b.WriteByte('-')
			run = false
		}
		b.WriteRune(r)
	}
	if run {
		b.WriteByte('-')
	}
	return b.String()
}

// isNormalPyPI spares the common case its allocation.
func isNormalPyPI(name string) bool {
	for i := range len(name) {
		c := name[i]
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		case c == '-' && i > 0 && name[i-1] != '-':
		default:
			return false
		}
	}
	return true
}

// SplitEcosystem parts an OSV ecosystem from its release at the first colon:
// "Ubuntu:22.04:LTS" is "Ubuntu", "22.04:LTS"; "npm" has no release.
func SplitEcosystem(s string) (ecosystem, release string) {
	ecosystem, release, _ = strings.Cut(s, ":")
	return ecosystem, release
}

// The digits of a CVE id: a year, and a number of at least four.
const (
	cveYear    = 4
	cveLeast   = 4
	cveLongest = 19
)

// IsCVE reports whether a text is a CVE id as its registry writes it.
func IsCVE(s string) bool {
	rest, found := strings.CutPrefix(s, "CVE-")
	year, number, dashed := strings.Cut(rest, "-")
	return found && dashed && len(year) == cveYear && len(number) >= cveLeast && len(number) <= cveLongest &&
		digits(year) && digits(number)
}

func digits(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

// BestKnown is the name that most people know a weakness by: its CVE, else its
// GHSA, the least of several; else the first.
func BestKnown(names []string) string {
	for _, prefix := range []string{"CVE-", "GHSA-"} {
		var found []string
		for _, n := range names {
			if strings.HasPrefix(n, prefix) {
				found = append(found, n)
			}
		}
		if len(found) > 0 {
			return slices.Min(found)
		}
	}
	return names[0]
}

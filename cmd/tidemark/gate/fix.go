package gate

import (
	"regexp"
	"strings"

	"github.com/tidemark/tidemark/internal/match"
)

// harmless is what may stand in a command line without being anything else.
var harmless = regexp.MustCompile(`^[A-Za-z0-9@/._+:~^-]+$`)

// fixCommand is how a component is usually brought to a version; "" where there
// is no one command, or where a name would be more than a name.
func fixCommand(purl, fix string) string {
	p, err := match.ParsePurl(purl)
	if err != nil || fix == "" {
		return ""
	}
	whole := strings.TrimPrefix(p.Namespace+"/"+p.Name, "/")
	if !harmless.MatchString(whole) || !harmless.MatchString(fix) || strings.HasPrefix(whole, "-") {
		return ""
	}
	switch p.Type {
	case "npm":
		return "npm install " + whole + "@" + fix
	case "golang":
		return goCommand(whole, fix)
	case "pypi":
		return "pip install '" + p.Name + ">=" + fix + "'"
	case "cargo":
		return "cargo update --package " + p.Name + " --precise " + fix
	case "gem":
		return "bundle update " + p.Name + " --conservative"
	case "composer":
		return "composer require '" + whole + ":^" + fix + "'"
	case "nuget":
		return "dotnet add package " + p.Name + " --version " + fix
	case "deb":
		return "apt-get install --only-upgrade " + p.Name
	case "apk":
		return "apk add --upgrade '" + p.Name + ">=" + fix + "'"
	case "rpm":
		return "dnf upgrade " + p.Name
	}
	return ""
}

// goCommand: the standard library comes with the toolchain.
func goCommand(module, fix string) string {
	fix = strings.TrimPrefix(fix, "v")
	if module == "stdlib" || module == "toolchain" {
		return "go get go@" + fix
	}
	return "go get " + module + "@v" + fix
}

package archtest

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// machinePath finds folders that exist on one person's machine only.
var machinePath = regexp.MustCompile("(^|[\\s\"'`=(:])(/home/[a-z]|/root/|/work/|/Users/[A-Za-z]|[A-Z]:\\\\Users)")

// registryHosts are named in nobody's files: the ordinary clients know them,
// and other places have mirrors. They are put together here, so that this file
// passes too.
var registryHosts = []string{
	"proxy." + "golang.org", "sum." + "golang.org", "registry." + "npmjs.org",
	"deb." + "debian.org", "pypi" + ".org/simple", "index." + "crates.io",
}

// Strays checks every text of the repository for what belongs to one machine.
func Strays(t *Tree) []Finding {
	var out []Finding
	for name, body := range t.Texts {
		if path.Base(name) != "go.sum" {
			out = append(out, strays(name, body)...)
		}
	}
	slices.SortFunc(out, func(a, b Finding) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// silencer finds comments that switch a linter off: ours has no such switch.
var silencer = regexp.MustCompile("//(" + "nolint|lint:ignore|lint:file-ignore|#nosec)")

func strays(name string, body []byte) []Finding {
	var out []Finding
	for i, line := range bytes.Split(body, []byte("\n")) {
		if m := machinePath.FindSubmatch(line); m != nil {
			out = append(out, Finding{Path: name, Line: i + 1, Message: fmt.Sprintf("path of one machine: %s", m[2])})
		}
		if m := silencer.Find(line); m != nil && path.Ext(name) == ".go" {
			out = append(out, Finding{Path: name, Line: i + 1, Message: fmt.Sprintf("%s silences nothing here: fix the finding", m)})
		}
		for _, host := range registryHosts {
			if bytes.Contains(line, []byte(host)) {
				out = append(out, Finding{Path: name, Line: i + 1, Message: "names the package registry " + host})
			}
		}
	}
	return out
}

package accuracy

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/match"
	"github.com/tidemark/tidemark/internal/realdata"
	"github.com/tidemark/tidemark/internal/twin"
)

// comparison is what two scanners say of the same documents.
type comparison struct {
	Ecosystems map[string]*agreement `json:"ecosystems"`
	Kinds      map[string]int        `json:"kinds"` // of differences
	examples   map[string]string
	gone       map[string]bool // records whose id was rejected
}

// theirGroup is one weakness of one package as osv-scanner reports it.
type theirGroup struct {
	name, version, ecosystem string
	ids                      []string
	met                      bool
}

// database is the folder that osv-scanner reads: our archives, and an empty one
// for each ecosystem that it asks for beside them. Without, it throws away all
// that it found in a document.
func database(t *testing.T) string {
	root := t.TempDir()
	dir := filepath.Join(root, "osv-scalibr")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadDir(realdata.Dir(t, "osv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if err := os.Symlink(filepath.Join(realdata.Dir(t, "osv"), e.Name()), filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	for _, missing := range []string{"GitHub Actions", "Hex", "Pub", "SwiftURL", "Wolfi", "Chainguard"} {
		emptyArchive(t, filepath.Join(dir, missing))
	}
	return root
}

func emptyArchive(t *testing.T, dir string) {
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, "all.zip"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(zip.NewWriter(f).Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// theirs runs osv-scanner on one document.
func theirs(t *testing.T, program, db string, d *document) []*theirGroup {
	dir := t.TempDir()
	file, out := filepath.Join(dir, "document."+d.kind+".json"), filepath.Join(dir, "out.json")
	if err := os.WriteFile(file, d.body, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "scan", "source", "--offline", "--offline-vulnerabilities", "--local-db-path", db,
		"--format", "json", "--output-file", out, "-L", file)
	said, err := cmd.CombinedOutput()
	exit, _ := errors.AsType[*exec.ExitError](err)
	if err != nil && (exit == nil || exit.ExitCode() != 1 && exit.ExitCode() != 128) { // weaknesses found; no packages found
		t.Fatalf("%s: %v\n%s", d.name, err, said)
	}
	body, err := os.ReadFile(out)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return groupsOf(t, body)
}

func groupsOf(t *testing.T, body []byte) (list []*theirGroup) {
	var doc struct {
		Results []struct {
			Packages []struct {
				Package struct{ Name, Version, Ecosystem string }
				Groups  []struct{ IDs, Aliases []string }
			}
		}
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	for _, r := range doc.Results {
		for _, p := range r.Packages {
			for _, g := range p.Groups {
				ecosystem, _, _ := strings.Cut(p.Package.Ecosystem, ":")
				list = append(list, &theirGroup{p.Package.Name, p.Package.Version, ecosystem, append(g.IDs, g.Aliases...), false})
			}
		}
	}
	return list
}

// ourItem is one weakness of one component as a scan reports it.
type ourItem struct {
	api.Match
	pkg match.Package
	d   *document
}

func newComparison(gone map[string]bool) *comparison {
	return &comparison{Ecosystems: map[string]*agreement{}, Kinds: map[string]int{}, examples: map[string]string{}, gone: gone}
}

// against compares all documents.
func (c *comparison) against(t *testing.T, program string, docs []document, ours map[string]map[string][]api.Match) *comparison {
	db := database(t)
	for i := range docs {
		d := &docs[i]
		groups := theirs(t, program, db, d)
		purls := d.purls(t)
		for purl, items := range ours[d.name] {
			for _, it := range items {
				c.ours(t, &ourItem{it, packageOf(purl, purls[purl]), d}, groups)
			}
		}
		for _, g := range groups {
			if !g.met {
				c.theirs(t, g, d, purls)
			}
		}
	}
	return c
}

func (c *comparison) count(ecosystem string) *agreement {
	if c.Ecosystems[ecosystem] == nil {
		c.Ecosystems[ecosystem] = &agreement{}
	}
	return c.Ecosystems[ecosystem]
}

func (c *comparison) note(t *testing.T, kind, example string) {
	c.Kinds[kind]++
	if c.examples[kind] == "" || example < c.examples[kind] {
		c.examples[kind] = example
	}
	if kinds[kind].words == "" {
		t.Errorf("a difference without an explanation: %s: %s", kind, example)
	}
}

// ours files one of our items: they have it too, or there is a reason.
func (c *comparison) ours(t *testing.T, it *ourItem, groups []*theirGroup) {
	names := append([]string{it.Advisory}, it.Aliases...)
	found := false
	for _, g := range groups {
		same := g.ecosystem == it.pkg.Ecosystem && g.name == it.pkg.Name && sameVersion(g.version, it)
		if same && slices.ContainsFunc(g.ids, func(id string) bool { return slices.Contains(names, id) }) {
			g.met, found = true, true
		}
	}
	n := c.count(it.pkg.Ecosystem)
	if found {
		n.Both++
		return
	}
	n.OnlyOurs++
	c.note(t, ourKind(it), it.d.name+": "+it.Purl+" "+it.Advisory)
}

// packageOf reads a purl, with the source that stands beside it.
func packageOf(purl, source string) match.Package {
	c := twin.Component{Purl: purl}
	if source != "" {
		c.Qualifiers = url.Values{"upstream": {source}}.Encode()
	}
	p, _ := match.PackageOf(c)
	return p
}

func sameVersion(theirs string, it *ourItem) bool {
	raw, err := url.PathUnescape(twin.PurlVersion(it.Purl))
	return theirs == it.Version || theirs == it.pkg.Version || err == nil && theirs == raw
}

// ourKind says why they may not have what we have.
func ourKind(it *ourItem) string {
	switch p := it.Purl; {
	case isSPDX3(it.d.body):
		return "spdx-3"
	case strings.HasPrefix(p, "pkg:alpine/"):
		return "alpine-type"
	case it.pkg.Source != "" && it.pkg.Source != it.pkg.Name:
		return "source-package"
	case strings.HasPrefix(p, "pkg:pypi/") && strings.Contains(it.Reason, "the record writes"):
		return "pypi-name"
	case strings.HasPrefix(p, "pkg:maven/") && strings.Contains(it.pkg.Name, ":"):
		return "maven-group"
	case strings.HasPrefix(p, "pkg:npm/") && strings.Contains(it.pkg.Name, "/"):
		return "npm-scope"
	case strings.HasPrefix(p, "pkg:golang/") && it.d.kind == "spdx":
		return "go-path"
	}
	return "only ours"
}

// theirs files what only they have.
func (c *comparison) theirs(t *testing.T, g *theirGroup, d *document, purls map[string]string) {
	c.count(g.ecosystem).OnlyTheirs++
	kind := theirKind(g, purls)
	if slices.ContainsFunc(g.ids, func(id string) bool { return c.gone[id] }) {
		kind = "rejected"
	}
	c.note(t, kind, d.name+": "+g.ecosystem+" "+g.name+" "+g.version+" "+strings.Join(g.ids, " "))
}

// theirKind says why we may not have what they have.
func theirKind(g *theirGroup, purls map[string]string) string {
	named := false
	for purl, source := range purls {
		p := packageOf(purl, source)
		if p.Ecosystem != g.ecosystem {
			continue
		}
		if g.ecosystem == "Maven" && strings.HasSuffix(p.Name, ":"+g.name) {
			return "maven-no-group"
		}
		if g.ecosystem == "npm" && strings.HasSuffix(p.Name, "/"+g.name) && p.Version == g.version {
			return "npm-scope-dropped"
		}
		if p.Name != g.name {
			continue
		}
		named = true
		if strings.HasSuffix(p.Version, ":"+g.version) {
			return "epoch"
		}
		if p.Source != "" && p.Source != p.Name || p.SourceVers != "" && p.SourceVers != p.Version {
			return "binary-as-source"
		}
	}
	if g.ecosystem == "Go" && !named {
		return "go-path-stdlib"
	}
	return "only theirs"
}

// kind is a kind of difference: who is right, and why.
type kind struct{ right, words string }

var kinds = map[string]kind{
	"spdx-3":            {"ours", "osv-scanner does not read SPDX 3."},
	"rejected":          {"ours", "The words of the record say that its numbering authority rejected the id: a duplicate, or no weakness. OSV has no field for that, and osv-scanner goes on reporting it."},
	"alpine-type":       {"ours", "Syft wrote `pkg:alpine/NAME` before the purl specification had `pkg:apk/alpine/NAME`. osv-scanner refuses it as an invalid purl and looks nothing up; the package, its release (`distro`) and its origin (`upstream`) are all there."},
	"source-package":    {"ours", "Records of Debian, Ubuntu and Alpine name source packages. osv-scanner looks up the binary's own name and passes over `upstream=`, so it finds nothing for libssl1.1, whose source is openssl."},
	"maven-group":       {"ours", "Records of Maven name `group:artifact`. osv-scanner takes the artifact alone from a purl, and no record has that name."},
	"npm-scope":         {"ours", "Records of npm name `@scope/name`. osv-scanner takes the name without its scope."},
	"go-path":           {"ours", "From an SPDX document osv-scanner takes the last part of a Go module's path, and no record has that name."},
	"go-path-stdlib":    {"ours", "The other side of the cut path: of `cloud.google.com/go` nothing but `go` is left, which is taken for the standard library, and its version for a release of Go. The document names no such thing."},
	"pypi-name":         {"ours", "The record writes `Django`, the purl `django`. Names of PyPI are the same however they are spelled (PEP 503); osv-scanner compares them as they stand."},
	"maven-no-group":    {"neither", "The record names an artifact and no group, which no package of Maven is: it was converted so from another database. osv-scanner drops the group of the component as well, so the two meet, as they would for any other group's artifact of that name. A record that can only be guessed at is not matched here."},
	"npm-scope-dropped": {"ours", "osv-scanner drops the scope, and reports `@scope/name` for a weakness of `name`, another package."},
	"epoch":             {"ours", "Trivy writes the epoch of a Debian version as the qualifier `epoch=`. osv-scanner passes over it and compares 2.44 where the package is 1:2.44, so what is fixed looks affected."},
	"binary-as-source":  {"ours", "osv-scanner looks up a binary package by its own name although another source, or another version of it, is named by `upstream=`: records speak of the source."},
}

package accuracy

import (
	"archive/zip"
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/match"
	"github.com/tidemark/tidemark/internal/realdata"
)

// The reference is a second evaluator, written from the OSV specification and
// the purl specification alone. It shares no code with the product but the
// comparison of two versions, which the fixtures check.

type refRecord struct {
	ID        string   `json:"id"`
	Withdrawn string   `json:"withdrawn"`
	Summary   string   `json:"summary"`
	Details   string   `json:"details"`
	Aliases   []string `json:"aliases"`
	Upstream  []string `json:"upstream"`
	Affected  []struct {
		Package struct{ Ecosystem, Name string }
		Ranges  []struct {
			Type   string
			Events []map[string]string
		}
		Versions []string
	} `json:"affected"`
}

// refEntry is one package of one record.
type refEntry struct {
	id, release string
	versions    []string
	ranges      [][]map[string]string
}

type reference map[string][]refEntry // by ecosystem, "|", name

// rejected reports whether the words of a record begin as CVE writes them of an
// id that its numbering authority rejected.
var rejected = regexp.MustCompile(`(?i)^\s*(\*\* reject \*\*|rejected reason:)`)

// loadReference reads all archives with the standard library. Beside what stands
// it gives the ids of the records that were rejected.
func loadReference(t *testing.T) (ref reference, gone map[string]bool) {
	archives, err := filepath.Glob(filepath.Join(realdata.Dir(t, "osv"), "*", "all.zip"))
	if err != nil {
		t.Fatal(err)
	}
	ref, gone = reference{}, map[string]bool{}
	seen := map[string]bool{}
	for _, path := range archives {
		z, err := zip.OpenReader(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range z.File {
			r := readRecord(t, f)
			if r.Withdrawn != "" || seen[r.ID] {
				continue
			}
			seen[r.ID] = true
			if rejected.MatchString(r.Details) || rejected.MatchString(r.Summary) {
				gone[r.ID] = true
				continue
			}
			ref.add(&r)
		}
		_ = z.Close() // it was only read
	}
	return ref, gone
}

func readRecord(t *testing.T, f *zip.File) (r refRecord) {
	in, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, &r); err != nil {
		t.Fatalf("%s: %v", f.Name, err)
	}
	return r
}

func (ref reference) add(r *refRecord) {
	for _, a := range r.Affected {
		ecosystem, release, _ := strings.Cut(a.Package.Ecosystem, ":")
		e := refEntry{id: r.ID, release: release, versions: a.Versions}
		for _, g := range a.Ranges {
			if g.Type != "GIT" {
				e.ranges = append(e.ranges, g.Events)
			}
		}
		key := ecosystem + "|" + refName(ecosystem, a.Package.Name)
		ref[key] = append(ref[key], e)
	}
}

var pypiRun = regexp.MustCompile(`[-_.]+`)

func refName(ecosystem, name string) string {
	switch ecosystem {
	case "PyPI":
		return pypiRun.ReplaceAllString(strings.ToLower(name), "-")
	case "NuGet", "Packagist":
		return strings.ToLower(name)
	}
	return name
}

// refPackage is a purl, taken apart by hand.
type refPackage struct{ ecosystem, release, name, version string }

// refParse reads the purls that the SBOMs have; asked is false for a type that
// the reference does not know, and for what has no version.
func refParse(purl, source string) (p refPackage, asked bool) {
	rest, _, _ := strings.Cut(strings.TrimPrefix(purl, "pkg:"), "#")
	path, query, _ := strings.Cut(rest, "?")
	q, err := url.ParseQuery(strings.ReplaceAll(query, "+", "%2B")) // a purl has no forms
	if err != nil {
		return p, false
	}
	i := strings.LastIndexByte(path, '@')
	if i < 0 || strings.HasSuffix(path[:i], "/") {
		return p, false
	}
	version, err1 := url.PathUnescape(path[i+1:])
	parts := strings.Split(path[:i], "/")
	for n := range parts {
		parts[n], err = url.PathUnescape(parts[n])
		if err != nil {
			return p, false
		}
	}
	p.version, p.name = version, parts[len(parts)-1]
	if source == "" {
		source = q.Get("upstream")
	}
	return p, err1 == nil && version != "" && p.place(parts, q, source)
}

func (p *refPackage) place(parts []string, q url.Values, source string) bool {
	plain := map[string]string{"cargo": "crates.io", "gem": "RubyGems", "nuget": "NuGet", "pypi": "PyPI", "hex": "Hex", "pub": "Pub", "cran": "CRAN"}
	p.ecosystem = plain[parts[0]]
	switch parts[0] {
	case "npm":
		p.ecosystem, p.name = "npm", strings.Join(parts[1:], "/")
	case "composer":
		p.ecosystem, p.name = "Packagist", strings.Join(parts[1:], "/")
	case "golang":
		p.ecosystem, p.name = "Go", strings.Join(parts[1:], "/")
	case "maven":
		p.ecosystem, p.name = "Maven", strings.Join(parts[1:], ":")
	case "alpine", "apk":
		p.ecosystem = "Alpine"
		p.distribution(source, regexp.MustCompile(`\d+\.\d+`).FindString(q.Get("distro")))
	case "deb":
		if parts[1] == "debian" {
			p.ecosystem = "Debian"
			p.distribution(source, regexp.MustCompile(`\d+`).FindString(q.Get("distro")))
		}
		if parts[1] == "ubuntu" {
			p.ecosystem = "Ubuntu"
			p.distribution(source, regexp.MustCompile(`\d+\.\d+`).FindString(q.Get("distro")))
		}
	}
	p.name = refName(p.ecosystem, p.name)
	inRelease := p.ecosystem != "Alpine" && p.ecosystem != "Debian" && p.ecosystem != "Ubuntu" || p.release != ""
	return p.ecosystem != "" && inRelease && !strings.ContainsAny(p.version, "()")
}

// distribution: records name source packages.
func (p *refPackage) distribution(source, release string) {
	p.release = release
	if name, version, ok := strings.Cut(source, "@"); name != "" {
		p.name = name
		if ok {
			p.version = version
		}
	}
}

// affecting lists the records about a package.
func (ref reference) affecting(t *testing.T, p refPackage) (ids []string) {
	for _, e := range ref[p.ecosystem+"|"+p.name] {
		release := strings.TrimSuffix(strings.TrimPrefix(e.release, "v"), ":LTS")
		if p.release != "" && release != p.release {
			continue
		}
		hit := slices.ContainsFunc(e.versions, func(v string) bool { return isSame(p, v) })
		for _, events := range e.ranges {
			hit = hit || inRange(t, p, events)
		}
		if hit {
			ids = append(ids, e.id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// isSame: NuGet's 2.13.02 is 2.13.2.
func isSame(p refPackage, listed string) bool {
	c, err := match.Compare(p.ecosystem, p.version, listed)
	return p.version == listed || (err == nil && c == 0)
}

// inRange is the pseudo-code of the specification: events in order, each applied.
func inRange(t *testing.T, p refPackage, events []map[string]string) bool {
	bound := func(e map[string]string) string {
		return e["introduced"] + e["fixed"] + e["last_affected"] + e["limit"]
	}
	compare := func(a, b string) int {
		switch {
		case a == b:
			return 0
		case a == "0":
			return -1
		case b == "0":
			return 1
		}
		c, err := match.Compare(p.ecosystem, a, b)
		if err != nil {
			t.Logf("%s %s: %v", p.ecosystem, p.name, err)
		}
		return c
	}
	list := slices.Clone(events)
	slices.SortStableFunc(list, func(a, b map[string]string) int { return compare(bound(a), bound(b)) })
	hit := false
	for _, e := range list {
		switch {
		case e["introduced"] != "":
			hit = hit || compare(p.version, e["introduced"]) >= 0
		case e["fixed"] != "":
			hit = hit && compare(p.version, e["fixed"]) < 0
		case e["last_affected"] != "":
			hit = hit && compare(p.version, e["last_affected"]) <= 0
		}
	}
	return hit
}

package accuracy

import (
	"cmp"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/match"
	"github.com/tidemark/tidemark/internal/realdata"
	"github.com/tidemark/tidemark/internal/twin"
)

// decided counts what was asked of one ecosystem's order.
type decided struct {
	Pairs     int `json:"pairs"`
	Decisions int `json:"decisions"`
	Undecided int `json:"undecided"`
	Wrong     int `json:"wrong"`
}

// fixture is how the versions of a file become components.
type fixture struct{ ecosystem, release, name, before, after string }

var fixtures = map[string]fixture{
	"alpine":    {"Alpine", "v3.1", "a", "pkg:apk/alpine/a@", "?distro=alpine-3.1.0"},
	"cran":      {"CRAN", "", "a", "pkg:cran/a@", ""},
	"debian":    {"Debian", "11", "a", "pkg:deb/debian/a@", "?distro=debian-11"},
	"hackage":   {"Hackage", "", "a", "pkg:hackage/a@", ""},
	"maven":     {"Maven", "", "g:a", "pkg:maven/g/a@", ""},
	"nuget":     {"NuGet", "", "a", "pkg:nuget/a@", ""},
	"packagist": {"Packagist", "", "v/a", "pkg:composer/v/a@", ""},
	"pub":       {"Pub", "", "a", "pkg:pub/a@", ""},
	"pypi":      {"PyPI", "", "a", "pkg:pypi/a@", ""},
	"redhat":    {"Red Hat", "", "a", "pkg:rpm/redhat/a@", "?distro=rhel-8"},
	"rubygems":  {"RubyGems", "", "a", "pkg:gem/a@", ""},
	"semver":    {"npm", "", "a", "pkg:npm/a@", ""},
}

// orders asks, of every pair of versions and in both directions, whether one is
// affected when the other is the bound of an advisory: from purl to answer, as
// a scan does.
func orders(t *testing.T) map[string]*decided {
	files, err := filepath.Glob(filepath.Join(realdata.Dir(t, "conformance", "osv-scalibr-semantic", "semantic", "testdata"), "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	all := map[string]*decided{}
	for _, path := range files {
		kind, _, _ := strings.Cut(filepath.Base(path), "-")
		f, ok := fixtures[kind]
		if !ok {
			t.Fatalf("%s: no ecosystem for these fixtures", path)
		}
		n := all[f.ecosystem]
		if n == nil {
			n = &decided{}
			all[f.ecosystem] = n
		}
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		asked := newAsked(f)
		for line := range strings.Lines(string(body)) {
			if parts := strings.Fields(line); len(parts) == 3 && strings.Contains("<=>", parts[1]) {
				n.Pairs++
				asked.both(t, parts, n)
			}
		}
	}
	return all
}

type asked struct {
	fixture
	record *advisory.Record
	eval   *match.Evaluator
}

func newAsked(f fixture) *asked {
	r := &advisory.Record{ID: "X-1", Affected: []advisory.Affected{{
		Ecosystem: f.ecosystem, Release: f.release, Name: f.name, Ranges: []advisory.Range{{Type: "ECOSYSTEM"}},
	}}}
	return &asked{f, r, match.NewEvaluator(match.NewMapIndex([]*advisory.Record{r}, []string{f.ecosystem}))}
}

func (a *asked) both(t *testing.T, pair []string, n *decided) {
	mirror := map[string]string{"<": ">", ">": "<", "=": "="}
	a.bounds(t, pair[0], pair[1], pair[2], n)
	a.bounds(t, pair[2], mirror[pair[1]], pair[0], n)
}

func (a *asked) bounds(t *testing.T, version, op, bound string, n *decided) {
	c := twin.Component{Purl: a.before + url.PathEscape(version) + a.after}
	for _, q := range []struct {
		events []advisory.Event
		want   bool
	}{
		{[]advisory.Event{{Introduced: "0"}, {Fixed: bound}}, op == "<"},
		{[]advisory.Event{{Introduced: "0"}, {LastAffected: bound}}, op != ">"},
		{[]advisory.Event{{Introduced: bound}}, op != "<"},
	} {
		a.record.Affected[0].Ranges[0].Events = q.events
		res := a.eval.Evaluate(c)
		if len(res.Undecided) > 0 {
			n.Undecided++
			continue
		}
		n.Decisions++
		if (len(res.Matches) == 1) != q.want {
			n.Wrong++
			t.Errorf("%s: %s %s %s, yet %v in %v", a.ecosystem, version, op, bound, len(res.Matches), q.events)
		}
	}
}

// sortedKeys lists the keys of a map in order.
func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

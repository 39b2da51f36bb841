package match

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/realdata"
)

// fixtures names the ecosystem of each file of version pairs by its beginning.
var fixtures = map[string]string{
	"alpine": "Alpine", "cran": "CRAN", "debian": "Debian", "hackage": "Hackage", "maven": "Maven",
	"nuget": "NuGet", "packagist": "Packagist", "pub": "Pub", "pypi": "PyPI", "redhat": "Red Hat",
	"rubygems": "RubyGems", "semver": "npm",
}

// pair is one line of a fixture: "A < B".
type pair struct{ a, op, b string }

func pairs(t *testing.T, path string) []pair {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var list []pair
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "//") {
			continue
		}
		f := strings.Fields(line)
		if len(f) != 3 || !strings.Contains("<=>", f[1]) {
			t.Fatalf("%s: not a pair: %q", path, line)
		}
		list = append(list, pair{f[0], f[1], f[2]})
	}
	return list
}

// tally counts decisions.
type tally struct{ pairs, decisions, undecided, wrong int }

// TestConformance puts every pair of the version library's fixtures through
// evaluation, in both directions: each version as a lower and an upper bound,
// closed and open, of the other.
func TestConformance(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(realdata.Dir(t, "conformance", "osv-scalibr-semantic", "semantic", "testdata"), "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	var n tally
	for _, path := range files {
		kind, _, _ := strings.Cut(filepath.Base(path), "-")
		ecosystem, ok := fixtures[kind]
		if !ok {
			t.Errorf("%s: no ecosystem for these fixtures", path)
			continue
		}
		ix := &oneRecord{}
		asker := asker{ecosystem: ecosystem, ix: ix, e: NewEvaluator(ix)}
		for _, p := range pairs(t, path) {
			n.pairs++
			asker.decide(t, p, &n)
		}
	}
	t.Logf("%d pairs, %d decisions, %d undecided, %d wrong", n.pairs, n.decisions, n.undecided, n.wrong)
	if n.wrong > 0 {
		t.Errorf("%d of %d decisions are wrong", n.wrong, n.decisions)
	}
	// The only version that has no order for us: a branch of Composer ("dev-foo").
	if n.undecided > 10 {
		t.Errorf("%d decisions are left open", n.undecided)
	}
}

// oneRecord is an index of one record, for every package.
type oneRecord struct{ record *advisory.Record }

func (ix *oneRecord) Records(advisory.PackageKey) ([]*advisory.Record, error) {
	return []*advisory.Record{ix.record}, nil
}
func (ix *oneRecord) Has(string) bool          { return true }
func (ix *oneRecord) Releases(string) []string { return nil }

// asker asks about versions of one ecosystem.
type asker struct {
	ecosystem string
	ix        *oneRecord
	e         *Evaluator
}

// decide asks about a pair in both directions and counts the answers.
func (a asker) decide(t *testing.T, p pair, n *tally) {
	t.Helper()
	mirror := map[string]string{"<": ">", ">": "<", "=": "="}
	for _, q := range []pair{p, {p.b, mirror[p.op], p.a}} {
		pkg := Package{Ecosystem: a.ecosystem, Name: "a", Version: q.a, Release: "1"}
		if unordered(a.ecosystem, q.a) != "" {
			n.undecided += len(bothBounds(q))
			continue
		}
		for _, d := range bothBounds(q) {
			n.decisions++
			a.ix.record = record("X-1", advisory.Affected{
				Ecosystem: a.ecosystem, Release: "1", Name: "a", Ranges: []advisory.Range{rangeOf("ECOSYSTEM", d.events...)},
			})
			got := a.e.at(pkg, lookup{})
			if len(got.doubts) > 0 || (len(got.matches) == 1) != d.want {
				t.Errorf("%s: %s %s %s: in %v: %v, %v", a.ecosystem, q.a, q.op, q.b, d.events, got.matches, got.doubts)
				n.wrong++
			}
		}
	}
}

type decision struct {
	events []advisory.Event
	want   bool
}

// bothBounds are the questions about q.a with q.b as the bound.
func bothBounds(q pair) []decision {
	return []decision{
		{[]advisory.Event{in("0"), fix(q.b)}, q.op == "<"},
		{[]advisory.Event{in("0"), last(q.b)}, q.op != ">"},
		{[]advisory.Event{in(q.b)}, q.op != "<"},
		{[]advisory.Event{in(q.b), last(q.b)}, q.op == "="},
		{[]advisory.Event{in("0"), lim(q.b)}, q.op == "<"},
	}
}

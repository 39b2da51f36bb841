package triage

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// estate is n made-up exposures of a company with a service for each ten of
// them, in the proportions of a real one.
func estate(n int, seed uint64) []Row {
	random := rand.New(rand.NewPCG(seed, 1))
	tri := func(yes, no float64) ctem.Tri {
		switch p := random.Float64(); {
		case p < yes:
			return ctem.Yes
		case p < yes+no:
			return ctem.No
		}
		return ctem.Unknown
	}
	words := []ctem.Word{ctem.ActNow, ctem.Schedule, ctem.Schedule, ctem.Watch, ctem.Watch, ctem.Watch, ctem.NoAction}
	rows := make([]Row, n)
	for i := range rows {
		service := random.IntN(n/10 + 1)
		weak := random.IntN(n/20 + 1)
		epss := float64(random.IntN(1000)) / 1000
		word := words[random.IntN(len(words))]
		row := Row{
			Num: int64(i + 1), ID: ctem.ExposureID(fmt.Sprint(seed, " ", i), "", "", ""), Revision: 1,
			Place: Place{
				Service: fmt.Sprintf("svc-%05d", service), Environment: []string{"prod-eu", "prod-us", "staging"}[random.IntN(3)],
				Products: []string{fmt.Sprintf("product-%d", service%40)}, Owner: fmt.Sprintf("team-%d", service%120),
			},
			Weak: Weak{
				Name: fmt.Sprintf("CVE-2026-%05d", weak), Aliases: []string{fmt.Sprintf("GHSA-%04d-xxxx-yyyy", weak)}, Kind: ctem.Vulnerability,
				Severity: []string{"critical", "high", "medium", "low", ""}[random.IntN(5)], KEV: tri(.02, .98), EPSS: &epss,
			},
			Part: Part{
				Locus: fmt.Sprintf("pkg:maven/org.example.group%d/library-%d", weak%50, weak%(n/50+1)), Fix: []string{"", "1.2.3", "2.0.1"}[random.IntN(3)],
				Versions: []string{fmt.Sprintf("1.%d.0", random.IntN(30))}, Images: []string{fmt.Sprintf("registry.example.com/team/svc-%05d:%d", service, random.IntN(2))},
				Digests: []string{fmt.Sprintf("sha256:%064x", service*2)},
			},
			Gates:    ctem.Gates{Found: ctem.Yes, Running: tri(.7, .2), Reachable: tri(.2, .2), Exploitable: tri(.1, .8), Matters: tri(.4, .5)},
			Standing: Standing{State: ctem.Open, Decision: word, Computed: word, Score: random.IntN(1001), Treatment: ctem.TreatNone},
			Clock:    Clock{FirstSeen: testNow().Add(-time.Duration(random.IntN(400*24)) * time.Hour)},
			Origin:   Origin{Sources: []string{"ci", fmt.Sprintf("k8s-%d", random.IntN(9))}, DataClasses: []string{"card"}[:random.IntN(2)], Freshness: twin.Fresh},
		}
		if word == ctem.ActNow || word == ctem.Schedule {
			row.Clock.Deadline = testNow().Add(time.Duration(random.IntN(60*24)-10*24) * time.Hour)
		}
		rows[i] = row
	}
	return rows
}

func twelveFacets() (asks []FacetAsk) {
	for _, key := range []string{"decision", "sev", "reach", "exploit", "running", "fix", "env", "product", "owner", "sla", "source", "age"} {
		asks = append(asks, FacetAsk{Key: key})
	}
	return asks
}

// BenchmarkIndex prints what lists cost at 100,000 and at 1,000,000 rows, and
// beside it what a plain loop over one column of the size costs.
func BenchmarkIndex(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000} {
		if n > 100_000 && testing.Short() {
			continue
		}
		x, perRow := loaded(b, n)
		b.Run(fmt.Sprintf("rows=%d", n), func(b *testing.B) { benchmarks(b, x, n, perRow) })
	}
}

// loaded is a full index, and the heap that a row of it takes.
func loaded(b *testing.B, n int) (*Index, float64) {
	b.Helper()
	x := New()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for start := 0; start < n; start += 10_000 {
		part := estate(10_000, uint64(start))
		for i := range part {
			part[i].Num += int64(start)
			part[i].Place.Service = fmt.Sprintf("svc-%05d", (start+i*7)%(n/10))
		}
		x.Put(part)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	return x, float64(after.HeapAlloc-before.HeapAlloc) / float64(n)
}

func benchmarks(b *testing.B, x *Index, n int, perRow float64) {
	filter := ask(b, "reach:yes,unknown -owner:team-7 score:>=300")
	page := ask(b, "")
	page.Limit, filter.Limit = 200, 200
	run := func(name string, fn func() error) {
		b.Run(name, func(b *testing.B) {
			if err := fn(); err != nil { // sorts what is kept sorted from then on
				b.Fatal(err)
			}
			for b.Loop() {
				if err := fn(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "ms/op")
			b.ReportMetric(0, "ns/op")
		})
	}
	column, sum := make([]int32, n), int32(0)
	run("limit=loop", func() error {
		for _, v := range column {
			sum += v
		}
		return nil
	})
	run("page", func() error { _, err := x.Find(page); return err })
	run("page=filtered", func() error { _, err := x.Find(filter); return err })
	run("window=middle", func() error { _, err := x.Window(page, n/2, 200); return err })
	run("facets=12", func() error { _, err := x.Facets(page, twelveFacets()); return err })
	run("facets=filtered", func() error { _, err := x.Facets(filter, twelveFacets()); return err })
	run("groups=fix", func() error { _, err := x.Groups(page, GroupAsk{By: "fix", Limit: 50}); return err })
	run("groups=service", func() error { _, err := x.Groups(page, GroupAsk{By: "service", Limit: 50}); return err })
	run("cascade", func() error { _, err := x.Cascade(page); return err })
	run("totals", func() error { _, err := x.Totals(page); return err })
	run("sla", func() error { _, err := x.Sla(page); return err })
	run("text", func() error { q := ask(b, "library-77"); q.Limit = 200; _, err := x.Find(q); return err })
	run("sort=anew", func() error {
		(&orders{kept: map[string]*order{}}).get(sorter{x.table, []SortKey{{"decision", true}, {"score", true}}})
		return nil
	})
	changed := estate(10, 9)
	for i := range changed {
		changed[i].Num += int64(n / 2)
	}
	run("put10+page", func() error { x.Put(changed); _, err := x.Find(page); return err })
	b.Run("memory", func(b *testing.B) {
		for b.Loop() {
			b.ReportMetric(perRow, "B/row")
			b.ReportMetric(float64(x.Bytes())/float64(n), "estimate-B/row")
		}
		b.ReportMetric(0, "ns/op")
	})
}

package assess

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

// stopwatch notes when the step has decided the components that an advisory
// concerns: what is asked next is where they run.
type stopwatch struct {
	*store.DB
	decided time.Time
}

func (w *stopwatch) PlacesWithComponents(ctx context.Context, ids []int64) ([]int64, error) {
	w.decided = time.Now()
	return w.DB.PlacesWithComponents(ctx, ids)
}

// news is a store in which something becomes known.
type news struct {
	b     *testing.B
	e     *storetest.Engine
	db    *store.DB
	watch *stopwatch
	step  *Step
	n     int
}

// publish commits a new advisory about a package.
func (x *news) publish(name string) {
	x.b.Helper()
	x.n++
	id := fmt.Sprintf("GHSA-%06d", x.n)
	batch := advisory.Batch{Feed: "npm", Records: []advisory.Record{npm(id, name, "2.0.0", aka(fmt.Sprintf("CVE-2026-%06d", x.n)))}, Now: time.Now()}
	if _, err := x.db.CommitAdvisories(x.b.Context(), batch); err != nil {
		x.b.Fatal(err)
	}
}

// drain runs the step until quiet and says how long it took to decide what the
// advisory concerns, and how long until every exposure was committed.
func (x *news) drain(want int) (decided, committed time.Duration) {
	x.b.Helper()
	began, before := time.Now(), x.exposures()
	for {
		n, err := x.step.Run(x.b.Context())
		if err != nil {
			x.b.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	decided, committed = x.watch.decided.Sub(began), time.Since(began)
	if got := x.exposures() - before; got != int64(want) {
		x.b.Fatalf("%d exposures, want %d", got, want)
	}
	return decided, committed
}

// exposures is the number of changes in their stream.
func (x *news) exposures() int64 {
	x.b.Helper()
	head, _, err := x.db.Head(x.b.Context(), "exposure")
	if err != nil {
		x.b.Fatal(err)
	}
	return head
}

// BenchmarkNewAdvisory prints how long one new advisory takes, from the moment
// it is in the store: until the components that it concerns are decided
// (engine), and until its exposures are committed, when it hits one workload in
// a hundred and when it hits all. Each image has 100 components, ten workloads
// run from each. TIDEMARK_BENCH_WORKLOADS sets how many there are (100,000 is
// the target's: a million occurrences in images, ten million in workloads).
func BenchmarkNewAdvisory(b *testing.B) {
	workloads := 20_000
	if _, err := fmt.Sscan(os.Getenv("TIDEMARK_BENCH_WORKLOADS"), &workloads); err != nil {
		workloads = 20_000
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			e := storetest.Bench(b, engine)
			cfg := e.New(b)
			storetest.FillEstate(b, e, cfg, storetest.Estate{Workloads: workloads, Images: workloads / 10, PerImage: 100, Start: day(1)})
			db := e.Open(b, cfg)
			e.Settle(b, cfg)
			if _, err := db.FinishFeed(b.Context(), advisory.Feed{Kind: advisory.FeedOSV, Name: "npm", LoadedAt: time.Now()}, nil); err != nil {
				b.Fatal(err)
			}
			watch := &stopwatch{DB: db}
			x := &news{b: b, e: e, db: db, watch: watch, step: &Step{Twin: db, Intel: db, Matches: watch, Left: db, Exposures: db, Now: time.Now}}
			x.publish("nowhere")
			for _, hit := range []struct {
				name, pkg, target string
				want              int
			}{
				{fmt.Sprintf("hits_%d_of_%d", workloads/100, workloads), "somewhere", "<=1", workloads / 100},
				{fmt.Sprintf("hits_all_%d", workloads), "everywhere", "<=15", workloads},
			} {
				b.Run(hit.name, func(b *testing.B) { x.measure(b, hit.pkg, hit.target, hit.want) })
			}
		})
	}
}

// measure prints the figures of one kind of news.
func (x *news) measure(b *testing.B, pkg, target string, want int) {
	x.b = b
	var engine []time.Duration
	var slowest time.Duration
	var process, server time.Duration
	for b.Loop() {
		x.publish(pkg)
		p, s := x.e.CPU(b)
		decided, committed := x.drain(want)
		p2, s2 := x.e.CPU(b)
		process, server = process+p2-p, server+s2-s
		engine = append(engine, decided)
		slowest = max(slowest, committed)
	}
	b.ReportMetric(process.Seconds()/float64(b.N), "cpu-s")
	if server > 0 {
		b.ReportMetric(server.Seconds()/float64(b.N), "server-cpu-s")
	}
	storetest.ReportLatency(b, "engine-", "100", engine)
	b.ReportMetric(slowest.Seconds(), "committed-s"+target)
}

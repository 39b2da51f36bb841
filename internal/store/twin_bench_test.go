package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/store/storetest"
	"github.com/tidemark/tidemark/internal/twin"
)

// feedRow is the i-th observation of a fleet: 5,000 workloads under 64 sources,
// each of which goes through seven states.
func feedRow(i int) twin.Observation {
	const workloads, states, sources = 5000, 7, 64
	w := i % workloads
	body := fmt.Appendf(nil, `{"service":"svc-%d","kind":"Record","replicas":2,"containers":[{"image":{"name":"registry.example.com/team-%d/svc-%d","tag":"1.%d"},"replicas":2}]}`,
		w, w%20, w, i/workloads%states)
	return twin.Observation{
		Source: fmt.Sprintf("agent-%d", w%sources), Scope: "prod", Class: twin.Observed, Kind: twin.Delta, Media: twin.MediaWorkload,
		Epoch: 1, SourceSeq: int64(i + 1), Subject: fmt.Sprintf("workload/Record//svc-%d", w), Body: body, Hash: twin.HashBytes(body),
		ObservedAt: start.Add(time.Duration(i) * time.Second),
	}
}

func feed(from, n int) []twin.Observation {
	list := make([]twin.Observation, n)
	for i := range list {
		list[i] = feedRow(from + i)
	}
	return list
}

// onBoth runs a benchmark on both engines.
func onBoth(b *testing.B, run func(b *testing.B, e *storetest.Engine)) {
	b.Run("sqlite", func(b *testing.B) { run(b, storetest.Bench(b, "sqlite")) })
	b.Run("postgres", func(b *testing.B) { run(b, storetest.Bench(b, "postgres")) })
}

// BenchmarkEvidenceAppend prints observations a second, in batches of 1,000 and of one.
// TIDEMARK_BENCH_ROWS fills the store first (2,000,000 is the target's).
func BenchmarkEvidenceAppend(b *testing.B) {
	onBoth(b, func(b *testing.B, e *storetest.Engine) {
		ctx, db := context.Background(), e.Fresh(b)
		next, filled := 0, benchRows(100_000)
		took := appendAll(ctx, b, db, &next, filled, 1000)
		b.ReportMetric(float64(filled)/took.Seconds(), "filling/s")
		for _, size := range []int{1000, 1} {
			b.Run(fmt.Sprintf("batch_%d", size), func(b *testing.B) {
				n := 0
				took := time.Duration(0)
				for b.Loop() {
					rounds := min(20*size, 20_000)
					took += appendAll(ctx, b, db, &next, rounds, size)
					n += rounds
				}
				target := ""
				if size == 1000 {
					target = ">=15000"
				}
				b.ReportMetric(float64(n)/took.Seconds(), "obs/s"+target)
			})
		}
		b.Run("peer_raw_rows", func(b *testing.B) { storetest.RawInsert(b, e) })
	})
}

func appendAll(ctx context.Context, b *testing.B, db *store.DB, next *int, n, size int) (took time.Duration) {
	b.Helper()
	for end := *next + n; *next < end; *next += size {
		list := feed(*next, min(size, end-*next))
		began := time.Now()
		got, err := db.Append(ctx, list, list[len(list)-1].ObservedAt)
		took += time.Since(began)
		if err != nil || got.Accepted != len(list) {
			b.Fatal(got, err)
		}
	}
	return took
}

// BenchmarkEvidence64Callers prints single observations a second from 64 callers.
func BenchmarkEvidence64Callers(b *testing.B) {
	onBoth(b, func(b *testing.B, e *storetest.Engine) {
		ctx, cfg := context.Background(), e.New(b)
		db, next, filled := e.Open(b, cfg), 0, benchRows(50_000)
		appendAll(ctx, b, db, &next, filled, 1000)
		const callers, each = 64, 100
		n, took := 0, time.Duration(0)
		for b.Loop() {
			list := feed(next, callers*each)
			next += len(list)
			began := time.Now()
			var wg sync.WaitGroup
			for c := range callers {
				wg.Go(func() {
					for i := c; i < len(list); i += callers {
						if got, err := db.Append(ctx, list[i:i+1], list[i].ObservedAt); err != nil || got.Accepted != 1 {
							b.Error(got, err)
						}
					}
				})
			}
			wg.Wait()
			took, n = took+time.Since(began), n+len(list)
		}
		var commits int
		if err := e.Raw(b, cfg).QueryRowContext(ctx, fmt.Sprintf(`SELECT COUNT(DISTINCT recorded) FROM evidence WHERE seq > %d`, filled)).Scan(&commits); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(n)/took.Seconds(), "obs/s>=5000")
		b.ReportMetric(float64(n)/float64(commits), "obs/commit")
	})
}

// BenchmarkFsync prints what one durable write of the disk takes.
func BenchmarkFsync(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "f"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }() // nothing in it is kept
	page := make([]byte, 4096)
	for b.Loop() {
		if _, err := f.Write(page); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWorkloadsAsOf prints pages and full lists of 10,000 workloads among
// a million history rows (TIDEMARK_BENCH_ROWS sets another number).
func BenchmarkWorkloadsAsOf(b *testing.B) {
	onBoth(b, func(b *testing.B, e *storetest.Engine) {
		const claims = 10_000
		cfg, per := e.New(b), benchRows(1_000_000)/claims
		db := e.Open(b, cfg)
		storetest.FillHistory(b, e, cfg, storetest.History{Claims: claims, PerClaim: per, Start: start, Step: time.Hour})
		ctx := context.Background()
		at := func(i int) ctem.AsOf {
			return ctem.AsOf{At: start.Add(time.Duration(i%per)*time.Hour + time.Minute), Now: start.AddDate(1, 0, 0)}
		}
		scope := ctem.Scope{Products: []ctem.ScopeProduct{{Name: "all"}}}
		for i := range claims {
			scope.Services = append(scope.Services, ctem.ScopeService{Name: fmt.Sprintf("svc-%06d", i), Products: []string{"all"}, Owner: fmt.Sprint("team-", i%100)})
		}
		if _, err := db.ApplyScope(ctx, scope, ctem.ScopeVersion{At: start}); err != nil {
			b.Fatal(err)
		}
		within := []ctem.Term{{Key: "product", Op: ":", Values: []string{"all"}}, {Key: "env", Op: ":", Values: []string{"prod"}}}
		for name, q := range map[string]ctem.ListQuery{
			"page_100": {}, "page_100_by_owner": {Sort: []ctem.SortKey{{Key: "owner"}}}, "page_100_within_a_product": {Terms: within},
			"page_100_of_a_viewer_by_env": {Products: []string{"all"}, Sort: []ctem.SortKey{{Key: "env", Descending: true}}},
		} {
			b.Run(name, func(b *testing.B) { pages(b, db, q, at) })
		}
		b.Run("full_list", func(b *testing.B) {
			i := 0
			storetest.Latency(b, "400", func() error {
				i += 17
				page, err := db.Workloads(ctx, ctem.ListQuery{AsOf: at(i)})
				if err == nil && len(page.Items) != claims {
					err = fmt.Errorf("%d workloads", len(page.Items))
				}
				return err
			})
		})
		raw := e.Raw(b, cfg)
		b.Run("peer_scan_of_the_history", func(b *testing.B) {
			storetest.Latency(b, "", func() error {
				var n int
				return raw.QueryRowContext(ctx, `SELECT COUNT(*) FROM claim_history WHERE ended_at >= 0`).Scan(&n)
			})
		})
	})
}

// pages reads pages of 100 and prints the 95th percentile, and apart from it
// that of first pages, which count the whole list.
func pages(b *testing.B, db *store.DB, q ctem.ListQuery, at func(int) ctem.AsOf) {
	ctx := b.Context()
	var first, later []time.Duration
	for b.Loop() {
		after := ""
		for i := range 200 {
			if i%10 == 0 {
				after = ""
			}
			q.AsOf, q.Limit, q.After = at(len(first)*13), 100, after
			began := time.Now()
			page, err := db.Workloads(ctx, q)
			if err != nil || len(page.Items) != 100 || page.Total != 10_000 {
				b.Fatal(len(page.Items), page.Total, err)
			}
			if after == "" {
				first = append(first, time.Since(began))
			} else {
				later = append(later, time.Since(began))
			}
			after = page.Next
		}
	}
	storetest.ReportLatency(b, "", "20", slices.Concat(first, later))
	storetest.ReportLatency(b, "first-", "20", first)
}

func benchRows(normal int) int {
	n := 0
	if _, err := fmt.Sscan(os.Getenv("TIDEMARK_BENCH_ROWS"), &n); err != nil || n <= 0 {
		return normal
	}
	return n
}

// BenchmarkAsOfGrowth prints how many times as long a page of 100 and the full list
// of 10,000 workloads take among ten times as many history rows.
func BenchmarkAsOfGrowth(b *testing.B) {
	onBoth(b, func(b *testing.B, e *storetest.Engine) {
		rows := benchRows(1_000_000)
		for b.Loop() {
			page, list := asOfMedians(b, e, rows/10)
			pageAtMany, listAtMany := asOfMedians(b, e, rows)
			b.ReportMetric(float64(pageAtMany)/float64(page), "page-growth-10x")
			b.ReportMetric(float64(listAtMany)/float64(list), "list-growth-10x")
		}
		b.ReportMetric(0, "ns/op")
	})
}

func asOfMedians(b *testing.B, e *storetest.Engine, rows int) (page, list time.Duration) {
	b.Helper()
	const claims, rounds = 10_000, 15
	cfg, per := e.New(b), rows/claims
	db := e.Open(b, cfg)
	storetest.FillHistory(b, e, cfg, storetest.History{Claims: claims, PerClaim: per, Start: start, Step: time.Hour})
	median := func(limit int) time.Duration {
		var took []time.Duration
		for i := range rounds {
			q := ctem.ListQuery{Limit: limit, AsOf: ctem.AsOf{At: start.Add(time.Duration(i*7%per)*time.Hour + time.Minute), Now: start.AddDate(1, 0, 0)}}
			began := time.Now()
			if got, err := db.Workloads(b.Context(), q); err != nil || got.Total != claims {
				b.Fatal(got.Total, err)
			}
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		return took[rounds/2]
	}
	return median(100), median(0)
}

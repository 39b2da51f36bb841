package main

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/assess"
	"github.com/tidemark/tidemark/internal/mobilize"
	"github.com/tidemark/tidemark/internal/prioritize"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

// BenchmarkNews prints what one advisory about every workload costs in each step
// of the loop, up to an action for each service: by the clock and in the
// processor's time. TIDEMARK_BENCH_WORKLOADS sets how many workloads there are.
func BenchmarkNews(b *testing.B) {
	workloads := 20_000
	if _, err := fmt.Sscan(os.Getenv("TIDEMARK_BENCH_WORKLOADS"), &workloads); err != nil {
		workloads = 20_000
	}
	start := time.Now().UTC().AddDate(0, 0, -1).Truncate(time.Second)
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			e := storetest.Bench(b, engine)
			cfg := e.New(b)
			storetest.FillEstate(b, e, cfg, storetest.Estate{Workloads: workloads, Images: workloads / 10, PerImage: 100, Start: start})
			db := e.Open(b, cfg)
			e.Settle(b, cfg)
			record := advisory.Record{ID: "GHSA-1", Aliases: []string{"CVE-2026-1"}, Modified: start, Published: start, Affected: []advisory.Affected{{
				Ecosystem: "npm", Name: "everywhere",
				Ranges: []advisory.Range{{Type: "SEMVER", Events: []advisory.Event{{Introduced: "0"}, {Fixed: "2.0.0"}}}},
			}}}
			if _, err := db.CommitAdvisories(b.Context(), advisory.Batch{Feed: "npm", Records: []advisory.Record{record}, Now: time.Now()}); err != nil {
				b.Fatal(err)
			}
			if _, err := db.FinishFeed(b.Context(), advisory.Feed{Kind: advisory.FeedOSV, Name: "npm", LoadedAt: time.Now()}, nil); err != nil {
				b.Fatal(err)
			}
			for _, step := range []interface {
				Name() string
				Run(context.Context) (int, error)
			}{
				&assess.Step{Twin: db, Intel: db, Matches: db, Left: db, Exposures: db, Now: time.Now},
				&prioritize.Step{Streams: db, Facts: db, Said: db, Writer: db, Now: time.Now},
				&mobilize.Step{Streams: db, Facts: db, Writer: db, Now: time.Now},
			} {
				began := time.Now()
				own, server := e.CPU(b)
				for n := 1; n > 0; {
					var err error
					if n, err = step.Run(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
				took := time.Since(began)
				own2, server2 := e.CPU(b)
				b.ReportMetric(took.Seconds(), step.Name()+"-s")
				b.ReportMetric((own2 - own + server2 - server).Seconds(), step.Name()+"-cpu-s")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

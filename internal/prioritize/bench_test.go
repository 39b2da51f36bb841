package prioritize

import (
	"context"
	"fmt"
	"testing"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store"
)

// BenchmarkDecide is the pure decision alone.
func BenchmarkDecide(b *testing.B) {
	w := theWorld()
	c := newCase(w.exposures[1], w.signals, w.severities).at(today)
	for b.Loop() {
		Decide(c)
	}
}

// BenchmarkStep decides a thousand new exposures on the embedded engine; its
// figure is exposures a second, reading, deciding and committing.
func BenchmarkStep(b *testing.B) {
	ctx := context.Background()
	const exposures = 1000
	for b.Loop() {
		b.StopTimer()
		db, err := store.Open(ctx, store.Config{Dir: b.TempDir()})
		if err != nil {
			b.Fatal(err)
		}
		place := ctem.Assessed{Place: 1, Service: "shop", Environment: "prod"}
		batch := ctem.AssessedBatch{}
		e := log4shell()
		for i := range exposures {
			name := fmt.Sprint("CVE-2026-", i)
			batch.Weaknesses = append(batch.Weaknesses, ctem.WeaknessChange{Key: name, Canonical: name, Kind: ctem.Vulnerability, Names: []string{name}})
			place.Timelines = append(place.Timelines, ctem.Timeline{Weakness: name, Locus: fmt.Sprint("pkg:npm/x", i%100), Pieces: []ctem.Piece{{
				From: today, Since: today, State: ctem.Open, Running: ctem.Yes, Instances: e.Instances, Advisories: []string{name},
			}}})
		}
		batch.Places = []ctem.Assessed{place}
		if _, err := db.CommitExposures(ctx, ctem.Advance{Step: "assess", Now: today}, batch); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if err := drainOn(ctx, db, today); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(exposures*float64(b.N)/b.Elapsed().Seconds(), "exposures/s")
}

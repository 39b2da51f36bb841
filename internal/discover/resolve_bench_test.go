package discover

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/store/storetest"
	"github.com/tidemark/tidemark/internal/twin"
)

// BenchmarkResolve prints how many rows of evidence a second become twin: 5,000
// workloads under 64 sources, of which each changes its state every time.
func BenchmarkResolve(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			e := storetest.Bench(b, engine)
			db, ctx, next := e.Fresh(b), context.Background(), 0
			n, took := 0, time.Duration(0)
			for b.Loop() {
				for range 20 {
					list := make([]twin.Observation, 1000)
					for i := range list {
						list[i] = fleetRow(next)
						next++
					}
					if got, err := db.Append(ctx, list, base.AddDate(1, 0, 0)); err != nil || got.Accepted != len(list) {
						b.Fatal(got, err)
					}
					n += len(list)
				}
				began := time.Now()
				if err := drain(ctx, resolveOn(db, clockAt(10_000))); err != nil {
					b.Fatal(err)
				}
				took += time.Since(began)
			}
			b.ReportMetric(float64(n)/took.Seconds(), "rows/s>=5000")
		})
	}
}

func fleetRow(i int) twin.Observation {
	const workloads, states, sources = 5000, 7, 64
	w := i % workloads
	service := fmt.Sprintf("svc-%d", w)
	image := twin.ArtifactRef{Name: "registry.example.com/team/" + service, Tag: fmt.Sprintf("1.%d", i/workloads%states)}
	body, err := json.Marshal(twin.Workload{Service: service, Kind: "Record", Replicas: 2, Containers: []twin.Container{{Image: image, Replicas: 2}}})
	if err != nil {
		panic(err)
	}
	return twin.Observation{
		Source: fmt.Sprintf("agent-%d", w%sources), Scope: "prod", Class: twin.Observed, Kind: twin.Delta, Media: twin.MediaWorkload,
		Epoch: 1, SourceSeq: int64(i + 1), Subject: twin.WorkloadSubject("Record", "", service), Body: body, Hash: twin.HashBytes(body),
		ObservedAt: base.Add(time.Duration(i) * time.Second),
	}
}

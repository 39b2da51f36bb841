package picture_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/server/desk"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

// BenchmarkPicture prints how long 100,000 exposures take to be read, what they
// weigh, and how long the pages take.
func BenchmarkPicture(b *testing.B) {
	e := storetest.Bench(b, "sqlite")
	cfg := e.New(b)
	db := e.Open(b, cfg)
	fill(b, db, 100_000, 1000)
	e.Settle(b, cfg)
	before := heap()
	began := time.Now()
	pic := started(b, parts(db, business(100)))
	b.Logf("100,000 exposures read in %v, %d MB", time.Since(began).Round(time.Millisecond), (heap()-before)>>20)
	ctx, all, some := context.Background(), desk.Viewer{}, desk.Viewer{Products: []string{"shop"}}
	past := now().AddDate(0, -3, 0)
	for _, r := range []struct {
		name string
		ask  func() error
	}{
		{"overview", func() error { _, err := pic.Overview(ctx, all, api.Query{}); return err }},
		{"overview_env", func() error { _, err := pic.Overview(ctx, all, api.Query{Query: "env:prod"}); return err }},
		{"overview_viewer", func() error { _, err := pic.Overview(ctx, some, api.Query{}); return err }},
		{"overview_as_of", func() error { _, err := pic.Overview(ctx, all, api.Query{AsOf: &past}); return err }},
		{"facets", func() error { _, err := pic.Facets(ctx, all, api.Query{}, nil); return err }},
		{"facets_query", func() error {
			_, err := pic.Facets(ctx, all, api.Query{Query: "decision:act env:prod"}, nil)
			return err
		}},
		{"list_100", func() error { _, err := pic.Desk().Exposures(ctx, api.Query{Limit: 100}); return err }},
		{"window_50000", func() error { _, err := pic.Window(ctx, all, api.Query{Limit: 100}, 50_000); return err }},
		{"groups_fix", func() error { _, err := pic.Groups(ctx, all, api.Query{Limit: 100}, "fix"); return err }},
		{"products", func() error { _, err := pic.Products(ctx, all, api.Query{}); return err }},
		{"product", func() error { _, err := pic.Product(ctx, all, "shop", api.Moment{}); return err }},
		{"matrix", func() error { _, err := pic.Matrix(ctx, all, api.Query{}); return err }},
		{"news", func() error { _, err := pic.News(ctx, all, api.Query{Limit: 100}, false); return err }},
		{"search", func() error { _, err := pic.Search(ctx, all, "pack"); return err }},
	} {
		began := time.Now()
		if err := r.ask(); err != nil {
			b.Fatal(r.name, err)
		}
		b.Logf("%s: first %v", r.name, time.Since(began).Round(100*time.Microsecond))
		b.Run(r.name, func(b *testing.B) { storetest.Latency(b, "100", r.ask) })
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

package picture_test

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/server/reply"
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
	raw := e.Raw(b, cfg)
	before := heap()
	pic := started(b, parts(db, business(100)))
	weigh := float64(heap()-before) / (1 << 20)
	b.Run("load", func(b *testing.B) {
		for b.Loop() {
			began := time.Now()
			started(b, parts(db, business(100)))
			b.ReportMetric(float64(time.Since(began).Milliseconds()), "ms/load<=4000")
		}
		b.ReportMetric(weigh, "MB-heap")
	})
	b.Run("load_limit_of_the_rows", func(b *testing.B) {
		for b.Loop() {
			began := time.Now()
			n, err := rawRows(raw)
			if err != nil || n < 100_000 {
				b.Fatal(n, err)
			}
			b.ReportMetric(float64(time.Since(began).Milliseconds()), "ms/read")
		}
	})
	ctx, all, some := context.Background(), reply.Viewer{}, reply.Viewer{Products: []string{"shop"}}
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
		{"affected", func() error {
			_, err := pic.Desk().Affected(ctx, weakness(77), api.Query{Limit: 50})
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

// rawRows reads what a picture is made of, plainly: the rows, their words and
// their decisions, joined by the engine.
func rawRows(db *sql.DB) (n int, err error) {
	rows, err := db.QueryContext(context.Background(), `SELECT e.num, e.id, e.service, e.state, e.since, b.body, d.word, d.score, d.deadline, d.owner
		FROM exposure e JOIN exposure_body b ON b.exposure = e.num AND b.hash = e.body
		JOIN decision d ON d.seq = (SELECT MAX(q.seq) FROM decision q WHERE q.exposure = e.num) ORDER BY e.num`)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var nums [6]int64
		var texts [4]string
		if err := rows.Scan(&nums[0], &texts[0], &texts[1], &nums[1], &nums[2], &texts[2], &nums[3], &nums[4], &nums[5], &texts[3]); err != nil {
			return n, err
		}
		n++
	}
	return n, rows.Err()
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

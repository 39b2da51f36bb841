package inteldb_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

func TestNews(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		t.Parallel()
		db, ctx := e.Fresh(t), context.Background()
		day := func(n int) time.Time { return time.Date(2026, 5, n, 0, 0, 0, 0, time.UTC) }
		_, err := db.CommitAdvisories(ctx, advisory.Batch{Feed: "npm", Now: day(9), Records: []advisory.Record{
			{ID: "GHSA-new", Published: day(8), Modified: day(8), Aliases: []string{"CVE-2026-1", "CVE-2026-2", "CVE-2026-3"}},
			{ID: "GHSA-old", Published: day(1), Modified: day(1)},
			{ID: "GHSA-gone", Published: day(1), Withdrawn: day(7), Modified: day(7)},
		}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.CommitKEV(ctx, advisory.KEVBatch{Now: day(9), Entries: []advisory.KEV{{CVE: "CVE-2026-1", Added: day(6), Name: "One"}, {CVE: "CVE-2020-1", Added: day(2)}}})
		if err != nil {
			t.Fatal(err)
		}
		for n, scores := range [][]float64{{0.2, 0.2, 0.01}, {0.5, 0.2, 0.02}} {
			_, err := db.CommitEPSS(ctx, advisory.EPSSBatch{Now: day(9 + n), Entries: []advisory.EPSS{
				{CVE: "CVE-2026-1", Score: scores[0], Date: day(9 + n)}, {CVE: "CVE-2026-2", Score: scores[1], Date: day(9 + n)}, {CVE: "CVE-2026-3", Score: scores[2], Date: day(9 + n)},
			}})
			if err != nil {
				t.Fatal(err)
			}
		}
		list, err := db.News(ctx, day(5), day(20), 10)
		if err != nil {
			t.Fatal(err)
		}
		want := []advisory.News{
			{At: day(10), Kind: advisory.NewsEPSS, Name: "CVE-2026-1"}, // the others did not move, or are low
			{At: day(8), Kind: advisory.NewsPublished, Name: "GHSA-new"},
			{At: day(7), Kind: advisory.NewsWithdrawn, Name: "GHSA-gone"},
			{At: day(6), Kind: advisory.NewsKEV, Name: "CVE-2026-1", Title: "One"},
		}
		if diff := cmp.Diff(want, list); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if list, err := db.News(ctx, day(5), day(7), 10); err != nil || len(list) != 2 {
			t.Errorf("as of the 7th: %+v, %v", list, err)
		}
	})
}

package exposuredb_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

func TestPagesGoThroughAllExposures(t *testing.T) {
	t.Parallel()
	storetest.Each(t, pagesGoThroughAll)
}

func pagesGoThroughAll(t *testing.T, e *storetest.Engine) {
	db, ctx := e.Fresh(t), context.Background()
	now := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	commit := func() (int, error) {
		return db.CommitExposures(ctx, ctem.Advance{Step: "bench", Now: now}, benchBatch(0, 25))
	}
	if n, err := commit(); n != 25 || err != nil {
		t.Fatalf("%d exposures changed, %v; want 25", n, err)
	}
	if n, err := commit(); n != 0 || err != nil {
		t.Errorf("a rerun changed %d exposures, %v", n, err)
	}
	whole, err := db.ListExposures(ctx, ctem.ListQuery{AsOf: ctem.AsOf{Now: now}})
	if err != nil || whole.Total != len(whole.Items) || whole.Total == 0 {
		t.Fatalf("%d items of %d, %v", len(whole.Items), whole.Total, err)
	}
	q := ctem.ListQuery{AsOf: ctem.AsOf{Now: now}, Limit: 10}
	var got, want []string
	for {
		page, err := db.ListExposures(ctx, q)
		if err != nil || page.Total != whole.Total {
			t.Fatalf("a page says that there are %d of %d, %v", page.Total, whole.Total, err)
		}
		for _, e := range page.Items {
			got = append(got, e.ID)
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	for _, e := range whole.Items {
		want = append(want, e.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the pages are not the list (-list +pages):\n%s", diff)
	}
}

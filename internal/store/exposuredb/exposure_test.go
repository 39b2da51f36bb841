package exposuredb

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

func TestRebelieve(t *testing.T) {
	t.Parallel()
	type row = belief[string]
	held := func(from, to int64, value string) row {
		return row{from: from, to: to, recorded: 1, superseded: sqldb.Forever, value: value}
	}
	wanted := func(from, to int64, value string) row { return row{from: from, to: to, value: value} }
	for _, c := range []struct {
		name             string
		believed, wanted []row
		want             []row
	}{
		{"as_it_was", []row{held(5, sqldb.Forever, "a")}, []row{wanted(5, sqldb.Forever, "a")}, nil},
		{"first", nil, []row{wanted(5, sqldb.Forever, "a")}, []row{{from: 5, to: sqldb.Forever, recorded: 9, superseded: sqldb.Forever, value: "a"}}},
		{
			"changed",
			[]row{held(5, sqldb.Forever, "a")},
			[]row{wanted(5, 7, "a"), wanted(7, sqldb.Forever, "b")},
			[]row{
				{from: 5, to: 7, recorded: 1, superseded: sqldb.Forever, endedAt: 9, value: "a"},
				{from: 7, to: sqldb.Forever, recorded: 9, superseded: sqldb.Forever, value: "b"},
			},
		},
		{
			"was_wrong",
			[]row{held(5, sqldb.Forever, "a")},
			[]row{wanted(6, sqldb.Forever, "a")},
			[]row{
				{from: 6, to: sqldb.Forever, recorded: 9, superseded: sqldb.Forever, value: "a"},
				{from: 5, to: sqldb.Forever, recorded: 1, superseded: 9, value: "a"},
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, rebelieve(c.believed, c.wanted, 9), cmp.AllowUnexported(row{})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestPagesGoThroughAllExposures(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
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

package exposuredb_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

// What an index is filled with says the same as the list.
func TestBriefExposuresAgreeWithTheList(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		t.Parallel()
		db, ctx := e.Fresh(t), context.Background()
		adv := ctem.Advance{Step: "test", Now: benchNow()}
		if _, err := db.CommitExposures(ctx, adv, benchBatch(0, 30)); err != nil {
			t.Fatal(err)
		}
		if err := db.CommitDecisions(ctx, adv, benchDecisions(0, 30)); err != nil {
			t.Fatal(err)
		}
		for _, at := range []ctem.AsOf{{Now: benchNow()}, {At: benchNow().AddDate(0, -5, 0), Now: benchNow()}} {
			agree(ctx, t, db, at)
		}
		from, to := benchNow().AddDate(-1, 0, 0), benchNow()
		spans, err := db.Spans(ctx, from, ctem.ListQuery{AsOf: ctem.AsOf{Now: to}})
		if err != nil {
			t.Fatal(err)
		}
		var want []ctem.Span
		for _, s := range spans {
			if s.Num == 1 || s.Num == 7 {
				want = append(want, s)
			}
		}
		var live, lent []ctem.Span
		for _, s := range spans {
			if s.State.Live() {
				live = append(live, s)
			}
		}
		err = db.EachLiveSpan(ctx, from, ctem.AsOf{Now: to}, func(some []ctem.Span) { lent = append(lent, some...) })
		if diff := cmp.Diff(live, lent); err != nil || diff != "" {
			t.Errorf("live (-spans +lent): %v\n%s", err, diff)
		}
		got, err := db.SpansOf(ctx, []int64{1, 7}, from, to)
		if err != nil || len(got) < 3 {
			t.Fatalf("%d spans, %v", len(got), err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// listed is what is read of exposures in several ways.
type listed interface {
	ListExposures(ctx context.Context, q ctem.ListQuery) (ctem.ExposurePage, error)
	ListedExposures(ctx context.Context, nums []int64, at ctem.AsOf) ([]ctem.Exposure, error)
	BriefExposures(ctx context.Context, nums []int64, at ctem.AsOf) ([]ctem.Exposure, error)
	EachExposure(ctx context.Context, at ctem.AsOf, each func([]ctem.Exposure) error) error
}

func agree(ctx context.Context, t *testing.T, db listed, at ctem.AsOf) {
	t.Helper()
	terms, err := ctem.ParseQuery("is:live,closed")
	if err != nil {
		t.Fatal(err)
	}
	page, err := db.ListExposures(ctx, ctem.ListQuery{AsOf: at, Terms: terms})
	if err != nil || page.Total != 30 {
		t.Fatalf("%d exposures, %v", page.Total, err)
	}
	nums := make([]int64, 0, len(page.Items))
	for i := range page.Items {
		nums = append(nums, page.Items[i].Num)
	}
	full, err := db.ListedExposures(ctx, nums, at)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(page.Items, full); diff != "" {
		t.Errorf("listed by number (-list +got):\n%s", diff)
	}
	brief, err := db.BriefExposures(ctx, nums, at)
	if err != nil {
		t.Fatal(err)
	}
	var each []ctem.Exposure
	err = db.EachExposure(ctx, at, func(list []ctem.Exposure) error { each = append(each, list...); return nil })
	if err != nil {
		t.Fatal(err)
	}
	byNum := map[int64]ctem.Exposure{}
	for i := range each {
		byNum[each[i].Num] = each[i]
	}
	for i := range brief {
		got, want := brief[i], page.Items[i]
		if diff := cmp.Diff(got, byNum[got.Num]); diff != "" {
			t.Errorf("each and by number (-num +each):\n%s", diff)
		}
		d, w := got.Decision, want.Decision
		if d.Word != w.Word || d.Score != w.Score || d.Computed != w.Computed || !d.Deadline.Equal(w.Deadline) || d.Gates.Exploitable != w.Gates.Exploitable && w.Gates.Exploitable != "" ||
			d.Severity != w.Severity || d.KEV != w.KEV || !cmp.Equal(d.EPSS, w.EPSS) || d.Owner != w.Owner || d.Treatment != w.Treatment || d.DecidedBy != w.DecidedBy {
			t.Errorf("%s is decided %+v, want %+v", got.ID, d, w)
		}
		got.Decision, want.Decision = nil, nil
		want.StateReason, want.Advisories, want.Doors = "", nil, nil
		want.Instances = slices.Clone(want.Instances)
		for i, in := range want.Instances {
			want.Instances[i] = ctem.Instance{Version: in.Version, Image: in.Image, Artifact: in.Artifact, Source: in.Source}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("brief (-list +got):\n%s", diff)
		}
	}
}

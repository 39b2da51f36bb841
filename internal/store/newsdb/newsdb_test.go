package newsdb_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

var day = time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)

func event(cause int64, kind ctem.EventKind, services ...string) ctem.Event {
	e := ctem.Event{Kind: kind, Subject: "CVE-1", Weakness: 1, Cause: cause, Known: day.Add(time.Duration(cause) * time.Hour), Records: []string{"GHSA-1"}}
	for _, s := range services {
		e.Places = append(e.Places, ctem.EventPlace{Service: s, Environment: "prod", Kind: ctem.Production, Workloads: 1, Here: ctem.Here{Live: 2, Opened: 1}})
	}
	return e
}

// Events come back as they were given, newest first, page by page, and narrowed.
func TestEvents(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		t.Parallel()
		db, ctx := e.Fresh(t), t.Context()
		_, err := db.ApplyScope(ctx, ctem.Scope{
			Products: []ctem.ScopeProduct{{Name: "p"}, {Name: "q"}},
			Services: []ctem.ScopeService{{Name: "a", Products: []string{"p"}, Owner: "x"}, {Name: "b", Products: []string{"q"}}},
		}, ctem.ScopeVersion{At: day, By: "ann"})
		if err != nil {
			t.Fatal(err)
		}
		list := []ctem.Event{event(1, ctem.EventNew, "a", "b"), event(2, ctem.EventKEV, "b"), event(3, ctem.EventFeed), event(4, ctem.EventKEV, "a")}
		adv := ctem.Advance{Step: "news", Moves: []ctem.Move{{Stream: ctem.StreamAdvisory, From: 0, To: 4}}, Now: day}
		if err := db.CommitEvents(ctx, adv, list); err != nil {
			t.Fatal(err)
		}
		if err := db.CommitEvents(ctx, adv, list); !errors.Is(err, ctem.ErrRaced) {
			t.Errorf("a second writer: %v", err)
		}
		adv.Moves[0] = ctem.Move{Stream: ctem.StreamAdvisory, From: 4, To: 5}
		if err := db.CommitEvents(ctx, adv, append(list, event(5, ctem.EventKEV, "a"))); err != nil { // the causes of before again
			t.Fatal(err)
		}
		for name, x := range map[string]struct {
			q    ctem.EventQuery
			want []int64 // causes
		}{
			"all":      {ctem.EventQuery{}, []int64{5, 4, 3, 2, 1}},
			"kind":     {ctem.EventQuery{Kinds: []ctem.EventKind{ctem.EventKEV, ctem.EventFeed}}, []int64{5, 4, 3, 2}},
			"since":    {ctem.EventQuery{Since: day.Add(4 * time.Hour)}, []int64{5, 4}},
			"subject":  {ctem.EventQuery{Subject: "CVE-2"}, nil},
			"product":  {ctem.EventQuery{ListQuery: ctem.ListQuery{Products: []string{"q"}}}, []int64{2, 1}},
			"owner":    {ctem.EventQuery{ListQuery: ctem.ListQuery{Owner: "x"}}, []int64{5, 4, 1}},
			"nothing":  {ctem.EventQuery{ListQuery: ctem.ListQuery{Products: []string{}}}, nil},
			"as_of":    {ctem.EventQuery{ListQuery: ctem.ListQuery{AsOf: ctem.AsOf{At: day.Add(-time.Hour)}}}, nil},
			"page":     {ctem.EventQuery{ListQuery: ctem.ListQuery{Limit: 2}}, []int64{5, 4}},
			"page_two": {ctem.EventQuery{ListQuery: ctem.ListQuery{Limit: 2, After: "4"}}, []int64{3, 2}},
		} {
			page, err := db.Events(ctx, x.q)
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			for _, e := range page.Items {
				got = append(got, e.Cause)
			}
			if d := cmp.Diff(x.want, got); d != "" {
				t.Errorf("%s: -want +got\n%s", name, d)
			}
			if more := x.q.Limit > 0; more != (page.Next != "") || !more && page.Total != len(x.want) || more && page.Total != 5 {
				t.Errorf("%s: total %d, next %q", name, page.Total, page.Next)
			}
		}
		page, err := db.Events(ctx, ctem.EventQuery{ListQuery: ctem.ListQuery{Products: []string{"p"}}})
		want := ctem.Here{Live: 2, Opened: 1, Running: []ctem.Running{{Kind: ctem.Production, Where: "prod", Services: 1, Workloads: 1}}}
		if err != nil || len(page.Items) != 3 || cmp.Diff(want, page.Items[2].Here) != "" {
			t.Errorf("of what p has: %v %s", err, cmp.Diff(want, page.Items[2].Here))
		}
		if _, err := db.Events(ctx, ctem.EventQuery{ListQuery: ctem.ListQuery{After: "x"}}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a page after x: %v", err)
		}
		after, last, err := db.EventsAfter(ctx, 3, 1)
		if err != nil || last != 4 || len(after) != 1 || after[0].Cause != 4 || after[0].ID() != "EVT-4" || len(after[0].Places) != 1 {
			t.Errorf("after 3: %+v, %d, %v", after, last, err)
		}
	})
}

package scopedb_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func shop(tier int) ctem.Scope {
	return ctem.Scope{
		Products: []ctem.ScopeProduct{{Name: "shop", Tier: tier}},
		Services: []ctem.ScopeService{{Name: "checkout", Products: []string{"shop"}}, {Name: "reports", Tier: 1}},
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		db, ctx := e.Fresh(t), context.Background()
		apply := func(s ctem.Scope, at time.Time) ctem.ScopeChange {
			c, err := db.ApplyScope(ctx, s, ctem.ScopeVersion{At: at, By: "alice", Text: "text"})
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		first, again, second := apply(shop(3), noon), apply(shop(3), noon), apply(shop(5), noon.Add(time.Hour))
		if first.Unchanged || !again.Unchanged || again.Version.Version != 1 || second.Version.Version != 2 {
			t.Errorf("first %+v, again %+v, second %+v", first, again, second)
		}
		if diff := cmp.Diff([]string{"checkout"}, second.Services); diff != "" {
			t.Error(diff)
		}
		services, last, err := db.ScopeChanges(ctx, 0, 10)
		if diff := cmp.Diff([]string{"checkout", "reports", "checkout"}, services); diff != "" || err != nil || last != 3 {
			t.Error(diff, last, err)
		}
		for at, tier := range map[time.Time]int{{}: 5, noon.Add(time.Minute): 3, noon.Add(-time.Minute): 0} {
			s, err := db.Scope(ctx, ctem.AsOf{At: at, Now: noon.AddDate(0, 1, 0)})
			if err != nil || s.Tier("checkout") != tier {
				t.Errorf("at %s tier %d, want %d, %v", at, s.Tier("checkout"), tier, err)
			}
		}
		list, err := db.ScopeHistory(ctx, ctem.ListQuery{})
		if err != nil || len(list.Items) != 2 || list.Items[0].Version != 2 || list.Items[1].By != "alice" || list.Next != "" {
			t.Errorf("%+v, %v", list, err)
		}
		page, err := db.ScopeHistory(ctx, ctem.ListQuery{Limit: 1})
		if err != nil || len(page.Items) != 1 || page.Items[0].Version != 2 || page.Total != 2 {
			t.Errorf("the first page: %+v, %v", page, err)
		}
		page, err = db.ScopeHistory(ctx, ctem.ListQuery{Limit: 1, After: page.Next})
		if err != nil || len(page.Items) != 1 || page.Items[0].Version != 1 || page.Next != "" {
			t.Errorf("the second page: %+v, %v", page, err)
		}
		if _, err := db.ScopeHistory(ctx, ctem.ListQuery{After: "no"}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a page that no page gave: %v", err)
		}
		then := ctem.AsOf{At: noon.Add(time.Minute), Now: noon.AddDate(0, 1, 0)}
		if page, err = db.ScopeHistory(ctx, ctem.ListQuery{AsOf: then}); err != nil || page.Total != 1 || len(page.Items) != 1 {
			t.Errorf("as of the first: %+v, %v", page, err)
		}
	})
}

// TestNarrowedListsAreAnswered runs every narrowed statement on both engines.
func TestNarrowedListsAreAnswered(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		db, ctx := e.Fresh(t), context.Background()
		for name, q := range map[string]ctem.ListQuery{
			"none": {Products: []string{}}, "some": {Products: []string{"shop", "office"}}, "mine": {Owner: "alice"},
			"earlier": {Products: []string{"shop"}, Owner: "alice", AsOf: ctem.AsOf{KnownAt: noon}},
		} {
			q.Now = noon.AddDate(0, 1, 0)
			_, listed := db.ListExposures(ctx, q)
			_, affected := db.Affected(ctx, q, "log4j-core")
			_, actions := db.Actions(ctx, q)
			_, workloads := db.Workloads(ctx, q)
			_, artifacts := db.ArtifactsList(ctx, q)
			_, components := db.ComponentsList(ctx, q)
			for what, err := range map[string]error{
				"exposures": listed, "affected": affected, "actions": actions, "workloads": workloads, "artifacts": artifacts, "components": components,
			} {
				if err != nil {
					t.Errorf("%s, %s: %v", name, what, err)
				}
			}
		}
		for _, query := range []string{"owner:alice,none", "product:shop", "sev:high,unknown", "is:excepted"} {
			terms, err := ctem.ParseQuery(query)
			if err != nil {
				t.Fatal(err)
			}
			for _, known := range []time.Time{{}, noon} {
				if _, err := db.ListExposures(ctx, ctem.ListQuery{AsOf: ctem.AsOf{Now: noon, KnownAt: known}, Terms: terms}); err != nil {
					t.Errorf("%s: %v", query, err)
				}
			}
		}
	})
}

func TestRulingsFollowEachOther(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		db, ctx := e.Fresh(t), context.Background()
		r := ctem.Ruling{Num: 1, Exposure: "EXP-1", Kind: ctem.RuleAssign, Owner: "carol", By: "alice"}
		if _, err := db.AppendRulings(ctx, []ctem.Ruling{r}, nil, noon); err != nil {
			t.Fatal(err)
		}
		other := r
		other.Num = 2
		if _, err := db.AppendRulings(ctx, []ctem.Ruling{other, r}, nil, noon); fault.KindOf(err) != fault.Conflict {
			t.Errorf("two decided at once: %v", err)
		}
		nums, last, err := db.RulingChanges(ctx, 0, 10)
		if diff := cmp.Diff([]int64{1}, nums); diff != "" || last != 1 || err != nil {
			t.Error(diff, last, err)
		}
	})
}

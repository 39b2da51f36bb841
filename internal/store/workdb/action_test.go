package workdb

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

var april = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)

// oneLocus puts the plain exposures at one locus.
func oneLocus(t *testing.T, db *Store) {
	t.Helper()
	err := db.write(context.Background(), func(tx *tx) error {
		if _, err := tx.Exec(`INSERT INTO locus (id, purl, name) VALUES (?, ?, ?)`, 1, "pkg:npm/x", "x"); err != nil {
			return err
		}
		_, err := tx.Exec(`UPDATE exposure SET locus = 1, place = num`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func someAction(n int, word ctem.Word, score int) ctem.Action {
	service := fmt.Sprint("svc-", n)
	return ctem.Action{
		ID: ctem.ActionID("pkg:npm/x", service), Locus: "pkg:npm/x", Service: service, Target: "2.0.0", State: ctem.Proposed, Reason: "exposures are open",
		Exposures: []string{"EXP-1"}, Environments: []string{"prod"}, OpenCount: 1, Word: word, Due: april.AddDate(0, 0, n),
		Risk: 0.25, Score: score, Members: []ctem.ActionMember{{Num: 1, Risk: 0.25, Open: true, Round: true}}, TargetBasis: "b",
	}
}

func commitActions(t *testing.T, db *Store, from, to int64, now time.Time, list ...ctem.Action) {
	t.Helper()
	adv := ctem.Advance{Step: "mobilize", Moves: []ctem.Move{{Stream: ctem.StreamDecision, From: from, To: to}}, Now: now}
	if err := db.CommitActions(context.Background(), adv, list); err != nil {
		t.Fatal(err)
	}
}

func TestActionsAreListedByUrgency(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
	plainExposures(t, db, 1, april)
	oneLocus(t, db)
	var all []ctem.Action
	for i, w := range []ctem.Word{ctem.Watch, ctem.ActNow, ctem.Schedule, ctem.ActNow, ctem.Schedule} {
		all = append(all, someAction(i, w, 500+10*i))
	}
	commitActions(t, db, 0, 1, april, all...)
	list := func(q ctem.ListQuery) (services []string, page ctem.ActionPage) {
		t.Helper()
		page, err := db.Actions(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range page.Items {
			services = append(services, a.Service)
		}
		return services, page
	}
	want := []string{"svc-3", "svc-1", "svc-4", "svc-2", "svc-0"}
	got, _ := list(ctem.ListQuery{})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var paged []string
	for q := (ctem.ListQuery{Limit: 2}); ; {
		part, page := list(q)
		paged = append(paged, part...)
		if page.Total != 5 {
			t.Errorf("total %d", page.Total)
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	if diff := cmp.Diff(want, paged); diff != "" {
		t.Error(diff)
	}
	testActionOrders(t, list)
	for query, n := range map[string]int{
		"decision:act": 2, "-decision:act,watch": 2, "svc:svc-2": 1, "state:proposed": 5, "is:verified": 0, "score:>=530": 2,
		"score:500..510": 2, "component:NPM": 5, "env:prod": 5, "env:dev": 0, "exposure:EXP-1": 5, "svc-4": 1, "purl:pkg:npm/x": 5,
	} {
		terms, err := ctem.ParseQuery(query)
		if err != nil {
			t.Fatal(query, err)
		}
		if got, page := list(ctem.ListQuery{Terms: terms, Limit: 1}); page.Total != n {
			t.Errorf("%s: %d (%v), want %d", query, page.Total, got, n)
		}
	}
	for _, bad := range []ctem.ListQuery{
		{Terms: []ctem.Term{{Key: "colour", Op: ":", Values: []string{"red"}}}},
		{Terms: []ctem.Term{{Key: "score", Op: ">", Values: []string{"x"}}}},
		{Terms: []ctem.Term{{Key: "decision", Op: ":", Values: []string{"soon"}}}},
		{Terms: []ctem.Term{{Key: "svc", Op: ">", Values: []string{"x"}}}},
		{After: "x"},
		{After: "1.x.y"},
		{Sort: []ctem.SortKey{{Key: "colour"}}},
	} {
		if _, err := db.Actions(ctx, bad); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// testActionOrders: an order that was asked for holds over all pages, equals are
// the most urgent first, and a page of another order does not continue it.
func testActionOrders(t *testing.T, list func(ctem.ListQuery) ([]string, ctem.ActionPage)) {
	t.Helper()
	for order, want := range map[string][]string{
		"due":                {"svc-0", "svc-1", "svc-2", "svc-3", "svc-4"},
		"-service":           {"svc-4", "svc-3", "svc-2", "svc-1", "svc-0"},
		"decision,-due":      {"svc-0", "svc-4", "svc-2", "svc-3", "svc-1"},
		"state,score":        {"svc-0", "svc-1", "svc-2", "svc-3", "svc-4"},
		"component,open,env": nil,
		"owner":              {"svc-3", "svc-1", "svc-4", "svc-2", "svc-0"},
	} {
		sort, err := ctem.ParseSort(order)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			if _, err := actionOrder(sort); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v", order, err)
			}
			continue
		}
		var got []string
		for q := (ctem.ListQuery{Sort: sort, Limit: 2}); ; {
			part, page := list(q)
			got = append(got, part...)
			if q.After = page.Next; q.After == "" {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", order, diff)
		}
	}
}

func TestActionsAsOf(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
	plainExposures(t, db, 1, april)
	oneLocus(t, db)
	first := someAction(1, ctem.ActNow, 700)
	commitActions(t, db, 0, 1, april, first)
	first.Num = 1
	done := first
	done.State, done.OpenCount, done.FixedCount, done.Removed, done.Word = ctem.Verified, 0, 1, 0.25, ctem.NoAction
	commitActions(t, db, 1, 2, april.AddDate(0, 0, 5), done)
	for name, c := range map[string]struct {
		at   ctem.AsOf
		want ctem.Work
	}{
		"now":    {ctem.AsOf{Now: april.AddDate(0, 1, 0)}, ctem.Verified},
		"then":   {ctem.AsOf{At: april.AddDate(0, 0, 1)}, ctem.Proposed},
		"known":  {ctem.AsOf{KnownAt: april.AddDate(0, 0, 1), Now: april.AddDate(0, 1, 0)}, ctem.Proposed},
		"before": {ctem.AsOf{At: april.Add(-time.Hour)}, ""},
	} {
		a, err := db.FindAction(ctx, first.ID, c.at)
		if c.want == "" {
			if fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || a.State != c.want {
			t.Errorf("%s: %s, %v", name, a.State, err)
		}
	}
	first.CreatedAt, first.ChangedAt, first.Members = april, april, nil
	first.Change = 1
	got, err := db.FindAction(ctx, first.ID, ctem.AsOf{At: april})
	if diff := cmp.Diff(first, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	nums, last, err := db.ActionChanges(ctx, 0, 10)
	if err != nil || last != 2 || len(nums) != 2 {
		t.Errorf("changes %v to %d, %v", nums, last, err)
	}
}

func TestActionGroups(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
	plainExposures(t, db, 3, april)
	oneLocus(t, db)
	commitDecisions(t, db, 0, 1, april, someDecision(1, 700), someDecision(2, 600))
	groups, err := db.ActionGroups(ctx, []int64{2})
	if err != nil || len(groups) != 1 || len(groups[0].Members) != 3 || groups[0].Before != nil {
		t.Fatalf("%+v, %v", groups, err)
	}
	want := ctem.ActionMember{
		Num: 1, ID: "EXP-1", Environment: "prod", Revision: 1, State: ctem.Open, Running: ctem.Yes, Word: ctem.ActNow,
		Deadline: someDecision(1, 0).Deadline, Risk: someDecision(1, 0).Risk,
		Owner: "team", OwnerRule: "assigned by alice", Excepted: true,
	}
	if diff := cmp.Diff(want, groups[0].Members[0]); diff != "" {
		t.Error(diff)
	}
	a := someAction(0, ctem.ActNow, 700)
	a.Service, a.ID = "shop", ctem.ActionID("pkg:npm/x", "shop")
	commitActions(t, db, 0, 1, april, a)
	closed := someDecision(1, 0)
	closed.Word, closed.Risk = ctem.NoAction, 0
	commitDecisions(t, db, 1, 2, april, closed)
	groups, err = db.ActionGroups(ctx, []int64{1, 2, 3})
	if err != nil || len(groups) != 1 || groups[0].Before == nil {
		t.Fatalf("%+v, %v", groups, err)
	}
	m := groups[0].Members[0]
	if !m.Round || !m.Open || m.Risk != 0.25 || groups[0].Before.Num != 1 || len(groups[0].Before.Members) != 1 {
		t.Errorf("a closed exposure keeps what was counted of it: %+v, %+v", m, groups[0].Before)
	}
}

func TestActionsLoseARaceWhole(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
	commitActions(t, db, 0, 9, april)
	adv := ctem.Advance{Step: "mobilize", Moves: []ctem.Move{{Stream: ctem.StreamDecision, From: 0, To: 3}}, Now: april}
	if err := db.CommitActions(ctx, adv, []ctem.Action{someAction(1, ctem.Watch, 1)}); !errors.Is(err, ctem.ErrRaced) {
		t.Errorf("%v", err)
	}
	if page, err := db.Actions(ctx, ctem.ListQuery{}); err != nil || page.Total != 0 {
		t.Errorf("%+v, %v", page, err)
	}
}

func TestAPersonMovesAnActionOnlyAsItIs(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
	a := someAction(0, ctem.ActNow, 700)
	adv := ctem.Advance{Step: "mobilize", Moves: []ctem.Move{{Stream: ctem.StreamExposure, To: 1}}, Now: april}
	if err := db.CommitActions(ctx, adv, []ctem.Action{a}); err != nil {
		t.Fatal(err)
	}
	read, err := db.FindAction(ctx, a.ID, ctem.AsOf{Now: april})
	if err != nil {
		t.Fatal(err)
	}
	moved := read
	moved.State, moved.Owner, moved.OwnerRule, moved.Hand = ctem.Accepted, "carol", "assigned by alice", ctem.Hand{State: "alice", Owner: "alice"}
	entry := ctem.AuditEntry{At: april, Actor: "alice", Verb: "actions move", Object: moved.ID, Detail: "{}"}
	if _, err := db.MoveAction(ctx, moved, entry, april); err != nil {
		t.Fatal(err)
	}
	if _, err := db.MoveAction(ctx, moved, entry, april); fault.KindOf(err) != fault.Conflict {
		t.Errorf("moved twice from one reading: %v", err)
	}
	adv.Moves[0].From, adv.Moves[0].To = 1, 2
	if err := db.CommitActions(ctx, adv, []ctem.Action{read}); !errors.Is(err, ctem.ErrRaced) {
		t.Errorf("planned from an older reading: %v", err)
	}
	if v, err := db.db.VerifyAudit(ctx); err != nil || v.Entries != 1 || v.Broken != 0 {
		t.Errorf("the log of one move and one that was refused: %+v, %v", v, err)
	}
	got, err := db.FindAction(ctx, a.ID, ctem.AsOf{Now: april})
	if err != nil || got.State != ctem.Accepted || got.Owner != "carol" || got.Hand != moved.Hand {
		t.Errorf("%+v, %v", got, err)
	}
}

package mobilize

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tidemark/tidemark/internal/ctem"
)

var monday = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

func member(num int64, state ctem.State) ctem.ActionMember {
	m := ctem.ActionMember{
		Num: num, ID: ctem.ShownID("EXP", string(rune('a'+num))), Environment: "prod", Revision: 1, State: state,
		Running: ctem.Yes, Word: ctem.Schedule, Deadline: monday.AddDate(0, 0, int(num)), Risk: 0.01 * float64(num),
	}
	if !state.Live() {
		m.Word, m.Running = ctem.NoAction, ctem.No
	}
	return m
}

// evolve plans a group from state to state, as the step would.
func evolve(t *testing.T, steps ...[]ctem.ActionMember) (a ctem.Action, ok bool) {
	t.Helper()
	for _, members := range steps {
		g := ctem.ActionGroup{Locus: "pkg:npm/x", Service: "shop", Members: members}
		if ok {
			before := a
			g.Before = &before
			for i := range g.Members { // the store remembers what was counted
				for _, m := range before.Members {
					if m.Num == g.Members[i].Num {
						g.Members[i].Open, g.Members[i].Round = m.Open, m.Round
						if !g.Members[i].State.Live() {
							g.Members[i].Risk = m.Risk
						}
					}
				}
			}
		}
		a, ok = Plan(g)
	}
	return a, ok
}

func TestPlanStates(t *testing.T) {
	t.Parallel()
	open := func(n int64) ctem.ActionMember { return member(n, ctem.Open) }
	fixed := func(n int64) ctem.ActionMember { return member(n, ctem.Fixed) }
	declared := func(n int64) ctem.ActionMember {
		m := member(n, ctem.Fixed)
		m.Running = ctem.Unknown
		return m
	}
	gone := func(n int64) ctem.ActionMember { return member(n, ctem.Retired) }
	stopped := func(n int64) ctem.ActionMember {
		m := open(n)
		m.Running, m.Word = ctem.No, ctem.NoAction
		return m
	}
	type members = []ctem.ActionMember
	for name, c := range map[string]struct {
		steps    []members
		want     ctem.Work
		reopened int
		open     int
		fixed    int
	}{
		"opened":              {[]members{{open(1), open(2)}}, ctem.Proposed, 0, 2, 0},
		"partly-fixed":        {[]members{{open(1), open(2)}, {fixed(1), open(2)}}, ctem.InProgress, 0, 1, 1},
		"fixed-and-seen":      {[]members{{open(1), open(2)}, {fixed(1), fixed(2)}}, ctem.Verified, 0, 0, 2},
		"fixed-as-declared":   {[]members{{open(1), open(2)}, {fixed(1), declared(2)}}, ctem.Deployed, 0, 0, 2},
		"then-seen":           {[]members{{open(1)}, {declared(1)}, {fixed(1)}}, ctem.Verified, 0, 0, 1},
		"retired":             {[]members{{open(1), open(2)}, {gone(1), gone(2)}}, ctem.Rejected, 0, 0, 0},
		"fixed-or-gone":       {[]members{{open(1), open(2)}, {gone(1), fixed(2)}}, ctem.Verified, 0, 0, 1},
		"stopped":             {[]members{{open(1)}, {stopped(1)}}, ctem.Rejected, 0, 0, 0},
		"returned":            {[]members{{open(1)}, {fixed(1)}, {open(1)}}, ctem.Proposed, 1, 1, 0},
		"returned-from-gone":  {[]members{{open(1)}, {gone(1)}, {open(1)}}, ctem.Proposed, 1, 1, 0},
		"returned-half-way":   {[]members{{open(1), open(2)}, {fixed(1), open(2)}, {open(1), open(2)}}, ctem.Proposed, 1, 2, 0},
		"gone-after-a-return": {[]members{{open(1), open(2)}, {fixed(1), fixed(2)}, {open(1), fixed(2)}, {gone(1), fixed(2)}}, ctem.Rejected, 1, 0, 0},
		"another-weakness":    {[]members{{open(1)}, {fixed(1)}, {fixed(1), open(2)}}, ctem.Proposed, 1, 1, 0},
		"still-seen":          {[]members{{open(1)}, {fixed(1)}, {fixed(1)}}, ctem.Verified, 0, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, ok := evolve(t, c.steps...)
			if !ok || a.State != c.want || a.Reopened != c.reopened || a.OpenCount != c.open || a.FixedCount != c.fixed || a.Reason == "" {
				t.Errorf("%s (%s), reopened %d, %d open, %d fixed", a.State, a.Reason, a.Reopened, a.OpenCount, a.FixedCount)
			}
			if a.ID != ctem.ActionID("pkg:npm/x", "shop") {
				t.Errorf("id %s", a.ID)
			}
			if a.OpenCount == 0 && (a.Risk != 0 || a.Score != 0 || !a.Due.IsZero() || a.Word != ctem.NoAction) {
				t.Errorf("nothing is open, but %+v", a)
			}
			again, _ := evolve(t, append(c.steps, c.steps[len(c.steps)-1])...)
			if !same(a, again) {
				t.Errorf("planned again it is not the same: %s", cmp.Diff(a, again))
			}
		})
	}
}

func TestPlanCounts(t *testing.T) {
	t.Parallel()
	urgent := member(2, ctem.Open)
	urgent.Word, urgent.Environment, urgent.Deadline = ctem.ActNow, "dev", time.Time{}
	a, _ := evolve(t, []ctem.ActionMember{member(1, ctem.Open), urgent, member(3, ctem.Open), member(4, ctem.Retired)})
	if a.Word != ctem.ActNow || !a.Due.Equal(monday.AddDate(0, 0, 1)) || len(a.Exposures) != 3 {
		t.Errorf("%+v", a)
	}
	if diff := cmp.Diff([]string{"dev", "prod"}, a.Environments); diff != "" {
		t.Error(diff)
	}
	if want := 1 - .99*.98*.97; a.Risk < want-1e-12 || a.Risk > want+1e-12 {
		t.Errorf("risk %v, want %v", a.Risk, want)
	}
	done, _ := evolve(t, []ctem.ActionMember{member(1, ctem.Open), member(2, ctem.Open)}, []ctem.ActionMember{member(1, ctem.Fixed), member(2, ctem.Fixed)})
	if want := 1 - .99*.98; done.Removed < want-1e-12 || done.Removed > want+1e-12 {
		t.Errorf("removed %v, want %v", done.Removed, want)
	}
}

func TestNothingToPlan(t *testing.T) {
	t.Parallel()
	idle := member(1, ctem.Open)
	idle.Word, idle.Running = ctem.NoAction, ctem.No
	undecided := member(2, ctem.Open)
	undecided.Word = ""
	for _, members := range [][]ctem.ActionMember{{idle}, {undecided}, {member(3, ctem.Fixed)}} {
		if a, ok := Plan(ctem.ActionGroup{Locus: "x", Service: "y", Members: members}); ok {
			t.Errorf("planned %+v", a)
		}
	}
}

func TestAPersonsRejectionStays(t *testing.T) {
	t.Parallel()
	before := ctem.Action{ID: ctem.ActionID("x", "y"), Locus: "x", Service: "y", State: ctem.Rejected, Reason: "we replace it in May"}
	g := ctem.ActionGroup{Locus: "x", Service: "y", Members: []ctem.ActionMember{member(1, ctem.Open)}, Before: &before}
	if a, _ := Plan(g); a.State != ctem.Rejected || a.Reason != before.Reason {
		t.Errorf("%s: %s", a.State, a.Reason)
	}
}

// Whatever happens to its exposures, an action moves only as the table of
// states allows, and is verified only with nothing open.
func TestPlanLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var before *ctem.Action
		for range rapid.IntRange(1, 8).Draw(rt, "steps") {
			var members []ctem.ActionMember
			for n := range int64(3) {
				state := rapid.SampledFrom([]ctem.State{ctem.Open, ctem.Fixed, ctem.Retired, ctem.Withdrawn, ctem.StateUnknown}).Draw(rt, "state")
				m := member(n, state)
				m.Running = rapid.SampledFrom([]ctem.Tri{ctem.Yes, ctem.No, ctem.Unknown}).Draw(rt, "running")
				if before != nil {
					m.Open, m.Round = before.Members[n].Open, before.Members[n].Round
				}
				members = append(members, m)
			}
			a, ok := Plan(ctem.ActionGroup{Locus: "x", Service: "y", Members: members, Before: before})
			if !ok {
				continue
			}
			if before != nil && before.State != a.State && !before.State.CanBecome(a.State) {
				rt.Fatalf("%s became %s", before.State, a.State)
			}
			done := a.State == ctem.Verified || a.State == ctem.Deployed
			if done && (a.OpenCount > 0 || a.FixedCount == 0) {
				rt.Fatalf("%s with %d open, %d fixed", a.State, a.OpenCount, a.FixedCount)
			}
			if a.OpenCount > 0 && a.State == ctem.Rejected {
				rt.Fatalf("rejected (%s) with %d open", a.Reason, a.OpenCount)
			}
			before = &a
		}
	})
}

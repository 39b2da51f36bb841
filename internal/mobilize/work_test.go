package mobilize

import (
	"context"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// desk is one action that people move.
type desk struct {
	a   ctem.Action
	log []ctem.AuditEntry
}

func (d *desk) FindAction(context.Context, string, ctem.AsOf) (ctem.Action, error) { return d.a, nil }

func (d *desk) MoveAction(_ context.Context, a ctem.Action, log ctem.AuditEntry, _ time.Time) (ctem.Action, error) {
	d.a, d.log = a, append(d.log, log)
	return a, nil
}

func TestWorkByHand(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		from ctem.Work
		ask  ctem.WorkAsk
		want ctem.Work
		kind fault.Kind
	}{
		"accept":           {ctem.Proposed, ctem.WorkAsk{State: ctem.Accepted}, ctem.Accepted, ""},
		"start":            {ctem.Accepted, ctem.WorkAsk{State: ctem.InProgress}, ctem.InProgress, ""},
		"block":            {ctem.InProgress, ctem.WorkAsk{State: ctem.Blocked, Reason: "no window"}, ctem.Blocked, ""},
		"block-silently":   {ctem.InProgress, ctem.WorkAsk{State: ctem.Blocked}, ctem.InProgress, fault.Invalid},
		"reject-silently":  {ctem.Proposed, ctem.WorkAsk{State: ctem.Rejected}, ctem.Proposed, fault.Invalid},
		"verify":           {ctem.Proposed, ctem.WorkAsk{State: ctem.Verified}, ctem.Proposed, fault.Invalid},
		"deploy":           {ctem.Proposed, ctem.WorkAsk{State: ctem.Deployed}, ctem.Proposed, fault.Invalid},
		"what-is-verified": {ctem.Verified, ctem.WorkAsk{State: ctem.Rejected, Reason: "x"}, ctem.Verified, fault.Conflict},
		"closed-by-proof":  {ctem.Rejected, ctem.WorkAsk{State: ctem.Proposed}, ctem.Rejected, fault.Conflict},
		"nothing":          {ctem.Proposed, ctem.WorkAsk{}, ctem.Proposed, fault.Invalid},
	} {
		d := &desk{a: ctem.Action{ID: "ACT-1", State: tc.from}}
		_, err := Work{Store: d, Now: time.Now}.Move(context.Background(), "alice", tc.ask)
		if fault.KindOf(err) != tc.kind || d.a.State != tc.want {
			t.Errorf("%s: %s, %v", name, d.a.State, err)
		}
		if (err == nil) != (len(d.log) == 1) {
			t.Errorf("%s: %d entries in the log, %v", name, len(d.log), err)
		}
		for _, e := range d.log {
			if said := e.Parsed(); e.Actor != "alice" || e.Object != "ACT-1" || said.Before != string(tc.from) || said.After != string(tc.want) || said.Reason != tc.ask.Reason {
				t.Errorf("%s: the log says %+v, %+v", name, e, said)
			}
		}
	}
}

// TestAPersonsStateStaysUntilEvidenceMovesIt plans the same action again after a
// person started it, and after the fix.
func TestAPersonsStateStaysUntilEvidenceMovesIt(t *testing.T) {
	t.Parallel()
	open := ctem.ActionMember{Num: 1, ID: "EXP-1", State: ctem.Open, Running: ctem.Yes, Word: ctem.ActNow, Owner: "team", OwnerRule: "service checkout in the scope"}
	g := ctem.ActionGroup{Locus: "pkg:npm/a", Service: "checkout", Members: []ctem.ActionMember{open}}
	a, ok := Plan(g)
	if !ok || a.Owner != "team" || a.OwnerRule != open.OwnerRule {
		t.Fatalf("owner %q by %q", a.Owner, a.OwnerRule)
	}
	d := &desk{a: a}
	if _, err := (Work{Store: d, Now: time.Now}).Move(context.Background(), "alice", ctem.WorkAsk{State: ctem.InProgress, Owner: "carol"}); err != nil {
		t.Fatal(err)
	}
	g.Before, g.Members = &d.a, d.a.Members
	again, _ := Plan(g)
	if again.State != ctem.InProgress || again.Owner != "carol" || !same(again, d.a) {
		t.Errorf("planned again: %s, %q", again.State, again.Owner)
	}
	done := again.Members[0]
	done.State, done.Running = ctem.Fixed, ctem.No
	g.Before, g.Members = &again, []ctem.ActionMember{done}
	if fixed, _ := Plan(g); fixed.State != ctem.Verified || fixed.Hand.State != "" {
		t.Errorf("fixed: %s by %q", fixed.State, fixed.Hand.State)
	}
}

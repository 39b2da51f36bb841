package prioritize

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// court is a world in which people may decide.
type court struct {
	t   *testing.T
	w   *world
	now time.Time
	s   *Step
}

func newCourt(t *testing.T) *court {
	t.Helper()
	c := &court{t: t, w: theWorld(), now: today}
	c.s = c.w.step(&c.now)
	drain(t, c.s)
	return c
}

func (c *court) ask(by string, ask ctem.RulingAsk) error {
	c.t.Helper()
	ask.Exposures = []string{"EXP-1"}
	was, had := c.decision(), len(c.w.log)
	_, err := People{Store: c.w, Now: func() time.Time { return c.now }}.Rule(context.Background(), by, ask)
	if err != nil {
		return err
	}
	drain(c.t, c.s)
	if len(c.w.log) != had+1 {
		c.t.Fatalf("%d entries in the log for one ruling", len(c.w.log)-had)
	}
	// The log says ahead what the step then makes of it.
	is, entry := c.decision(), c.w.log[had]
	want := ctem.AuditEntry{At: c.now, Actor: by, Verb: "exposures " + string(ask.Kind), Object: "EXP-1", Detail: entry.Detail}
	if diff := cmp.Diff(want, entry); diff != "" {
		c.t.Error(diff)
	}
	if d := entry.Parsed(); d.Outcome != "done" || d.Before != stand(&was) || d.After != stand(&is) || d.Reason != ask.Reason {
		c.t.Errorf("%s: %+v, want %q, then %q", ask.Kind, d, stand(&was), stand(&is))
	}
	return nil
}

func (c *court) must(by string, ask ctem.RulingAsk) ctem.Decision {
	c.t.Helper()
	if err := c.ask(by, ask); err != nil {
		c.t.Fatal(err)
	}
	return c.decision()
}

func (c *court) decision() ctem.Decision {
	d, _ := c.w.last(1)
	return d
}

func (c *court) loosen() ctem.RulingAsk {
	return ctem.RulingAsk{Kind: ctem.RuleDecide, Word: ctem.Watch, Reason: "behind a virtual patch", Until: c.now.AddDate(0, 1, 0)}
}

func TestLooseningNeedsTwoPeopleAndEnds(t *testing.T) {
	t.Parallel()
	c := newCourt(t)
	before := c.decision()
	d := c.must("alice", c.loosen())
	if d.Word != ctem.ActNow || d.Treatment != ctem.TreatNone || d.Exception == nil || d.Exception.State != ctem.ExceptionRequested {
		t.Fatalf("asked for, and already %s, %s, %+v", d.Word, d.Treatment, d.Exception)
	}
	if err := c.ask("os:alice", ctem.RulingAsk{Kind: ctem.RuleApprove}); fault.KindOf(err) != fault.Forbidden {
		t.Fatalf("alice approved herself: %v", err)
	}
	d = c.must("bob", ctem.RulingAsk{Kind: ctem.RuleApprove})
	if d.Word != ctem.Watch || d.Treatment != ctem.TreatExcepted || d.DecidedBy != "alice" || d.Exception.ApprovedBy != "bob" {
		t.Fatalf("approved, but %s, %s by %s, %+v", d.Word, d.Treatment, d.DecidedBy, d.Exception)
	}
	if d.Computed != before.Computed || !d.Deadline.Equal(before.Deadline) || d.Score != before.Score {
		t.Errorf("a ruling changed what the rules compute: %s %s %d", d.Computed, d.Deadline, d.Score)
	}
	if n := drain(t, c.s); n != 0 {
		t.Errorf("%d more rounds when nothing changed", n)
	}
	c.now = c.now.AddDate(0, 1, 0)
	drain(t, c.s)
	if d = c.decision(); d.Word != ctem.ActNow || d.Treatment != ctem.TreatNone || d.Exception != nil || d.DecidedBy != "" {
		t.Errorf("over, but still %s, %s by %q", d.Word, d.Treatment, d.DecidedBy)
	}
}

func TestWhatCannotBeDecided(t *testing.T) {
	t.Parallel()
	c := newCourt(t)
	forever, long, noReason, self := c.loosen(), c.loosen(), c.loosen(), c.loosen()
	forever.Until, noReason.Reason, self.Approver = time.Time{}, " ", "Alice"
	long.Until = c.now.AddDate(1, 1, 0)
	for name, tc := range map[string]struct {
		by   string
		ask  ctem.RulingAsk
		kind fault.Kind
	}{
		"no-end":          {"alice", forever, fault.Invalid},
		"over-a-year":     {"alice", long, fault.Invalid},
		"no-reason":       {"alice", noReason, fault.Invalid},
		"own-approver":    {"alice", self, fault.Forbidden},
		"nobody":          {" ", c.loosen(), fault.Forbidden},
		"nothing-asked":   {"bob", ctem.RulingAsk{Kind: ctem.RuleApprove}, fault.Conflict},
		"nothing-to-undo": {"bob", ctem.RulingAsk{Kind: ctem.RuleUndo}, fault.Conflict},
		"no-owner":        {"bob", ctem.RulingAsk{Kind: ctem.RuleAssign}, fault.Invalid},
		"no-word":         {"bob", ctem.RulingAsk{Kind: ctem.RuleDecide, Reason: "x"}, fault.Invalid},
	} {
		if err := c.ask(tc.by, tc.ask); fault.KindOf(err) != tc.kind {
			t.Errorf("%s: %v, want %s", name, err, tc.kind)
		}
	}
	if len(c.w.rulings) != 0 {
		t.Errorf("%d rulings were stored", len(c.w.rulings))
	}
}

func TestUndoGoesBackOneRuling(t *testing.T) {
	t.Parallel()
	c := newCourt(t)
	e := c.w.exposures[1]
	e.Running = ctem.No // the rules say: no action
	c.w.exposures[1] = e
	c.w.changed = append(c.w.changed, 1)
	drain(t, c.s)
	tighten := func(w ctem.Word) ctem.RulingAsk {
		return ctem.RulingAsk{Kind: ctem.RuleDecide, Word: w, Reason: "it starts tomorrow"}
	}
	var words []ctem.Word
	for _, ask := range []ctem.RulingAsk{
		tighten(ctem.Schedule), tighten(ctem.ActNow), {Kind: ctem.RuleUndo}, tighten(ctem.NoAction), {Kind: ctem.RuleUndo}, {Kind: ctem.RuleUndo},
	} {
		words = append(words, c.must("alice", ask).Word)
	}
	want := []ctem.Word{ctem.Schedule, ctem.ActNow, ctem.Schedule, ctem.NoAction, ctem.Schedule, ctem.NoAction}
	if diff := cmp.Diff(want, words); diff != "" {
		t.Error(diff)
	}
	if d := c.decision(); d.DecidedBy != "" || d.Computed != ctem.NoAction {
		t.Errorf("all taken back, but decided by %q", d.DecidedBy)
	}
}

func TestScopeDecidesOwnerAndWorth(t *testing.T) {
	t.Parallel()
	c := newCourt(t)
	if d := c.decision(); d.Owner != "" || d.Gates.Matters != ctem.Unknown || d.KEV != ctem.Yes || d.Severity != ctem.SeverityCritical || d.EPSS == nil {
		t.Errorf("before: %q %s %s %s %v", d.Owner, d.Gates.Matters, d.KEV, d.Severity, d.EPSS)
	}
	low := c.decision().Score
	c.w.scope = ctem.Scope{
		Products: []ctem.ScopeProduct{{Name: "shop", Owner: "team-shop", Tier: 5}},
		Services: []ctem.ScopeService{{Name: "checkout", Products: []string{"shop"}}},
	}
	c.w.rescoped = []string{"checkout"}
	drain(t, c.s)
	d := c.decision()
	if d.Owner != "team-shop" || d.OwnerRule != "product shop in the scope" || d.Gates.Matters != ctem.Yes || d.Score <= low {
		t.Errorf("after: %q by %q, matters %s, score %d then %d", d.Owner, d.OwnerRule, d.Gates.Matters, low, d.Score)
	}
	d = c.must("alice", ctem.RulingAsk{Kind: ctem.RuleAssign, Owner: "carol"})
	if d.Owner != "carol" || d.OwnerRule != "assigned by alice" {
		t.Errorf("assigned: %q by %q", d.Owner, d.OwnerRule)
	}
	if n := drain(t, c.s); n != 0 {
		t.Errorf("%d more rounds when nothing changed", n)
	}
}

package mobilize

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// Actions is what moving work by hand needs of the store. A move and its entry
// in the log are written together.
type Actions interface {
	FindAction(ctx context.Context, id string, at ctem.AsOf) (ctem.Action, error)
	MoveAction(ctx context.Context, a ctem.Action, log ctem.AuditEntry, now time.Time) (ctem.Action, error)
}

// Work takes what persons do about actions. Deployed and verified are not among
// it: only evidence says so.
type Work struct {
	Store Actions
	Now   func() time.Time
	Sign  ctem.Signature // of the log; without an actor it is who moves
}

// Bounds of what a person may say.
const (
	maxWords = 2000
	maxName  = 200
)

// Move gives an action the state or the owner that a person asks for.
func (w Work) Move(ctx context.Context, by string, ask ctem.WorkAsk) (ctem.Action, error) {
	now := w.Now().UTC().Truncate(time.Microsecond)
	ask.Reason, ask.Owner = strings.TrimSpace(ask.Reason), strings.TrimSpace(ask.Owner)
	if err := checkWork(by, ask); err != nil {
		return ctem.Action{}, err
	}
	a, err := w.Store.FindAction(ctx, ask.Action, ctem.AsOf{Now: now})
	if err != nil {
		return a, err
	}
	before := a
	if err := byHand(&a, by, ask); err != nil {
		return a, err
	}
	deed := ctem.Deed{By: w.Sign, Verb: "actions move", Object: a.ID, Before: stand(&before, ask), After: stand(&a, ask), Reason: ask.Reason}
	deed.By.Actor = cmp.Or(deed.By.Actor, by)
	entry, err := deed.Entry(now)
	if err != nil {
		return a, err
	}
	return w.Store.MoveAction(ctx, a, entry, now)
}

// stand says in a line how an action stands, in what is asked for.
func stand(a *ctem.Action, ask ctem.WorkAsk) string {
	if ask.Owner == "" {
		return string(a.State)
	}
	return fmt.Sprintf("%s, owner %s", a.State, cmp.Or(a.Owner, "nobody"))
}

func checkWork(by string, ask ctem.WorkAsk) error {
	switch {
	case strings.TrimSpace(by) == "":
		return fault.New(fault.Forbidden, "nobody in particular cannot move work")
	case ask.State == "" && ask.Owner == "":
		return fault.New(fault.Invalid, "nothing is asked for: neither a state nor an owner")
	case ask.State == ctem.Deployed || ask.State == ctem.Verified:
		return fault.New(fault.Invalid, "%s is set by evidence only", ask.State).WithHint("send what runs now: the state follows from it")
	case len(ask.Reason) > maxWords || len(ask.Owner) > maxName:
		return fault.New(fault.Invalid, "a reason has at most %d bytes, a name %d", maxWords, maxName)
	case (ask.State == ctem.Rejected || ask.State == ctem.Blocked) && ask.Reason == "":
		return fault.New(fault.Invalid, "%s needs a reason", ask.State)
	}
	for _, text := range []string{ask.Reason, ask.Owner} {
		if err := ctem.PlainText("the text", text); text != "" && err != nil {
			return err
		}
	}
	if ask.State == "" {
		return nil
	}
	return ask.State.Validate()
}

// byHand changes the action, within the table of allowed moves.
func byHand(a *ctem.Action, by string, ask ctem.WorkAsk) error {
	if ask.Owner != "" {
		a.Owner, a.OwnerRule, a.Hand.Owner = ask.Owner, "assigned by "+by, by
	}
	if ask.State == "" || ask.State == a.State {
		return nil
	}
	switch {
	case a.State == ctem.Verified || a.State == ctem.Deployed:
		return fault.New(fault.Conflict, "%s is %s by evidence: there is nothing left to do by hand", a.ID, a.State)
	case a.State == ctem.Rejected && a.Hand.State == "":
		return fault.New(fault.Conflict, "%s is closed by evidence: %s", a.ID, a.Reason)
	case !a.State.CanBecome(ask.State):
		return fault.New(fault.Conflict, "%s is %s and cannot become %s", a.ID, a.State, ask.State)
	}
	a.State, a.Hand.State = ask.State, by
	a.Reason = string(ask.State) + " by " + by
	if ask.Reason != "" {
		a.Reason += ": " + ask.Reason
	}
	return nil
}

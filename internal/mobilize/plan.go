package mobilize

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/risk"
)

// nothingLeft opens the reason of a rejection that evidence, not a person, made.
const nothingLeft = "nothing left to fix: "

// Plan is the action of a group as its evidence has it now; false when there is
// none and nothing calls for one. The target is not computed here: it is the
// one before, or none when the basis has changed.
func Plan(g ctem.ActionGroup) (ctem.Action, bool) {
	a := ctem.Action{ID: ctem.ActionID(g.Locus, g.Service), Locus: g.Locus, Service: g.Service}
	if g.Before != nil {
		a = *g.Before
	}
	a.Members = slices.Clone(g.Members)
	word := ctem.Word("")
	for i := range a.Members {
		m := &a.Members[i]
		m.Open = m.State.Live() && m.Word != ctem.NoAction
		m.Round = m.Round || m.Open
		if m.Open && m.Word.Urgency() > word.Urgency() {
			word = m.Word
		}
	}
	if g.Before == nil && word == "" {
		return ctem.Action{}, false
	}
	move(&a, g.Before == nil)
	count(&a, word)
	own(&a)
	// With nothing open the target stays what it was: it says what was done.
	if basis := basisOf(a.Members); basis != "" && basis != a.TargetBasis {
		a.TargetBasis, a.Target = basis, ""
	}
	return a, true
}

// tally is what the members of the round say.
type tally struct{ open, fixed, proven, stopped, excepted, withdrawn int }

func tallyOf(members []ctem.ActionMember) (t tally) {
	for _, m := range members {
		switch {
		case m.Open:
			t.open++
		case !m.Round:
		case m.State == ctem.Fixed:
			t.fixed++
			if m.Running == ctem.No {
				t.proven++
			}
		case m.State == ctem.Withdrawn:
			t.withdrawn++
		case m.State.Live() && m.Excepted:
			t.excepted++
		case m.State.Live():
			t.stopped++
		}
	}
	return t
}

// move sets the state that the evidence calls for.
func move(a *ctem.Action, fresh bool) {
	t := tallyOf(a.Members)
	state, reason := a.State, a.Reason
	switch {
	case fresh:
		state, reason = ctem.Proposed, "exposures are open"
	case t.open > 0:
		state, reason = whileOpen(a, t)
	case a.State == ctem.Rejected:
	case t.fixed > 0 && t.proven == t.fixed:
		state, reason = ctem.Verified, "run-time evidence shows the fix at every place"
	case t.fixed > 0:
		state, reason = ctem.Deployed, "fixed as declared; no run-time evidence shows it at every place yet"
	default:
		state, reason = ctem.Rejected, nothingLeft+ending(t)
	}
	if state == a.State || (a.State != "" && !a.State.CanBecome(state)) {
		return
	}
	if state == ctem.Proposed && !fresh {
		a.Reopened++
		for i := range a.Members {
			a.Members[i].Round = a.Members[i].Open
		}
	}
	a.State, a.Reason, a.Hand.State = state, reason, ""
}

// own gives the action to the owner of its most urgent open exposure, unless a
// person handed it over. With nothing open it stays whose it was.
func own(a *ctem.Action) {
	if a.Hand.Owner != "" {
		return
	}
	var top *ctem.ActionMember
	for i := range a.Members {
		m := &a.Members[i]
		if m.Open && (top == nil || m.Word.Urgency() > top.Word.Urgency() || m.Word == top.Word && m.Risk > top.Risk) {
			top = m
		}
	}
	if top != nil {
		a.Owner, a.OwnerRule = top.Owner, top.OwnerRule
	}
}

// whileOpen is the state of an action with open exposures.
func whileOpen(a *ctem.Action, t tally) (ctem.Work, string) {
	switch {
	case a.State == ctem.Verified, a.State == ctem.Deployed:
		return ctem.Proposed, "exposures came back or were added after the fix"
	case a.State == ctem.Rejected && strings.HasPrefix(a.Reason, nothingLeft):
		return ctem.Proposed, "exposures came back"
	case a.State == ctem.InProgress && t.fixed == 0 && a.Hand.State == "":
		return ctem.Proposed, "what was fixed came back"
	case t.fixed > 0 && (a.State == ctem.Proposed || a.State == ctem.Accepted):
		return ctem.InProgress, "some exposures are fixed, others are still open"
	}
	return a.State, a.Reason
}

func ending(t tally) string {
	switch {
	case t.excepted > 0:
		return "what is left is excepted"
	case t.stopped > 0:
		return "it does not run"
	case t.withdrawn > 0:
		return "the advisory was withdrawn"
	}
	return "the workload is gone"
}

// count fills in what follows from the members.
func count(a *ctem.Action, word ctem.Word) {
	var open, removed []float64
	a.Exposures, a.Environments = nil, nil
	a.OpenCount, a.FixedCount, a.Due, a.Word = 0, 0, time.Time{}, word
	if word == "" {
		a.Word = ctem.NoAction
	}
	for _, m := range a.Members {
		if !m.Round {
			continue
		}
		a.Exposures = append(a.Exposures, m.ID)
		a.Environments = append(a.Environments, m.Environment)
		switch {
		case m.Open:
			a.OpenCount++
			open = append(open, m.Risk)
			if !m.Deadline.IsZero() && (a.Due.IsZero() || m.Deadline.Before(a.Due)) {
				a.Due = m.Deadline
			}
		case m.State == ctem.Fixed:
			a.FixedCount++
			if m.Running == ctem.No {
				removed = append(removed, m.Risk)
			}
		}
	}
	slices.Sort(a.Exposures)
	slices.Sort(a.Environments)
	a.Environments = slices.Compact(a.Environments)
	a.Risk, a.Score = risk.Aggregate(open)
	a.Removed, _ = risk.Aggregate(removed)
}

// basisOf is a hash of what a target depends on: the open exposures by revision.
func basisOf(members []ctem.ActionMember) string {
	h := sha256.New()
	none := true
	for _, m := range members {
		if m.Open {
			none = false
			_, _ = fmt.Fprintf(h, "%d %d\n", m.Num, m.Revision) // a hash does not fail
		}
	}
	if none {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

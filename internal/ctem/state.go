package ctem

import "github.com/tidemark/tidemark/internal/fault"

// State of an exposure, written by assess only.
type State string

// The states. StateUnknown means that the evidence is too old, or that what
// replaced the affected artifact has no bill of materials.
const (
	Open         State = "open"
	Fixed        State = "fixed"
	Retired      State = "retired"   // its workload is gone
	Withdrawn    State = "withdrawn" // its advisory is
	StateUnknown State = "unknown"
)

// Validate reports a state that is none of ours.
func (s State) Validate() error {
	if _, ok := stateMoves[s]; !ok {
		return fault.New(fault.Invalid, "no exposure state %q", string(s))
	}
	return nil
}

// Live reports whether the exposure still counts as open in the funnel.
func (s State) Live() bool { return s == Open || s == StateUnknown }

// Found answers the first gate: what is closed is no longer found, and what
// nobody can look into is not known.
func (s State) Found() Tri {
	switch s {
	case Open:
		return Yes
	case StateUnknown:
		return Unknown
	case Fixed, Retired, Withdrawn:
	}
	return No
}

// stateMoves has every allowed move; evidence can take an exposure from any
// state back to open (a regression, a redeployment, an advisory restored).
var stateMoves = map[State][]State{
	"":           {Open, StateUnknown, Fixed, Retired, Withdrawn},
	Open:         {Fixed, Retired, Withdrawn, StateUnknown},
	StateUnknown: {Open, Fixed, Retired, Withdrawn},
	Fixed:        {Open, StateUnknown, Retired, Withdrawn},
	Retired:      {Open, StateUnknown, Fixed, Withdrawn},
	Withdrawn:    {Open, StateUnknown, Fixed, Retired},
}

// CanBecome reports whether the table allows the move.
func (s State) CanBecome(next State) bool { return allowed(stateMoves[s], next) }

// Treatment of an exposure, from decisions.
type Treatment string

// The treatments.
const (
	TreatNone        Treatment = "none"
	TreatExcepted    Treatment = "excepted"
	TreatNotAffected Treatment = "not-affected"
	TreatMitigated   Treatment = "mitigated"
)

// Work is the state of an action.
type Work string

// The states of work. Verified is set by evidence only.
const (
	Proposed   Work = "proposed"
	Accepted   Work = "accepted"
	InProgress Work = "in progress"
	Deployed   Work = "deployed" // the fix is declared or partly seen, not yet proven running everywhere
	Verified   Work = "verified"
	Rejected   Work = "rejected" // refused, or nothing is left to fix: see the reason
	Blocked    Work = "blocked"
)

var workMoves = map[Work][]Work{
	"":         {Proposed},
	Proposed:   {Accepted, InProgress, Deployed, Verified, Rejected, Blocked},
	Accepted:   {InProgress, Deployed, Verified, Rejected, Blocked},
	InProgress: {Proposed, Deployed, Verified, Rejected, Blocked},
	Deployed:   {Proposed, InProgress, Verified, Rejected, Blocked},
	Verified:   {Proposed, Rejected},
	Rejected:   {Proposed},
	Blocked:    {Proposed, Accepted, InProgress, Deployed, Verified, Rejected},
}

// CanBecome reports whether the table allows the move.
func (w Work) CanBecome(next Work) bool { return allowed(workMoves[w], next) }

// Validate reports a state of work that is none of ours.
func (w Work) Validate() error {
	if _, ok := workMoves[w]; !ok || w == "" {
		return fault.New(fault.Invalid, "no state of work %q", string(w))
	}
	return nil
}

func allowed[T comparable](moves []T, next T) bool {
	for _, m := range moves {
		if m == next {
			return true
		}
	}
	return false
}

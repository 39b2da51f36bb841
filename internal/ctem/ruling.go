package ctem

import (
	"strings"
	"time"
)

// StreamRuling numbers what people decide about exposures.
const StreamRuling Stream = "ruling"

// RulingKind says what a person did.
type RulingKind string

// The kinds of rulings.
const (
	RuleDecide  RulingKind = "decide"
	RuleAssign  RulingKind = "assign"
	RuleUndo    RulingKind = "undo"
	RuleApprove RulingKind = "approve"
	RuleReject  RulingKind = "reject"
)

// Ruling is one decision by a person about one exposure. It is never changed:
// another one follows it.
type Ruling struct {
	Seq      int64
	Num      int64  // of the exposure in the store
	Exposure string // EXP-…
	Kind     RulingKind
	Word     Word // what is decided
	// Computed is the rules' answer when it was decided: a ruling that is less
	// urgent was made against this answer, and no worse one.
	Computed   Word
	Owner      string
	Reason     string
	By         string
	At         time.Time
	Until      time.Time // zero: no end
	ApprovedBy string    // given along with a decision
	Answers    int64     // the request that an approval or rejection is about
	Undoes     int64     // the ruling that an undo takes back
	After      int64     // the exposure's newest ruling when this one was made; 0: none
}

// Loosens reports whether a decision asks for less than the rules.
func (r *Ruling) Loosens() bool {
	return r.Kind == RuleDecide && r.Word.Urgency() < r.Computed.Urgency()
}

// RulingAsk is what a person asks for, about some exposures at once.
type RulingAsk struct {
	Exposures []string // EXP-…
	Kind      RulingKind
	Word      Word
	Owner     string
	Reason    string
	Until     time.Time
	Approver  string // another person who agreed already, by word of mouth
}

// Exception is an exposure that is treated as less urgent than the rules say,
// or somebody's request that it be.
type Exception struct {
	State      ExceptionState `json:"state"`
	Word       Word           `json:"word"`
	Until      time.Time      `json:"until"`
	By         string         `json:"by"`
	ApprovedBy string         `json:"approved_by,omitempty"`
	Reason     string         `json:"reason"`
	Ruling     int64          `json:"ruling"`
}

// ExceptionState says whether an exception counts.
type ExceptionState string

// The states of an exception. What ended is none any more.
const (
	ExceptionRequested ExceptionState = "requested" // waits for another person
	ExceptionInForce   ExceptionState = "in force"
)

// Standing is what people's rulings about an exposure come to.
type Standing struct {
	Decided  *Ruling // in force unless its end has come; ApprovedBy set when it was approved
	Request  *Ruling // waits for another person's answer
	Assigned *Ruling // who it was given to
	Last     *Ruling // the newest that is not taken back: what an undo takes back
	Newest   int64   // number of the newest of all; 0: none
}

// StandingOf folds the rulings about one exposure, in their order.
func StandingOf(list []Ruling) Standing {
	undone := map[int64]bool{}
	for i := range list {
		if list[i].Kind == RuleUndo {
			undone[list[i].Undoes] = true
		}
	}
	var s Standing
	for i := range list {
		r := list[i]
		s.Newest = r.Seq
		if r.Kind == RuleUndo || undone[r.Seq] {
			continue
		}
		s.Last = &list[i]
		s.take(r)
	}
	return s
}

func (s *Standing) take(r Ruling) {
	switch r.Kind {
	case RuleDecide:
		s.decide(r)
	case RuleAssign:
		s.Assigned = &r
	case RuleApprove:
		if s.Request != nil && s.Request.Seq == r.Answers {
			granted := *s.Request
			granted.ApprovedBy = r.By
			s.Decided, s.Request = &granted, nil
		}
	case RuleReject:
		if s.Request != nil && s.Request.Seq == r.Answers {
			s.Request = nil
		}
	case RuleUndo:
	}
}

func (s *Standing) decide(r Ruling) {
	s.Request = nil
	switch {
	case r.Word == r.Computed: // as the rules say: nothing is decided otherwise
		s.Decided = nil
	case r.Loosens() && r.ApprovedBy == "":
		s.Request = &r
	default:
		s.Decided = &r
	}
}

// InForce is the word that counts when the rules say computed, and whose it is
// ("" for the rules). A ruling may always ask for more than the rules. Less than
// the rules it gives only as an approved exception, until its end, and while the
// rules ask for no more than they did when it was granted.
func (s *Standing) InForce(computed Word, now time.Time) (word Word, by *Ruling) {
	r := s.Decided
	if r == nil || !r.Until.IsZero() && !now.Before(r.Until) {
		return computed, nil
	}
	switch {
	case r.Word.Urgency() > computed.Urgency() && !r.Loosens():
		return r.Word, r
	case r.Word.Urgency() < computed.Urgency() && r.Loosens() && computed.Urgency() <= r.Computed.Urgency():
		return r.Word, r
	}
	return computed, nil
}

// SamePerson reports whether two names mean one person: "os:alice" is alice on
// the local machine.
func SamePerson(a, b string) bool { return strings.EqualFold(person(a), person(b)) }

func person(name string) string { return strings.TrimPrefix(strings.TrimSpace(name), "os:") }

// WorkAsk is what a person says about an action.
type WorkAsk struct {
	Action string // ACT-…
	State  Work   // "": unchanged; proposed takes a rejection back
	Owner  string // "": unchanged
	Reason string
}

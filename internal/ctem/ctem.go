// Package ctem holds the words of the exposure management loop: exposure,
// state, gate, decision, action, measure, and the cursor with which a step
// reads a stream.
//
// The model. An exposure is a weakness at a locus of a service in an
// environment; what is affected there are its instances. Its state is written
// by assess from evidence alone; its decision by prioritize; the work on it
// lives on the action that fixes it. All states are strings with one table of
// allowed moves.
//
// Invariants. Every gate answers yes, no or unknown. A score's factors add up
// to it exactly. No I/O, no clock.
package ctem

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// Tri is the answer of a gate. The zero value is not an answer: use Unknown.
type Tri string

// The three answers.
const (
	Yes     Tri = "yes"
	No      Tri = "no"
	Unknown Tri = "unknown"
)

// TriOf turns a known fact into an answer.
func TriOf(b bool) Tri {
	if b {
		return Yes
	}
	return No
}

// Gates are the five questions of the funnel.
type Gates struct {
	Found       Tri `json:"found"`
	Running     Tri `json:"running"`
	Reachable   Tri `json:"reachable"`
	Exploitable Tri `json:"exploitable"`
	Matters     Tri `json:"matters"`
}

// Word is a decision.
type Word string

// The decisions, most urgent first.
const (
	ActNow   Word = "Act now"
	Schedule Word = "Schedule"
	Watch    Word = "Watch"
	NoAction Word = "No action"
)

// Token is the form used in flags and queries: act, schedule, watch, none.
func (w Word) Token() string {
	switch w {
	case ActNow:
		return "act"
	case Schedule:
		return "schedule"
	case Watch:
		return "watch"
	case NoAction:
		return "none"
	}
	return ""
}

// ParseWord reads a decision in either form, ignoring case.
func ParseWord(s string) (Word, bool) {
	for _, w := range []Word{ActNow, Schedule, Watch, NoAction} {
		if strings.EqualFold(s, string(w)) || strings.EqualFold(s, w.Token()) {
			return w, true
		}
	}
	return "", false
}

// Urgency orders decisions: 3 for Act now down to 0 for No action.
func (w Word) Urgency() int {
	switch w {
	case ActNow:
		return 3
	case Schedule:
		return 2
	case Watch:
		return 1
	case NoAction:
	}
	return 0
}

var shortID = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// ShownID is the id that people see: a prefix and 50 bits of the key's hash in
// Crockford's alphabet. It is the same on every engine and never reused.
func ShownID(prefix string, key ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(key, "\x00")))
	return prefix + "-" + shortID.EncodeToString(sum[:])[:10]
}

// ExposureID is the shown id of an exposure.
func ExposureID(weakness, locus, service, environment string) string {
	return ShownID("EXP", weakness, locus, service, environment)
}

// ActionID is the shown id of the action that fixes a component in a service.
func ActionID(locus, service string) string { return ShownID("ACT", locus, service) }

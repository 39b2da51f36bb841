package ctem

import "time"

// Verdict answers "are we affected?".
type Verdict string

// The verdicts.
const (
	AffectedRunning    Verdict = "affected-running"
	AffectedNotRunning Verdict = "affected-not-running"
	NotFound           Verdict = "not-found"
	CannotSay          Verdict = "cannot-say"
)

// SearchCoverage says how much of the estate an answer speaks of.
type SearchCoverage struct {
	Searched int       // live workloads all of whose contents are known, from evidence that is not too old
	Total    int       // live workloads
	Oldest   time.Time // the oldest last sign of life among the sources that say so; zero: none
}

// Affected is the answer to "are we affected?": the live exposures to a
// weakness, of a package or of an artifact, and how far it was looked.
type Affected struct {
	Query   string
	Page    ExposurePage
	Running map[Tri]int // how many of all of them run
	// Present counts the live workloads that may contain what was asked for
	// although no weakness of it is known.
	Present int
	// Unheard: the query is the id of a weakness of which no record is loaded,
	// so nothing was compared with it.
	Unheard  bool
	Coverage SearchCoverage
}

// Verdict follows the gate: one that runs is enough for yes, and no needs a no
// for each. What runs unknown is never taken for a no, and "not found" is only
// said where all was looked into, and for something that can be looked for.
func (a *Affected) Verdict() Verdict {
	c := a.Coverage
	switch {
	case a.Running[Yes] > 0:
		return AffectedRunning
	case a.Running[Unknown] > 0:
		return CannotSay
	case a.Page.Total > 0:
		return AffectedNotRunning
	case a.Unheard || a.Present > 0 || c.Total == 0 || c.Searched < c.Total:
		return CannotSay
	}
	return NotFound
}

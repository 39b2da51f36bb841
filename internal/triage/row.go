package triage

import (
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// Row is an exposure as lists show it: the age of its evidence and the rulings
// of people are already in it. Num is its key. A row of an older Revision than
// the one held is not taken; one of the same Revision replaces it.
type Row struct {
	Num      int64
	ID       string
	Revision int64
	Place    Place
	Weak     Weak
	Part     Part
	Gates    ctem.Gates
	Standing Standing
	Clock    Clock
	Origin   Origin
}

// Place is where the exposure is and whose it is.
type Place struct {
	Service, Environment string
	Products             []string
	Owner                string // "": nobody's
}

// Weak is the weakness. Aliases may or may not repeat Name.
type Weak struct {
	Name     string // canonical
	Aliases  []string
	Kind     ctem.WeaknessKind
	Severity string   // critical, high, medium, low, none; anything else is unknown
	KEV      ctem.Tri // Unknown: no catalogue was read
	EPSS     *float64 // nil: not known
	Attack   ctem.Attack
}

// Part is what is affected. Fix is "" when none is known.
type Part struct {
	Locus    string
	Fix      string
	Versions []string
	Images   []string
	Digests  []string
}

// Standing is the state and what was decided.
type Standing struct {
	State       ctem.State
	Decision    ctem.Word // in force; "": undecided
	Computed    ctem.Word
	DecidedBy   string // "": the rules
	Score       int
	Treatment   ctem.Treatment
	Regressions int
}

// Clock has the times; zero is none.
type Clock struct {
	FirstSeen, Since, Deadline time.Time
}

// Origin says whose evidence it stands on and what data is at stake.
type Origin struct {
	Sources     []string
	DataClasses []string
	Freshness   twin.Freshness
}

package ctem

import (
	"time"

	"github.com/tidemark/tidemark/internal/twin"
)

// Matched is a component that was evaluated, with the records that name it.
// A component without matches was looked at and is known to have none.
type Matched struct {
	Component  int64
	Purl       string // as in the SBOM
	Version    string // as in the SBOM
	Compared   string // as its ecosystem compares it
	Locus      string // purl without version and qualifiers
	Ecosystem  string // of its version order
	Packages   []PackageName
	Matches    []Match
	Undecided  []Undecided
	Rules      string // version of the matcher
	Qualifiers string // what the SBOM says of it beside the purl: see twin.Component
}

// PackageName is a package under which advisories may speak of a component.
type PackageName struct{ Ecosystem, Name string }

// Match is one record that names one component's version.
type Match struct {
	Record     string
	Revision   int64
	Published  time.Time // in force from; zero: always was
	Withdrawn  time.Time // in force until; zero: still is
	Weaknesses []string  // first names of the weaknesses that it is about
	Fixed      []string  // versions that the record says are fixed
	Reason     string    // why it matches
}

// MatchReason is why a record names a component, as matching said it.
type MatchReason struct {
	Purl     string
	Version  string
	Record   string
	Revision int64
	Reason   string
}

// InForceAt reports whether the record had been published and not withdrawn at t.
func (m *Match) InForceAt(t time.Time) bool {
	return !m.Published.After(t) && (m.Withdrawn.IsZero() || t.Before(m.Withdrawn))
}

// Undecided is why a component could not be decided.
type Undecided struct {
	Reason twin.Reason
	Detail string
}

// SourceScope names one source's view of one scope.
type SourceScope struct{ Source, Scope string }

// Basis is on whose word a stretch of a timeline stands.
type Basis struct {
	// Sources are the run-time sources that vouch for it, sorted; none when
	// only declared evidence or an SBOM does.
	Sources []SourceScope
	// AnyRuntime: it stands on what no run-time source has seen, whichever
	// they are (an artifact that is deployed nowhere).
	AnyRuntime bool
}

// Piece is one stretch of an exposure's timeline. Half-open: From <= t < To;
// a zero To means still so.
type Piece struct {
	From, To    time.Time
	Since       time.Time // when the state began, maybe some pieces ago
	State       State
	Reason      string
	Regressions int // how often it had come back after a fix, up to here
	Running     Tri // by evidence, before its age
	Reachable   Tri
	Basis       Basis
	Instances   []Instance // what is affected; the last ones when closed
	Advisories  []string
	Fix         string
	Doors       []twin.Door
}

// Timeline is all that is known now about one exposure: pieces in order, without
// gaps from the first on; the last one has a zero To.
type Timeline struct {
	Weakness string // first name
	Locus    string
	Pieces   []Piece
}

// Cover is one stretch in which a place ran something (Live), and in which the
// contents of all that it ran were known (Covered).
type Cover struct {
	From, To      time.Time
	Live, Covered bool
	Sources       []SourceScope // of every class, sorted
}

// Assessed is everything assess says about one place.
type Assessed struct {
	Place                int64
	Service, Environment string
	Timelines            []Timeline // sorted by weakness and locus
	Covers               []Cover
}

// WeaknessChange is what is to be written about one weakness. Names are all
// its names; Merged are the first names of weaknesses that turned out to be
// the same: they are redirected to this one.
type WeaknessChange struct {
	Key       string // first name
	Canonical string
	Kind      WeaknessKind
	Names     []string
	Merged    []string
}

// Portion is what a changed advisory leaves to be computed: a few weaknesses at
// the places whose components it concerns.
type Portion struct {
	ID         int64    // given by the store
	Weaknesses []string // first names, sorted
	Places     []int64  // sorted
}

// AssessedBatch is what one run of assess commits, together with its cursors.
type AssessedBatch struct {
	Weaknesses []WeaknessChange
	Matched    []Matched  // replaces what was known about these components
	Places     []Assessed // complete: what is stored for these places becomes this
	Only       []string   // not nil: complete in these weaknesses only, and without covers
	Dirty      []int64    // places to be computed in a later run
	Cleaned    []int64    // dirty places that this run computed
	Parts      []Portion  // to be computed in later runs
	PartsDone  []int64    // parts that this run computed, or left in another form
}

// ExposureKey is the identity of a stored exposure.
type ExposureKey struct {
	Num             int64
	Place           int64
	Weakness, Locus string
	MergedInto      string    // canonical name of the weakness that took over; "" for none
	From            time.Time // valid time at which it first began
}

// HistoryPiece is one stretch of an exposure's life with both times.
type HistoryPiece struct {
	From, To     time.Time // when it was so; a zero To: still so
	State        State
	Reason       string
	RecordedFrom time.Time // when we learned it
	RecordedTo   time.Time // when we learned better; zero: still believed
	EndedAt      time.Time // when we learned To; zero while it goes on
}

// Span is a stretch in which an exposure was in one state at one risk.
type Span struct {
	Num      int64
	From, To time.Time // a zero To: still so
	State    State
	Risk     float64 // r = P*I; 0 while it is not decided
}

package twin

import "time"

// Moment orders evidence: by when it was so, then by the source's own
// counters, then by hash; never by arrival.
type Moment struct {
	At        time.Time
	Epoch     int64
	SourceSeq int64
	Order     int64 // the first eight bytes of the evidence's hash
}

// Before reports whether m comes strictly before o.
func (m Moment) Before(o Moment) bool { return m.Compare(o) < 0 }

// Compare orders two moments; equal ones may still be a fact and a mark.
func (m Moment) Compare(o Moment) int {
	if c := m.At.Compare(o.At); c != 0 {
		return c
	}
	if c := compare(m.Epoch, o.Epoch); c != 0 {
		return c
	}
	if c := compare(m.SourceSeq, o.SourceSeq); c != 0 {
		return c
	}
	return compare(m.Order, o.Order)
}

func compare(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Fact says how one claim was at one moment.
type Fact struct {
	Moment
	State    int64 // id of the state; 0: absent, by tombstone
	Snapshot int64 // id of the snapshot it is a member of; 0: of none
}

// Mark says that at one moment a scope was completely as the snapshot Base.
type Mark struct {
	Moment
	Base int64
}

// Span is a stretch of time in one state, half-open; a zero To means still so.
type Span struct {
	From, To time.Time
	State    int64
}

// Ids in the types below are the store's; a negative id -1-i stands for the
// i-th new object of the same Resolution and gets its number on commit.

// ClaimKey names a claim: who looks at what, and the subject there.
type ClaimKey struct {
	Watch   int64 // id of source and scope
	Subject string
}

// ClaimHead is a claim with its newest fact and its current state, if any.
type ClaimHead struct {
	ID      int64
	Last    time.Time // of its newest fact; zero: none, or not asked for
	Current *Held
}

// Held is a stored span with the record time since when it is believed.
type Held struct {
	Span
	RecordedFrom time.Time
}

// StateKey names a state by the hash of its body and the class that says so.
type StateKey struct {
	Hash  string
	Class Class
}

// SnapshotKey names a snapshot within its watch.
type SnapshotKey struct {
	Watch int64
	Name  string
}

// SnapshotHead counts the members of a snapshot. It proves absence only once
// its marker is there and all members are.
type SnapshotHead struct {
	SnapshotKey
	ID       int64
	Known    int       // members resolved
	Expected int       // as the marker says; else MarkerMissing or MarkerAwaited
	First    time.Time // earliest time of a member
}

// Expected while the marker of a snapshot has not come, and while a repeat
// that came before it waits for it.
const (
	MarkerMissing = -1
	MarkerAwaited = -2
)

// Complete reports whether the snapshot may prove absence.
func (s SnapshotHead) Complete() bool { return s.Expected >= 0 && s.Known >= s.Expected }

// Horizon is how far the timelines of one watch reach: what comes later than
// all of it extends them, anything else mends them.
type Horizon struct {
	Watch    int64
	MarkAt   time.Time // of the newest mark; zero: none
	MarkBase int64
	Fact     Moment // of the newest fact
}

// Present is what the twin holds about the subjects of some evidence.
type Present struct {
	Claims    map[ClaimKey]ClaimHead
	States    map[StateKey]int64
	Snapshots map[SnapshotKey]SnapshotHead
	Horizons  map[int64]Horizon
	SBOMs     map[string]int64 // body hash → id
}

// WatchState is everything that is live under a watch, and the members of some
// of its snapshots.
type WatchState struct {
	Live    []ClaimHead
	Members map[int64]map[int64]int64 // snapshot → claim → state
}

// Timelines is all that is known about some claims.
type Timelines struct {
	Claims    []Timeline
	Marks     map[int64][]Mark       // of the watches concerned
	Snapshots map[int64]SnapshotHead // the bases of these marks
}

// Timeline is all that is known about one claim alone.
type Timeline struct {
	Claim, Watch int64
	Facts        []Fact
	Held         []Held // believed now, ordered by From
}

// TimelineQuery asks for claims by id, for all claims of some watches, and for
// the marks of some more.
type TimelineQuery struct {
	Claims  []int64
	Watches []int64
	MarksOf []int64
}

// NewState is a state that the twin has not held yet.
type NewState struct {
	StateKey
	Media Media
	Body  []byte
	// Images are those of a workload's containers.
	Images []ArtifactRef
	// Links are its edges to other things, each once.
	Links []Link
}

// NewClaim is a claim that the twin has not held yet. Service and environment
// name its place; both are empty for what is no workload.
type NewClaim struct {
	ClaimKey
	Service, Environment string
}

// ClaimFact is a fact with its claim.
type ClaimFact struct {
	Claim int64
	Fact
}

// WatchMark is a mark with its watch.
type WatchMark struct {
	Watch int64
	Mark
}

// ClaimChange replaces what was held of a claim by what is so.
type ClaimChange struct {
	Claim  int64
	Before []Held // believed until now
	After  []Span
}

// NewSBOM is a document that was parsed for the first time.
type NewSBOM struct {
	Hash string
	SBOM SBOM
}

// Listing says that an SBOM described an artifact at a moment.
type Listing struct {
	Moment
	Artifact string // identity
	Ref      ArtifactRef
	SBOM     int64 // 0: withdrawn by tombstone
}

// Resolution is what resolve makes of one batch of evidence.
type Resolution struct {
	States    []NewState
	Claims    []NewClaim
	Snapshots []SnapshotHead // new and changed
	Facts     []ClaimFact
	Marks     []WatchMark
	Horizons  []Horizon
	Changes   []ClaimChange
	SBOMs     []NewSBOM
	Listings  []Listing
	Seen      []Sighted // what sensors raised
}

package api

// Action is one fix of one component in one service.
type Action struct {
	ID           string   `json:"id"`    // ACT-…
	Owner        string   `json:"owner"` // who has to do it; "": nobody has said
	OwnerRule    string   `json:"owner_rule,omitempty"`
	State        string   `json:"state"`  // proposed, accepted, in progress, deployed, verified, rejected, blocked
	Reason       string   `json:"reason"` // why it is in this state
	Component    string   `json:"component"`
	Service      string   `json:"service"`
	Environments []string `json:"environments"`
	Target       *string  `json:"target"` // smallest version that clears all; null when none is known
	Decision     string   `json:"decision"`
	Due          *Time    `json:"due"`
	Score        int      `json:"score"`
	Risk         float64  `json:"risk"`         // share of loss removed when it is done
	RiskRemoved  float64  `json:"risk_removed"` // removed so far
	Open         int      `json:"open"`
	Fixed        int      `json:"fixed"`
	Reopened     int      `json:"reopened"`
	Exposures    []string `json:"exposures"`
	CreatedAt    *Time    `json:"created_at"`
	ChangedAt    *Time    `json:"changed_at"`
}

// ActionDetail is one action as a document of its own.
type ActionDetail struct {
	Schema  string `json:"schema"`
	AsOf    Time   `json:"as_of"`
	KnownAt *Time  `json:"known_at"` // null: as known now
	Action
}

// Count is how many exposures answered a gate in each way.
type Count struct {
	Yes     int `json:"yes"`
	No      int `json:"no"`
	Unknown int `json:"unknown"`
}

// Funnel counts the exposures in states open and unknown by gate.
type Funnel struct {
	Schema        string           `json:"schema"`
	AsOf          Time             `json:"as_of"`
	KnownAt       *Time            `json:"known_at"`
	Total         int              `json:"total"`
	Gates         map[string]Count `json:"gates"`           // found, running, reachable, exploitable, matters
	ActNow        int              `json:"act_now"`         // Act now, and passed every gate
	ActNowOutside int              `json:"act_now_outside"` // Act now by policy, without passing every gate
}

// Trend is open exposures and risk by day, as known at the time asked.
type Trend struct {
	Schema  string     `json:"schema"`
	AsOf    Time       `json:"as_of"`
	KnownAt *Time      `json:"known_at"`
	Items   []TrendDay `json:"items"`
}

// TrendDay is one day, UTC, at its end (or now, for today).
type TrendDay struct {
	Day   string  `json:"day"` // 2026-11-22
	Open  int     `json:"open"`
	Risk  float64 `json:"risk"`  // noisy-OR of the open exposures
	Score int     `json:"score"` // the same on the scale 0-1000
}

// MeasureCoverage says what the picture rests on.
type MeasureCoverage struct {
	Schema          string         `json:"schema"`
	AsOf            Time           `json:"as_of"`
	KnownAt         *Time          `json:"known_at"`
	Workloads       int            `json:"workloads"`
	WithSBOM        int            `json:"with_sbom"`
	Unproven        int            `json:"unproven"` // linked by name and tag only
	WithoutSBOM     []string       `json:"without_sbom"`
	OldestEvidence  *Time          `json:"oldest_evidence"`
	MedianAge       *int64         `json:"median_age"`      // seconds
	StaleSources    []string       `json:"stale_sources"`   // "source (scope)"
	UnknownSources  []string       `json:"unknown_sources"` // too old to say anything
	UndecidedParts  int            `json:"undecided_components"`
	UndecidedReason map[string]int `json:"undecided_by_reason"`
	Feeds           []Feed         `json:"feeds"`
}

// Feed is the freshness of one intelligence feed.
type Feed struct {
	Kind      string `json:"kind"` // osv, kev, epss, ssvc, metasploit, nuclei, poc
	Name      string `json:"name"` // ecosystem; "" for all but osv
	Records   int    `json:"records"`
	Withdrawn int    `json:"withdrawn"`
	DataTime  *Time  `json:"data_time"` // newest date inside the data
	LoadedAt  *Time  `json:"loaded_at"`
	Origin    string `json:"origin"`
	Freshness string `json:"freshness,omitempty"` // fresh, stale; "" where it is not judged
	Effect    string `json:"effect,omitempty"`    // what may be wrong because it is stale
}

// Receipts is what an ingest answers: one receipt an input.
type Receipts struct {
	Schema string    `json:"schema"`
	AsOf   Time      `json:"as_of"`
	Items  []Receipt `json:"items"`
}

// Receipt says what became of one input.
type Receipt struct {
	Input     string      `json:"input"`
	Kind      string      `json:"kind"` // sbom, manifests, records, detections
	Accepted  int         `json:"accepted"`
	Unchanged int         `json:"unchanged"`
	Rejected  []Rejection `json:"rejected"`
	Ignored   []Rejection `json:"ignored"`            // read, but nothing of ours
	Notes     []Rejection `json:"notes"`              // taken, but odd
	Artifact  string      `json:"artifact,omitempty"` // that an SBOM was filed under
	Snapshots []Snapshot  `json:"snapshots"`          // complete states that it gave
	Quality   *Quality    `json:"quality,omitempty"`  // of an SBOM
}

// Snapshot is one complete state of a source's environment.
type Snapshot struct {
	Source      string `json:"source"`
	Environment string `json:"environment"`
	ObservedAt  Time   `json:"observed_at"`
	Members     int    `json:"members"` // 0: everything of that source and environment ended
}

// Rejection names a place in an input and why it was refused or passed over.
type Rejection struct {
	Where  string `json:"where"`
	Reason string `json:"reason"`
}

// Quality counts what an SBOM leaves unsaid.
type Quality struct {
	Components       int     `json:"components"`
	NoPurl           int     `json:"no_purl"`
	NoVersion        int     `json:"no_version"`
	UnknownEcosystem int     `json:"unknown_ecosystem"`
	BadPurl          int     `json:"bad_purl"`
	Duplicates       int     `json:"duplicates"`
	DanglingRefs     int     `json:"dangling_refs"`
	Issues           []Issue `json:"issues"`
}

// Issue is one component that cannot be matched, and why.
type Issue struct {
	Component string `json:"component"`
	Reason    string `json:"reason"`
	Detail    string `json:"detail,omitempty"`
}

// IntelReport says what an intel update did.
type IntelReport struct {
	Schema   string      `json:"schema"`
	AsOf     Time        `json:"as_of"`
	Feeds    []FeedDone  `json:"feeds"`
	Ignored  []Rejection `json:"ignored"`
	Rejected []Rejection `json:"rejected"`
	Changed  int         `json:"changed"`
}

// FeedDone is one feed of an update.
type FeedDone struct {
	Feed
	Changed   int  `json:"changed"`
	Unchanged bool `json:"unchanged"` // the input is the one that was loaded last
	Held      bool `json:"held"`      // it shrank: nothing of it was taken, and what was loaded before stays
}

// Bundled is a file that carries feeds to where none can be fetched.
type Bundled struct {
	Schema    string   `json:"schema"`
	AsOf      Time     `json:"as_of"`
	Out       string   `json:"out"`        // "" where only the key was asked for
	PublicKey string   `json:"public_key"` // what its readers have to trust
	Feeds     []string `json:"feeds"`      // osv/npm, kev
	Bytes     int64    `json:"bytes"`      // of the feeds
}

// Audit is the verdict on the hash chain.
type Audit struct {
	Schema  string `json:"schema"`
	AsOf    Time   `json:"as_of"`
	OK      bool   `json:"ok"`
	Entries int    `json:"entries"`
	Head    string `json:"head"`
	Broken  int64  `json:"broken"` // number of the first entry that does not hold; 0 when all do
	Reason  string `json:"reason,omitempty"`
}

// Doctor is the health of an installation.
type Doctor struct {
	Schema string  `json:"schema"`
	AsOf   Time    `json:"as_of"`
	OK     bool    `json:"ok"`
	Checks []Check `json:"checks"`
}

// Check is one thing the doctor looked at.
type Check struct {
	Name   string `json:"name"`
	Status string `json:"status"` // ok, warning, failed
	Detail string `json:"detail"`
	Hint   string `json:"hint,omitempty"`
}

// Compacted says what raw evidence was kept from.
type Compacted struct {
	Schema string `json:"schema"`
	AsOf   Time   `json:"as_of"`
	Before Time   `json:"before"` // raw evidence that is older and cited by nothing is gone
}

// Version says which build this is.
type Version struct {
	Schema  string `json:"schema"`
	Version string `json:"version"`
	Go      string `json:"go"`
	Rules   string `json:"rules"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

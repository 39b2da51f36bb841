package api

// The documents that answer questions about the twin as a whole.
const (
	SchemaTree         = "tidemark.tree/v1"
	SchemaDiff         = "tidemark.diff/v1"
	SchemaTwinCoverage = "tidemark.twin-coverage/v1"
	SchemaOwnership    = "tidemark.ownership/v1"
	SchemaChain        = "tidemark.chain/v1"
	SchemaDrift        = "tidemark.drift/v1"
)

// Tree is products, services, environments, workloads and images, as a flat list
// in the order of the tree: each node behind its parent.
type Tree struct {
	Schema   string     `json:"schema"`
	AsOf     Time       `json:"as_of"`
	KnownAt  *Time      `json:"known_at"`
	Computed Computed   `json:"computed"`
	Root     string     `json:"root"`  // the product or service asked for; "": all
	Total    int        `json:"total"` // services in it
	Next     *string    `json:"next"`  // the services behind those shown
	Nodes    []TreeNode `json:"nodes"`
}

// TreeNode is one node. Numbers are of everything below it, also of what the
// page does not show.
type TreeNode struct {
	Depth     int    `json:"depth"`  // 0: a root of the page
	Parent    int    `json:"parent"` // index in nodes; -1: none
	Kind      string `json:"kind"`   // product, service, environment, workload, container
	ID        string `json:"id"`     // of the page of it: the product, service, …; of a container its image
	Scope     string `json:"scope"`  // the environment, below one
	Label     string `json:"label"`
	Owner     string `json:"owner"`
	Running   string `json:"running"`   // yes, no, unknown
	Freshness string `json:"freshness"` // the worst below it
	SeenAt    *Time  `json:"seen_at"`   // the oldest below it
	Services  int    `json:"services"`
	Workloads int    `json:"workloads"`
	Images    int    `json:"images"`
	Replicas  int    `json:"replicas"`
	// Exposures by decision; of a container none are counted: null.
	Exposures *ByDecision `json:"exposures"`
	// Blind counts the workloads below it of whose contents nothing is known.
	Blind int `json:"blind"`
}

// ByDecision counts live exposures, each number with the query that lists them.
type ByDecision struct {
	Act      Link `json:"act"`
	Schedule Link `json:"schedule"`
	Watch    Link `json:"watch"`
	None     Link `json:"none"`
	Open     Link `json:"undecided"`
}

// Diff is how the twin differs between two times, as known at one.
type Diff struct {
	Schema    string      `json:"schema"`
	From      Time        `json:"from"`
	To        Time        `json:"to"`
	KnownAt   *Time       `json:"known_at"`
	Computed  Computed    `json:"computed"`
	Query     string      `json:"query,omitempty"`
	Counts    []DiffCount `json:"counts"` // exact, of all pages
	Total     int         `json:"total"`
	Truncated bool        `json:"truncated"`
	Next      *string     `json:"next"`
	Items     []DiffItem  `json:"items"`
}

// DiffCount counts what differs of one kind: workload, artifact, or a kind of things.
type DiffCount struct {
	Kind    string `json:"kind"`
	Added   int    `json:"added"`
	Removed int    `json:"removed"`
	Changed int    `json:"changed"`
}

// DiffItem is one that differs.
type DiffItem struct {
	Kind    string        `json:"kind"` // Workload, Artifact, or the kind of the thing
	ID      string        `json:"id"`
	Scope   string        `json:"scope"`
	Change  string        `json:"change"` // added, removed, changed
	At      *Time         `json:"at"`     // when it became as it is at the later time
	Sources []string      `json:"sources"`
	Owner   string        `json:"owner"`
	Changes []FieldChange `json:"changes"`
	More    int           `json:"more"` // fields beyond those shown
}

// TwinCoverage is what the twin rests on, and what it leaves unknown.
type TwinCoverage struct {
	Schema    string           `json:"schema"`
	AsOf      Time             `json:"as_of"`
	KnownAt   *Time            `json:"known_at"`
	Computed  Computed         `json:"computed"`
	Sentence  string           `json:"sentence"`
	Workloads int              `json:"workloads"`
	Measures  []CoveredBy      `json:"measures"` // sbom, provenance, runtime, loaded, owner
	Sources   []SourceCoverage `json:"sources"`
	Missing   []MissingSource  `json:"missing"` // kinds of sources of which there is none
}

// CoveredBy is how many workloads have something. A query lists exactly the
// workloads that its number counts.
type CoveredBy struct {
	What    string `json:"what"`  // sbom, provenance, runtime, loaded, owner
	Title   string `json:"title"` // "with an SBOM of every image"
	Yes     Link   `json:"yes"`
	Partial Link   `json:"partial"`
	No      Link   `json:"no"`
	Unknown Link   `json:"unknown"`
}

// SourceCoverage is what one source sees, over all its scopes.
type SourceCoverage struct {
	Source    string       `json:"source"`
	Kind      string       `json:"kind"` // kube, host, registry, github, gitlab, ci, otlp, hubble, sbom, deploy, other
	Classes   []string     `json:"classes"`
	Scopes    []ScopeSeen  `json:"scopes"`
	More      int          `json:"more"` // scopes beyond those shown; the stalest are shown
	Freshness string       `json:"freshness"`
	SeenAt    *Time        `json:"seen_at"`
	Every     int64        `json:"every"`
	Sees      []Kind       `json:"sees"`    // what it speaks of now, by kind
	CanSee    []string     `json:"can_see"` // in words
	Unknown   []string     `json:"unknown"` // what its silence, or what it cannot see, leaves unknown
	Workloads Link         `json:"workloads"`
	Timeline  []SourceSpan `json:"timeline"` // 14 days, oldest first
	Rejected  []Rejection  `json:"rejected"` // newest few
	Refused   int          `json:"rejected_total"`
	Unread    int          `json:"quarantined"`
	Trouble   []Rejection  `json:"trouble"` // what it said that it could not see
	// LeftOut is what was left out of what it gave, counted by reason, the most first.
	LeftOut []LeftOut     `json:"left_out"`
	Effects []StaleEffect `json:"effects"`
}

// LeftOut is what was left out of what a source gave, for one reason.
type LeftOut struct {
	Reason string `json:"reason"`
	Count  int64  `json:"count"`
	Since  *Time  `json:"since"`
	SeenAt *Time  `json:"seen_at"`
}

// ScopeSeen is one scope of a source.
type ScopeSeen struct {
	Scope     string `json:"scope"`
	Class     string `json:"class"`
	Freshness string `json:"freshness"`
	SeenAt    *Time  `json:"seen_at"`
	Workloads int    `json:"workloads"`
}

// SourceSpan is a stretch of a source's life.
type SourceSpan struct {
	From  Time   `json:"from"`
	To    Time   `json:"to"`
	State string `json:"state"` // ok, late, none
}

// StaleEffect is what happens when a source stays silent.
type StaleEffect struct {
	At   Time   `json:"at"`
	Word string `json:"word"` // stale, unknown
	Says string `json:"says"` // "43 workloads lose their running evidence"
}

// MissingSource is a kind of source of which there is none.
type MissingSource struct {
	Kind    string `json:"kind"`
	Unknown string `json:"unknown"` // what that leaves unknown
	Connect string `json:"connect"` // the command that makes one
}

// Ownership says who owns something, and by which rule.
type Ownership struct {
	Schema   string      `json:"schema"`
	AsOf     Time        `json:"as_of"`
	KnownAt  *Time       `json:"known_at"`
	Computed Computed    `json:"computed"`
	What     string      `json:"what"` // as it was asked
	Kind     string      `json:"kind"` // service, workload
	Total    int         `json:"total"`
	Items    []OwnerOf   `json:"items"` // one for each environment
	Rules    []ScopeRule `json:"rules"` // all rules of the scope, in order
}

// OwnerOf is who owns a service in an environment.
type OwnerOf struct {
	Service     string      `json:"service"`
	Environment string      `json:"environment"` // "": it is in none
	Owner       string      `json:"owner"`       // "": nobody
	Rule        string      `json:"rule"`        // that won
	Tried       []OwnerRule `json:"tried"`       // in the order in which they are asked
}

// OwnerRule is one rule that was tried.
type OwnerRule struct {
	Kind    string `json:"kind"`    // service, rule, mark, codeowners, product
	Rule    string `json:"rule"`    // in words
	Where   string `json:"where"`   // scope version 3, rule 2; annotation of Deployment; CODEOWNERS line 7
	Owner   string `json:"owner"`   // whom it names; "": nobody
	Verdict string `json:"verdict"` // won, overruled, no match, unknown
	Why     string `json:"why"`
}

// ScopeRule is a rule of ownership in the scope.
type ScopeRule struct {
	Number      int    `json:"number"`
	Service     string `json:"service,omitempty"`
	Environment string `json:"environment,omitempty"`
	Namespace   string `json:"namespace,omitempty"`
	Label       string `json:"label,omitempty"`
	Annotation  string `json:"annotation,omitempty"`
	Owner       string `json:"owner"` // "": nobody, said so
}

// Chain is the proof from commits to endpoints.
type Chain struct {
	Schema   string      `json:"schema"`
	AsOf     Time        `json:"as_of"`
	KnownAt  *Time       `json:"known_at"`
	Computed Computed    `json:"computed"`
	What     string      `json:"what"`
	Kind     string      `json:"kind"`     // service, digest, commit
	Sentence string      `json:"sentence"` // "2 of 3 chains have a gap: …"
	Total    int         `json:"total"`
	Unknown  int         `json:"unknown"` // chains with a link that is unknown
	Items    []ChainPath `json:"items"`
}

// ChainPath is one chain: six links, in order.
type ChainPath struct {
	Links   []ChainLink `json:"links"` // commit, build, digest, container, workload, endpoint
	Missing []string    `json:"missing"`
}

// ChainLink is one link. An unknown one says why.
type ChainLink struct {
	Step  string `json:"step"`  // commit, build, digest, container, workload, endpoint
	State string `json:"state"` // known; unknown; none (known that there is none: a workload without a door)
	Kind  string `json:"kind"`  // of its page
	Scope string `json:"scope"`
	Name  string `json:"name"` // id of its page; "": unknown
	Label string `json:"label"`
	Who   string `json:"source"` // who says so
	At    *Time  `json:"at"`     // from when
	// Signature: verified, failed, unverified, unsigned; "" where none is expected.
	Signature string `json:"signature"`
	Why       string `json:"why"` // why it is unknown, what the signature rests on
}

// Drift is one question about whether what runs is what was meant to run.
type Drift struct {
	Service     string          `json:"service"`
	Environment string          `json:"environment"`
	Check       string          `json:"check"`  // built, declared, tag, inventory
	Answer      string          `json:"answer"` // yes: it drifted; no; unknown
	Container   string          `json:"container"`
	Image       string          `json:"image"`
	Sentence    string          `json:"sentence"`
	Since       *Time           `json:"since"`
	Owner       string          `json:"owner"`
	Evidence    []DriftEvidence `json:"evidence"`
}

// DriftEvidence is who says what.
type DriftEvidence struct {
	Source string `json:"source"`
	At     *Time  `json:"at"`
	Says   string `json:"says"`
}

// Windows is how long a weakness was what at a workload: part of an exposure's
// page and of its explanation.
type Windows struct {
	Marks []WindowMark `json:"marks"` // disclosed, deployed, detected, door, fix, fixed
	Spans []WindowSpan `json:"spans"`
}

// WindowMark is one moment.
type WindowMark struct {
	What  string `json:"what"`  // disclosed, deployed, detected, door, fix, fixed
	At    *Time  `json:"at"`    // null: not yet, or not known
	State string `json:"state"` // known, not yet, unknown
	Basis string `json:"basis"` // where it comes from
}

// WindowSpan is a stretch between moments, in all its parts: a workload that
// stops and comes back has several.
type WindowSpan struct {
	What    string       `json:"what"` // exposed, unseen (exposed and not detected), open door, fixable
	Seconds int64        `json:"seconds"`
	Open    bool         `json:"open"` // it still grows
	Parts   []WindowPart `json:"parts"`
	State   string       `json:"state"` // known, unknown (then seconds are a lower bound)
}

// WindowPart is one stretch.
type WindowPart struct {
	From Time  `json:"from"`
	To   *Time `json:"to"` // null: still
}

package api

import "encoding/json"

// The documents about the twin beside workloads, artifacts and components.
const (
	SchemaThings     = "tidemark.things/v1"
	SchemaThing      = "tidemark.thing/v1"
	SchemaEndpoints  = "tidemark.endpoints/v1"
	SchemaIdentities = "tidemark.identities/v1"
	SchemaKinds      = "tidemark.kinds/v1"
)

// Thing is something of the twin that is no workload: an object of a cluster, a
// build, an attestation, a repository, an API, a host. It is one row, however
// many sources speak of it.
type Thing struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	// ID is what edges call it, NAMESPACE/NAME or NAME: with kind and scope it
	// finds the page of the thing.
	ID        string          `json:"id"`
	Scope     string          `json:"scope"`   // where it is; "": a kind that is the same everywhere
	Source    string          `json:"source"`  // whose words spec and links are
	Sources   []string        `json:"sources"` // all that say that it is there
	Class     string          `json:"class"`   // declared, observed
	Freshness string          `json:"freshness"`
	Since     *Time           `json:"since"` // from when it is as it is
	SeenAt    *Time           `json:"seen_at"`
	Spec      json.RawMessage `json:"spec"` // of its kind; null: nothing but that it is there
	Links     []ThingLink     `json:"links"`
}

// ThingLink is an edge that a thing holds, as its source says it.
type ThingLink struct {
	Rel   string `json:"rel"`
	Kind  string `json:"kind"`
	Scope string `json:"scope"` // "": the same everywhere
	Name  string `json:"name"`  // the id of the other end
}

// ThingRef finds the page of a thing: what edges call it.
type ThingRef struct {
	Kind  string
	Scope string // "" for kinds that are the same everywhere
	Name  string // the id
}

// Kind is a kind of things with how many there are.
type Kind struct {
	Kind  string `json:"kind"`
	Count int    `json:"count"`
}

// ThingPage is the page of anything in the twin: of a thing, and also of a
// Workload (name its service, scope its environment), an Artifact, a Component,
// a Product, a Team. What is only named by others has a page too.
type ThingPage struct {
	Schema   string   `json:"schema"`
	AsOf     Time     `json:"as_of"`
	KnownAt  *Time    `json:"known_at"`
	Computed Computed `json:"computed"`
	Thing    Thing    `json:"thing"`
	// State: live; ended (it was there, and is not at the time asked for); named
	// (no source speaks of it, others name it).
	State    string   `json:"state"`
	Owner    string   `json:"owner"` // "": nobody
	Products []string `json:"products"`
	// What its kind has beside; null for others.
	Workload  *Workload  `json:"workload"`
	Artifact  *Artifact  `json:"artifact"`
	Component *Component `json:"component"`

	Says      []ThingSays `json:"says"` // what each source says at the time asked for
	Edges     []EdgeGroup `json:"edges"`
	Spans     []ThingSpan `json:"timeline"` // newest first
	More      int         `json:"more"`     // stretches of the timeline beyond those shown
	Drift     []Drift     `json:"drift"`    // of a workload
	Loaded    []LoadedIn  `json:"loaded"`   // of a workload and of an artifact: what agents watch there
	Exposures Link        `json:"exposures"`
}

// LoadedIn is what one source says of what is loaded of an artifact. Counts are of
// all parts that it names; what it does not name is not known.
type LoadedIn struct {
	Artifact  string       `json:"artifact"`
	Source    string       `json:"source"`
	Freshness string       `json:"freshness"`
	From      *Time        `json:"from"` // the watch window
	To        *Time        `json:"to"`   // the last sign of life of the source in it
	Window    int64        `json:"window_seconds"`
	Loaded    int          `json:"loaded"`
	Unknown   int          `json:"unknown"`
	NotSeen   int          `json:"not_seen"`
	Parts     []LoadedPart `json:"parts"` // loaded, unknown, not seen; the first of many
	More      int          `json:"more"`  // parts beyond those, or that the source had no room for
}

// LoadedPart is one part of an artifact.
type LoadedPart struct {
	Purl       string `json:"purl"`   // "": what the source says cannot be read
	Answer     string `json:"answer"` // loaded, not-seen, unknown
	Reason     string `json:"reason"` // a sentence
	OnlyMemory bool   `json:"only_memory"`
}

// ThingSays is what one source says of a thing.
type ThingSays struct {
	Source    string          `json:"source"`
	Scope     string          `json:"scope"`
	Class     string          `json:"class"`
	Freshness string          `json:"freshness"`
	Since     *Time           `json:"since"`
	SeenAt    *Time           `json:"seen_at"`
	Spec      json.RawMessage `json:"spec"` // of a workload: as its source sends it
}

// EdgeGroup is all edges of one meaning. Title is read from the thing of the
// page: "made of", "runs in", "talks to", "talked to by", "reads", "read by", "runs
// as", "acts for", "exposed by", "exposes", "built from", "built into", "built",
// "built by", "owned by", "owns", "selected by", "selects", "protected by",
// "protects", "mounts", "mounted by", "gives", "given by", "describes", "described
// by", "part of".
type EdgeGroup struct {
	Title string `json:"title"`
	Total int    `json:"total"`
	Items []Edge `json:"items"` // at most as many as the page asks for
}

// Edge is one edge, seen from the thing of the page.
type Edge struct {
	Rel      string `json:"rel"`
	Incoming bool   `json:"incoming"` // held by the other end
	Kind     string `json:"kind"`     // of the other end
	Scope    string `json:"scope"`
	Name     string `json:"name"` // id of the other end
	Label    string `json:"label"`
	// Basis: observed (seen at run time), declared, inferred (from configuration).
	Basis  string `json:"basis"`
	Source string `json:"source"`
	Since  *Time  `json:"since"`
	SeenAt *Time  `json:"seen_at"`
	Detail string `json:"detail"` // protocol, port, data class; "": nothing is said
}

// ThingSpan is a stretch of time in which one source said one thing.
type ThingSpan struct {
	From    Time          `json:"from"`
	To      *Time         `json:"to"` // null: still so
	Source  string        `json:"source"`
	Scope   string        `json:"scope"`
	Class   string        `json:"class"`
	Change  string        `json:"change"`  // appeared, changed, returned
	Changes []FieldChange `json:"changes"` // against the stretch before
	More    int           `json:"more"`    // fields that changed beyond those shown
	// When it was learned that it began, and that it ended.
	RecordedFrom Time  `json:"recorded_from"`
	LearnedTo    *Time `json:"learned_to"`
}

// FieldChange is what changed in one field: a path like containers[front].image.
type FieldChange struct {
	Field  string `json:"field"`
	Before string `json:"before"` // "": it was not there
	After  string `json:"after"`  // "": it is there no longer
}

// Endpoint is an address at which something can be reached.
type Endpoint struct {
	Kind        string   `json:"kind"`    // door (of a workload), operation (of an API), port (of a host)
	Address     string   `json:"address"` // host, host:port, URL, METHOD route
	Public      string   `json:"public"`  // yes, no, unknown
	Service     string   `json:"service"` // behind it; "": not known
	Environment string   `json:"environment"`
	Via         string   `json:"via"`           // the object that opens it
	Auth        string   `json:"authenticated"` // yes, no, unknown
	Documented  string   `json:"documented"`    // yes, no, unknown; of an operation
	Process     string   `json:"process"`       // that listens; of a port
	Sources     []string `json:"sources"`
	Class       string   `json:"class"`
	Freshness   string   `json:"freshness"`
	Since       *Time    `json:"since"`
	SeenAt      *Time    `json:"seen_at"`
	Owner       string   `json:"owner"`
}

// Identity is an account that something runs as.
type Identity struct {
	Kind      string   `json:"kind"` // ServiceAccount, …
	Namespace string   `json:"namespace,omitempty"`
	Name      string   `json:"name"`
	ID        string   `json:"id"`
	Scope     string   `json:"scope"`
	State     string   `json:"state"`           // live; named (workloads run as it, and no source has it)
	RunsAs    int      `json:"workloads_total"` // that run as it
	Workloads []string `json:"workloads"`
	Roles     []string `json:"roles"`     // that bindings give it: KIND NAMESPACE/NAME
	Given     string   `json:"given"`     // yes: every binding that names it was read; unknown
	Escalates string   `json:"escalates"` // yes, no, unknown: may it make itself more
	Sources   []string `json:"sources"`
	Freshness string   `json:"freshness"`
	Since     *Time    `json:"since"`
	SeenAt    *Time    `json:"seen_at"`
}

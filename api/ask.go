package api

// Query is what every list takes: the page asked for, and the time it speaks of.
type Query struct {
	Query   string // conditions, as "decision:act env:prod"; "" for the list's own default
	Sort    string // comma-separated keys, "-" for descending, as "-score,due"; "" for the list's own order
	Limit   int    // rows of a page; 0: the server's largest page
	Cursor  string // next of the page before
	AsOf    *Time  // null: now
	KnownAt *Time  // null: as known now
}

// Moment is the time that a question about one thing speaks of.
type Moment struct {
	AsOf    *Time
	KnownAt *Time
}

// Problem is what a failed request answers (RFC 9457, application/problem+json).
type Problem struct {
	Type      string         `json:"type,omitempty"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail"`         // what happened, and where
	Hint      string         `json:"hint,omitempty"` // what to do
	Code      string         `json:"code"`           // invalid, not-found, conflict, forbidden, unauthenticated, too-many, unavailable, internal
	RequestID string         `json:"request_id"`
	Errors    []ProblemFault `json:"errors,omitempty"`
}

// ProblemFault is one of several faults of a request.
type ProblemFault struct {
	Where  string `json:"where"` // body.items[3].name, query.limit, line 12
	Detail string `json:"detail"`
}

// Facets are the values by which a list can be narrowed, with
// exact counts under the rest of the query.
type Facets struct {
	Schema string  `json:"schema"`
	AsOf   Time    `json:"as_of"`
	Query  string  `json:"query"`
	Total  int     `json:"total"`
	Items  []Facet `json:"items"`
}

// Facet is one key of the query language with its values.
type Facet struct {
	Key    string       `json:"key"`
	Values []FacetValue `json:"values"`
	More   int          `json:"more"` // values that are not listed
}

// FacetValue is one value; choosing it gives a list of Count rows.
type FacetValue struct {
	Value    string `json:"value"`
	Label    string `json:"label"`
	Count    int    `json:"count"`
	Selected bool   `json:"selected"`
	Excluded bool   `json:"excluded"`
}

// Group is one heading of a grouped list.
type Group struct {
	Key      string `json:"key"`
	Label    string `json:"label"`
	Count    int    `json:"count"`
	Score    int    `json:"score"`    // highest among its rows
	Decision string `json:"decision"` // most urgent among its rows
	Query    string `json:"query"`    // selects exactly its rows
}

// Link is a number with the query that lists exactly what it counts.
type Link struct {
	Count int    `json:"count"`
	Query string `json:"query"`
}

// Bar is one gate of the cascade: of In, Yes and Unknown go on to the next
// gate, No drop out.
type Bar struct {
	Gate    string `json:"gate"` // found, running, reachable, exploitable, matters, act now
	In      int    `json:"in"`
	Yes     Link   `json:"yes"`
	Unknown Link   `json:"unknown"`
	No      Link   `json:"no"`
	Through Link   `json:"through"` // yes and unknown
}

// OwnerDeadlines counts the exposures with a deadline of one owner.
type OwnerDeadlines struct {
	Owner  string `json:"owner"` // "": nobody
	OnTime Link   `json:"on_time"`
	Soon   Link   `json:"soon"` // due within 7 days
	Late   Link   `json:"late"`
}

// Verdict says by a stated rule whether a series rises or falls.
type Verdict struct {
	Word   string  `json:"word"` // rising, stable, falling, too little data, not comparable
	Rule   string  `json:"rule"` // the rule with the numbers, in words
	Centre float64 `json:"centre"`
	Upper  float64 `json:"upper"`
	Lower  float64 `json:"lower"`
	Points int     `json:"points"`
}

// Standing is how far the picture can be trusted.
type Standing struct {
	State     string   `json:"state"` // fresh, stale, unknown, none
	Sentence  string   `json:"sentence"`
	Workloads int      `json:"workloads"`
	Covered   int      `json:"covered"`
	Worst     string   `json:"worst,omitempty"` // the source that is longest silent
	WorstAt   *Time    `json:"worst_at"`
	Stale     []string `json:"stale"`
}

// Overview is the first page.
type Overview struct {
	Schema     string           `json:"schema"`
	AsOf       Time             `json:"as_of"`
	KnownAt    *Time            `json:"known_at"`
	Computed   Computed         `json:"computed"`
	State      string           `json:"state"` // "", first-run, done, blind
	Sentence   string           `json:"sentence"`
	Bars       []Bar            `json:"bars"`
	ActNow     Link             `json:"act_now"`
	ActOutside Link             `json:"act_outside"` // Act now by policy, without passing every gate
	Late       Link             `json:"late"`
	Watched    Link             `json:"watched"`
	Today      []Exposure       `json:"today"` // the most urgent ones
	Changes    []Change         `json:"changes"`
	Owners     []OwnerDeadlines `json:"owners"`
	Trend      []TrendDay       `json:"trend"`
	Verdict    Verdict          `json:"verdict"`
	Standing   Standing         `json:"standing"`
	Visible    Visible          `json:"visible"`
}

// Visible says how much of the whole the asker may see.
type Visible struct {
	Products int `json:"products"`
	Of       int `json:"of"`
}

// Change is something that happened to exposures.
type Change struct {
	At       Time   `json:"at"`
	Kind     string `json:"kind"` // kev, epss, advisory, withdrawn, opened, fixed, regressed, decided, source
	Sentence string `json:"sentence"`
	Subject  string `json:"subject"` // id of what changed
	Touches  Link   `json:"touches"` // live exposures that it concerns
	Drill    bool   `json:"drill,omitempty"`
}

// Product is what the business sells, with its services.
type Product struct {
	Product     string   `json:"product"`
	Title       string   `json:"title"`
	Owner       string   `json:"owner"`
	Tier        int      `json:"tier"` // 1 to 5, 5 the highest; 0: not said
	Data        []string `json:"data"`
	Services    []string `json:"services"`
	Exposures   Link     `json:"exposures"`
	ActNow      Link     `json:"act_now"`
	Score       int      `json:"score"` // of all its open exposures together, 0-1000
	Unowned     int      `json:"unowned"`
	Environment []string `json:"environments"`
}

// ProductDetail is one product as a page.
type ProductDetail struct {
	Schema   string   `json:"schema"`
	AsOf     Time     `json:"as_of"`
	KnownAt  *Time    `json:"known_at"`
	Computed Computed `json:"computed"`
	Product
	Bars    []Bar      `json:"bars"`
	Matrix  Matrix     `json:"matrix"`
	Doors   []DoorOf   `json:"doors"`
	Actions []Action   `json:"actions"`
	Trend   []TrendDay `json:"trend"`
	Verdict Verdict    `json:"verdict"`
}

// DoorOf is a public address and what is behind it.
type DoorOf struct {
	Service     string `json:"service"`
	Environment string `json:"environment"`
	Door
}

// Matrix is services by environments.
type Matrix struct {
	Schema       string      `json:"schema"`
	AsOf         Time        `json:"as_of"`
	KnownAt      *Time       `json:"known_at"`
	Computed     Computed    `json:"computed"`
	Environments []string    `json:"environments"`
	Rows         []MatrixRow `json:"rows"`
	Total        int         `json:"total"` // services, on all pages
	Next         *string     `json:"next"`
}

// MatrixRow is one service.
type MatrixRow struct {
	Service  string       `json:"service"`
	Products []string     `json:"products"`
	Owner    string       `json:"owner"`
	Cells    []MatrixCell `json:"cells"` // one for each environment, in their order
}

// MatrixCell is a service in an environment.
type MatrixCell struct {
	Running   string `json:"running"` // yes, no, unknown; "": not there
	Reachable string `json:"reachable"`
	SBOM      string `json:"sbom"`
	Freshness string `json:"freshness"`
	Decision  string `json:"decision"` // most urgent; "": none
	Exposures Link   `json:"exposures"`
}

// Event is one entry of an exposure's timeline.
type Event struct {
	At    Time   `json:"at"`
	Kind  string `json:"kind"` // published, deployed, first-seen, kev, attack, decided, ruled, due, fixed, regressed, retired, withdrawn, unknown
	Words string `json:"words"`
	By    string `json:"by,omitempty"`
}

// ExposurePageDoc is one exposure with its explanation and timeline, as its page shows it.
type ExposurePageDoc struct {
	Schema      string         `json:"schema"`
	Exposure    ExposureDetail `json:"exposure"`
	Explanation Explanation    `json:"explanation"`
	Rungs       []Rung         `json:"rungs"`
	Timeline    []Event        `json:"timeline"`
	Action      *Action        `json:"action"`   // that closes it; null when there is none
	Siblings    Link           `json:"siblings"` // exposures that the same fix closes
	Title       string         `json:"title"`    // of the weakness, in the record's words; "" when it has none
	References  []Reference    `json:"references"`
}

// Reference is a page about a weakness.
type Reference struct {
	Type    string `json:"type"` // made: the page of those who keep the record, made from the name of the weakness
	Address string `json:"address"`
}

// Rung is one gate on the evidence ladder.
type Rung struct {
	Gate    string `json:"gate"`
	Verdict string `json:"verdict"`
	Line    string `json:"line"`
	Source  string `json:"source"`
	Age     *int64 `json:"age"` // seconds; null when it has no date
	Raw     string `json:"raw"` // where the evidence itself is: a path of this API; "" when there is none
}

// SearchResult is what the palette finds.
type SearchResult struct {
	Schema string      `json:"schema"`
	Items  []SearchHit `json:"items"`
}

// SearchHit is one thing.
type SearchHit struct {
	Kind  string `json:"kind"` // service, product, component, exposure, action, weakness, source, owner
	ID    string `json:"id"`
	Label string `json:"label"`
	Note  string `json:"note"`
	Path  string `json:"path"` // of its page
}

// ReceiptStatus is what became of evidence that came over HTTP.
type ReceiptStatus struct {
	Schema   string    `json:"schema"`
	ID       string    `json:"id"`
	URL      string    `json:"url"`
	At       Time      `json:"at"`
	By       string    `json:"by"`
	State    string    `json:"state"` // stored, computed
	Computed *Time     `json:"computed_at"`
	Receipts []Receipt `json:"receipts"`
	Opened   *Link     `json:"opened"` // null until it is computed
	Closed   *Link     `json:"closed"`
}

// FirstRun is the checklist of a new installation; each step is done by evidence.
type FirstRun struct {
	Schema string         `json:"schema"`
	Done   bool           `json:"done"`
	Steps  []FirstRunStep `json:"steps"`
}

// FirstRunStep is one of them.
type FirstRunStep struct {
	Step     string `json:"step"` // intel, sbom, deployment, scope
	Title    string `json:"title"`
	Done     bool   `json:"done"`
	Evidence string `json:"evidence"` // what shows that it is done, or what is missing
}

// Session is who is signed in, and what they may do.
type Session struct {
	Schema      string      `json:"schema"`
	Name        string      `json:"name"`
	Role        string      `json:"role"`
	Kind        string      `json:"kind"` // user, token
	Products    []string    `json:"products"`
	AllProducts bool        `json:"all_products"`
	May         []string    `json:"may"` // verbs
	MustSet     bool        `json:"must_set_password"`
	Preferences Preferences `json:"preferences"`
	Version     string      `json:"version"`
	Demo        bool        `json:"demo"`
}

// Preferences are what a person has set for themselves.
type Preferences struct {
	Theme     string `json:"theme" enum:"system,light,dark"`
	Density   string `json:"density" enum:"compact,normal,roomy"`
	Shortcuts bool   `json:"shortcuts"`
}

// Ruling is what a person has decided about an exposure.
type Ruling struct {
	At       Time   `json:"at"`
	Kind     string `json:"kind"` // decide, assign, undo, approve, reject
	By       string `json:"by"`
	Decision string `json:"decision,omitempty"`
	Owner    string `json:"owner,omitempty"`
	Until    *Time  `json:"until"`
	Reason   string `json:"reason,omitempty"`
}

// ExposureChange is what PATCH changes on an exposure: each field that is given.
type ExposureChange struct {
	Decision string `json:"decision,omitempty" enum:"act,schedule,watch,none" doc:"what is decided; less urgent than the rules' answer needs until, reason and another person's approval"`
	Owner    string `json:"owner,omitempty" maxLength:"200"`
	Reason   string `json:"reason,omitempty" maxLength:"2000"`
	Until    *Time  `json:"until,omitempty"`
}

// Approval is another person's answer to a request to loosen.
type Approval struct {
	Agree  bool   `json:"agree"`
	Reason string `json:"reason,omitempty" maxLength:"2000"`
}

// ActionChange is what PATCH changes on an action. Deployed and verified are
// not among the states: only evidence sets them.
type ActionChange struct {
	State  string `json:"state,omitempty" enum:"accepted,in progress,blocked,rejected"`
	Owner  string `json:"owner,omitempty" maxLength:"200"`
	Reason string `json:"reason,omitempty" maxLength:"2000"`
}

// Drill is the state of the demo's drill.
type Drill struct {
	Schema    string   `json:"schema"`
	Step      string   `json:"step"` // ready, published, deployed, verified
	Weakness  string   `json:"weakness"`
	Title     string   `json:"title"`
	Component string   `json:"component"`
	Services  []string `json:"services"`
	Open      Link     `json:"open"`
	Actions   []string `json:"actions"`
	Sentence  string   `json:"sentence"` // what happened, and what to do next
	TookMS    int64    `json:"took_ms"`  // from publication to the last affected service
}

// AuditEntry is one mutation.
type AuditEntry struct {
	Seq       int64  `json:"seq"`
	At        Time   `json:"at"`
	Actor     string `json:"actor"`
	Verb      string `json:"verb"`
	Object    string `json:"object"`
	Outcome   string `json:"outcome"`
	Before    string `json:"before,omitempty"`
	After     string `json:"after,omitempty"`
	Reason    string `json:"reason,omitempty"`
	RequestID string `json:"request_id,omitempty"`
	Detail    string `json:"detail,omitempty"` // as JSON, secrets masked
}

// Job is something that takes longer than a request: ask its address how far it is.
type Job struct {
	Schema   string      `json:"schema"`
	ID       string      `json:"id"`
	URL      string      `json:"url"`
	Kind     string      `json:"kind"`                                         // intel update, compact
	State    string      `json:"state" enum:"running,done,failed,interrupted"` // interrupted: its process has gone, and nobody knows how far it came
	By       string      `json:"by"`
	Began    Time        `json:"began"`
	Ended    *Time       `json:"ended,omitempty"`
	Progress JobProgress `json:"progress"`
	Result   *JobResult  `json:"result,omitempty"` // of one that is done
	Fault    *Problem    `json:"fault,omitempty"`  // of one that failed
}

// JobProgress is how far a job is.
type JobProgress struct {
	Stage string `json:"stage"`
	What  string `json:"what"`
	Done  int64  `json:"done"`
	Total int64  `json:"total"`
}

// JobResult is what came of a job: the document of its kind.
type JobResult struct {
	Intel     *IntelReport `json:"intel,omitempty"`
	Compacted *Compacted   `json:"compacted,omitempty"`
}

// The states of a job.
const (
	JobRunning     = "running"
	JobDone        = "done"
	JobFailed      = "failed"
	JobInterrupted = "interrupted"
)

// The schemas of the documents that only a server gives.
const (
	SchemaFacets    = "tidemark.facets/v1"
	SchemaGroups    = "tidemark.groups/v1"
	SchemaOverview  = "tidemark.overview/v1"
	SchemaProducts  = "tidemark.products/v1"
	SchemaProduct   = "tidemark.product/v1"
	SchemaMatrix    = "tidemark.matrix/v1"
	SchemaPage      = "tidemark.exposure-page/v1"
	SchemaSearch    = "tidemark.search/v1"
	SchemaReceipt   = "tidemark.receipt/v1"
	SchemaJob       = "tidemark.job/v1"
	SchemaFirstRun  = "tidemark.first-run/v1"
	SchemaSession   = "tidemark.session/v1"
	SchemaDrill     = "tidemark.drill/v1"
	SchemaAuditLog  = "tidemark.audit-log/v1"
	SchemaCompacted = "tidemark.compacted/v1"
	SchemaIntelNews = "tidemark.intel-changes/v1"
)

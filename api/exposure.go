package api

// Exposure is a weakness at a place: the unit of state, score and time.
type Exposure struct {
	ID               string   `json:"id"` // EXP-…
	Weakness         string   `json:"weakness"`
	Aliases          []string `json:"aliases"`
	Kind             string   `json:"kind"`      // vulnerability, malicious
	Component        string   `json:"component"` // purl as in the SBOM of one instance
	Locus            string   `json:"locus"`     // purl without version and qualifiers
	Versions         []string `json:"versions"`
	Service          string   `json:"service"`
	Environment      string   `json:"environment"` // "(none)": deployed nowhere
	State            string   `json:"state"`       // open, fixed, retired, withdrawn, unknown
	StateReason      string   `json:"state_reason,omitempty"`
	Since            *Time    `json:"since"`      // when the state began
	FirstSeen        *Time    `json:"first_seen"` // when we first knew
	Regressions      int      `json:"regressions"`
	Treatment        string   `json:"treatment"`
	Decision         string   `json:"decision"`          // Act now, Schedule, Watch, No action; "" while not decided
	ComputedDecision string   `json:"computed_decision"` // by the rules, whatever a person decided
	DecidedBy        string   `json:"decided_by"`        // "rules", or a person
	Severity         string   `json:"severity"`          // critical, high, medium, low, none, unknown
	KEV              string   `json:"kev"`               // known to be exploited: yes, no, unknown
	EPSS             *float64 `json:"epss"`              // probability of exploitation; null when there is none
	Owner            string   `json:"owner"`             // who has to act; "": nobody has said
	OwnerRule        string   `json:"owner_rule,omitempty"`
	Score            int      `json:"score"` // 0-1000
	Band             string   `json:"band"`
	Low              *int     `json:"low"` // 80 % interval of the score; null where only explain has it
	High             *int     `json:"high"`
	Grade            string   `json:"grade"`    // of the evidence, A to D
	Deadline         *Time    `json:"deadline"` // null: none
	Gates            Gates    `json:"gates"`
	Fix              *string  `json:"fix"` // smallest version that clears the weakness; null when none is known
	Advisories       []string `json:"advisories"`
	Freshness        string   `json:"freshness"` // of the run-time evidence: fresh, stale, unknown
	SeenAt           *Time    `json:"seen_at"`   // last sign of life of the run-time source
	Revision         int64    `json:"revision"`
}

// ExposureDetail is one exposure with what it stands on and what happened to it.
type ExposureDetail struct {
	Schema  string `json:"schema"`
	AsOf    Time   `json:"as_of"`
	KnownAt *Time  `json:"known_at"` // null: as known now
	Exposure
	Instances []Instance `json:"instances"`
	Doors     []Door     `json:"doors"`
	History   []Piece    `json:"history"`
	Exception *Exception `json:"exception"` // null: none is in force or asked for
	Rulings   []Ruling   `json:"rulings"`   // what people decided, oldest first
	// Decisions are how the decision became what it is, oldest first; of many the
	// newest, after EarlierDecisions that are left out.
	Decisions        []DecisionChange `json:"decisions"`
	EarlierDecisions int              `json:"earlier_decisions"`
	Around
}

// Around is what is known around an exposure, as of now.
type Around struct {
	Windows   Windows        `json:"windows"`   // how long it was what
	Loaded    Loaded         `json:"loaded"`    // of all instances together, by agents; decides nothing yet
	Attacks   []AttackSeen   `json:"attacks"`   // seen here by sensors, and counting; newest first
	UsedAs    []AttackUse    `json:"used_as"`   // how attackers use the weakness; decides nothing
	Suppliers []SupplierSays `json:"suppliers"` // what suppliers say of the component and the weakness; decides nothing
}

// AttackSeen is what a sensor saw at run time on the workload.
type AttackSeen struct {
	Source     string   `json:"source"`
	Tool       string   `json:"tool"` // falco, or the product that an OCSF finding names
	Rule       string   `json:"rule"`
	Severity   string   `json:"severity"`
	Techniques []string `json:"techniques"`  // of ATT&CK
	Weaknesses []string `json:"weaknesses"`  // that the rule names
	OnWeakness bool     `json:"on_weakness"` // it names the weakness of the exposure: it counts as known to be exploited
	Container  string   `json:"container"`
	Process    string   `json:"process"`
	FirstAt    Time     `json:"first_at"`
	LastAt     Time     `json:"last_at"`
	Until      Time     `json:"counts_until"`
}

// AttackUse is a technique of MITRE ATT&CK that the weakness is used for, or with
// which a group attacked it.
type AttackUse struct {
	Weakness  string `json:"weakness"` // CVE
	Role      string `json:"role"`     // exploitation, impact, secondary impact, uncategorized, group
	Technique string `json:"technique"`
	Title     string `json:"title"`
	Group     string `json:"group,omitempty"`
	GroupName string `json:"group_name,omitempty"`
	Source    string `json:"source"`
	Date      *Time  `json:"date"` // of the source; null when it does not say
}

// SupplierSays is a statement of a supplier (CSAF) about a product and a weakness.
type SupplierSays struct {
	Weakness  string `json:"weakness"` // CVE
	Status    string `json:"status"`   // affected, fixed, not affected, under investigation
	Product   string `json:"product"`  // purl
	Reason    string `json:"reason"`   // why it is not affected, or what to do
	Publisher string `json:"publisher"`
	Document  string `json:"document"` // its tracking id
	Address   string `json:"address"`
	Date      *Time  `json:"date"`
}

// DecisionChange is a decision that says something else than the one before it.
type DecisionChange struct {
	From             Time   `json:"from"` // it speaks from then on
	RecordedAt       Time   `json:"recorded_at"`
	Decision         string `json:"decision"`
	Was              string `json:"was,omitempty"` // left out: it is the first
	ComputedDecision string `json:"computed_decision"`
	DecidedBy        string `json:"decided_by"` // rules, or a person
	Score            int    `json:"score"`
	Rules            string `json:"rules"` // their version
	Because          string `json:"because"`
}

// Exception is that less is done than the rules ask for, or the request for it.
type Exception struct {
	State      string `json:"state"` // requested, in force
	Decision   string `json:"decision"`
	Until      *Time  `json:"until"`
	By         string `json:"by"`
	ApprovedBy string `json:"approved_by,omitempty"`
	Reason     string `json:"reason"`
}

// Instance is one affected component in one artifact in one container.
type Instance struct {
	Component string   `json:"component"`
	Version   string   `json:"version"`
	Artifact  string   `json:"artifact"`
	Image     string   `json:"image"`
	Container string   `json:"container,omitempty"`
	Source    string   `json:"source"`
	Class     string   `json:"class"`  // declared, observed
	Proven    bool     `json:"proven"` // linked by digest, not by name and tag
	Replicas  int      `json:"replicas"`
	Advisory  string   `json:"advisory"`
	Fixed     []string `json:"fixed"`
	Loaded    Loaded   `json:"loaded"`
}

// Loaded says whether a component is loaded where it runs, by what agents saw.
type Loaded struct {
	Answer string   `json:"answer"`        // loaded, not-seen (no process had it in the window), unknown
	Reason string   `json:"reason"`        // a sentence
	How    string   `json:"how,omitempty"` // mapped, run, open, kernel: how it was seen
	By     []string `json:"by"`            // names of processes, not all of many
	// OnlyMemory: a process still has it, and what is installed is another version.
	OnlyMemory bool   `json:"only_memory"`
	Source     string `json:"source"` // who watches; "": nobody
	From       *Time  `json:"from"`   // the watch window
	To         *Time  `json:"to"`     // the last sign of life of the source in it
	Window     int64  `json:"window_seconds"`
}

// Piece is one stretch of an exposure's life.
type Piece struct {
	From         Time   `json:"from"`
	To           *Time  `json:"to"` // null: still so
	State        string `json:"state"`
	Reason       string `json:"reason,omitempty"`
	RecordedFrom Time   `json:"recorded_from"`
	RecordedTo   *Time  `json:"recorded_to"` // null: still believed
}

// Explanation says why an exposure is decided as it is. Points of all factors
// add up to the score.
type Explanation struct {
	Schema           string       `json:"schema"`
	AsOf             Time         `json:"as_of"`
	KnownAt          *Time        `json:"known_at"` // null: as known now
	ID               string       `json:"id"`
	Weakness         string       `json:"weakness"`
	Service          string       `json:"service"`
	Environment      string       `json:"environment"`
	Sentence         string       `json:"sentence"`
	Decision         string       `json:"decision"`
	ComputedDecision string       `json:"computed_decision"`
	DecidedBy        string       `json:"decided_by"`
	Score            int          `json:"score"`
	Band             string       `json:"band"`
	Low              int          `json:"low"`
	High             int          `json:"high"`
	Grade            string       `json:"grade"`
	Factors          []Factor     `json:"factors"`
	Deadline         Deadline     `json:"deadline"`
	Gates            Gates        `json:"gates"`
	GateReasons      []GateReason `json:"gate_reasons"`
	// Matches says why advisories name the components: as is known now, whatever
	// time was asked for.
	Matches   []MatchReason `json:"matches"`
	Windows   Windows       `json:"windows"`
	Loaded    Loaded        `json:"loaded"`    // is the component loaded where it runs; it decides nothing yet
	Rules     string        `json:"rules"`     // version of the rules
	Exception *Exception    `json:"exception"` // null: none is in force or asked for
	// Question is the factor that the score is least certain about, and
	// QuestionPoints by how much knowing it could move the score.
	Question       string `json:"question,omitempty"`
	QuestionPoints int    `json:"question_points,omitempty"`
}

// MatchReason is why an advisory names a component.
type MatchReason struct {
	Purl     string `json:"purl"`
	Version  string `json:"version"`
	Record   string `json:"record"`
	Revision int64  `json:"revision"` // of the record, since it was first read
	Reason   string `json:"reason"`   // range, comparison, fixed versions, how the name came about
}

// Factor is one bar of the waterfall.
type Factor struct {
	Name     string  `json:"name"`
	Value    float64 `json:"value"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
	Points   int     `json:"points"`
	Evidence string  `json:"evidence"`
	Source   string  `json:"source"`
	Age      *int64  `json:"age"` // of the evidence, in seconds; null when it has no date
	Assumed  bool    `json:"assumed"`
}

// Deadline is the row of the decision table that applies.
type Deadline struct {
	Due    *Time   `json:"due"` // null: none
	Table  string  `json:"table"`
	Row    string  `json:"row"`
	Inputs []Input `json:"inputs"`
}

// Input is one column of the table with the value used.
type Input struct {
	Name    string `json:"name"`
	Value   string `json:"value"`
	Source  string `json:"source"`
	Assumed bool   `json:"assumed"`
}

// GateReason says why a gate answered as it did.
type GateReason struct {
	Gate   string `json:"gate"`
	Value  string `json:"value"`
	Source string `json:"source"`
	Age    *int64 `json:"age"` // seconds; null when it has no date
	Reason string `json:"reason"`
}

// Affected answers whether something runs here.
type Affected struct {
	Schema   string           `json:"schema"`
	AsOf     Time             `json:"as_of"`
	KnownAt  *Time            `json:"known_at"`
	Query    string           `json:"query"`
	Verdict  string           `json:"verdict"` // affected-running, affected-not-running, not-found, cannot-say
	Sentence string           `json:"sentence"`
	Coverage AffectedCoverage `json:"coverage"`
	Total    int              `json:"total"`
	Items    []Exposure       `json:"items"`
}

// AffectedCoverage says how much of the estate the answer speaks of.
type AffectedCoverage struct {
	Searched int   `json:"searched"` // live workloads whose contents are known
	Total    int   `json:"total"`    // live workloads
	Oldest   *Time `json:"oldest"`   // oldest evidence among them; null when there is none
}

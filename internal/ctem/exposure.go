package ctem

import (
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/twin"
)

// WeaknessKind says what sort of weakness it is.
type WeaknessKind string

// The kinds that exist so far.
const (
	Vulnerability WeaknessKind = "vulnerability"
	Malicious     WeaknessKind = "malicious"
)

// Weakness is a group of names for one flaw. Key is the first name under which
// it was seen: it never changes, so identities that hang on it do not either.
type Weakness struct {
	ID        int64
	Key       string
	Canonical string // a CVE where there is one, else GHSA, else Key
	Aliases   []string
	Kind      WeaknessKind
}

// Exposure is a weakness at a locus of a service in an environment, as it is
// at one time: now, or the time that was asked for.
type Exposure struct {
	Num                  int64 // id in the store
	ID                   string
	Revision             int64
	Weakness             Weakness
	Locus                string // purl without version and qualifiers; namespace kept
	Place                int64
	Service, Environment string

	State       State
	StateReason string    // "replaced by …", "workload ended", "deployed", "evidence is 61 h old"
	Since       time.Time // valid time at which the state began
	FirstSeen   time.Time // record time at which we first knew
	Regressions int       // how often it came back after it was fixed
	Treatment   Treatment

	Instances  []Instance // what is affected now; the last ones when it is closed
	Advisories []string   // records that matched, the distribution's own first
	Fix        string     // smallest version that clears this weakness here; "" when none is known

	// As steps read it: from evidence alone, before the age of the source is
	// considered. In lists: at the time asked for, the age considered.
	Running   Tri
	Reachable Tri
	Doors     []twin.Door
	Freshness twin.Freshness // of the run-time sources that say so, at the time asked for
	SeenAt    time.Time      // their last sign of life; zero when there is none

	Decision *Decision // nil: not yet decided
}

// Instance is one affected component in one artifact in one container.
type Instance struct {
	Purl      string     `json:"purl"` // as in the SBOM
	Version   string     `json:"version"`
	Artifact  string     `json:"artifact"` // id
	Image     string     `json:"image"`    // as the workload names it
	Container string     `json:"container,omitempty"`
	Source    string     `json:"source"`
	Class     twin.Class `json:"class"`
	Proven    bool       `json:"proven"` // linked by digest, not by name and tag
	Replicas  int        `json:"replicas"`
	Advisory  string     `json:"advisory"`
	Fixed     []string   `json:"fixed,omitempty"`
	// Qualifiers is what the SBOM says of the component beside its purl.
	Qualifiers string `json:"qualifiers,omitempty"`
}

// Decision is what prioritize says about one revision of an exposure.
type Decision struct {
	Exposure  string // EXP-…
	Num       int64
	Revision  int64     // of the exposure that was decided
	At        time.Time // record time
	ValidFrom time.Time // from when it speaks: the first one from the exposure's beginning
	Word      Word      // in force
	Computed  Word      // by the rules
	// Lapsed and LapsedScore are the decision and score by the same rules once
	// the run-time evidence is too old to say whether it runs.
	Lapsed      Word
	LapsedScore int
	// LapsedDeadline goes with Lapsed: what does not run has no deadline, what
	// may run has one.
	LapsedDeadline time.Time
	DecidedBy      string // "" for the rules
	Score          int    // 0-1000
	Band           string
	Low, High      int       // interval of the score
	Grade          string    // evidence grade, A to D
	Deadline       time.Time // zero: none
	Table          string    // "CISA BOD 26-04 1.0.0"
	Row            string
	Inputs         []Input
	Gates          Gates // Running as in the evidence, before its age
	Reasons        []GateReason
	Factors        []Factor
	Sentence       string
	Rules          string  // version of the rules
	Risk           float64 // r = P*I of the score, before the logarithm
	// NextChange is when time alone will change the decision; zero: never.
	NextChange time.Time
	Severity   Severity // of the weakness, whatever runs
	KEV        Tri      // known to be exploited; unknown while no catalogue is loaded
	EPSS       *float64 // probability of exploitation; nil when no score is known
	Owner      string   // who has to act; "": nobody has said
	OwnerRule  string   // what says so: "service checkout in the scope", "assigned by alice"
	Treatment  Treatment
	Exception  *Exception // nil: none is in force or asked for
	Attack     Attack     // whether one was seen here; "": none
}

// Attack says whether sensors saw one here that still counts.
type Attack string

// An attack on the workload need not have been on this weakness: it is shown and
// decides nothing.
const (
	NoAttack       Attack = ""
	AttackWorkload Attack = "workload"
	AttackWeakness Attack = "weakness" // its rule names the weakness
)

// ParseAttack reads a value of a query: which of them it asks for.
func ParseAttack(value string) ([]Attack, bool) {
	switch strings.ToLower(value) {
	case "seen", "*", "yes":
		return []Attack{AttackWorkload, AttackWeakness}, true
	case "none", "no":
		return []Attack{NoAttack}, true
	case string(AttackWorkload), string(AttackWeakness):
		return []Attack{Attack(strings.ToLower(value))}, true
	}
	return nil, false
}

// DecisionChange is a decision that says something else than the one before it.
type DecisionChange struct {
	Before *Decision // nil: it is the first
	Decision
	Because string // why it differs, in words
}

// Severity of a weakness by its vector's base score.
type Severity string

// The severities.
const (
	SeverityCritical Severity = "critical"
	SeverityHigh     Severity = "high"
	SeverityMedium   Severity = "medium"
	SeverityLow      Severity = "low"
	SeverityNone     Severity = "none"
	SeverityUnknown  Severity = "unknown"
)

// Input is one column of a decision table with the value used.
type Input struct {
	Name    string `json:"name"`
	Value   string `json:"value"`
	Source  string `json:"source"`
	Assumed bool   `json:"assumed"`
}

// GateReason says why a gate answered as it did.
type GateReason struct {
	Gate   string    `json:"gate"`
	Value  Tri       `json:"value"`
	Source string    `json:"source"`
	At     time.Time `json:"at"` // zero when it has no date
	Reason string    `json:"reason"`
}

// Factor is one bar of the waterfall. Points of all factors add up to the score.
type Factor struct {
	Name     string    `json:"name"`
	Value    float64   `json:"value"`
	Low      float64   `json:"low"`
	High     float64   `json:"high"`
	Points   int       `json:"points"`
	Evidence string    `json:"evidence"`
	Source   string    `json:"source"`
	At       time.Time `json:"at"` // of the evidence; zero when it has no date
	Assumed  bool      `json:"assumed"`
}

// Action is one fix of one component in one service; it closes many exposures.
type Action struct {
	Num          int64
	ID           string // ACT-…
	Locus        string
	Service      string
	Target       string // the smallest version that clears all its open exposures; "" when none is known
	State        Work
	Reason       string // why it is in this state
	Exposures    []string
	OpenCount    int
	FixedCount   int
	Word         Word      // most urgent decision among its open exposures
	Due          time.Time // earliest deadline among them; zero: none
	Risk         float64   // r removed when it is done: noisy-OR of its open exposures
	Removed      float64   // r removed so far, at the time of verification
	Score        int       // the risk on the 0-1000 scale
	CreatedAt    time.Time
	ChangedAt    time.Time
	Reopened     int
	Environments []string
	Members      []ActionMember // not in lists: the exposures with what counts of them
	TargetBasis  string         // what Target was computed from
	Owner        string         // of its most urgent open exposure, unless a person has it handed over
	OwnerRule    string         // what says so
	Hand         Hand
	Change       int64 // number of the change that made it so
}

// Hand is what people did to an action that evidence has not overtaken.
type Hand struct {
	State string `json:"state,omitempty"` // who set the state; "": evidence did
	Owner string `json:"owner,omitempty"` // who handed it over; "": the owner follows from its exposures
}

// ActionMember is one exposure of an action, as far as the action counts it.
type ActionMember struct {
	Num         int64
	ID          string
	Environment string
	Revision    int64
	State       State
	Running     Tri // of what runs instead when it is fixed: no is the proof
	Word        Word
	Deadline    time.Time
	Risk        float64 // r while it was last open
	Owner       string
	OwnerRule   string
	Excepted    bool // less is done than the rules ask for
	Open        bool // live, and not without action
	Round       bool // was open at some time since the action was last opened
}

// ActionGroup is what one action is about: all exposures of a locus in a
// service, in all its environments, and the action as it was, if there is one.
type ActionGroup struct {
	Locus, Service string
	Members        []ActionMember // ordered by Num; Open and Round as in Before
	Before         *Action
}

// ActionPage is a page of actions.
type ActionPage = Page[Action]

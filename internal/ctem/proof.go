package ctem

import (
	"time"

	"github.com/tidemark/tidemark/internal/twin"
)

// StreamProof numbers what was worked out to be so: who reaches what, and what
// accounts and containers may do.
const StreamProof Stream = "proof"

// Check is the question that a proof answers.
type Check string

// The checks. About says of what exactly, where a subject has several.
const (
	// CheckDoor: does what comes in through a door reach the workload? About: the
	// door's address and what opens it.
	CheckDoor Check = "door"
	// CheckOutside: may a block of addresses reach the workload at a port? About:
	// "internet 8080/TCP"; AnyDoor asks for any door that there may be.
	CheckOutside Check = "outside"
	// CheckInside: which workloads may reach the workload at a port? About: the port.
	CheckInside Check = "inside"
	// CheckAccess: what may an account do with the cluster?
	CheckAccess Check = "access"
	// CheckHost: may the workload get at its host? Its facts say by what.
	CheckHost Check = "host"
)

// AnyDoor is what a proof is about that holds for every door, also for those
// that nobody has told of.
const AnyDoor = "any door"

// Finding is what a proof says.
type Finding string

// The answers: of policies, and of questions about what something may do.
const (
	PolicyAllowed Finding = "policy-allowed"
	PolicyDenied  Finding = "policy-denied"
	NotKnown      Finding = "unknown"
	Can           Finding = "yes"
	Cannot        Finding = "no"
)

// ByPolicy turns what the policies of a network say into the answer of a proof.
func ByPolicy(t Tri) Finding {
	switch t {
	case Yes:
		return PolicyAllowed
	case No:
		return PolicyDenied
	case Unknown:
	}
	return NotKnown
}

// ByFact turns a fact into the answer of a proof.
func ByFact(t Tri) Finding {
	switch t {
	case Yes:
		return Can
	case No:
		return Cannot
	case Unknown:
	}
	return NotKnown
}

// ProofKey is what a proof is about: the identity of its row.
type ProofKey struct {
	Scope string // the environment, or the cluster of an account
	Kind  string // Workload, ServiceAccount
	Name  string // the service, NAMESPACE/NAME
	Check Check
	About string
}

// Proof is an answer that was worked out from the twin, with all that it rests
// on. It holds as long as what it rests on does: it has no time of its own.
type Proof struct {
	ProofKey
	ID       string // PRF-…
	Place    int64  // of a workload; 0
	Finding  Finding
	From, To time.Time // when it was so; a zero To: still so
	Recorded time.Time // when it was worked out
	Body     ProofBody
}

// ProofID is the shown id of a proof.
func ProofID(k ProofKey) string {
	return ShownID("PRF", k.Scope, k.Kind, k.Name, string(k.Check), k.About)
}

// ProofBody is what a proof says beside its answer.
type ProofBody struct {
	Why      string    `json:"why"`
	Path     []string  `json:"path,omitempty"` // of traffic, from the outermost object on: "Ingress/shop/front"
	Port     string    `json:"port,omitempty"` // of the pods: "8080/TCP"
	Public   bool      `json:"public,omitempty"`
	Sender   *SideSays `json:"sender,omitempty"`
	Receiver *SideSays `json:"receiver,omitempty"`
	Peers    []Peers   `json:"peers,omitempty"`
	Access   *Access   `json:"access,omitempty"`
	Facts    []Fact    `json:"facts,omitempty"`
	// Sources are those on whose word it stands: it is as fresh as they are.
	Sources []SourceScope `json:"sources,omitempty"`
	Inputs  []ProofInput  `json:"inputs,omitempty"`
	Rules   string        `json:"rules"` // version of how it was worked out
}

// SideSays is what the policies of one side of traffic say.
type SideSays struct {
	Finding  Finding  `json:"verdict"`
	Policies []string `json:"policies,omitempty"` // that select it: "shop/deny-all ingress"; none: it is open
	Rules    []string `json:"rules,omitempty"`    // that let it pass, or perhaps do
	Why      string   `json:"why,omitempty"`      // of an unknown
}

// Peers are the workloads for which one answer holds.
type Peers struct {
	Finding Finding  `json:"verdict"`
	Total   int      `json:"total"`
	Names   []string `json:"names"` // NAMESPACE/SERVICE, the first few by name
}

// Access is what an account may do.
type Access struct {
	Rights []AccessRight `json:"rights"`
	More   int           `json:"more,omitempty"` // rights beyond those
	Powers []AccessPower `json:"powers"`
	Admin  bool          `json:"admin,omitempty"` // may do everything everywhere
	// UsedBy are the workloads that run as it, the first few by name.
	UsedBy []string `json:"used_by"`
	Used   int      `json:"used"`
}

// AccessRight is a rule of a role that an account has.
type AccessRight struct {
	Verbs     []string `json:"verbs"`
	Groups    []string `json:"groups,omitempty"`
	Resources []string `json:"resources,omitempty"`
	Names     []string `json:"names,omitempty"`
	Paths     []string `json:"paths,omitempty"`
	Namespace string   `json:"namespace,omitempty"` // "": everywhere
	Role      string   `json:"role"`
	Binding   string   `json:"binding"`
}

// AccessPower is a right from which more can be made than it says.
type AccessPower struct {
	Name      string `json:"name"` // "reads secrets"
	Why       string `json:"why"`
	Namespace string `json:"namespace,omitempty"` // "": everywhere
	Role      string `json:"role"`
	Binding   string `json:"binding"`
}

// Fact is something that a workload's declaration says of it.
type Fact struct {
	Name    string  `json:"name"`            // "privileged"
	Finding Finding `json:"verdict"`         // yes, no, unknown
	Field   string  `json:"field"`           // that says so, or would
	Value   string  `json:"value,omitempty"` // of the field, where that says more
}

// ProofInput is something a proof rests on, as it was.
type ProofInput struct {
	Kind     string `json:"kind"`
	Name     string `json:"name"`
	Revision string `json:"revision"` // of what its source said: the beginning of its hash
}

// ProvedPiece is a stretch in which one answer held; "": the question was not there.
type ProvedPiece struct {
	From, To time.Time // half-open; a zero To: still so
	Finding  Finding
	Body     []byte // JSON of ProofBody
}

// Proved is all that was worked out about one question from a time on.
type Proved struct {
	ProofKey
	Place  int64
	Pieces []ProvedPiece // by time; where there is none the question was not there
}

// World is what can be told together: a cluster, or an environment by itself. Its
// name is that of a scope up to its first "/".
type World struct {
	Name string
	// Stands are what all its sources say of the kinds that count here, from the
	// time that was asked for on.
	Stands []twin.Stand
}

// WorldMove says that a world has changed from a time on.
type WorldMove struct {
	World string
	Since time.Time
}

// WorldAsk asks for a world from a time on, as it was known at another.
type WorldAsk struct {
	World string
	Since time.Time
	Known time.Time // zero: as known now
}

// ProofBatch is what one run of the step commits: what changed in the twin is put
// on the list, or one world of the list is worked out.
type ProofBatch struct {
	Moved []WorldMove
	Read  time.Time // up to which record time the twin was read; zero: as before
	// Done is a world that was worked out from Since until Until (zero: for ever).
	// Proofs are all that is so there; what is stored and not among them ended.
	Done   WorldMove
	Until  time.Time
	Proofs []Proved
}

// ProofQuery asks for proofs.
type ProofQuery struct {
	ListQuery
	Checks []Check // none: all
}

// Closed is a stretch in which policies kept what comes in through a door of a
// place, or through any that there may be, from its pods.
type Closed struct {
	From, To time.Time
	Door     string // its title; AnyDoor
	Why      string
}

// DoorTitle names a door: its address and what opens it.
func DoorTitle(d *twin.Door) string {
	if d.Via == "" {
		return d.Address
	}
	return d.Address + " by " + d.Via
}

// ReachAsk asks whether one end reaches another at a port.
type ReachAsk struct {
	AsOf
	Environment string // "": any that has both
	From        string // internet, an address, or a workload: SERVICE or NAMESPACE/SERVICE
	To          string // a workload
	Port        string // 8080, 53/UDP, a port's name; "": all that the receiver says it has
	Products    []string
	Owner       string
}

// Reach is the answer for two ends and a port.
type Reach struct {
	Environment      string
	From, To         string // "internet", "Deployment/shop/front"
	Port             string
	Finding          Finding
	Why              string
	Sender, Receiver SideSays
	Sources          []SourceScope
}

// Shut marks the doors that policies keep closed at a time, and reports whether
// they keep out all that may come through any door. What doors say of that
// themselves counts for nothing: it is worked out, never told.
func Shut(doors []twin.Door, closed []Closed, at time.Time) (out []twin.Door, sealed string) {
	for _, d := range doors {
		d.Closed = ""
		out = append(out, d)
	}
	for _, c := range closed {
		if c.From.After(at) || !c.To.IsZero() && !at.Before(c.To) {
			continue
		}
		if c.Door == AnyDoor {
			sealed = c.Why
		}
		for i := range out {
			if c.Door == DoorTitle(&doors[i]) {
				out[i].Closed = c.Why
			}
		}
	}
	return out, sealed
}

// Reachable is the answer of the gate: yes where a public door is there that
// policies do not close; no where none of all doors is (complete), or policies
// let nothing in through any that there may be (sealed); else unknown.
func Reachable(doors []twin.Door, complete, sealed bool) Tri {
	for _, d := range doors {
		if d.Public && d.Closed == "" {
			return Yes
		}
	}
	if complete || sealed {
		return No
	}
	return Unknown
}

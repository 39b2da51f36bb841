package api

// The documents about who reaches what, and what accounts and workloads may do.
const (
	SchemaDoors  = "tidemark.doors/v1"
	SchemaAccess = "tidemark.access/v1"
	SchemaFacts  = "tidemark.facts/v1"
	SchemaReach  = "tidemark.reach/v1"
)

// Proof is an answer that was worked out from the twin, with what it rests on. It
// holds as long as its sources say what they say.
type Proof struct {
	ID          string `json:"id"`
	Kind        string `json:"kind"`        // Workload, ServiceAccount
	Name        string `json:"name"`        // the service; NAMESPACE/NAME of an account
	Environment string `json:"environment"` // or the cluster
	Check       string `json:"check"`       // door, outside, inside, access, host
	About       string `json:"about"`       // of a door its address and what opens it; of others a block of addresses or a port
	// Verdict: policy-allowed, policy-denied, unknown; of what something may do: yes, no, unknown.
	Verdict  string        `json:"verdict"`
	Why      string        `json:"why"`
	Public   bool          `json:"public,omitempty"` // of a door
	Path     []string      `json:"path,omitempty"`   // objects on the way, the outermost first
	Port     string        `json:"port,omitempty"`   // of the pods: 8080/TCP
	Sender   *SideSays     `json:"sender,omitempty"`
	Receiver *SideSays     `json:"receiver,omitempty"`
	Peers    []Peers       `json:"peers,omitempty"`
	Access   *Access       `json:"access,omitempty"`
	Facts    []Fact        `json:"facts,omitempty"`
	Since    *Time         `json:"since"`
	KnownAt  *Time         `json:"known_since"`
	Sources  []ProofSource `json:"sources"`
	Inputs   []ProofInput  `json:"inputs"`
	Rules    string        `json:"rules"`
}

// SideSays is what the policies of one side of traffic say.
type SideSays struct {
	Verdict  string   `json:"verdict"`
	Policies []string `json:"policies"` // that select it; none: it is open
	Rules    []string `json:"rules"`    // that let it pass, or perhaps do
	Why      string   `json:"why,omitempty"`
}

// Peers are the workloads for which one verdict holds.
type Peers struct {
	Verdict string   `json:"verdict"`
	Total   int      `json:"total"`
	Names   []string `json:"names"` // the first few
}

// Access is what an account may do in its cluster.
type Access struct {
	Admin  bool          `json:"admin"` // everything, everywhere
	Rights []AccessRight `json:"rights"`
	More   int           `json:"more"` // rights beyond those
	Powers []AccessPower `json:"powers"`
	UsedBy []string      `json:"used_by"`
	Used   int           `json:"used_by_total"`
}

// AccessRight is a rule of a role that an account has.
type AccessRight struct {
	Verbs     []string `json:"verbs"`
	Groups    []string `json:"groups"`
	Resources []string `json:"resources"`
	Names     []string `json:"names"`
	Paths     []string `json:"paths"`
	Namespace string   `json:"namespace"` // "": everywhere
	Role      string   `json:"role"`
	Binding   string   `json:"binding"`
}

// AccessPower is a right from which more can be made than it says.
type AccessPower struct {
	Name      string `json:"name"`
	Why       string `json:"why"`
	Namespace string `json:"namespace"` // "": everywhere
	Role      string `json:"role"`
	Binding   string `json:"binding"`
}

// Fact is something that a workload's declaration says of it.
type Fact struct {
	Name    string `json:"name"`
	Verdict string `json:"verdict"` // yes, no, unknown
	Field   string `json:"field"`   // that says so, or would
	Value   string `json:"value,omitempty"`
}

// ProofSource is one on whose word a proof stands.
type ProofSource struct {
	Source string `json:"source"`
	Scope  string `json:"scope"`
}

// ProofInput is something a proof rests on, as it was.
type ProofInput struct {
	Kind     string `json:"kind"`
	Name     string `json:"name"`
	Revision string `json:"revision"`
}

// ReachAsk asks whether one end reaches another.
type ReachAsk struct {
	From        string // internet, an address, SERVICE, NAMESPACE/SERVICE
	To          string // SERVICE, NAMESPACE/SERVICE
	Port        string // 8080, 53/UDP, a name; "": all that the receiver declares
	Environment string // of the receiver; "": any
	Moment
}

// Reach is the answer for two ends and a port.
type Reach struct {
	Environment string        `json:"environment"`
	From        string        `json:"from"`
	To          string        `json:"to"`
	Port        string        `json:"port"`
	Verdict     string        `json:"verdict"` // policy-allowed, policy-denied, unknown
	Why         string        `json:"why"`
	Sender      SideSays      `json:"sender"`
	Receiver    SideSays      `json:"receiver"`
	Sources     []ProofSource `json:"sources"`
}

package api

// SchemaFlows names the document about how parts interact.
const SchemaFlows = "tidemark.flows/v1"

// FlowAsk is what is asked about how parts interact. All empty, it is everything.
type FlowAsk struct {
	// Service asks for what it talks to, and who talks to it, in all environments.
	Service string `json:"service,omitempty"`
	// Kind, Name and Scope ask the same of anything: a data store, somebody else's
	// service, a workload in one environment.
	Kind  string `json:"kind,omitempty"`
	Name  string `json:"name,omitempty"`
	Scope string `json:"scope,omitempty"`
	// Back turns the blast radius round: who can get at it.
	Back  bool   `json:"back,omitempty"`
	Query string `json:"query,omitempty"`
	Limit int    `json:"limit,omitempty"` // of edges; 0: all
	Moment
}

// Flows says how the parts interact and what data they touch.
type Flows struct {
	Schema   string   `json:"schema"`
	AsOf     Time     `json:"as_of"`
	KnownAt  *Time    `json:"known_at"`
	Computed Computed `json:"computed"`
	Service  string   `json:"service,omitempty"` // as it was asked
	Query    string   `json:"query,omitempty"`
	Sentence string   `json:"sentence"`
	// Counts of all edges that were asked for, by how they are known.
	Observed   int         `json:"observed"`
	Documented int         `json:"documented"`
	Inferred   int         `json:"inferred"`
	Denied     int         `json:"denied"` // of these: nothing but refused attempts
	Lapsed     int         `json:"lapsed"` // of these: not seen for more than a day; they lead nowhere
	Total      int         `json:"total"`
	Truncated  bool        `json:"truncated"`
	Nodes      []FlowNode  `json:"nodes"` // the ends of the edges shown
	Items      []FlowEdge  `json:"items"`
	Radius     *FlowRadius `json:"radius"` // of what was asked for; null: nothing was named
}

// FlowEnd is one end of an edge. Kind: Workload (Name its service, Scope its
// environment), DataStore, SaaS, Model, Dataset, Service, Address.
type FlowEnd struct {
	Kind  string `json:"kind"`
	Scope string `json:"scope"`
	Name  string `json:"name"`
}

// FlowNode is an end with what is known of it.
type FlowNode struct {
	FlowEnd
	Label  string   `json:"label"`
	System string   `json:"system"` // of a data store: postgresql, redis, …; ""
	Data   []string `json:"data"`   // the classes of data that it holds, as far as somebody said so
}

// FlowEdge is a pair of ends with everything that is said of it.
type FlowEdge struct {
	From      FlowEnd    `json:"from"`
	To        FlowEnd    `json:"to"`
	How       string     `json:"how"` // the strongest: observed, documented, inferred
	Denied    bool       `json:"denied"`
	Protocols []string   `json:"protocols"` // "grpc/7070"
	Data      []string   `json:"data"`
	Since     *Time      `json:"since"`     // from when somebody says so
	SeenAt    *Time      `json:"seen_at"`   // when the edge itself was last seen; where nobody measured that, its source
	Freshness string     `json:"freshness"` // fresh, stale, unknown, lapsed
	Says      []FlowSays `json:"says"`
}

// FlowSays is what one source says of an edge.
type FlowSays struct {
	Source    string   `json:"source"` // "configuration" where it is inferred
	How       string   `json:"how"`
	Protocol  string   `json:"protocol"`
	Port      int      `json:"port"`
	Denied    bool     `json:"denied"`
	Where     []string `json:"where"`
	Since     *Time    `json:"since"`
	SeenAt    *Time    `json:"seen_at"`
	Freshness string   `json:"freshness"`
	// FirstSeen, Calls and Bytes are those of this edge, where they were measured;
	// of calls and bytes at least so many. Null and 0: nobody counted.
	FirstSeen *Time `json:"first_seen"`
	Calls     int64 `json:"calls"`
	Bytes     int64 `json:"bytes"`
}

// FlowRadius is what can be got at from something, or who can get at it.
type FlowRadius struct {
	From  []FlowEnd     `json:"from"`
	Back  bool          `json:"back"`
	Total int           `json:"total"`
	Data  []string      `json:"data"` // all classes of data that are touched
	Items []FlowReached `json:"items"`
}

// FlowReached is one node of a blast radius.
type FlowReached struct {
	FlowEnd
	Label string `json:"label"`
	Hops  int    `json:"hops"`
	// How is the weakest mark on the best way: observed where every step was seen.
	How    string   `json:"how"`
	SeenAt *Time    `json:"seen_at"` // of the step that was seen longest ago
	Via    FlowEnd  `json:"via"`     // the node before it
	Data   []string `json:"data"`
}

package hubble

import (
	"slices"
	"strings"
	"time"
)

// Flow is what is kept of a flow, in the JSON of the observer's own.
type Flow struct {
	Time        time.Time `json:"time"`
	Verdict     string    `json:"verdict"`
	Source      End       `json:"source"`
	Destination End       `json:"destination"`
	SourceNames []string  `json:"source_names,omitempty"`
	DestNames   []string  `json:"destination_names,omitempty"`
	IP          *IP       `json:"IP,omitempty"`
	L4          L4        `json:"l4"`
	L7          *L7       `json:"l7,omitempty"`
	IsReply     *bool     `json:"is_reply,omitempty"`
	Reply       bool      `json:"reply,omitempty"` // before there was is_reply
}

// End is one end of a flow.
type End struct {
	Cluster   string     `json:"cluster_name,omitempty"`
	Namespace string     `json:"namespace,omitempty"`
	Labels    []string   `json:"labels,omitempty"`
	Pod       string     `json:"pod_name,omitempty"`
	Workloads []Workload `json:"workloads,omitempty"`
}

// Workload is what keeps a pod.
type Workload struct {
	Name string `json:"name"`
	Kind string `json:"kind,omitempty"`
}

// IP are the addresses of a flow.
type IP struct {
	Source      string `json:"source,omitempty"`
	Destination string `json:"destination,omitempty"`
}

// L4 is the transport of a flow; all nil where it is another.
type L4 struct {
	TCP  *Port `json:"TCP,omitempty"`
	UDP  *Port `json:"UDP,omitempty"`
	SCTP *Port `json:"SCTP,omitempty"`
}

// Port is where a flow leads.
type Port struct {
	Number int    `json:"destination_port,omitempty"`
	Flags  *Flags `json:"flags,omitempty"`
}

// Flags are those of a TCP packet that say who begins.
type Flags struct {
	SYN bool `json:"SYN,omitempty"`
	ACK bool `json:"ACK,omitempty"`
}

// L7 says what is spoken, and nothing of what is said.
type L7 struct {
	Type  string    `json:"type,omitempty"`
	DNS   *struct{} `json:"dns,omitempty"`
	HTTP  *struct{} `json:"http,omitempty"`
	Kafka *struct{} `json:"kafka,omitempty"`
}

// answers reports whether a flow is the way back of another.
func (f *Flow) answers() bool {
	if f.IsReply != nil {
		return *f.IsReply
	}
	return f.Reply || f.L7 != nil && f.L7.Type == "RESPONSE"
}

// maxNames are kept of what an address was asked for by.
const maxNames = 4

// slim leaves out what would make two of one edge: addresses of pods and of
// strangers, names of pods whose workload is known, labels that say nothing of it.
func (f *Flow) slim() {
	if f.IP == nil {
		f.IP = &IP{}
	}
	f.Source.slim(&f.IP.Source)
	f.Destination.slim(&f.IP.Destination)
	if *f.IP == (IP{}) {
		f.IP = nil
	}
	f.SourceNames, f.DestNames = few(f.SourceNames), few(f.DestNames)
}

func few(names []string) []string {
	slices.Sort(names)
	names = slices.Compact(names)
	return names[:min(len(names), maxNames)]
}

func (e *End) slim(ip *string) {
	named := len(e.Workloads) > 0
	e.Labels = slices.DeleteFunc(e.Labels, func(label string) bool {
		if strings.HasPrefix(label, "reserved:") {
			return false
		}
		for _, key := range []string{"k8s:app.kubernetes.io/name=", "k8s:k8s-app=", "k8s:app="} {
			if strings.HasPrefix(label, key) && !named {
				return false
			}
		}
		return true
	})
	slices.Sort(e.Labels)
	if e.Namespace != "" {
		*ip = ""
		if named || slices.ContainsFunc(e.Labels, func(l string) bool { return !strings.HasPrefix(l, "reserved:") }) {
			e.Pod = ""
		}
		if named {
			e.Workloads = e.Workloads[:1]
		}
		return
	}
	e.Pod, e.Workloads = "", nil
	if !isInner(*ip) {
		*ip = "" // single strangers are not told apart
	}
}

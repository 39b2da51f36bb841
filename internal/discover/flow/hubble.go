package flow

import (
	"cmp"
	"encoding/json"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tidemark/tidemark/internal/twin"
)

// network reads flows of a network.
type network struct{ *collector }

// hubbleFlow is what is looked at of a flow of Cilium's Hubble (flow.proto).
type hubbleFlow struct {
	Time        time.Time      `json:"time"`
	Verdict     string         `json:"verdict"`
	Node        string         `json:"node_name"`
	Source      hubbleEnd      `json:"source"`
	Destination hubbleEnd      `json:"destination"`
	SourceNames []string       `json:"source_names"`
	DestNames   []string       `json:"destination_names"`
	IP          hubbleIP       `json:"IP"`
	L4          hubbleL4       `json:"l4"`
	L7          *hubbleL7      `json:"l7"`
	IsReply     *bool          `json:"is_reply"`
	Reply       bool           `json:"reply"` // before there was is_reply
	Service     *hubbleService `json:"destination_service"`
}

type hubbleEnd struct {
	Cluster   string   `json:"cluster_name"`
	Namespace string   `json:"namespace"`
	Labels    []string `json:"labels"`
	Pod       string   `json:"pod_name"`
	Workloads []struct {
		Name string `json:"name"`
		Kind string `json:"kind"`
	} `json:"workloads"`
}

type hubbleService struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
}

type hubbleIP struct {
	Source      string `json:"source"`
	Destination string `json:"destination"`
}

type hubbleL4 struct {
	TCP *struct {
		Port  int `json:"destination_port"`
		Flags struct {
			SYN bool `json:"SYN"`
			ACK bool `json:"ACK"`
		} `json:"flags"`
	} `json:"TCP"`
	UDP *struct {
		Port int `json:"destination_port"`
	} `json:"UDP"`
	SCTP *struct {
		Port int `json:"destination_port"`
	} `json:"SCTP"`
}

type hubbleL7 struct {
	Type  string          `json:"type"`
	HTTP  json.RawMessage `json:"http"`
	DNS   json.RawMessage `json:"dns"`
	Kafka json.RawMessage `json:"kafka"`
}

// flow reads one flow. Answers are left out: they are the same edge, the
// other way round.
func (c network) flow(raw json.RawMessage, of *gathered) error {
	var f hubbleFlow
	if err := json.Unmarshal(raw, &f); err != nil {
		return err
	}
	protocol, port := f.protocol()
	switch {
	case protocol == "":
		c.leaveOut("network flows without a port")
		return nil
	case f.Verdict == "ERROR", f.Verdict == "VERDICT_UNKNOWN", f.Verdict == "":
		c.leaveOut("network flows of which it is not known whether they passed")
		return nil
	}
	if begins := f.begins(); begins != twin.AnswerYes {
		if begins == twin.AnswerUnknown {
			c.leaveOut("network flows of which it is not known who began them")
		}
		return nil
	}
	cluster := f.cluster(c.in.Environment)
	from, ok := c.end(&f.Source, cluster, outside{publicName(f.SourceNames), f.IP.Source, 0})
	if !ok {
		return nil
	}
	to, ok := c.end(&f.Destination, cluster, outside{publicName(f.DestNames), f.IP.Destination, port})
	if !ok {
		return nil
	}
	// Who speaks to databases over TCP alone is known by the port.
	if protocol == "tcp" && to.Kind == twin.KindDataStore {
		protocol = twin.SystemOfPort(port)
	}
	c.flows(SourceHubble, twin.Flow{
		From: from, To: to, Protocol: cmp.Or(protocol, "tcp"), Port: port, Denied: f.Verdict == "DROPPED", Where: []string{"network flow"},
	}, of.over(c.collector, f.Time))
	return nil
}

func (f *hubbleFlow) protocol() (name string, port int) {
	switch {
	case f.L4.TCP != nil:
		name, port = "tcp", f.L4.TCP.Port
	case f.L4.UDP != nil:
		name, port = "udp", f.L4.UDP.Port
	case f.L4.SCTP != nil:
		name, port = "sctp", f.L4.SCTP.Port
	}
	switch {
	case port < 1 || port > 65535:
		return "", 0
	case f.L7 == nil:
	case f.L7.HTTP != nil:
		name = "http"
	case f.L7.DNS != nil:
		name = "dns"
	case f.L7.Kafka != nil:
		name = "kafka"
	}
	return name, port
}

// begins reports whether the flow goes from who began it.
func (f *hubbleFlow) begins() twin.Answer {
	switch {
	case f.IsReply != nil:
		return twin.AnswerOf(ptr(!*f.IsReply))
	case f.Reply || f.L7 != nil && f.L7.Type == "RESPONSE":
		return twin.AnswerNo
	case f.L7 != nil && f.L7.Type == "REQUEST", f.Verdict == "DROPPED":
		return twin.AnswerYes
	case f.L4.TCP != nil && f.L4.TCP.Flags.SYN:
		return twin.AnswerOf(ptr(!f.L4.TCP.Flags.ACK))
	}
	return twin.AnswerUnknown
}

func ptr(b bool) *bool { return &b }

// cluster is the name of the cluster: as a flow says it, unless that is what
// Cilium calls a cluster that nobody gave a name.
func (f *hubbleFlow) cluster(given string) string {
	name := cmp.Or(f.Source.Cluster, f.Destination.Cluster)
	if name == "" || name == "default" && given != "" {
		return given
	}
	return name
}

// outside is what is known of an end that is no pod: the name by which it was asked
// for, its address and port.
type outside struct {
	name, ip string
	port     int
}

// inner is the address of an end where it is one of an inner network: it is told,
// so that the twin can say who had it then.
func (o outside) inner() string {
	ip, err := netip.ParseAddr(o.ip)
	if err != nil || !ip.IsPrivate() {
		return ""
	}
	return ip.String()
}

// end is one end; false where it is none that we speak of.
func (c network) end(e *hubbleEnd, cluster string, out outside) (twin.End, bool) {
	if e.Cluster != "" && e.Cluster != "default" {
		cluster = e.Cluster
	}
	if e.Namespace != "" {
		name := e.workload()
		if name == "" || cluster == "" {
			c.leaveOut("network flows of pods whose workload or cluster is not named")
			return twin.End{}, false
		}
		return twin.End{Kind: twin.KindWorkload, Scope: cluster + "/" + e.Namespace, Name: name}, true
	}
	switch reserved := e.reserved(); reserved {
	case "health", "init", "unmanaged":
		return twin.End{}, false
	case "host", "remote-node", "kube-apiserver", "ingress":
		return twin.End{Kind: twin.KindAddress, Scope: cmp.Or(cluster, twin.AddressWorld), Name: reserved}, true
	}
	// Of what is outside, only what was asked for by name is told apart, and what is
	// in an inner network.
	if out.name != "" {
		return twin.OutsideEnd(twin.AddressWorld, twin.SystemOfPort(out.port), out.name, out.port), true
	}
	if ip := out.inner(); ip != "" && cluster != "" {
		return twin.End{Kind: twin.KindAddress, Scope: cluster, Name: ip}, true
	}
	return twin.End{Kind: twin.KindAddress, Scope: twin.AddressWorld, Name: twin.AddressWorld}, true
}

// publicName is the first in order of the names that an address was asked for by.
func publicName(names []string) string {
	sorted := slices.Sorted(slices.Values(names))
	for _, name := range sorted {
		if name = strings.TrimSuffix(strings.ToLower(name), "."); twin.IsPublicHost(name) && shown(name) {
			return name
		}
	}
	return ""
}

func (e *hubbleEnd) reserved() string {
	for _, label := range e.Labels {
		if name, ok := strings.CutPrefix(label, "reserved:"); ok {
			return name
		}
	}
	return "world"
}

var podSuffix = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`-([a-z0-9]{6,10}-)?[a-z0-9]{5}$|-[0-9]+$`) })

// workload is the workload of a pod: as it is named, else as its labels say,
// else its name without what the cluster adds.
func (e *hubbleEnd) workload() string {
	for _, w := range e.Workloads {
		if w.Name != "" {
			return w.Name
		}
	}
	for _, key := range []string{"k8s:app.kubernetes.io/name=", "k8s:k8s-app=", "k8s:app="} {
		for _, label := range e.Labels {
			if name, ok := strings.CutPrefix(label, key); ok && name != "" {
				return name
			}
		}
	}
	return podSuffix().ReplaceAllString(e.Pod, "")
}

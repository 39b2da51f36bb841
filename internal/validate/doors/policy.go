package doors

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/route"
	"github.com/tidemark/tidemark/internal/twin"
)

// policySpec is the spec of a NetworkPolicy (networking.k8s.io/v1).
type policySpec struct {
	Pods    twin.LabelSelector `json:"podSelector"`
	Types   []string           `json:"policyTypes"`
	Ingress []policyRule       `json:"ingress"`
	Egress  []policyRule       `json:"egress"`
}

type policyRule struct {
	From  []policyPeer `json:"from"`
	To    []policyPeer `json:"to"`
	Ports []policyPort `json:"ports"`
}

type policyPeer struct {
	Pods       *twin.LabelSelector `json:"podSelector"`
	Namespaces *twin.LabelSelector `json:"namespaceSelector"`
	Block      *struct {
		CIDR   string   `json:"cidr"`
		Except []string `json:"except"`
	} `json:"ipBlock"`
}

type policyPort struct {
	Protocol string        `json:"protocol"`
	Port     *numberOrName `json:"port"`
	End      int           `json:"endPort"`
}

// numberOrName is a port by its number or its name.
type numberOrName struct {
	number int
	name   string
}

// UnmarshalJSON reads a number or a text; a text of digits is a name, as Kubernetes has it.
func (n *numberOrName) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &n.name)
	}
	var err error
	if n.number, err = strconv.Atoi(string(b)); err != nil && string(b) != "null" {
		return fmt.Errorf("%.40q is no port", b)
	}
	return nil
}

// readPolicy turns a spec into what route compiles. Without types a policy speaks
// of ingress, and of egress where it has rules for it.
func readPolicy(raw json.RawMessage) (p route.Policy, err error) {
	var s policySpec
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &s); err != nil {
			return p, err
		}
	}
	p.Pods = selector(s.Pods)
	types := s.Types
	if len(types) == 0 {
		types = []string{"Ingress"}
		if len(s.Egress) > 0 {
			types = append(types, "Egress")
		}
	}
	if slices.Contains(types, "Ingress") {
		if p.Ingress, err = side(s.Ingress, func(r policyRule) []policyPeer { return r.From }); err != nil {
			return p, err
		}
	}
	if slices.Contains(types, "Egress") {
		p.Egress, err = side(s.Egress, func(r policyRule) []policyPeer { return r.To })
	}
	return p, err
}

func selector(s twin.LabelSelector) route.Selector {
	out := route.Selector{Labels: s.Labels}
	for _, e := range s.Expressions {
		out.Expressions = append(out.Expressions, route.Requirement{Key: e.Key, Operator: route.Operator(e.Operator), Values: e.Values})
	}
	return out
}

func side(rules []policyRule, peers func(policyRule) []policyPeer) (*route.Side, error) {
	out := &route.Side{}
	for _, r := range rules {
		var x route.Rule
		for _, from := range peers(r) {
			p, err := peer(from)
			if err != nil {
				return nil, err
			}
			x.Peers = append(x.Peers, p)
		}
		for _, on := range r.Ports {
			p, err := portMatch(on)
			if err != nil {
				return nil, err
			}
			x.Ports = append(x.Ports, p)
		}
		out.Rules = append(out.Rules, x)
	}
	return out, nil
}

func peer(from policyPeer) (p route.Peer, err error) {
	if from.Block == nil {
		if from.Pods == nil && from.Namespaces == nil {
			return p, fmt.Errorf("a peer without podSelector, namespaceSelector and ipBlock")
		}
		if from.Pods != nil {
			s := selector(*from.Pods)
			p.Pods = &s
		}
		if from.Namespaces != nil {
			s := selector(*from.Namespaces)
			p.Namespaces = &s
		}
		return p, nil
	}
	block := &route.Block{}
	if block.CIDR, err = netip.ParsePrefix(from.Block.CIDR); err != nil {
		return p, fmt.Errorf("cidr %.80q: %w", from.Block.CIDR, err)
	}
	for _, e := range from.Block.Except {
		hole, err := netip.ParsePrefix(e)
		if err != nil {
			return p, fmt.Errorf("except %.80q: %w", e, err)
		}
		block.Except = append(block.Except, hole)
	}
	return route.Peer{Block: block}, nil
}

func portMatch(on policyPort) (route.PortMatch, error) {
	m := route.PortMatch{Protocol: protocolOf(on.Protocol)}
	if on.Port == nil {
		return m, nil
	}
	m.Name = on.Port.name
	if m.Name != "" {
		return m, nil
	}
	if on.Port.number < 1 || on.Port.number > 65535 || on.End < 0 || on.End > 65535 {
		return m, fmt.Errorf("port %d (endPort %d) is not between 1 and 65535", on.Port.number, on.End)
	}
	m.First, m.End = uint16(on.Port.number), uint16(on.End)
	return m, nil
}

// enforcement says whether the network of the world applies policies, and what
// says so. What runs the network is known by the names of its workloads; what
// both a plain network and one that applies policies are there for, the second
// decides.
func (v *view) enforcement() (answer ctem.Tri, by string) {
	answer = ctem.Unknown
	for _, p := range v.pods {
		if p.kind != "DaemonSet" {
			continue
		}
		switch {
		case slices.ContainsFunc(enforcing(), p.begins):
			return ctem.Yes, p.title()
		case slices.ContainsFunc(plain(), p.begins):
			answer, by = ctem.No, p.title()
		}
	}
	for _, n := range v.things.nodes {
		for _, mark := range []string{"projectcalico.org/", "cilium.io/"} {
			if bytes.Contains(n, []byte(mark)) {
				return ctem.Yes, "nodes are marked by " + mark[:len(mark)-1]
			}
		}
	}
	return answer, by
}

func (p *pod) begins(prefix string) bool { return strings.HasPrefix(p.name, prefix) }

// enforcing are beginnings of the names of what runs a network that applies policies.
func enforcing() []string {
	return []string{"calico", "canal", "cilium", "anetd", "antrea", "weave", "ovn", "kube-ovn", "kube-router", "azure-npm"}
}

// plain are those of networks that by themselves do not.
func plain() []string { return []string{"kindnet", "kube-flannel", "flannel"} }

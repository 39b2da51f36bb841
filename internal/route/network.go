package route

import (
	"net/netip"

	"github.com/tidemark/tidemark/internal/ctem"
)

// Network is what a cluster declares.
type Network struct {
	Pods       []Pod
	Namespaces map[string]map[string]string // name → labels
	// Vague are namespaces of which only the name is known: selectors that ask for
	// another label of theirs have no answer.
	Vague    map[string]bool
	Policies []Policy
	// Enforced says whether the cluster's network applies policies. Where it does
	// not, all is allowed; where that is unknown, nothing is known to be denied.
	Enforced ctem.Tri
}

// Pod is one end of traffic inside of the cluster.
type Pod struct {
	Namespace, Name string
	Labels          map[string]string
	Addresses       []netip.Addr
	Ports           []NamedPort
	HostNetwork     bool // it speaks with the node's address, and policies may not bind it
}

// NamedPort is a port of a container with its name.
type NamedPort struct {
	Name     string
	Protocol Protocol
	Number   uint16
}

// Protocol is TCP, UDP or SCTP.
type Protocol string

// The protocols that policies know; TCP is meant where none is given.
const (
	TCP  Protocol = "TCP"
	UDP  Protocol = "UDP"
	SCTP Protocol = "SCTP"
)

// Policy is a NetworkPolicy.
type Policy struct {
	Namespace, Name string
	Pods            Selector // of its namespace
	Ingress, Egress *Side    // nil: the policy says nothing of that direction
}

// Side is one direction of a policy: what it lets pass. No rules let nothing pass.
type Side struct {
	Rules []Rule
}

// Rule lets pass what comes from (or goes to) one of its peers on one of its
// ports. No peers are all peers, no ports all ports.
type Rule struct {
	Peers []Peer
	Ports []PortMatch
}

// Peer is a set of ends: pods by labels, or a block of addresses.
type Peer struct {
	Pods       *Selector // nil beside Namespaces: all pods of those
	Namespaces *Selector // nil: the policy's own namespace
	Block      *Block    // alone
}

// Block is a range of addresses with holes.
type Block struct {
	CIDR   netip.Prefix
	Except []netip.Prefix
}

// Contains reports whether an address is in the block, and in none of its holes.
func (b Block) Contains(a netip.Addr) bool {
	if !b.CIDR.Contains(a) {
		return false
	}
	for _, hole := range b.Except {
		if hole.Contains(a) {
			return false
		}
	}
	return true
}

// PortMatch is a port, a range of ports, a named port of the receiver, or with
// neither every port of a protocol.
type PortMatch struct {
	Protocol   Protocol // "" is TCP
	Name       string
	First, End uint16 // End 0: First alone; First 0: all
}

func (p PortMatch) protocol() Protocol {
	if p.Protocol == "" {
		return TCP
	}
	return p.Protocol
}

// Selector is a label selector: all of its parts have to hold; an empty one
// selects everything.
type Selector struct {
	Labels      map[string]string
	Expressions []Requirement
}

// Requirement is one expression of a selector.
type Requirement struct {
	Key      string
	Operator Operator
	Values   []string
}

// Operator is how a requirement compares.
type Operator string

// The operators of label selectors.
const (
	In           Operator = "In"
	NotIn        Operator = "NotIn"
	Exists       Operator = "Exists"
	DoesNotExist Operator = "DoesNotExist"
)

// Matches reports whether labels are selected. An operator that is none selects nothing.
func (s Selector) Matches(labels map[string]string) bool {
	for k, v := range s.Labels {
		if have, ok := labels[k]; !ok || have != v {
			return false
		}
	}
	for _, r := range s.Expressions {
		if !r.holds(labels) {
			return false
		}
	}
	return true
}

// NameLabel is the label of a namespace that is its name.
const NameLabel = "kubernetes.io/metadata.name"

// byName reports whether a selector asks for nothing but a namespace's name.
func (s Selector) byName() bool {
	for k := range s.Labels {
		if k != NameLabel {
			return false
		}
	}
	for _, r := range s.Expressions {
		if r.Key != NameLabel {
			return false
		}
	}
	return true
}

func (r Requirement) holds(labels map[string]string) bool {
	have, ok := labels[r.Key]
	switch r.Operator {
	case Exists:
		return ok
	case DoesNotExist:
		return !ok
	case In:
		return ok && r.names(have)
	case NotIn:
		return !ok || !r.names(have)
	}
	return false
}

func (r Requirement) names(value string) bool {
	for _, v := range r.Values {
		if v == value {
			return true
		}
	}
	return false
}

package route

import (
	"net/netip"
	"slices"

	"github.com/tidemark/tidemark/internal/ctem"
)

// End is one end of traffic: a pod, an address outside of the cluster, or, when
// it is neither, anywhere outside.
type End struct {
	Pod     int // index of a pod; -1: outside
	Address netip.Addr
}

// Inside is a pod as an end.
func Inside(pod int) End { return End{Pod: pod} }

// Outside is an address as an end; the zero address is anywhere.
func Outside(a netip.Addr) End { return End{Pod: -1, Address: a} }

// Port is where traffic goes.
type Port struct {
	Protocol Protocol
	Number   uint16
}

// Verdict is whether traffic passes, and what says so on both sides.
type Verdict struct {
	Answer ctem.Tri
	Out    Reason // of the sender
	In     Reason // of the receiver
}

// Reason is the answer of one side.
type Reason struct {
	Answer ctem.Tri
	// Rules let the traffic pass, or perhaps do: "shop/allow-web ingress[0]".
	Rules []string
	// Policies select the pod for this direction: none means that it is open.
	Policies []string
	Why      string // of an unknown
}

// Why an answer is unknown.
const (
	whyHost     = "in the network of its host, where policies may not hold"
	whyBlock    = "a block of addresses holds the pod's, and whether that counts is the network's to say"
	whySome     = "from some addresses only"
	whyLabels   = "nobody says which labels its namespace has"
	whyUnforced = "it is not known whether the cluster's network applies policies"
)

// Passes answers for two ends and a port of the receiver. Nothing keeps a pod
// from itself.
func (p *Plane) Passes(from, to End, port Port) Verdict {
	if from.Pod >= 0 && from.Pod == to.Pod {
		return Verdict{Answer: ctem.Yes, Out: Reason{Answer: ctem.Yes}, In: Reason{Answer: ctem.Yes}}
	}
	v := Verdict{
		Out: (&leg{p, p.egress, from, to, to, port}).reason(),
		In:  (&leg{p, p.ingress, to, from, to, port}).reason(),
	}
	v.Answer = both(v.Out.Answer, v.In.Answer)
	return v
}

// both holds when two things do.
func both(a, b ctem.Tri) ctem.Tri {
	switch {
	case a == ctem.No || b == ctem.No:
		return ctem.No
	case a == ctem.Unknown || b == ctem.Unknown:
		return ctem.Unknown
	}
	return ctem.Yes
}

// leg is one side of traffic: what the policies of one end say of the other.
type leg struct {
	*Plane
	of                   [][]int32
	end, other, receiver End
	port                 Port
}

func (l *leg) reason() Reason {
	if l.end.Pod < 0 || len(l.of[l.end.Pod]) == 0 || l.net.Enforced == ctem.No {
		return Reason{Answer: ctem.Yes}
	}
	out := Reason{Answer: ctem.No}
	for _, i := range l.of[l.end.Pod] {
		s := &l.sides[i]
		out.Policies = append(out.Policies, s.name)
		for j := range s.rules {
			l.ask(&s.rules[j], &out)
		}
	}
	slices.Sort(out.Policies)
	slices.Sort(out.Rules)
	switch {
	case out.Answer == ctem.Yes:
	case l.isHost(l.end) || l.isHost(l.other):
		out.Answer, out.Why = ctem.Unknown, whyHost
	case out.Answer == ctem.No && l.net.Enforced != ctem.Yes:
		out.Answer, out.Why = ctem.Unknown, whyUnforced
	}
	return out
}

func (l *leg) isHost(e End) bool { return e.Pod >= 0 && l.hosts.has(e.Pod) }

// ask adds a rule's answer: one that is sure replaces those that are not.
func (l *leg) ask(r *rule, out *Reason) {
	if !l.onPort(r, l.receiver, l.port) {
		return
	}
	answer, why := l.isPeer(r)
	out.take(r.name, answer, why)
}

// take adds the answer of a rule.
func (r *Reason) take(rule string, answer ctem.Tri, why string) {
	switch {
	case answer == ctem.Yes && r.Answer != ctem.Yes:
		r.Answer, r.Rules, r.Why = ctem.Yes, []string{rule}, ""
	case answer == ctem.No || answer == ctem.Unknown && r.Answer == ctem.Yes:
	default:
		r.Rules = append(r.Rules, rule)
		if answer == ctem.Unknown {
			r.Answer, r.Why = ctem.Unknown, why
		}
	}
}

// isPeer reports whether a rule is about the other end.
func (l *leg) isPeer(r *rule) (answer ctem.Tri, why string) {
	switch {
	case r.everyone:
		return ctem.Yes, ""
	case l.other.Pod < 0:
		return outside(r.blocks, l.other.Address)
	case l.hosts.has(l.other.Pod) && (r.pods.has(l.other.Pod) || r.vague.has(l.other.Pod) || r.inBlocks.has(l.other.Pod)):
		return ctem.Unknown, whyHost
	case r.pods.has(l.other.Pod):
		return ctem.Yes, ""
	case r.vague.has(l.other.Pod):
		return ctem.Unknown, whyLabels
	case r.inBlocks.has(l.other.Pod):
		return ctem.Unknown, whyBlock
	}
	return ctem.No, ""
}

// outside reports whether blocks hold an address; anywhere is held by the block
// of all addresses alone, and perhaps by any that is not private.
func outside(blocks []Block, a netip.Addr) (answer ctem.Tri, why string) {
	answer = ctem.No
	for _, b := range blocks {
		switch {
		case a.IsValid() && b.Contains(a), !a.IsValid() && b.CIDR.Bits() == 0 && len(b.Except) == 0:
			return ctem.Yes, ""
		case !a.IsValid() && !b.CIDR.Addr().IsPrivate():
			answer, why = ctem.Unknown, whySome
		}
	}
	return answer, why
}

// onPort reports whether a rule is about a port of the receiver.
func (p *Plane) onPort(r *rule, receiver End, port Port) bool {
	return len(r.ports) == 0 || slices.ContainsFunc(r.ports, func(m PortMatch) bool { return p.isPort(m, receiver, port) })
}

func (p *Plane) isPort(m PortMatch, receiver End, port Port) bool {
	switch {
	case m.protocol() != port.Protocol:
		return false
	case m.Name != "":
		return receiver.Pod >= 0 && slices.Contains(p.net.Pods[receiver.Pod].Ports, NamedPort{m.Name, port.Protocol, port.Number})
	case m.First == 0:
		return true
	}
	return port.Number >= m.First && port.Number <= max(m.First, m.End)
}

package route

import (
	"net/netip"
	"slices"

	"github.com/tidemark/tidemark/internal/ctem"
)

// Why it is not known whether traffic comes in through a door.
const (
	whyNode  = "traffic of a door may come with the address of a node or load balancer, and some addresses are let in"
	whyProxy = "it is not known which pods carry it in, and pods of other namespaces are let in"
)

// Enters answers for traffic that comes in through a door straight: from
// anywhere outside, or with the address of the node or load balancer that took
// it. Nil stands for any port: the answer for the most open one.
func (p *Plane) Enters(to int, port *Port) Reason { return enters(p, to, port, false) }

// Carried answers for traffic that a proxy carries in, of which nobody knows
// which pods it has: they are in another namespace, or outside.
func (p *Plane) Carried(to int, port *Port) Reason { return enters(p, to, port, true) }

func enters(p *Plane, to int, port *Port, carried bool) Reason {
	if len(p.ingress[to]) == 0 || p.net.Enforced == ctem.No {
		return Reason{Answer: ctem.Yes}
	}
	out := Reason{Answer: ctem.No}
	for _, i := range p.ingress[to] {
		s := &p.sides[i]
		out.Policies = append(out.Policies, s.name)
		for j := range s.rules {
			r := &s.rules[j]
			if port != nil && !p.onPort(r, Inside(to), *port) {
				continue
			}
			answer, why := r.admits(carried)
			out.take(r.name, answer, why)
		}
	}
	return settled(p, out, to)
}

// settled puts an answer in order, and weakens a denial that may not hold.
func settled(p *Plane, r Reason, to int) Reason {
	slices.Sort(r.Policies)
	slices.Sort(r.Rules)
	switch {
	case r.Answer == ctem.Yes:
	case p.hosts.has(to):
		r.Answer, r.Why = ctem.Unknown, whyHost
	case r.Answer == ctem.No && p.net.Enforced != ctem.Yes:
		r.Answer, r.Why = ctem.Unknown, whyUnforced
	}
	return r
}

// admits is what a rule says of traffic from outside, whatever its address, and
// of what a proxy carries in that nobody names.
func (r *rule) admits(carried bool) (answer ctem.Tri, why string) {
	if r.everyone {
		return ctem.Yes, ""
	}
	answer, why = outside(r.blocks, netip.Addr{})
	switch {
	case answer == ctem.No && len(r.blocks) > 0:
		return ctem.Unknown, whyNode
	case answer == ctem.No && carried && r.beyond:
		return ctem.Unknown, whyProxy
	}
	return answer, why
}

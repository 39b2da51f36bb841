package doors

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/route"
)

// maxNames is how many workloads a proof names of those that it is about.
const maxNames = 20

// outside are the proofs of what addresses outside may reach, port by port, where
// that is not all.
func (v senders) outside() (out []ctem.Proof) {
	for _, pl := range v.places {
		for _, port := range v.portsOf(pl) {
			out = append(out, v.block(pl, port, "internet", v.fromAnywhere)...)
			out = append(out, v.block(pl, port, "node", v.fromNodes)...)
		}
	}
	return out
}

// portsOf are the ports of a place's pods, in order.
func (v *view) portsOf(pl *place) (out []route.Port) {
	for _, i := range pl.pods {
		out = append(out, v.pods[i].ports()...)
	}
	slices.SortFunc(out, comparePorts)
	return slices.Compact(out)
}

func (v senders) fromAnywhere(to int, port route.Port) route.Reason {
	return v.plane.Passes(route.Outside(netip.Addr{}), route.Inside(to), port).In
}

// fromNodes is for the nodes: the one that runs a pod always reaches it, others
// as their address may.
func (v senders) fromNodes(to int, port route.Port) route.Reason {
	r := v.plane.Enters(to, &port)
	if r.Answer == ctem.No {
		r.Answer, r.Why = ctem.Unknown, "the node that runs a pod always reaches it, and others as the network has it"
	}
	return r
}

// block is the proof for one block of addresses: the most open answer of the pods
// that have the port. What no policy touches is allowed, and not told.
func (v senders) block(pl *place, port route.Port, name string, ask func(int, route.Port) route.Reason) []ctem.Proof {
	var best *route.Reason
	for _, i := range pl.pods {
		if !slices.Contains(v.pods[i].ports(), port) {
			continue
		}
		r := ask(i, port)
		if best == nil || openness(r.Answer) > openness(best.Answer) {
			best = &r
		}
	}
	if best == nil || len(best.Policies) == 0 {
		return nil
	}
	p := v.proof(pl, ctem.CheckOutside, name+" "+portTitle(port))
	p.Finding, p.Body.Port = ctem.ByPolicy(best.Answer), portTitle(port)
	p.Body.Receiver = v.says(best)
	p.Body.Why = v.words(best.Answer, nil, best)
	p.Body.Sources = distinctSources(append(slices.Clone(pl.sources), v.things.sources...))
	p.Body.Inputs = v.inputs(p.Body.Receiver)
	return []ctem.Proof{p}
}

// inside are the proofs of which workloads may reach which, port by port, where
// that is not every one: a proof for each answer, with the workloads that it is for.
func (v senders) inside() (out []ctem.Proof) {
	if len(v.things.policies) == 0 || v.enforced == ctem.No {
		return nil
	}
	at := map[route.Port]*route.AtPort{}
	for i, p := range v.pods {
		for _, port := range p.ports() {
			if at[port] == nil {
				at[port] = v.plane.At(port)
			}
			out = append(out, v.received(i, port, at[port])...)
		}
	}
	return mergeSame(out)
}

// received is what one pod may receive at one port.
func (v senders) received(to int, port route.Port, at *route.AtPort) (out []ctem.Proof) {
	groups := at.Senders(to, maxNames)
	if len(groups) == 0 {
		return nil
	}
	pl, selecting := v.pods[to].place, v.plane.Enters(to, &port).Policies
	for _, g := range groups {
		x := ctem.Peers{Finding: ctem.ByPolicy(g.Answer), Total: g.Total}
		for _, from := range g.First {
			x.Names = append(x.Names, v.pods[from].key())
		}
		p := v.proof(pl, ctem.CheckInside, portTitle(port)+" "+string(x.Finding))
		p.Finding, p.Body.Port, p.Body.Peers = x.Finding, portTitle(port), []ctem.Peers{x}
		p.Body.Why = fmt.Sprintf("%d of %d other workloads", x.Total, len(v.pods)-1) + selected(selecting)
		p.Body.Receiver = &ctem.SideSays{Finding: x.Finding, Policies: selecting}
		p.Body.Sources = distinctSources(append(slices.Clone(pl.sources), v.things.sources...))
		p.Body.Inputs = v.inputs(p.Body.Receiver)
		out = append(out, p)
	}
	return out
}

func selected(policies []string) string {
	if len(policies) == 0 {
		return ": no policy selects it, those of the senders decide"
	}
	return ": it is selected by " + few("", policies)
}

// mergeSame leaves one proof of each key: of a place with several kinds of
// workloads the first by name.
func mergeSame(list []ctem.Proof) []ctem.Proof {
	seen := map[ctem.ProofKey]bool{}
	return slices.DeleteFunc(list, func(p ctem.Proof) bool {
		again := seen[p.ProofKey]
		seen[p.ProofKey] = true
		return again
	})
}

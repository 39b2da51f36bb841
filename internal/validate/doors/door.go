package doors

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/route"
	"github.com/tidemark/tidemark/internal/twin"
)

// entry is the most open answer among the ways through a door.
type entry struct {
	answer   ctem.Tri
	receiver route.Reason
	sender   *route.Reason // the proxy's, where it is known
	port     string
	way      way
}

// doors are the proofs of a place's doors.
func (v entrances) doors(pl *place) (out []ctem.Proof) {
	for _, d := range pl.doors {
		p := v.proof(pl, ctem.CheckDoor, ctem.DoorTitle(&d))
		p.Body.Public = d.Public
		if len(pl.pods) == 0 {
			p.Finding, p.Body.Path = ctem.NotKnown, []string{d.Via}
			p.Body.Why = "nobody says what its pods are like, so it is not known which policies select them"
			out = append(out, p)
			continue
		}
		best := v.best(d, pl)
		p.Finding = ctem.ByPolicy(best.answer)
		p.Body.Path, p.Body.Port = best.way.path, best.port
		p.Body.Receiver = v.says(&best.receiver)
		if best.sender != nil {
			p.Body.Sender = v.says(best.sender)
		}
		p.Body.Why = v.words(best.answer, best.sender, &best.receiver)
		p.Body.Sources = distinctSources(append(slices.Clone(pl.sources), v.policySources(p.Body.Receiver)...))
		p.Body.Inputs = append(v.inputs(p.Body.Receiver, p.Body.Sender), best.way.inputs...)
		out = append(out, p)
	}
	return out
}

// best is the most open of all ways from a door to the pods of a place.
func (v entrances) best(d twin.Door, pl *place) entry {
	best := entry{answer: ctem.No}
	for n, i := range pl.pods {
		w := v.way(d, v.pods[i])
		tries := make([]*route.Port, 0, len(w.ports)+1)
		for k := range w.ports {
			tries = append(tries, &w.ports[k])
		}
		if len(tries) == 0 {
			tries = append(tries, nil)
		}
		for k, port := range tries {
			e := v.enter(i, port, w.carried)
			if e.way = w; port != nil {
				e.port = portTitle(*port)
			}
			if n == 0 && k == 0 || openness(e.answer) > openness(best.answer) {
				best = e
			}
		}
	}
	return best
}

func openness(t ctem.Tri) int { return slices.Index([]ctem.Tri{ctem.No, ctem.Unknown, ctem.Yes}, t) }

// enter answers for one pod and one port.
func (v entrances) enter(to int, port *route.Port, carried bool) entry {
	switch {
	case !carried:
		r := v.plane.Enters(to, port)
		return entry{answer: r.Answer, receiver: r}
	case len(v.proxies) == 0 || port == nil:
		r := v.plane.Carried(to, port)
		return entry{answer: r.Answer, receiver: r}
	}
	best := entry{answer: ctem.No}
	for n, proxy := range v.proxies {
		first, last := v.plane.Enters(proxy, nil), v.plane.Passes(route.Inside(proxy), route.Inside(to), *port)
		e := entry{answer: first.Answer, receiver: last.In, sender: &last.Out}
		if openness(last.Answer) < openness(e.answer) {
			e.answer = last.Answer
		}
		if last.Answer != ctem.No && first.Answer == ctem.No {
			e.sender = &first
		}
		if n == 0 || openness(e.answer) > openness(best.answer) {
			best = e
		}
	}
	return best
}

// sealed says whether the policies keep out all that may come through any door,
// also one that nobody has told of. Where no policy selects the pods it says nothing.
func (v entrances) sealed(pl *place) []ctem.Proof {
	var best *route.Reason
	for _, i := range pl.pods {
		r := v.plane.Carried(i, nil)
		if best == nil || openness(r.Answer) > openness(best.Answer) {
			best = &r
		}
	}
	if best == nil || len(best.Policies) == 0 {
		return nil
	}
	p := v.proof(pl, ctem.CheckOutside, ctem.AnyDoor)
	p.Finding = ctem.ByPolicy(best.Answer)
	p.Body.Receiver = v.says(best)
	p.Body.Why = v.words(best.Answer, nil, best)
	p.Body.Sources = distinctSources(append(slices.Clone(pl.sources), v.policySources(p.Body.Receiver)...))
	p.Body.Inputs = v.inputs(p.Body.Receiver)
	return []ctem.Proof{p}
}

// says turns the answer of one side into the words of a proof.
func (v *view) says(r *route.Reason) *ctem.SideSays {
	why := r.Why
	if r.Answer == ctem.Unknown && v.unread != "" && v.enforced == ctem.Yes {
		why = "policy " + v.unread + " cannot be read"
	}
	return &ctem.SideSays{Finding: ctem.ByPolicy(r.Answer), Policies: r.Policies, Rules: r.Rules, Why: why}
}

// words says in a sentence why traffic passes, or does not.
func (v *view) words(answer ctem.Tri, sender, receiver *route.Reason) string {
	side, way := receiver, "in"
	if sender != nil && openness(sender.Answer) < openness(receiver.Answer) {
		side, way = sender, "through the proxy"
	}
	switch {
	case answer == ctem.Unknown:
		return v.says(side).Why + few(": ", side.Rules)
	case answer == ctem.No:
		return "no rule of " + few("", side.Policies) + " lets it " + way
	case len(side.Policies) == 0 && v.enforced == ctem.No:
		return v.network + " does not apply policies"
	case len(side.Policies) == 0:
		return "no policy selects it"
	}
	return "let in by " + few("", side.Rules)
}

// few names the first of some.
func few(before string, names []string) string {
	const most = 3
	switch {
	case len(names) == 0:
		return ""
	case len(names) > most:
		return fmt.Sprintf("%s%s and %d more", before, strings.Join(names[:most], ", "), len(names)-most)
	}
	return before + strings.Join(names, ", ")
}

// inputs are the policies that sides rest on, as they were read.
func (v *view) inputs(sides ...*ctem.SideSays) (out []ctem.ProofInput) {
	for _, s := range sides {
		if s == nil {
			continue
		}
		for _, name := range s.Policies {
			name, _, _ = strings.Cut(name, " ")
			if in, ok := v.things.inputs[name]; ok && !slices.Contains(out, in) {
				out = append(out, in)
			}
		}
	}
	return out
}

// policySources are those on whose word the policies stand.
func (v *view) policySources(s *ctem.SideSays) []ctem.SourceScope {
	if s == nil || len(s.Policies) == 0 {
		return nil
	}
	return v.things.sources
}

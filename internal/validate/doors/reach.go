package doors

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/route"
)

// maxReaches bounds the answers to one question: two names may stand for several
// workloads, with several ports each.
const maxReaches = 100

// Reach answers for two ends in a world at a moment. No answer says that the
// world has no such ends.
func (p *Prover) Reach(w *ctem.World, at time.Time, ask *ctem.ReachAsk) ([]ctem.Reach, error) {
	v := asking{p.look(w, at)}
	froms := v.ends(ask)
	var out []ctem.Reach
	for _, to := range v.named(ask.To, ask.Environment) {
		ports, err := v.asked(to, ask.Port)
		if err != nil {
			return nil, err
		}
		for i := range len(froms) * len(ports) {
			out = append(out, v.reach(froms[i/len(ports)], to, ports[i%len(ports)]))
		}
		if len(out) > maxReaches {
			return nil, fault.New(fault.Invalid, "more than %d answers", maxReaches).WithHint("name the ends as NAMESPACE/SERVICE, and one port")
		}
	}
	return out, nil
}

// named are the pods of the workloads that a name stands for.
func (v asking) named(name, environment string) (out []int) {
	for i, p := range v.pods {
		if (p.name == name || p.key() == name || p.title() == name) && (environment == "" || p.place.environment == environment) {
			out = append(out, i)
		}
	}
	return out
}

// ends are what a sender's name stands for.
func (v asking) ends(ask *ctem.ReachAsk) (out []sender) {
	if ask.From == "internet" {
		return []sender{{route.Outside(netip.Addr{}), ask.From}}
	}
	if a, err := netip.ParseAddr(ask.From); err == nil {
		return []sender{{route.Outside(a.Unmap()), a.Unmap().String()}}
	}
	for _, i := range v.named(ask.From, "") {
		out = append(out, sender{route.Inside(i), v.pods[i].title()})
	}
	return out
}

// IsOutside reports whether the name of a sender is that of no workload.
func IsOutside(from string) bool {
	_, err := netip.ParseAddr(from)
	return err == nil || from == "internet"
}

// sender is one end with its name.
type sender struct {
	end   route.End
	title string
}

// asked are the ports that a question is about.
func (v asking) asked(to int, port string) ([]route.Port, error) {
	declared := v.pods[to].ports()
	if port == "" {
		if len(declared) == 0 {
			return nil, fault.New(fault.Invalid, "%s says of no port that it listens there", v.pods[to].title()).WithHint("name one: --port 8080")
		}
		return declared, nil
	}
	number, protocol, _ := strings.Cut(port, "/")
	if n, err := strconv.Atoi(number); err == nil {
		at := route.Port{Protocol: protocolOf(protocol), Number: uint16(n)}
		if n < 1 || n > 65535 || !slices.Contains([]route.Protocol{route.TCP, route.UDP, route.SCTP}, at.Protocol) {
			return nil, fault.New(fault.Invalid, "%q is no port", port).WithHint("write 8080 or 53/UDP")
		}
		return []route.Port{at}, nil
	}
	var out []route.Port
	for _, x := range v.pods[to].is.Ports {
		if x.Name == port {
			out = append(out, route.Port{Protocol: protocolOf(x.Protocol), Number: uint16(x.Number)})
		}
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Invalid, "%s has no port named %q", v.pods[to].title(), port).WithHint("write its number")
	}
	return out, nil
}

func (v asking) reach(from sender, to int, port route.Port) ctem.Reach {
	x := v.plane.Passes(from.end, route.Inside(to), port)
	pl := v.pods[to].place
	out := ctem.Reach{
		Environment: pl.environment, From: from.title, To: v.pods[to].title(), Port: portTitle(port), Finding: ctem.ByPolicy(x.Answer),
		Sender: *v.says(&x.Out), Receiver: *v.says(&x.In), Why: v.between(&x, from.end.Pod == to),
		Sources: distinctSources(append(slices.Clone(pl.sources), v.things.sources...)),
	}
	return out
}

// between says in a sentence why traffic between two ends passes, or does not.
func (v asking) between(x *route.Verdict, itself bool) string {
	side := &x.In
	if openness(x.Out.Answer) < openness(x.In.Answer) {
		side = &x.Out
	}
	way, open := "in", len(x.In.Policies)+len(x.Out.Policies) == 0
	if side == &x.Out {
		way = "out"
	}
	switch {
	case itself:
		return "nothing keeps a pod from itself"
	case x.Answer == ctem.Unknown:
		return v.says(side).Why + few(": ", side.Rules)
	case x.Answer == ctem.No:
		return "no rule of " + few("", side.Policies) + " lets it " + way
	case open && v.enforced == ctem.No:
		return v.network + " does not apply policies"
	case open:
		return "no policy selects either end"
	case len(x.In.Rules) == 0:
		return "no policy of the receiver selects it; let out by " + few("", x.Out.Rules)
	case len(x.Out.Rules) == 0:
		return "let in by " + few("", x.In.Rules)
	}
	return "let out by " + few("", x.Out.Rules) + ", and in by " + few("", x.In.Rules)
}

package estate

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/route/flow"
	"github.com/tidemark/tidemark/internal/twin"
)

// writeFlows fills in what was asked for of a graph.
func writeFlows(out *api.Flows, g *flow.Graph, ask api.FlowAsk) error {
	keep, err := terms(ask.Query)
	if err != nil {
		return err
	}
	start := startOf(g, ask)
	var edges []flow.Edge
	for _, e := range g.Edges {
		asked := !named(ask) || slices.Contains(start, e.From) || slices.Contains(start, e.To)
		if asked && !slices.ContainsFunc(keep, func(keep func(*flow.Edge) bool) bool { return !keep(&e) }) {
			edges = append(edges, e)
		}
	}
	fill(out, g, edges, ask.Limit)
	if named(ask) {
		out.Radius = radius(g.Reach(start, ask.Back), ask.Back)
	}
	out.Sentence = sentence(out, ask)
	return nil
}

func named(ask api.FlowAsk) bool { return ask.Service != "" || ask.Name != "" }

// startOf are the ends that were asked for.
func startOf(g *flow.Graph, ask api.FlowAsk) (out []twin.End) {
	for _, n := range g.Nodes() {
		e := n.End
		byService := ask.Service != "" && e.Kind == twin.KindWorkload && e.Name == ask.Service && (ask.Scope == "" || ask.Scope == e.Scope)
		byName := ask.Name != "" && e.Kind == ask.Kind && e.Name == ask.Name && (ask.Scope == "" || ask.Scope == e.Scope)
		if byService || byName {
			out = append(out, e)
		}
	}
	return out
}

// terms reads a condition on edges.
func terms(query string) (keep []func(*flow.Edge) bool, err error) {
	asked, err := ctem.ParseQuery(query)
	if err != nil {
		return nil, err
	}
	keys := map[string]func(*flow.Edge) []string{
		"how": func(e *flow.Edge) []string { return []string{string(e.How)} }, "data": func(e *flow.Edge) []string { return e.Data },
		"env":         func(e *flow.Edge) []string { return []string{e.From.Scope, e.To.Scope} },
		"environment": func(e *flow.Edge) []string { return []string{e.From.Scope, e.To.Scope} },
		"from":        func(e *flow.Edge) []string { return []string{e.From.Name} }, "to": func(e *flow.Edge) []string { return []string{e.To.Name} },
		"service":    func(e *flow.Edge) []string { return []string{e.From.Name, e.To.Name} },
		"kind":       func(e *flow.Edge) []string { return []string{e.From.Kind, e.To.Kind} },
		"denied":     func(e *flow.Edge) []string { return []string{string(ctem.TriOf(e.Denied))} },
		"fresh":      func(e *flow.Edge) []string { return []string{freshness(&e.Told[0])} },
		"source":     func(e *flow.Edge) []string { return sourcesOf(e) },
		"protocol":   func(e *flow.Edge) []string { return protocolsOf(e) },
		ctem.TextKey: func(e *flow.Edge) []string { return append(protocolsOf(e), e.From.Name, e.To.Name) },
	}
	for _, t := range asked {
		read, ok := keys[t.Key]
		if !ok || t.Op != ":" {
			return nil, ctem.UnknownKey(t.Key, slices.Sorted(maps.Keys(keys)))
		}
		keep = append(keep, func(e *flow.Edge) bool { return anyOf(t, read(e)) != t.Negate })
	}
	return keep, nil
}

// anyOf reports whether one of several values is one of a term's.
func anyOf(t ctem.Term, have []string) bool {
	if len(have) == 0 {
		have = []string{""}
	}
	return slices.ContainsFunc(have, func(v string) bool { return oneOf(t, v) })
}

func sourcesOf(e *flow.Edge) (out []string) {
	for _, t := range e.Told {
		out = append(out, t.Source)
	}
	return out
}

func protocolsOf(e *flow.Edge) (out []string) {
	for _, t := range e.Told {
		protocol := t.Flow.Protocol
		if t.Flow.Port != 0 {
			protocol = strings.TrimPrefix(fmt.Sprintf("%s/%d", protocol, t.Flow.Port), "/")
		}
		out = append(out, protocol)
	}
	return twin.Sorted(out)
}

// fill writes the edges, counts them, and lists their ends.
func fill(out *api.Flows, g *flow.Graph, edges []flow.Edge, limit int) {
	out.Total = len(edges)
	for i := range edges {
		switch edges[i].How {
		case twin.FlowObserved:
			out.Observed++
		case twin.FlowDocumented:
			out.Documented++
		case twin.FlowInferred:
			out.Inferred++
		}
		if edges[i].Denied {
			out.Denied++
		}
		if edges[i].Lapsed {
			out.Lapsed++
		}
	}
	if limit > 0 && len(edges) > limit {
		edges, out.Truncated = edges[:limit], true
	}
	shown := map[twin.End]bool{}
	for i := range edges {
		out.Items = append(out.Items, edgeOf(&edges[i]))
		shown[edges[i].From], shown[edges[i].To] = true, true
	}
	for _, n := range g.Nodes() {
		if shown[n.End] {
			system := n.System
			if n.End.Kind == twin.KindDataStore {
				system = twin.CutStore(n.End.Name).System
			}
			out.Nodes = append(out.Nodes, api.FlowNode{FlowEnd: endOf(n.End), Label: label(n.End), System: system, Data: listed(n.Data)})
		}
	}
}

func endOf(e twin.End) api.FlowEnd {
	return api.FlowEnd{Kind: e.Kind, Scope: e.Scope, Name: e.Name}
}

// label is what people call an end.
func label(e twin.End) string {
	switch {
	case e.Kind == twin.KindAddress && e.Name == twin.AddressWorld:
		return "the world outside"
	case e.Kind == twin.KindDataStore:
		d := twin.CutStore(e.Name)
		return strings.TrimSuffix(d.System+" "+cmp.Or(d.Address, "(no address)"), " ")
	case e.Kind == twin.KindWorkload && e.Scope != "":
		return e.Name + " in " + e.Scope
	}
	return e.Name
}

func edgeOf(e *flow.Edge) api.FlowEdge {
	out := api.FlowEdge{
		From: endOf(e.From), To: endOf(e.To), How: string(e.How), Denied: e.Denied, Protocols: listed(protocolsOf(e)), Data: listed(e.Data),
		SeenAt: when(e.Seen()), Freshness: freshness(&e.Told[0]), Says: []api.FlowSays{},
	}
	var since time.Time
	for _, t := range e.Told {
		if since.IsZero() || t.Since.Before(since) {
			since = t.Since
		}
		out.Says = append(out.Says, api.FlowSays{
			Source: t.Source, How: string(t.Flow.How), Protocol: t.Flow.Protocol, Port: t.Flow.Port, Denied: t.Flow.Denied, Where: listed(t.Flow.Where),
			Since: when(t.Since), SeenAt: when(t.Seen), Freshness: freshness(&t),
			FirstSeen: when(t.Traffic.First), Calls: t.Traffic.Calls, Bytes: t.Traffic.Bytes,
		})
	}
	out.Since = when(since)
	return out
}

// lapsed is how fresh an edge is that counts no longer.
const lapsed = "lapsed"

func freshness(t *flow.Told) string {
	if t.Lapsed {
		return lapsed
	}
	return string(t.Freshness)
}

func radius(r flow.Radius, back bool) *api.FlowRadius {
	out := &api.FlowRadius{From: []api.FlowEnd{}, Back: back, Total: len(r.Reached), Data: listed(r.Data), Items: []api.FlowReached{}}
	for _, e := range r.From {
		out.From = append(out.From, endOf(e))
	}
	for _, x := range r.Reached {
		out.Items = append(out.Items, api.FlowReached{
			FlowEnd: endOf(x.Node.End), Label: label(x.Node.End), Hops: x.Hops, How: string(x.How), SeenAt: when(x.Seen),
			Via: endOf(x.From), Data: listed(x.Data),
		})
	}
	return out
}

// sentence says it in one line.
func sentence(out *api.Flows, ask api.FlowAsk) string {
	edges := fmt.Sprintf("%d edges: %d observed, %d documented, %d inferred", out.Total, out.Observed, out.Documented, out.Inferred)
	if out.Denied > 0 {
		edges += fmt.Sprintf("; of %d only refused attempts were seen", out.Denied)
	}
	if out.Lapsed > 0 {
		edges += fmt.Sprintf("; %d have lapsed: not seen for more than a day, they lead nowhere", out.Lapsed)
	}
	if out.Radius == nil {
		return edges + "."
	}
	what := cmp.Or(ask.Service, ask.Name)
	if len(out.Radius.From) == 0 {
		return "Nothing is known of flows of " + what + "."
	}
	data := "no class of data that is known"
	if len(out.Radius.Data) > 0 {
		data = strings.Join(out.Radius.Data, ", ")
	}
	if ask.Back {
		return fmt.Sprintf("%d parts can get at %s, over %s. %s.", out.Radius.Total, what, data, edges)
	}
	return fmt.Sprintf("%s can get at %d parts, and touches %s. %s.", what, out.Radius.Total, data, edges)
}

// listed is a list that is never null.
func listed(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// when is a time that may be unknown.
func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	u := t.UTC()
	return &u
}

package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/route/flow"
	"github.com/tidemark/tidemark/internal/twin"
)

// Flows says how the parts interact and what data they touch. Inferred edges are
// worked out from the workloads of the time asked for, the others are told.
func (d touching) Flows(ctx context.Context, ask api.FlowAsk) (out api.Flows, err error) {
	at := d.time(ask.Moment)
	out = api.Flows{
		Schema: api.SchemaFlows, AsOf: at.Time(), KnownAt: When(at.KnownAt), Service: ask.Service, Query: ask.Query,
		Nodes: []api.FlowNode{}, Items: []api.FlowEdge{},
	}
	if out.Computed, err = d.Computed(ctx); err != nil {
		return out, err
	}
	if ask.Name != "" && ask.Kind == "" || ask.Kind != "" && ask.Name == "" {
		return out, fault.New(fault.Invalid, "a part is asked for by kind and name").WithHint("give both, or a service")
	}
	keep, err := flowTerms(ask.Query)
	if err != nil {
		return out, err
	}
	g, err := d.interactions(ctx, d.asks(at))
	if err != nil {
		return out, err
	}
	start := startOf(g, ask)
	var edges []flow.Edge
	for _, e := range g.Edges {
		asked := !named(ask) || slices.Contains(start, e.From) || slices.Contains(start, e.To)
		if asked && !slices.ContainsFunc(keep, func(keep func(*flow.Edge) bool) bool { return !keep(&e) }) {
			edges = append(edges, e)
		}
	}
	fillFlows(&out, g, edges, ask.Limit)
	if named(ask) {
		out.Radius = radius(g.Reach(start, ask.Back), ask.Back)
	}
	out.Sentence = flowSentence(&out, ask)
	return out, nil
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

// flowTerms reads a condition on edges.
func flowTerms(query string) (keep []func(*flow.Edge) bool, err error) {
	terms, err := ctem.ParseQuery(query)
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
		"source":     func(e *flow.Edge) []string { return sourcesOf(e) },
		"protocol":   func(e *flow.Edge) []string { return protocolsOf(e) },
		ctem.TextKey: func(e *flow.Edge) []string { return append(protocolsOf(e), e.From.Name, e.To.Name) },
	}
	for _, t := range terms {
		read, ok := keys[t.Key]
		if !ok || t.Op != ":" {
			return nil, ctem.UnknownKey(t.Key, sortedKeys(keys))
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

// interactions is the graph of all flows at a time.
func (d touching) interactions(ctx context.Context, q ctem.ListQuery) (*flow.Graph, error) {
	page, err := d.Estate.Workloads(ctx, q)
	if err != nil {
		return nil, err
	}
	q.Terms = []ctem.Term{{Key: "kind", Op: ":", Values: flow.Kinds()}}
	things, err := d.Twin.Things(ctx, q)
	if err != nil {
		return nil, err
	}
	return flow.Join(page.Items, things.Items), nil
}

// fillFlows writes the edges, counts them, and lists their ends.
func fillFlows(out *api.Flows, g *flow.Graph, edges []flow.Edge, limit int) {
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
	}
	if limit > 0 && len(edges) > limit {
		edges, out.Truncated = edges[:limit], true
	}
	shown := map[twin.End]bool{}
	for i := range edges {
		out.Items = append(out.Items, flowEdge(&edges[i]))
		shown[edges[i].From], shown[edges[i].To] = true, true
	}
	for _, n := range g.Nodes() {
		if shown[n.End] {
			system := n.System
			if n.End.Kind == twin.KindDataStore {
				system = twin.CutStore(n.End.Name).System
			}
			out.Nodes = append(out.Nodes, api.FlowNode{FlowEnd: flowEnd(n.End), Label: flowLabel(n.End), System: system, Data: List(n.Data)})
		}
	}
}

func flowEnd(e twin.End) api.FlowEnd {
	return api.FlowEnd{Kind: e.Kind, Scope: e.Scope, Name: e.Name}
}

// flowLabel is what people call an end.
func flowLabel(e twin.End) string {
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

func flowEdge(e *flow.Edge) api.FlowEdge {
	out := api.FlowEdge{
		From: flowEnd(e.From), To: flowEnd(e.To), How: string(e.How), Denied: e.Denied, Protocols: List(protocolsOf(e)), Data: List(e.Data),
		SeenAt: When(e.Seen()), Freshness: string(e.Told[0].Freshness), Says: []api.FlowSays{},
	}
	var since time.Time
	for _, t := range e.Told {
		if since.IsZero() || t.Since.Before(since) {
			since = t.Since
		}
		out.Says = append(out.Says, api.FlowSays{
			Source: t.Source, How: string(t.Flow.How), Protocol: t.Flow.Protocol, Port: t.Flow.Port, Denied: t.Flow.Denied, Where: List(t.Flow.Where),
			Since: When(t.Since), SeenAt: When(t.Seen), Freshness: string(t.Freshness),
		})
	}
	out.Since = When(since)
	return out
}

func radius(r flow.Radius, back bool) *api.FlowRadius {
	out := &api.FlowRadius{From: []api.FlowEnd{}, Back: back, Total: len(r.Reached), Data: List(r.Data), Items: []api.FlowReached{}}
	for _, e := range r.From {
		out.From = append(out.From, flowEnd(e))
	}
	for _, x := range r.Reached {
		out.Items = append(out.Items, api.FlowReached{
			FlowEnd: flowEnd(x.Node.End), Label: flowLabel(x.Node.End), Hops: x.Hops, How: string(x.How), SeenAt: When(x.Seen),
			Via: flowEnd(x.From), Data: List(x.Data),
		})
	}
	return out
}

// flowSentence says it in one line.
func flowSentence(out *api.Flows, ask api.FlowAsk) string {
	edges := fmt.Sprintf("%d edges: %d observed, %d documented, %d inferred", out.Total, out.Observed, out.Documented, out.Inferred)
	if out.Denied > 0 {
		edges += fmt.Sprintf("; of %d only refused attempts were seen", out.Denied)
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

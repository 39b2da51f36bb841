package estate

import (
	"context"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/route/flow"
	"github.com/tidemark/tidemark/internal/server/reply"
)

// Flows says how the parts interact and what data they touch. Inferred edges are
// worked out from the workloads of the time asked for, the others are told.
func (d touching) Flows(ctx context.Context, ask api.FlowAsk) (out api.Flows, err error) {
	at := d.Time(ask.Moment)
	out = api.Flows{
		Schema: api.SchemaFlows, AsOf: at.Time(), KnownAt: reply.When(at.KnownAt), Service: ask.Service, Query: ask.Query,
		Nodes: []api.FlowNode{}, Items: []api.FlowEdge{},
	}
	if (ask.Name == "") != (ask.Kind == "") {
		return out, fault.New(fault.Invalid, "a part is asked for by kind and name").WithHint("give both, or a service")
	}
	if out.Computed, err = d.Computed(ctx); err != nil {
		return out, err
	}
	g, err := d.interactions(ctx, d.Asks(at))
	if err != nil {
		return out, err
	}
	return out, writeFlows(&out, g, ask)
}

// interactions is the graph of all flows at a time.
func (d touching) interactions(ctx context.Context, q ctem.ListQuery) (*flow.Graph, error) {
	page, err := d.Estate.Workloads(ctx, q)
	if err != nil {
		return nil, err
	}
	q.Terms = []ctem.Term{{Key: "kind", Op: ":", Values: flow.Kinds()}}
	now := q.Time()
	things, err := d.Twin.Things(ctx, q)
	if err != nil {
		return nil, err
	}
	var past []flow.Past
	for _, at := range flow.Unheld(now, things.Items) {
		q.At, q.Terms = at, []ctem.Term{{Key: "kind", Op: ":", Values: flow.Holders()}}
		then, err := d.Twin.Things(ctx, q)
		if fault.KindOf(err) == fault.Invalid {
			break // before what is kept: the address stays one
		}
		if err != nil {
			return nil, err
		}
		past = append(past, flow.Past{At: at, Things: then.Items})
	}
	return flow.Join(flow.Past{At: now, Things: things.Items}, page.Items, past...), nil
}

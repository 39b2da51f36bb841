package gate

import (
	"cmp"
	"context"
	"strings"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// Place is what the store knows about where the build goes.
type Place struct {
	Service, Environment string
	Running, Reachable   ctem.Tri
	Doors                []twin.Door
}

// PlaceOf is the place of a service in an environment with what runs there. One
// that nobody knows leaves everything unknown.
func PlaceOf(service, environment string, workloads []api.Workload) Place {
	p := Place{Service: service, Environment: environment, Running: ctem.Unknown, Reachable: ctem.Unknown}
	for _, w := range workloads {
		for _, door := range w.Doors {
			p.Doors = append(p.Doors, twin.Door(door))
		}
		p.Reachable = either(p.Reachable, ctem.Tri(w.Reachable))
		if ctem.Tri(w.Running) == ctem.Yes {
			p.Running = ctem.Yes // the build takes the place of what runs there
		}
	}
	return p
}

// either is yes when one of two workloads says yes, no when all known ones say no.
func either(a, b ctem.Tri) ctem.Tri {
	if a == ctem.Yes || b == ctem.Yes {
		return ctem.Yes
	}
	return cmp.Or(b, ctem.Unknown)
}

// Estate answers what runs where, and what people have decided about it.
type Estate interface {
	Workloads(ctx context.Context, q api.Query) (api.List[api.Workload], error)
	Exposures(ctx context.Context, q api.Query) (api.List[api.Exposure], error)
	Exposure(ctx context.Context, id string, m api.Moment) (api.ExposureDetail, error)
}

// Spot names a place at a moment.
type Spot struct {
	Service, Environment string
	Moment               api.Moment
}

// Ask asks for the place, and for what people have decided there. Without a
// service nothing is known of it.
func (s Spot) Ask(ctx context.Context, d Estate) (Place, []Ruled, error) {
	if s.Service == "" {
		return PlaceOf("", "", nil), nil, nil
	}
	ask := api.Query{Query: "svc:" + quoted(s.Service) + " env:" + quoted(s.Environment), AsOf: s.Moment.AsOf, KnownAt: s.Moment.KnownAt}
	page, err := d.Workloads(ctx, ask)
	if err != nil {
		return Place{}, nil, err
	}
	ruled, err := ruledAt(ctx, d, ask)
	return PlaceOf(s.Service, s.Environment, page.Items), ruled, err
}

// quoted is a value of a query, whatever is in it.
func quoted(value string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}

// ruledAt lists what people decided about the exposures of a query.
func ruledAt(ctx context.Context, d Estate, ask api.Query) (out []Ruled, err error) {
	list, err := d.Exposures(ctx, ask)
	if err != nil {
		return nil, err
	}
	for _, e := range list.Items {
		if e.DecidedBy == "" || e.DecidedBy == "rules" {
			continue
		}
		detail, err := d.Exposure(ctx, e.ID, api.Moment{AsOf: ask.AsOf, KnownAt: ask.KnownAt})
		if err != nil {
			return nil, err
		}
		if r, ok := RuledOf(&detail); ok {
			out = append(out, r)
		}
	}
	return out, nil
}

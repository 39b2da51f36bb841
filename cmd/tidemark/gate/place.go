package gate

import (
	"cmp"

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

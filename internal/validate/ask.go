package validate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/validate/doors"
)

// Places is what a question about two ends reads.
type Places interface {
	// WorldsWith names the worlds that have a service, as far as the asker may see
	// it, in the environment where one is asked for.
	WorldsWith(ctx context.Context, ask *ctem.ReachAsk, service string) ([]string, error)
	World(ctx context.Context, ask ctem.WorldAsk) (ctem.World, error)
}

// Paths answers questions about two ends, exactly, at any time.
type Paths struct {
	Read Places
}

// Reach says whether one end reaches another at a port. What is asked of is
// worked out anew: proofs tell of many workloads only how many.
func (p Paths) Reach(ctx context.Context, ask ctem.ReachAsk) ([]ctem.Reach, error) {
	if ask.From == "" || ask.To == "" {
		return nil, fault.New(fault.Invalid, "a path has two ends").WithHint("name both: from internet, an address or a workload, to a workload")
	}
	worlds, err := p.worlds(ctx, &ask)
	if err != nil {
		return nil, err
	}
	var out []ctem.Reach
	for _, name := range worlds {
		w, err := p.Read.World(ctx, ctem.WorldAsk{World: name, Since: ask.Time(), Known: ask.KnownAt})
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		var prover doors.Prover
		found, err := prover.Reach(&w, ask.Time(), &ask)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	if len(out) == 0 {
		return nil, fault.New(fault.NotFound, "no environment has both %s and %s at that time, with what is known of their pods", ask.From, ask.To).
			WithHint("tidemark twin get workloads lists what there is; deployment records do not say what pods are like")
	}
	return out, nil
}

// worlds are those that have both ends, as far as the asker may see them.
func (p Paths) worlds(ctx context.Context, ask *ctem.ReachAsk) ([]string, error) {
	worlds, err := p.Read.WorldsWith(ctx, ask, serviceOf(ask.To))
	if err != nil || doors.IsOutside(ask.From) {
		return worlds, err
	}
	from := *ask
	from.Environment = "" // it may be in another namespace of the cluster
	senders, err := p.Read.WorldsWith(ctx, &from, serviceOf(ask.From))
	return slices.DeleteFunc(worlds, func(w string) bool { return !slices.Contains(senders, w) }), err
}

// serviceOf is the service in SERVICE, NAMESPACE/SERVICE or KIND/NAMESPACE/SERVICE.
func serviceOf(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

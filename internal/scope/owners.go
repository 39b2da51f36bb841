package scope

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// Moves is what the step that finds owners follows.
type Moves interface {
	Cursor(ctx context.Context, step string, stream ctem.Stream) (int64, error)
	TwinMoves(ctx context.Context, after int64, limit int) (moved twin.Moved, last int64, err error)
	ScopeChanges(ctx context.Context, after int64, limit int) (services []string, last int64, err error)
}

// Facts is what an owner follows from.
type Facts interface {
	Scope(ctx context.Context, at ctem.AsOf) (ctem.Scope, error)
	OwnerPlaces(ctx context.Context, services []string, things []int64) ([]int64, error)
	OwnerFacts(ctx context.Context, places []int64) (map[int64]*ctem.OwnerFacts, error)
}

// OwnerWriter keeps who owns what, with the cursors of the step.
type OwnerWriter interface {
	CommitOwners(ctx context.Context, adv ctem.Advance, list []ctem.PlaceOwner) error
}

// Owners is the step that finds who owns what runs where something else than the
// scope's word on a service says so: rules of ownership, marks of workloads,
// CODEOWNERS. Lists show, and decisions carry, the owner that it found.
type Owners struct {
	Moves  Moves
	Facts  Facts
	Writer OwnerWriter
	Now    func() time.Time
	Fence  func() int64
}

const (
	ownersName  = "owners"
	ownersBatch = 2000
)

// Name is the step's lease and cursor name.
func (o *Owners) Name() string { return ownersName }

// Run finds the owners of the places that the next changes concern.
func (o *Owners) Run(ctx context.Context) (int, error) {
	return ctem.Narrow(ownersBatch, func(limit int) (int, error) { return o.run(ctx, limit) })
}

func (o *Owners) run(ctx context.Context, limit int) (int, error) {
	var from [2]int64
	var err error
	for i, stream := range []ctem.Stream{ctem.StreamTwin, ctem.StreamScope} {
		if from[i], err = o.Moves.Cursor(ctx, ownersName, stream); err != nil {
			return 0, fmt.Errorf("read the cursor on %s: %w", stream, err)
		}
	}
	moved, seen, err := o.Moves.TwinMoves(ctx, from[0], limit)
	if err != nil {
		return 0, fmt.Errorf("read twin changes: %w", err)
	}
	services, said, err := o.Moves.ScopeChanges(ctx, from[1], limit)
	if err != nil {
		return 0, fmt.Errorf("read scope changes: %w", err)
	}
	adv := ctem.Advance{Step: ownersName, Now: o.Now()}
	size := 0
	for _, m := range []ctem.Move{{Stream: ctem.StreamTwin, From: from[0], To: seen}, {Stream: ctem.StreamScope, From: from[1], To: said}} {
		if m.To > m.From {
			adv.Moves, size = append(adv.Moves, m), size+int(m.To-m.From)
		}
	}
	if len(adv.Moves) == 0 {
		return 0, nil
	}
	more, err := o.Facts.OwnerPlaces(ctx, services, moved.Things)
	if err != nil {
		return 0, fmt.Errorf("find the places: %w", err)
	}
	list, err := o.find(ctx, append(more, moved.Places...))
	if err != nil {
		return 0, ctem.Aside(ownersName, adv.Moves[0], err)
	}
	if o.Fence != nil {
		adv.Fence = o.Fence()
	}
	if err := o.Writer.CommitOwners(ctx, adv, list); err != nil {
		return 0, fmt.Errorf("commit %d owners: %w", len(list), err)
	}
	return size, nil
}

// find says who owns places.
func (o *Owners) find(ctx context.Context, places []int64) ([]ctem.PlaceOwner, error) {
	slices.Sort(places)
	facts, err := o.Facts.OwnerFacts(ctx, slices.Compact(places))
	if err != nil {
		return nil, fmt.Errorf("read what may say who owns %d places: %w", len(places), err)
	}
	said, err := o.Facts.Scope(ctx, ctem.AsOf{Now: o.Now()})
	if err != nil {
		return nil, fmt.Errorf("read the scope: %w", err)
	}
	var list []ctem.PlaceOwner
	for _, place := range slices.Compact(places) {
		if f := facts[place]; f != nil {
			x := said.PlaceOwner(f)
			x.Place = place
			list = append(list, x)
		}
	}
	return list, nil
}

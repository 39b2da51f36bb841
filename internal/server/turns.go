package server

import (
	"context"
	"hash/maphash"

	"github.com/tidemark/tidemark/internal/fault"
)

// turns lets those who change the same thing do so one after the other: between
// looking whether it is as the asker saw it and changing it nobody else changes
// it. Different things may share a turn; that costs time, and nothing else.
type turns struct {
	seed  maphash.Seed
	among []chan struct{}
}

// turnsAtOnce is how many things may be changed at the same time.
const turnsAtOnce = 64

func newTurns() *turns {
	t := &turns{seed: maphash.MakeSeed(), among: make([]chan struct{}, turnsAtOnce)}
	for i := range t.among {
		t.among[i] = make(chan struct{}, 1)
	}
	return t
}

// take waits for the turn of a thing; done gives it back.
func (t *turns) take(ctx context.Context, id string) (done func(), err error) {
	turn := t.among[maphash.String(t.seed, id)%uint64(len(t.among))]
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, fault.Wrap(fault.Unavailable, ctx.Err(), "the request ended while it waited for others that change %s", id)
	}
}

// seen is what an asker has seen of a thing: the tags of If-Match.
type seen struct{ id, tags string }

// changed changes a thing unless it has changed since the asker saw it.
func changed[T any](ctx context.Context, t *turns, s seen, door thing[T]) error {
	done, err := t.take(ctx, s.id)
	if err != nil {
		return err
	}
	defer done()
	if err := unmoved(s.tags, door.present); err != nil {
		return err
	}
	return door.change()
}

// thing is what is changed: as it is now, and how to.
type thing[T any] struct {
	present func() (T, error)
	change  func() error
}

// Package validate works out proofs: what follows from the twin about who reaches
// what, and about what accounts and containers may do.
//
// The model. The step follows the stream of the twin. What changed is put on a
// list of worlds (a cluster, or an environment that is none), each with the time
// from which it is different; then one world of the list is worked out at a time,
// from that time on, at every moment at which something in it changed. What
// differs from what is stored is written, with both times, like an exposure.
//
// Invariants. Each commit moves the cursor, or takes one world off the list, in
// one transaction with what follows: it can be killed at any time, and runs again
// without effect. A world that cannot be read is set aside by itself. Nothing is
// evaluated here: that is room doors, which is pure.
package validate

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/validate/doors"
)

// Worlds is what the step reads.
type Worlds interface {
	Cursor(ctx context.Context, step string, stream ctem.Stream) (int64, error)
	WorldsMoved(ctx context.Context, after int64, limit int) (moved []ctem.WorldMove, read time.Time, last int64, err error)
	WorldsLeft(ctx context.Context, limit int) ([]ctem.WorldMove, error)
	World(ctx context.Context, ask ctem.WorldAsk) (ctem.World, error)
}

// Writer stores proofs together with the cursor.
type Writer interface {
	CommitProofs(ctx context.Context, adv ctem.Advance, batch ctem.ProofBatch) (int, error)
}

// Name is the step's lease and cursor name.
const Name = "validate"

// Bounds of one run: changes of the twin that are read at once, and moments of one
// world that are worked out.
const (
	maxChanges = 5000
	maxMoments = 16
)

// Step is the step of the loop.
type Step struct {
	Read   Worlds
	Write  Writer
	Now    func() time.Time
	Fence  func() int64 // the lease's token; nil: none
	prover doors.Prover
}

// Name implements cycle.Step.
func (s *Step) Name() string { return Name }

// Run takes what changed in the twin; when there is nothing, it works out the next
// world that is left to be done.
func (s *Step) Run(ctx context.Context) (int, error) {
	n, err := ctem.Narrow(maxChanges, func(limit int) (int, error) { return s.follow(ctx, limit) })
	if err != nil || n > 0 {
		return n, err
	}
	return s.work(ctx)
}

func (s *Step) advance(moves ...ctem.Move) ctem.Advance {
	adv := ctem.Advance{Step: Name, Moves: moves, Now: s.Now()}
	if s.Fence != nil {
		adv.Fence = s.Fence()
	}
	return adv
}

// follow puts the worlds that changed on the list.
func (s *Step) follow(ctx context.Context, limit int) (int, error) {
	from, err := s.Read.Cursor(ctx, Name, ctem.StreamTwin)
	if err != nil {
		return 0, fmt.Errorf("read the cursor on the twin: %w", err)
	}
	moved, read, last, err := s.Read.WorldsMoved(ctx, from, limit)
	move := ctem.Move{Stream: ctem.StreamTwin, From: from, To: last}
	if err != nil {
		return 0, ctem.Aside(Name, move, fmt.Errorf("follow the twin after %d: %w", from, err))
	}
	if last == from {
		return 0, nil
	}
	if _, err := s.Write.CommitProofs(ctx, s.advance(move), ctem.ProofBatch{Moved: moved, Read: read}); err != nil {
		return 0, fmt.Errorf("note what moved in the twin up to %d: %w", last, err)
	}
	return int(last - from), nil
}

// work works out a world of the list. One that cannot be read is taken off the
// list: it is worked out again when something in it changes.
func (s *Step) work(ctx context.Context) (int, error) {
	left, err := s.Read.WorldsLeft(ctx, 1)
	if err != nil || len(left) == 0 {
		return 0, err
	}
	batch, err := s.prove(ctx, left[0])
	if err != nil {
		return 0, s.aside(ctx, left[0], fmt.Errorf("work out %s: %w", left[0].World, err))
	}
	if _, err := s.Write.CommitProofs(ctx, s.advance(), batch); err != nil {
		return 0, fmt.Errorf("write what is so in %s: %w", left[0].World, err)
	}
	return 1, nil
}

func (s *Step) aside(ctx context.Context, left ctem.WorldMove, err error) error {
	if !ctem.Unreadable(err) {
		return err
	}
	at, failed := s.Read.Cursor(ctx, Name, ctem.StreamTwin)
	if failed != nil {
		return failed
	}
	if _, failed := s.Write.CommitProofs(ctx, s.advance(), ctem.ProofBatch{Done: left, Until: left.Since}); failed != nil {
		return failed
	}
	return ctem.Aside(Name, ctem.Move{Stream: ctem.StreamTwin, From: at, To: at}, err)
}

// prove works a world out at each moment at which it changed. Of many only the
// first are worked out: the others are left for the next run.
func (s *Step) prove(ctx context.Context, left ctem.WorldMove) (ctem.ProofBatch, error) {
	batch := ctem.ProofBatch{Done: left}
	w, err := s.Read.World(ctx, ctem.WorldAsk{World: left.World, Since: left.Since})
	if err != nil {
		return batch, err
	}
	moments := momentsOf(&w, left.Since)
	if len(moments) > maxMoments {
		batch.Until = moments[maxMoments]
		moments = moments[:maxMoments]
		batch.Moved = []ctem.WorldMove{{World: left.World, Since: batch.Until}}
	}
	var t track
	for i, at := range moments {
		to := batch.Until
		if i+1 < len(moments) {
			to = moments[i+1]
		}
		if err := t.add(s.prover.Prove(&w, at), at, to); err != nil {
			return batch, err
		}
	}
	batch.Proofs = t.sorted()
	return batch, nil
}

// momentsOf are the times at which a world became different, from a time on.
func momentsOf(w *ctem.World, since time.Time) []time.Time {
	out := []time.Time{since}
	for i := range w.Stands {
		for _, t := range []time.Time{w.Stands[i].From, w.Stands[i].To} {
			if t.After(since) {
				out = append(out, t)
			}
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return slices.CompactFunc(out, time.Time.Equal)
}

// track joins what is so at one moment after the other.
type track struct {
	proofs map[ctem.ProofKey]*ctem.Proved
}

// add takes what is so from one moment until the next (zero: for ever). What was
// so before and is not among it ends.
func (t *track) add(list []ctem.Proof, from, to time.Time) error {
	if t.proofs == nil {
		t.proofs = map[ctem.ProofKey]*ctem.Proved{}
	}
	for i := range list {
		p := &list[i]
		text, err := json.Marshal(&p.Body)
		if err != nil {
			return fmt.Errorf("write the proof of %s: %w", p.Name, err)
		}
		have := t.proofs[p.ProofKey]
		if have == nil {
			have = &ctem.Proved{ProofKey: p.ProofKey, Place: p.Place}
			t.proofs[p.ProofKey] = have
		}
		last := len(have.Pieces) - 1
		if last >= 0 && have.Pieces[last].To.Equal(from) && have.Pieces[last].Finding == p.Finding && bytes.Equal(have.Pieces[last].Body, text) {
			have.Pieces[last].To = to
			continue
		}
		have.Pieces = append(have.Pieces, ctem.ProvedPiece{From: from, To: to, Finding: p.Finding, Body: text})
	}
	return nil
}

func (t *track) sorted() []ctem.Proved {
	out := make([]ctem.Proved, 0, len(t.proofs))
	for _, p := range t.proofs {
		out = append(out, *p)
	}
	slices.SortFunc(out, func(a, b ctem.Proved) int {
		return cmp.Or(doors.CompareKeys(&a.ProofKey, &b.ProofKey), cmp.Compare(a.Place, b.Place))
	})
	return out
}

package assess

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// Bounds of what is computed in part: with more weaknesses than that a place is
// computed as a whole; one part is so many places, and one run so many parts.
const (
	maxPartWeaknesses = 256
	maxPartPlaces     = 4096
	maxParts          = 8
)

// noteDifferences notes the weaknesses of each match that a component did not
// have before, has no longer, or has for another reason, and reports whether
// there are any. What nobody could decide shows at no place.
func noteDifferences(before, after *ctem.Matched, about map[string]bool) (differs bool) {
	had := make(map[string]*ctem.Match, len(before.Matches))
	for i := range before.Matches {
		had[before.Matches[i].Record] = &before.Matches[i]
	}
	note := func(m *ctem.Match) {
		differs = true
		for _, w := range m.Weaknesses {
			about[w] = true
		}
	}
	for i := range after.Matches {
		m := &after.Matches[i]
		was := had[m.Record]
		delete(had, m.Record)
		if was != nil && sameMatch(was, m) {
			continue
		}
		if was != nil {
			note(was)
		}
		note(m)
	}
	for _, m := range had {
		note(m)
	}
	return differs
}

func sameMatch(x, y *ctem.Match) bool {
	return x.Revision == y.Revision && x.Published.Equal(y.Published) && x.Withdrawn.Equal(y.Withdrawn) &&
		x.Reason == y.Reason && slices.Equal(x.Weaknesses, y.Weaknesses) && slices.Equal(x.Fixed, y.Fixed)
}

// leave puts off what changed: a few weaknesses at many places in parts, and
// else the places as a whole.
func leave(batch *ctem.AssessedBatch, weaknesses []string, places []int64) {
	if len(weaknesses) > maxPartWeaknesses {
		batch.Dirty = places
		return
	}
	for list := range slices.Chunk(places, maxPartPlaces) {
		batch.Parts = append(batch.Parts, ctem.Portion{Weaknesses: weaknesses, Places: list})
	}
}

// readParts computes what changed advisories left to be done. While one part is
// written, the next one is read and computed: neither reads what the other
// writes. What parts read of an exposure is what it says as long as nothing but
// them is at work, and two parts about the same computed from the same say the same.
func (s *Step) readParts(ctx context.Context) (done int, err error) {
	parts, err := s.Left.NextParts(ctx, maxParts)
	if err != nil || len(parts) == 0 {
		return 0, err
	}
	ready := make(chan ctem.AssessedBatch)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(ready)
		for _, part := range parts {
			batch, err := computed(ctx, s, part)
			if err != nil {
				return err
			}
			select {
			case ready <- batch:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	group.Go(func() error {
		for batch := range ready {
			if _, err := s.Exposures.CommitExposures(ctx, s.advance(), batch); err != nil {
				return err
			}
			done += max(len(batch.Places), len(batch.Dirty), 1)
		}
		return nil
	})
	return done, group.Wait()
}

// computed is everything about one part. Where something of it cannot be read,
// its places are left to be computed as a whole, which finds out which of them it is.
func computed(ctx context.Context, s *Step, part ctem.Portion) (ctem.AssessedBatch, error) {
	batch := ctem.AssessedBatch{Only: part.Weaknesses, PartsDone: []int64{part.ID}}
	err := s.assessPart(ctx, part, &batch)
	switch {
	case ctem.Unreadable(err):
		return ctem.AssessedBatch{Dirty: part.Places, PartsDone: batch.PartsDone}, nil
	case err != nil:
		return batch, fmt.Errorf("assess %d places again: %w", len(part.Places), err)
	}
	return batch, nil
}

// assessPart computes some weaknesses at some places. Nothing but the
// components that have them is looked at: what else the places are made of
// does not bear on these.
func (s *Step) assessPart(ctx context.Context, part ctem.Portion, batch *ctem.AssessedBatch) error {
	places, err := s.Twin.Places(ctx, part.Places)
	if err != nil {
		return err
	}
	w, err := s.linked(ctx, places)
	if err != nil {
		return err
	}
	components, err := s.Left.ComponentsWith(ctx, part.Weaknesses)
	if err != nil {
		return err
	}
	if w.Components, err = s.Matches.Matched(ctx, components); err != nil {
		return err
	}
	w.keepOnly(part.Weaknesses)
	standing, err := s.Exposures.ExposureKeys(ctx, part.Places, part.Weaknesses)
	if err != nil {
		return err
	}
	for _, p := range places {
		keepContents(p.Artifacts, w.Components)
		a := Timelines(p, w)
		a.Covers = nil
		batch.Places = append(batch.Places, a)
	}
	return s.retract(ctx, places, standing, batch)
}

// keepOnly drops from a world what is not about these weaknesses.
func (w *World) keepOnly(weaknesses []string) {
	about := make(map[string]bool, len(weaknesses))
	for _, n := range weaknesses {
		about[n] = true
	}
	for id, c := range w.Components {
		var kept []ctem.Match
		for _, m := range c.Matches {
			m.Weaknesses = slices.DeleteFunc(slices.Clone(m.Weaknesses), func(n string) bool { return !about[n] })
			if len(m.Weaknesses) > 0 {
				kept = append(kept, m)
			}
		}
		c.Matches = kept
		w.Components[id] = c
	}
	for id, a := range w.Artifacts {
		a.Contents = keptOf(&a, w.Components)
		w.Artifacts[id] = a
	}
	for _, list := range w.ByNameTag {
		keepContents(list, w.Components)
	}
}

func keepContents(list []twin.Artifact, components map[int64]ctem.Matched) {
	for i := range list {
		list[i].Contents = keptOf(&list[i], components)
	}
}

// keptOf lists what an artifact was made of, as far as it is one of these.
func keptOf(a *twin.Artifact, components map[int64]ctem.Matched) []twin.Contents {
	out := make([]twin.Contents, len(a.Contents))
	for i, c := range a.Contents {
		all := c.Components
		c.Components = nil
		for _, id := range all {
			if _, ok := components[id]; ok {
				c.Components = append(c.Components, id)
			}
		}
		out[i] = c
	}
	return out
}

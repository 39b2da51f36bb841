package discover

import (
	"context"

	"github.com/tidemark/tidemark/internal/twin"
)

// mend rebuilds the timelines that late evidence reaches into, from all their
// facts and marks: splicing the stored stretches would go wrong.
func (b *folding) mend(ctx context.Context) error {
	q := b.late
	if len(q.Claims)+len(q.Watches)+len(b.born) == 0 {
		return nil
	}
	for _, c := range b.born {
		q.MarksOf = append(q.MarksOf, c.watch)
	}
	known, err := b.read.Timelines(ctx, q)
	if err != nil {
		return err
	}
	marks := b.allMarks(known)
	byID := map[int64]*claimWork{}
	for _, c := range b.claims {
		byID[c.head.ID] = c
	}
	for _, tl := range known.Claims {
		facts := tl.Facts
		if c := byID[tl.Claim]; c != nil {
			facts = append(facts, c.facts...)
		}
		b.change(tl.Claim, tl.Held, Fold(facts, marks[tl.Watch]))
	}
	for _, c := range b.born {
		b.change(c.head.ID, nil, Fold(c.facts, marks[c.watch]))
	}
	return nil
}

// allMarks joins the stored marks with those of the batch, of complete
// snapshots only; the batch may have completed a stored one.
func (b *folding) allMarks(known twin.Timelines) map[int64][]twin.Mark {
	complete := map[int64]bool{}
	for id, s := range known.Snapshots {
		complete[id] = s.Complete()
	}
	for _, s := range b.snapshots {
		complete[s.ID] = s.Complete()
	}
	out := map[int64][]twin.Mark{}
	add := func(watch int64, marks []twin.Mark) {
		for _, m := range marks {
			if complete[m.Base] {
				out[watch] = append(out[watch], m)
			}
		}
	}
	for watch, marks := range known.Marks {
		add(watch, marks)
	}
	for watch, w := range b.watches {
		add(watch, w.marks)
	}
	return out
}

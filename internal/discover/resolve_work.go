package discover

import (
	"cmp"
	"context"
	"slices"

	"github.com/tidemark/tidemark/internal/twin"
)

// folding works out the timelines of a batch whose rows were all taken.
type folding struct {
	*batch
	read Evidences
	late twin.TimelineQuery // stored claims that have to be mended
	born []*claimWork       // new claims whose facts lie in the past
}

// work turns the taken rows into changes of timelines.
func (b *folding) work(ctx context.Context) error {
	for _, id := range b.order {
		w := b.watches[id]
		slices.SortFunc(w.marks, func(x, y twin.Mark) int { return x.Compare(y.Moment) })
		for _, m := range w.marks {
			b.res.Marks = append(b.res.Marks, twin.WatchMark{Watch: id, Mark: m})
		}
		if b.lateWatch(w) {
			b.late.Watches = append(b.late.Watches, id)
			b.born = append(b.born, w.newClaims()...)
		} else if err := b.extend(ctx, w); err != nil {
			return err
		}
		b.res.Horizons = append(b.res.Horizons, b.horizon(w))
	}
	for _, s := range b.snapshots {
		b.res.Snapshots = append(b.res.Snapshots, *s)
	}
	slices.SortFunc(b.res.Snapshots, func(x, y twin.SnapshotHead) int {
		return cmp.Or(cmp.Compare(x.Watch, y.Watch), cmp.Compare(x.Name, y.Name))
	})
	return b.mend(ctx)
}

// newClaims are the claims that the twin has not held yet.
func (w *watchWork) newClaims() (out []*claimWork) {
	for _, c := range w.claims {
		if c.head.ID < 0 {
			out = append(out, c)
		}
	}
	return out
}

// complete are the marks of the batch that may prove absence.
func (b *folding) complete(w *watchWork) (out []twin.Mark) {
	ready := map[int64]bool{}
	for key, s := range b.snapshots {
		ready[s.ID] = key.Watch == w.watch && s.Complete()
	}
	for _, m := range w.marks {
		if ready[m.Base] {
			out = append(out, m)
		}
	}
	return out
}

// lateWatch reports whether the batch brings something that may change the
// past of every claim of the watch: a mark from before what is known, or the
// last member or marker of a snapshot that marks had named before.
func (b *folding) lateWatch(w *watchWork) bool {
	for key, s := range b.snapshots {
		was := b.before[key]
		if key.Watch == w.watch && was.Expected != twin.MarkerMissing && !was.Complete() && s.Complete() {
			return true
		}
	}
	h, known := b.present.Horizons[w.watch]
	if !known {
		return false
	}
	return slices.ContainsFunc(b.complete(w), func(m twin.Mark) bool {
		return !m.At.After(h.MarkAt) || compareEvents(event{moment: m.Moment, mark: true}, event{moment: h.Fact}) < 0
	})
}

// extend plays what comes after all that is known of the watch; claims with
// late facts are left to be mended.
func (b *folding) extend(ctx context.Context, w *watchWork) error {
	marks := b.complete(w)
	isLate := map[int64]bool{}
	for _, c := range w.claims {
		if !b.lateClaim(c) {
			continue
		}
		isLate[c.head.ID] = true
		if c.head.ID < 0 {
			b.born = append(b.born, c)
			continue
		}
		b.late.Claims = append(b.late.Claims, c.head.ID)
	}
	scope, err := b.scope(ctx, w, marks)
	if err != nil {
		return err
	}
	for _, c := range scope.claims {
		if isLate[c.head.ID] {
			continue
		}
		l := line{}
		var before []twin.Held
		if c.head.Current != nil {
			before = []twin.Held{*c.head.Current}
			l.spans = []twin.Span{c.head.Current.Span}
		}
		l.play(scope.events(c, marks))
		b.change(c.head.ID, before, l.spans)
	}
	return nil
}

// lateClaim reports whether a fact of the batch does not come after all that
// was known of its claim and after the newest mark of its watch.
func (b *folding) lateClaim(c *claimWork) bool {
	h := b.present.Horizons[c.watch]
	return slices.ContainsFunc(c.facts, func(f twin.Fact) bool {
		return !h.MarkAt.IsZero() && !f.At.After(h.MarkAt) || !c.head.Last.IsZero() && !f.At.After(c.head.Last)
	})
}

// scope is what the marks of a batch can touch: the claims of the watch that
// are live, are new in the batch, or were members of the snapshots named.
type scope struct {
	claims  []*claimWork
	members map[int64]map[int64]int64 // snapshot → claim → state, resolved before
}

func (b *folding) scope(ctx context.Context, w *watchWork, marks []twin.Mark) (scope, error) {
	s := scope{claims: w.claims}
	if len(marks) == 0 || b.stillSo(w, marks) {
		return s, nil
	}
	var bases []int64
	for _, m := range marks {
		if m.Base > 0 && !slices.Contains(bases, m.Base) {
			bases = append(bases, m.Base)
		}
	}
	state, err := b.read.WatchState(ctx, w.watch, bases)
	if err != nil {
		return s, err
	}
	s.members = state.Members
	have := map[int64]bool{}
	for _, c := range s.claims {
		have[c.head.ID] = true
	}
	add := func(head twin.ClaimHead) {
		if !have[head.ID] {
			have[head.ID] = true
			s.claims = append(s.claims, &claimWork{head: head, watch: w.watch})
		}
	}
	for _, head := range state.Live {
		add(head)
	}
	for _, base := range bases {
		for _, id := range sortedKeys(state.Members[base]) {
			add(twin.ClaimHead{ID: id})
		}
	}
	return s, nil
}

func sortedKeys(m map[int64]int64) []int64 {
	keys := make([]int64, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// stillSo reports whether the marks only say again what the newest mark said,
// with no fact since: then no claim can change.
func (b *folding) stillSo(w *watchWork, marks []twin.Mark) bool {
	h, ok := b.present.Horizons[w.watch]
	if !ok || h.MarkBase == 0 || len(w.claims) > 0 || h.Fact.At.After(h.MarkAt) {
		return false
	}
	return !slices.ContainsFunc(marks, func(m twin.Mark) bool { return m.Base != h.MarkBase })
}

// events are the facts of a claim and the marks of its watch, as it sees them.
func (s scope) events(c *claimWork, marks []twin.Mark) []event {
	out := make([]event, 0, len(c.facts)+len(marks))
	for _, f := range c.facts {
		out = append(out, event{moment: f.Moment, state: f.State})
	}
	for _, m := range marks {
		out = append(out, event{moment: m.Moment, mark: true, state: s.stateIn(c, m.Base)})
	}
	return out
}

// stateIn is the state that a snapshot gave a claim, 0 when it has none there.
func (s scope) stateIn(c *claimWork, base int64) int64 {
	state := s.members[base][c.head.ID]
	var newest *twin.Fact
	for i := range c.facts {
		f := &c.facts[i]
		if f.Snapshot == base && (newest == nil || newest.Before(f.Moment)) {
			newest, state = f, f.State
		}
	}
	return state
}

// horizon moves a watch's horizon by what the batch brought.
func (b *folding) horizon(w *watchWork) twin.Horizon {
	h := b.present.Horizons[w.watch]
	h.Watch = w.watch
	complete := b.complete(w)
	for _, m := range w.marks {
		if m.At.Before(h.MarkAt) {
			continue
		}
		h.MarkAt, h.MarkBase = m.At, 0
		if slices.ContainsFunc(complete, func(c twin.Mark) bool { return c.Base == m.Base }) {
			h.MarkBase = m.Base
		}
	}
	for _, c := range w.claims {
		for _, f := range c.facts {
			if h.Fact.Before(f.Moment) {
				h.Fact = f.Moment
			}
		}
	}
	return h
}

// change notes that a claim's timeline is no longer what was held.
func (b *folding) change(claim int64, before []twin.Held, after []twin.Span) {
	same := slices.EqualFunc(before, after, func(h twin.Held, s twin.Span) bool {
		return h.State == s.State && h.From.Equal(s.From) && h.To.Equal(s.To)
	})
	if !same {
		b.res.Changes = append(b.res.Changes, twin.ClaimChange{Claim: claim, Before: before, After: after})
	}
}

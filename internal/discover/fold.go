package discover

import (
	"cmp"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/twin"
)

// Fold turns everything known about one claim into the stretches of time in
// which it was so. The order of facts and marks does not matter: they are put
// in the order of their moments. A fact asserts its state; one without a state
// is a tombstone and ends the claim. A mark asserts the state that its base
// snapshot gave the claim, and ends a claim of which that snapshot has none.
// Only marks of complete snapshots may be passed.
func Fold(facts []twin.Fact, marks []twin.Mark) []twin.Span {
	members := map[int64]twin.Fact{}
	events := make([]event, 0, len(facts)+len(marks))
	for _, f := range facts {
		events = append(events, event{moment: f.Moment, state: f.State})
		if last, ok := members[f.Snapshot]; !ok || last.Before(f.Moment) {
			members[f.Snapshot] = f
		}
	}
	for _, m := range marks {
		state := int64(0)
		if f, ok := members[m.Base]; ok && m.Base != 0 {
			state = f.State
		}
		events = append(events, event{moment: m.Moment, mark: true, state: state})
	}
	var l line
	l.play(events)
	return l.spans
}

// event is a fact or a mark, as one claim sees it. State 0 ends the claim.
type event struct {
	moment twin.Moment
	mark   bool
	state  int64
}

// compareEvents orders events by moment; a mark follows the facts of its time
// and counters, because its members may be observed when it is.
func compareEvents(a, b event) int {
	return cmp.Or(a.moment.At.Compare(b.moment.At), cmp.Compare(a.moment.Epoch, b.moment.Epoch),
		cmp.Compare(a.moment.SourceSeq, b.moment.SourceSeq), compareBool(a.mark, b.mark),
		cmp.Compare(a.moment.Order, b.moment.Order), cmp.Compare(a.state, b.state))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// line is a timeline in the making. The last span is open while its To is zero.
type line struct {
	spans []twin.Span
}

func (l *line) play(events []event) {
	slices.SortFunc(events, compareEvents)
	for _, e := range events {
		l.become(e.state, e.moment.At)
	}
}

// become lets the claim be in a state from a time on; 0 is absent.
func (l *line) become(state int64, at time.Time) {
	last := l.open()
	if last != nil && last.State == state {
		return
	}
	if last != nil {
		l.end(at)
	}
	if state == 0 {
		return
	}
	if n := len(l.spans); n > 0 && l.spans[n-1].To.Equal(at) && l.spans[n-1].State == state {
		l.spans[n-1].To = time.Time{} // it was interrupted for no time at all
		return
	}
	l.spans = append(l.spans, twin.Span{From: at, State: state})
}

func (l *line) open() *twin.Span {
	if n := len(l.spans); n > 0 && l.spans[n-1].To.IsZero() {
		return &l.spans[n-1]
	}
	return nil
}

// end closes the open span; one that lasted no time was never so.
func (l *line) end(at time.Time) {
	n := len(l.spans) - 1
	if l.spans[n].From.Equal(at) {
		l.spans = l.spans[:n]
		return
	}
	l.spans[n].To = at
}

package ctem

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/twin"
)

// Thing is something of the twin that is no workload, as its sources together
// say it is at the time asked for.
type Thing struct {
	twin.Resource            // in the words of Source
	Scope         string     // where it is; "" for kinds that are the same everywhere
	Source        string     // the freshest of those who know best
	Sources       []string   // all that say that it is there, sorted
	Class         twin.Class // observed when any run-time source says so
	Freshness     twin.Freshness
	SeenAt        time.Time
	Since         time.Time // from when it is as Source says
	// Traffic is what Source measured of it by itself; nil: nothing.
	Traffic *twin.Traffic
}

// End is what edges call the thing.
func (t *Thing) End() twin.End { return t.Self(t.Scope) }

// KindCount is a kind of things with how many there are.
type KindCount struct {
	Kind  string
	Count int
}

// SourceLife is what a source speaks of, and how it did over time.
type SourceLife struct {
	Kinds     map[string]int // claims that hold, by kind: workloads and things
	Stretches []twin.Coverage
	Rejected  []twin.Rejection // newest first
	Trouble   []twin.Rejection // what it says that it cannot see
	Left      []twin.LeftOut   // what was left out of what it gave, the most first
}

// Edge is one edge as one source says it.
type Edge struct {
	Rel        twin.Rel
	Holder, To twin.End
	Source     string
	Class      twin.Class
	Since      time.Time
	SeenAt     time.Time
	Flow       *twin.Flow // where the holder is a flow
}

// ThingSpan is a stretch of time in which one source said the same of one thing
// or workload.
type ThingSpan struct {
	Source, Scope string
	Class         twin.Class
	From, To      time.Time // half-open; zero To: still so
	RecordedFrom  time.Time
	LearnedTo     time.Time // when its end was learned; zero: it goes on
	Freshness     twin.Freshness
	SeenAt        time.Time
	Media         twin.Media
	Body          []byte
}

// ValidAt reports whether the stretch holds at a time.
func (s *ThingSpan) ValidAt(t time.Time) bool {
	return !s.From.After(t) && (s.To.IsZero() || t.Before(s.To))
}

// ThingOf joins what sources say of one thing at a time: who sees it at run time
// knows best, of these the one seen last. Where nobody says anything any more it is
// as it last was; live is false then.
func ThingOf(end twin.End, spans []ThingSpan, at time.Time) (t Thing, live bool) {
	t.Kind, t.Name, t.Scope = end.Kind, end.Name, end.Scope
	var best *ThingSpan
	for i := range spans {
		s := &spans[i]
		holds := s.ValidAt(at)
		if holds && !live {
			live, best, t.Sources = true, nil, nil
		}
		if live && !holds {
			continue
		}
		if !slices.Contains(t.Sources, s.Source) {
			t.Sources = append(t.Sources, s.Source)
		}
		if best == nil || !live && s.From.After(best.From) || live && s.knowsMore(best) {
			best = s
		}
	}
	slices.Sort(t.Sources)
	if best == nil {
		return t, false
	}
	t.Source, t.Class, t.Freshness, t.SeenAt, t.Since = best.Source, best.Class, best.Freshness, best.SeenAt, best.From
	if best.Media != twin.MediaResource || json.Unmarshal(best.Body, &t.Resource) != nil {
		t.Spec = best.Body
	}
	return t, live
}

func (s *ThingSpan) knowsMore(than *ThingSpan) bool {
	if (s.Class == twin.Observed) != (than.Class == twin.Observed) {
		return s.Class == twin.Observed
	}
	return s.SeenAt.After(than.SeenAt)
}

// ThingChange is one thing that differs between two times, by the states that its
// sources gave it.
type ThingChange struct {
	End           twin.End
	Before, After []int64   // ids of states at both times, in the order of their sources
	At            time.Time // when it became as it is at the later time, as far as its claims go on
	Sources       []string  // at the later time, else at the earlier one
}

// Change says what happened to it.
func (c *ThingChange) Change() ChangeWord { return ChangeOf(len(c.Before) > 0, len(c.After) > 0) }

// ChangeWord says how something differs between two times.
type ChangeWord string

// The changes.
const (
	ChangeAdded   ChangeWord = "added"
	ChangeRemoved ChangeWord = "removed"
	ChangeChanged ChangeWord = "changed"
)

// ChangeOf names a difference by whether there was something, and is.
func ChangeOf(before, after bool) ChangeWord {
	switch {
	case !before:
		return ChangeAdded
	case !after:
		return ChangeRemoved
	}
	return ChangeChanged
}

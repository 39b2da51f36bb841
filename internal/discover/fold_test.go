package discover

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tidemark/tidemark/internal/twin"
)

func fact(h int, state, snapshot int64) twin.Fact {
	return twin.Fact{Moment: twin.Moment{At: hour(h)}, State: state, Snapshot: snapshot}
}

func mark(h int, base int64) twin.Mark {
	return twin.Mark{Moment: twin.Moment{At: hour(h)}, Base: base}
}

func span(from, to int, state int64) twin.Span {
	s := twin.Span{From: hour(from), State: state}
	if to > 0 {
		s.To = hour(to)
	}
	return s
}

func TestFold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		facts []twin.Fact
		marks []twin.Mark
		want  []twin.Span
	}{
		{"nothing", nil, nil, nil},
		{"marks_alone", nil, []twin.Mark{mark(1, 1)}, nil},
		{"one_fact", []twin.Fact{fact(1, 7, 0)}, nil, []twin.Span{span(1, 0, 7)}},
		{"the_same_again", []twin.Fact{fact(1, 7, 0), fact(4, 7, 0)}, nil, []twin.Span{span(1, 0, 7)}},
		{"change", []twin.Fact{fact(4, 8, 0), fact(1, 7, 0)}, nil, []twin.Span{span(1, 4, 7), span(4, 0, 8)}},
		{"A_B_A", []twin.Fact{fact(1, 7, 0), fact(3, 7, 0), fact(2, 8, 0)}, nil, []twin.Span{span(1, 2, 7), span(2, 3, 8), span(3, 0, 7)}},
		{"tombstone", []twin.Fact{fact(1, 7, 0), fact(3, 0, 0)}, nil, []twin.Span{span(1, 3, 7)}},
		{"back_after_a_tombstone", []twin.Fact{fact(1, 7, 0), fact(3, 0, 0), fact(5, 7, 0)}, nil, []twin.Span{span(1, 3, 7), span(5, 0, 7)}},
		{"member_kept_by_its_marker", []twin.Fact{fact(1, 7, 1)}, []twin.Mark{mark(1, 1)}, []twin.Span{span(1, 0, 7)}},
		{"omitted", []twin.Fact{fact(1, 7, 1)}, []twin.Mark{mark(1, 1), mark(5, 2)}, []twin.Span{span(1, 5, 7)}},
		{"late_before_the_omission", []twin.Fact{fact(3, 7, 0)}, []twin.Mark{mark(5, 2)}, []twin.Span{span(3, 5, 7)}},
		{
			"repeat_asserts_again",
			[]twin.Fact{fact(1, 7, 1), fact(3, 8, 0)},
			[]twin.Mark{mark(1, 1), mark(5, 1)},
			[]twin.Span{span(1, 3, 7), span(3, 5, 8), span(5, 0, 7)},
		},
		{"omitted_then_repeated", []twin.Fact{fact(1, 7, 1)}, []twin.Mark{mark(1, 1), mark(3, 2), mark(5, 1)}, []twin.Span{span(1, 3, 7), span(5, 0, 7)}},
		{
			"no_time_at_all",
			[]twin.Fact{fact(1, 7, 0), {Moment: twin.Moment{At: hour(3), SourceSeq: 1}, State: 8}, {Moment: twin.Moment{At: hour(3), SourceSeq: 2}, State: 7}},
			nil,
			[]twin.Span{span(1, 0, 7)},
		},
		{"epoch_before_sequence", []twin.Fact{
			{Moment: twin.Moment{At: hour(3), Epoch: 2, SourceSeq: 1}, State: 8},
			{Moment: twin.Moment{At: hour(3), Epoch: 1, SourceSeq: 9}, State: 7},
		}, nil, []twin.Span{span(3, 0, 8)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, Fold(c.facts, c.marks)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// history draws facts and marks with distinct moments.
func history(t *rapid.T) (facts []twin.Fact, marks []twin.Mark) {
	n := rapid.IntRange(0, 12).Draw(t, "n")
	for i := range n {
		m := twin.Moment{At: hour(rapid.IntRange(1, 8).Draw(t, "hour")), Order: int64(i + 1)}
		if rapid.Bool().Draw(t, "mark") {
			marks = append(marks, twin.Mark{Moment: m, Base: int64(rapid.IntRange(1, 3).Draw(t, "base"))})
			continue
		}
		facts = append(facts, twin.Fact{Moment: m, State: int64(rapid.IntRange(0, 3).Draw(t, "state")), Snapshot: int64(rapid.IntRange(0, 3).Draw(t, "snapshot"))})
	}
	return facts, marks
}

func TestFoldDoesNotKnowTheOrderOfArrival(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		facts, marks := history(t)
		want := Fold(slices.Clone(facts), slices.Clone(marks))
		got := Fold(rapid.Permutation(facts).Draw(t, "facts"), rapid.Permutation(marks).Draw(t, "marks"))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("another order, another timeline:\n%s", diff)
		}
	})
}

func TestFoldIsCanonical(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		facts, marks := history(t)
		spans := Fold(facts, marks)
		for i, s := range spans {
			if s.State == 0 || !s.To.IsZero() && !s.From.Before(s.To) || s.To.IsZero() && i != len(spans)-1 {
				t.Fatalf("span %d of %v is none", i, spans)
			}
			if i == 0 {
				continue
			}
			if p := spans[i-1]; p.To.After(s.From) || p.To.Equal(s.From) && p.State == s.State {
				t.Fatalf("span %d of %v overlaps or repeats the one before", i, spans)
			}
		}
	})
}

// TestFoldAgreesWithAPointwiseReading compares with the plainest definition:
// the last event at or before a time decides what was so then.
func TestFoldAgreesWithAPointwiseReading(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		facts, marks := history(t)
		spans := Fold(facts, marks)
		for h := range 10 {
			at := hour(h).Add(30 * time.Minute)
			var got int64
			for _, s := range spans {
				if !s.From.After(at) && (s.To.IsZero() || at.Before(s.To)) {
					got = s.State
				}
			}
			if want := pointwise(facts, marks, at); got != want {
				t.Fatalf("at %v the state is %d, want %d", at, got, want)
			}
		}
	})
}

func pointwise(facts []twin.Fact, marks []twin.Mark, at time.Time) (state int64) {
	var last *twin.Moment
	lastIsMark := false
	for i := range facts {
		m := &facts[i].Moment
		if !m.At.After(at) && (last == nil || last.Before(*m)) {
			last, state = m, facts[i].State
		}
	}
	for i := range marks {
		m := &marks[i]
		if m.At.After(at) || last != nil && (m.At.Before(last.At) || lastIsMark && m.At.Equal(last.At) && m.Before(*last)) {
			continue
		}
		last, lastIsMark, state = &m.Moment, true, memberState(facts, m.Base)
	}
	return state
}

func memberState(facts []twin.Fact, base int64) (state int64) {
	var last *twin.Moment
	for i := range facts {
		if facts[i].Snapshot == base && (last == nil || last.Before(facts[i].Moment)) {
			last, state = &facts[i].Moment, facts[i].State
		}
	}
	return state
}

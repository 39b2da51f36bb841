package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tidemark/tidemark/internal/twin"
)

func TestMendCoverage(t *testing.T) {
	t.Parallel()
	const h = int64(time.Hour / time.Microsecond)
	s := func(since, seen int64) stretch { return stretch{since * h, seen * h, h} }
	for _, c := range []struct {
		name  string
		have  []stretch
		signs []int64
		want  []stretch
	}{
		{"first", nil, []int64{5}, []stretch{s(5, 5)}},
		{"later", []stretch{s(5, 6)}, []int64{8}, []stretch{s(5, 8)}},
		{"never_backwards", []stretch{s(5, 9)}, []int64{7}, []stretch{s(5, 9)}},
		{"at_the_gap", []stretch{s(5, 6)}, []int64{9}, []stretch{s(5, 9)}},
		{"after_the_gap", []stretch{s(5, 6)}, []int64{10}, []stretch{s(5, 6), s(10, 10)}},
		{"late_before", []stretch{s(5, 6)}, []int64{3}, []stretch{s(3, 6)}},
		{"late_far_before", []stretch{s(9, 9)}, []int64{3}, []stretch{s(3, 3), s(9, 9)}},
		{"joins_two", []stretch{s(1, 2), s(8, 9)}, []int64{5}, []stretch{s(1, 9)}},
		{"many", nil, []int64{1, 2, 3, 20, 21}, []stretch{s(1, 3), s(20, 21)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var signs []sighting
			for _, at := range c.signs {
				signs = append(signs, sighting{at * h, h})
			}
			if diff := cmp.Diff(c.want, mendCoverage(c.have, signs), cmp.AllowUnexported(stretch{})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestCoverageDoesNotKnowTheOrderOfArrival(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		times := rapid.SliceOfN(rapid.Int64Range(0, 40), 1, 12).Draw(t, "times")
		play := func(list []int64) (out []stretch) {
			for _, at := range list {
				out = mendCoverage(out, []sighting{{at, 1}})
			}
			return out
		}
		want := play(times)
		if diff := cmp.Diff(want, play(rapid.Permutation(times).Draw(t, "order")), cmp.AllowUnexported(stretch{})); diff != "" {
			t.Fatalf("another order, another coverage:\n%s", diff)
		}
	})
}

// at makes a time of a small number of hours.
func at(h int64) time.Time { return time.UnixMicro(h * 3_600_000_000).UTC() }

func spanOf(from, to, state int64) twin.Span {
	s := twin.Span{From: at(from), State: state}
	if to > 0 {
		s.To = at(to)
	}
	return s
}

func heldOf(from, to, state int64) twin.Held {
	return twin.Held{Span: spanOf(from, to, state), RecordedFrom: at(from)}
}

func TestTwinDiff(t *testing.T) {
	t.Parallel()
	us := func(h int64) int64 { return at(h).UnixMicro() }
	const now = 99
	for _, c := range []struct {
		name   string
		before []twin.Held
		after  []twin.Span
		want   twinDiff
	}{
		{"first", nil, []twin.Span{spanOf(1, 0, 7)}, twinDiff{current: []currentRow{{1, 7, us(1), now}}}},
		{"an_ordinary_change_is_one_row", []twin.Held{heldOf(1, 0, 7)}, []twin.Span{spanOf(1, 5, 7), spanOf(5, 0, 8)}, twinDiff{
			history: []historyRow{{1, us(1), us(1), us(5), 0, now, 7}}, current: []currentRow{{1, 8, us(5), now}}}},
		{"end", []twin.Held{heldOf(1, 0, 7)}, []twin.Span{spanOf(1, 5, 7)}, twinDiff{
			history: []historyRow{{1, us(1), us(1), us(5), 0, now, 7}}, gone: []int64{1}}},
		{"mend", []twin.Held{heldOf(1, 5, 7), heldOf(5, 0, 8)}, []twin.Span{spanOf(1, 3, 7), spanOf(3, 5, 9), spanOf(5, 0, 8)}, twinDiff{
			history:    []historyRow{{1, us(1), now, us(3), 0, now, 7}, {1, us(3), now, us(5), 0, now, 9}},
			superseded: []supersede{{1, us(1), us(1)}}}},
		{"wrong_current", []twin.Held{heldOf(5, 0, 8)}, []twin.Span{spanOf(3, 0, 8)}, twinDiff{
			history: []historyRow{{1, us(5), us(5), forever, now, forever, 8}}, current: []currentRow{{1, 8, us(3), now}}}},
		{"same", []twin.Held{heldOf(1, 5, 7)}, []twin.Span{spanOf(1, 5, 7)}, twinDiff{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var d twinDiff
			d.add(twin.ClaimChange{Claim: 1, Before: c.before, After: c.after}, 0, now)
			opt := cmp.AllowUnexported(twinDiff{}, historyRow{}, currentRow{}, supersede{})
			if diff := cmp.Diff(c.want, d, opt); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func FuzzUnpackGraph(f *testing.F) {
	f.Add(packGraph([]int64{3, 1, 9}, []twin.Dependency{{From: -1, To: []int{0, 2}}, {From: 0, To: []int{1}}}))
	f.Add(packGraph(nil, nil))
	f.Add([]byte{255, 255, 255, 255, 15})
	f.Fuzz(func(t *testing.T, b []byte) {
		parts, deps, err := unpackGraph(b)
		if err != nil {
			return
		}
		again, deps2, err := unpackGraph(packGraph(parts, deps))
		if err != nil || !cmp.Equal(parts, again) || !cmp.Equal(deps, deps2) {
			t.Errorf("%v %v became %v %v, %v", parts, deps, again, deps2, err)
		}
	})
}

func FuzzUnpackBody(f *testing.F) {
	for _, body := range [][]byte{nil, []byte("short"), make([]byte, 5000)} {
		packing, data, err := pack(body)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packing, data, int64(len(body)))
	}
	f.Add(packFlate, []byte("not deflated"), int64(1<<40))
	f.Fuzz(func(t *testing.T, packing string, data []byte, size int64) {
		out, err := unpack(packing, data, size%100_000)
		if err == nil && packing == packFlate && int64(len(out)) != size%100_000 {
			t.Errorf("%d bytes, want %d", len(out), size)
		}
	})
}

package evidencedb

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

// A sighting that comes twice counts once, also in one batch.
func TestMendSeen(t *testing.T) {
	t.Parallel()
	h := twin.EdgeEvery.Microseconds()
	s := func(since, last, calls int64) seen { return seen{since * h, last * h, calls, 10 * calls} }
	for _, c := range []struct {
		name             string
		have, told, want []seen
	}{
		{"first", nil, []seen{s(1, 2, 3)}, []seen{s(1, 2, 3)}},
		{"twice_in_one", nil, []seen{s(1, 2, 3), s(1, 2, 3)}, []seen{s(1, 2, 3)}},
		{"two_in_one", nil, []seen{s(2, 3, 4), s(1, 2, 3)}, []seen{s(1, 3, 7)}},
		{"known", []seen{s(1, 2, 3)}, []seen{s(1, 2, 3)}, []seen{s(1, 2, 3)}},
		{"known_and_more", []seen{s(1, 2, 3)}, []seen{s(2, 3, 4), s(1, 2, 3), s(2, 3, 4)}, []seen{s(1, 3, 7)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, mendSeen(c.have, c.told), cmp.AllowUnexported(seen{})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

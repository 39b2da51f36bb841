package risk

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func ofScore(xr float64) float64 { return math.Exp2((xr - MaxScore) / pointsPerDouble) }

func many(n int, r float64) []float64 { return slices.Repeat([]float64{r}, n) }

func TestAggregatePublished(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rs   []float64
		want int
	}{
		"none":                         {nil, 0},
		"one-900-and-99-of-100":        {append(many(99, ofScore(100)), ofScore(900)), 900},
		"a-group-of-700-whatever-runs": {many(1, ofScore(700)), 700},
		"50-ungrouped-of-700":          {many(50, ofScore(700)), 956},
		"one-of-a-hundredth":           {[]float64{1e-2}, 668},
		"and-1000-of-1e-5":             {append(many(1000, 1e-5), 1e-2), 717},
		"certain":                      {[]float64{1, .5}, 1000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, got := Aggregate(c.rs); got != c.want {
				t.Errorf("score %d, want %d", got, c.want)
			}
		})
	}
}

func TestAggregateLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		rs := rapid.SliceOf(rapid.Float64Range(0, 1)).Draw(rt, "rs")
		r, score := Aggregate(rs)
		more, higher := Aggregate(append(slices.Clone(rs), rapid.Float64Range(0, 1).Draw(rt, "one more")))
		if more < r-1e-12 || higher < score {
			rt.Fatalf("adding a finding took %g (%d) to %g (%d)", r, score, more, higher)
		}
		if len(rs) > 0 && r < slices.Max(rs) {
			rt.Fatalf("%g is below the worst, %g", r, slices.Max(rs))
		}
		shuffled := rapid.Permutation(rs).Draw(rt, "order")
		if other, _ := Aggregate(shuffled); other != r {
			rt.Fatalf("order matters: %g and %g", r, other)
		}
		if r < 0 || r > 1 {
			rt.Fatalf("R is %g", r)
		}
	})
}

package risk

import (
	"math"
	"slices"
)

// Aggregate joins the risks of groups (one for each exposure, replicas are not
// groups of their own) into that of a workload, a product or an organisation:
// R = 1 - Π(1-r), and its score. Adding a group never lowers it, it is never
// below the worst one, and the order does not matter.
func Aggregate(rs []float64) (r float64, score int) {
	r = combine(rs)
	return r, int(math.Round(Points(r)))
}

// combine is noisy-OR. The terms are summed from the smallest, so that the
// order of the input cannot change a digit and tiny risks are not lost.
func combine(rs []float64) float64 {
	sorted := slices.Clone(rs)
	slices.Sort(sorted)
	sum, worst := 0.0, 0.0
	for _, r := range sorted {
		r = math.Max(0, math.Min(1, r))
		sum += math.Log1p(-r)
		worst = math.Max(worst, r)
	}
	return math.Max(worst, -math.Expm1(sum))
}

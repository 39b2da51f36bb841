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
	var sum Sum
	for _, r := range sorted {
		sum.Add(r)
	}
	total, _ := sum.Total()
	return total
}

// Sum is a noisy-OR to which risks are added one by one. Unlike Aggregate its
// last digits depend on the order; the zero value is no risk at all.
type Sum struct{ log, worst float64 }

// Add adds the risk of one group.
func (s *Sum) Add(r float64) {
	r = math.Max(0, math.Min(1, r))
	s.log += math.Log1p(-r)
	s.worst = math.Max(s.worst, r)
}

// Total is the joined risk and its score.
func (s *Sum) Total() (r float64, score int) {
	r = math.Max(s.worst, -math.Expm1(s.log))
	return r, int(math.Round(Points(r)))
}

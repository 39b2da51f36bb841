package risk

import (
	"math"
	"sort"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// The names of the bars, in the order of the waterfall.
const (
	NameStart         = "start"
	nameThreat        = "threat"
	nameExposure      = "exposure"
	NameRunTime       = "run time"
	nameCode          = "code"
	namePreconditions = "preconditions"
	nameControls      = "controls"
	nameImpact        = "impact"
	nameCascade       = "cascade"
	nameValidation    = "validation"
	nameFloor         = "floor"   // what a score below 0 is lifted by
	nameCeiling       = "ceiling" // what a score above 1000 is lowered by
	NameNotRunning    = "not running"
	NameClosed        = "closed"
)

// nothing stands for a factor of zero, whose logarithm has no points: one in a
// billion is below the scale whatever the other factors are.
const nothing = 1e-9

// bar is one factor on its way into the waterfall.
type bar struct {
	name      string
	estimate  Estimate
	low, mode float64 // multipliers of r
	high      float64
	raw       float64 // points before they are made whole
}

type named struct {
	name     string
	estimate Estimate
}

func (in Inputs) list() []named {
	return []named{
		{nameThreat, in.Threat},
		{nameExposure, in.Exposure},
		{NameRunTime, in.RunTime},
		{nameCode, in.Code},
		{namePreconditions, in.Preconditions},
		{nameControls, in.Controls},
		{nameImpact, in.Impact},
		{nameCascade, in.Cascade},
		{nameValidation, in.Validation},
	}
}

// bars turns the factors into multipliers of r. A run time of zero multiplies
// by one: what stops it is a bar of its own.
func (in Inputs) bars() []bar {
	factors := in.list()
	bars := make([]bar, 0, len(factors)+1)
	for _, f := range factors {
		b := bar{name: f.name, estimate: f.estimate, low: f.estimate.Low, mode: f.estimate.Mode, high: f.estimate.High}
		switch {
		case f.name == nameCascade:
			l := math.Max(in.Impact.Mode, nothing)
			b.low, b.mode, b.high = spread(l, b.low), spread(l, b.mode), spread(l, b.high)
		case f.name == NameRunTime && b.mode == 0:
			b.low, b.mode, b.high = 1, 1, 1
		}
		b.mode = math.Max(b.mode, nothing)
		b.raw = pointsPerDouble * math.Log2(b.mode)
		bars = append(bars, b)
	}
	return bars
}

// spread is what a cascade of probability k multiplies a loss l by.
func spread(l, k float64) float64 { return (l + (1-l)*k) / l }

// closing is the bar that takes the score to zero, whatever the factors are.
func (in Inputs) closing(raw float64) (bar, bool) {
	switch {
	case in.Closed != "":
		return bar{name: NameClosed, raw: -raw, estimate: Estimate{Evidence: in.Closed}}, true
	case in.RunTime.Mode == 0:
		return bar{name: NameNotRunning, raw: -raw, estimate: in.RunTime}, true
	}
	return bar{}, false
}

// clampBar is the bar that holds the score within its scale.
func clampBar(raw float64) (bar, bool) {
	switch {
	case raw < 0:
		return bar{name: nameFloor, raw: -raw, estimate: Estimate{Mode: 1, Low: 1, High: 1, Evidence: "one in a million or less counts as 0"}}, true
	case raw > MaxScore:
		return bar{name: nameCeiling, raw: MaxScore - raw, estimate: Estimate{Mode: 1, Low: 1, High: 1, Evidence: "certain total loss is 1000"}}, true
	}
	return bar{}, false
}

// interval is the 80 % interval of the score. The percentiles of the factors
// are independent errors on the logarithmic scale, so their distances from the
// value add in quadrature.
func interval(bars []bar, raw float64) (low, high int) {
	var down, up float64
	for _, b := range bars {
		down += square(pointsPerDouble * math.Log2(b.mode/math.Max(math.Min(b.low, b.mode), nothing)))
		up += square(pointsPerDouble * math.Log2(math.Max(b.high, b.mode)/b.mode))
	}
	return clamp(raw - math.Sqrt(down)), clamp(raw + math.Sqrt(up))
}

func square(x float64) float64 { return x * x }

// waterfall makes the bars' points whole numbers that add up to the score: each
// is rounded down, and what is missing goes to those with the greatest
// remainders, the earlier one first among equals.
func waterfall(bars []bar, score int) []ctem.Factor {
	factors := make([]ctem.Factor, 0, len(bars)+1)
	factors = append(factors, ctem.Factor{Name: NameStart, Value: 1, Low: 1, High: 1, Points: MaxScore, Evidence: "certain total loss"})
	missing := score - MaxScore
	order := make([]int, len(bars))
	rest := make([]float64, len(bars))
	for i, b := range bars {
		whole := math.Floor(b.raw)
		order[i], rest[i] = i, b.raw-whole
		missing -= int(whole)
		e := b.estimate
		factors = append(factors, ctem.Factor{
			Name: b.name, Value: e.Mode, Low: e.Low, High: e.High, Points: int(whole),
			Evidence: e.Evidence, Source: e.Source, At: e.At, Assumed: e.Assumed,
		})
	}
	sort.SliceStable(order, func(a, b int) bool { return rest[order[a]] > rest[order[b]] })
	for _, i := range order[:missing] {
		factors[i+1].Points++
	}
	return factors
}

// FromFactors reads the inputs back from a stored waterfall, so that a score
// can be computed again, or with one factor changed.
func FromFactors(factors []ctem.Factor) (Inputs, error) {
	var in Inputs
	fields := map[string]*Estimate{
		nameThreat: &in.Threat, nameExposure: &in.Exposure, NameRunTime: &in.RunTime, nameCode: &in.Code,
		namePreconditions: &in.Preconditions, nameControls: &in.Controls, nameImpact: &in.Impact,
		nameCascade: &in.Cascade, nameValidation: &in.Validation,
	}
	for _, f := range factors {
		if f.Name == NameClosed {
			in.Closed = f.Evidence
		}
		if e := fields[f.Name]; e != nil {
			*e = Estimate{
				Low: f.Low, Mode: f.Value, High: f.High,
				Evidence: f.Evidence, Source: f.Source, At: f.At, Assumed: f.Assumed,
			}
			delete(fields, f.Name)
		}
	}
	if len(fields) > 0 {
		return Inputs{}, fault.New(fault.Internal, "the stored waterfall lacks %d of its factors", len(fields))
	}
	return in, nil
}

// Widest names the factor that the score is least certain about, and by how
// many points it could move it: the next question worth answering.
func Widest(in Inputs) (name string, points int) {
	for _, b := range in.bars() {
		low := math.Max(math.Min(b.low, b.mode), nothing)
		width := int(math.Round(pointsPerDouble * math.Log2(math.Max(b.high, low)/low)))
		if width > points {
			name, points = b.name, width
		}
	}
	return name, points
}

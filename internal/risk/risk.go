// Package risk computes the exposure score XR and its waterfall.
//
// The model. r = P·I is the expected share of the maximum business loss within
// 30 days: P = T·X·U·C·A·M is the probability that the exposure is exploited,
// I = L + (1-L)·K the loss when it is, L = TI·B. XR = 1000 + 50·log2(r), held
// within 0 and 1000, so that 50 points more are twice the risk, 1000 is certain
// total loss and 0 one in a million or less. Because logarithms add, each
// factor's share is an exact number of points: the waterfall telescopes in the
// order T, X, U, C, A, M, TI·B, K, validation, and needs no approximation.
//
// Every factor is an Estimate: the value used, its 10th and 90th percentile,
// the evidence for it, and whether it is only assumed. Values for "nothing is
// known" are planning priors; they say so and lower the evidence grade.
//
// Known limits. EPSS is global ("anyone, anywhere"), so X doubles as a prior of
// being a target. T takes the greatest signal, not their product, because EPSS
// already sees KEV and exploits. A overlaps with EPSS's own use of CVSS, hence
// its floor. The values are to be calibrated on own detections. Aggregate
// supposes that groups are independent.
//
// Invariants. The points of all factors add up to the score, always. No I/O,
// no clock; the same inputs give the same answer.
package risk

import (
	"math"

	"github.com/tidemark/tidemark/internal/ctem"
)

// Rules is the version of the model: it changes when a value below changes.
const Rules = "xr-2"

// The scale.
const (
	MaxScore        = 1000
	pointsPerDouble = 50.0 // points for twice the risk
)

// Inputs are the factors of one exposure.
type Inputs struct {
	Threat        Estimate // T
	Exposure      Estimate // X
	RunTime       Estimate // U
	Code          Estimate // C
	Preconditions Estimate // A
	Controls      Estimate // M
	Impact        Estimate // L = TI·B
	Cascade       Estimate // K
	Validation    Estimate // a multiplier, 1 when nothing was validated
	// Closed says why nothing is left of the exposure ("fixed", "retired");
	// "" while it is open.
	Closed string
}

// Result is the score of one exposure with everything that explains it.
type Result struct {
	Score     int
	Low, High int // 80 % interval
	Band      string
	Grade     string  // A all observed … D mostly assumed
	Risk      float64 // r
	Factors   []ctem.Factor
}

// Score computes the score and its waterfall.
func Score(in Inputs) Result {
	bars := in.bars()
	raw, r := float64(MaxScore), 1.0
	for _, b := range bars {
		raw += b.raw
		r *= b.mode
	}
	result := Result{Score: clamp(raw), Risk: math.Min(r, 1), Grade: in.grade()}
	result.Low, result.High = interval(bars, raw)
	last, closed := in.closing(raw)
	if closed {
		result.Score, result.Risk, result.Low, result.High = 0, 0, 0, 0
	} else {
		last, closed = clampBar(raw)
	}
	if closed {
		bars = append(bars, last)
	}
	result.Band = ctem.Band(result.Score)
	result.Factors = waterfall(bars, result.Score)
	return result
}

// Points is the score of a risk before rounding: 1000 + 50·log2(r), within 0 and 1000.
func Points(r float64) float64 {
	if r <= 0 {
		return 0
	}
	return math.Max(0, math.Min(MaxScore, MaxScore+pointsPerDouble*math.Log2(r)))
}

func clamp(points float64) int {
	return int(math.Max(0, math.Min(MaxScore, math.Round(points))))
}

// grade counts what is only assumed among the model's factors.
func (in Inputs) grade() string {
	assumed := 0
	for _, f := range in.list() {
		if f.name != nameValidation && f.estimate.Assumed {
			assumed++
		}
	}
	switch {
	case assumed == 0:
		return "A"
	case assumed <= 2:
		return "B"
	case assumed <= 5:
		return "C"
	}
	return "D"
}

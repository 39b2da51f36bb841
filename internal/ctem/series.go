package ctem

import (
	"fmt"
	"math"
	"slices"
)

// The numbers of the rule by which a series rises or falls.
const (
	baselinePoints   = 8
	limitFactor      = 2.66 // limits of a process chart of single values
	runLength        = 6
	coverageBreak    = 5.0
	wordRising       = "rising"
	wordFalling      = "falling"
	wordStable       = "stable"
	wordTooLittle    = "too little data"
	wordIncomparable = "not comparable"
)

// Series is one number a week, oldest first.
type Series struct {
	Values []float64
	// Looked says for how much of the estate, in percent, the first and the
	// last value speak; nil when nobody knows for one of them.
	Looked *[2]float64
}

// Verdict says whether the series rises or falls. Centre is the median of the
// first eight values, the limits stand 2.66 mean moving ranges away from it. It
// rises when the last value is above the upper limit or the last six all lie
// above the centre; it falls the other way round. Where much more or less was
// looked into, its values cannot be compared.
func (s Series) Verdict() SeriesVerdict {
	v := SeriesVerdict{Points: len(s.Values)}
	if len(s.Values) < baselinePoints {
		v.Word = wordTooLittle
		v.Rule = fmt.Sprintf("a verdict needs %d weekly values, and there are %d", baselinePoints, len(s.Values))
		return v
	}
	baseline := s.Values[:baselinePoints]
	reach := limitFactor * meanMovingRange(baseline)
	v.Centre = median(baseline)
	v.Upper, v.Lower = v.Centre+reach, math.Max(0, v.Centre-reach)
	if s.Looked != nil && math.Abs(s.Looked[1]-s.Looked[0]) > coverageBreak {
		v.Word = wordIncomparable
		v.Rule = fmt.Sprintf("%.0f %% of the workloads were looked into at the beginning and %.0f %% now: more than %.0f points apart", s.Looked[0], s.Looked[1], coverageBreak)
		return v
	}
	v.Word, v.Rule = s.judge(v)
	return v
}

// judge compares the last values with the limits and the centre.
func (s Series) judge(v SeriesVerdict) (word, rule string) {
	last, run := s.Values[len(s.Values)-1], s.Values[len(s.Values)-runLength:]
	above := !slices.ContainsFunc(run, func(x float64) bool { return x <= v.Centre })
	below := !slices.ContainsFunc(run, func(x float64) bool { return x >= v.Centre })
	switch {
	case last > v.Upper:
		return wordRising, fmt.Sprintf("the last value, %s, is above the upper limit of %s", number(last), number(v.Upper))
	case last < v.Lower:
		return wordFalling, fmt.Sprintf("the last value, %s, is below the lower limit of %s", number(last), number(v.Lower))
	case above:
		return wordRising, fmt.Sprintf("the last %d values are all above the centre of %s", runLength, number(v.Centre))
	case below:
		return wordFalling, fmt.Sprintf("the last %d values are all below the centre of %s", runLength, number(v.Centre))
	}
	return wordStable, fmt.Sprintf("the last value, %s, is within %s and %s, and the last %d are on both sides of the centre of %s",
		number(last), number(v.Lower), number(v.Upper), runLength, number(v.Centre))
}

func number(x float64) string { return fmt.Sprintf("%.4g", x) }

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	mid := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[mid]
	}
	return (sorted[mid-1] + sorted[mid]) / 2
}

func meanMovingRange(values []float64) float64 {
	sum := 0.0
	for i := 1; i < len(values); i++ {
		sum += math.Abs(values[i] - values[i-1])
	}
	return sum / float64(len(values)-1)
}

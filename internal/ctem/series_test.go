package ctem

import (
	"strings"
	"testing"
)

func TestSeriesVerdict(t *testing.T) {
	t.Parallel()
	flat := []float64{10, 11, 10, 9, 10, 11, 10, 9}
	more := func(values ...float64) []float64 { return append(append([]float64(nil), flat...), values...) }
	for _, c := range []struct {
		name   string
		series Series
		want   string
		rule   string
	}{
		{"empty", Series{}, "too little data", "needs 8 weekly values, and there are 0"},
		{"seven", Series{Values: flat[:7]}, "too little data", "there are 7"},
		{"flat", Series{Values: flat}, "stable", "centre of 10"},
		{"constant", Series{Values: []float64{5, 5, 5, 5, 5, 5, 5, 5}}, "stable", "within 5 and 5"},
		{"above_the_limit", Series{Values: more(10, 40)}, "rising", "above the upper limit"},
		{"below_the_limit", Series{Values: more(10, 1)}, "falling", "below the lower limit"},
		{"six_above", Series{Values: more(11, 11, 11, 11, 11, 11)}, "rising", "last 6 values are all above"},
		{"five_above", Series{Values: more(11, 10, 11, 11, 11, 11)}, "stable", ""},
		{"six_below", Series{Values: more(9, 9, 9, 9, 9, 9)}, "falling", "last 6 values are all below"},
		{"looked_into_less", Series{Values: more(40), Looked: &[2]float64{97, 60}}, "not comparable", "97 % of the workloads"},
		{"looked_into_alike", Series{Values: more(40), Looked: &[2]float64{97, 92}}, "rising", ""},
		{"little_and_incomparable", Series{Values: flat[:3], Looked: &[2]float64{97, 60}}, "too little data", ""},
	} {
		got := c.series.Verdict()
		if got.Word != c.want || !strings.Contains(got.Rule, c.rule) || got.Rule == "" {
			t.Errorf("%s: %q (%s), want %q (%s)", c.name, got.Word, got.Rule, c.want, c.rule)
		}
		if got.Points != len(c.series.Values) || got.Lower > got.Centre || got.Upper < got.Centre {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

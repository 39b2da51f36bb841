package measure

import (
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/risk"
)

const day = 24 * time.Hour

func startOf(t time.Time) time.Time { return t.UTC().Truncate(day) }

// TrendOf gives the days that end with end, at most as many as limit, from the
// first day on which something was open.
func TrendOf(spans []ctem.Span, end time.Time, limit int) []ctem.TrendDay {
	days := make([]ctem.TrendDay, limit)
	sums := make([]risk.Sum, limit)
	first := startOf(end).AddDate(0, 0, 1-limit)
	for i := range days {
		days[i].Day = first.AddDate(0, 0, i)
	}
	began := limit
	for _, s := range spans {
		if !s.State.Live() {
			continue
		}
		from, to := daysOf(s, end, limit)
		for i := from; i < to; i++ {
			days[i].Open++
			sums[i].Add(s.Risk)
		}
		if from < to {
			began = min(began, from)
		}
	}
	for i := range days {
		days[i].Risk, days[i].Score = sums[i].Total()
	}
	return days[began:]
}

// daysOf are the days at whose end the span was so, as indexes from and before
// to. Days end at midnight, the last one at end.
func daysOf(s ctem.Span, end time.Time, limit int) (from, to int) {
	last := startOf(end)
	// index is the first day that has not ended before t.
	index := func(t time.Time) int {
		if t.After(end) {
			return limit
		}
		back := int(last.Sub(startOf(t)) / day)
		return max(0, limit-1-back)
	}
	from, to = index(s.From), limit
	if !s.To.IsZero() && !s.To.After(end) {
		to = index(s.To)
	}
	return from, to
}

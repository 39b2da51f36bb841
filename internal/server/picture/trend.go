package picture

import (
	"context"
	"math"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/server/desk"
	"github.com/tidemark/tidemark/internal/triage"
)

const week = 7 * 24 * time.Hour

// trend is a series of weeks with what it says.
type trend struct {
	days    []ctem.TrendDay
	verdict ctem.SeriesVerdict
}

// trendTerms are the terms of a query that say where, and not how things stand
// now: a trend counts what was there each week, whatever became of it.
func trendTerms(terms []ctem.Term) []ctem.Term {
	var out []ctem.Term
	for _, t := range terms {
		switch t.Key {
		case "product", "env", "environment", "owner", "svc", "service":
			out = append(out, t)
		}
	}
	return append(out, equal("is", "live", "closed"))
}

// trendOf is the trend of the exposures of a question, kept for its revision.
func (d *drawing) trendOf(ctx context.Context, q *question) (trend, error) {
	where := q.Query
	where.Terms, where.Limit, where.After, where.Sort = trendTerms(q.Terms), 0, "", nil
	key := "trend " + q.key() + triage.QueryText(where.Terms)
	return keep(d.kept, key, d.ageOf(q, time.Minute), func() (trend, error) {
		page, err := q.index.Find(where)
		if err != nil {
			return trend{}, err
		}
		out := trend{days: q.shot.weeks(page.Nums, q.at.Time(), d.Score)}
		series := ctem.Series{Values: make([]float64, len(out.days))}
		for i, day := range out.days {
			series.Values[i] = float64(day.Open)
		}
		if len(out.days) > 0 {
			series.Looked, err = d.looked(ctx, q, out.days[0].Day)
		}
		out.verdict = series.Verdict()
		return out, err
	})
}

// weeks counts what was live, and its risk, at the end of each week's day: the
// last one is the time asked for. It begins with the first live exposure.
func (s *shot) weeks(nums []int64, end time.Time, score func(float64) int) []ctem.TrendDay {
	var sums [trendWeeks]struct {
		open int
		log  float64
	}
	end = end.UTC()
	last := end.UnixMicro()
	index := func(at int64) int { // of the first week that has not ended at a time
		if at > last {
			return trendWeeks
		}
		return max(0, trendWeeks-1-int((last-at)/int64(week/time.Microsecond)))
	}
	count := func(st stretch) {
		to := trendWeeks
		if st.to != 0 && st.to <= last {
			to = index(st.to)
		}
		safe := math.Log1p(-min(max(st.risk, 0), 1-1e-15))
		for i := index(st.from); i < to; i++ {
			sums[i].open++
			sums[i].log += safe
		}
	}
	s.mu.RLock()
	for _, num := range nums {
		if st := s.lives.first(num); st != (stretch{}) {
			count(st)
		}
		for _, st := range s.lives.more[num] {
			count(st)
		}
	}
	s.mu.RUnlock()
	var days []ctem.TrendDay
	for i := range sums {
		if sums[i].open == 0 && len(days) == 0 {
			continue
		}
		risk := -math.Expm1(sums[i].log)
		at := end.Add(-time.Duration(trendWeeks-1-i) * week)
		days = append(days, ctem.TrendDay{Day: at.Truncate(24 * time.Hour), Open: sums[i].open, Risk: risk, Score: score(risk)})
	}
	return days
}

// looked is for how much of the estate the ends of a trend speak, in percent.
func (d *drawing) looked(ctx context.Context, q *question, first time.Time) (*[2]float64, error) {
	now, err := d.covers(ctx, q)
	if err != nil {
		return nil, err
	}
	began := ctem.AsOf{At: first.Add(24 * time.Hour), Now: q.at.Now, KnownAt: q.at.KnownAt}
	key := "covers " + q.key() + first.Format(time.DateOnly)
	then, err := keep(d.kept, key, age{q.at.Now, 0, time.Hour}, func() ([]ctem.WorkloadCover, error) { return d.Ages.WorkloadCovers(context.WithoutCancel(ctx), began) })
	switch {
	case fault.KindOf(err) == fault.Invalid: // before the retention floor nobody knows: no fault of the question
		return nil, nil
	case err != nil:
		return nil, err
	}
	a, ok := share(q, then)
	b, ok2 := share(q, now)
	if !ok || !ok2 {
		return nil, nil
	}
	return &[2]float64{a, b}, nil
}

// share is how many of the workloads that a viewer may see were looked into.
func share(q *question, list []ctem.WorkloadCover) (percent float64, ok bool) {
	all, covered := 0, 0
	b := q.scope()
	for i := range list {
		if !b.shows(q.viewer, list[i].Service) {
			continue
		}
		all++
		if list[i].Covered {
			covered++
		}
	}
	return 100 * float64(covered) / float64(max(all, 1)), all > 0
}

// covers are the workloads of the time asked for, kept a few seconds.
func (d *drawing) covers(ctx context.Context, q *question) ([]ctem.WorkloadCover, error) {
	return keep(d.kept, "covers "+q.key(), d.ageOf(q, 30*time.Second), func() ([]ctem.WorkloadCover, error) {
		return d.Ages.WorkloadCovers(context.WithoutCancel(ctx), q.at)
	})
}

// key tells apart what is kept for shots and viewers.
func (q *question) key() string {
	return momentKey(q.at) + viewerKey(q.viewer)
}

// ageOf says how old what is kept for a question may be.
func (d *drawing) ageOf(q *question, most time.Duration) age {
	is := age{now: q.at.Now, most: most}
	if q.shot == d.live {
		is.revision = d.revisionOf()
	}
	return is
}

func verdictItem(v ctem.SeriesVerdict) api.Verdict {
	return api.Verdict{Word: v.Word, Rule: v.Rule, Centre: v.Centre, Upper: v.Upper, Lower: v.Lower, Points: v.Points}
}

func trendItems(days []ctem.TrendDay) []api.TrendDay { return desk.TrendItems(days) }

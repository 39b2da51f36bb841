package exposuredb

import (
	"context"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/store/workdb"
	"github.com/tidemark/tidemark/internal/twin"
)

// indexing is what an index of the exposures reads.
type indexing struct{ store *Store }

// ListedExposures returns exposures by number as a list shows them at a time,
// in the order of the numbers. One that was not there then is left out.
func (x indexing) ListedExposures(ctx context.Context, nums []int64, at ctem.AsOf) (list []ctem.Exposure, err error) {
	err = x.store.viewExposures(ctx, at, func(v *exposureView) error {
		list, err = v.details(nums)
		return err
	})
	return list, err
}

// BriefExposures is ListedExposures without the reasons of the decisions: what
// an index of a list needs.
func (x indexing) BriefExposures(ctx context.Context, nums []int64, at ctem.AsOf) (list []ctem.Exposure, err error) {
	err = x.store.viewExposures(ctx, at, func(v *exposureView) error {
		v.brief = true
		list, err = v.details(nums)
		return err
	})
	return list, err
}

// briefBatch is how many exposures EachExposure hands out at once.
const briefBatch = 2000

// EachExposure hands out all exposures that there were at a time, whatever their
// state, briefly, a batch at a time. All are of one moment of the database.
func (x indexing) EachExposure(ctx context.Context, at ctem.AsOf, each func([]ctem.Exposure) error) error {
	return x.store.viewExposures(ctx, at, func(v *exposureView) error {
		v.brief = true
		var nums []int64
		if err := v.Query(`SELECT e.num `+v.from+` ORDER BY 1`, sqldb.AppendID(&nums), v.args...); err != nil {
			return err
		}
		for part := range slices.Chunk(nums, briefBatch) {
			list, err := v.details(part)
			if err != nil {
				return err
			}
			if err := each(list); err != nil {
				return err
			}
		}
		return nil
	})
}

// briefDecisions are the columns of DecisionColumns that need no body.
const briefDecisions = `SELECT d.exposure, d.revision, d.recorded_at, d.word, d.computed, d.lapsed, d.score, d.lapsed_score, d.low, d.high,
	d.deadline, d.exploitable, d.matters, d.risk, d.decided_by,
	d.owner, d.owner_rule, d.treatment, d.severity, d.kev, d.epss FROM decision d WHERE d.seq IN `

func scanBriefDecision(s sqldb.Scanner) (d ctem.Decision, err error) {
	var at, word, computed, lapsed, deadline, exploitable, matters, severity, kev int64
	var epss float64
	err = s.Scan(&d.Num, &d.Revision, &at, &word, &computed, &lapsed, &d.Score, &d.LapsedScore, &d.Low, &d.High,
		&deadline, &exploitable, &matters, &d.Risk, &d.DecidedBy, &d.Owner, &d.OwnerRule, &d.Treatment, &severity, &kev, &epss)
	d.Severity, d.KEV, d.EPSS = sqldb.SeverityOf(severity), sqldb.TriOf(kev), workdb.EPSSOf(epss)
	d.At, d.Deadline, d.LapsedDeadline = sqldb.FromMicros(at), sqldb.FromMicros(deadline), sqldb.FromMicros(deadline)
	d.Word, d.Computed, d.Lapsed = sqldb.WordOf(word), sqldb.WordOf(computed), sqldb.WordOf(lapsed)
	d.Gates.Exploitable, d.Gates.Matters = sqldb.TriOf(exploitable), sqldb.TriOf(matters)
	if d.Computed == ctem.NoAction {
		d.Deadline = time.Time{}
	}
	return d, err
}

// BasisFreshness measures the age of what exposures stand on. A number here
// stands for a set of sources.
func (x indexing) BasisFreshness(ctx context.Context, at time.Time) (out map[int64]twin.Freshness, err error) {
	err = x.store.read(ctx, func(t *tx) error {
		ages, err := t.basisAges(at, time.Time{})
		out = make(map[int64]twin.Freshness, len(ages))
		for id, age := range ages {
			out[id] = age.freshness
		}
		return err
	})
	return out, err
}

// ExposuresOfBases returns the exposures that stand on one of these sets of sources.
func (x indexing) ExposuresOfBases(ctx context.Context, bases []int64) (nums []int64, err error) {
	err = x.store.read(ctx, func(t *tx) error {
		return t.In(`SELECT num FROM exposure WHERE basis IN (?*)`, sqldb.Anys(bases), sqldb.AppendID(&nums))
	})
	return nums, err
}

// SpansOf is Spans of some exposures, as known now.
func (x indexing) SpansOf(ctx context.Context, nums []int64, from, to time.Time) (list []ctem.Span, err error) {
	err = x.store.read(ctx, func(t *tx) error {
		risks := map[int64][]riskSince{}
		err := t.In(`SELECT exposure, valid_from, risk FROM decision WHERE exposure IN (?*) ORDER BY exposure, seq`, sqldb.Anys(nums), scanRisks(risks))
		if err != nil {
			return err
		}
		return t.In(`SELECT exposure, valid_from, valid_to, state FROM exposure_history
			WHERE exposure IN (?*) AND recorded_to > ? AND valid_from < ? AND valid_to > ? ORDER BY exposure, valid_from`,
			sqldb.Anys(nums), scanSpans(&list, risks), nowKnown, sqldb.Micros(to), sqldb.Micros(from))
	})
	return list, err
}

// scanRisks collects the risks of each exposure, by the time from which they count.
func scanRisks(to map[int64][]riskSince) func(sqldb.Scanner) error {
	return func(s sqldb.Scanner) error {
		var num int64
		var r riskSince
		err := s.Scan(&num, &r.from, &r.risk)
		list := to[num]
		for len(list) > 0 && list[len(list)-1].from >= r.from {
			list = list[:len(list)-1] // decided anew for the same time
		}
		to[num] = append(list, r)
		return err
	}
}

func scanSpans(to *[]ctem.Span, risks map[int64][]riskSince) func(sqldb.Scanner) error {
	return func(s sqldb.Scanner) error {
		var p span
		if err := s.Scan(&p.num, &p.from, &p.to, &p.state); err != nil {
			return err
		}
		*to = appendSpans(*to, p, risks[p.num])
		return nil
	}
}

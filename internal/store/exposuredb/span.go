package exposuredb

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// lives asks for the lives of exposures between two times.
type lives struct {
	from time.Time
	ask  ctem.ListQuery // its times and rights: lives end at its time, as known then
	live bool           // only stretches in which the exposure was live
}

// until is the first moment after the time of the question.
func (q lives) until() time.Time { return q.ask.AsOf.Time().Add(time.Microsecond) }

// Spans returns every stretch of exposures' lives from a time to that of a
// question, of those exposures that its asker may see, with the risk that was
// decided for it: a decision counts from when it speaks. Ordered by exposure and time.
func (x indexing) Spans(ctx context.Context, from time.Time, q ctem.ListQuery) (list []ctem.Span, err error) {
	err = x.spans(ctx, lives{from: from, ask: q}, func(some []ctem.Span) { list = append(list, some...) })
	return list, err
}

// EachLiveSpan hands out the stretches of Spans in which exposures were live, up
// to the time of a question, those of one exposure together. The list is only lent.
func (x indexing) EachLiveSpan(ctx context.Context, from time.Time, at ctem.AsOf, each func([]ctem.Span)) error {
	return x.spans(ctx, lives{from, ctem.ListQuery{AsOf: at}, true}, each)
}

func (x indexing) spans(ctx context.Context, q lives, each func([]ctem.Span)) error {
	known, at := nowKnown, q.ask.AsOf.KnownAt
	if !at.IsZero() {
		known = sqldb.KnownMicros(at)
	}
	return x.store.read(ctx, func(t *tx) error {
		if err := t.CheckFloor(ctem.AsOf{At: q.until(), KnownAt: at}); err != nil {
			return err
		}
		risks, err := t.risksSince(known)
		if err != nil {
			return err
		}
		query := `SELECT exposure, valid_from, CASE WHEN ended_at > ? THEN ? ELSE valid_to END, state FROM exposure_history
			WHERE recorded_from <= ? AND recorded_to > ? AND valid_from < ? AND (valid_to > ? OR ended_at > ?)`
		if q.live {
			query += ` AND state <= 2`
		}
		allowed := sqldb.Allowed(q.ask, "e.service", "e.owner")
		if allowed.SQL != "" {
			query += ` AND exposure IN (SELECT e.num FROM exposure e WHERE 1 = 1` + allowed.SQL + `)`
		}
		var list []ctem.Span
		scan := scanSpans(&list, risks)
		err = t.Query(query+` ORDER BY exposure, valid_from`, func(s sqldb.Scanner) error {
			err := scan(s)
			if n := len(list); n > spanBatch && list[n-1].Num != list[n-2].Num {
				last := list[n-1]
				each(list[:n-1])
				list = append(list[:0], last)
			}
			return err
		}, append([]any{known, sqldb.Forever, known, known, sqldb.Micros(q.until()), sqldb.Micros(q.from), known}, allowed.Args...)...)
		each(list)
		return err
	})
}

// spanBatch is how many spans are handed out at once, about.
const spanBatch = 2000

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

// riskSince is a decision's risk and from when it speaks.
type riskSince struct {
	from int64
	risk float64
}

func (t *tx) risksSince(known int64) (map[int64][]riskSince, error) {
	out := map[int64][]riskSince{}
	err := t.Query(`SELECT exposure, valid_from, risk FROM decision WHERE recorded_at <= ? ORDER BY seq`, scanRisks(out), known)
	return out, err
}

// span is one piece of history on its way to spans.
type span struct{ num, from, to, state int64 }

// appendSpans cuts a piece where the risk changed, and joins what is alike.
func appendSpans(list []ctem.Span, p span, risks []riskSince) []ctem.Span {
	at, risk := p.from, 0.0
	add := func(to int64) {
		s := ctem.Span{Num: p.num, From: sqldb.FromMicros(at), To: sqldb.FromMicros(to), State: sqldb.StateOf(p.state), Risk: risk}
		if n := len(list); n > 0 && list[n-1].Num == s.Num && list[n-1].State == s.State && list[n-1].Risk == s.Risk && list[n-1].To.Equal(s.From) {
			list[n-1].To = s.To
			return
		}
		list = append(list, s)
	}
	for _, r := range risks {
		if r.from >= p.to {
			break
		}
		if r.from > at {
			add(r.from)
			at = r.from
		}
		risk = r.risk
	}
	add(p.to)
	return list
}

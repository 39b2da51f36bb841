package inteldb

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// epssRow is a score as its row has it. base is the score since the last jump.
type epssRow struct {
	score, percentile float64
	scored            int64
	model             string
	base              float64
	baseAt            int64
}

// epssWork is what a batch of scores writes.
type epssWork struct {
	moved       []string
	told        map[string]told // of those that jumped
	rows, jumps []any
}

// CommitEPSS stores a batch of scores. Only a score that is new or has moved,
// of a CVE that some advisory names, becomes a row of the advisory stream: a
// CVE that is named later comes with that advisory's own change. A score that
// jumped leaves what it was before.
func (db signalRoom) CommitEPSS(ctx context.Context, b advisory.EPSSBatch) (advisory.Committed, error) {
	var done advisory.Committed
	err := db.writing(ctx, func(t *signalTx) error {
		done = advisory.Committed{}
		w, err := t.compareEPSS(b.Entries, &done)
		if err != nil || len(w.rows) == 0 {
			return err
		}
		if err := t.announce(announced{advisory.FeedEPSS, w.moved, w.told}, b.Now); err != nil {
			return err
		}
		err = t.Insert(`INSERT INTO epss_jump (cve, scored, score, was, was_at) VALUES`, 5, w.jumps,
			`ON CONFLICT (cve, scored) DO UPDATE SET score = excluded.score, was = excluded.was, was_at = excluded.was_at`)
		if err != nil {
			return err
		}
		return t.Insert(`INSERT INTO epss (cve, score, percentile, scored, model, base, base_at) VALUES`, 7, w.rows,
			`ON CONFLICT (cve) DO UPDATE SET score = excluded.score, percentile = excluded.percentile, scored = excluded.scored,
				model = excluded.model, base = excluded.base, base_at = excluded.base_at`)
	})
	return done, err
}

// compareEPSS finds the scores that moved and the rows to write.
func (t *signalTx) compareEPSS(entries []advisory.EPSS, done *advisory.Committed) (w epssWork, err error) {
	have, err := t.knownEPSS(entries)
	if err != nil {
		return w, err
	}
	w.told = map[string]told{}
	for _, e := range entries {
		want := epssRow{score: e.Score, percentile: e.Percentile, scored: sqldb.Micros(e.Date), model: e.Model}
		h, ok := have[e.CVE]
		if want.base, want.baseAt = h.since(ok, want); advisory.Jumped(want.base, want.score) {
			w.jumps = append(w.jumps, e.CVE, want.scored, want.score, want.base, want.baseAt)
			w.told[e.CVE] = told{did: advisory.DidJumped, said: e.Date, from: want.base, to: want.score}
			want.base, want.baseAt = want.score, want.scored
		}
		if ok && h == want {
			done.Unchanged++
			continue
		}
		w.rows = append(w.rows, e.CVE, want.score, want.percentile, want.scored, want.model, want.base, want.baseAt)
		switch {
		case !ok:
			done.New++
			w.moved = append(w.moved, e.CVE)
		case h.score != want.score:
			done.Changed++
			w.moved = append(w.moved, e.CVE)
		default:
			done.Unchanged++ // the same score of a later day
		}
	}
	return w, nil
}

// since is the score that a new one is held against, and its date. Another score
// of the same day is a correction.
func (r epssRow) since(known bool, want epssRow) (score float64, at int64) {
	score, at = r.base, r.baseAt
	if r.base < 0 { // a row from before jumps were told
		score, at = r.score, r.scored
	}
	if !known || want.scored <= at {
		return want.score, want.scored
	}
	return score, at
}

func (t *signalTx) knownEPSS(entries []advisory.EPSS) (map[string]epssRow, error) {
	keys := make([]any, len(entries))
	for i, e := range entries {
		keys[i] = e.CVE
	}
	have := make(map[string]epssRow, len(entries))
	err := t.In(`SELECT cve, score, percentile, scored, model, base, base_at FROM epss WHERE cve IN (?*)`, keys, func(s sqldb.Scanner) error {
		var cve string
		var r epssRow
		if err := s.Scan(&cve, &r.score, &r.percentile, &r.scored, &r.model, &r.base, &r.baseAt); err != nil {
			return err
		}
		have[cve] = r
		return nil
	})
	return have, err
}

// announced are the changes of a feed of signals.
type announced struct {
	kind  advisory.FeedKind
	moved []string
	told  map[string]told
}

// announce writes a row of the advisory stream for each CVE that some advisory
// names.
func (t *signalTx) announce(a announced, now time.Time) error {
	named := map[string]bool{}
	err := t.In(`SELECT DISTINCT name FROM advisory_name WHERE name IN (?*)`, sqldb.Anys(a.moved), func(s sqldb.Scanner) error {
		var n string
		err := s.Scan(&n)
		named[n] = true
		return err
	})
	if err != nil || len(named) == 0 {
		return err
	}
	seq, at, err := t.Number(ctem.StreamAdvisory, len(named), now)
	if err != nil {
		return err
	}
	stream, err := newTeller(t.Tx, a.kind, "")
	if err != nil {
		return err
	}
	for i, cve := range sqldb.SortedKeys(named) {
		stream.add(changed{seq: seq + int64(i), at: at, kind: a.kind, name: cve}, a.told[cve])
	}
	return stream.write(t.Tx)
}

// epssSignals reads scores, and what they were before they last jumped.
func (t *signalTx) epssSignals(names []any, into signals) error {
	err := t.In(`SELECT cve, score, percentile, scored, model FROM epss WHERE cve IN (?*)`, names, func(s sqldb.Scanner) error {
		var e advisory.EPSS
		var scored int64
		if err := s.Scan(&e.CVE, &e.Score, &e.Percentile, &scored, &e.Model); err != nil {
			return err
		}
		e.Date = sqldb.FromMicros(scored)
		into.of(e.CVE, func(s *advisory.Signal) { s.EPSS = &e })
		return nil
	})
	if err != nil {
		return err
	}
	return t.In(`SELECT cve, was, was_at FROM epss_jump j WHERE cve IN (?*)
			AND scored = (SELECT MAX(k.scored) FROM epss_jump k WHERE k.cve = j.cve)`, names, func(s sqldb.Scanner) error {
		var cve string
		var before float64
		var at int64
		if err := s.Scan(&cve, &before, &at); err != nil {
			return err
		}
		if e := into[cve].EPSS; e != nil {
			e.Before, e.BeforeDate = before, sqldb.FromMicros(at)
		}
		return nil
	})
}

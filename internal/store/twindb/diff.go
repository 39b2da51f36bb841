package twindb

import (
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// historyRow is a row of claim_history. recordedTo 0: still believed.
type historyRow struct {
	claim, from, recordedFrom, to, recordedTo, endedAt, state int64
}

// currentRow is a row of claim_current.
type currentRow struct{ claim, state, from, recordedFrom int64 }

// supersede ends the belief in a history row.
type supersede struct{ claim, from, recordedFrom int64 }

// twinDiff is what a change of timelines writes.
type twinDiff struct {
	history    []historyRow
	current    []currentRow
	gone       []int64 // claims that have no current state any more
	superseded []supersede
}

type spanKey struct{ from, state int64 }

// add works out how a claim's rows become its new timeline, learned at a
// record time. A current state that ended becomes one history row, which keeps
// since when it was believed. A belief that turned out to be wrong is closed
// by record time, and what is right is believed from now on.
func (d *twinDiff) add(c twin.ClaimChange, at int64) {
	after := map[spanKey]twin.Span{}
	for _, s := range c.After {
		after[spanKey{sqldb.Micros(s.From), s.State}] = s
	}
	hadCurrent, hasCurrent := false, false
	for _, h := range c.Before {
		key := spanKey{sqldb.Micros(h.From), h.State}
		s, kept := after[key]
		open := h.To.IsZero()
		hadCurrent = hadCurrent || open
		switch {
		case kept && s.To.Equal(h.To):
			delete(after, key)
			hasCurrent = hasCurrent || open
		case kept && open:
			delete(after, key)
			d.history = append(d.history, historyRow{
				claim: c.Claim, from: key.from, recordedFrom: sqldb.Micros(h.RecordedFrom),
				to: sqldb.Micros(s.To), endedAt: at, state: h.State,
			})
		case open:
			d.history = append(d.history, historyRow{
				claim: c.Claim, from: key.from, recordedFrom: sqldb.Micros(h.RecordedFrom),
				to: sqldb.Forever, recordedTo: at, endedAt: sqldb.Forever, state: h.State,
			})
		default:
			d.superseded = append(d.superseded, supersede{c.Claim, key.from, sqldb.Micros(h.RecordedFrom)})
		}
	}
	for _, s := range c.After {
		key := spanKey{sqldb.Micros(s.From), s.State}
		if _, fresh := after[key]; !fresh {
			continue
		}
		if s.To.IsZero() {
			hasCurrent = true
			d.current = append(d.current, currentRow{c.Claim, s.State, key.from, at})
			continue
		}
		d.history = append(d.history, historyRow{claim: c.Claim, from: key.from, recordedFrom: at, to: sqldb.Micros(s.To), endedAt: at, state: s.State})
	}
	if hadCurrent && !hasCurrent {
		d.gone = append(d.gone, c.Claim)
	}
}

// write applies the difference. Superseded rows go first: what replaces one may
// begin when it did.
func (t *tx) writeDiff(d *twinDiff, at int64) error {
	for _, s := range d.superseded {
		if _, err := t.Exec(`UPDATE claim_history SET recorded_to = ? WHERE claim = ? AND valid_from = ? AND recorded_from = ?`,
			at, s.claim, s.from, s.recordedFrom); err != nil {
			return err
		}
	}
	var args []any
	for _, h := range d.history {
		args = append(args, h.claim, h.from, h.recordedFrom, h.to, h.recordedTo, h.endedAt, h.state)
	}
	err := t.Insert(`INSERT INTO claim_history (claim, valid_from, recorded_from, valid_to, recorded_to, ended_at, state) VALUES`, 7, args, "")
	if err != nil {
		return err
	}
	if err := t.In(`DELETE FROM claim_current WHERE claim IN (?*) RETURNING claim`, sqldb.Anys(d.gone), discard); err != nil {
		return err
	}
	args = nil
	for _, c := range d.current {
		args = append(args, c.claim, c.state, c.from, c.recordedFrom)
	}
	return t.Insert(`INSERT INTO claim_current (claim, state, valid_from, recorded_from) VALUES`, 4, args,
		`ON CONFLICT (claim) DO UPDATE SET state = excluded.state, valid_from = excluded.valid_from, recorded_from = excluded.recorded_from`)
}

// discard reads nothing of a row.
func discard(r sqldb.Scanner) error {
	var id int64
	return r.Scan(&id)
}

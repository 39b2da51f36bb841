package inteldb

import (
	"context"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// kevRow is an entry as its row has it.
type kevRow struct {
	added, due, ransomware, removed int64
	name                            string
}

func rowOfKEV(k advisory.KEV) kevRow {
	r := kevRow{added: sqldb.Micros(k.Added), due: sqldb.Micros(k.Due), name: k.Name}
	if k.Ransomware {
		r.ransomware = 1
	}
	return r
}

func (r kevRow) kev(cve string) *advisory.KEV {
	return &advisory.KEV{CVE: cve, Added: sqldb.FromMicros(r.added), Due: sqldb.FromMicros(r.due), Ransomware: r.ransomware != 0, Name: r.name}
}

// CommitKEV stores a whole catalogue. An entry that it no longer has was
// removed from it, which is a change like any other.
func (db *Store) CommitKEV(ctx context.Context, b advisory.KEVBatch) (advisory.Committed, error) {
	want := make(map[string]kevRow, len(b.Entries))
	for _, k := range b.Entries {
		want[k.CVE] = rowOfKEV(k)
	}
	var done advisory.Committed
	err := db.write(ctx, func(t *tx) error {
		todo, d, err := t.compareKEV(want)
		done = d
		if err != nil || len(todo) == 0 {
			return err
		}
		seq, at, err := t.Number(ctem.StreamAdvisory, len(todo), b.Now)
		if err != nil {
			return err
		}
		return t.writeKEV(want, todo, seq, at)
	})
	return done, err
}

// compareKEV returns the CVEs whose row is to change, in order.
func (t *tx) compareKEV(want map[string]kevRow) (todo []string, done advisory.Committed, err error) {
	have := map[string]kevRow{}
	err = t.Query(`SELECT cve, added, due, ransomware, name, removed FROM kev`, func(s sqldb.Scanner) error {
		var cve string
		var r kevRow
		if err := s.Scan(&cve, &r.added, &r.due, &r.ransomware, &r.name, &r.removed); err != nil {
			return err
		}
		have[cve] = r
		return nil
	})
	if err != nil {
		return nil, done, err
	}
	for _, cve := range sqldb.SortedKeys(want) {
		h, ok := have[cve]
		switch {
		case !ok:
			done.New++
		case h == want[cve]:
			done.Unchanged++
			continue
		default:
			done.Changed++
		}
		todo = append(todo, cve)
	}
	for _, cve := range sqldb.SortedKeys(have) {
		if _, listed := want[cve]; !listed && have[cve].removed == 0 {
			done.Removed++
			todo = append(todo, cve)
		}
	}
	return todo, done, nil
}

func (t *tx) writeKEV(want map[string]kevRow, cves []string, seq, at int64) error {
	var rows, removed, changes []any
	for i, cve := range cves {
		changes = append(changes, seq+int64(i), string(advisory.FeedKEV), cve, 0, at)
		r, listed := want[cve]
		if !listed {
			removed = append(removed, cve)
			continue
		}
		rows = append(rows, cve, r.added, r.due, r.ransomware, r.name, 0)
	}
	err := t.Insert(`INSERT INTO kev (cve, added, due, ransomware, name, removed) VALUES`, 6, rows,
		`ON CONFLICT (cve) DO UPDATE SET added = excluded.added, due = excluded.due, ransomware = excluded.ransomware,
			name = excluded.name, removed = excluded.removed`)
	if err != nil {
		return err
	}
	for _, cve := range removed { // rare, and few
		if _, err := t.Exec(`UPDATE kev SET removed = ? WHERE cve = ?`, at, cve); err != nil {
			return err
		}
	}
	return t.Insert(insertChange, 5, changes, "")
}

// epssRow is a score as its row has it.
type epssRow struct {
	score, percentile float64
	scored            int64
	model             string
}

// CommitEPSS stores a batch of scores. Only a score that is new or has moved,
// of a CVE that some advisory names, becomes a row of the advisory stream: a
// CVE that is named later comes with that advisory's own change.
func (db *Store) CommitEPSS(ctx context.Context, b advisory.EPSSBatch) (advisory.Committed, error) {
	var done advisory.Committed
	err := db.write(ctx, func(t *tx) error {
		done = advisory.Committed{}
		moved, rows, err := t.compareEPSS(b.Entries, &done)
		if err != nil || len(rows) == 0 {
			return err
		}
		if err := t.writeEPSSChanges(moved, b); err != nil {
			return err
		}
		return t.Insert(`INSERT INTO epss (cve, score, percentile, scored, model) VALUES`, 5, rows,
			`ON CONFLICT (cve) DO UPDATE SET score = excluded.score, percentile = excluded.percentile, scored = excluded.scored, model = excluded.model`)
	})
	return done, err
}

// compareEPSS returns the CVEs whose score moved and the rows to write.
func (t *tx) compareEPSS(entries []advisory.EPSS, done *advisory.Committed) (moved []string, rows []any, err error) {
	keys := make([]any, len(entries))
	for i, e := range entries {
		keys[i] = e.CVE
	}
	have := make(map[string]epssRow, len(entries))
	err = t.In(`SELECT cve, score, percentile, scored, model FROM epss WHERE cve IN (?*)`, keys, func(s sqldb.Scanner) error {
		var cve string
		var r epssRow
		if err := s.Scan(&cve, &r.score, &r.percentile, &r.scored, &r.model); err != nil {
			return err
		}
		have[cve] = r
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		want := epssRow{score: e.Score, percentile: e.Percentile, scored: sqldb.Micros(e.Date), model: e.Model}
		h, ok := have[e.CVE]
		if ok && h == want {
			done.Unchanged++
			continue
		}
		rows = append(rows, e.CVE, want.score, want.percentile, want.scored, want.model)
		switch {
		case !ok:
			done.New++
			moved = append(moved, e.CVE)
		case h.score != want.score:
			done.Changed++
			moved = append(moved, e.CVE)
		default:
			done.Unchanged++ // the same score of a later day
		}
	}
	return moved, rows, nil
}

func (t *tx) writeEPSSChanges(moved []string, b advisory.EPSSBatch) error {
	named := map[string]bool{}
	err := t.In(`SELECT DISTINCT name FROM advisory_name WHERE name IN (?*)`, sqldb.Anys(moved), func(s sqldb.Scanner) error {
		var n string
		err := s.Scan(&n)
		named[n] = true
		return err
	})
	if err != nil || len(named) == 0 {
		return err
	}
	seq, at, err := t.Number(ctem.StreamAdvisory, len(named), b.Now)
	if err != nil {
		return err
	}
	var changes []any
	for i, cve := range sqldb.SortedKeys(named) {
		changes = append(changes, seq+int64(i), string(advisory.FeedEPSS), cve, 0, at)
	}
	return t.Insert(insertChange, 5, changes, "")
}

// Signals returns what is known about the exploitation of each of the names;
// a name of which nothing is known is absent.
func (db *Store) Signals(ctx context.Context, names []string) (map[string]advisory.Signal, error) {
	signals := map[string]advisory.Signal{}
	err := db.read(ctx, func(t *tx) error {
		if err := t.kevSignals(names, signals); err != nil {
			return err
		}
		return t.In(`SELECT cve, score, percentile, scored, model FROM epss WHERE cve IN (?*)`, sqldb.Anys(names), func(s sqldb.Scanner) error {
			var e advisory.EPSS
			var scored int64
			if err := s.Scan(&e.CVE, &e.Score, &e.Percentile, &scored, &e.Model); err != nil {
				return err
			}
			e.Date = sqldb.FromMicros(scored)
			signals[e.CVE] = advisory.Signal{Name: e.CVE, KEV: signals[e.CVE].KEV, EPSS: &e}
			return nil
		})
	})
	return signals, err
}

func (t *tx) kevSignals(names []string, signals map[string]advisory.Signal) error {
	return t.In(`SELECT cve, added, due, ransomware, name FROM kev WHERE cve IN (?*) AND removed = ?`, sqldb.Anys(names), func(s sqldb.Scanner) error {
		var cve string
		var r kevRow
		if err := s.Scan(&cve, &r.added, &r.due, &r.ransomware, &r.name); err != nil {
			return err
		}
		signals[cve] = advisory.Signal{Name: cve, KEV: r.kev(cve)}
		return nil
	}, 0)
}

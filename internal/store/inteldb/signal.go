package inteldb

import (
	"context"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// signalRoom keeps what is known about exploitation.
type signalRoom struct{ db *sqldb.DB }

// signalTx is a transaction with its statements.
type signalTx struct{ *sqldb.Tx }

func (db signalRoom) writing(ctx context.Context, fn func(*signalTx) error) error {
	return db.db.Write(ctx, func(t *sqldb.Tx) error { return fn(&signalTx{t}) })
}

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
func (db signalRoom) CommitKEV(ctx context.Context, b advisory.KEVBatch) (advisory.Committed, error) {
	want := make(map[string]kevRow, len(b.Entries))
	for _, k := range b.Entries {
		want[k.CVE] = rowOfKEV(k)
	}
	var done advisory.Committed
	err := db.writing(ctx, func(t *signalTx) error {
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
func (t *signalTx) compareKEV(want map[string]kevRow) (todo []string, done advisory.Committed, err error) {
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

func (t *signalTx) writeKEV(want map[string]kevRow, cves []string, seq, at int64) error {
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

// signals are by name.
type signals map[string]advisory.Signal

// of changes the signal of a name.
func (list signals) of(name string, change func(*advisory.Signal)) {
	s := list[name]
	s.Name = name
	change(&s)
	list[name] = s
}

// Signals returns what is known about the exploitation of each of the names;
// a name of which nothing is known is absent.
func (db signalRoom) Signals(ctx context.Context, names []string) (map[string]advisory.Signal, error) {
	found := signals{}
	err := db.db.Read(ctx, func(base *sqldb.Tx) error {
		clear(found)
		t := &signalTx{base}
		for _, read := range []func([]any, signals) error{t.kevSignals, t.epssSignals, t.exploitSignals, t.ssvcSignals} {
			if err := read(sqldb.Anys(names), found); err != nil {
				return err
			}
		}
		return nil
	})
	return found, err
}

func (t *signalTx) kevSignals(names []any, into signals) error {
	return t.In(`SELECT cve, added, due, ransomware, name FROM kev WHERE cve IN (?*) AND removed = ?`, names, func(s sqldb.Scanner) error {
		var cve string
		var r kevRow
		if err := s.Scan(&cve, &r.added, &r.due, &r.ransomware, &r.name); err != nil {
			return err
		}
		into.of(cve, func(s *advisory.Signal) { s.KEV = r.kev(cve) })
		return nil
	}, 0)
}

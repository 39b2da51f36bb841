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
		have, err := t.knownKEV()
		if err != nil {
			return err
		}
		todo, d := compareKEV(want, have)
		done = d
		if len(todo) == 0 {
			return nil
		}
		seq, at, err := t.Number(ctem.StreamAdvisory, len(todo), b.Now)
		if err != nil {
			return err
		}
		return t.writeKEV(kevWork{want, have, todo}, seq, at)
	})
	return done, err
}

// kevWork is what a catalogue changes.
type kevWork struct {
	want, have map[string]kevRow
	todo       []string
}

// told says what changed about an entry.
func (w *kevWork) told(cve string) told {
	want, listed := w.want[cve]
	have, known := w.have[cve]
	switch {
	case !listed:
		return told{did: advisory.DidRemoved}
	case !known || have.removed != 0:
		detail := ""
		if want.ransomware != 0 {
			detail = "known to be used for ransom"
		}
		return told{did: advisory.DidAdded, detail: detail, said: sqldb.FromMicros(want.added)}
	case want.ransomware > have.ransomware:
		return told{did: advisory.DidRansomware}
	}
	return told{}
}

func (t *signalTx) knownKEV() (map[string]kevRow, error) {
	have := map[string]kevRow{}
	err := t.Query(`SELECT cve, added, due, ransomware, name, removed FROM kev`, func(s sqldb.Scanner) error {
		var cve string
		var r kevRow
		if err := s.Scan(&cve, &r.added, &r.due, &r.ransomware, &r.name, &r.removed); err != nil {
			return err
		}
		have[cve] = r
		return nil
	})
	return have, err
}

// compareKEV returns the CVEs whose row is to change, in order.
func compareKEV(want, have map[string]kevRow) (todo []string, done advisory.Committed) {
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
	return todo, done
}

func (t *signalTx) writeKEV(w kevWork, seq, at int64) error {
	stream, err := newTeller(t.Tx, advisory.FeedKEV, "")
	if err != nil {
		return err
	}
	var rows, removed []any
	for i, cve := range w.todo {
		stream.add(changed{seq: seq + int64(i), at: at, kind: advisory.FeedKEV, name: cve}, w.told(cve))
		r, listed := w.want[cve]
		if !listed {
			removed = append(removed, cve)
			continue
		}
		rows = append(rows, cve, r.added, r.due, r.ransomware, r.name, 0)
	}
	err = t.Insert(`INSERT INTO kev (cve, added, due, ransomware, name, removed) VALUES`, 6, rows,
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
	return stream.write(t.Tx)
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

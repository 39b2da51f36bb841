// Package sightdb keeps what sensors raised at run time, and finds where it was.
//
// The model. Resolve folds evidence into detections: one row for all alerts that
// say the same of the same workload, from the first to the last. A detection has
// clues (digest, name and tag of the image, names of the workload); its place is
// found by them whenever somebody asks, so that a workload that is learned of
// later gets what was seen on it.
//
// Invariants. A row only grows: the same evidence again changes nothing, and is
// no change in the stream. A detection that fits no place, or several, is nowhere,
// and says why; it is never dropped.
package sightdb

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// Store is the detections of an open database.
type Store struct{ db *sqldb.DB }

// New gives the room its database.
func New(db *sqldb.DB) *Store { return &Store{db: db} }

// tx is a transaction with the statements of this room.
type tx struct{ *sqldb.Tx }

func (db *Store) read(ctx context.Context, fn func(*tx) error) error {
	return db.db.Read(ctx, func(t *sqldb.Tx) error { return fn(&tx{t}) })
}

// row is a detection as it is stored.
type row struct {
	id int64
	twin.Sighted
}

type subjectKey struct {
	watch   int64
	subject string
}

// Put stores detections as part of the commit of resolve, which holds the lock of
// the twin's stream.
func Put(base *sqldb.Tx, list []twin.Sighted, now time.Time) error {
	if len(list) == 0 {
		return nil
	}
	t := &tx{base}
	have, err := t.known(list)
	if err != nil {
		return err
	}
	moved := map[subjectKey]bool{}
	fresh := 0
	for _, s := range list {
		k := subjectKey{s.Watch, s.Subject}
		old, ok := have[k]
		if !ok {
			fresh++
			have[k], moved[k] = &row{Sighted: s}, true
			continue
		}
		before := old.Detection
		if old.Detection.Join(s.Detection); !before.First.Equal(old.Detection.First) || !before.Last.Equal(old.Detection.Last) {
			moved[k] = true
		}
	}
	if len(moved) == 0 {
		return nil
	}
	next := int64(0)
	if fresh > 0 {
		if next, err = t.IDs("detection", fresh); err != nil {
			return err
		}
	}
	seq, _, err := t.Number(ctem.StreamDetection, len(moved), now)
	if err != nil {
		return err
	}
	var rows, clues, changes []any
	for _, k := range slices.SortedFunc(maps.Keys(moved), func(a, b subjectKey) int { return strings.Compare(a.subject, b.subject) }) {
		r := have[k]
		if r.id == 0 {
			r.id, next = next, next+1
		}
		body, err := json.Marshal(r.Detection)
		if err != nil {
			return fmt.Errorf("write %s: %w", k.subject, err)
		}
		rows = append(rows, r.id, k.watch, k.subject, sqldb.Micros(r.Detection.First), sqldb.Micros(r.Detection.Last), string(body))
		for _, c := range cluesOf(&r.Detection) {
			clues = append(clues, c, r.id)
		}
		changes = append(changes, seq+int64(len(changes)/2), r.id)
	}
	return t.put(rows, clues, changes)
}

func (t *tx) put(rows, clues, changes []any) error {
	err := t.Insert(`INSERT INTO detection (id, watch, subject, first_at, last_at, body) VALUES`, 6, rows,
		`ON CONFLICT (watch, subject) DO UPDATE SET first_at = excluded.first_at, last_at = excluded.last_at, body = excluded.body`)
	if err != nil {
		return err
	}
	if err := t.Insert(`INSERT INTO detection_clue (clue, detection) VALUES`, 2, clues, `ON CONFLICT DO NOTHING`); err != nil {
		return err
	}
	return t.Insert(`INSERT INTO detection_change (seq, detection) VALUES`, 2, changes, "")
}

// known reads the rows of subjects.
func (t *tx) known(list []twin.Sighted) (map[subjectKey]*row, error) {
	have := map[subjectKey]*row{}
	var subjects []any
	for _, s := range list {
		subjects = append(subjects, s.Subject)
	}
	err := t.In(columns+`WHERE d.subject IN (?*)`, subjects, func(s sqldb.Scanner) error {
		r, err := scan(s)
		have[subjectKey{r.Watch, r.Subject}] = &r
		return err
	})
	return have, err
}

const columns = `SELECT d.id, d.watch, w.source, w.scope, d.subject, d.body FROM detection d JOIN watch w ON w.id = d.watch `

func scan(s sqldb.Scanner) (r row, err error) {
	var body string
	if err := s.Scan(&r.id, &r.Watch, &r.Source, &r.Scope, &r.Subject, &body); err != nil {
		return r, err
	}
	if err := json.Unmarshal([]byte(body), &r.Detection); err != nil {
		return r, fmt.Errorf("read %s: %w", r.Subject, err)
	}
	return r, nil
}

// The kinds of clues.
const (
	byDigest = "d:"
	byTag    = "i:"
	byName   = "n:"
)

func cluesOf(d *twin.Detection) (clues []string) {
	if d.Digest != "" {
		clues = append(clues, byDigest+d.Digest)
	}
	if tag := tagOf(d); tag != "" {
		clues = append(clues, byTag+tag)
	}
	for _, n := range d.Names {
		clues = append(clues, byName+n)
	}
	return clues
}

func tagOf(d *twin.Detection) string {
	ref, err := twin.ParseRef(d.Image)
	if d.Image == "" || err != nil {
		return ""
	}
	return ref.NameTag()
}

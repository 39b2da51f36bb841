package doordb

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// ClaimAnswer begins a request with a key of its own. Where the key is in use it
// is refused, and the answer is what there is of it. One that was begun before
// lost, and never answered, was cut off: it is taken over.
func (db *Store) ClaimAnswer(ctx context.Context, a ctem.Answer, lost time.Time) (have ctem.Answer, claimed bool, err error) {
	err = db.db.Write(ctx, func(t *sqldb.Tx) error {
		n, err := t.Exec(`INSERT INTO answer (actor, name, begun, request, status, media, location, body) VALUES (?, ?, ?, '', 0, '', '', ?)
			ON CONFLICT (actor, name) DO UPDATE SET begun = excluded.begun WHERE answer.status = 0 AND answer.begun < ?`,
			a.Actor, a.Key, sqldb.Micros(a.Begun), []byte{}, sqldb.Micros(lost))
		claimed = n == 1
		if err != nil || claimed {
			have = a
			return err
		}
		have = ctem.Answer{Actor: a.Actor, Key: a.Key}
		var begun int64
		_, err = t.Get(`SELECT begun, request, status, media, location, body FROM answer WHERE actor = ? AND name = ?`,
			[]any{a.Actor, a.Key}, &begun, &have.Request, &have.Status, &have.Media, &have.Location, &have.Body)
		have.Begun = sqldb.FromMicros(begun)
		return err
	})
	return have, claimed, err
}

// KeepAnswer keeps the answer of a request that was claimed.
func (db *Store) KeepAnswer(ctx context.Context, a ctem.Answer) error {
	return db.db.Write(ctx, func(t *sqldb.Tx) error {
		if a.Body == nil {
			a.Body = []byte{}
		}
		_, err := t.Exec(`UPDATE answer SET request = ?, status = ?, media = ?, location = ?, body = ? WHERE actor = ? AND name = ? AND begun = ?`,
			a.Request, a.Status, a.Media, a.Location, a.Body, a.Actor, a.Key, sqldb.Micros(a.Begun))
		return err
	})
}

// LeaveAnswer gives a key back whose request failed: it may be tried again.
func (db *Store) LeaveAnswer(ctx context.Context, a ctem.Answer) error {
	return db.db.Write(ctx, func(t *sqldb.Tx) error {
		_, err := t.Exec(`DELETE FROM answer WHERE actor = ? AND name = ? AND begun = ? AND status = 0`, a.Actor, a.Key, sqldb.Micros(a.Begun))
		return err
	})
}

// Sweep removes answers, receipts and jobs that are over.
func (db *Store) Sweep(ctx context.Context, answers, receipts time.Time) error {
	return db.db.Write(ctx, func(t *sqldb.Tx) error {
		if _, err := t.Exec(`DELETE FROM answer WHERE begun < ?`, sqldb.Micros(answers)); err != nil {
			return err
		}
		if _, err := t.Exec(`DELETE FROM job WHERE state <> ? AND began < ?`, string(ctem.JobRunning), sqldb.Micros(receipts)); err != nil {
			return err
		}
		_, err := t.Exec(`DELETE FROM receipt WHERE at < ?`, sqldb.Micros(receipts))
		return err
	})
}

// Heads returns the last number of every stream.
func (db *Store) Heads(ctx context.Context) (heads map[ctem.Stream]int64, err error) {
	err = db.db.Read(ctx, func(t *sqldb.Tx) error {
		heads = map[ctem.Stream]int64{}
		return t.Query(`SELECT name, seq FROM stream`, func(s sqldb.Scanner) error {
			var name string
			var seq int64
			err := s.Scan(&name, &seq)
			heads[ctem.Stream(name)] = seq
			return err
		})
	})
	return heads, err
}

package evidencedb

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// SourceScopes returns the scopes in which a source may have something that has
// not ended: all but those whose newest word is a complete snapshot of nothing.
func (db *Store) SourceScopes(ctx context.Context, source string) (scopes []string, err error) {
	err = db.read(ctx, func(t *tx) error {
		scopes = nil
		ids := map[int64]string{}
		var order []int64
		err := t.Query(`SELECT id, scope FROM watch WHERE source = ? ORDER BY scope`, func(r sqldb.Scanner) error {
			var id int64
			var scope string
			err := r.Scan(&id, &scope)
			ids[id], order = scope, append(order, id)
			return err
		}, source)
		if err != nil {
			return err
		}
		for _, id := range order {
			over, err := isOver(t, id)
			if err != nil {
				return err
			}
			if !over {
				scopes = append(scopes, ids[id])
			}
		}
		return nil
	})
	return scopes, err
}

// isOver reports whether the newest word about a watch is that nothing is there.
func isOver(t *tx, watch int64) (bool, error) {
	h, err := t.head(watch, "")
	if err != nil || h.snapshot == "" || h.hash != contentHash(twin.Class(h.class), nil) {
		return false, err
	}
	var last int64
	_, err = t.Get(`SELECT observed FROM evidence WHERE watch = ? AND source_seq > 0 ORDER BY epoch DESC, source_seq DESC LIMIT 1`,
		[]any{watch}, &last)
	return last <= h.observed, err
}

// SourceHead returns the newest epoch of a source, and the newest sequence in
// it; zeros where it has none.
func (db *Store) SourceHead(ctx context.Context, source string) (epoch, seq int64, err error) {
	err = db.read(ctx, func(t *tx) error {
		epoch, seq = 0, 0
		var ids []int64
		err := t.Query(`SELECT id FROM watch WHERE source = ?`, func(r sqldb.Scanner) error {
			var id int64
			err := r.Scan(&id)
			ids = append(ids, id)
			return err
		}, source)
		if err != nil {
			return err
		}
		for _, id := range ids {
			var e, s int64
			_, err := t.Get(`SELECT epoch, source_seq FROM evidence WHERE watch = ? AND source_seq > 0 ORDER BY epoch DESC, source_seq DESC LIMIT 1`,
				[]any{id}, &e, &s)
			if err != nil {
				return err
			}
			if e > epoch || e == epoch && s > seq {
				epoch, seq = e, s
			}
		}
		return nil
	})
	return epoch, seq, err
}

// NoteTrouble replaces what a source says that it cannot see. What it said
// before with the same words keeps the time since when.
func (db *Store) NoteTrouble(ctx context.Context, source string, trouble []twin.Rejection, at time.Time) error {
	return db.write(ctx, func(t *tx) error {
		seen := sqldb.Micros(at)
		var rows []any
		told := map[twin.Rejection]bool{}
		for _, r := range trouble {
			if !told[r] {
				rows = append(rows, source, r.Where, r.Reason, seen, seen)
			}
			told[r] = true
		}
		err := t.Insert(`INSERT INTO source_trouble (source, place, reason, since, seen) VALUES`, 5, rows,
			`ON CONFLICT (source, place, reason) DO UPDATE SET seen = excluded.seen`)
		if err != nil {
			return err
		}
		_, err = t.Exec(`DELETE FROM source_trouble WHERE source = ? AND seen < ?`, source, seen)
		return err
	})
}

// Trouble returns what sources say that they cannot see, by source.
func (db *Store) Trouble(ctx context.Context) (by map[string][]twin.Trouble, err error) {
	err = db.read(ctx, func(t *tx) error {
		by = map[string][]twin.Trouble{}
		return t.Query(`SELECT source, place, reason, since, seen FROM source_trouble ORDER BY source, place, reason`, func(r sqldb.Scanner) error {
			var source string
			var x twin.Trouble
			var since, seen int64
			err := r.Scan(&source, &x.Where, &x.Reason, &since, &seen)
			x.Since, x.Seen = sqldb.FromMicros(since), sqldb.FromMicros(seen)
			by[source] = append(by[source], x)
			return err
		})
	})
	return by, err
}

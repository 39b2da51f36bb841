package sqldb

import (
	"context"
	"fmt"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// Number takes the stream's lock and the next n numbers. It returns the first
// of them and the record time: the clock, or one microsecond after the
// stream's last, whichever is later, so that record time never runs backwards.
func (t *Tx) Number(stream ctem.Stream, n int, now time.Time) (first, at int64, err error) {
	us := Micros(now)
	var last int64
	found, err := t.Get(`UPDATE stream SET seq = seq + ?, recorded = CASE WHEN recorded >= ? THEN recorded + 1 ELSE ? END
		WHERE name = ? RETURNING seq, recorded`, []any{n, us, us, string(stream)}, &last, &at)
	if err != nil {
		return 0, 0, err
	}
	if !found {
		return 0, 0, fmt.Errorf("no stream %q", stream)
	}
	return last - int64(n) + 1, at, nil
}

// IDs allocates n integer ids for a table and returns the first.
func (t *Tx) IDs(table string, n int) (first int64, err error) {
	var last int64
	_, err = t.Get(`INSERT INTO sequence (name, last) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET last = sequence.last + excluded.last RETURNING last`, []any{table, n}, &last)
	return last - int64(n) + 1, err
}

// Advance opens the commit of a step: fencing token first, then the
// compare-and-swap of each cursor, in the order given. It must be the first
// call in the transaction.
func (t *Tx) Advance(adv ctem.Advance) error {
	if adv.Fence != 0 {
		n, err := t.Exec(`UPDATE lease SET fence = fence WHERE name = ? AND fence = ?`, adv.Step, adv.Fence)
		if err != nil {
			return err
		}
		if n == 0 {
			return ctem.ErrRaced
		}
	}
	for _, m := range adv.Moves {
		if err := t.move(adv.Step, m); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tx) move(step string, m ctem.Move) error {
	if m.To < m.From {
		return fmt.Errorf("cursor of %s on %s would go back from %d to %d", step, m.Stream, m.From, m.To)
	}
	query := `UPDATE cursor SET seq = ? WHERE step = ? AND stream = ? AND seq = ?`
	args := []any{m.To, step, string(m.Stream), m.From}
	if m.From == 0 {
		query = `INSERT INTO cursor (seq, step, stream) VALUES (?, ?, ?)
			ON CONFLICT (step, stream) DO UPDATE SET seq = excluded.seq WHERE cursor.seq = ?`
	}
	n, err := t.Exec(query, args...)
	if err != nil {
		return err
	}
	if n == 0 {
		return ctem.ErrRaced
	}
	return nil
}

// Cursor returns the number up to which a step has read a stream.
func (db *DB) Cursor(ctx context.Context, step string, stream ctem.Stream) (seq int64, err error) {
	err = db.Read(ctx, func(t *Tx) error {
		_, err := t.Get(`SELECT seq FROM cursor WHERE step = ? AND stream = ?`, []any{step, string(stream)}, &seq)
		return err
	})
	return seq, err
}

// Head returns the last number and the record time of a stream.
func (db *DB) Head(ctx context.Context, stream ctem.Stream) (seq int64, at time.Time, err error) {
	var us int64
	err = db.Read(ctx, func(t *Tx) error {
		_, err := t.Get(`SELECT seq, recorded FROM stream WHERE name = ?`, []any{string(stream)}, &seq, &us)
		return err
	})
	return seq, FromMicros(us), err
}

// Acquire takes or renews the lease of a name for its owner. It is refused,
// with ok false, while another owner's lease runs. A new owner gets a new
// fencing token. The clock must be the real one.
func (db *DB) Acquire(ctx context.Context, want ctem.Lease, now time.Time) (got ctem.Lease, ok bool, err error) {
	if want.Owner == "" || !want.Expires.After(now) {
		return got, false, fault.New(fault.Invalid, "a lease needs an owner and an end after now")
	}
	err = db.Write(ctx, func(t *Tx) error {
		got = want
		ok, err = t.Get(`INSERT INTO lease (name, owner, fence, expires) VALUES (?, ?, 1, ?)
			ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, expires = excluded.expires,
				fence = lease.fence + CASE WHEN lease.owner = excluded.owner THEN 0 ELSE 1 END
			WHERE lease.owner = excluded.owner OR lease.expires <= ?
			RETURNING fence`, []any{want.Name, want.Owner, Micros(want.Expires), Micros(now)}, &got.Fence)
		return err
	})
	return got, ok, err
}

// Release ends a lease early; one that was lost meanwhile is left alone.
func (db *DB) Release(ctx context.Context, l ctem.Lease) error {
	return db.Write(ctx, func(t *Tx) error {
		_, err := t.Exec(`UPDATE lease SET expires = 0 WHERE name = ? AND owner = ? AND fence = ?`, l.Name, l.Owner, l.Fence)
		return err
	})
}

// Quarantine records a batch that a step cannot process and moves the step's
// cursor past it, in one transaction.
func (db *DB) Quarantine(ctx context.Context, adv ctem.Advance, q ctem.Quarantine) error {
	return db.Write(ctx, func(t *Tx) error {
		if err := t.Advance(adv); err != nil {
			return err
		}
		_, err := t.Exec(`INSERT INTO quarantine (step, stream, from_seq, to_seq, reason, at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (step, stream, from_seq) DO UPDATE SET to_seq = excluded.to_seq, reason = excluded.reason, at = excluded.at`,
			q.Step, string(q.Stream), q.From, q.To, q.Reason, Micros(q.At))
		return err
	})
}

// Quarantined lists what steps passed over, oldest first.
func (db *DB) Quarantined(ctx context.Context) (list []ctem.Quarantine, err error) {
	err = db.Read(ctx, func(t *Tx) error {
		return t.Query(`SELECT step, stream, from_seq, to_seq, reason, at FROM quarantine ORDER BY at, step, stream, from_seq`,
			func(r Scanner) error {
				var q ctem.Quarantine
				var at int64
				if err := r.Scan(&q.Step, &q.Stream, &q.From, &q.To, &q.Reason, &at); err != nil {
					return err
				}
				q.At = FromMicros(at)
				list = append(list, q)
				return nil
			})
	})
	return list, err
}

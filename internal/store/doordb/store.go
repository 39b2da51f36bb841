// Package doordb keeps what the HTTP door must remember: receipts of evidence,
// answers that are given again, and jobs, which take longer than a request.
//
// The model. A receipt is begun together with the entry in the log of
// mutations, before anything is stored, and noted when its evidence is. It is
// computed when every step has read as far as the stream was then. An answer is
// claimed before its request is done, and kept when it is. A job is believed to
// run for as long as its process goes on saying so.
//
// Invariants. A receipt that was acknowledged is stored and in the log. One key
// of one actor is done once at a time. One job runs at a time, and it begins and
// ends together with its entries in the log. All is bookkeeping: no step reads it.
package doordb

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// Store is the door's memory in an open database.
type Store struct {
	db *sqldb.DB
	*jobs
}

// New gives the room its database.
func New(db *sqldb.DB) *Store { return &Store{db: db, jobs: &jobs{db}} }

// about is what a receipt speaks of, as its row has it.
type about struct {
	Artifact     string   `json:"artifact,omitempty"`
	Environments []string `json:"environments,omitempty"`
}

// BeginReceipt keeps a receipt of what is about to be stored.
func (db *Store) BeginReceipt(ctx context.Context, r ctem.Receipt) error {
	return db.db.Write(ctx, func(t *sqldb.Tx) error {
		_, err := t.Exec(`INSERT INTO receipt (id, at, actor, kind, about, seq, computed, body) VALUES (?, ?, ?, ?, '{}', 0, 0, '')`,
			r.ID, sqldb.Micros(r.At), r.By, r.Kind)
		return err
	})
}

// DropReceipt takes back a receipt of which nothing was stored.
func (db *Store) DropReceipt(ctx context.Context, id string) error {
	return db.db.Write(ctx, func(t *sqldb.Tx) error {
		_, err := t.Exec(`DELETE FROM receipt WHERE id = ? AND seq = 0`, id)
		return err
	})
}

// NoteReceipt notes that a receipt's evidence is stored: up to the present end
// of the evidence stream, whose number and time it returns.
func (db *Store) NoteReceipt(ctx context.Context, r ctem.Receipt) (ctem.Receipt, error) {
	text, err := json.Marshal(about{r.Artifact, r.Environments})
	if err != nil {
		return r, fmt.Errorf("write what receipt %s is about: %w", r.ID, err)
	}
	err = db.db.Write(ctx, func(t *sqldb.Tx) error {
		if _, err := t.Get(`SELECT seq FROM stream WHERE name = ?`, []any{string(ctem.StreamEvidence)}, &r.Seq); err != nil {
			return err
		}
		_, err := t.Exec(`UPDATE receipt SET about = ?, seq = ?, body = ? WHERE id = ?`, string(text), r.Seq, r.Body, r.ID)
		return err
	})
	return r, err
}

// ComputeReceipts notes that everything up to a number of the evidence stream
// was computed at a time.
func (db *Store) ComputeReceipts(ctx context.Context, seq int64, now time.Time) error {
	var open int
	err := db.db.Read(ctx, func(t *sqldb.Tx) error {
		_, err := t.Get(`SELECT COUNT(*) FROM receipt WHERE computed = 0 AND seq > 0 AND seq <= ?`, []any{seq}, &open)
		return err
	})
	if err != nil || open == 0 {
		return err
	}
	return db.db.Write(ctx, func(t *sqldb.Tx) error {
		var recorded int64 // record time may be ahead of the clock
		if _, err := t.Get(`SELECT MAX(recorded) FROM stream WHERE name IN (?, ?)`,
			[]any{string(ctem.StreamExposure), string(ctem.StreamDecision)}, &recorded); err != nil {
			return err
		}
		_, err := t.Exec(`UPDATE receipt SET computed = ? WHERE computed = 0 AND seq > 0 AND seq <= ?`, max(recorded, sqldb.Micros(now)), seq)
		return err
	})
}

const receiptColumns = `id, at, actor, kind, about, seq, computed, body`

// FindReceipt returns one receipt.
func (db *Store) FindReceipt(ctx context.Context, id string) (r ctem.Receipt, err error) {
	found := false
	err = db.db.Read(ctx, func(t *sqldb.Tx) error {
		return t.Query(`SELECT `+receiptColumns+` FROM receipt WHERE id = ? AND seq > 0`, func(s sqldb.Scanner) error {
			found = true
			r, err = scanReceipt(s)
			return err
		}, id)
	})
	if err == nil && !found {
		err = fault.New(fault.NotFound, "no receipt %s", id).WithHint("a receipt is kept for 90 days")
	}
	return r, err
}

// ListReceipts lists receipts of an actor ("": of all), newest first, after one
// that a page ended with.
func (db *Store) ListReceipts(ctx context.Context, by, after string, limit int) (p ctem.Page[ctem.Receipt], err error) {
	err = db.db.Read(ctx, func(t *sqldb.Tx) error {
		where, args := `seq > 0`, []any{}
		if by != "" {
			where, args = where+` AND actor = ?`, append(args, by)
		}
		if _, err := t.Get(`SELECT COUNT(*) FROM receipt WHERE `+where, args, &p.Total); err != nil {
			return err
		}
		if after != "" {
			where, args = where+` AND (at, id) < (SELECT at, id FROM receipt WHERE id = ?)`, append(args, after)
		}
		p.Items = nil
		return t.Query(`SELECT `+receiptColumns+` FROM receipt WHERE `+where+` ORDER BY at DESC, id DESC LIMIT ?`, func(s sqldb.Scanner) error {
			r, err := scanReceipt(s)
			p.Items = append(p.Items, r)
			return err
		}, append(args, limit+1)...)
	})
	if err == nil && len(p.Items) > limit {
		p.Items = p.Items[:limit]
		p.Next = p.Items[limit-1].ID
	}
	return p, err
}

func scanReceipt(s sqldb.Scanner) (r ctem.Receipt, err error) {
	var at, computed int64
	var text string
	if err := s.Scan(&r.ID, &at, &r.By, &r.Kind, &text, &r.Seq, &computed, &r.Body); err != nil {
		return r, err
	}
	var a about
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		return r, fmt.Errorf("read what receipt %s is about: %w", r.ID, err)
	}
	r.At, r.Artifact, r.Environments = sqldb.FromMicros(at), a.Artifact, a.Environments
	if computed != 0 {
		r.Computed = sqldb.FromMicros(computed)
	}
	return r, nil
}

// BecameOf says what a computed receipt opened and closed: at the places of its
// artifact, or of its environments, the exposures that are live in one of two
// beliefs and not in the other, the one of when it came and the one of when it
// was computed. What others sent for the same places meanwhile is in it too.
func (db *Store) BecameOf(ctx context.Context, r ctem.Receipt) (b ctem.Became, err error) {
	err = db.db.Read(ctx, func(t *sqldb.Tx) error {
		b = ctem.Became{Opened: []string{}, Closed: []string{}}
		places, err := placesOf(t, r)
		if err != nil {
			return err
		}
		from, to := sqldb.Micros(r.At), sqldb.Micros(r.Computed)
		const live = `SELECT MAX(CASE WHEN state <= 2 THEN 1 ELSE 0 END) FROM exposure_history h
			WHERE h.exposure = e.num AND h.recorded_from <= %d AND h.recorded_to > %d AND h.valid_to > %d`
		query := fmt.Sprintf(`SELECT e.id, COALESCE((`+live+`), 0), COALESCE((`+live+`), 0) FROM exposure e
			WHERE e.place IN (?*) AND e.changed_at > ? ORDER BY e.id`, from, from, from, to, to, to)
		return t.In(query, sqldb.Anys(places), func(s sqldb.Scanner) error {
			var id string
			var before, after int64
			if err := s.Scan(&id, &before, &after); err != nil {
				return err
			}
			switch {
			case after > before:
				b.Opened = append(b.Opened, id)
			case before > after:
				b.Closed = append(b.Closed, id)
			}
			return nil
		}, from)
	})
	return b, err
}

// placesOf finds the places that a receipt speaks of.
func placesOf(t *sqldb.Tx, r ctem.Receipt) (places []int64, err error) {
	if r.Artifact != "" {
		err = t.Query(`SELECT place FROM artifact WHERE artifact = ? AND place <> 0
			UNION SELECT i.place FROM place_image i WHERE i.digest = ? OR i.nametag = ?`,
			sqldb.AppendID(&places), r.Artifact, r.Artifact, r.Artifact)
		if err != nil {
			return nil, err
		}
	}
	if len(r.Environments) > 0 {
		err = t.In(`SELECT id FROM place WHERE environment IN (?*)`, sqldb.Anys(r.Environments), sqldb.AppendID(&places))
	}
	slices.Sort(places)
	return slices.Compact(places), err
}

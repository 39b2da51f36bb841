package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/fault"
)

// Chunk is how many rows or keys one statement carries.
const Chunk = 500

// Tx is one transaction. It is bound to the context it was begun with.
type Tx struct {
	ctx   context.Context
	sql   *sql.Tx
	db    *DB
	tap   func(n int)
	count int
}

// Scanner is a row that can be read into variables.
type Scanner interface{ Scan(dest ...any) error }

// Write runs fn in one write transaction and tries again what the engine calls
// busy, deadlocked or not serializable.
func (db *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	const attempts = 8
	var err error
	for i := range attempts {
		if err = db.once(ctx, db.writer, nil, fn); err == nil || !db.engine.busy(err) {
			return err
		}
		pause := time.Duration(1<<i) * 5 * time.Millisecond
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause + rand.N(pause)):
		}
	}
	return fault.Wrap(fault.Unavailable, err, "the database was busy at %d attempts", attempts)
}

// Read runs fn in one read-only transaction: all its queries see one state.
func (db *DB) Read(ctx context.Context, fn func(*Tx) error) error {
	opts := &sql.TxOptions{ReadOnly: true}
	if db.engine.name == "postgres" {
		opts.Isolation = sql.LevelRepeatableRead
	}
	return db.once(ctx, db.reader, opts, fn)
}

// once runs one transaction. That the database cannot be reached, or has no
// room, is no defect of ours: it is tried again later.
func (db *DB) once(ctx context.Context, pool *sql.DB, opts *sql.TxOptions, fn func(*Tx) error) error {
	err := db.transact(ctx, pool, opts, fn)
	if err == nil || ctx.Err() != nil || fault.KindOf(err) != fault.Internal || !db.engine.gone(err) {
		return err
	}
	gone := &fault.Error{Kind: fault.Unavailable, Message: "the database cannot be used now", Err: err}
	return gone.WithHint("try again in a moment; nothing was changed. Look at the database and its disk: tidemark doctor")
}

func (db *DB) transact(ctx context.Context, pool *sql.DB, opts *sql.TxOptions, fn func(*Tx) error) (err error) {
	t := &Tx{ctx: ctx, db: db}
	if opts == nil {
		t.tap = db.Tap
	}
	t.step()
	if t.sql, err = pool.BeginTx(ctx, opts); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreDone(t.sql.Rollback()))
		}
	}()
	if err = fn(t); err != nil {
		return err
	}
	t.step()
	if err = t.sql.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// ignoreDone drops the error of rolling back what a cancelled context ended.
func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// step tells the tap that another statement is about to run.
func (t *Tx) step() {
	if t.tap != nil {
		t.tap(t.count)
	}
	t.count++
}

// Exec runs a statement and returns how many rows it touched.
func (t *Tx) Exec(query string, args ...any) (int64, error) {
	t.step()
	res, err := t.sql.ExecContext(t.ctx, t.db.rebind(query), args...)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", firstWords(query), err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("%s: count rows: %w", firstWords(query), err)
	}
	return n, nil
}

// Query calls scan for each row of the answer.
func (t *Tx) Query(query string, scan func(Scanner) error, args ...any) (err error) {
	t.step()
	rows, err := t.sql.QueryContext(t.ctx, t.db.rebind(query), args...)
	if err != nil {
		return fmt.Errorf("%s: %w", firstWords(query), err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("%s: read a row: %w", firstWords(query), err)
		}
	}
	return rows.Err()
}

// Get reads at most one row.
func (t *Tx) Get(query string, args []any, dest ...any) (found bool, err error) {
	t.step()
	err = t.sql.QueryRowContext(t.ctx, t.db.rebind(query), args...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("%s: %w", firstWords(query), err)
	}
	return true, nil
}

// rebind gives the query in the engine's placeholders, remembered by text.
func (db *DB) rebind(query string) string {
	if db.engine.name == "sqlite" {
		return query
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if b, ok := db.bound[query]; ok {
		return b
	}
	if len(db.bound) > 1000 { // queries are built from few shapes: this is a guard, not a cache policy
		db.bound = map[string]string{}
	}
	b := db.engine.rebind(query)
	db.bound[query] = b
	return b
}

// firstWords names a statement in an error without repeating all of it.
func firstWords(query string) string {
	words := strings.Fields(query)
	if len(words) > 6 {
		words = words[:6]
	}
	return strings.Join(words, " ")
}

// Package evidencedb keeps what sources said: the evidence stream with its
// bodies, and the coverage that says when each source looked.
//
// The model. An observation is a row of the stream under the watch of its
// source and scope; its body is stored once, by hash, and packed. Coverage is a
// list of stretches for each watch and class, moved by evidence and heartbeats.
//
// Invariants. Evidence is appended and never changed; concurrent callers share
// one durable commit. A key comes once: the same content again is unchanged,
// other content is a forged replay, refused and kept to be shown. A coverage
// never moves backwards, and does not depend on the order of arrival.
package evidencedb

import (
	"context"

	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// Store is the evidence of an open database.
type Store struct {
	db *sqldb.DB

	measured
	appends appender // joins concurrent appends
}

// measured is what is counted beside the evidence: when single things were seen, and
// what was left out.
type measured struct{ at *sqldb.DB }

func (m measured) write(ctx context.Context, fn func(*tx) error) error {
	return m.at.Write(ctx, func(t *sqldb.Tx) error { return fn(&tx{Tx: t}) })
}

// New gives the room its database.
func New(db *sqldb.DB) *Store { return &Store{db: db, measured: measured{db}} }

// tx is a transaction with the statements of this room.
type tx struct {
	*sqldb.Tx
	db *Store
}

func (db *Store) write(ctx context.Context, fn func(*tx) error) error {
	return db.db.Write(ctx, func(t *sqldb.Tx) error { return fn(&tx{t, db}) })
}

func (db *Store) read(ctx context.Context, fn func(*tx) error) error {
	return db.db.Read(ctx, func(t *sqldb.Tx) error { return fn(&tx{t, db}) })
}

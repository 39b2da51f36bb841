// Package workdb keeps what is to be done: decisions on exposures, and the
// actions that close many of them.
//
// The model. Decisions are a stream: the newest on an exposure is in force, the
// older ones say what was in force before. Actions have a row each, with a
// history of what they counted of their exposures.
//
// Invariants. A decision is never changed. The columns of an exposure that show
// its decision follow in the same transaction, so that lists need no join. An
// action keeps the risk that an exposure had while it was open.
package workdb

import (
	"context"

	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// Store is the decisions and actions of an open database.
type Store struct {
	db *sqldb.DB
	deciding
}

// deciding reads decisions.
type deciding struct{ *Store }

// New gives the room its database.
func New(db *sqldb.DB) *Store {
	s := &Store{db: db}
	s.deciding = deciding{s}
	return s
}

// tx is a transaction with the statements of this room.
type tx struct{ *sqldb.Tx }

func (db *Store) write(ctx context.Context, fn func(*tx) error) error {
	return db.db.Write(ctx, func(t *sqldb.Tx) error { return fn(&tx{t}) })
}

func (db *Store) read(ctx context.Context, fn func(*tx) error) error {
	return db.db.Read(ctx, func(t *sqldb.Tx) error { return fn(&tx{t}) })
}

// Package twindb writes the twin, and reads what resolve needs to compute it.
//
// The model. A claim is what one watch says about one subject; facts and marks
// are its evidence, states are stored once by hash. The current state and
// history are apart; presence and images are kept beside them, so that lists
// and deployments are found without reading history.
//
// Invariants. One commit moves the cursor, writes the difference between what
// was believed and what is now known, and numbers the changes of the stream. A
// history row is never lost: it is ended or superseded. An ordinary change adds
// one history row.
package twindb

import (
	"context"

	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// Store is the twin of an open database.
type Store struct{ db *sqldb.DB }

// New gives the room its database.
func New(db *sqldb.DB) *Store { return &Store{db: db} }

// tx is a transaction with the statements of this room.
type tx struct{ *sqldb.Tx }

func (db *Store) write(ctx context.Context, fn func(*tx) error) error {
	return db.db.Write(ctx, func(t *sqldb.Tx) error { return fn(&tx{t}) })
}

func (db *Store) read(ctx context.Context, fn func(*tx) error) error {
	return db.db.Read(ctx, func(t *sqldb.Tx) error { return fn(&tx{t}) })
}

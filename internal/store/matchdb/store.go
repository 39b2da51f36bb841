// Package matchdb keeps which components match which advisories, and the
// weaknesses that the advisories' names join to.
//
// The model. A component that was evaluated has a row, with its matches, the
// packages it was looked up by, and what could not be decided. A weakness has
// one first name for ever, a canonical name, and all its aliases; two that turn
// out to be one are redirected.
//
// Invariants. A name belongs to one weakness. "Not evaluated" is the absence of
// a row, never an empty one. What a redirect touches is left to be computed
// again. Writes are part of the commit of exposures, in its transaction.
package matchdb

import (
	"context"

	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// Store reads the matches of an open database.
type Store struct{ db *sqldb.DB }

// New gives the room its database.
func New(db *sqldb.DB) *Store { return &Store{db: db} }

// tx is a transaction with the statements of this room.
type tx struct{ *sqldb.Tx }

func (db *Store) read(ctx context.Context, fn func(*tx) error) error {
	return db.db.Read(ctx, func(t *sqldb.Tx) error { return fn(&tx{t}) })
}

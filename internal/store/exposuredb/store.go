// Package exposuredb keeps exposures: where a weakness stands, since when, and
// what follows from the age of the evidence for it.
//
// The model. An exposure has a current row, by which lists go, and history rows
// with both times. A view is the table as it was at one time, as believed at
// another; freshness is no column: it is laid over the rows from the coverage
// of the sources that an exposure rests on (its basis).
//
// Invariants. Totals, pages and items see the same columns, so that each number
// is a link to exactly the rows that it counts. Committing what is already so
// writes nothing. A question about a time before the retention floor is refused.
package exposuredb

import (
	"context"

	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// Store is the exposures of an open database.
type Store struct {
	db *sqldb.DB
	indexing
}

// New gives the room its database.
func New(db *sqldb.DB) *Store {
	s := &Store{db: db}
	s.indexing = indexing{s}
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

// Package estatedb reads the twin: places, workloads, artifacts and components,
// at any time, as known now or as believed at another time.
//
// The model. What stands in a place is the union of its claims, each of which
// has a current row and history rows with both times. An artifact's contents
// over time are its listings, folded; an SBOM's components are one packed graph.
//
// Invariants. Nothing is written here: twindb does that. A question about a
// time before the retention floor is refused, never answered with an empty
// list. Pages are complete and stable: the same question gives the same rows.
package estatedb

import (
	"context"

	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// Store reads the twin of an open database.
type Store struct{ db *sqldb.DB }

// New gives the room its database.
func New(db *sqldb.DB) *Store { return &Store{db: db} }

// tx is a transaction with the statements of this room.
type tx struct{ *sqldb.Tx }

func (db *Store) read(ctx context.Context, fn func(*tx) error) error {
	return db.db.Read(ctx, func(t *sqldb.Tx) error { return fn(&tx{t}) })
}

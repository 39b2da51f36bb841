// Package thingdb reads what of the twin is no workload, and how everything in it
// hangs together: things, their edges in both directions, what each source said
// over time, and what differs between two times.
//
// The model. A thing is all claims of one subject in one scope (in any scope,
// where its kind is the same everywhere). An edge is a link of a state; it is
// there as long as a claim has that state, and is found from both of its ends.
//
// Invariants. Nothing is written here. Answers are exact at any time, as known now
// or as believed at another time; a question about a time before the retention
// floor is refused. Who sees a part of the estate sees the things that stand one
// step from its workloads, and no others.
package thingdb

import (
	"context"

	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// Store reads the things of an open database.
type Store struct{ db *sqldb.DB }

// New gives the room its database.
func New(db *sqldb.DB) *Store { return &Store{db: db} }

// tx is a transaction with the statements of this room.
type tx struct{ *sqldb.Tx }

func (db *Store) read(ctx context.Context, fn func(*tx) error) error {
	return db.db.Read(ctx, func(t *sqldb.Tx) error { return fn(&tx{t}) })
}

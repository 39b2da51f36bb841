// Package newsdb keeps the events: what changed in the world and concerns
// something here.
//
// The model. A change of the advisory stream that somebody may want to hear of is
// a cause. An event stands for one weakness and a cause, with a row for each
// service and environment that it concerns, by which lists are narrowed.
//
// Invariants. A cause makes an event of one kind about one subject once. What an
// event says it concerns is what was so when it was written.
package newsdb

import (
	"context"

	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// Store is the events of an open database.
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

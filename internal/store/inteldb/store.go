// Package inteldb keeps advisories and what is known about their exploitation.
//
// The model. A record stands under its id with the names that it carries, the
// packages that it speaks of and its severities; KEV, EPSS, exploits and SSVC
// points are tables of their own, by CVE. Feeds say how fresh each input is.
//
// Invariants. Only what differs is written, and each change is numbered in the
// advisory stream. A record that was read comes back as it was given. Packages
// that a record once spoke of are remembered, so that what it no longer
// concerns is looked at again.
package inteldb

import (
	"context"

	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// Store is the intelligence of an open database.
type Store struct {
	db *sqldb.DB
	newsroom
	signalRoom
	archive
}

// New gives the room its database.
func New(db *sqldb.DB) *Store {
	return &Store{db: db, newsroom: newsroom{db}, signalRoom: signalRoom{db}, archive: archive{db}}
}

// tx is a transaction with the statements of this room.
type tx struct{ *sqldb.Tx }

func (db *Store) write(ctx context.Context, fn func(*tx) error) error {
	return db.db.Write(ctx, func(t *sqldb.Tx) error { return fn(&tx{t}) })
}

func (db *Store) read(ctx context.Context, fn func(*tx) error) error {
	return db.db.Read(ctx, func(t *sqldb.Tx) error { return fn(&tx{t}) })
}

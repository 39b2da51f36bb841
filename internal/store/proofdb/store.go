// Package proofdb keeps proofs: what was worked out from the twin about who
// reaches what, and about what accounts and containers may do.
//
// The model. A proof is a question; its answers are rows with both times, as those
// of exposures are. What answers say in words is stored once by its hash. A world
// is what is worked out together; those that the twin has changed stand in a list
// with the time from which they differ.
//
// Invariants. This room reads the twin and writes only what is its own. A commit
// moves the cursor, or takes one world off the list, with all that follows. A
// question about a time before the retention floor is refused.
package proofdb

import (
	"context"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// Store is the proofs of an open database.
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

// Codes of column finding.
const (
	codeAllowed = int64(iota + 1)
	codeDenied
	codeUnknown
	codeYes
	codeNo
)

func codeOf(f ctem.Finding) int64 {
	switch f {
	case ctem.PolicyAllowed:
		return codeAllowed
	case ctem.PolicyDenied:
		return codeDenied
	case ctem.Can:
		return codeYes
	case ctem.Cannot:
		return codeNo
	case ctem.NotKnown:
	}
	return codeUnknown
}

func findingOf(code int64) ctem.Finding {
	switch code {
	case codeAllowed:
		return ctem.PolicyAllowed
	case codeDenied:
		return ctem.PolicyDenied
	case codeYes:
		return ctem.Can
	case codeNo:
		return ctem.Cannot
	}
	return ctem.NotKnown
}

// Package accessdb keeps who may do what: users, sessions, one-time codes and
// tokens.
//
// The model. A row each, as it is now; what changed when is in the log of
// mutations. Secrets are not here, only their hashes.
//
// Invariants. What was taken away is gone for the next question: nothing is
// cached. A change and its entry in the log of mutations are one transaction; it
// takes the log's lock first, so that changes wait for each other in one order. A session begins only while the password that opened it is still the
// user's, under the lock of the user's row, so that one that changes meanwhile
// ends it. There is always an admin who is not disabled, once there was one.
package accessdb

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// Store is the users, sessions and tokens of an open database.
type Store struct {
	*users
	*sessions
	*tokens
}

// The three parts of the room.
type (
	users    struct{ db *sqldb.DB }
	sessions struct{ db *sqldb.DB }
	tokens   struct{ db *sqldb.DB }
)

// New gives the room its database.
func New(db *sqldb.DB) *Store { return &Store{&users{db}, &sessions{db}, &tokens{db}} }

// tx is a transaction with the statements of this room.
type tx struct{ *sqldb.Tx }

func write(ctx context.Context, db *sqldb.DB, fn func(*tx) error) error {
	return db.Write(ctx, func(t *sqldb.Tx) error { return fn(&tx{t}) })
}

// noted is write for a change that has an entry in the log, or none.
func noted(ctx context.Context, db *sqldb.DB, fn func(*tx) ([]ctem.AuditEntry, error)) error {
	return write(ctx, db, func(t *tx) error {
		if err := sqldb.LockAudit(t.Tx); err != nil {
			return err
		}
		log, err := fn(t)
		if err != nil {
			return err
		}
		return sqldb.AppendAudit(t.Tx, log...)
	})
}

// only is the log of one entry.
func only(e ctem.AuditEntry) []ctem.AuditEntry { return []ctem.AuditEntry{e} }

func read(ctx context.Context, db *sqldb.DB, fn func(*tx) error) error {
	return db.Read(ctx, func(t *sqldb.Tx) error { return fn(&tx{t}) })
}

// productsText is the row form of products; nil, which is all, is null.
func productsText(products []string) (string, error) {
	b, err := json.Marshal(access.SortedProducts(products))
	return string(b), err
}

func productsOf(text string) (products []string, err error) {
	if err := json.Unmarshal([]byte(text), &products); err != nil {
		return nil, fmt.Errorf("read products %q: %w", text, err)
	}
	return products, nil
}

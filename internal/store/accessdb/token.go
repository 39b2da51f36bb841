package accessdb

import (
	"context"
	"fmt"
	"time"

	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

const tokenColumns = `id, hash, name, user_name, role, team, products, source, prefix, created_by, created_at, expires, used_at, revoked`

// CreateToken adds a token.
func (db *tokens) CreateToken(ctx context.Context, k access.Token, e ctem.AuditEntry) error {
	products, err := productsText(k.Grant.Products)
	if err != nil {
		return fmt.Errorf("write the products of token %s: %w", k.ID, err)
	}
	return noted(ctx, db.db, func(t *tx) ([]ctem.AuditEntry, error) {
		g := k.Grant
		return only(e), t.Insert(`INSERT INTO access_token (`+tokenColumns+`) VALUES`, 14, []any{
			k.ID, k.Hash, k.Name, g.User, string(g.Role), g.Team, products, g.Source, k.Prefix, k.CreatedBy,
			sqldb.Micros(k.CreatedAt), sqldb.Micros(k.Expires), sqldb.Micros(k.LastUsed), sqldb.Micros(k.Revoked),
		}, "")
	})
}

// FindToken returns a token by its hash, if it holds at a time.
func (db *tokens) FindToken(ctx context.Context, hash string, now time.Time) (k access.Token, found bool, err error) {
	err = read(ctx, db.db, func(t *tx) error {
		k, found, err = t.token(`hash = ?`, hash)
		return err
	})
	return k, found && k.Alive(now), err
}

// TokenByID returns a token by its id, whether it holds or not.
func (db *tokens) TokenByID(ctx context.Context, id string) (k access.Token, err error) {
	err = read(ctx, db.db, func(t *tx) error {
		k, err = t.tokenByID(id)
		return err
	})
	return k, err
}

func (t *tx) tokenByID(id string) (access.Token, error) {
	k, found, err := t.token(`id = ?`, id)
	if err == nil && !found {
		return k, fault.New(fault.NotFound, "no token %q", id).WithHint("tidemark token list shows them")
	}
	return k, err
}

func (t *tx) token(where, arg string) (k access.Token, found bool, err error) {
	err = t.Query(`SELECT `+tokenColumns+` FROM access_token WHERE `+where, func(r sqldb.Scanner) error {
		found = true
		k, err = scanToken(r)
		return err
	}, arg)
	return k, found, err
}

func scanToken(r sqldb.Scanner) (k access.Token, err error) {
	var products string
	var created, expires, used, revoked int64
	g := &k.Grant
	if err := r.Scan(&k.ID, &k.Hash, &k.Name, &g.User, &g.Role, &g.Team, &products, &g.Source, &k.Prefix, &k.CreatedBy,
		&created, &expires, &used, &revoked); err != nil {
		return k, err
	}
	k.CreatedAt, k.Expires, k.LastUsed, k.Revoked = sqldb.FromMicros(created), sqldb.FromMicros(expires), sqldb.FromMicros(used), sqldb.FromMicros(revoked)
	if g.Products, err = productsOf(products); err != nil {
		return k, fmt.Errorf("token %s: %w", k.ID, err)
	}
	return k, nil
}

// Tokens lists tokens by id, from the one after an id on, and counts all; of
// one user's own only, unless user is "".
func (db *tokens) Tokens(ctx context.Context, user, after string, limit int) (list []access.Token, total int, err error) {
	err = read(ctx, db.db, func(t *tx) error {
		list = nil
		if _, err := t.Get(`SELECT COUNT(*) FROM access_token WHERE CAST(? AS TEXT) = '' OR user_name = ?`, []any{user, user}, &total); err != nil {
			return err
		}
		return t.Query(`SELECT `+tokenColumns+` FROM access_token WHERE (CAST(? AS TEXT) = '' OR user_name = ?) AND id > ? ORDER BY id LIMIT ?`,
			func(r sqldb.Scanner) error {
				k, err := scanToken(r)
				list = append(list, k)
				return err
			}, user, user, after, limit)
	})
	return list, total, err
}

// TouchToken notes that a token was used.
func (db *tokens) TouchToken(ctx context.Context, id string, now time.Time) error {
	return write(ctx, db.db, func(t *tx) error {
		_, err := t.Exec(`UPDATE access_token SET used_at = ? WHERE id = ? AND used_at <= ?`,
			sqldb.Micros(now), id, sqldb.Micros(now.Add(-access.Coarse)))
		return err
	})
}

// RevokeToken ends a token for good, and returns it. One that was revoked
// before keeps that time.
func (db *tokens) RevokeToken(ctx context.Context, id string, now time.Time, note func(access.Token) (ctem.AuditEntry, error)) (k access.Token, err error) {
	err = noted(ctx, db.db, func(t *tx) ([]ctem.AuditEntry, error) {
		if _, err := t.Exec(`UPDATE access_token SET revoked = ? WHERE id = ? AND revoked = 0`, sqldb.Micros(now), id); err != nil {
			return nil, err
		}
		if k, err = t.tokenByID(id); err != nil {
			return nil, err
		}
		e, err := note(k)
		return only(e), err
	})
	return k, err
}

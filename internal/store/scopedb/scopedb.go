// Package scopedb keeps what the business says: the versions of the scope.
//
// The model. A version holds the whole scope and the file that it came from.
// What it changed for which services is a stream; the version in force is also
// kept as rows by which lists are narrowed.
//
// Invariants. A version is never changed. One that says what the version in
// force says is not written.
package scopedb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// Store is the scope of an open database.
type Store struct{ db *sqldb.DB }

// New gives the room its database.
func New(db *sqldb.DB) *Store { return &Store{db: db} }

// tx is a transaction with the statements of this room.
type tx struct{ *sqldb.Tx }

var errUnchanged = errors.New("the scope says what it said before")

// ApplyScope makes a scope the one in force, under the names in v (By, Text)
// and at its time. One that changes nothing is not written.
func (db *Store) ApplyScope(ctx context.Context, s ctem.Scope, v ctem.ScopeVersion) (c ctem.ScopeChange, err error) {
	body, err := json.Marshal(s)
	if err != nil {
		return c, fmt.Errorf("write the scope: %w", err)
	}
	sum := sha256.Sum256(body)
	v.Hash = hex.EncodeToString(sum[:])
	err = db.db.Write(ctx, func(t *sqldb.Tx) error {
		c, err = (&tx{t}).apply(s, v, string(body))
		return err
	})
	if errors.Is(err, errUnchanged) {
		return c, nil
	}
	return c, err
}

// apply takes the stream's lock first, so that no other version comes between.
func (t *tx) apply(s ctem.Scope, v ctem.ScopeVersion, body string) (c ctem.ScopeChange, err error) {
	if _, _, err := t.Number(ctem.StreamScope, 0, v.At); err != nil {
		return c, err
	}
	before, last, err := t.scopeAt(sqldb.Forever)
	if err != nil {
		return c, err
	}
	if last.Hash == v.Hash {
		return ctem.ScopeChange{Version: last, Unchanged: true}, errUnchanged
	}
	c.Services = s.Changed(&before)
	changed := c.Services
	if !slices.Equal(s.Ownership, before.Ownership) {
		if changed, err = t.everyService(changed); err != nil {
			return c, err
		}
	}
	first, at, err := t.Number(ctem.StreamScope, max(1, len(changed)), v.At)
	if err != nil {
		return c, err
	}
	v.Version, v.Seq, v.At = last.Version+1, first, sqldb.FromMicros(at)
	c.Version = v
	if _, err := t.Exec(`INSERT INTO scope_version (version, seq, at, by_whom, hash, body, text) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		v.Version, v.Seq, at, v.By, v.Hash, body, v.Text); err != nil {
		return c, err
	}
	args := make([]any, 0, 2*len(changed))
	for i, name := range changed {
		args = append(args, first+int64(i), name)
	}
	if err := t.Insert(`INSERT INTO scope_change (seq, service) VALUES`, 2, args, ""); err != nil {
		return c, err
	}
	return c, t.spread(&s)
}

// everyService are the services that run anywhere, and these: a rule of ownership
// may be about each of them.
func (t *tx) everyService(names []string) ([]string, error) {
	all := slices.Clone(names)
	err := t.Query(`SELECT DISTINCT service FROM place WHERE environment <> '(none)'`, func(r sqldb.Scanner) error {
		var name string
		err := r.Scan(&name)
		all = append(all, name)
		return err
	})
	slices.Sort(all)
	return slices.Compact(all), err
}

// spread writes the rows by which lists are narrowed.
func (t *tx) spread(s *ctem.Scope) error {
	if _, err := t.Exec(`DELETE FROM scope_service`); err != nil {
		return err
	}
	var args []any
	for _, x := range s.Services {
		owner, _ := s.Owner(x.Name)
		products := x.Products
		if len(products) == 0 {
			products = []string{""}
		}
		for _, p := range products {
			args = append(args, x.Name, p, owner)
		}
	}
	if err := t.Insert(`INSERT INTO scope_service (service, product, owner) VALUES`, 3, args, ""); err != nil {
		return err
	}
	return sqldb.OwnAll(t.Tx)
}

// scopeAt reads the version that was in force at a record time.
func (t *tx) scopeAt(at int64) (s ctem.Scope, v ctem.ScopeVersion, err error) {
	var us int64
	var body string
	found, err := t.Get(`SELECT version, seq, at, by_whom, hash, body, text FROM scope_version WHERE at <= ? ORDER BY version DESC LIMIT 1`,
		[]any{at}, &v.Version, &v.Seq, &us, &v.By, &v.Hash, &body, &v.Text)
	if err != nil || !found {
		return s, v, err
	}
	v.At = sqldb.FromMicros(us)
	if err := json.Unmarshal([]byte(body), &s); err != nil {
		return s, v, fmt.Errorf("read version %d of the scope: %w", v.Version, err)
	}
	return s, v, nil
}

// Scope returns the scope that was in force at a time. What people say is known
// when it is so: both times of the question bound it.
func (db *Store) Scope(ctx context.Context, at ctem.AsOf) (s ctem.Scope, err error) {
	s, _, err = db.ScopeVersion(ctx, at)
	return s, err
}

// ScopeVersion is Scope with the version's number, time, person and file.
func (db *Store) ScopeVersion(ctx context.Context, at ctem.AsOf) (s ctem.Scope, v ctem.ScopeVersion, err error) {
	err = db.db.Read(ctx, func(t *sqldb.Tx) error {
		if s, v, err = (&tx{t}).scopeAt(moment(at)); err != nil {
			return err
		}
		return (&tx{t}).owned(&s)
	})
	return s, v, err
}

// moment is the record time up to which a question asks; now is all there is.
func moment(at ctem.AsOf) int64 {
	if at.At.IsZero() && at.KnownAt.IsZero() {
		return sqldb.Forever
	}
	when := at.Time()
	if !at.KnownAt.IsZero() && at.KnownAt.Before(when) {
		when = at.KnownAt
	}
	return sqldb.KnownMicros(when)
}

// ScopeHistory lists the versions up to a time without their files, the newest first.
func (db *Store) ScopeHistory(ctx context.Context, q ctem.ListQuery) (page ctem.Page[ctem.ScopeVersion], err error) {
	before, err := versionAfter(q.After)
	if err != nil {
		return page, err
	}
	limit := sqldb.Forever
	if q.Limit > 0 {
		limit = int64(q.Limit) + 1 // one more tells whether a page follows
	}
	err = db.db.Read(ctx, func(t *sqldb.Tx) error {
		page = ctem.Page[ctem.ScopeVersion]{}
		at := moment(q.AsOf)
		if _, err := t.Get(`SELECT COUNT(*) FROM scope_version WHERE at <= ?`, []any{at}, &page.Total); err != nil {
			return err
		}
		return t.Query(`SELECT version, seq, at, by_whom, hash FROM scope_version WHERE at <= ? AND version < ? ORDER BY version DESC LIMIT ?`, func(r sqldb.Scanner) error {
			var v ctem.ScopeVersion
			var us int64
			err := r.Scan(&v.Version, &v.Seq, &us, &v.By, &v.Hash)
			v.At = sqldb.FromMicros(us)
			page.Items = append(page.Items, v)
			return err
		}, at, before, limit)
	})
	if err == nil && q.Limit > 0 && len(page.Items) > q.Limit {
		page.Items = page.Items[:q.Limit]
		page.Next = strconv.FormatInt(page.Items[q.Limit-1].Version, 10)
	}
	return page, err
}

// versionAfter is the version that a page begins below.
func versionAfter(after string) (int64, error) {
	if after == "" {
		return sqldb.Forever, nil
	}
	version, err := strconv.ParseInt(after, 10, 64)
	if err != nil || version < 1 {
		return 0, fault.New(fault.Invalid, "no page of the versions of the scope goes on after %q", after).WithHint("give the next of the page before, as it was")
	}
	return version, nil
}

// ScopeChanges returns the services for which the scope changed after a number,
// and the last number read.
func (db *Store) ScopeChanges(ctx context.Context, after int64, limit int) (services []string, last int64, err error) {
	err = db.db.Read(ctx, func(t *sqldb.Tx) error {
		services, last = nil, after
		return t.Query(`SELECT seq, service FROM scope_change WHERE seq > ? ORDER BY seq LIMIT ?`, func(r sqldb.Scanner) error {
			var name string
			err := r.Scan(&last, &name)
			services = append(services, name)
			return err
		}, after, limit)
	})
	return services, last, err
}

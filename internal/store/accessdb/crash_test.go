package accessdb_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

// TestAccessKilled kills every change of users, sessions, codes and tokens
// between any two statements, on both engines.
func TestAccessKilled(t *testing.T) {
	t.Parallel()
	crashes := map[string]storetest.Crash{"access_killed": {Prepare: func(context.Context, *store.DB) error { return nil }, Work: work}}
	if storetest.Child(t, crashes) {
		return
	}
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		for name, c := range crashes {
			c.Suite(t, e, name)
		}
	})
}

// work does each change that is not there yet, as whoever comes back after a
// crash would. The log must then have one entry for each: it is written with the
// change or not at all.
func work(ctx context.Context, db *store.DB) error {
	list := changes(db)
	for i, x := range list {
		there, err := x.there(ctx)
		if err != nil {
			return fmt.Errorf("look for change %d: %w", i, err)
		}
		if there {
			continue
		}
		if err := x.do(ctx, ctem.AuditEntry{At: after(time.Duration(i) * time.Second), Actor: "os:root", Verb: "try", Object: fmt.Sprint(i), Detail: "{}"}); err != nil {
			return fmt.Errorf("change %d: %w", i, err)
		}
	}
	v, err := db.VerifyAudit(ctx)
	if err == nil && (v.Broken != 0 || v.Entries != len(list)) {
		return fault.New(fault.Internal, "the log of %d changes: %+v", len(list), v)
	}
	return err
}

// one is a change, and how to see that it was made.
type one struct {
	do    func(ctx context.Context, e ctem.AuditEntry) error
	there func(ctx context.Context) (bool, error)
}

func changes(db *store.DB) []one {
	// What was made may be gone again by a later change: an entry of that number
	// in the log stands for it, and the rows that are left at the end are compared.
	since := func(n int, sign func(ctx context.Context) (bool, error)) func(ctx context.Context) (bool, error) {
		return func(ctx context.Context) (bool, error) {
			if v, err := db.VerifyAudit(ctx); err != nil || v.Entries > n+1 {
				return true, err
			}
			return sign(ctx)
		}
	}
	alive := func(hash string) func(ctx context.Context) (bool, error) {
		return func(ctx context.Context) (bool, error) {
			_, _, ok, err := db.FindSession(ctx, hash, start)
			return ok, err
		}
	}
	not := func(sign func(ctx context.Context) (bool, error)) func(ctx context.Context) (bool, error) {
		return func(ctx context.Context) (bool, error) {
			ok, err := sign(ctx)
			return !ok, err
		}
	}
	is := func(name string, is func(access.User) bool) func(ctx context.Context) (bool, error) {
		return func(ctx context.Context) (bool, error) {
			u, err := db.FindUser(ctx, name)
			if fault.KindOf(err) == fault.NotFound {
				return false, nil
			}
			return is(u), err
		}
	}
	holds := func(hash string) func(ctx context.Context) (bool, error) {
		return func(ctx context.Context) (bool, error) {
			_, ok, err := db.FindToken(ctx, hash, start)
			return ok, err
		}
	}
	whoever := func(access.User) bool { return true }
	token := access.Token{ID: "TOK-A", Hash: "k", Name: "ci", Grant: access.Grant{Role: access.Viewer}, CreatedAt: start, Expires: after(time.Hour)}
	list := []one{
		{func(ctx context.Context, e ctem.AuditEntry) error {
			_, err := db.CreateFirstUser(ctx, user("admin", access.Admin), e)
			return err
		}, is("admin", whoever)},
		{func(ctx context.Context, e ctem.AuditEntry) error {
			return db.CreateUser(ctx, user("ann", access.Viewer), access.Code{Hash: "one", User: "ann", Expires: after(time.Hour)}, e)
		}, is("ann", whoever)},
		{func(ctx context.Context, e ctem.AuditEntry) error {
			return db.PutCode(ctx, access.Code{Hash: "two", User: "ann", Expires: after(time.Hour)}, e)
		}, func(ctx context.Context) (bool, error) {
			_, ok, err := db.FindCode(ctx, "two", start)
			return ok, err
		}},
		{func(ctx context.Context, e ctem.AuditEntry) error {
			_, err := db.StartSession(ctx, access.Beginning{Session: session("s", "ann", start), WasHash: "hash-ann", Code: "two"}, e)
			return err
		}, alive("s")},
		{func(ctx context.Context, e ctem.AuditEntry) error {
			next := session("t", "ann", start)
			c := access.UserChange{PasswordHash: to("new"), WasHash: to("hash-ann"), EndSessions: true, Begin: &next}
			_, _, err := db.ChangeUser(ctx, "ann", c, func(access.User, access.User) (ctem.AuditEntry, error) { return e, nil })
			return err
		}, is("ann", func(u access.User) bool { return u.PasswordHash == "new" })},
		{func(ctx context.Context, e ctem.AuditEntry) error { return db.EndSession(ctx, "t", e) }, not(alive("t"))},
		{func(ctx context.Context, e ctem.AuditEntry) error { return db.CreateToken(ctx, token, e) }, holds("k")},
		{func(ctx context.Context, e ctem.AuditEntry) error {
			_, err := db.RevokeToken(ctx, "TOK-A", start, func(access.Token) (ctem.AuditEntry, error) { return e, nil })
			return err
		}, not(holds("k"))},
	}
	for i := range list {
		list[i].there = since(i, list[i].there)
	}
	return list
}

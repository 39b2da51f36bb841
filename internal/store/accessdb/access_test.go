package accessdb_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

var start = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func after(d time.Duration) time.Time { return start.Add(d) }

// TestAccessLaws proves on both engines what the room promises.
func TestAccessLaws(t *testing.T) {
	t.Parallel()
	laws := map[string]func(*testing.T, *store.DB){
		"users":            lawUsers,
		"first_user":       lawFirstUser,
		"last_admin":       lawLastAdmin,
		"changes_in_turn":  lawChangesInTurn,
		"session_ends":     lawSessionEnds,
		"session_rotates":  lawSessionRotates,
		"password_ends":    lawPasswordEndsSessions,
		"disabled_at_once": lawDisabledAtOnce,
		"most_sessions":    lawMostSessions,
		"codes":            lawCodes,
		"tokens":           lawTokens,
	}
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		for name, law := range laws {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				law(t, e.Fresh(t))
			})
		}
	})
}

func user(name string, role access.Role) access.User {
	return access.User{Name: name, Role: role, Team: "t", PasswordHash: "hash-" + name, CreatedAt: start}
}

func add(t *testing.T, db *store.DB, list ...access.User) {
	t.Helper()
	for _, u := range list {
		if err := db.CreateUser(context.Background(), u, access.Code{}, deed); err != nil {
			t.Fatal(err)
		}
	}
}

// deed is what the log says of whatever is done here.
var deed = ctem.AuditEntry{At: start, Actor: "os:root", Verb: "try", Object: "it", Detail: "{}"}

func changed(access.User, access.User) (ctem.AuditEntry, error) { return deed, nil }

func revoked(access.Token) (ctem.AuditEntry, error) { return deed, nil }

func to[T any](v T) *T { return &v }

func change(t *testing.T, db *store.DB, name string, c access.UserChange) access.User {
	t.Helper()
	_, u, err := db.ChangeUser(context.Background(), name, c, changed)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func lawUsers(t *testing.T, db *store.DB) {
	ctx := context.Background()
	ann := user("ann", access.Viewer)
	ann.Products, ann.Preferences = []string{"shop", "pay", "shop"}, access.Preferences{Theme: "dark", Shortcuts: to(false)}
	none := user("bob", access.Viewer)
	none.Products = []string{}
	add(t, db, ann, none, user("cyd", access.Admin))
	if err := db.CreateUser(ctx, user("ann", access.Admin), access.Code{}, deed); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a taken name: %v", err)
	}
	ann.Products = []string{"pay", "shop"}
	for _, want := range []access.User{ann, none, user("cyd", access.Admin)} {
		got, err := db.FindUser(ctx, want.Name)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Error(diff, err)
		}
	}
	if _, err := db.FindUser(ctx, "dan"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("nobody: %v", err)
	}
	if _, _, err := db.ChangeUser(ctx, "dan", access.UserChange{}, changed); fault.KindOf(err) != fault.NotFound {
		t.Errorf("changing nobody: %v", err)
	}
	list, total, err := db.Users(ctx, "ann", 1)
	if err != nil || total != 3 || len(list) != 1 || list[0].Name != "bob" {
		t.Errorf("%v of %d, %v", list, total, err)
	}
	got := change(t, db, "ann", access.UserChange{Products: to([]string(nil)), Role: to(access.Owner), Team: to("web"), Preferences: to(access.Preferences{Density: "roomy"})})
	want := access.User{Name: "ann", Role: access.Owner, Team: "web", PasswordHash: "hash-ann", CreatedAt: start, Preferences: access.Preferences{Density: "roomy"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, _, err := db.ChangeUser(ctx, "ann", access.UserChange{PasswordHash: to("new"), WasHash: to("other")}, changed); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a password that changed meanwhile: %v", err)
	}
}

func lawFirstUser(t *testing.T, db *store.DB) {
	made := make(chan bool, 8)
	var all sync.WaitGroup
	for range cap(made) {
		all.Go(func() {
			ok, err := db.CreateFirstUser(context.Background(), user("admin", access.Admin), deed)
			if err != nil {
				t.Error(err)
			}
			made <- ok
		})
	}
	all.Wait()
	close(made)
	n := 0
	for ok := range made {
		if ok {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d of 8 first starts made the first user", n)
	}
	if ok, err := db.CreateFirstUser(context.Background(), user("other", access.Admin), deed); ok || err != nil {
		t.Errorf("a second first user: %v, %v", ok, err)
	}
}

func lawLastAdmin(t *testing.T, db *store.DB) {
	narrow := user("narrow", access.Admin)
	narrow.Products = []string{"shop"}
	add(t, db, user("ann", access.Admin), user("bob", access.Admin), narrow)
	errs := make(chan error, 2)
	var all sync.WaitGroup
	for _, name := range []string{"ann", "bob"} {
		all.Go(func() {
			_, _, err := db.ChangeUser(context.Background(), name, access.UserChange{Disabled: to(true)}, changed)
			errs <- err
		})
	}
	all.Wait()
	close(errs)
	var kinds []fault.Kind
	for err := range errs {
		if err != nil {
			kinds = append(kinds, fault.KindOf(err))
		}
	}
	if diff := cmp.Diff([]fault.Kind{fault.Conflict}, kinds); diff != "" {
		t.Errorf("of two admins at once one stays: %s", diff)
	}
}

// Two changes of different fields of one user at once both hold.
func lawChangesInTurn(t *testing.T, db *store.DB) {
	add(t, db, user("ann", access.Viewer))
	var all sync.WaitGroup
	for _, c := range []access.UserChange{{Team: to("x")}, {PasswordHash: to("y")}, {Role: to(access.Auditor)}, {Products: to([]string{"z"})}} {
		all.Go(func() {
			if _, _, err := db.ChangeUser(context.Background(), "ann", c, changed); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	got, err := db.FindUser(context.Background(), "ann")
	want := access.User{Name: "ann", Role: access.Auditor, Team: "x", PasswordHash: "y", Products: []string{"z"}, CreatedAt: start}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func session(hash, name string, at time.Time) access.Session {
	return access.Session{Hash: hash, User: name, CreatedAt: at, SeenAt: at, Expires: at.Add(access.SessionLife)}
}

func begin(t *testing.T, db *store.DB, s access.Session, follows string) {
	t.Helper()
	if ok, err := db.StartSession(context.Background(), access.Beginning{Session: s, WasHash: "hash-" + s.User, Follows: follows}, deed); err != nil || !ok {
		t.Fatalf("start %s: %v, %v", s.Hash, ok, err)
	}
}

func holds(t *testing.T, db *store.DB, hash string, at time.Time) bool {
	t.Helper()
	_, _, ok, err := db.FindSession(context.Background(), hash, at)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func lawSessionEnds(t *testing.T, db *store.DB) {
	ctx := context.Background()
	add(t, db, user("ann", access.Viewer))
	s := session("h", "ann", start)
	s.MustSetPassword = true
	begin(t, db, s, "")
	got, u, ok, err := db.FindSession(ctx, "h", start)
	if diff := cmp.Diff(s, got); diff != "" || err != nil || !ok || u.Name != "ann" || !u.LastSeen.Equal(start) {
		t.Error(diff, err, ok, u)
	}
	if !holds(t, db, "h", after(access.SessionIdle-1000)) || holds(t, db, "h", after(access.SessionIdle)) || holds(t, db, "x", start) {
		t.Error("the idle end")
	}
	for at := start; at.Before(after(access.SessionLife)); at = at.Add(7 * time.Hour) {
		if !holds(t, db, "h", at) {
			t.Fatalf("ended at %s although it was used", at)
		}
		if err := db.TouchSession(ctx, "h", at); err != nil {
			t.Fatal(err)
		}
	}
	if holds(t, db, "h", after(access.SessionLife)) {
		t.Error("the absolute end")
	}
	if u, err := db.FindUser(ctx, "ann"); err != nil || !u.LastSeen.After(after(6*24*time.Hour)) {
		t.Errorf("last seen %s, %v", u.LastSeen, err)
	}
	last, _, _, _ := db.FindSession(ctx, "h", start)
	if err := db.TouchSession(ctx, "h", last.SeenAt.Add(access.Coarse-1000)); err != nil {
		t.Fatal(err)
	}
	if again, _, _, _ := db.FindSession(ctx, "h", start); !again.SeenAt.Equal(last.SeenAt) {
		t.Error("seen is kept to the minute")
	}
	begin(t, db, session("new", "ann", after(30*24*time.Hour)), "")
	if _, _, _, err := db.FindSession(ctx, "h", start); err != nil || holds(t, db, "h", start) {
		t.Errorf("what is over goes when another begins: %v", err)
	}
	if err := db.EndSession(ctx, "new", deed); err != nil || holds(t, db, "new", after(30*24*time.Hour)) {
		t.Errorf("ended, %v", err)
	}
}

func lawSessionRotates(t *testing.T, db *store.DB) {
	add(t, db, user("ann", access.Viewer))
	begin(t, db, session("a", "ann", start), "")
	begin(t, db, session("b", "ann", start), "a")
	if holds(t, db, "a", start) || !holds(t, db, "b", start) {
		t.Error("the session that was followed still holds")
	}
	if ok, err := db.StartSession(context.Background(), access.Beginning{Session: session("c", "ann", start), WasHash: "other"}, deed); ok || err != nil {
		t.Errorf("a session on a password that is no more: %v, %v", ok, err)
	}
	if ok, err := db.StartSession(context.Background(), access.Beginning{Session: session("c", "bob", start)}, deed); ok || err != nil {
		t.Errorf("a session of nobody: %v, %v", ok, err)
	}
}

func lawPasswordEndsSessions(t *testing.T, db *store.DB) {
	add(t, db, user("ann", access.Viewer), user("bob", access.Viewer))
	begin(t, db, session("a", "ann", start), "")
	begin(t, db, session("b", "ann", start), "")
	begin(t, db, session("c", "bob", start), "")
	if err := db.PutCode(context.Background(), access.Code{Hash: "code", User: "ann", Expires: after(time.Hour)}, deed); err != nil {
		t.Fatal(err)
	}
	change(t, db, "ann", access.UserChange{PasswordHash: to("new"), WasHash: to("hash-ann"), EndSessions: true, Keep: "b"})
	if holds(t, db, "a", start) || !holds(t, db, "b", start) || !holds(t, db, "c", start) {
		t.Error("the user's other sessions end, no others")
	}
	if _, ok, err := db.FindCode(context.Background(), "code", start); ok || err != nil {
		t.Errorf("a code outlived the password: %v", err)
	}
}

func lawDisabledAtOnce(t *testing.T, db *store.DB) {
	add(t, db, user("ann", access.Viewer))
	begin(t, db, session("a", "ann", start), "")
	change(t, db, "ann", access.UserChange{Disabled: to(true)})
	if holds(t, db, "a", start) {
		t.Error("a disabled user's session holds")
	}
	if ok, err := db.StartSession(context.Background(), access.Beginning{Session: session("b", "ann", start), WasHash: "hash-ann"}, deed); ok || err != nil {
		t.Errorf("a disabled user began a session: %v", err)
	}
}

func lawMostSessions(t *testing.T, db *store.DB) {
	add(t, db, user("ann", access.Viewer))
	for i := range 53 {
		begin(t, db, session(fmt.Sprint("s", i), "ann", after(time.Duration(i)*time.Second)), "")
	}
	for i, want := range map[int]bool{0: false, 2: false, 3: true, 52: true} {
		if got := holds(t, db, fmt.Sprint("s", i), after(time.Minute)); got != want {
			t.Errorf("session %d of 53 holds: %v", i, got)
		}
	}
}

func lawCodes(t *testing.T, db *store.DB) {
	ctx := context.Background()
	put := func(hash string) {
		t.Helper()
		if err := db.PutCode(ctx, access.Code{Hash: hash, User: "ann", Expires: after(time.Hour)}, deed); err != nil {
			t.Fatal(err)
		}
	}
	take := func(hash string, at time.Time) bool {
		t.Helper()
		name, found, err := db.FindCode(ctx, hash, at)
		if err != nil || found && name != "ann" {
			t.Fatal(name, err)
		}
		ok, err := db.StartSession(ctx, access.Beginning{Session: session("of "+hash, "ann", at), WasHash: "hash-ann", Code: hash}, deed)
		if err != nil || ok != found {
			t.Fatalf("found %v, began %v, %v", found, ok, err)
		}
		return ok
	}
	add(t, db, user("ann", access.Viewer))
	put("one")
	put("two")
	got := []bool{take("one", start), take("two", after(time.Hour)), take("two", start), take("two", start)}
	if diff := cmp.Diff([]bool{false, false, true, false}, got); diff != "" {
		t.Errorf("replaced, too late, in time, once more: %s", diff)
	}
}

func lawTokens(t *testing.T, db *store.DB) {
	ctx := context.Background()
	ci := access.Token{
		ID: "TOK-B", Hash: "hb", Name: "ci", Grant: access.Grant{Role: access.Source, Source: "ci", Products: []string{"shop"}},
		CreatedBy: "user:ann", CreatedAt: start, Expires: after(time.Hour), Prefix: "tdm_ab",
	}
	own := access.Token{ID: "TOK-A", Hash: "ha", Name: "mine", Grant: access.Grant{User: "ann", Role: access.Viewer, Team: "t"}, CreatedAt: start, Expires: after(time.Hour)}
	for _, k := range []access.Token{ci, own} {
		if err := db.CreateToken(ctx, k, deed); err != nil {
			t.Fatal(err)
		}
	}
	find := func(hash string, at time.Time) (access.Token, bool) {
		t.Helper()
		k, ok, err := db.FindToken(ctx, hash, at)
		if err != nil {
			t.Fatal(err)
		}
		return k, ok
	}
	got, ok := find("hb", start)
	if diff := cmp.Diff(ci, got); diff != "" || !ok {
		t.Error(diff, ok)
	}
	if _, ok := find("hb", after(time.Hour)); ok {
		t.Error("an expired token holds")
	}
	if _, ok := find("none", start); ok {
		t.Error("a token of nobody holds")
	}
	for _, at := range []time.Duration{time.Minute, 90 * time.Second} {
		if err := db.TouchToken(ctx, "TOK-B", after(at)); err != nil {
			t.Fatal(err)
		}
	}
	if k, _ := find("hb", start); !k.LastUsed.Equal(after(time.Minute)) {
		t.Errorf("last used %s, want to the minute", k.LastUsed)
	}
	for _, c := range []struct {
		user, after string
		total       int
		ids         []string
	}{{"", "", 2, []string{"TOK-A", "TOK-B"}}, {"", "TOK-A", 2, []string{"TOK-B"}}, {"ann", "", 1, []string{"TOK-A"}}} {
		list, total, err := db.Tokens(ctx, c.user, c.after, 10)
		var ids []string
		for _, k := range list {
			ids = append(ids, k.ID)
		}
		if diff := cmp.Diff(c.ids, ids); diff != "" || total != c.total || err != nil {
			t.Error(diff, total, err)
		}
	}
	for _, at := range []time.Duration{time.Minute, time.Hour} {
		k, err := db.RevokeToken(ctx, "TOK-B", after(at), revoked)
		if err != nil || !k.Revoked.Equal(after(time.Minute)) {
			t.Errorf("%+v, %v", k, err)
		}
	}
	if _, ok := find("hb", start); ok {
		t.Error("a revoked token holds")
	}
	for _, err := range []error{errOf(db.RevokeToken(ctx, "TOK-X", start, revoked)), errOf(db.TokenByID(ctx, "TOK-X"))} {
		if fault.KindOf(err) != fault.NotFound {
			t.Error(err)
		}
	}
}

func errOf[T any](_ T, err error) error { return err }

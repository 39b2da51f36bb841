package login

import (
	"context"
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store"
)

const good = "correct horse battery"

// door is a service over a store of its own, with a clock to turn.
type door struct {
	*Service
	t  *testing.T
	db *store.DB

	mu sync.Mutex
	at time.Time
}

func (d *door) now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.at
}

func (d *door) wait(span time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = d.at.Add(span)
}

func newDoor(t *testing.T, proxy bool) *door {
	t.Helper()
	d := &door{t: t, at: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)}
	var err error
	if d.db, err = store.Open(context.Background(), store.Config{Dir: t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.db.Close(); err != nil {
			t.Error(err)
		}
	})
	d.Service = New(Config{Store: d.db, Now: d.now, Rand: rand.NewChaCha8([32]byte{}), Cost: Cost{8, 1, 1}, TrustProxy: proxy})
	return d
}

var root = access.LocalUser("os:root")

// user makes a user with the good password.
func (d *door) user(name string, role access.Role, products ...string) {
	d.t.Helper()
	q := api.UserRequest{Name: name, Role: string(role), Team: "web", Products: products, Password: good}
	if _, err := d.Admin().CreateUser(context.Background(), root, q); err != nil {
		d.t.Fatal(err)
	}
}

func (d *door) login(name, password string) (Entry, error) {
	return d.Login(context.Background(), Attempt{Name: name, Password: password, Caller: Caller{Address: "192.0.2.1"}})
}

func (d *door) in(name string) Entry {
	d.t.Helper()
	e, err := d.login(name, good)
	if err != nil {
		d.t.Fatal(err)
	}
	return e
}

// request is one as a browser sends it in a session, or a client with a token.
func request(method, secret string, headers ...string) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), method, "http://tidemark.example/api/v1/x", nil)
	r.RemoteAddr = "192.0.2.1:999"
	if strings.HasPrefix(secret, tokenPrefix) {
		r.Header.Set("Authorization", "Bearer "+secret)
	} else if secret != "" {
		r.AddCookie(&http.Cookie{Name: CookieName, Value: secret})
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

// kind is how a request with a secret is answered: "" is let in.
func (d *door) kind(secret string) fault.Kind {
	_, _, err := d.Authenticate(request(http.MethodGet, secret))
	return fault.KindOf(err)
}

func (d *door) want(what string, got error, kind fault.Kind) {
	d.t.Helper()
	if fault.KindOf(got) != kind {
		d.t.Errorf("%s: %v, want kind %q", what, got, kind)
	}
}

func TestFirstStart(t *testing.T) {
	t.Parallel()
	d, ctx := newDoor(t, false), context.Background()
	code, given, err := d.FirstStart(ctx, root)
	if err != nil || !given || code == "" {
		t.Fatal(code, given, err)
	}
	again, given, err := d.FirstStart(ctx, root)
	if err != nil || !given || again == code {
		t.Fatalf("while no admin has a password each start gives a new code: %q, %v, %v", again, given, err)
	}
	enter := func(code string) (Entry, error) { return d.LoginWithCode(ctx, Attempt{Code: code}) }
	_, err = enter(code)
	d.want("the code before", err, fault.Unauthenticated)
	e, err := enter(strings.ToLower(strings.ReplaceAll(again, "-", " ")))
	if err != nil {
		t.Fatal(err)
	}
	_, err = enter(again)
	d.want("the code once more", err, fault.Unauthenticated)
	p, sess, err := d.Authenticate(request(http.MethodGet, e.Secret))
	if err != nil || !cmp.Equal(p.Granted(), []access.Verb{access.ManageOwn}) || !p.MustSetPassword {
		t.Fatalf("before the password is set: %+v, %v", p, err)
	}
	_, err = d.SetPreferences(ctx, p, api.Preferences{})
	d.want("preferences before the password", err, fault.Forbidden)
	e2, err := d.ChangePassword(ctx, *sess, "", good)
	if err != nil || d.kind(e.Secret) != fault.Unauthenticated {
		t.Fatalf("the session of the code ends: %v", err)
	}
	p, _, err = d.Authenticate(request(http.MethodGet, e2.Secret))
	if err != nil || !p.May(access.ManageUsers) || p.MustSetPassword {
		t.Errorf("%+v, %v", p, err)
	}
	if code, given, err := d.FirstStart(ctx, root); code != "" || given || err != nil {
		t.Errorf("a code without need: %q, %v, %v", code, given, err)
	}
	d.in(FirstUser)
}

func TestCodesExpire(t *testing.T) {
	t.Parallel()
	d, ctx := newDoor(t, false), context.Background()
	doc, err := d.Admin().CreateUser(ctx, root, api.UserRequest{Name: "ann", Role: "viewer"})
	if err != nil || doc.Code == "" || doc.HasPassword {
		t.Fatalf("%+v, %v", doc, err)
	}
	d.wait(access.CodeLife)
	_, err = d.LoginWithCode(ctx, Attempt{Code: doc.Code})
	d.want("too late", err, fault.Unauthenticated)
	_, err = d.login("ann", "")
	d.want("no password", err, fault.Unauthenticated)
	for _, bad := range []string{"", "x", "AAAAAA-AAAAAA-AAAAAA-AAAAAA", strings.Repeat("A", 1000), "\x00"} {
		_, err := d.LoginWithCode(ctx, Attempt{Code: bad})
		d.want("code "+bad, err, fault.Unauthenticated)
	}
}

// All that does not let in gets one answer.
func TestLoginTellsNothing(t *testing.T) {
	t.Parallel()
	d := newDoor(t, false)
	d.user("ann", access.Viewer)
	d.user("bob", access.Viewer)
	yes := true
	if _, _, err := d.Admin().ChangeUser(context.Background(), root, "bob", api.UserChange{Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	d.in("ann")
	for _, c := range [][2]string{{"ann", "wrong"}, {"ann", ""}, {"bob", good}, {"cyd", good}, {"", ""}, {"a\x00b", good}, {"ANN", good}, {"ann", strings.Repeat("x", 5000)}} {
		_, err := d.login(c[0], c[1])
		if diff := cmp.Diff(errWrong().Error(), err.Error()); diff != "" {
			t.Errorf("%q: %s", c[0], diff)
		}
	}
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	d, ctx := newDoor(t, false), context.Background()
	d.user("ann", access.Triager, "shop")
	e := d.in("ann")
	p, _, err := d.Authenticate(request(http.MethodGet, e.Secret))
	want := access.Principal{Name: "ann", Kind: access.ByPassword, Role: access.Triager, Products: []string{"shop"}, Owner: "web"}
	if diff := cmp.Diff(want, p); diff != "" || err != nil {
		t.Error(diff, err)
	}
	d.wait(access.SessionIdle - time.Second)
	if d.kind(e.Secret) != "" {
		t.Error("ended before 8 idle hours")
	}
	d.wait(access.SessionIdle)
	if d.kind(e.Secret) != fault.Unauthenticated {
		t.Error("holds after 8 idle hours")
	}
	e = d.in("ann")
	for span := time.Duration(0); span < access.SessionLife-time.Hour; span += time.Hour {
		if d.kind(e.Secret) != "" {
			t.Fatalf("ended after %s although it was used", span)
		}
		d.wait(time.Hour)
	}
	d.wait(time.Hour)
	if d.kind(e.Secret) != fault.Unauthenticated {
		t.Error("holds after 7 days")
	}
	e = d.in("ann")
	who, sess, _ := d.Authenticate(request(http.MethodGet, e.Secret))
	if err := d.Logout(ctx, who, *sess); err != nil || d.kind(e.Secret) != fault.Unauthenticated {
		t.Errorf("holds after signing out: %v", err)
	}
	if d.kind("") != fault.Unauthenticated || d.kind(strings.Repeat("a", secretLength)) != fault.Unauthenticated {
		t.Error("nobody is let in")
	}
}

// A session is never the one that was there before signing in.
func TestSessionsRotate(t *testing.T) {
	t.Parallel()
	d, ctx := newDoor(t, false), context.Background()
	d.user("ann", access.Viewer)
	first := d.in("ann")
	second, err := d.Login(ctx, Attempt{Name: "ann", Password: good, Caller: d.Caller(request(http.MethodPost, first.Secret))})
	if err != nil || second.Secret == first.Secret || d.kind(first.Secret) != fault.Unauthenticated || d.kind(second.Secret) != "" {
		t.Fatalf("signing in again: %v", err)
	}
	other := d.in("ann")
	_, err = d.ChangePassword(ctx, second.Session, "wrong", "another good one")
	d.want("wrong present password", err, fault.Forbidden)
	_, err = d.ChangePassword(ctx, second.Session, good, "short")
	d.want("short", err, fault.Invalid)
	third, err := d.ChangePassword(ctx, second.Session, good, "another good one")
	if err != nil {
		t.Fatal(err)
	}
	got := []fault.Kind{d.kind(second.Secret), d.kind(other.Secret), d.kind(third.Secret)}
	if diff := cmp.Diff([]fault.Kind{fault.Unauthenticated, fault.Unauthenticated, ""}, got); diff != "" {
		t.Error(diff)
	}
	role := "triager"
	if _, _, err := d.Admin().ChangeUser(ctx, root, "ann", api.UserChange{Role: &role}); err != nil || d.kind(third.Secret) != fault.Unauthenticated {
		t.Errorf("other rights, the old session: %v", err)
	}
	fourth, err := d.login("ann", "another good one")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Admin().SetPassword(ctx, root, "ann", good); err != nil || d.kind(fourth.Secret) != fault.Unauthenticated {
		t.Errorf("a password set by an admin: %v", err)
	}
}

func TestSignInIsLimited(t *testing.T) {
	t.Parallel()
	d := newDoor(t, false)
	d.user("ann", access.Viewer)
	d.user("bob", access.Viewer)
	for range nameBurst {
		_, err := d.login("ann", "wrong")
		d.want("wrong", err, fault.Unauthenticated)
	}
	_, err := d.login("ann", good)
	d.want("one too many, although it is right", err, fault.TooMany)
	if w, ok := RetryAfter(err); !ok || w.Seconds() != 30 || fault.HintOf(err) != "try again in 30 seconds" {
		t.Errorf("retry after %v (%v), %q", w, ok, fault.HintOf(err))
	}
	d.in("bob")
	d.wait(nameEvery)
	d.in("ann")
	for range nameBurst + addressBurst { // good ones are not counted
		d.in("ann")
	}
}

func TestSignInIsLimitedByAddress(t *testing.T) {
	t.Parallel()
	d := newDoor(t, false)
	d.user("ann", access.Viewer)
	for range addressBurst {
		_, err := d.LoginWithCode(context.Background(), Attempt{Code: "x", Caller: Caller{Address: "192.0.2.1"}})
		d.want("code", err, fault.Unauthenticated)
	}
	_, err := d.login("ann", good)
	d.want("the address", err, fault.TooMany)
	_, err = d.Login(context.Background(), Attempt{Name: "ann", Password: good, Caller: Caller{Address: "192.0.2.2"}})
	d.want("another address", err, "")
	d.wait(addressEvery)
	d.in("ann")
}

func TestLimitsAreBounded(t *testing.T) {
	t.Parallel()
	l, now := NewLimits(time.Hour, 1), time.Unix(0, 0)
	if _, err := l.Take("first", now); err != nil {
		t.Fatal(err)
	}
	for i := range maxKeys - 1 {
		if _, err := l.Take(string(rune(0x4e00+i)), now); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.Take("first", now); fault.KindOf(err) != fault.TooMany {
		t.Errorf("forgotten too early: %v", err)
	}
	back, err := l.Take("one more", now)
	if err != nil || len(l.byKey) != maxKeys || l.order.Len() != maxKeys {
		t.Errorf("%d keys, %v", len(l.byKey), err)
	}
	back()
	if _, err := l.Take("one more", now); err != nil {
		t.Errorf("what was taken back counts: %v", err)
	}
}

func TestCSRF(t *testing.T) {
	t.Parallel()
	d := newDoor(t, false)
	d.user("ann", access.Viewer)
	e := d.in("ann")
	for name, c := range map[string]struct {
		method  string
		headers []string
		want    fault.Kind
	}{
		"read":                   {http.MethodGet, nil, ""},
		"read_from_elsewhere":    {http.MethodGet, []string{"Sec-Fetch-Site", "cross-site"}, ""},
		"no_header":              {http.MethodPost, nil, fault.Forbidden},
		"wrong_header":           {http.MethodPost, []string{CSRFHeader, "0"}, fault.Forbidden},
		"header":                 {http.MethodPost, []string{CSRFHeader, "1"}, ""},
		"same_origin":            {http.MethodPatch, []string{CSRFHeader, "1", "Sec-Fetch-Site", "same-origin"}, ""},
		"by_hand":                {http.MethodPatch, []string{CSRFHeader, "1", "Sec-Fetch-Site", "none"}, ""},
		"same_site":              {http.MethodPost, []string{CSRFHeader, "1", "Sec-Fetch-Site", "same-site"}, fault.Forbidden},
		"cross_site":             {http.MethodDelete, []string{CSRFHeader, "1", "Sec-Fetch-Site", "cross-site"}, fault.Forbidden},
		"own_origin":             {http.MethodPost, []string{CSRFHeader, "1", "Origin", "http://tidemark.example"}, ""},
		"other_origin":           {http.MethodPost, []string{CSRFHeader, "1", "Origin", "http://evil.example"}, fault.Forbidden},
		"other_port":             {http.MethodPost, []string{CSRFHeader, "1", "Origin", "http://tidemark.example:81"}, fault.Forbidden},
		"null_origin":            {http.MethodPost, []string{CSRFHeader, "1", "Origin", "null"}, fault.Forbidden},
		"unknown_method":         {"FROB", nil, fault.Forbidden},
		"forwarded_host_ignored": {http.MethodPost, []string{CSRFHeader, "1", "Origin", "http://evil.example", "X-Forwarded-Host", "evil.example"}, fault.Forbidden},
	} {
		_, _, err := d.Authenticate(request(c.method, e.Secret, c.headers...))
		d.want(name, err, c.want)
	}
}

func TestCallers(t *testing.T) {
	t.Parallel()
	plain, proxied := newDoor(t, false), newDoor(t, true)
	forwarded := []string{"X-Forwarded-For", "203.0.113.9, 198.51.100.7", "X-Forwarded-Proto", "https", "X-Forwarded-Host", "front.example"}
	r := request(http.MethodPost, "", append(forwarded, CSRFHeader, "1", "Origin", "https://front.example")...)
	if diff := cmp.Diff(Caller{Address: "192.0.2.1"}, plain.Caller(r)); diff != "" {
		t.Error("what a client says about itself was believed", diff)
	}
	if diff := cmp.Diff(Caller{Address: "198.51.100.7", Secure: true}, proxied.Caller(r)); diff != "" {
		t.Error(diff)
	}
	proxied.want("the proxy's host", proxied.CheckCSRF(r), "")
	for from, want := range map[string]string{
		"[2001:db8:1:2:3::4]:5": "2001:db8:1:2::/64", "[::ffff:192.0.2.9]:5": "192.0.2.9", "[fe80::1%eth0]:5": "fe80::/64", "@": "unknown", "192.0.2.1": "192.0.2.1",
	} {
		r.RemoteAddr = from
		if got := plain.Caller(r).Address; got != want {
			t.Errorf("%s: %s", from, got)
		}
	}
	r.TLS = &tls.ConnectionState{}
	if !plain.Caller(r).Secure {
		t.Error("TLS is secure")
	}
}

func TestCookies(t *testing.T) {
	t.Parallel()
	d := newDoor(t, false)
	d.user("ann", access.Viewer)
	e := d.in("ann")
	for _, c := range []struct{ got, want string }{
		{d.Cookie(Caller{Secure: true}, e).String(), "tidemark_session=" + e.Secret + "; Path=/; Expires=Fri, 08 May 2026 00:00:00 GMT; Max-Age=604800; HttpOnly; Secure; SameSite=Lax"},
		{d.NoCookie(Caller{}).String(), "tidemark_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Error(diff)
		}
	}
	r := request(http.MethodGet, e.Secret)
	r.AddCookie(&http.Cookie{Name: CookieName, Value: d.in("ann").Secret})
	_, _, err := d.Authenticate(r)
	d.want("two cookies", err, fault.Unauthenticated)
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	d, ctx := newDoor(t, false), context.Background()
	d.user("ann", access.Viewer, "shop")
	p := d.in("ann").Principal()
	doc, err := d.Describe(ctx, p)
	want := api.Session{
		Schema: api.SchemaSession, Name: "ann", Role: "viewer", Kind: "user", Products: []string{"shop"}, May: []string{"read", "manage-own"},
		Preferences: api.Preferences{Theme: "system", Density: "normal", Shortcuts: true},
	}
	if diff := cmp.Diff(want, doc); diff != "" || err != nil {
		t.Error(diff, err)
	}
	set := api.Preferences{Theme: "dark", Density: "compact"}
	if got, err := d.SetPreferences(ctx, p, set); got != set || err != nil {
		t.Error(got, err)
	}
	if doc, _ := d.Describe(ctx, p); doc.Preferences != set {
		t.Errorf("%+v", doc.Preferences)
	}
	_, err = d.SetPreferences(ctx, p, api.Preferences{Theme: "pink"})
	d.want("pink", err, fault.Invalid)
	_, err = d.SetPreferences(ctx, access.LocalUser("os:x"), set)
	d.want("nobody's", err, fault.Forbidden)
}

// broken is a source of randomness that has failed.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("no entropy") }

func TestNothingIsMadeWithoutRandomness(t *testing.T) {
	t.Parallel()
	d, ctx := newDoor(t, false), context.Background()
	s := New(Config{Store: d.db, Now: d.now, Rand: broken{}, Cost: Cost{8, 1, 1}})
	_, _, errFirst := s.FirstStart(ctx, root)
	d.user("ann", access.Viewer)
	_, errLogin := s.Login(ctx, Attempt{Name: "ann", Password: good})
	_, errToken := s.Admin().CreateToken(ctx, root, api.TokenRequest{Role: "viewer", Expires: d.now().Add(time.Hour)})
	_, errUser := s.Admin().CreateUser(ctx, root, api.UserRequest{Name: "bob", Role: "viewer", Password: good})
	for _, err := range []error{errLogin, errFirst, errToken, errUser} {
		d.want("without randomness", err, fault.Internal)
	}
}

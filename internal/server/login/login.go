// Package login lets people and machines in, and says who they are.
//
// The model. A Service signs people in with a password (Argon2id) or a one-time
// code and gives them a session; Authenticate turns each request into the
// principal behind its cookie or its token, or refuses it. An Admin is the desk
// for users and tokens, which the server's routes and the local command line
// share: it takes and gives the documents of api.
//
// Invariants. A secret leaves this room once, in the answer that made it; kept
// are SHA-256 hashes of random secrets and Argon2id hashes of passwords. A wrong
// name, a wrong password and a disabled user get the same answer after the same
// work. How often one may try is bounded by name and by address, how much memory
// the hashing takes by the number of turns. Rights are read from the store for
// each request, so what was taken away is gone at once. Whatever changes here has
// its entry in the log of mutations, in the transaction that changes it.
package login

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"time"

	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// Store is what the service needs of one; *store.DB has it.
type Store interface {
	userStore
	sessionStore
	codeStore
	tokenUse
	tokenDesk
}

type userStore interface {
	CreateUser(ctx context.Context, u access.User, c access.Code, e ctem.AuditEntry) error
	CreateFirstUser(ctx context.Context, u access.User, e ctem.AuditEntry) (created bool, err error)
	FindUser(ctx context.Context, name string) (access.User, error)
	Users(ctx context.Context, after string, limit int) (list []access.User, total int, err error)
	ChangeUser(ctx context.Context, name string, c access.UserChange, note changed) (before, after access.User, err error)
}

type sessionStore interface {
	StartSession(ctx context.Context, b access.Beginning, e ctem.AuditEntry) (started bool, err error)
	FindSession(ctx context.Context, hash string, now time.Time) (s access.Session, u access.User, found bool, err error)
	TouchSession(ctx context.Context, hash string, now time.Time) error
	EndSession(ctx context.Context, hash string, e ctem.AuditEntry) error
}

type codeStore interface {
	PutCode(ctx context.Context, c access.Code, e ctem.AuditEntry) error
	FindCode(ctx context.Context, hash string, now time.Time) (user string, found bool, err error)
}

type tokenUse interface {
	FindToken(ctx context.Context, hash string, now time.Time) (k access.Token, found bool, err error)
	TouchToken(ctx context.Context, id string, now time.Time) error
}

type tokenDesk interface {
	CreateToken(ctx context.Context, k access.Token, e ctem.AuditEntry) error
	TokenByID(ctx context.Context, id string) (access.Token, error)
	Tokens(ctx context.Context, user, after string, limit int) (list []access.Token, total int, err error)
	RevokeToken(ctx context.Context, id string, now time.Time, note func(access.Token) (ctem.AuditEntry, error)) (access.Token, error)
}

// Config is what a service is made of.
type Config struct {
	Store Store
	Now   func() time.Time
	Rand  io.Reader    // nil: the machine's
	Log   *slog.Logger // nil: none
	Cost  Cost         // zero: what OWASP recommends

	// Request names the request that is served, for the log of mutations; nil:
	// there are none.
	Request func(ctx context.Context) string

	// TrustProxy believes X-Forwarded-For, -Proto and -Host: only where a proxy
	// of one's own sets them and nobody can go around it.
	TrustProxy bool
}

// Service signs in and authenticates. It may be used by many at once.
type Service struct {
	*ground
	*entrance
	*watch
}

// ground is what all parts of the service stand on.
type ground struct {
	store  Store
	now    func() time.Time
	rand   io.Reader
	log    *slog.Logger
	hasher *hasher
	named  func(ctx context.Context) string // the request
}

// entrance signs people in and out.
type entrance struct {
	*ground
	names, addresses *Limits
}

// watch looks at each request.
type watch struct {
	*ground
	proxy proxied
}

// How often one may try to sign in: as many as burst at once, then one for each
// interval.
const (
	nameEvery    = 30 * time.Second
	nameBurst    = 10
	addressEvery = 5 * time.Second
	addressBurst = 30
)

// New makes a service.
func New(c Config) *Service {
	g := &ground{store: c.Store, now: c.Now, rand: c.Rand, log: c.Log, named: c.Request}
	if g.named == nil {
		g.named = func(context.Context) string { return "" }
	}
	if g.rand == nil {
		g.rand = rand.Reader
	}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	if c.Cost == (Cost{}) {
		c.Cost = Recommended()
	}
	g.hasher = newHasher(c.Cost, g.rand)
	return &Service{
		ground:   g,
		entrance: &entrance{ground: g, names: NewLimits(nameEvery, nameBurst), addresses: NewLimits(addressEvery, addressBurst)},
		watch:    &watch{ground: g, proxy: proxied(c.TrustProxy)},
	}
}

// Attempt is somebody at the door: with a name and a password, or with a code.
type Attempt struct {
	Name, Password string
	Code           string
	Caller         Caller
}

// Entry is a session that has begun. The secret is in the cookie and nowhere else.
type Entry struct {
	Secret  string
	Session access.Session
	User    access.User
}

// Principal is who has signed in.
func (e Entry) Principal() access.Principal {
	p := e.User.Principal()
	p.MustSetPassword = e.Session.MustSetPassword
	return p
}

// FirstUser is the name of the user that a first start makes.
const FirstUser = "admin"

// FirstStart makes sure that somebody can sign in: where there is no user yet it
// makes the first one, and while no admin has a password it gives that admin a
// one-time code. Without need for one the code is "" and given false.
func (s *entrance) FirstStart(ctx context.Context, by access.Principal) (code string, given bool, err error) {
	name := FirstUser
	u := access.User{Name: name, Role: access.Admin, CreatedAt: s.now()}
	e, err := s.entry(ctx, by, ctem.Deed{Verb: "user create", Object: name, After: brief(userItem(u))})
	if err != nil {
		return "", false, err
	}
	created, err := s.store.CreateFirstUser(ctx, u, e)
	if err != nil {
		return "", false, err
	}
	if !created {
		if name, err = s.lockedOut(ctx); err != nil || name == "" {
			return "", false, err
		}
	}
	if code, _, err = s.issue(ctx, by, name); err != nil {
		return "", false, err
	}
	return code, true, nil
}

// lockedOut names the admin who may have a code because no admin can sign in,
// or "".
func (s *entrance) lockedOut(ctx context.Context) (name string, err error) {
	const many = 100_000
	list, _, err := s.store.Users(ctx, "", many)
	if err != nil {
		return "", err
	}
	for _, u := range list {
		if u.Role != access.Admin || u.Disabled {
			continue
		}
		if u.PasswordHash != "" {
			return "", nil
		}
		if name == "" || u.Name == FirstUser {
			name = u.Name
		}
	}
	return name, nil
}

// issue gives a user a one-time code.
func (s *entrance) issue(ctx context.Context, by access.Principal, name string) (code string, expires time.Time, err error) {
	c, code, err := s.newCode(name)
	if err != nil {
		return "", expires, err
	}
	e, err := s.entry(ctx, by, ctem.Deed{Verb: "user code", Object: name})
	if err != nil {
		return "", expires, err
	}
	return code, c.Expires, s.store.PutCode(ctx, c, e)
}

// newCode makes a code for a user, and what is kept of it.
func (g *ground) newCode(name string) (c access.Code, code string, err error) {
	if code, err = newCode(g.rand); err != nil {
		return c, "", err
	}
	return access.Code{Hash: hashOf(plainCode(code)), User: name, Expires: g.now().Add(access.CodeLife)}, code, nil
}

// errWrong is the one answer to everything that does not let in.
func errWrong() error {
	return fault.New(fault.Unauthenticated, "the name or the password is wrong").
		WithHint("try again; an admin can set a new password, on the machine with: tidemark user passwd NAME")
}

// Login signs a person in with name and password.
func (s *entrance) Login(ctx context.Context, a Attempt) (Entry, error) {
	done, err := s.admit(a.Name, a.Caller.Address)
	if err != nil {
		return Entry{}, err
	}
	u, err := s.userOrNone(ctx, a.Name)
	if err != nil {
		return Entry{}, err
	}
	ok, stale, err := s.hasher.verify(ctx, u.PasswordHash, a.Password)
	if err != nil {
		return Entry{}, err
	}
	if !ok || u.Disabled {
		s.log.WarnContext(ctx, "sign-in refused", "name", shown(a.Name), "address", a.Caller.Address)
		return Entry{}, errWrong()
	}
	done()
	if stale {
		u = s.rehash(ctx, u, a.Password)
	}
	entry, started, err := s.start(ctx, u, beginning{follows: a.Caller.Secret})
	if err == nil && !started {
		err = errWrong() // changed or disabled since it was looked at
	}
	return entry, err
}

// userOrNone is the user of a name, or a user without name and password, who
// costs as much work and is never let in.
func (s *entrance) userOrNone(ctx context.Context, name string) (u access.User, err error) {
	if access.CheckUserName(name) == nil {
		u, err = s.store.FindUser(ctx, name)
	}
	if fault.KindOf(err) == fault.NotFound {
		u, err = access.User{}, nil
	}
	return u, err
}

// admit counts an attempt. done takes it back: it was a good one.
func (s *entrance) admit(name, address string) (done func(), err error) {
	now := s.now()
	back, err := s.addresses.Take(address, now)
	if err != nil {
		return nil, err
	}
	if access.CheckUserName(name) != nil {
		name = "" // all that cannot be names share one count
	}
	if _, err := s.names.Take(name, now); err != nil {
		return nil, err
	}
	return func() { back(); s.names.Forget(name) }, nil
}

// rehash keeps a password at the present cost. That is no reason to refuse: what
// goes wrong is noted, and tried again at the next sign-in.
func (s *entrance) rehash(ctx context.Context, u access.User, password string) access.User {
	phc, err := s.hasher.hash(ctx, password)
	if err == nil {
		var after access.User
		note := s.noting(ctx, u.Principal(), ctem.Deed{Verb: "password rehash", Object: u.Name})
		if _, after, err = s.store.ChangeUser(ctx, u.Name, access.UserChange{PasswordHash: &phc, WasHash: &u.PasswordHash}, note); err == nil {
			return after
		}
	}
	s.log.WarnContext(ctx, "the password stays at its old cost", "user", u.Name, "error", err)
	return u
}

// LoginWithCode signs a person in with a one-time code. The session may do
// nothing but set the password.
func (s *entrance) LoginWithCode(ctx context.Context, a Attempt) (Entry, error) {
	back, err := s.addresses.Take(a.Caller.Address, s.now())
	if err != nil {
		return Entry{}, err
	}
	wrong := fault.New(fault.Unauthenticated, "the code is wrong, was used before, or is older than an hour").
		WithHint("ask an admin for a new one, or restart the server while no admin has a password")
	code := plainCode(a.Code)
	if code == "" {
		return Entry{}, wrong
	}
	name, found, err := s.store.FindCode(ctx, hashOf(code), s.now())
	if err != nil {
		return Entry{}, err
	}
	if !found {
		s.log.WarnContext(ctx, "sign-in with a code refused", "address", a.Caller.Address)
		return Entry{}, wrong
	}
	u, err := s.store.FindUser(ctx, name)
	if err != nil {
		return Entry{}, err
	}
	entry, started, err := s.start(ctx, u, beginning{follows: a.Caller.Secret, code: hashOf(code), mustSet: true})
	if err == nil && !started {
		return Entry{}, wrong // somebody else has just used it
	}
	if err == nil {
		back()
	}
	return entry, err
}

// beginning is how a session begins.
type beginning struct {
	follows string // secret of the session before; "": none
	code    string // hash of the code that it uses up; "": none
	mustSet bool
}

// start begins a session, and says whether it did.
func (s *entrance) start(ctx context.Context, u access.User, b beginning) (out Entry, started bool, err error) {
	if out, err = s.newEntry(u, b.mustSet); err != nil {
		return Entry{}, false, err
	}
	e, err := s.entry(ctx, out.Principal(), ctem.Deed{Verb: "sign in", Object: u.Name})
	if err != nil {
		return Entry{}, false, err
	}
	begin := access.Beginning{Session: out.Session, WasHash: u.PasswordHash, Code: b.code}
	if b.follows != "" {
		begin.Follows = hashOf(b.follows)
	}
	if started, err = s.store.StartSession(ctx, begin, e); err != nil || !started {
		return Entry{}, false, err
	}
	return out, true, nil
}

// newEntry is a session of a user that is not yet kept.
func (g *ground) newEntry(u access.User, mustSet bool) (Entry, error) {
	secret, err := newSecret(g.rand)
	if err != nil {
		return Entry{}, err
	}
	now := g.now()
	u.LastSeen = now
	return Entry{Secret: secret, User: u, Session: access.Session{
		Hash: hashOf(secret), User: u.Name, CreatedAt: now, SeenAt: now, Expires: now.Add(access.SessionLife), MustSetPassword: mustSet,
	}}, nil
}

// Logout ends a session.
func (s *entrance) Logout(ctx context.Context, p access.Principal, sess access.Session) error {
	e, err := s.entry(ctx, p, ctem.Deed{Verb: "sign out", Object: p.Name})
	if err != nil {
		return err
	}
	return s.store.EndSession(ctx, sess.Hash, e)
}

// ChangePassword sets one's own password, ends all one's sessions and begins a
// new one. A session that began with a one-time code needs no present password.
func (s *entrance) ChangePassword(ctx context.Context, sess access.Session, present, next string) (Entry, error) {
	u, err := s.store.FindUser(ctx, sess.User)
	if err != nil {
		return Entry{}, err
	}
	if !sess.MustSetPassword {
		if err := s.checkPresent(ctx, u, present); err != nil {
			return Entry{}, err
		}
	}
	if err := CheckPassword(u.Name, next); err != nil {
		return Entry{}, err
	}
	phc, err := s.hasher.hash(ctx, next)
	if err != nil {
		return Entry{}, err
	}
	out, err := s.newEntry(u, false)
	if err != nil {
		return Entry{}, err
	}
	c := access.UserChange{PasswordHash: &phc, WasHash: &u.PasswordHash, EndSessions: true, Begin: &out.Session}
	_, out.User, err = s.store.ChangeUser(ctx, u.Name, c, s.noting(ctx, out.Principal(), ctem.Deed{Verb: "set password", Object: u.Name}))
	if err != nil {
		return Entry{}, err
	}
	return out, nil
}

func (s *entrance) checkPresent(ctx context.Context, u access.User, present string) error {
	if _, err := s.names.Take(u.Name, s.now()); err != nil {
		return err
	}
	ok, _, err := s.hasher.verify(ctx, u.PasswordHash, present)
	if err == nil && !ok {
		return fault.New(fault.Forbidden, "the present password is wrong").WithHint("type it again; nothing was changed")
	}
	if err == nil {
		s.names.Forget(u.Name)
	}
	return err
}

// shown is a name as the program's log has it: what cannot be one may be a
// password that was typed into the wrong field.
func shown(name string) string {
	if access.CheckUserName(name) != nil {
		return "(not a user name)"
	}
	return name
}

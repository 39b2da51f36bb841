package access

import (
	"time"

	"github.com/tidemark/tidemark/internal/fault"
)

// How long what was given out holds.
const (
	SessionIdle = 8 * time.Hour      // a session ends when nothing came for this long
	SessionLife = 7 * 24 * time.Hour // and at the latest after this
	CodeLife    = time.Hour          // a one-time code
	Coarse      = time.Minute        // how exactly the last use is kept

	leastTokenLife = time.Minute
	mostTokenLife  = 2 * 366 * 24 * time.Hour
)

// Session is a signed-in browser. Only the hash of its secret is kept.
type Session struct {
	Hash            string // SHA-256 of the secret, in hex
	User            string
	CreatedAt       time.Time
	SeenAt          time.Time // to the minute
	Expires         time.Time // the absolute end
	MustSetPassword bool      // it began with a one-time code
}

// Alive reports whether the session still holds at a time.
func (s Session) Alive(now time.Time) bool {
	return now.Before(s.Expires) && now.Before(s.SeenAt.Add(SessionIdle))
}

// Beginning is how a session begins: while the user is not disabled and has still
// the password that let them in.
type Beginning struct {
	Session Session
	WasHash string // of that password
	Follows string // hash of the session that it ends; "": none
	Code    string // hash of the one-time code that it uses up; "": none
}

// Code is a one-time code to sign in with, to set a password. Only its hash is
// kept.
type Code struct {
	Hash    string
	User    string
	Expires time.Time
}

// Token is a secret of a machine, or of a person's command line. Only its hash
// is kept; the prefix tells one from another.
type Token struct {
	ID        string
	Hash      string
	Name      string
	Grant     Grant
	CreatedBy string
	CreatedAt time.Time
	Expires   time.Time
	LastUsed  time.Time // to the minute; zero: never
	Revoked   time.Time // zero: not
	Prefix    string    // first characters of the secret
}

// Grant is what a token may. One that acts for a user has that user's rights as
// they are when it is used, and ends with the user.
type Grant struct {
	User     string // "": a machine's own
	Role     Role
	Team     string
	Products []string // nil: all
	Source   string   // of the role source
}

// Validate says all that is wrong with a token at the time of its making.
func (t Token) Validate(now time.Time) error {
	errs := append(checkProducts(t.Grant.Products), CheckLabel("name", t.Name), checkRole(t.Grant.Role), t.Grant.checkSource(), t.Grant.checkTeam())
	if life := t.Expires.Sub(now); life < leastTokenLife || life > mostTokenLife {
		errs = append(errs, fault.New(fault.Invalid, "end %s", t.Expires.UTC().Format(time.RFC3339)).
			WithHint("a token ends between a minute and two years from now"))
	}
	return joined("token "+clip(t.Name), errs)
}

func (g Grant) checkSource() error {
	if g.Role == Source {
		return CheckLabel("source", g.Source)
	}
	if g.Source != "" {
		return fault.New(fault.Invalid, "a token of role %s has no source", clip(string(g.Role))).WithHint("a source goes with the role source")
	}
	return nil
}

func (g Grant) checkTeam() error {
	if g.Team != "" {
		return CheckLabel("team", g.Team)
	}
	if g.Role == Owner {
		return fault.New(fault.Invalid, "an owner needs a team").WithHint("name the team whose services it acts for")
	}
	return nil
}

// Alive reports whether the token still holds at a time.
func (t Token) Alive(now time.Time) bool { return t.Revoked.IsZero() && now.Before(t.Expires) }

// State says whether the token still holds: active, expired or revoked.
func (t Token) State(now time.Time) string {
	switch {
	case !t.Revoked.IsZero():
		return "revoked"
	case !now.Before(t.Expires):
		return "expired"
	}
	return "active"
}

// Principal is the token as one who asks. For one that acts for a user, the
// caller gives that user's rights with As.
func (t Token) Principal() Principal {
	g := t.Grant
	return Principal{Name: t.Name, Kind: ByToken, Role: g.Role, Products: g.Products, Owner: g.Team, Source: g.Source, TokenID: t.ID}
}

// As is the token with the rights that a user has now.
func (t Token) As(u User) Principal {
	p := u.Principal()
	p.Kind, p.TokenID = ByToken, t.ID
	return p
}

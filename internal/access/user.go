package access

import (
	"time"

	"github.com/tidemark/tidemark/internal/fault"
)

// User is a person who may sign in.
type User struct {
	Name         string
	Role         Role
	Products     []string // nil: all
	Team         string   // that the role owner acts for
	PasswordHash string   // in the PHC form; "": no password yet
	Disabled     bool
	CreatedAt    time.Time
	LastSeen     time.Time // zero: never signed in
	Preferences  Preferences
}

// Validate says all that is wrong with a user.
func (u User) Validate() error {
	errs := append(checkProducts(u.Products), CheckUserName(u.Name), checkRole(u.Role), u.Preferences.Validate())
	if u.Role == Source {
		errs = append(errs, fault.New(fault.Invalid, "the role source is for tokens").WithHint("create a token with --role source"))
	}
	if u.Role == Owner && u.Team == "" {
		errs = append(errs, fault.New(fault.Invalid, "an owner needs a team").WithHint("name the team whose services they own"))
	}
	if u.Team != "" {
		errs = append(errs, CheckLabel("team", u.Team))
	}
	return joined("user "+clip(u.Name), errs)
}

// Principal is the user as one who asks, in a session.
func (u User) Principal() Principal {
	return Principal{Name: u.Name, Kind: ByPassword, Role: u.Role, Products: u.Products, Owner: u.Team}
}

// UserChange is what changes of a user: each field that is given.
type UserChange struct {
	Role         *Role
	Team         *string
	Products     *[]string
	Disabled     *bool
	PasswordHash *string
	WasHash      *string // change only if the password is still this one
	Preferences  *Preferences

	// EndSessions ends every session of the user, but for the one to keep.
	EndSessions bool
	Keep        string   // hash of that one; "": none
	Begin       *Session // begins when the others have ended; nil: none
}

// Apply gives the user as changed.
func (c UserChange) Apply(u User) User {
	set(&u.Role, c.Role)
	set(&u.Team, c.Team)
	set(&u.Products, c.Products)
	set(&u.Disabled, c.Disabled)
	set(&u.PasswordHash, c.PasswordHash)
	set(&u.Preferences, c.Preferences)
	u.Products = SortedProducts(u.Products)
	return u
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// Preferences are what a person has set for themselves; empty is the default.
type Preferences struct {
	Theme     string `json:"theme,omitempty"`   // system, light, dark
	Density   string `json:"density,omitempty"` // compact, normal, roomy
	Shortcuts *bool  `json:"shortcuts,omitempty"`
}

// Validate refuses what the pages do not have.
func (p Preferences) Validate() error {
	var errs []error
	switch p.Theme {
	case "", "system", "light", "dark":
	default:
		errs = append(errs, fault.New(fault.Invalid, "no theme %q", clip(p.Theme)).WithHint("the themes are system, light, dark"))
	}
	switch p.Density {
	case "", "compact", "normal", "roomy":
	default:
		errs = append(errs, fault.New(fault.Invalid, "no density %q", clip(p.Density)).WithHint("the densities are compact, normal, roomy"))
	}
	return joined("preferences", errs)
}

package access

import "slices"

// Kind says how a principal came in.
type Kind string

// The kinds.
const (
	ByPassword Kind = "user"  // a session in a browser
	ByToken    Kind = "token" // a secret in a header
	Local      Kind = "local" // the operating system's user, on the machine of the data
)

// Principal is whoever asks. The zero value may nothing.
type Principal struct {
	Name     string // user name, token name, or os:user
	Kind     Kind
	Role     Role
	Products []string // nil: all
	Owner    string   // team that the role owner acts for
	Source   string   // source that the role source appends for
	TokenID  string   // of a token

	// MustSetPassword leaves nothing but one's own password to be set: the
	// session began with a one-time code.
	MustSetPassword bool
}

// LocalUser is who runs the command line on the machine that has the data: the
// file system's rights have let them in already.
func LocalUser(name string) Principal { return Principal{Name: name, Kind: Local, Role: Admin} }

// May reports whether the principal may do such a deed at all. On one's own
// services and sources only: see MayOn and MayIngest.
func (p Principal) May(v Verb) bool {
	switch p.Kind {
	case ByPassword:
		return p.Role.May(v) && (!p.MustSetPassword || v == ManageOwn)
	case ByToken:
		return p.Role.May(v) && v != ManageOwn
	case Local:
		return p.Role.May(v)
	}
	return false
}

// MayOn reports whether the principal may do a deed on something that a team
// owns: the role owner decides and works only on what its own team owns.
func (p Principal) MayOn(v Verb, team string) bool {
	if !p.May(v) {
		return false
	}
	if p.Role == Owner && (v == Decide || v == Work) {
		return p.Owner != "" && p.Owner == team
	}
	return true
}

// MayIngest reports whether the principal may append evidence in the name of a
// source.
func (p Principal) MayIngest(source string) bool {
	return p.May(Ingest) && (p.Role != Source || p.Source != "" && p.Source == source)
}

// Sees reports whether something of these products may be shown: any of them is
// enough. What belongs to no product is seen only by who sees all.
func (p Principal) Sees(products ...string) bool {
	if p.Products == nil {
		return true
	}
	return slices.ContainsFunc(products, func(one string) bool { return slices.Contains(p.Products, one) })
}

// Granted are the verbs that the principal may, in the order of Verbs.
func (p Principal) Granted() []Verb {
	out := []Verb{}
	for _, v := range Verbs() {
		if p.May(v) {
			out = append(out, v)
		}
	}
	return out
}

// MayGrant reports whether the principal may give a role and products to
// somebody else: never more than it has itself.
func (p Principal) MayGrant(role Role, products []string) bool {
	if !p.Role.Covers(role) || p.MustSetPassword {
		return false
	}
	if p.Products == nil {
		return true
	}
	return products != nil && !slices.ContainsFunc(products, func(one string) bool { return !slices.Contains(p.Products, one) })
}

// Actor names the principal in the log of mutations.
func (p Principal) Actor() string {
	switch p.Kind {
	case ByPassword:
		return "user:" + p.Name
	case ByToken:
		return "token:" + p.TokenID + " " + p.Name
	case Local:
		return p.Name
	}
	return "nobody"
}

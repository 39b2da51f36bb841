// Package access says who may do what.
//
// The model. A Principal is whoever asks: a user who has signed in, a token, or
// the operating system's user at the local command line. It has a Role; one
// written table gives each role its verbs. Three narrowings stand beside the
// table: products (lists and counts), the team that an owner acts for, and the
// source that a source's token appends for.
//
// Invariants. No I/O and no clock. What is not in the table is not allowed; a
// role, a verb or a kind that is not known may nothing. Nil products are all of
// them, empty ones none.
package access

import "slices"

// Role is what somebody is allowed to be.
type Role string

// The roles.
const (
	Admin    Role = "admin"    // everything
	Operator Role = "operator" // keeps it running: feeds, sources, scope, upkeep
	Triager  Role = "triager"  // decides on exposures and moves actions
	Owner    Role = "owner"    // as a triager, on the services of their team only
	Approver Role = "approver" // the second pair of eyes
	Auditor  Role = "auditor"  // reads everything, the log of mutations too
	Viewer   Role = "viewer"   // reads
	Source   Role = "source"   // appends evidence of its own source, and reads nothing else
)

// Verb is a kind of deed.
type Verb string

// The verbs.
const (
	Read         Verb = "read"          // exposures, actions, the twin, sources, intel
	ReadAudit    Verb = "read-audit"    // the log of mutations
	Decide       Verb = "decide"        // rule on an exposure, assign it, take that back
	Approve      Verb = "approve"       // agree to another person's loosening
	Work         Verb = "work"          // move actions
	Ingest       Verb = "ingest"        // append evidence
	ApplyScope   Verb = "apply-scope"   // say what matters and who owns it
	UpdateIntel  Verb = "update-intel"  // load advisories and signals
	Maintain     Verb = "maintain"      // compact, mend
	ManageUsers  Verb = "manage-users"  // users and their rights
	ManageTokens Verb = "manage-tokens" // tokens of machines
	ManageOwn    Verb = "manage-own"    // one's own password, preferences and tokens
	PlayDemo     Verb = "play-demo"     // play the demo's drill
)

// Roles are all roles, from the one with most rights on.
func Roles() []Role {
	return []Role{Admin, Operator, Triager, Owner, Approver, Auditor, Viewer, Source}
}

// Verbs are all verbs.
func Verbs() []Verb {
	return []Verb{
		Read, ReadAudit, Decide, Approve, Work, Ingest, ApplyScope, UpdateIntel, Maintain,
		ManageUsers, ManageTokens, ManageOwn, PlayDemo,
	}
}

// granted is the table: the verbs of each role. A person's own password and
// preferences are theirs whatever the role; a token has none.
var granted = map[Role][]Verb{
	Admin: {
		Read, ReadAudit, Decide, Approve, Work, Ingest, ApplyScope, UpdateIntel, Maintain,
		ManageUsers, ManageTokens, ManageOwn, PlayDemo,
	},
	Operator: {Read, Work, Ingest, ApplyScope, UpdateIntel, Maintain, ManageTokens, ManageOwn, PlayDemo},
	Triager:  {Read, Decide, Work, ManageOwn, PlayDemo},
	Owner:    {Read, Decide, Work, ManageOwn},
	Approver: {Read, Approve, ManageOwn},
	Auditor:  {Read, ReadAudit, ManageOwn},
	Viewer:   {Read, ManageOwn},
	Source:   {Ingest},
}

// Valid reports whether the role is one of the table.
func (r Role) Valid() bool { return granted[r] != nil }

// May reports whether the table gives the role a verb.
func (r Role) May(v Verb) bool { return slices.Contains(granted[r], v) }

// Covers reports whether a role has every right of another: what somebody may
// hand on.
func (r Role) Covers(other Role) bool {
	return other.Valid() && !slices.ContainsFunc(granted[other], func(v Verb) bool { return v != ManageOwn && !r.May(v) })
}

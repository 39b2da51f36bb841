// Package demo plays a made-up company through the real doors: bills of
// materials, deployment records, manifests, feeds, scope and rulings, for 26
// weeks on a clock of its own; then a drill on the present clock.
//
// The model. The estate is a small embedded table: products, services, their
// components and releases, and excerpts of real feeds (ids, ranges, vectors,
// scores and dates are the real ones, the words our own). A history is computed
// from it by pure functions, relative to a given now: who ships what when, what
// each source reports, which advisories have been published. The Player writes
// what a source would send into a folder and gives it to a door. The Drill
// publishes an invented advisory about an invented library and ships its fix.
//
// Invariants. Nothing is written but through a door, and nothing is computed
// but by the steps. The same now gives the same history. The component of a
// drill and its advisory exist nowhere else: no real project is accused.
package demo

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
)

// SBOM is one document for the evidence door.
type SBOM struct {
	Name     string // shown in messages
	Artifact string // NAME:TAG@DIGEST
	Body     []byte
}

// Deployment is one file of records or manifests for the evidence door. What
// is empty is said by the file itself.
type Deployment struct {
	File        string
	Environment string
	Source      string
	At          time.Time
	Every       time.Duration
}

// Evidence is the door for documents.
type Evidence interface {
	SBOMs(ctx context.Context, list []SBOM) error
	Deployment(ctx context.Context, d Deployment) error
	Things(ctx context.Context, t Told) error
}

// Feeds is the door for what the world knows: a folder as the publishers lay
// it out.
type Feeds interface {
	Update(ctx context.Context, dir string) error
}

// Scope is the door for what the business says.
type Scope interface {
	Apply(ctx context.Context, document []byte) error
}

// People is the door for what people decide.
type People interface {
	Rule(ctx context.Context, r Ruling) error
	Work(ctx context.Context, w Work) error
}

// Work is what a person says about an action.
type Work struct {
	Action string // ACT-…
	By     string
	State  ctem.Work // accepted, in progress, blocked or rejected
	Reason string
}

// The kinds of a Ruling.
const (
	RuleDecide  = "decide"  // Word, Reason, Until where it loosens
	RuleApprove = "approve" // what somebody else asked for
	RuleAssign  = "assign"  // Owner
)

// Ruling is one decision by a person about one exposure.
type Ruling struct {
	Kind     string
	Exposure string // EXP-…
	By       string
	Word     ctem.Word
	Owner    string
	Reason   string
	Until    time.Time
}

// Steps are the steps of the loop; Drain runs them until quiet.
type Steps interface {
	Drain(ctx context.Context) error
}

// Estate answers what became of it all.
type Estate interface {
	ListExposures(ctx context.Context, q ctem.ListQuery) (ctem.ExposurePage, error)
	Actions(ctx context.Context, q ctem.ListQuery) (ctem.ActionPage, error)
}

// Doors are all that the demo goes through. Scope and People may be nil: then
// nobody has said anything.
type Doors struct {
	Evidence Evidence
	Feeds    Feeds
	Scope    Scope
	People   People
	Steps    Steps
	Estate   Estate
}

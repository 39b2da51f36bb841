// Package desk answers questions about the estate as wire documents.
//
// The model. A Desk joins what the store and the steps give, in the nouns of
// the loop, with the wire types of package api: one method for each question.
// The HTTP routes and the local command line both ask a Desk, and the client
// has the same methods over HTTP, so all three give the same documents.
//
// Invariants. No rules: what is decided, was decided elsewhere. A Desk shows no
// more than its viewer may see, and every list says how many there are of what
// the viewer may see. A value that is not known is null or "unknown".
package desk

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/server/estate"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/twin"
)

// Exposures gives exposures with what is known about them. A list is either the
// store's or that of the index; both take the same queries.
type Exposures interface {
	ListExposures(ctx context.Context, q ctem.ListQuery) (ctem.ExposurePage, error)
	FindExposure(ctx context.Context, id string, at ctem.AsOf) (ctem.Exposure, error)
	ExposureHistory(ctx context.Context, num int64, at ctem.AsOf) ([]ctem.HistoryPiece, error)
	Affected(ctx context.Context, q ctem.ListQuery, what string) (ctem.Affected, error)
	Rulings(ctx context.Context, nums []int64, at ctem.AsOf) (map[int64][]ctem.Ruling, error)
}

// Actions gives what is to be done.
type Actions interface {
	Actions(ctx context.Context, q ctem.ListQuery) (ctem.ActionPage, error)
	FindAction(ctx context.Context, id string, at ctem.AsOf) (ctem.Action, error)
}

// Explainer says why an exposure is decided as it is, and how that came about.
type Explainer interface {
	Explain(ctx context.Context, e ctem.Exposure, at ctem.AsOf) (ctem.Explanation, error)
	Changes(ctx context.Context, e ctem.Exposure, at ctem.AsOf) (ctem.Page[ctem.DecisionChange], error)
}

// Measures counts and compares.
type Measures interface {
	Funnel(ctx context.Context, q ctem.ListQuery) (ctem.Funnel, error)
	Trend(ctx context.Context, q ctem.ListQuery, days int) ([]ctem.TrendDay, error)
	Coverage(ctx context.Context, at ctem.AsOf) (ctem.MeasuredCoverage, error)
}

// Records gives the feeds, the versions of the scope and the audit log.
type Records interface {
	ScopeHistory(ctx context.Context, q ctem.ListQuery) (ctem.Page[ctem.ScopeVersion], error)
	Feeds(ctx context.Context) ([]advisory.Feed, error)
	// MatchReasons says why these records name these components, as is known now.
	MatchReasons(ctx context.Context, purls, records []string) ([]ctem.MatchReason, error)
	VerifyAudit(ctx context.Context) (ctem.AuditVerdict, error)
	AuditLog(ctx context.Context, q ctem.AuditQuery) (ctem.AuditPage, error)
}

// World gives what is known of weaknesses beside advisories, and what sensors saw.
type World interface {
	Lore(ctx context.Context, names []string) (map[string]advisory.Lore, error)
	Detections(ctx context.Context, places []int64, since time.Time) (map[int64][]twin.Sighted, error)
	estate.Sights
	estate.Proved
}

// Parts is what a Desk joins.
type Parts struct {
	Exposed  Exposures
	Work     Actions
	Estate   estate.Lists
	Streams  reply.Streams
	Explains Explainer
	Measured Measures
	Records  Records
	News     Happened
	World    World
	Twin     estate.Twin
	First    string // the step that reads evidence: how far it is, is how far all is computed
	Now      func() time.Time
}

// Desk answers. Its viewer is part of it: As gives one for somebody else.
type Desk struct {
	*base
	*estate.Desk
	exposing
	measuring
}

type base struct {
	*reply.Base
	Parts
	twin *estate.Desk
}

// The questions by what they are about.
type (
	exposing  struct{ *base } // exposures and actions
	measuring struct{ *base } // numbers and logs
)

// New returns a desk for a viewer who may see everything.
func New(p Parts) *Desk { return newDesk(p, reply.Viewer{}) }

func newDesk(p Parts, v reply.Viewer) *Desk {
	q := &reply.Base{Streams: p.Streams, First: p.First, Now: p.Now, Viewer: v}
	t := estate.New(q, estate.Parts{Estate: p.Estate, Twin: p.Twin, Proved: p.World, Sights: p.World, Exposed: p.Exposed})
	b := &base{Base: q, Parts: p, twin: t}
	return &Desk{base: b, Desk: t, exposing: exposing{b}, measuring: measuring{b}}
}

// As gives a desk that shows what the viewer may see.
func (d *Desk) As(v reply.Viewer) *Desk { return newDesk(d.Parts, v) }

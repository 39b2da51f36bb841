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

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
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

// Estate gives the twin as it was seen.
type Estate interface {
	Workloads(ctx context.Context, q ctem.ListQuery) (ctem.WorkloadPage, error)
	ArtifactsList(ctx context.Context, q ctem.ListQuery) (ctem.ArtifactPage, error)
	ComponentsList(ctx context.Context, q ctem.ListQuery) (ctem.ComponentPage, error)
	ServicesList(ctx context.Context, q ctem.ListQuery) (ctem.Page[ctem.Service], error)
	Sources(ctx context.Context, at ctem.AsOf) ([]ctem.Source, error)
}

// Streams says how far the evidence was computed.
type Streams interface {
	Head(ctx context.Context, stream ctem.Stream) (seq int64, at time.Time, err error)
	Cursor(ctx context.Context, step string, stream ctem.Stream) (int64, error)
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
	Unplaced(ctx context.Context, since time.Time) ([]twin.Unplaced, error)
	Proved
}

// Proved gives what follows from the twin: who reaches what, and what may be done.
type Proved interface {
	Proofs(ctx context.Context, q ctem.ProofQuery) (ctem.Page[ctem.Proof], error)
	// Reach is worked out anew for the two ends.
	Reach(ctx context.Context, ask ctem.ReachAsk) ([]ctem.Reach, error)
}

// Twin gives the parts of the twin that are no lists of what runs.
type Twin interface {
	Things
	Past
	Contents
	Business
	Running
}

// Past gives what differs between two times.
type Past interface {
	ThingChanges(ctx context.Context, q ctem.ListQuery, from time.Time) ([]ctem.ThingChange, error)
	States(ctx context.Context, ids []int64) (map[int64][]byte, error)
	// SourceLives says what each source speaks of, and how it did since a time.
	SourceLives(ctx context.Context, at ctem.AsOf, since time.Time) (map[string]*ctem.SourceLife, error)
	// Proven says of which names of images some build is known.
	Proven(ctx context.Context, at ctem.AsOf, names []string) (map[string]bool, error)
}

// Contents gives what artifacts are made of, over time.
type Contents interface {
	Artifacts(ctx context.Context, ids []string) (map[string]twin.Artifact, error)
	Components(ctx context.Context, ids []int64) (map[int64]twin.Component, error)
}

// Business gives what people said of the estate, and what is exposed in it.
type Business interface {
	Scope(ctx context.Context, at ctem.AsOf) (ctem.Scope, error)
	ExposureCounts(ctx context.Context, q ctem.ListQuery) ([]ctem.PlaceCount, error)
	Records(ctx context.Context, ids []string) ([]advisory.Record, error)
}

// Parts is what a Desk joins.
type Parts struct {
	Exposed  Exposures
	Work     Actions
	Estate   Estate
	Streams  Streams
	Explains Explainer
	Measured Measures
	Records  Records
	News     Happened
	World    World
	Twin     Twin
	First    string // the step that reads evidence: how far it is, is how far all is computed
	Now      func() time.Time
}

// Desk answers. Its viewer is part of it: As gives one for somebody else.
type Desk struct {
	*base
	exposing
	seeing
	placing
	calling
	tracing
	touching
	proving
	measuring
}

type base struct {
	Parts
	viewer Viewer
}

// The questions by what they are about.
type (
	exposing  struct{ *base } // exposures and actions
	seeing    struct{ *base } // the twin: lists of what runs
	placing   struct{ *base } // the twin: things, and how everything hangs together
	calling   struct{ *base } // the twin: who can be reached, and who acts as whom
	tracing   struct{ *base } // the twin: where it comes from, and whose it is
	touching  struct{ *base } // the twin: how its parts interact
	proving   struct{ *base } // the twin: who reaches what, and what may be done
	measuring struct{ *base } // numbers and logs
)

// New returns a desk for a viewer who may see everything.
func New(p Parts) *Desk { return newDesk(&base{Parts: p}) }

func newDesk(b *base) *Desk {
	return &Desk{
		base: b, exposing: exposing{b}, seeing: seeing{b}, placing: placing{b}, calling: calling{b}, tracing: tracing{b}, touching: touching{b},
		proving: proving{b}, measuring: measuring{b},
	}
}

// Viewer is how much somebody may see.
type Viewer struct {
	Products []string // nil: all; empty: none
	Owner    string   // only services of this owner; "": any
}

// Narrow reports whether there may be something that the viewer does not see.
func (v Viewer) Narrow() bool { return v.Products != nil || v.Owner != "" }

// asks is a question of the viewer about a time, without terms.
func (d *base) asks(at ctem.AsOf) ctem.ListQuery {
	return ctem.ListQuery{AsOf: at, Products: d.viewer.Products, Owner: d.viewer.Owner}
}

// As gives a desk that shows what the viewer may see.
func (d *Desk) As(v Viewer) *Desk { return newDesk(&base{Parts: d.Parts, viewer: v}) }

// time reads the times of a question.
func (d *base) time(m api.Moment) ctem.AsOf {
	at := ctem.AsOf{Now: d.Now().UTC().Truncate(time.Microsecond)}
	if m.AsOf != nil {
		at.At = m.AsOf.UTC().Truncate(time.Microsecond)
	}
	if m.KnownAt != nil {
		at.KnownAt = m.KnownAt.UTC().Truncate(time.Microsecond)
	}
	return at
}

// list reads the question for a list.
func (d *base) list(q api.Query) (ctem.ListQuery, error) {
	terms, err := ctem.ParseQuery(q.Query)
	if err != nil {
		return ctem.ListQuery{}, err
	}
	sort, err := ctem.ParseSort(q.Sort)
	if err != nil {
		return ctem.ListQuery{}, err
	}
	return ctem.ListQuery{
		AsOf: d.time(api.Moment{AsOf: q.AsOf, KnownAt: q.KnownAt}), Terms: terms, Sort: sort, Limit: q.Limit, After: q.Cursor,
		Products: d.viewer.Products, Owner: d.viewer.Owner,
	}, nil
}

// envelope is a list of the present question, still without items.
func envelope[T any](ctx context.Context, d *base, q api.Query, schema string) (api.List[T], error) {
	at := d.time(api.Moment{AsOf: q.AsOf, KnownAt: q.KnownAt})
	out := api.List[T]{Schema: schema, AsOf: at.Time(), KnownAt: When(at.KnownAt), Query: q.Query, Items: []T{}}
	var err error
	out.Computed, err = d.Computed(ctx)
	return out, err
}

// Computed says up to which evidence answers are computed.
func (d *base) Computed(ctx context.Context) (api.Computed, error) {
	last, recorded, err := d.Streams.Head(ctx, ctem.StreamEvidence)
	if err != nil {
		return api.Computed{}, err
	}
	done, err := d.Streams.Cursor(ctx, d.First, ctem.StreamEvidence)
	return api.Computed{EvidenceAt: When(recorded), Behind: max(0, last-done)}, err
}

// whole cuts a list that has no pages to the limit.
func whole[T, N any](out *api.List[T], all []N, limit int, item func(N) T) {
	out.Total = len(all)
	if limit > 0 && len(all) > limit {
		all, out.Truncated = all[:limit], true
	}
	for _, x := range all {
		out.Items = append(out.Items, item(x))
	}
}

// paged fills a page in.
func paged[T, N any](out *api.List[T], p ctem.Page[N], item func(N) T) {
	out.Total, out.Truncated, out.Next = p.Total, p.Next != "", Text(p.Next)
	for _, x := range p.Items {
		out.Items = append(out.Items, item(x))
	}
}

func noPages(q api.Query, kind string) error {
	if q.Cursor == "" {
		return nil
	}
	return fault.New(fault.Invalid, "%s have no pages to continue", kind).WithHint("ask for all of them")
}

// plainList refuses conditions and orders for a list that has its own alone.
func plainList(q api.Query, kind string) error {
	if q.Sort != "" {
		return fault.New(fault.Invalid, "%s take no sort", kind).WithHint("leave the sort out")
	}
	return noQuery(q, kind)
}

func noQuery(q api.Query, kind string) error {
	if q.Query == "" {
		return nil
	}
	return fault.New(fault.Invalid, "%s take no query yet", kind).WithHint("leave the query out")
}

package command

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/internal/server/reply"
)

// Answers is who Answers questions: the desk over the store that the flags
// name, or a server.
type Answers interface {
	exposureAnswers
	actionAnswers
	measureAnswers
	estateAnswers
}

// estateAnswers are about the twin, and what people said of it.
type estateAnswers interface {
	twinAnswers
	thingAnswers
	wholeAnswers
	ownerAnswers
	keptAnswers
}

// keptAnswers give what was given, as it was.
type keptAnswers interface {
	ScopeHistory(ctx context.Context, q api.Query) (api.List[api.ScopeVersion], error)
	SBOM(ctx context.Context, artifact string, m api.Moment) (api.SBOM, error)
}

type exposureAnswers interface {
	Exposures(ctx context.Context, q api.Query) (api.List[api.Exposure], error)
	Exposure(ctx context.Context, id string, m api.Moment) (api.ExposureDetail, error)
	Explain(ctx context.Context, id string, m api.Moment) (api.Explanation, error)
	Affected(ctx context.Context, what string, q api.Query) (api.Affected, error)
}

type actionAnswers interface {
	Actions(ctx context.Context, q api.Query) (api.List[api.Action], error)
	Action(ctx context.Context, id string, m api.Moment) (api.ActionDetail, error)
}

type measureAnswers interface {
	Funnel(ctx context.Context, m api.Moment) (api.Funnel, error)
	Trend(ctx context.Context, days int, m api.Moment) (api.Trend, error)
	Coverage(ctx context.Context, m api.Moment) (api.MeasureCoverage, error)
	AuditVerdict(ctx context.Context) (api.Audit, error)
	Feeds(ctx context.Context, q api.Query) (api.List[api.Feed], error)
}

type twinAnswers interface {
	Workloads(ctx context.Context, q api.Query) (api.List[api.Workload], error)
	Artifacts(ctx context.Context, q api.Query) (api.List[api.Artifact], error)
	Components(ctx context.Context, q api.Query) (api.List[api.Component], error)
	Services(ctx context.Context, q api.Query) (api.List[api.Service], error)
	Sources(ctx context.Context, q api.Query) (api.List[api.Source], error)
}

// thingAnswers are about what is no workload.
type thingAnswers interface {
	Things(ctx context.Context, q api.Query) (api.List[api.Thing], error)
	Kinds(ctx context.Context, q api.Query) (api.List[api.Kind], error)
	Thing(ctx context.Context, r api.ThingRef, m api.Moment) (api.ThingPage, error)
	Endpoints(ctx context.Context, q api.Query) (api.List[api.Endpoint], error)
	Identities(ctx context.Context, q api.Query) (api.List[api.Identity], error)
}

// wholeAnswers are about the twin as a whole.
type wholeAnswers interface {
	Tree(ctx context.Context, root string, q api.Query) (api.Tree, error)
	Diff(ctx context.Context, from time.Time, q api.Query) (api.Diff, error)
	TwinCoverage(ctx context.Context, m api.Moment) (api.TwinCoverage, error)
	Chain(ctx context.Context, what string, m api.Moment) (api.Chain, error)
	Drift(ctx context.Context, q api.Query) (api.List[api.Drift], error)
}

// ownerAnswers say whose something is.
type ownerAnswers interface {
	Ownership(ctx context.Context, service, environment string, m api.Moment) (api.Ownership, error)
}

// Asking runs a command that only asks.
func (a *App) Asking(ctx context.Context, fn func(Answers) error) error {
	return a.Remotely(func(c *client.Client) error { return fn(c) },
		func() error { return a.Reading(ctx, func(s *local.Session) error { return fn(s.Desk()) }) })
}

// Ways are how one document is got: from a server, or where the data is.
type Ways[T any] struct {
	There func(*client.Client) (T, error)
	Here  func(*local.Session) (T, error)
}

// Either is a document that is got there or here.
func Either[T any](there func(*client.Client) (T, error), here func(*local.Session) (T, error)) Ways[T] {
	return Ways[T]{there, here}
}

// Ask gets what only reads.
func (w Ways[T]) Ask(ctx context.Context, a *App) (T, error) {
	return w.by(a, func(fn func(*local.Session) error) error { return a.Reading(ctx, fn) })
}

// Change gets what it says of a change that it makes.
func (w Ways[T]) Change(ctx context.Context, a *App) (T, error) {
	return w.by(a, func(fn func(*local.Session) error) error {
		return a.Changing(ctx, fn, func(*local.Session) error { return nil })
	})
}

func (w Ways[T]) by(a *App, open func(func(*local.Session) error) error) (doc T, err error) {
	err = a.Remotely(func(c *client.Client) (err error) {
		doc, err = w.There(c)
		return err
	}, func() error {
		return open(func(s *local.Session) (err error) {
			doc, err = w.Here(s)
			return err
		})
	})
	return doc, err
}

// Query is the list that the flags ask for.
func (a *App) Query() api.Query {
	return api.Query{
		Query: a.Flags.Query, Sort: a.Flags.Sort, Limit: a.Limit, Cursor: a.Flags.Cursor, AsOf: reply.When(a.AsOf.At), KnownAt: reply.When(a.AsOf.KnownAt),
	}
}

// Moment is the time that the flags ask about.
func (a *App) Moment() api.Moment {
	return api.Moment{AsOf: reply.When(a.AsOf.At), KnownAt: reply.When(a.AsOf.KnownAt)}
}

// Home is the data that the flags name.
func (a *App) Home() local.Home {
	return local.Home{Dir: a.DataDir, URL: a.Flags.DB, Now: a.Present, Log: a.Log, Err: a.Err}
}

// Reading opens the store for a command that only asks.
func (a *App) Reading(ctx context.Context, fn func(*local.Session) error) error {
	if a.IsRemote() {
		return NotRemote()
	}
	return a.Home().Reading(ctx, fn)
}

// Writing opens the store for a command that changes something; then sees the
// result.
func (a *App) Writing(ctx context.Context, m local.Mutation, fn, then func(*local.Session) error) error {
	if a.IsRemote() {
		return NotRemote()
	}
	return a.Home().Writing(ctx, m, fn, then)
}

// Changing is writing for what notes itself in the log of mutations.
func (a *App) Changing(ctx context.Context, fn, then func(*local.Session) error) error {
	if a.IsRemote() {
		return NotRemote()
	}
	return a.Home().Changing(ctx, fn, then)
}

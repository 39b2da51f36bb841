package main

import (
	"context"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/internal/server/desk"
)

// answers is who answers questions: the desk over the store that the flags
// name, or a server.
type answers interface {
	exposureAnswers
	actionAnswers
	measureAnswers
	twinAnswers
	scopeAnswers
}

type scopeAnswers interface {
	ScopeHistory(ctx context.Context, q api.Query) (api.List[api.ScopeVersion], error)
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

// asking runs a command that only asks.
func (a *app) asking(ctx context.Context, fn func(answers) error) error {
	return a.remotely(func(c *client.Client) error { return fn(c) },
		func() error { return a.reading(ctx, func(s *local.Session) error { return fn(s.Desk()) }) })
}

// ways are how one document is got: from a server, or where the data is.
type ways[T any] struct {
	there func(*client.Client) (T, error)
	here  func(*local.Session) (T, error)
}

// ask gets what only reads.
func (w ways[T]) ask(ctx context.Context, a *app) (T, error) {
	return w.by(a, func(fn func(*local.Session) error) error { return a.reading(ctx, fn) })
}

// change gets what it says of a change that it makes.
func (w ways[T]) change(ctx context.Context, a *app) (T, error) {
	return w.by(a, func(fn func(*local.Session) error) error {
		return a.changing(ctx, fn, func(*local.Session) error { return nil })
	})
}

func (w ways[T]) by(a *app, open func(func(*local.Session) error) error) (doc T, err error) {
	err = a.remotely(func(c *client.Client) (err error) {
		doc, err = w.there(c)
		return err
	}, func() error {
		return open(func(s *local.Session) (err error) {
			doc, err = w.here(s)
			return err
		})
	})
	return doc, err
}

// query is the list that the flags ask for.
func (a *app) query() api.Query {
	return api.Query{
		Query: a.flags.query, Sort: a.flags.sort, Limit: a.limit, Cursor: a.flags.cursor, AsOf: desk.When(a.asOf.At), KnownAt: desk.When(a.asOf.KnownAt),
	}
}

// moment is the time that the flags ask about.
func (a *app) moment() api.Moment {
	return api.Moment{AsOf: desk.When(a.asOf.At), KnownAt: desk.When(a.asOf.KnownAt)}
}

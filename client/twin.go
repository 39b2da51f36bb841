package client

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/api"
)

// Things lists what of the twin is no workload.
func (c nodes) Things(ctx context.Context, q api.Query) (api.List[api.Thing], error) {
	return list[api.Thing](ctx, c.conn, "twin/things", q)
}

// Kinds counts the things of each kind.
func (c nodes) Kinds(ctx context.Context, q api.Query) (api.List[api.Kind], error) {
	return list[api.Kind](ctx, c.conn, "twin/kinds", q)
}

// Thing is the page of anything in the twin.
func (c nodes) Thing(ctx context.Context, r api.ThingRef, m api.Moment) (api.ThingPage, error) {
	kind, err := at("twin/things/", r.Kind, "/")
	if err != nil {
		return api.ThingPage{}, err
	}
	path, err := at(kind, r.Name, "")
	v := momentOf(m)
	if r.Scope != "" {
		v.Set("scope", r.Scope)
	}
	return ask[api.ThingPage](ctx, c.conn, get(path, v), err)
}

// SBOM is the bill of materials of an artifact, as it came.
func (c nodes) SBOM(ctx context.Context, artifact string, m api.Moment) (api.SBOM, error) {
	path, err := at("artifacts/", artifact, "/sbom")
	return ask[api.SBOM](ctx, c.conn, get(path, momentOf(m)), err)
}

// Endpoints lists the addresses at which something can be reached.
func (c nodes) Endpoints(ctx context.Context, q api.Query) (api.List[api.Endpoint], error) {
	return list[api.Endpoint](ctx, c.conn, "twin/endpoints", q)
}

// Identities lists the accounts that things run as.
func (c nodes) Identities(ctx context.Context, q api.Query) (api.List[api.Identity], error) {
	return list[api.Identity](ctx, c.conn, "twin/identities", q)
}

// Tree is products, services, environments, workloads and containers, one page of
// services below a product or service ("": all).
func (c nodes) Tree(ctx context.Context, root string, q api.Query) (api.Tree, error) {
	v := queryOf(q, q.Limit)
	if root != "" {
		v.Set("root", root)
	}
	return ask[api.Tree](ctx, c.conn, get("twin/tree", v), nil)
}

// Diff is how the twin differs between a time and that of the query, one page.
func (c nodes) Diff(ctx context.Context, from time.Time, q api.Query) (api.Diff, error) {
	v := queryOf(q, q.Limit)
	setTime(v, "from", &from)
	return ask[api.Diff](ctx, c.conn, get("twin/diff", v), nil)
}

// TwinCoverage says what the twin rests on.
func (c nodes) TwinCoverage(ctx context.Context, m api.Moment) (api.TwinCoverage, error) {
	return ask[api.TwinCoverage](ctx, c.conn, get("twin/coverage", momentOf(m)), nil)
}

// Ownership says who owns a service, in all of its environments or in one.
func (c nodes) Ownership(ctx context.Context, service, environment string, m api.Moment) (api.Ownership, error) {
	v := momentOf(m)
	v.Set("service", service)
	if environment != "" {
		v.Set("environment", environment)
	}
	return ask[api.Ownership](ctx, c.conn, get("twin/ownership", v), nil)
}

// Chain is the proof chain of a service, a digest or a commit.
func (c nodes) Chain(ctx context.Context, what string, m api.Moment) (api.Chain, error) {
	v := momentOf(m)
	v.Set("what", what)
	return ask[api.Chain](ctx, c.conn, get("twin/chain", v), nil)
}

// Drift lists whether what runs is what was meant to run.
func (c nodes) Drift(ctx context.Context, q api.Query) (api.List[api.Drift], error) {
	return list[api.Drift](ctx, c.conn, "twin/drift", q)
}

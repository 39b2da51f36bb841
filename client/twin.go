package client

import (
	"context"

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

// Endpoints lists the addresses at which something can be reached.
func (c nodes) Endpoints(ctx context.Context, q api.Query) (api.List[api.Endpoint], error) {
	return list[api.Endpoint](ctx, c.conn, "twin/endpoints", q)
}

// Identities lists the accounts that things run as.
func (c nodes) Identities(ctx context.Context, q api.Query) (api.List[api.Identity], error) {
	return list[api.Identity](ctx, c.conn, "twin/identities", q)
}

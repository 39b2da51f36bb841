package server

import (
	"context"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/access"
)

// node is what the page of a thing is asked by.
type node struct {
	Kind  string `path:"kind" maxLength:"100" doc:"Workload, Artifact, Component, Product, Team, or a kind of things"`
	ID    string `path:"id" maxLength:"1000" doc:"what edges call it: NAMESPACE/NAME or NAME; of a workload its service"`
	Scope string `query:"scope" maxLength:"300" doc:"where it is; of a workload its environment; left out for kinds that are the same everywhere"`
	Moment
}

func thingRoutes(s *Server) {
	handle(s, read("listThings", "twin/things", tagTwin, "List what of the twin is no workload, of any kind"),
		func(ctx context.Context, who access.Principal, in *Page) (api.List[api.Thing], error) {
			return s.of(who).Things(ctx, in.wire())
		})
	handle(s, read("listKinds", "twin/kinds", tagTwin, "Count the things of each kind"),
		func(ctx context.Context, who access.Principal, in *Page) (api.List[api.Kind], error) {
			return s.of(who).Kinds(ctx, in.wire())
		})
	handle(s, read("getThing", "twin/things/{kind}/{id}", tagTwin, "Anything in the twin as a page: who says what, edges both ways, timeline"),
		func(ctx context.Context, who access.Principal, in *node) (api.ThingPage, error) {
			return s.of(who).Thing(ctx, api.ThingRef{Kind: in.Kind, Scope: in.Scope, Name: in.ID}, in.wire())
		})
	handle(s, read("listEndpoints", "twin/endpoints", tagTwin, "List addresses at which something can be reached: doors, operations, ports"),
		func(ctx context.Context, who access.Principal, in *Page) (api.List[api.Endpoint], error) {
			return s.of(who).Endpoints(ctx, in.wire())
		})
	handle(s, read("listIdentities", "twin/identities", tagTwin, "List the accounts that things run as, with their roles"),
		func(ctx context.Context, who access.Principal, in *Page) (api.List[api.Identity], error) {
			return s.of(who).Identities(ctx, in.wire())
		})
}

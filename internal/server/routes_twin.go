package server

import (
	"context"
	"time"

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
	handle(s, read("getFlows", "twin/flows", tagTwin, "How the parts interact and what data they touch: edges with how they are known, and the blast radius of a part"),
		func(ctx context.Context, who access.Principal, in *flows) (api.Flows, error) {
			return s.of(who).Flows(ctx, api.FlowAsk{
				Service: in.Service, Kind: in.Kind, Name: in.ID, Scope: in.Scope, Back: in.Back, Query: in.Query, Limit: in.Limit, Moment: in.wire(),
			})
		})
}

// flows is what is asked about how parts interact.
type flows struct {
	Service string `query:"service" maxLength:"300" doc:"only edges of this service, and its blast radius"`
	Kind    string `query:"kind" maxLength:"100" doc:"with id: only edges of this part, and its blast radius: Workload, DataStore, SaaS, Model, Address"`
	ID      string `query:"id" maxLength:"1000" doc:"what edges call it; of a workload its service"`
	Scope   string `query:"scope" maxLength:"300" doc:"where it is; of a workload its environment"`
	Back    bool   `query:"back" doc:"who can get at it, instead of what it can get at"`
	Query   string `query:"q" maxLength:"2000" doc:"condition on edges, as how:observed data:PII env:prod/shop"`
	Limit   int    `query:"limit" minimum:"0" maximum:"10000" default:"1000" doc:"how many edges; all are counted"`
	Moment
}

func twinAskRoutes(s *Server) {
	handle(s, read("getTree", "twin/tree", tagTwin, "Products, services, environments, workloads and images, with what is exposed"),
		func(ctx context.Context, who access.Principal, in *struct {
			Root string `query:"root" maxLength:"300" doc:"a product or a service; all, when it is left out"`
			Page
		},
		) (api.Tree, error) {
			return s.of(who).Tree(ctx, in.Root, in.Page.wire())
		})
	handle(s, read("getDiff", "twin/diff", tagTwin, "How the twin differs between two times: what was added, removed, changed"),
		func(ctx context.Context, who access.Principal, in *struct {
			From time.Time `query:"from" required:"true" doc:"the earlier time; the later one is as_of"`
			Page
		},
		) (api.Diff, error) {
			return s.of(who).Diff(ctx, in.From, in.Page.wire())
		})
	handle(s, read("getTwinCoverage", "twin/coverage", tagTwin, "What the twin rests on: what each source sees, and what that leaves unknown"),
		func(ctx context.Context, who access.Principal, in *Moment) (api.TwinCoverage, error) {
			return s.of(who).TwinCoverage(ctx, in.wire())
		})
	handle(s, read("getOwnership", "twin/ownership", tagTwin, "Who owns a service, by which rule, and what the other rules came to"),
		func(ctx context.Context, who access.Principal, in *struct {
			Service     string `query:"service" required:"true" minLength:"1" maxLength:"300"`
			Environment string `query:"environment" maxLength:"300" doc:"one environment; all of the service's, when it is left out"`
			Moment
		},
		) (api.Ownership, error) {
			return s.of(who).Ownership(ctx, in.Service, in.Environment, in.wire())
		})
	handle(s, read("getChain", "twin/chain", tagTwin, "The proof chain of a service, digest or commit: commit, build, digest, container, workload, endpoint"),
		func(ctx context.Context, who access.Principal, in *struct {
			What string `query:"what" required:"true" minLength:"1" maxLength:"500" doc:"a service, a digest (sha256:…), or a commit (its hash, or REPOSITORY@HASH)"`
			Moment
		},
		) (api.Chain, error) {
			return s.of(who).Chain(ctx, in.What, in.wire())
		})
	handle(s, read("listDrift", "twin/drift", tagTwin, "List whether what runs is what was meant to run, check by check"),
		func(ctx context.Context, who access.Principal, in *Page) (api.List[api.Drift], error) {
			return s.of(who).Drift(ctx, in.wire())
		})
}

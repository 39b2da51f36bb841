package server

import (
	"context"
	"net/http"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/access"
)

// Where things are.
const (
	apiPath     = "/api/v1/"
	sessionPath = apiPath + "session"
	eventsPath  = apiPath + "events"
	metricsPath = "/metrics"
)

// Moment is the time that a question speaks of.
type Moment struct {
	AsOf    time.Time `query:"as_of" doc:"answer what was so at this time (RFC 3339); now, when it is left out"`
	KnownAt time.Time `query:"known_at" doc:"answer with what was known at this time"`
}

func (m Moment) wire() api.Moment { return api.Moment{AsOf: maybe(m.AsOf), KnownAt: maybe(m.KnownAt)} }

func maybe(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Page is the page of a list that is asked for.
type Page struct {
	Query  string `query:"q" maxLength:"8192" doc:"conditions, as decision:act env:prod -is:fixed"`
	Sort   string `query:"sort" maxLength:"200" doc:"keys with commas between, - for descending, as -score,due"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	Cursor string `query:"cursor" maxLength:"2000" doc:"next of the page before"`
	Moment
}

func (p Page) wire() api.Query {
	m := p.Moment.wire()
	return api.Query{Query: p.Query, Sort: p.Sort, Limit: p.Limit, Cursor: p.Cursor, AsOf: m.AsOf, KnownAt: m.KnownAt}
}

type byID struct {
	ID string `path:"id" maxLength:"300"`
	Moment
}

func read(id, path, tag, summary string) Route {
	return Route{ID: id, Method: http.MethodGet, Path: apiPath + path, Tag: tag, Summary: summary, Verb: access.Read}
}

// The tags by which the description of the API is ordered.
const (
	tagExposures = "exposures"
	tagActions   = "actions"
	tagTwin      = "twin"
	tagMeasure   = "measure"
	tagEvidence  = "evidence"
	tagIntel     = "intel"
	tagScope     = "scope"
	tagAccess    = "access"
	tagSystem    = "system"
)

func exposureRoutes(s *Server) {
	handle(s, read("listExposures", "exposures", tagExposures, "List exposures, the most urgent first"),
		func(ctx context.Context, who access.Principal, in *Page) (api.List[api.Exposure], error) {
			return s.of(who).Exposures(ctx, in.wire())
		})
	handle(s, read("getExposure", "exposures/{id}", tagExposures, "Show one exposure: where, in what, since when, and its history"),
		func(ctx context.Context, who access.Principal, in *byID) (api.ExposureDetail, error) {
			return s.of(who).Exposure(ctx, in.ID, in.wire())
		})
	handle(s, read("explainExposure", "exposures/{id}/explanation", tagExposures, "Explain why an exposure is decided as it is"),
		func(ctx context.Context, who access.Principal, in *byID) (api.Explanation, error) {
			return s.of(who).Explain(ctx, in.ID, in.wire())
		})
	handle(s, read("getAffected", "affected", tagExposures, "Answer whether a weakness, a package or an artifact is here"),
		func(ctx context.Context, who access.Principal, in *struct {
			What string `query:"what" required:"true" minLength:"1" maxLength:"2000" doc:"CVE, GHSA or other id, purl, name, or digest"`
			Page
		},
		) (api.Affected, error) {
			return s.of(who).Affected(ctx, in.What, in.Page.wire())
		})
	handle(s, read("listActions", "actions", tagActions, "List actions, the most urgent first"),
		func(ctx context.Context, who access.Principal, in *Page) (api.List[api.Action], error) {
			return s.of(who).Actions(ctx, in.wire())
		})
	handle(s, read("getAction", "actions/{id}", tagActions, "Show one action with the exposures that it closes"),
		func(ctx context.Context, who access.Principal, in *byID) (api.ActionDetail, error) {
			return s.of(who).Action(ctx, in.ID, in.wire())
		})
}

func twinRoutes(s *Server) {
	handle(s, read("listWorkloads", "workloads", tagTwin, "List what runs, or is declared to run, where"),
		func(ctx context.Context, who access.Principal, in *Page) (api.List[api.Workload], error) {
			return s.of(who).Workloads(ctx, in.wire())
		})
	handle(s, read("listWorkloadFacets", "workloads/facets", tagTwin, "Values by which the list of workloads can be narrowed, with exact counts"),
		func(ctx context.Context, who access.Principal, in *struct {
			Keys string `query:"keys" maxLength:"400" doc:"facets with commas between; all, when it is left out"`
			Page
		},
		) (api.Facets, error) {
			return s.of(who).WorkloadFacets(ctx, in.wire(), keysOf(in.Keys))
		})
	handle(s, read("listArtifacts", "artifacts", tagTwin, "List what was built, and whether its contents are known"),
		func(ctx context.Context, who access.Principal, in *Page) (api.List[api.Artifact], error) {
			return s.of(who).Artifacts(ctx, in.wire())
		})
	handle(s, read("getSBOM", "artifacts/{id}/sbom", tagTwin, "The bill of materials of an artifact, as it came"),
		func(ctx context.Context, who access.Principal, in *struct {
			ID string `path:"id" maxLength:"1000" doc:"the identity of the artifact: its digest, else NAME:TAG"`
			Moment
		},
		) (api.SBOM, error) {
			return s.of(who).SBOM(ctx, in.ID, in.wire())
		})
	handle(s, read("listComponents", "components", tagTwin, "List what artifacts are made of"),
		func(ctx context.Context, who access.Principal, in *Page) (api.List[api.Component], error) {
			return s.of(who).Components(ctx, in.wire())
		})
	handle(s, read("listServices", "services", tagTwin, "List services and the environments that they are in"),
		func(ctx context.Context, who access.Principal, in *Page) (api.List[api.Service], error) {
			return s.of(who).Services(ctx, in.wire())
		})
	handle(s, read("listSources", "sources", tagTwin, "List who gives evidence, and how fresh it is"),
		func(ctx context.Context, who access.Principal, in *Page) (api.List[api.Source], error) {
			return s.of(who).Sources(ctx, in.wire())
		})
}

func measureRoutes(s *Server) {
	handle(s, read("getFunnel", "measures/funnel", tagMeasure, "Count the live exposures by gate"),
		func(ctx context.Context, who access.Principal, in *Moment) (api.Funnel, error) {
			return s.of(who).Funnel(ctx, in.wire())
		})
	handle(s, read("getTrend", "measures/trend", tagMeasure, "Open exposures and risk by day"),
		func(ctx context.Context, who access.Principal, in *struct {
			Days int `query:"days" minimum:"1" maximum:"3660" default:"30"`
			Moment
		},
		) (api.Trend, error) {
			return s.of(who).Trend(ctx, in.Days, in.Moment.wire())
		})
	handle(s, read("getCoverage", "measures/coverage", tagMeasure, "What the picture rests on: SBOMs, age of evidence, feeds").whole(),
		func(ctx context.Context, who access.Principal, in *Moment) (api.MeasureCoverage, error) {
			return s.of(who).Coverage(ctx, in.wire())
		})
	handle(s, read("listFeeds", "intel/feeds", tagIntel, "List how fresh each feed is"),
		func(ctx context.Context, who access.Principal, in *Page) (api.List[api.Feed], error) {
			return s.of(who).Feeds(ctx, in.wire())
		})
	verify := read("verifyAudit", "audit/verification", tagSystem, "Walk the hash chain of the log of mutations").whole()
	verify.Verb = access.ReadAudit
	handle(s, verify, func(ctx context.Context, who access.Principal, _ *struct{}) (api.Audit, error) {
		return s.of(who).AuditVerdict(ctx)
	})
}

package client

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/tidemark/tidemark/api"
)

// Exposures lists exposures, the most urgent first unless it is asked otherwise.
func (c exposures) Exposures(ctx context.Context, q api.Query) (api.List[api.Exposure], error) {
	return list[api.Exposure](ctx, c.conn, "exposures", q)
}

// ExposureWindow gives rows of a list of exposures from a position on.
func (c exposures) ExposureWindow(ctx context.Context, q api.Query, offset int) (api.List[api.Exposure], error) {
	v := queryOf(q, q.Limit)
	v.Set("offset", strconv.Itoa(offset))
	return ask[api.List[api.Exposure]](ctx, c.conn, get("exposures/window", v), nil)
}

// Exposure is one exposure with what it stands on and its history.
func (c exposures) Exposure(ctx context.Context, id string, m api.Moment) (api.ExposureDetail, error) {
	path, err := at("exposures/", id, "")
	return ask[api.ExposureDetail](ctx, c.conn, get(path, momentOf(m)), err)
}

// Explain says why an exposure is decided as it is.
func (c exposures) Explain(ctx context.Context, id string, m api.Moment) (api.Explanation, error) {
	path, err := at("exposures/", id, "/explanation")
	return ask[api.Explanation](ctx, c.conn, get(path, momentOf(m)), err)
}

// JudgeImage judges an image as if it ran in an environment. One of which nothing
// is known is no error: the verdict says so.
func (c exposures) JudgeImage(ctx context.Context, q api.ImageAsk) (api.Gate, error) {
	v := url.Values{"image": {q.Image}, "environment": {q.Environment}}
	if q.Service != "" {
		v.Set("service", q.Service)
	}
	if len(q.FailOn) > 0 {
		v.Set("fail_on", strings.Join(q.FailOn, ","))
	}
	return ask[api.Gate](ctx, c.conn, get("images/verdict", v), nil)
}

// Affected answers whether something is here. Its rows have no pages: at most
// as many come as the server gives at once; Total says how many there are.
func (c exposures) Affected(ctx context.Context, what string, q api.Query) (api.Affected, error) {
	limit := q.Limit
	if limit <= 0 {
		limit = maxPage
	}
	v := queryOf(q, limit)
	v.Set("what", what)
	return ask[api.Affected](ctx, c.conn, get("affected", v), nil)
}

// Actions lists actions, the most urgent first.
func (c work) Actions(ctx context.Context, q api.Query) (api.List[api.Action], error) {
	return list[api.Action](ctx, c.conn, "actions", q)
}

// Action is one action with the exposures that it closes.
func (c work) Action(ctx context.Context, id string, m api.Moment) (api.ActionDetail, error) {
	path, err := at("actions/", id, "")
	return ask[api.ActionDetail](ctx, c.conn, get(path, momentOf(m)), err)
}

// Workloads lists what runs, or is declared to run, where.
func (c estate) Workloads(ctx context.Context, q api.Query) (api.List[api.Workload], error) {
	return list[api.Workload](ctx, c.conn, "workloads", q)
}

// Artifacts lists what was built.
func (c estate) Artifacts(ctx context.Context, q api.Query) (api.List[api.Artifact], error) {
	return list[api.Artifact](ctx, c.conn, "artifacts", q)
}

// Components lists what artifacts are made of.
func (c estate) Components(ctx context.Context, q api.Query) (api.List[api.Component], error) {
	return list[api.Component](ctx, c.conn, "components", q)
}

// Services lists services with the environments that they are in.
func (c estate) Services(ctx context.Context, q api.Query) (api.List[api.Service], error) {
	return list[api.Service](ctx, c.conn, "services", q)
}

// Sources lists who gives evidence, and how fresh it is.
func (c estate) Sources(ctx context.Context, q api.Query) (api.List[api.Source], error) {
	return list[api.Source](ctx, c.conn, "sources", q)
}

// Funnel counts the live exposures by gate, each gate by itself.
func (c measures) Funnel(ctx context.Context, m api.Moment) (api.Funnel, error) {
	return ask[api.Funnel](ctx, c.conn, get("measures/funnel", momentOf(m)), nil)
}

// Trend is open exposures and risk by day.
func (c measures) Trend(ctx context.Context, days int, m api.Moment) (api.Trend, error) {
	v := momentOf(m)
	v.Set("days", strconv.Itoa(days))
	return ask[api.Trend](ctx, c.conn, get("measures/trend", v), nil)
}

// Coverage says what the picture rests on.
func (c measures) Coverage(ctx context.Context, m api.Moment) (api.MeasureCoverage, error) {
	return ask[api.MeasureCoverage](ctx, c.conn, get("measures/coverage", momentOf(m)), nil)
}

// Feeds lists how fresh each feed is.
func (c measures) Feeds(ctx context.Context, q api.Query) (api.List[api.Feed], error) {
	return list[api.Feed](ctx, c.conn, "intel/feeds", q)
}

// AuditVerdict walks the hash chain of the log of mutations.
func (c audit) AuditVerdict(ctx context.Context) (api.Audit, error) {
	return ask[api.Audit](ctx, c.conn, get("audit/verification", nil), nil)
}

// Overview is the first page: what survives each gate, what is due, what changed.
func (c pages) Overview(ctx context.Context, q api.Query) (api.Overview, error) {
	return ask[api.Overview](ctx, c.conn, get("overview", queryOf(q, q.Limit)), nil)
}

// Facets are the values by which a list of exposures can be narrowed; of all
// keys where none is given.
func (c pages) Facets(ctx context.Context, q api.Query, keys ...string) (api.Facets, error) {
	return ask[api.Facets](ctx, c.conn, get("exposures/facets", facetsOf(q, keys)), nil)
}

// WorkloadFacets are the values by which the list of workloads can be narrowed; of
// all keys where none is given.
func (c estate) WorkloadFacets(ctx context.Context, q api.Query, keys ...string) (api.Facets, error) {
	return ask[api.Facets](ctx, c.conn, get("workloads/facets", facetsOf(q, keys)), nil)
}

func facetsOf(q api.Query, keys []string) url.Values {
	v := queryOf(q, q.Limit)
	if len(keys) > 0 {
		v.Set("keys", strings.Join(keys, ","))
	}
	return v
}

// Groups are the headings of a list of exposures grouped by fix, weakness,
// service, owner, environment or product.
func (c pages) Groups(ctx context.Context, q api.Query, by string) (api.List[api.Group], error) {
	return pagesOf[api.Group](ctx, c.conn, get("exposures/groups", url.Values{"by": {by}}), q)
}

// ExposurePage is one exposure as its page shows it.
func (c pages) ExposurePage(ctx context.Context, id string, m api.Moment) (api.ExposurePageDoc, error) {
	path, err := at("exposures/", id, "/page")
	return ask[api.ExposurePageDoc](ctx, c.conn, get(path, momentOf(m)), err)
}

// Products lists products with what is exposed in them.
func (c pages) Products(ctx context.Context, q api.Query) (api.List[api.Product], error) {
	return list[api.Product](ctx, c.conn, "products", q)
}

// Product is one product as a whole.
func (c pages) Product(ctx context.Context, name string, m api.Moment) (api.ProductDetail, error) {
	path, err := at("products/", name, "")
	return ask[api.ProductDetail](ctx, c.conn, get(path, momentOf(m)), err)
}

// Matrix is services by environments, one page of it.
func (c pages) Matrix(ctx context.Context, q api.Query) (api.Matrix, error) {
	return ask[api.Matrix](ctx, c.conn, get("matrix", queryOf(q, q.Limit)), nil)
}

// News lists what changed in the world; with all also what touches nothing here.
func (c pages) News(ctx context.Context, q api.Query, all bool) (api.List[api.Change], error) {
	var more url.Values
	if all {
		more = url.Values{"all": {"true"}}
	}
	return pagesOf[api.Change](ctx, c.conn, get("intel/changes", more), q)
}

// Search finds things by the beginning of a name.
func (c pages) Search(ctx context.Context, text string) (api.SearchResult, error) {
	return ask[api.SearchResult](ctx, c.conn, get("search", url.Values{"text": {text}}), nil)
}

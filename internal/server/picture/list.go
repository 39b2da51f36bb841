package picture

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/server/desk"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/triage"
)

// question is one question to one shot, by one viewer.
type question struct {
	*shot
	triage.Query
	viewer reply.Viewer
	at     ctem.AsOf
	text   string // the query, as links continue it
}

// moment reads the times of a question.
func (d *drawing) moment(asOf, known *time.Time) ctem.AsOf {
	at := d.present()
	if asOf != nil {
		at.At = asOf.UTC().Truncate(time.Microsecond)
	}
	if known != nil {
		at.KnownAt = known.UTC().Truncate(time.Microsecond)
	}
	return at
}

// ask reads a question.
func (d *drawing) ask(ctx context.Context, v reply.Viewer, q api.Query) (*question, error) {
	terms, err := ctem.ParseQuery(q.Query)
	if err != nil {
		return nil, err
	}
	sort, err := ctem.ParseSort(q.Sort)
	if err != nil {
		return nil, err
	}
	ask := ctem.ListQuery{
		AsOf: d.moment(q.AsOf, q.KnownAt), Terms: terms, Sort: sort, Limit: q.Limit, After: q.Cursor, Products: v.Products, Owner: v.Owner,
	}
	return d.question(ctx, ask)
}

func (d *drawing) question(ctx context.Context, q ctem.ListQuery) (*question, error) {
	s, err := d.shot(ctx, q.AsOf)
	if err != nil {
		return nil, err
	}
	out := &question{
		shot: s, at: q.AsOf, viewer: reply.Viewer{Products: q.Products, Owner: q.Owner}, text: triage.QueryText(q.Terms),
		Query: triage.Query{Terms: q.Terms, Now: q.AsOf.Time(), Products: q.Products, Owner: q.Owner, Limit: q.Limit, After: q.After},
	}
	for _, k := range q.Sort {
		out.Sort = append(out.Sort, triage.SortKey{Key: k.Key, Desc: k.Descending})
	}
	return out, nil
}

// with is the question with more terms.
func (q *question) with(terms ...ctem.Term) triage.Query {
	out := q.Query
	out.Terms = append(append([]ctem.Term(nil), q.Terms...), terms...)
	return out
}

// narrowed is the query's text with more of it.
func (q *question) narrowed(more string) string { return strings.TrimSpace(q.text + " " + more) }

// links counts what queries list that go on from the question's.
func (q *question) links(more ...string) ([]api.Link, error) {
	queries := make([]triage.Query, len(more))
	out := make([]api.Link, len(more))
	for i, m := range more {
		out[i].Query = q.narrowed(m)
		terms, err := ctem.ParseQuery(out[i].Query)
		if err != nil {
			return nil, err
		}
		queries[i] = q.Query
		queries[i].Terms = terms
	}
	counts, err := q.index.Counts(queries)
	for i, n := range counts {
		out[i].Count = n
	}
	return out, err
}

// equal is the term key:values.
func equal(key string, values ...string) ctem.Term {
	return ctem.Term{Key: key, Op: ":", Values: values}
}

// words is the text of a term.
func words(key string, values ...string) string {
	return triage.QueryText([]ctem.Term{equal(key, values...)})
}

// ListExposures is the list of exposures from the index: the same rows in the
// same order as the store's.
func (d listing) ListExposures(ctx context.Context, q ctem.ListQuery) (ctem.ExposurePage, error) {
	ask, err := d.question(ctx, q)
	if err != nil {
		return ctem.ExposurePage{}, err
	}
	page, err := ask.index.Find(ask.Query)
	if err != nil {
		return ctem.ExposurePage{}, err
	}
	items, err := d.Rows.ListedExposures(ctx, page.Nums, q.AsOf)
	return ctem.ExposurePage{Items: items, Total: page.Total, Next: page.Next}, err
}

// envelope is a list that answers a question, still without items.
func envelope[T any](ctx context.Context, d *drawing, q api.Query, schema string) (api.List[T], error) {
	at := d.moment(q.AsOf, q.KnownAt)
	out := api.List[T]{Schema: schema, AsOf: at.Time(), KnownAt: reply.When(at.KnownAt), Query: q.Query, Items: []T{}}
	var err error
	out.Computed, err = d.desk.Computed(ctx)
	return out, err
}

// maxWindow bounds the rows of a window.
const maxWindow = 1000

// Window is the rows of a list from a position on.
func (d listing) Window(ctx context.Context, v reply.Viewer, q api.Query, offset int) (api.List[api.Exposure], error) {
	out, err := envelope[api.Exposure](ctx, d.drawing, q, api.SchemaExposures)
	if err != nil {
		return out, err
	}
	ask, err := d.ask(ctx, v, q)
	if err != nil {
		return out, err
	}
	limit := ask.Limit
	if limit <= 0 || limit > maxWindow {
		limit = maxWindow
	}
	page, err := ask.index.Window(ask.Query, offset, limit)
	if err != nil {
		return out, err
	}
	items, err := d.Rows.ListedExposures(ctx, page.Nums, ask.at)
	if err != nil {
		return out, err
	}
	out.Total, out.Truncated = page.Total, page.Start+len(page.Nums) < page.Total
	for i := range items {
		out.Items = append(out.Items, desk.ExposureItem(items[i]))
	}
	return out, nil
}

// defaultFacets are shown when none are named: few enough to answer at once.
var defaultFacets = []string{
	"decision", "sev", "reach", "exploit", "running", "matters", "kev", "attack", "fix", "env", "product", "owner", "sla", "source", "data", "age", "state",
}

// Facets counts the values by which a list can be narrowed. A key may have a
// search behind a colon: "service:pay".
func (d listing) Facets(ctx context.Context, v reply.Viewer, q api.Query, keys []string) (api.Facets, error) {
	ask, err := d.ask(ctx, v, q)
	if err != nil {
		return api.Facets{}, err
	}
	if len(keys) == 0 {
		keys = defaultFacets
	}
	asks := make([]triage.FacetAsk, len(keys))
	for i, key := range keys {
		name, search, _ := strings.Cut(key, ":")
		asks[i] = triage.FacetAsk{Key: name, Search: search, Limit: q.Limit}
	}
	total, err := ask.index.Counts([]triage.Query{ask.Query})
	if err != nil {
		return api.Facets{}, err
	}
	list, err := ask.index.Facets(ask.Query, asks)
	if err != nil {
		return api.Facets{}, err
	}
	doc := api.Facets{Schema: api.SchemaFacets, AsOf: ask.at.Time(), Query: q.Query, Total: total[0], Items: []api.Facet{}}
	for _, f := range list {
		item := api.Facet{Key: f.Key, Values: []api.FacetValue{}, More: f.More}
		for _, x := range f.Values {
			item.Values = append(item.Values, api.FacetValue(x))
		}
		doc.Items = append(doc.Items, item)
	}
	return doc, nil
}

// Groups are the headings of a grouped list.
func (d listing) Groups(ctx context.Context, v reply.Viewer, q api.Query, by string) (api.List[api.Group], error) {
	out, err := envelope[api.Group](ctx, d.drawing, q, api.SchemaGroups)
	if err != nil {
		return out, err
	}
	cursor := q.Cursor
	q.Cursor = ""
	ask, err := d.ask(ctx, v, q)
	if err != nil {
		return out, err
	}
	if by == "environment" {
		by = "env"
	}
	page, err := ask.index.Groups(ask.Query, triage.GroupAsk{By: by, Limit: q.Limit, After: cursor})
	if err != nil {
		return out, err
	}
	out.Total, out.Truncated, out.Next = page.Total, page.Next != "", reply.Text(page.Next)
	for _, g := range page.Items {
		item := api.Group{Key: g.Key, Label: g.Label, Count: g.Count, Score: g.Score, Decision: string(g.Worst), Query: g.Query}
		if g.Fix != "" {
			item.Label += " → " + g.Fix
		}
		out.Items = append(out.Items, item)
	}
	return out, nil
}

// offset reads where a page of a list that is counted through begins.
func offset(cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(cursor)
	if err != nil || n < 0 {
		return 0, fault.New(fault.Invalid, "%q does not continue this list", cursor).WithHint("give the next of the page before")
	}
	return n, nil
}

// cut leaves one page of a list that is known as a whole.
func cut[T any](out *api.List[T], all []T, q api.Query) error {
	from, err := offset(q.Cursor)
	if err != nil {
		return err
	}
	out.Total = len(all)
	from = min(from, len(all))
	to := len(all)
	if q.Limit > 0 {
		to = min(to, from+q.Limit)
	}
	out.Items = append(out.Items, all[from:to]...)
	if to < len(all) {
		out.Truncated, out.Next = true, reply.Text(strconv.Itoa(to))
	}
	return nil
}

package picture

import (
	"context"
	"slices"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/server/desk"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/triage"
)

// productActions is how many of the most urgent actions a product's page names.
const productActions = 10

// Products lists products with what is exposed in them.
func (d placing) Products(ctx context.Context, v reply.Viewer, q api.Query) (api.List[api.Product], error) {
	out, err := envelope[api.Product](ctx, d.drawing, q, api.SchemaProducts)
	if err != nil {
		return out, err
	}
	page := q
	q.Cursor, q.Limit, q.Sort = "", 0, ""
	ask, err := d.ask(ctx, v, q)
	if err != nil {
		return out, err
	}
	shown := api.List[ctem.ScopeProduct]{}
	if err := cut(&shown, ask.scope().visible(v), page); err != nil {
		return out, err
	}
	out.Total, out.Truncated, out.Next = shown.Total, shown.Truncated, shown.Next
	sums, err := sumsOf(ask)
	if err != nil {
		return out, err
	}
	for _, p := range shown.Items {
		item, err := d.product(ctx, ask, p)
		if err != nil {
			return out, err
		}
		sums.into(&item)
		out.Items = append(out.Items, item)
	}
	return out, nil
}

// productSums count the exposures of all products at once: of each, those to be
// acted on, and those of nobody.
type productSums [3]map[string]int

func sumsOf(q *question) (out productSums, err error) {
	for i, more := range [][]ctem.Term{nil, {equal("decision", "act")}, {equal("owner", "none")}} {
		page, err := q.index.Groups(q.with(more...), triage.GroupAsk{By: "product"})
		if err != nil {
			return out, err
		}
		out[i] = map[string]int{}
		for _, g := range page.Items {
			out[i][g.Key] = g.Count
		}
	}
	return out, nil
}

func (s productSums) into(item *api.Product) {
	item.Exposures.Count, item.ActNow.Count, item.Unowned = s[0][item.Product], s[1][item.Product], s[2][item.Product]
}

// product is one product under a question.
func (d placing) product(ctx context.Context, q *question, p ctem.ScopeProduct) (api.Product, error) {
	b := q.scope()
	item := api.Product{
		Product: p.Name, Title: p.Title, Owner: p.Owner, Tier: p.Tier, Data: reply.List(p.Data), Services: []string{}, Environment: []string{},
	}
	for _, s := range b.products[p.Name] {
		if b.shows(q.viewer, s) {
			item.Services = append(item.Services, s)
		}
	}
	of := words("product", p.Name)
	item.Exposures.Query, item.ActNow.Query = q.narrowed(of), q.narrowed(of+" decision:act")
	environments, err := d.environments(ctx, q)
	if err != nil {
		return item, err
	}
	for _, service := range item.Services {
		for _, e := range environments[service] {
			if !slices.Contains(item.Environment, e) {
				item.Environment = append(item.Environment, e)
			}
		}
	}
	slices.Sort(item.Environment)
	t, err := d.trendOf(ctx, q.ofProduct(p.Name))
	if n := len(t.days); n > 0 {
		item.Score = t.days[n-1].Score
	}
	return item, err
}

func set(names []string) map[string]bool {
	out := make(map[string]bool, len(names))
	for _, n := range names {
		out[n] = true
	}
	return out
}

// ofProduct narrows a question to a product.
func (q *question) ofProduct(name string) *question {
	out := *q
	out.Query = q.with(equal("product", name))
	out.text = q.narrowed(words("product", name))
	return &out
}

// Product is one product as a whole.
func (d placing) Product(ctx context.Context, v reply.Viewer, name string, m api.Moment) (api.ProductDetail, error) {
	doc := api.ProductDetail{Schema: api.SchemaProduct, Doors: []api.DoorOf{}}
	ask, err := d.ask(ctx, v, api.Query{AsOf: m.AsOf, KnownAt: m.KnownAt})
	if err != nil {
		return doc, err
	}
	visible := ask.scope().visible(v)
	i := slices.IndexFunc(visible, func(p ctem.ScopeProduct) bool { return p.Name == name })
	if i < 0 {
		return doc, fault.New(fault.NotFound, "no product %q", name)
	}
	doc.AsOf, doc.KnownAt = ask.at.Time(), reply.When(ask.at.KnownAt)
	if doc.Computed, err = d.desk.Computed(ctx); err != nil {
		return doc, err
	}
	if doc.Product, err = d.product(ctx, ask, visible[i]); err != nil {
		return doc, err
	}
	sums, err := sumsOf(ask)
	if err != nil {
		return doc, err
	}
	sums.into(&doc.Product)
	of := ask.ofProduct(name)
	c, err := of.index.Cascade(of.Query)
	if err != nil {
		return doc, err
	}
	doc.Bars = barItems(c)
	if err := d.places(ctx, of, &doc); err != nil {
		return doc, err
	}
	t, err := d.trendOf(ctx, of)
	doc.Trend, doc.Verdict = trendItems(t.days), verdictItem(t.verdict)
	return doc, err
}

// places are the product's matrix, its public doors and what is to be done there.
func (d placing) places(ctx context.Context, q *question, doc *api.ProductDetail) (err error) {
	workloads, err := d.workloads(ctx, q)
	if err != nil {
		return err
	}
	var own []ctem.Workload
	services := set(doc.Services)
	for i := range workloads {
		w := workloads[i]
		if !services[w.Service] {
			continue
		}
		own = append(own, w)
		for _, x := range w.Doors {
			if x.Public {
				doc.Doors = append(doc.Doors, api.DoorOf{Service: w.Service, Environment: w.Environment, Door: api.Door{Address: x.Address, Public: true, Via: x.Via}})
			}
		}
	}
	if doc.Matrix, err = matrixOf(q, own, api.Query{}); err != nil {
		return err
	}
	doc.Matrix.Computed = doc.Computed
	doc.Actions = []api.Action{}
	if len(doc.Services) == 0 {
		return nil
	}
	page, err := d.Parts.Desk.Work.Actions(ctx, ctem.ListQuery{
		AsOf: q.at, Terms: []ctem.Term{equal("service", doc.Services...)}, Limit: productActions, Products: q.Products, Owner: q.Owner,
	})
	for i := range page.Items {
		doc.Actions = append(doc.Actions, desk.ActionItem(page.Items[i]))
	}
	return err
}

// environments are those in which each service has a workload.
func (d placing) environments(ctx context.Context, q *question) (map[string][]string, error) {
	return keep(d.kept, "environments "+momentKey(q.at), d.ageOf(q, 30*time.Second), func() (map[string][]string, error) {
		workloads, err := d.workloads(ctx, q)
		out := map[string][]string{}
		for i := range workloads {
			w := &workloads[i]
			out[w.Service] = append(out[w.Service], w.Environment)
		}
		return out, err
	})
}

// workloads are all workloads of the time asked for, kept a few seconds.
func (d placing) workloads(ctx context.Context, q *question) ([]ctem.Workload, error) {
	return keep(d.kept, "workloads "+momentKey(q.at), d.ageOf(q, 30*time.Second), func() ([]ctem.Workload, error) {
		page, err := d.Parts.Desk.Estate.Workloads(context.WithoutCancel(ctx), ctem.ListQuery{AsOf: q.at})
		return page.Items, err
	})
}

package picture_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/server/picture"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

// linksOf are all links of a document, by where they stand.
func linksOf(doc any) map[string]api.Link {
	out := map[string]api.Link{}
	var walk func(where string, v reflect.Value)
	walk = func(where string, v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer:
			if !v.IsNil() {
				walk(where, v.Elem())
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(where+"["+string(rune('0'+i%10))+"]", v.Index(i))
			}
		case reflect.Struct:
			if link, ok := v.Interface().(api.Link); ok {
				out[where+" "+link.Query] = link
				return
			}
			if v.Type() == reflect.TypeFor[time.Time]() {
				return
			}
			for i := range v.NumField() {
				walk(where+"."+v.Type().Field(i).Name, v.Field(i))
			}
		}
	}
	walk("", reflect.ValueOf(doc))
	return out
}

// viewers are those who see everything, some products, one owner's, and nothing.
func viewers() map[string]reply.Viewer {
	return map[string]reply.Viewer{"all": {}, "shop": {Products: []string{"shop"}}, "two": {Products: []string{"bank", "shop"}}, "team": {Owner: "team-bank"}, "none": {Products: []string{}}}
}

// Every number of every page is the total of the list that its query gives, for
// everybody, and nobody sees more than they may.
func TestEveryNumberIsALink(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		t.Parallel()
		db := e.Fresh(t)
		fill(t, db, 2400, 200)
		pic := started(t, parts(db, business(12)))
		past := now().AddDate(0, -2, 0)
		for name, v := range viewers() {
			for _, q := range []api.Query{{}, {Query: "env:prod"}, {Query: "product:shop"}, {AsOf: &past}} {
				checkPages(t, pic, name, asking{v, q})
			}
		}
	})
}

type asking struct {
	v reply.Viewer
	q api.Query
}

func checkPages(t *testing.T, pic *picture.Picture, name string, a asking) {
	t.Helper()
	ctx := context.Background()
	m := api.Moment{AsOf: a.q.AsOf}
	docs := map[string]any{}
	var err error
	take := func(page string, doc any, got error) {
		docs[page] = doc
		if got != nil && err == nil {
			err = got
		}
	}
	overview, got := pic.Overview(ctx, a.v, a.q)
	take("overview", overview, got)
	products, got := pic.Products(ctx, a.v, a.q)
	take("products", products, got)
	matrix, got := pic.Matrix(ctx, a.v, a.q)
	take("matrix", matrix, got)
	news, got := pic.News(ctx, a.v, a.q, true)
	take("news", news, got)
	facets, got := pic.Facets(ctx, a.v, a.q, nil)
	take("facets", facets, got)
	for _, p := range products.Items {
		product, got := pic.Product(ctx, a.v, p.Product, m)
		take("product "+p.Product, product, got)
	}
	for _, by := range []string{"fix", "weakness", "service", "owner", "environment", "product"} {
		groups, got := pic.Groups(ctx, a.v, a.q, by)
		take("groups", nil, got)
		sum := 0
		for i, g := range groups.Items {
			sum += g.Count
			if i%37 == 0 {
				docs["group "+by+g.Key] = api.Link{Count: g.Count, Query: g.Query}
			}
		}
	}
	if err != nil {
		t.Fatal(name, a.q, err)
	}
	checked := 0
	for page, doc := range docs {
		if doc == nil {
			continue
		}
		for where, link := range linksOf(doc) {
			checked++
			list, err := pic.Desk().As(a.v).Exposures(ctx, api.Query{Query: link.Query, Limit: 1, AsOf: a.q.AsOf})
			if err != nil || list.Total != link.Count {
				t.Errorf("%s (%q) %s%s: %d, and the list of %q has %d (%v)", name, a.q.Query, page, where, link.Count, link.Query, list.Total, err)
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d numbers on the pages", checked)
	}
	checkRights(t, name, a, &overview)
}

func checkRights(t *testing.T, name string, a asking, doc *api.Overview) {
	t.Helper()
	want := map[string]int{"all": 3, "shop": 1, "two": 2, "team": 1, "none": 0}[name]
	if doc.Visible != (api.Visible{Products: want, Of: 3}) {
		t.Errorf("%s sees %+v", name, doc.Visible)
	}
	if found := doc.Bars[0].In; (want == 0) != (found == 0) && a.q.Query != "product:shop" {
		t.Errorf("%s sees %d exposures of %d products", name, found, want)
	}
	for i, b := range doc.Bars {
		if b.In != b.Yes.Count+b.Unknown.Count+b.No.Count || b.Through.Count != b.Yes.Count+b.Unknown.Count {
			t.Errorf("%s: the bar %+v does not add up", name, b)
		}
		if i > 0 && b.In != doc.Bars[i-1].Through.Count {
			t.Errorf("%s: %d enter %s, and %d came through before", name, b.In, b.Gate, doc.Bars[i-1].Through.Count)
		}
	}
}

// The list of the index is that of the store: rows, order, totals and pages.
func TestTheListIsTheStores(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		t.Parallel()
		db := e.Fresh(t)
		fill(t, db, 1200, 100)
		pic := started(t, parts(db, business(12)))
		for _, query := range []string{
			"", "decision:act", "-decision:none", "is:open running:yes", "is:fixed", "is:closed", "is:live,closed", "svc:" + service(3), "env:staging", "cve:CVE-2026-00042",
			"purl:pkg:npm/package-0042", "component:package-0100", "score:>=900", "score:100..300", "reach:unknown", "exploit:yes", "fix:yes", "package-00", "digest:sha256:" + "000",
		} {
			for _, at := range []ctem.AsOf{{Now: now()}, {Now: now(), At: now().AddDate(0, -3, 0)}} {
				compare(t, [2]lists{db, pic}, query, at)
			}
		}
	})
}

type lists interface {
	ListExposures(ctx context.Context, q ctem.ListQuery) (ctem.ExposurePage, error)
}

func compare(t *testing.T, both [2]lists, query string, at ctem.AsOf) {
	t.Helper()
	terms, err := ctem.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	var after [2]string
	for range 3 {
		var pages [2]ctem.ExposurePage
		for i, from := range both {
			if pages[i], err = from.ListExposures(context.Background(), ctem.ListQuery{AsOf: at, Terms: terms, Limit: 40, After: after[i]}); err != nil {
				t.Fatal(query, i, err)
			}
			after[i] = pages[i].Next
		}
		if pages[0].Total != pages[1].Total || (after[0] == "") != (after[1] == "") {
			t.Fatalf("%q: the store has %d, the picture %d", query, pages[0].Total, pages[1].Total)
		}
		if diff := cmp.Diff(pages[0].Items, pages[1].Items); diff != "" {
			t.Fatalf("%q (-store +picture):\n%s", query, diff)
		}
		if after[0] == "" {
			return
		}
	}
}

package estate

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/server/reply"
)

// facetOf reads the values of one key that a workload has. The keys are those of
// the list's own query language, so that a value that is chosen gives a list of as
// many rows as were counted.
type facetOf func(w *ctem.Workload) []string

// nobody is the value of who has none.
const nobody = "none"

// workloadFacets are the keys in the order in which they are shown.
func workloadFacets() []string {
	return []string{"env", "product", "owner", "kind", "reachable", "running", "fresh", "class", "sbom", "provenance", "source"}
}

func facetReaders(scope *ctem.Scope, v reply.Viewer) map[string]facetOf {
	one := func(read func(*ctem.Workload) string) facetOf {
		return func(w *ctem.Workload) []string { return []string{read(w)} }
	}
	return map[string]facetOf{
		"env":   one(func(w *ctem.Workload) string { return w.Environment }),
		"owner": one(func(w *ctem.Workload) string { return cmp.Or(w.Owner, nobody) }),
		"product": func(w *ctem.Workload) (names []string) {
			for _, p := range scope.ProductsOf(w.Service) {
				if v.Products == nil || slices.Contains(v.Products, p.Name) {
					names = append(names, p.Name)
				}
			}
			if len(names) == 0 {
				names = []string{nobody}
			}
			return names
		},
		"kind":       one(func(w *ctem.Workload) string { return w.Kind }),
		"reachable":  one(func(w *ctem.Workload) string { return string(w.Reachable) }),
		"running":    one(func(w *ctem.Workload) string { return string(w.Running) }),
		"fresh":      one(func(w *ctem.Workload) string { return string(w.Freshness) }),
		"class":      one(func(w *ctem.Workload) string { return string(w.Class) }),
		"sbom":       one(func(w *ctem.Workload) string { return string(w.SBOM) }),
		"provenance": one(func(w *ctem.Workload) string { return string(w.Provenance) }),
		"source":     func(w *ctem.Workload) []string { return w.Sources },
	}
}

// Bounds of the values of a facet that are listed.
const (
	facetValues    = 12
	maxFacetValues = 200
)

// WorkloadFacets counts the values by which the list of workloads can be narrowed:
// each key under the rest of the query. A key may have a search behind a colon:
// "owner:pay".
func (d seeing) WorkloadFacets(ctx context.Context, q api.Query, keys []string) (api.Facets, error) {
	out := api.Facets{Schema: api.SchemaFacets, Query: q.Query, Items: []api.Facet{}}
	ask, err := d.List(api.Query{Query: q.Query, AsOf: q.AsOf, KnownAt: q.KnownAt})
	if err != nil {
		return out, err
	}
	scope, err := d.Twin.Scope(ctx, ctem.AsOf{Now: ask.Now})
	if err != nil {
		return out, err
	}
	c := counting{readers: facetReaders(&scope, d.Viewer), limit: min(cmp.Or(q.Limit, facetValues), maxFacetValues)}
	if len(keys) == 0 {
		keys = workloadFacets()
	}
	for _, key := range keys {
		name, search, _ := strings.Cut(key, ":")
		if c.readers[name] == nil {
			return out, ctem.UnknownKey(name, workloadFacets())
		}
		c.add(name, search)
	}
	ask.Terms = c.divide(ask.Terms)
	page, err := d.Estate.Workloads(ctx, ask)
	if err != nil {
		return out, err
	}
	for i := range page.Items {
		c.count(&page.Items[i])
	}
	out.AsOf, out.Total = ask.Time(), c.total
	for _, f := range c.facets {
		out.Items = append(out.Items, f.item(&c))
	}
	return out, nil
}

// counting counts facets in one walk over the workloads that fit all terms but
// those of facets.
type counting struct {
	readers map[string]facetOf
	terms   []ctem.Term // of facets
	facets  []*facet
	limit   int
	total   int
}

type facet struct {
	key, search string
	counts      map[string]int
}

func (c *counting) add(key, search string) {
	c.facets = append(c.facets, &facet{key: key, search: strings.ToLower(search), counts: map[string]int{}})
}

// divide keeps the terms of facets, and returns the others.
func (c *counting) divide(terms []ctem.Term) (rest []ctem.Term) {
	for _, t := range terms {
		if t.Key == "environment" {
			t.Key = "env"
		}
		if c.readers[t.Key] == nil || t.Op != ":" || slices.ContainsFunc(t.Values, func(v string) bool { return isWide(t.Key, v) }) {
			rest = append(rest, t)
			continue
		}
		c.terms = append(c.terms, t)
	}
	return rest
}

// isWide reports whether a value stands for several of those that are counted; such
// a term narrows its own facet too.
func isWide(key, value string) bool {
	return value == "*" || key == "fresh" && (value == string(ctem.Yes) || value == string(ctem.No))
}

// names reports whether a term names a value, as the list has it: names of people
// and products are given exactly.
func names(t ctem.Term, value string) bool {
	if t.Key == "owner" || t.Key == "product" {
		return slices.Contains(t.Values, value)
	}
	return oneOf(t, value)
}

// count counts a workload for each facet whose other terms it fits. Values of one
// key in one term are alternatives, as in the list.
func (c *counting) count(w *ctem.Workload) {
	misses := map[string]int{}
	all := 0
	for _, t := range c.terms {
		has := slices.ContainsFunc(c.readers[t.Key](w), func(v string) bool { return names(t, v) })
		if has == t.Negate {
			misses[t.Key]++
			all++
		}
	}
	if all == 0 {
		c.total++
	}
	for _, f := range c.facets {
		if all > misses[f.key] {
			continue
		}
		for _, v := range c.readers[f.key](w) {
			f.counts[v]++
		}
	}
}

// item lists the values with the most first; those that are chosen or left out are
// always among them.
func (f *facet) item(c *counting) api.Facet {
	out := api.Facet{Key: f.key, Values: []api.FacetValue{}}
	var list []api.FacetValue
	for _, v := range f.values(c) {
		x := api.FacetValue{Value: v, Label: cmp.Or(v, "unknown"), Count: f.counts[v]}
		for _, t := range c.terms {
			if t.Key == f.key && names(t, v) {
				x.Selected, x.Excluded = x.Selected || !t.Negate, x.Excluded || t.Negate
			}
		}
		list = append(list, x)
	}
	slices.SortFunc(list, func(a, b api.FacetValue) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Value, b.Value)) })
	for _, x := range list {
		if len(out.Values) < c.limit || x.Selected || x.Excluded {
			out.Values = append(out.Values, x)
			continue
		}
		out.More++
	}
	return out
}

// values are those that were counted, and those that the query names.
func (f *facet) values(c *counting) (list []string) {
	for _, t := range c.terms {
		for _, v := range t.Values {
			same := func(have string) bool { return strings.EqualFold(have, v) }
			if t.Key == f.key && f.search == "" && !slices.ContainsFunc(reply.SortedKeys(f.counts), same) && !slices.ContainsFunc(list, same) {
				list = append(list, v)
			}
		}
	}
	for v := range f.counts {
		if strings.Contains(strings.ToLower(v), f.search) {
			list = append(list, v)
		}
	}
	return list
}

package triage

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// FacetAsk asks for one facet. Limit (0: 10) and Search (part of a name,
// ignoring case) are for facets of names; one of a closed set of values shows
// them all, those without rows included.
type FacetAsk struct {
	Key    string
	Limit  int
	Search string
}

// Facet is the values of one key with the rows that each has under the rest of
// the query: key:value in place of the query's terms of this key has exactly
// that total.
type Facet struct {
	Key    string
	Values []FacetValue
	More   int // values with rows that are not shown
}

// FacetValue is one value. Selected and Excluded say that the query names it.
type FacetValue struct {
	Value, Label       string
	Count              int
	Selected, Excluded bool
}

const (
	defaultFacetValues = 10
	maxFacetValues     = 1000
)

// facetKeys are what there are facets of.
var facetKeys = []string{
	"decision", "sev", "reach", "exploit", "running", "matters", "found", "kev", "attack", "fix", "env", "product", "owner", "sla", "source", "data", "age",
	"fresh", "state", "treatment", "computed", "service", "weakness", "locus", "kind",
}

// FacetKeys lists what there are facets of.
func FacetKeys() []string { return slices.Clone(facetKeys) }

// Facets counts the values of each key asked for.
func (x *Index) Facets(q Query, asks []FacetAsk) ([]Facet, error) {
	for i := range asks {
		if key := canonical(asks[i].Key); !slices.Contains(facetKeys, key) {
			return nil, ctem.UnknownKey(asks[i].Key, facetKeys)
		}
	}
	if len(asks) > len(facetKeys) {
		return nil, fault.New(fault.Invalid, "more than %d facets at once", len(facetKeys))
	}
	v, done, err := x.look(q)
	if err != nil {
		return nil, err
	}
	defer done()
	whole := v.rows()
	out := make([]Facet, len(asks))
	for i, ask := range asks {
		ask.Key = canonical(ask.Key)
		rows := whole
		if ask.Key == "state" || slices.ContainsFunc(q.Terms, func(t ctem.Term) bool { return ownTerm(t, ask.Key) }) {
			rows = v.rowsWithout(ask.Key)
		}
		out[i] = faceted{v}.facet(ask, rows)
	}
	return out, nil
}

// faceted is a view while its values are counted.
type faceted struct{ *view }

func (v faceted) facet(ask FacetAsk, rows bitset) Facet {
	switch ask.Key {
	case "state":
		return v.closedFacet(ask.Key, stateCodes, tally(rows, v.stand.state, len(stateCodes.values)))
	case "fix":
		counts := make([]int, len(fixCodes.values))
		for code, n := range tally(rows, v.part.fix.codes, len(v.part.fix.texts)) {
			if text := v.part.fix.texts[code]; text == "" || text == none {
				counts[0] += n
			}
			if code != 0 {
				counts[1] += n
			}
		}
		return v.closedFacet(ask.Key, fixCodes, counts)
	}
	if column, codes, ok := v.coded(ask.Key); ok {
		return v.closedFacet(ask.Key, codes, tally(rows, column, len(codes.values)))
	}
	texts, counts := v.nameCounts(ask.Key, rows)
	return v.namedFacet(ask, texts, counts)
}

// nameCounts counts the texts of a column, the empty one for rows that have none.
func (v faceted) nameCounts(key string, rows bitset) (texts []string, counts []int) {
	if c := v.textColumn(key); c != nil {
		return c.texts, tally(rows, c.codes, len(c.texts))
	}
	switch key {
	case "source":
		return v.from.sources.texts, memberCounts(&v.from.sources, rows)
	case "data":
		return v.from.data.texts, memberCounts(&v.from.data, rows)
	case "product":
		counts = memberCounts(&v.place.products, rows)
		for id := range v.allowed {
			counts[id] *= int(v.allowed[id])
		}
		return v.place.products.texts, counts
	}
	return v.weak.name.texts, tally(rows, v.weak.name.codes, len(v.weak.name.texts))
}

// memberCounts counts each set once and hands its count to its members.
func memberCounts(c *setColumn, rows bitset) []int {
	counts := make([]int, len(c.texts))
	for set, n := range tally(rows, c.codes, len(c.sets)) {
		if n == 0 {
			continue
		}
		if set == 0 {
			counts[0] = n
		}
		for _, member := range c.sets[set] {
			counts[member] += n
		}
	}
	return counts
}

// named are the values of a key that the query names, and those it excludes.
func (v faceted) named(key string) (selected, excluded map[string]bool) {
	selected, excluded = map[string]bool{}, map[string]bool{}
	for _, t := range v.terms {
		if !ownTerm(t, key) || t.Op != ":" {
			continue
		}
		into := selected
		if t.Negate {
			into = excluded
		}
		for _, value := range t.Values {
			into[value] = true
		}
	}
	return selected, excluded
}

func (v faceted) closedFacet(key string, codes codeList, counts []int) Facet {
	f := Facet{Key: key}
	selected, excluded := v.named(key)
	marked := func(values map[string]bool, code int) bool {
		for value := range values {
			if c, ok := codes.parse(key, value); ok && int(c) == code {
				return true
			}
			if hits := stateHits(value); key == "state" && hits != nil && hits[code] == 1 {
				return true
			}
		}
		return false
	}
	for _, code := range codes.order {
		f.Values = append(f.Values, FacetValue{
			Value: codes.values[code], Label: codes.label(code), Count: counts[code],
			Selected: marked(selected, code), Excluded: marked(excluded, code),
		})
	}
	return f
}

// namedFacet shows the names with most rows, and all that the query names.
func (v faceted) namedFacet(ask FacetAsk, texts []string, counts []int) Facet {
	selected, excluded := v.named(ask.Key)
	search := strings.ToLower(ask.Search)
	var values []FacetValue
	for code, n := range counts {
		text := texts[code]
		value := FacetValue{Value: text, Label: text, Count: n}
		if text == none {
			continue // counted with those that have none
		}
		if code == 0 {
			value.Value, value.Label = none, "none"
			if id := slices.Index(texts, none); id > 0 {
				value.Count += counts[id]
			}
		}
		value.Selected, value.Excluded = selected[value.Value], excluded[value.Value]
		if value.Selected || value.Excluded || value.Count > 0 && strings.Contains(strings.ToLower(value.Label), search) {
			values = append(values, value)
		}
	}
	return shorten(ask, values)
}

func shorten(ask FacetAsk, values []FacetValue) Facet {
	limit := min(ask.Limit, maxFacetValues)
	if limit <= 0 {
		limit = defaultFacetValues
	}
	slices.SortFunc(values, func(a, b FacetValue) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	f := Facet{Key: ask.Key}
	for _, value := range values {
		if len(f.Values) < limit || value.Selected || value.Excluded {
			f.Values = append(f.Values, value)
			continue
		}
		f.More++
	}
	return f
}

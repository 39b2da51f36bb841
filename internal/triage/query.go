package triage

import (
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// Query asks for rows. Without an is: or state: term it means what is live,
// open and unknown; an id: term asks for that row whatever its state.
type Query struct {
	Terms []ctem.Term
	Now   time.Time // what ages and deadlines are measured against

	// Rights. Products nil is all, empty is none; rows without one of these
	// products do not exist for the asker, nor do the other products of the
	// rows that do. Owner, when given, leaves only what that owner owns.
	Products []string
	Owner    string

	Sort  []SortKey // nil: decision and score, both falling
	Limit int       // 0: all
	After string    // a page's Next
}

// Bounds of a query: far above what a page sends.
const (
	maxTerms    = 64
	maxSearches = 32 // values that are looked for inside of texts
)

// keys are the keys of the query language, in docs/query.md.
var keys = []string{
	"is", "state", "decision", "computed", "by", "treatment", "score", "sev", "severity", "running", "reach", "exploit", "matters", "found", "passed",
	"svc", "service", "env", "environment", "product", "owner", "cve", "vuln", "weakness", "alias", "kind", "purl", "locus", "component", "version",
	"image", "digest", "fix", "id", "kev", "attack", "epss", "first", "age", "since", "due", "sla", "source", "data", "fresh", "text",
}

// Keys lists the keys of the query language, for completion.
func Keys() []string { return slices.Clone(keys) }

// canonical is the one name of a key that has several.
func canonical(key string) string {
	switch key {
	case "svc":
		return "service"
	case "environment":
		return "env"
	case "severity":
		return "sev"
	case "cve", "vuln", "alias":
		return "weakness"
	case "freshness":
		return "fresh"
	}
	return key
}

// A view is the table as one asker may see it, at one time.
type view struct {
	*table
	version  int64
	kept     *answers
	now      int64
	at       time.Time
	allowed  []uint8 // products that exist for the asker, by code; nil: all
	seen     bitset  // rows that the asker may see; not to be changed
	terms    []ctem.Term
	answers  []bitset // of the terms, each by itself; not to be changed
	searches int
}

// look makes the view of a query and answers its terms. The index is held for
// reading until done is called.
func (x *Index) look(q Query) (v *view, done func(), err error) {
	x.mu.RLock()
	if v, err = x.view(q); err != nil {
		x.mu.RUnlock()
		return nil, nil, err
	}
	return v, x.mu.RUnlock, nil
}

func (x *Index) view(q Query) (*view, error) {
	if len(q.Terms) > maxTerms {
		return nil, fault.New(fault.Invalid, "the query has more than %d terms", maxTerms)
	}
	v := &view{table: x.table, version: x.version, kept: &x.answers, now: q.Now.UnixMicro(), at: q.Now, terms: q.Terms}
	v.seen = v.inStates([]uint8{0, 1, 1, 1, 1, 1})
	if q.Products != nil || q.Owner != "" {
		v.seen = v.seen.clone()
	}
	if q.Products != nil {
		v.allowed = make([]uint8, len(v.place.products.texts))
		for _, p := range q.Products {
			if id, ok := v.place.products.dictionary.ids[p]; ok && p != "" {
				v.allowed[id] = 1
			}
		}
		v.seen.and(pick(v.place.products.codes, v.place.products.setHits(v.allowed)))
	}
	if q.Owner != "" {
		hits := v.place.owner.hits(func(id int) bool { return v.place.owner.texts[id] == q.Owner })
		v.seen.and(pick(v.place.owner.codes, hits))
	}
	for _, t := range q.Terms {
		answer, err := v.answer(t)
		if err != nil {
			return nil, err
		}
		v.answers = append(v.answers, answer)
	}
	return v, nil
}

// rows are the rows of the whole query.
func (v *view) rows() bitset { return v.rowsWithout("") }

// rowsWithout are the rows of the query without the terms of one facet, which
// is what a click on one of its values starts from.
func (v *view) rowsWithout(facet string) bitset {
	out := v.seen.clone()
	var left []ctem.Term
	for i, t := range v.terms {
		if facet == "" || !ownTerm(t, facet) {
			out.and(v.answers[i])
			left = append(left, t)
		}
	}
	if facet == "state" { // each value of it says its own side
		return out
	}
	if hits := side(left); hits != nil {
		out.and(v.inStates(hits))
	}
	return out
}

// ownTerm reports whether a facet speaks through the term.
func ownTerm(t ctem.Term, facet string) bool {
	key := canonical(t.Key)
	if facet == "state" && key == "is" {
		return !slices.ContainsFunc(t.Values, func(v string) bool { return stateHits(v) == nil })
	}
	return key == facet
}

// side is which states a query asks for by what it says, or does not say,
// about the state: live, closed, or both (nil).
func side(terms []ctem.Term) []uint8 {
	live, closed := false, false
	for _, t := range terms {
		switch {
		case t.Key == "id":
			return nil
		case t.Key != "is" && t.Key != "state" || t.Negate:
			continue
		}
		for _, value := range t.Values {
			if hits := stateHits(value); hits != nil {
				live = live || hits[stateOpen]+hits[stateUnknown] > 0
				closed = closed || hits[stateUnknown+1]+hits[stateUnknown+2]+hits[stateUnknown+3] > 0
			}
		}
	}
	switch {
	case live && closed:
		return nil
	case closed:
		return stateHits("closed")
	}
	return stateHits("live")
}

// stateHits marks the states that a value of is: or state: means; nil when it
// is about something else.
func stateHits(value string) []uint8 {
	switch value = strings.ToLower(value); value {
	case "live":
		return []uint8{0, 1, 1, 0, 0, 0}
	case "closed":
		return []uint8{0, 0, 0, 1, 1, 1}
	}
	code, ok := stateCodes.code(value)
	if !ok {
		return nil
	}
	hits := make([]uint8, len(stateCodes.values))
	hits[code] = 1
	return hits
}

func badTerm(t ctem.Term, hint string, args ...any) error {
	return fault.New(fault.Invalid, "the query cannot use %s", t.String()).WithHint(hint, args...)
}

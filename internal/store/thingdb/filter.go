package thingdb

import (
	"maps"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// filter is what a query asks of things: where in terms of claim c and watch w,
// keep in terms of the thing.
type filter struct {
	where sqldb.Condition
	keep  []func(*ctem.Thing) bool
	by    sqldb.Condition // of where, what is asked of the watch
}

// narrowed is what is asked of the watch, for the claims of a known subject.
func (f *filter) narrowed() string  { return f.by.SQL }
func (f *filter) narrowArgs() []any { return f.by.Args }

func (f *filter) keeps(t *ctem.Thing) bool {
	return !slices.ContainsFunc(f.keep, func(keep func(*ctem.Thing) bool) bool { return !keep(t) })
}

// readFilter reads the terms of a query for things. Kinds and scopes are looked
// up, other terms are compared with each thing.
func readFilter(q ctem.ListQuery) (f filter, err error) {
	var kinds []string
	for _, term := range q.Terms {
		if term.Op != ":" {
			return f, fault.New(fault.Invalid, "%s cannot be compared with %s", term.Key, term.Op)
		}
		switch {
		case term.Key == "kind" && !term.Negate && kinds == nil:
			kinds = term.Values
			continue
		case slices.Contains([]string{"scope", "env", "environment"}, term.Key) && !term.Negate && !slices.ContainsFunc(term.Values, special):
			f.by.SQL += " AND w.scope IN " + sqldb.Tuples(1, len(term.Values))
			f.by.Args = append(f.by.Args, sqldb.Anys(term.Values)...)
			continue
		}
		read, ok := thingKeys()[term.Key]
		if !ok {
			return f, ctem.UnknownKey(term.Key, slices.Sorted(maps.Keys(thingKeys())))
		}
		f.keep = append(f.keep, func(t *ctem.Thing) bool { return matches(term, read(t)) != term.Negate })
	}
	f.where = kindsOf(kinds)
	f.where.SQL, f.where.Args = f.where.SQL+f.by.SQL, append(f.where.Args, f.by.Args...)
	return f, nil
}

func special(value string) bool { return value == "none" || value == "*" }

// kindsOf is the condition for claims about things of these kinds; of none: all.
func kindsOf(kinds []string) (c sqldb.Condition) {
	prefix := "resource/"
	if len(kinds) == 0 {
		return sqldb.Condition{SQL: "c.subject >= ? AND c.subject < ?", Args: []any{prefix, after(prefix)}}
	}
	parts := make([]string, len(kinds))
	for i, k := range kinds {
		parts[i] = "c.subject >= ? AND c.subject < ?"
		c.Args = append(c.Args, prefix+k+"/", after(prefix+k+"/"))
	}
	c.SQL = "(" + strings.Join(parts, " OR ") + ")"
	return c
}

// after is what comes behind all texts that begin with a prefix that ends in "/".
func after(prefix string) string { return strings.TrimSuffix(prefix, "/") + "0" }

// matches reports whether any value of a thing is one of the term's; free text
// matches by a part, * anything, none what is not said.
func matches(term ctem.Term, have []string) bool {
	said := slices.ContainsFunc(have, func(h string) bool { return h != "" })
	for _, want := range term.Values {
		if want == "*" && said || want == "none" && !said {
			return true
		}
		for _, h := range have {
			if strings.EqualFold(h, want) || term.Key == ctem.TextKey && strings.Contains(strings.ToLower(h), strings.ToLower(want)) {
				return true
			}
		}
	}
	return false
}

func thingKeys() map[string]func(*ctem.Thing) []string {
	scope := func(t *ctem.Thing) []string { return []string{t.Scope} }
	return map[string]func(*ctem.Thing) []string{
		"kind":        func(t *ctem.Thing) []string { return []string{t.Kind} },
		"name":        func(t *ctem.Thing) []string { return []string{t.Name, t.End().Name} },
		"namespace":   func(t *ctem.Thing) []string { return []string{t.Namespace} },
		"scope":       scope,
		"env":         scope,
		"environment": scope,
		"source":      func(t *ctem.Thing) []string { return t.Sources },
		"class":       func(t *ctem.Thing) []string { return []string{string(t.Class)} },
		"fresh": func(t *ctem.Thing) []string {
			return []string{string(t.Freshness), string(ctem.TriOf(t.Freshness == twin.Fresh))}
		},
		ctem.TextKey: func(t *ctem.Thing) []string { return append([]string{t.Kind, t.End().Name, t.Scope}, t.Sources...) },
	}
}

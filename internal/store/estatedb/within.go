package estatedb

import (
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// withinKeys are the keys that say where something is and whose, as the scope bar
// of the pages has them.
func withinKeys() []string {
	return []string{"service", "svc", "environment", "env", "product", "owner"}
}

// within is the condition on place p that a term of these keys stands for, its
// negation left aside.
func within(q ctem.ListQuery, term ctem.Term) (sqldb.Condition, error) {
	if term.Op != ":" {
		return sqldb.Condition{}, fault.New(fault.Invalid, "%s cannot be compared with %s", term.Key, term.Op)
	}
	switch term.Key {
	case "product":
		return scoped("product", visible(q, term.Values), q.Products), nil
	case "owner":
		return owned(term.Values), nil
	case "environment", "env":
		return named("p.environment", term.Values), nil
	}
	return named("p.service", term.Values), nil
}

// visible leaves of the names of products those that the asker may see: by
// another one nothing is to be found, and nothing to be left out.
func visible(q ctem.ListQuery, names []string) []string {
	if q.Products == nil {
		return names
	}
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n != "none" && n != "*" && !slices.Contains(q.Products, n) })
}

// named is one of some names, in any case.
func named(column string, names []string) sqldb.Condition {
	lower := make([]string, len(names))
	for i, n := range names {
		lower[i] = strings.ToLower(n)
	}
	in := sqldb.Tuples(1, len(names))
	if !slices.ContainsFunc(lower, beyondASCII) {
		return sqldb.Condition{SQL: "lower(" + column + ") IN " + in, Args: sqldb.Anys(lower)} // there is an index of that
	}
	return sqldb.Condition{SQL: "(" + column + " IN " + in + " OR lower(" + column + ") IN " + in + ")", Args: append(sqldb.Anys(names), sqldb.Anys(lower)...)}
}

// beyondASCII reports whether a name has letters that engines and Go may lower
// otherwise.
func beyondASCII(name string) bool {
	return strings.ContainsFunc(name, func(r rune) bool { return r >= 0x80 })
}

// scoped is what the scope says of the service of place p; only names that are
// among may, when that is not nil, count as said.
func scoped(column string, names, may []string) sqldb.Condition {
	some, args := column+" <> ''", []any(nil)
	if may != nil {
		some, args = "1 = 0", nil
		if len(may) > 0 {
			some, args = column+" IN "+sqldb.Tuples(1, len(may)), sqldb.Anys(may)
		}
	}
	said := "p.service IN (SELECT service FROM scope_service WHERE " + some + ")"
	parts, out := []string{"1 = 0"}, sqldb.Condition{}
	for _, n := range names {
		switch n {
		case "none":
			parts, out.Args = append(parts, "NOT "+said), append(out.Args, args...)
		case "*":
			parts, out.Args = append(parts, said), append(out.Args, args...)
		default:
			parts, out.Args = append(parts, "p.service IN (SELECT service FROM scope_service WHERE "+column+" = ?)"), append(out.Args, n)
		}
	}
	out.SQL = "(" + strings.Join(parts, " OR ") + ")"
	return out
}

// owned is the condition on place p that one of these owns it; none: nobody does.
func owned(names []string) (out sqldb.Condition) {
	parts := make([]string, len(names))
	for i, n := range names {
		switch n {
		case "none":
			parts[i] = "p.owner = ''"
		case "*":
			parts[i] = "p.owner <> ''"
		default:
			parts[i] = "p.owner = ?"
			out.Args = append(out.Args, n)
		}
	}
	out.SQL = "(" + strings.Join(parts, " OR ") + ")"
	return out
}

// place divides a query: what is asked of the place of a workload, and of the
// asker's rights, as a condition on place p; and the other terms.
func place(q ctem.ListQuery) (where sqldb.Condition, rest []ctem.Term, err error) {
	where = sqldb.Allowed(q, "p.service", "")
	for _, term := range q.Terms {
		if !slices.Contains(withinKeys(), term.Key) {
			rest = append(rest, term)
			continue
		}
		c, err := within(q, term)
		if err != nil {
			return where, nil, err
		}
		not := ""
		if term.Negate {
			not = "NOT "
		}
		where.SQL += " AND " + not + c.SQL
		where.Args = append(where.Args, c.Args...)
	}
	return where, rest, nil
}

package estatedb

import (
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// orderColumn is a column that a list can be ordered by.
type orderColumn struct {
	name   string // in tokens
	sql    string
	number bool // else it is a text
	desc   bool
}

// ordering is the order of a list: its last columns are those that tell equals apart.
type ordering []orderColumn

// orderOf reads an order of a list of such things by named columns. Equals are
// in the order of the last columns.
func orderOf(what string, sort []ctem.SortKey, by map[string]orderColumn, last ...orderColumn) (ordering, error) {
	var out ordering
	add := func(c orderColumn) {
		if !slices.ContainsFunc(out, func(have orderColumn) bool { return have.sql == c.sql }) {
			out = append(out, c)
		}
	}
	for _, k := range sort {
		c, ok := by[k.Key]
		if !ok {
			return nil, fault.New(fault.Invalid, "a list of %s cannot be sorted by %q", what, k.Key).
				WithHint("it can be sorted by %s, with - before it for descending", strings.Join(slices.Sorted(maps.Keys(by)), ", "))
		}
		c.desc = k.Descending
		add(c)
	}
	for _, c := range last {
		add(c)
	}
	return out, nil
}

func (o ordering) columns() string {
	parts := make([]string, len(o))
	for i, c := range o {
		parts[i] = c.sql
	}
	return strings.Join(parts, ", ")
}

// by is the order as ORDER BY has it.
func (o ordering) by() string {
	parts := make([]string, len(o))
	for i, c := range o {
		parts[i] = c.sql
		if c.desc {
			parts[i] += " DESC"
		}
	}
	return strings.Join(parts, ", ")
}

// name is the order as a token has it.
func (o ordering) name() string {
	parts := make([]string, len(o))
	for i, c := range o {
		parts[i] = c.name
		if c.desc {
			parts[i] = "-" + c.name
		}
	}
	return strings.Join(parts, ",")
}

// after is the condition for what follows a row. Where all columns have one
// direction it is one comparison of rows, for which there are indexes.
func (o ordering) after(row []any) sqldb.Condition {
	mixed := slices.ContainsFunc(o, func(c orderColumn) bool { return c.desc != o[0].desc })
	if !mixed {
		return sqldb.Condition{SQL: " AND (" + o.columns() + ")" + beyond(o[0]) + sqldb.Tuples(1, len(o)), Args: row}
	}
	var parts []string
	var args []any
	same := ""
	for i, c := range o {
		parts = append(parts, same+c.sql+beyond(c)+"?")
		args = append(append(args, row[:i]...), row[i])
		same += c.sql + " = ? AND "
	}
	return sqldb.Condition{SQL: " AND (" + strings.Join(parts, " OR ") + ")", Args: args}
}

func beyond(c orderColumn) string {
	if c.desc {
		return " < "
	}
	return " > "
}

// token is where a page of a list ends.
func (o ordering) token(total int, row []string) string {
	parts := append([]string{o.name(), strconv.Itoa(total)}, row...)
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, "\x00")))
}

// read gives the row that a page ended with, and the total that was counted.
func (o ordering) read(token string) (row []any, total int, err error) {
	raw, failed := base64.RawURLEncoding.DecodeString(token)
	parts := strings.Split(string(raw), "\x00")
	if failed != nil || len(parts) != len(o)+2 || parts[0] != o.name() || ctem.PlainText("it", strings.Join(parts, "")) != nil {
		return nil, 0, badToken(token)
	}
	if total, err = strconv.Atoi(parts[1]); err != nil || total < 0 {
		return nil, 0, badToken(token)
	}
	for i, c := range o {
		text := parts[2+i]
		if !c.number {
			row = append(row, text)
			continue
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, 0, badToken(token)
		}
		row = append(row, n)
	}
	return row, total, nil
}

func badToken(token string) error {
	return fault.New(fault.Invalid, "%q does not continue this list", token).WithHint("give the next of the page before as it was, with the same sort")
}

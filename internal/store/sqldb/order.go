package sqldb

import (
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// OrderColumn is a column that a list can be ordered by.
type OrderColumn struct {
	Name   string // in tokens
	SQL    string
	Number bool // else it is a text
	Desc   bool // of itself; a sort key says its own
}

// Ordering is the order of a list: its last columns are those that tell equals apart.
type Ordering []OrderColumn

// OrderOf reads an order of a list of such things by named columns. Equals are
// in the order of the last columns.
func OrderOf(what string, sort []ctem.SortKey, by map[string]OrderColumn, last ...OrderColumn) (Ordering, error) {
	var out Ordering
	add := func(c OrderColumn) {
		if !slices.ContainsFunc(out, func(have OrderColumn) bool { return have.SQL == c.SQL }) {
			out = append(out, c)
		}
	}
	for _, k := range sort {
		c, ok := by[k.Key]
		if !ok {
			return nil, fault.New(fault.Invalid, "a list of %s cannot be sorted by %q", what, k.Key).
				WithHint("it can be sorted by %s, with - before it for descending", strings.Join(slices.Sorted(maps.Keys(by)), ", "))
		}
		c.Desc = k.Descending
		add(c)
	}
	for _, c := range last {
		add(c)
	}
	return out, nil
}

// Columns are the columns of the order, with commas between.
func (o Ordering) Columns() string {
	parts := make([]string, len(o))
	for i, c := range o {
		parts[i] = c.SQL
	}
	return strings.Join(parts, ", ")
}

// By is the order as ORDER BY has it.
func (o Ordering) By() string {
	parts := make([]string, len(o))
	for i, c := range o {
		parts[i] = c.SQL
		if c.Desc {
			parts[i] += " DESC"
		}
	}
	return strings.Join(parts, ", ")
}

// name is the order as a token has it.
func (o Ordering) name() string {
	parts := make([]string, len(o))
	for i, c := range o {
		parts[i] = c.Name
		if c.Desc {
			parts[i] = "-" + c.Name
		}
	}
	return strings.Join(parts, ",")
}

// After is the condition for what follows a row. Where all columns have one
// direction it is one comparison of rows, for which there are indexes.
func (o Ordering) After(row []any) Condition {
	mixed := slices.ContainsFunc(o, func(c OrderColumn) bool { return c.Desc != o[0].Desc })
	if !mixed {
		return Condition{SQL: " AND (" + o.Columns() + ")" + beyond(o[0]) + Tuples(1, len(o)), Args: row}
	}
	var parts []string
	var args []any
	same := ""
	for i, c := range o {
		parts = append(parts, same+c.SQL+beyond(c)+"?")
		args = append(append(args, row[:i]...), row[i])
		same += c.SQL + " = ? AND "
	}
	return Condition{SQL: " AND (" + strings.Join(parts, " OR ") + ")", Args: args}
}

func beyond(c OrderColumn) string {
	if c.Desc {
		return " < "
	}
	return " > "
}

// Token is where a page of a list ends.
func (o Ordering) Token(total int, row []string) string {
	parts := append([]string{o.name(), strconv.Itoa(total)}, row...)
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, "\x00")))
}

// Read gives the row that a page ended with, and the total that was counted.
func (o Ordering) Read(token string) (row []any, total int, err error) {
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
		if !c.Number {
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

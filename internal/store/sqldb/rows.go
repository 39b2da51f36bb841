package sqldb

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
)

// Insert writes many rows with few statements. head ends in VALUES, width is
// the number of columns, args holds the rows one after the other, tail may
// hold an ON CONFLICT clause.
func (t *Tx) Insert(head string, width int, args []any, tail string) error {
	if width <= 0 || len(args)%width != 0 {
		return fmt.Errorf("%s: %d values do not make rows of %d", firstWords(head), len(args), width)
	}
	for len(args) > 0 {
		n := min(len(args)/width, t.db.engine.chunk())
		query, values := t.db.engine.rows(head, width, args[:n*width])
		if _, err := t.Exec(query+" "+tail, values...); err != nil {
			return err
		}
		args = args[n*width:]
	}
	return nil
}

// chunk is how many rows or keys one statement carries. An array may have more of
// them: there is no limit to its values, and one statement is planned for them.
func (e engine) chunk() int {
	if e.arrays {
		return 8 * Chunk
	}
	return Chunk
}

// keys puts a list of keys into a query, with the values that it takes then.
func (e engine) keys(query string, keys []any) (string, []any) {
	if e.arrays {
		if cast, column, ok := columnOf(keys, 1); ok {
			return strings.Replace(query, "IN "+keyToken, "= ANY("+cast+")", 1), []any{column}
		}
	}
	return strings.Replace(query, keyToken, Tuples(1, len(keys)), 1), keys
}

// rows completes the head of an INSERT by rows, with the values that it takes.
func (e engine) rows(head string, width int, args []any) (string, []any) {
	if e.arrays && len(args) > width {
		if table, ok := arrays(width, args); ok {
			return strings.TrimSuffix(head, "VALUES") + table.sql, table.columns
		}
	}
	return head + " " + Tuples(len(args)/width, width), args
}

// Tuples writes n groups of width placeholders: (?,?),(?,?).
func Tuples(n, width int) string {
	one := "(" + strings.Repeat("?,", width-1) + "?)"
	return strings.Repeat(one+",", n-1) + one
}

// keyToken stands for a list of keys in a query given to In.
const keyToken = "(?*)"

// In runs a query once for each chunk of keys; the query holds the token
// "(?*)" once, and placeholders for more after it.
func (t *Tx) In(query string, keys []any, scan func(Scanner) error, more ...any) error {
	for len(keys) > 0 {
		n := min(len(keys), t.db.engine.chunk())
		q, args := t.db.engine.keys(query, keys[:n])
		if err := t.Query(q, scan, slices.Concat(args, more)...); err != nil {
			return err
		}
		keys = keys[n:]
	}
	return nil
}

// ByKeys runs a query for rows of keys that are more than one column: it finds
// them as the table k with the columns a, b, c. kinds has a letter for each:
// i for an integer, t for a text. The query must CROSS JOIN k first: with
// "(x, y) IN (VALUES …)" SQLite reads the whole table instead of its index.
func (t *Tx) ByKeys(kinds, query string, keys []any, scan func(Scanner) error) error {
	for part := range slices.Chunk(keys, t.db.engine.chunk()*len(kinds)) {
		head, args := t.db.engine.keyed(kinds, part)
		if err := t.Query(head+query, scan, args...); err != nil {
			return err
		}
	}
	return nil
}

// keyed is the table k of some rows, with the values that it takes.
func (e engine) keyed(kinds string, rows []any) (string, []any) {
	if e.arrays {
		if table, ok := arrays(len(kinds), rows); ok {
			return "WITH k (" + columnNames(kinds) + ") AS (" + table.sql + ") ", table.columns
		}
	}
	return keyed(kinds, len(rows)/len(kinds)), rows
}

// columnNames are a, b, c, as many as there are kinds.
func columnNames(kinds string) string {
	names := make([]string, len(kinds))
	for i := range kinds {
		names[i] = string(rune('a' + i))
	}
	return strings.Join(names, ", ")
}

// keyed writes the table k of n rows. The casts in its first row tell
// PostgreSQL the types; SQLite does not mind them.
func keyed(kinds string, n int) string {
	var first []string
	for _, kind := range kinds {
		if kind == 'i' {
			first = append(first, "CAST(? AS BIGINT)")
			continue
		}
		first = append(first, "?")
	}
	text := "WITH k (" + columnNames(kinds) + ") AS (VALUES (" + strings.Join(first, ", ") + ")"
	if n > 1 {
		text += "," + Tuples(n-1, len(kinds))
	}
	return text + ") "
}

// ExpandKeys replaces the key token by n placeholders, for a query whose keys
// do not come first.
func ExpandKeys(query string, n int) string { return strings.Replace(query, keyToken, Tuples(1, n), 1) }

// Anys turns a typed slice into query arguments.
func Anys[T any](values []T) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}

// SortedKeys gives map keys a fixed order.
func SortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// Condition is a part of a WHERE clause with its arguments.
type Condition struct {
	SQL  string
	Args []any
}

// Contains is a substring test that both engines understand alike.
func Contains(column, text string) Condition {
	return Condition{SQL: "replace(" + column + ", ?, '') <> " + column, Args: []any{text}}
}

// IDsOf reads the ids of texts and says which have none, in the order given.
func (t *Tx) IDsOf(query string, texts []string) (ids map[string]int64, missing []string, err error) {
	ids = make(map[string]int64, len(texts))
	err = t.In(query, Anys(texts), func(s Scanner) error {
		var id int64
		var text string
		if err := s.Scan(&id, &text); err != nil {
			return err
		}
		ids[text] = id
		return nil
	})
	for _, text := range texts {
		if _, ok := ids[text]; !ok {
			missing = append(missing, text)
		}
	}
	return ids, missing, err
}

// AppendID scans rows of one id each.
func AppendID(to *[]int64) func(Scanner) error {
	return func(r Scanner) error {
		var id int64
		err := r.Scan(&id)
		*to = append(*to, id)
		return err
	}
}

// Allowed narrows a list to what the asker of a query may see: column names a
// service; owned, unless it is "", the owner of the row itself. It begins with
// AND, and is empty for one who may see all.
func Allowed(q ctem.ListQuery, column, owned string) Condition {
	var c Condition
	switch {
	case q.Products == nil:
	case len(q.Products) == 0:
		c.SQL = " AND 1 = 0"
	default:
		c.SQL = " AND " + column + " IN (SELECT service FROM scope_service WHERE product IN " + Tuples(1, len(q.Products)) + ")"
		c.Args = Anys(q.Products)
	}
	if q.Owner == "" {
		return c
	}
	mine := "(" + column + " IN (SELECT service FROM scope_service WHERE owner = ?) OR " + column +
		" IN (SELECT x.service FROM place_owner o JOIN place x ON x.id = o.place WHERE o.owner = ?))"
	c.Args = append(c.Args, q.Owner, q.Owner)
	if owned != "" {
		mine = "(" + mine + " OR " + owned + " = ?)"
		c.Args = append(c.Args, q.Owner)
	}
	c.SQL += " AND " + mine
	return c
}

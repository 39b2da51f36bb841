package store

import (
	"fmt"
	"slices"
	"strings"
)

// insert writes many rows with few statements. head ends in VALUES, width is
// the number of columns, args holds the rows one after the other, tail may
// hold an ON CONFLICT clause.
func (t *tx) insert(head string, width int, args []any, tail string) error {
	if width <= 0 || len(args)%width != 0 {
		return fmt.Errorf("%s: %d values do not make rows of %d", firstWords(head), len(args), width)
	}
	for len(args) > 0 {
		n := min(len(args)/width, chunk)
		if _, err := t.exec(head+" "+tuples(n, width)+" "+tail, args[:n*width]...); err != nil {
			return err
		}
		args = args[n*width:]
	}
	return nil
}

// tuples writes n groups of width placeholders: (?,?),(?,?).
func tuples(n, width int) string {
	one := "(" + strings.Repeat("?,", width-1) + "?)"
	return strings.Repeat(one+",", n-1) + one
}

// keyToken stands for a list of keys in a query given to in.
const keyToken = "(?*)"

// in runs a query once for each chunk of keys; the query holds the token
// "(?*)" once, and placeholders for more after it.
func (t *tx) in(query string, keys []any, scan func(scanner) error, more ...any) error {
	for len(keys) > 0 {
		n := min(len(keys), chunk)
		q := strings.Replace(query, keyToken, tuples(1, n), 1)
		args := append(append(make([]any, 0, n+len(more)), keys[:n]...), more...)
		if err := t.query(q, scan, args...); err != nil {
			return err
		}
		keys = keys[n:]
	}
	return nil
}

// byKeys runs a query for rows of keys that are more than one column: it finds
// them as the table k with the columns a, b, c. kinds has a letter for each:
// i for an integer, t for a text. The query must CROSS JOIN k first: with
// "(x, y) IN (VALUES …)" SQLite reads the whole table instead of its index.
func (t *tx) byKeys(kinds, query string, keys []any, scan func(scanner) error) error {
	for part := range slices.Chunk(keys, chunk*len(kinds)) {
		if err := t.query(keyed(kinds, len(part)/len(kinds))+query, scan, part...); err != nil {
			return err
		}
	}
	return nil
}

// keyed writes the table k of n rows. The casts in its first row tell
// PostgreSQL the types; SQLite does not mind them.
func keyed(kinds string, n int) string {
	var names, first []string
	for i, kind := range kinds {
		names = append(names, string(rune('a'+i)))
		if kind == 'i' {
			first = append(first, "CAST(? AS BIGINT)")
			continue
		}
		first = append(first, "?")
	}
	text := "WITH k (" + strings.Join(names, ", ") + ") AS (VALUES (" + strings.Join(first, ", ") + ")"
	if n > 1 {
		text += "," + tuples(n-1, len(kinds))
	}
	return text + ") "
}

// expandKeys replaces the key token by n placeholders, for a query whose keys
// do not come first.
func expandKeys(query string, n int) string { return strings.Replace(query, keyToken, tuples(1, n), 1) }

// anys turns a typed slice into query arguments.
func anys[T any](values []T) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}

package sqldb

import "strings"

// table is rows as one array for each column, with the text that makes rows of
// them again. PostgreSQL takes a thousand values in an array in a fraction of the
// time that it takes for a thousand parameters, and plans one text for any number
// of rows.
type table struct {
	sql     string
	columns []any
}

// arrays turns rows into columns. It refuses those that are not of one kind.
func arrays(width int, args []any) (t table, ok bool) {
	casts := make([]string, width)
	t.columns = make([]any, width)
	for i := range width {
		if casts[i], t.columns[i], ok = columnOf(args[i:], width); !ok {
			return t, false
		}
	}
	t.sql = "SELECT * FROM unnest(" + strings.Join(casts, ", ") + ")"
	return t, true
}

// columnOf gathers every width-th value, with the placeholder for them all.
func columnOf(args []any, width int) (cast string, column any, ok bool) {
	switch args[0].(type) {
	case int, int64:
		column, ok = gather(args, width, integer)
		return "?::bigint[]", column, ok
	case string:
		column, ok = gather(args, width, is[string])
		return "?::text[]", column, ok
	case []byte:
		column, ok = gather(args, width, is[[]byte])
		return "?::bytea[]", column, ok
	case float64:
		column, ok = gather(args, width, is[float64])
		return "?::float8[]", column, ok
	}
	return "", nil, false
}

func gather[T any](args []any, width int, kind func(any) (T, bool)) ([]T, bool) {
	out := make([]T, 0, len(args)/width+1)
	for i := 0; i < len(args); i += width {
		v, ok := kind(args[i])
		if !ok {
			return nil, false
		}
		out = append(out, v)
	}
	return out, true
}

func is[T any](v any) (T, bool) {
	out, ok := v.(T)
	return out, ok
}

func integer(v any) (int64, bool) {
	if small, ok := v.(int); ok {
		return int64(small), true
	}
	out, ok := v.(int64)
	return out, ok
}

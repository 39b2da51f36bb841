package reply

import (
	"encoding/base64"
	"maps"
	"slices"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/fault"
)

// Window is a page of a list that is made as a whole: sorted by keys, each one's own.
func Window[T any](out *api.List[T], all []T, q api.Query, key func(*T) string) error {
	out.Total = len(all)
	if q.Sort != "" {
		return fault.New(fault.Invalid, "this list takes no sort").WithHint("leave the sort out")
	}
	if q.Cursor != "" {
		after, err := readCursor(q.Cursor)
		if err != nil {
			return err
		}
		at, _ := slices.BinarySearchFunc(all, after, func(x T, after string) int {
			if key(&x) > after {
				return 1
			}
			return -1
		})
		all = all[at:]
	}
	if q.Limit > 0 && len(all) > q.Limit {
		all = all[:q.Limit]
		next := cursorOf(key(&all[q.Limit-1]))
		out.Truncated, out.Next = true, &next
	}
	out.Items = append(out.Items, all...)
	return nil
}

func cursorOf(key string) string { return base64.RawURLEncoding.EncodeToString([]byte(key)) }

func readCursor(cursor string) (string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return "", fault.New(fault.Invalid, "%q does not continue this list", cursor).WithHint("give the next of the page before as it was")
	}
	return string(raw), nil
}

// SortedKeys are the keys of a map in their order.
func SortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

package client

import (
	"context"
	"maps"
	"net/url"
	"strconv"
	"time"

	"github.com/tidemark/tidemark/api"
)

// The bounds of a list.
const (
	maxPage = 1000      // rows that a server gives at once
	maxRows = 1_000_000 // rows that a list is read to; it then says that it goes on
)

// momentOf are the parameters of a moment.
func momentOf(m api.Moment) url.Values {
	v := url.Values{}
	setTime(v, "as_of", m.AsOf)
	setTime(v, "known_at", m.KnownAt)
	return v
}

func setTime(v url.Values, name string, t *api.Time) {
	if t != nil {
		v.Set(name, t.UTC().Format(time.RFC3339Nano))
	}
}

// queryOf are the parameters of a page of at most limit rows; 0: as the server has it.
func queryOf(q api.Query, limit int) url.Values {
	v := momentOf(api.Moment{AsOf: q.AsOf, KnownAt: q.KnownAt})
	for name, value := range map[string]string{"q": q.Query, "sort": q.Sort, "cursor": q.Cursor} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if limit > 0 {
		v.Set("limit", strconv.Itoa(min(limit, maxPage)))
	}
	return v
}

// list reads a list from its cursor on: as many rows as the query wants, page
// by page; all of them where its limit is 0.
func list[T any](ctx context.Context, c *conn, path string, q api.Query) (api.List[T], error) {
	return pagesOf[T](ctx, c, get(path, nil), q)
}

// pagesOf is list of a call that has parameters beside those of every list.
func pagesOf[T any](ctx context.Context, c *conn, k call, q api.Query) (api.List[T], error) {
	own, want := k.query, q.Limit
	if want <= 0 || want > maxRows {
		want = maxRows
	}
	var out api.List[T]
	for {
		k.query = queryOf(q, want-len(out.Items))
		maps.Copy(k.query, own)
		page, err := ask[api.List[T]](ctx, c, k, nil)
		if err != nil {
			return api.List[T]{}, err
		}
		if out.Schema == "" {
			out = page
		} else {
			out.Items, out.Truncated, out.Next = append(out.Items, page.Items...), page.Truncated, page.Next
		}
		if page.Next == nil || len(out.Items) >= want {
			return out, nil
		}
		if len(page.Items) == 0 || *page.Next == q.Cursor {
			return api.List[T]{}, unavailable("the server's list does not end", "check that client and server are of the same version", nil)
		}
		q.Cursor = *page.Next
	}
}

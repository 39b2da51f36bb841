package client

import (
	"context"
	"net/url"
	"strings"

	"github.com/tidemark/tidemark/api"
)

// Events lists what changed in the world and concerns something here, newest
// first.
func (c measures) Events(ctx context.Context, q api.EventQuery) (api.List[api.IntelEvent], error) {
	v := url.Values{}
	setTime(v, "since", q.Since)
	if len(q.Kinds) > 0 {
		v.Set("kind", strings.Join(q.Kinds, ","))
	}
	if q.Subject != "" {
		v.Set("subject", q.Subject)
	}
	return pagesOf[api.IntelEvent](ctx, c.conn, get("intel/events", v), q.Query)
}

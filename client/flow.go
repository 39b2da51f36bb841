package client

import (
	"context"
	"strconv"

	"github.com/tidemark/tidemark/api"
)

// Flows says how the parts interact and what data they touch.
func (c nodes) Flows(ctx context.Context, f api.FlowAsk) (api.Flows, error) {
	v := momentOf(f.Moment)
	for key, value := range map[string]string{"service": f.Service, "kind": f.Kind, "id": f.Name, "scope": f.Scope, "q": f.Query} {
		if value != "" {
			v.Set(key, value)
		}
	}
	if f.Back {
		v.Set("back", "true")
	}
	v.Set("limit", strconv.Itoa(f.Limit))
	return ask[api.Flows](ctx, c.conn, get("twin/flows", v), nil)
}

package client

import (
	"context"

	"github.com/tidemark/tidemark/api"
)

// Session is who the token signs in, and what they may do.
func (c entry) Session(ctx context.Context) (api.Session, error) {
	return ask[api.Session](ctx, c.conn, get("session", nil), nil)
}

package client

import (
	"context"
	"net/http"

	"github.com/tidemark/tidemark/api"
)

// Webhooks lists the addresses that are told of events.
func (c upkeep) Webhooks(ctx context.Context) (api.List[api.Webhook], error) {
	return ask[api.List[api.Webhook]](ctx, c.conn, get("webhooks", nil), nil)
}

// AddWebhook adds one; its secret is shown once.
func (c upkeep) AddWebhook(ctx context.Context, want api.WebhookRequest) (api.WebhookDetail, error) {
	k, err := change(http.MethodPost, "webhooks", want)
	k.secret = true
	return ask[api.WebhookDetail](ctx, c.conn, k, err)
}

// RemoveWebhook ends one.
func (c upkeep) RemoveWebhook(ctx context.Context, id string) (api.WebhookDetail, error) {
	return changeAt[api.WebhookDetail](ctx, c.conn, target{http.MethodDelete, "webhooks/", id, ""}, nil)
}

// TestWebhook sends one a message about nothing, and says how it answered.
func (c upkeep) TestWebhook(ctx context.Context, id string) (api.WebhookTest, error) {
	return changeAt[api.WebhookTest](ctx, c.conn, target{http.MethodPost, "webhooks/", id, "/test"}, nil)
}

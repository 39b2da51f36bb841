package host

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/notify"
)

// hooks keeps webhooks, for the server.
type hooks struct {
	s      *local.Session
	poster *notify.Poster
}

func (h hooks) by(ctx context.Context, who access.Principal) local.Webhooks {
	return local.Webhooks{S: h.s, Poster: h.poster, By: signature(ctx, who)}
}

// List lists them.
func (h hooks) List(ctx context.Context, who access.Principal) (api.List[api.Webhook], error) {
	return h.by(ctx, who).List(ctx)
}

// Add adds one.
func (h hooks) Add(ctx context.Context, who access.Principal, q api.WebhookRequest) (api.WebhookDetail, error) {
	return h.by(ctx, who).Add(ctx, q)
}

// Remove ends one.
func (h hooks) Remove(ctx context.Context, who access.Principal, id string) (api.WebhookDetail, error) {
	return h.by(ctx, who).Remove(ctx, id)
}

// Test tries one.
func (h hooks) Test(ctx context.Context, who access.Principal, id string) (api.WebhookTest, error) {
	return h.by(ctx, who).Test(ctx, id)
}

// deliver tells webhooks of events as they come.
func (v *service) deliver(ctx context.Context) error {
	d := notify.Deliverer{Store: v.s.DB, Poster: v.poster, Render: local.RenderEvent, Owner: v.s.Runner.Owner, Now: v.Clock, Log: v.Log}
	ticker := time.NewTicker(tellEvery)
	defer ticker.Stop()
	for {
		more, err := d.Pass(ctx)
		if err != nil && ctx.Err() == nil {
			v.Log.WarnContext(ctx, "webhooks are not told now", "error", fault.Mask(err.Error()))
		}
		if more && err == nil && ctx.Err() == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

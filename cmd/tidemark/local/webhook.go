package local

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/notify"
	"github.com/tidemark/tidemark/internal/server/desk"
	"github.com/tidemark/tidemark/internal/server/reply"
)

// Webhooks keeps the addresses that are told of events, for somebody.
type Webhooks struct {
	S      *Session
	Poster *notify.Poster
	By     ctem.Signature
}

// RenderEvent is an event as a webhook is told it.
func RenderEvent(e ctem.Event, test bool) ([]byte, error) {
	b, err := json.Marshal(api.EventNotice{Schema: api.SchemaEventNotice, Test: test, Event: desk.EventItem(e)})
	if err != nil {
		return nil, fmt.Errorf("write event %s: %w", e.ID(), err)
	}
	return b, nil
}

func (h Webhooks) keeper() *notify.Keeper {
	return &notify.Keeper{Store: h.S.DB, Poster: h.Poster, Render: RenderEvent, By: h.By, Now: h.S.Now}
}

// List lists all of them.
func (h Webhooks) List(ctx context.Context) (api.List[api.Webhook], error) {
	out := api.List[api.Webhook]{Schema: api.SchemaWebhooks, AsOf: h.S.Now(), Items: []api.Webhook{}}
	list, err := h.S.DB.Webhooks(ctx)
	if err != nil {
		return out, err
	}
	head, _, err := h.S.DB.Head(ctx, ctem.StreamEvent)
	if err != nil {
		return out, err
	}
	for i := range list {
		out.Items = append(out.Items, webhookItem(&list[i], head))
	}
	out.Total = len(list)
	out.Computed, err = h.S.Desk().Computed(ctx)
	return out, err
}

// Add adds one, and shows its secret, once.
func (h Webhooks) Add(ctx context.Context, q api.WebhookRequest) (api.WebhookDetail, error) {
	kinds, err := desk.EventKinds(q.Kinds)
	if err != nil {
		return api.WebhookDetail{}, err
	}
	w, err := h.keeper().Add(ctx, notify.Asked{Name: q.Name, URL: q.URL, Kinds: kinds, Private: q.Private})
	if err != nil {
		return api.WebhookDetail{}, err
	}
	doc := h.detail(&w)
	doc.Secret = string([]byte(w.Secret))
	return doc, nil
}

// Remove ends one.
func (h Webhooks) Remove(ctx context.Context, id string) (api.WebhookDetail, error) {
	w, err := h.keeper().Remove(ctx, id)
	if err != nil {
		return api.WebhookDetail{}, err
	}
	return h.detail(&w), nil
}

// Test sends one a message about nothing.
func (h Webhooks) Test(ctx context.Context, id string) (api.WebhookTest, error) {
	a, err := h.keeper().Test(ctx, id)
	doc := api.WebhookTest{Schema: api.SchemaWebhookTest, AsOf: h.S.Now(), ID: id, OK: err == nil && a.Err == nil, Status: a.Status}
	if a.Err != nil {
		doc.Message = a.Err.Error()
	}
	return doc, err
}

func (h Webhooks) detail(w *ctem.Webhook) api.WebhookDetail {
	return api.WebhookDetail{Schema: api.SchemaWebhook, AsOf: h.S.Now(), Webhook: webhookItem(w, w.Told)}
}

func webhookItem(w *ctem.Webhook, head int64) api.Webhook {
	item := api.Webhook{
		ID: w.ID, Name: w.Name, URL: notify.Shown(w.URL), Kinds: []string{}, Private: w.Private, CreatedBy: w.CreatedBy, CreatedAt: w.CreatedAt,
		Behind: max(0, head-w.Told), Delivered: w.Delivered, LastAt: reply.When(w.LastAt), Failures: w.Failures, LastError: w.LastError, NextAt: reply.When(w.NextAt),
	}
	for _, k := range w.Kinds {
		item.Kinds = append(item.Kinds, string(k))
	}
	return item
}

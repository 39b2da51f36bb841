package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/notify"
)

func (a *app) webhookCmd() *cobra.Command {
	ls := &cobra.Command{
		Use: "list", Short: "Webhooks, with how far each has been told", Args: command.Args(0, 0, "no argument"),
		RunE: func(c *cobra.Command, _ []string) error { return a.listWebhooks(c.Context()) },
	}
	remove := &cobra.Command{
		Use: "remove ID", Short: "End a webhook at once", Args: command.Args(1, 1, "the id of a webhook (HOOK-…)"),
		RunE: func(c *cobra.Command, ids []string) error {
			return a.changeWebhook(c.Context(), command.Either[api.WebhookDetail](
				func(far *client.Client) (api.WebhookDetail, error) { return far.RemoveWebhook(c.Context(), ids[0]) },
				func(s *local.Session) (api.WebhookDetail, error) {
					return a.webhooks(s).Remove(c.Context(), ids[0])
				},
			))
		},
	}
	test := &cobra.Command{
		Use: "test ID", Short: "Send a webhook a message about nothing", Args: command.Args(1, 1, "the id of a webhook (HOOK-…)"),
		RunE: func(c *cobra.Command, ids []string) error { return a.testWebhook(c.Context(), ids[0]) },
	}
	return command.Group("webhook", "Addresses that a server tells of events", a.webhookAddCmd(), ls, remove, test)
}

func (a *app) webhookAddCmd() *cobra.Command {
	var q api.WebhookRequest
	c := &cobra.Command{
		Use: "add URL [--kind KIND]... [--private]", Short: "Add a webhook and show its secret, once",
		Long: `Add an address that a running server tells of events (tidemark intel events) by
POST, from now on. What is sent is signed with the secret that is shown once.

  tidemark webhook add https://hooks.example.org/tidemark --kind kev.added`,
		Args: command.Args(1, 1, "an https address"),
		RunE: func(c *cobra.Command, urls []string) error {
			q.URL = urls[0]
			return a.changeWebhook(c.Context(), command.Either[api.WebhookDetail](
				func(far *client.Client) (api.WebhookDetail, error) { return far.AddWebhook(c.Context(), q) },
				func(s *local.Session) (api.WebhookDetail, error) { return a.webhooks(s).Add(c.Context(), q) },
			))
		},
	}
	f := c.Flags()
	f.StringVar(&q.Name, "name", "", "what the list calls it (default its host)")
	f.StringSliceVar(&q.Kinds, "kind", nil, "only events of this kind, as kev.added; give it several times")
	f.BoolVar(&q.Private, "private", false, "it may be in a private network, and plain http")
	return c
}

// webhooks keeps the webhooks of a store, for whoever runs the command.
func (a *app) webhooks(s *local.Session) local.Webhooks {
	return local.Webhooks{S: s, Poster: notify.NewPoster(time.Now, "tidemark/"+version), By: ctem.Signature{Actor: local.Actor()}}
}

func (a *app) changeWebhook(ctx context.Context, w command.Ways[api.WebhookDetail]) error {
	doc, err := w.Change(ctx, a.App)
	if err != nil {
		return err
	}
	return a.Print.Document(doc, func(out io.Writer) {
		_, _ = fmt.Fprintf(out, "%s  %s\n  tells     %s\n  of        %s\n", doc.ID, output.Plain(doc.Name), output.Plain(doc.URL), kindsWord(doc.Kinds))
		if doc.Secret != "" {
			_, _ = fmt.Fprintf(out, "  secret    %s  (not shown again)\n", doc.Secret)
		}
	})
}

func kindsWord(kinds []string) string {
	if len(kinds) == 0 {
		return "every event"
	}
	return strings.Join(kinds, ", ")
}

func (a *app) testWebhook(ctx context.Context, id string) error {
	doc, err := command.Either[api.WebhookTest](
		func(c *client.Client) (api.WebhookTest, error) { return c.TestWebhook(ctx, id) },
		func(s *local.Session) (api.WebhookTest, error) { return a.webhooks(s).Test(ctx, id) },
	).Change(ctx, a.App)
	if err != nil {
		return err
	}
	err = a.Print.Document(doc, func(w io.Writer) {
		if doc.OK {
			_, _ = fmt.Fprintf(w, "%s took the message (%d)\n", doc.ID, doc.Status)
			return
		}
		_, _ = fmt.Fprintf(w, "%s did not take the message: %s\n", doc.ID, output.Plain(doc.Message))
	})
	if err == nil && !doc.OK {
		return command.Exit(command.ExitBad)
	}
	return err
}

func (a *app) listWebhooks(ctx context.Context) error {
	out, err := command.Either[api.List[api.Webhook]](
		func(c *client.Client) (api.List[api.Webhook], error) { return c.Webhooks(ctx) },
		func(s *local.Session) (api.List[api.Webhook], error) { return a.webhooks(s).List(ctx) },
	).Ask(ctx, a.App)
	if err != nil {
		return err
	}
	return output.List(&a.Print, out, []output.Column[api.Webhook]{
		{Head: "WEBHOOK", Cell: func(w api.Webhook) string { return w.ID }},
		{Head: "NAME", Cell: func(w api.Webhook) string { return w.Name }},
		{Head: "TELLS", Cell: func(w api.Webhook) string { return w.URL }},
		{Head: "OF", Cell: func(w api.Webhook) string { return kindsWord(w.Kinds) }},
		{Head: "TAKEN", Cell: func(w api.Webhook) string { return fmt.Sprint(w.Delivered) }},
		{Head: "WAITING", Cell: func(w api.Webhook) string { return fmt.Sprint(w.Behind) }},
		{Head: "TROUBLE", Cell: func(w api.Webhook) string { return cmp.Or(w.LastError, "-") }},
	})
}

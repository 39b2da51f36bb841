package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/internal/server/reply"
)

func (a *app) intelEventsCmd() *cobra.Command {
	var q api.EventQuery
	since := ""
	c := &cobra.Command{
		Use: "events [--kind KIND]... [--since TIME] [--weakness ID]", Short: "What changed in the world and concerns something here, and what followed",
		Long: `What changed in the world and concerns something here, newest first: a record that
is new, says something else or was withdrawn; a KEV listing; a jump of EPSS; a
public exploit. There is one event for a weakness and a cause, and what it counts
was so when it was written.

  tidemark intel events --kind kev.added --since 2026-07-01`,
		Args: command.Args(0, 0, "no argument"), RunE: func(c *cobra.Command, _ []string) error {
			at, err := command.ParseTime("--since", since)
			if err != nil {
				return err
			}
			q.Since, q.Query = reply.When(at), a.Query()
			return a.listEvents(c.Context(), q)
		},
	}
	f := c.Flags()
	f.StringSliceVar(&q.Kinds, "kind", nil, "only this kind, as kev.added; give it several times")
	f.StringVar(&q.Subject, "weakness", "", "only about this weakness, by its best known name")
	f.StringVar(&since, "since", "", "learned from this time on")
	return c
}

func (a *app) listEvents(ctx context.Context, q api.EventQuery) error {
	out, err := command.Either[api.List[api.IntelEvent]](
		func(c *client.Client) (api.List[api.IntelEvent], error) { return c.Events(ctx, q) },
		func(s *local.Session) (api.List[api.IntelEvent], error) { return s.Desk().Events(ctx, q) },
	).Ask(ctx, a.App)
	if err != nil {
		return err
	}
	return output.List(&a.Print, out, []output.Column[api.IntelEvent]{
		{Head: "LEARNED", Cell: func(e api.IntelEvent) string { return output.Clock(e.KnownAt) }},
		{Head: "KIND", Cell: func(e api.IntelEvent) string { return e.Kind }},
		{Head: "WHAT", Cell: func(e api.IntelEvent) string { return e.Sentence }},
		{Head: "EVENT", Cell: func(e api.IntelEvent) string { return e.ID }},
	})
}

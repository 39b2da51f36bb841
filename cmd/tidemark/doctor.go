package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
)

func (a *app) doctorCmd() *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Check database, feeds, sources, backlog, clock, disk and audit log",
		Args: command.Args(0, 0, "no argument"), RunE: func(c *cobra.Command, _ []string) error { return a.doctor(c.Context()) },
	}
}

func (a *app) doctor(ctx context.Context) error {
	doc, err := command.Either[api.Doctor](
		func(c *client.Client) (api.Doctor, error) { return c.Doctor(ctx) },
		func(s *local.Session) (api.Doctor, error) { return s.Examine(ctx) },
	).Ask(ctx, a.App)
	if err != nil {
		return err
	}
	if err := a.Print.Document(doc, func(w io.Writer) { doctorText(w, doc) }); err != nil {
		return err
	}
	if !doc.OK {
		return command.Exit(command.ExitBad)
	}
	return nil
}

func doctorText(w io.Writer, doc api.Doctor) {
	for _, c := range doc.Checks {
		_, _ = fmt.Fprintf(w, "%-8s %-11s %s\n", c.Status, c.Name, output.Plain(c.Detail))
		if c.Hint != "" && c.Status != local.CheckOK {
			_, _ = fmt.Fprintf(w, "%-20s %s\n", "", c.Hint)
		}
	}
}

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/internal/fault"
)

func (a *app) compactCmd() *cobra.Command {
	keep := "90d"
	c := &cobra.Command{
		Use: "compact [--keep D]", Short: "Drop old beliefs and raw evidence that are older than D",
		Long: `Drop what has not been believed for D, and raw evidence bodies of that age
that nothing cites. Hashes and intervals stay. From then on a question about an
earlier time is an error that names the floor, never an empty answer.

  tidemark compact --keep 365d`,
		Args: command.Args(0, 0, "no argument"), RunE: func(c *cobra.Command, _ []string) error { return a.compact(c.Context(), keep) },
	}
	c.Flags().StringVar(&keep, "keep", keep, "how much history stays, as 90d")
	return c
}

func (a *app) compact(ctx context.Context, keep string) error {
	d, err := command.ParseDuration("--keep", keep)
	if err != nil {
		return err
	}
	if a.IsRemote() {
		return a.compactThere(ctx, d)
	}
	now := a.Present()
	before, err := local.Floor(now, d)
	if err != nil {
		return err
	}
	m := local.Mutation{Verb: "compact", Object: "history before " + before.Format(time.RFC3339)}
	return a.Writing(ctx, m, func(s *local.Session) error { return s.DB.Compact(ctx, before, now) },
		func(*local.Session) error { return a.sayDropped(before) })
}

// compactThere is compact through a server.
func (a *app) compactThere(ctx context.Context, keep time.Duration) error {
	c, err := a.Client()
	if err != nil {
		return err
	}
	j, err := c.Compact(ctx, keep)
	if err != nil {
		return err
	}
	if j, err = a.await(ctx, c, j); err != nil {
		return err
	}
	if j.Result == nil || j.Result.Compacted == nil {
		return fault.New(fault.Internal, "%s is done, and says nothing of what was dropped", j.URL)
	}
	return a.sayDropped(j.Result.Compacted.Before)
}

func (a *app) sayDropped(before time.Time) error {
	_, err := fmt.Fprintf(a.Err, "history before %s was dropped; questions about it are refused from now on\n", output.Clock(before))
	return err
}

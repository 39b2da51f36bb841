package main

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/connect"
	"github.com/tidemark/tidemark/cmd/tidemark/connect/kube"
	"github.com/tidemark/tidemark/cmd/tidemark/ingest"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/cmd/tidemark/remote"
	"github.com/tidemark/tidemark/cmd/tidemark/twin"
	"github.com/tidemark/tidemark/internal/fault"
)

// app makes the sub-commands.
type app struct{ *command.App }

// run executes one command line and returns its exit code.
func run(ctx context.Context, s command.Streams, clock func() time.Time, args []string) int {
	a := &app{&command.App{Streams: s, Clock: clock, Version: version}}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	err := remote.Fault(root.ExecuteContext(ctx))
	command.Tell(err, a.Flags.Output == output.JSON, s.Out, s.Err)
	return command.ExitCode(err)
}

func (a *app) root() *cobra.Command {
	c := &cobra.Command{
		Use:   "tidemark",
		Short: "Which weaknesses run where, why they matter, who fixes what by when, and the proof",
		Long: `Tidemark is a deployment digital twin for continuous threat exposure management.

  tidemark demo                                look at a made-up company first
  tidemark intel update --from DIR             load advisories, KEV and EPSS
  tidemark ingest sbom shop.cdx.json           say what an artifact is made of
  tidemark ingest deploy prod.json             say what runs where
  tidemark exposures list                      see what matters, most urgent first`,
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			if err := a.prepare(c); err != nil {
				return err
			}
			return a.chooseServer(c)
		},
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return command.Unknown(c, args[0])
			}
			return c.Help()
		},
		Args: cobra.ArbitraryArgs,
	}
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return fault.New(fault.Invalid, "%v", err).WithHint("%s --help lists the flags", c.CommandPath())
	})
	a.globalFlags(c)
	c.CompletionOptions.HiddenDefaultCmd = true
	c.AddCommand(a.intelCmd(), ingest.Command(a.App), connect.Command(a.App, kube.Command(a.App)), a.scanCmd(), a.affectedCmd(), a.exposuresCmd(), a.explainCmd(),
		a.actionsCmd(), a.scopeCmd(), a.measureCmd(), a.gateCmd(), twin.Command(a.App), a.auditCmd(), a.userCmd(), a.tokenCmd(), a.webhookCmd(), a.doctorCmd(), a.compactCmd(), a.serveCmd(), a.demoCmd(), a.loginCmd(), a.logoutCmd(), a.versionCmd(), exitCodesTopic())
	return c
}

func (a *app) globalFlags(c *cobra.Command) {
	f := c.PersistentFlags()
	f.StringVar(&a.Flags.Data, "data", "", "data folder (default $TIDEMARK_DATA, else the user's state folder)")
	f.StringVar(&a.Flags.DB, "db", "", "PostgreSQL URL; --data then holds caches only")
	f.StringVar(&a.Flags.Now, "now", "", "take this as the present, for valid and recorded time (RFC 3339 or a date)")
	f.StringVar(&a.Flags.AsOf, "as-of", "", "answer what was so at this time")
	f.StringVar(&a.Flags.KnownAt, "known-at", "", "answer with what was known at this time")
	f.StringVarP(&a.Flags.Output, "output", "o", output.Table, "table, json, ndjson or csv; scan and gate have more")
	f.StringVar(&a.Flags.Limit, "limit", "100", "how many rows of a list, or all")
	f.StringVar(&a.Flags.Cursor, "cursor", "", "continue a list where the page before ended: its next")
	a.Flags.Remote.Register(c)
	f.BoolVarP(&a.Flags.Verbose, "verbose", "v", false, "say on standard error what is being done")
}

// prepare reads the global flags before any sub-command runs.
func (a *app) prepare(c *cobra.Command) (err error) {
	f := a.Flags
	if err := checkFormat(c, f.Output); err != nil {
		a.Flags.Output = output.Table
		return err
	}
	if a.Now, err = command.ParseTime("--now", f.Now); err != nil {
		return err
	}
	a.AsOf.Now = a.Present()
	if a.AsOf.At, err = command.ParseTime("--as-of", f.AsOf); err != nil {
		return err
	}
	if a.AsOf.KnownAt, err = command.ParseTime("--known-at", f.KnownAt); err != nil {
		return err
	}
	if a.Limit, err = parseLimit(f.Limit); err != nil {
		return err
	}
	level := slog.LevelWarn
	if f.Verbose {
		level = slog.LevelDebug
	}
	a.Log = slog.New(slog.NewTextHandler(a.Err, &slog.HandlerOptions{Level: level}))
	a.Print = output.Printer{Out: a.Out, Format: f.Output, Width: output.TerminalWidth(a.Out)}
	return nil
}

func parseLimit(s string) (int, error) {
	if s == "all" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 0, fault.New(fault.Invalid, "--limit: %q is not a number of rows", s).WithHint("use a number from 1, or all")
	}
	return n, nil
}

func exitCodesTopic() *cobra.Command {
	return &cobra.Command{
		Use: "exit-codes", Short: "What each exit code means", Long: command.ExitCodesHelp, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(c.OutOrStdout(), command.ExitCodesHelp)
			return err
		},
	}
}

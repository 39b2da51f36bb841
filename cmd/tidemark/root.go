package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/cmd/tidemark/remote"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// streams is the process as a command sees it.
type streams struct {
	in       io.Reader
	out, err io.Writer
	env      func(string) string
}

// flags are the global flags, as given.
type flags struct {
	data, db             string
	remote               remoteFlags
	now, asOf, knownAt   string
	output, limit, query string
	cursor, sort         string
	verbose              bool
}

// app is what every sub-command works with.
type app struct {
	streams
	flags flags
	clock func() time.Time // the machine's
	now   time.Time        // --now, else zero
	asOf  ctem.AsOf
	limit int // 0: all
	print output.Printer
	log   *slog.Logger
}

// run executes one command line and returns its exit code.
func run(ctx context.Context, s streams, clock func() time.Time, args []string) int {
	a := &app{streams: s, clock: clock}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	err := remote.Fault(root.ExecuteContext(ctx))
	tell(err, a.flags.output == output.JSON, s.out, s.err)
	return exitCode(err)
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
				return unknownCommand(c, args[0])
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
	c.AddCommand(a.intelCmd(), a.ingestCmd(), a.scanCmd(), a.affectedCmd(), a.exposuresCmd(), a.explainCmd(),
		a.actionsCmd(), a.scopeCmd(), a.measureCmd(), a.gateCmd(), a.twinCmd(), a.auditCmd(), a.userCmd(), a.tokenCmd(), a.webhookCmd(), a.doctorCmd(), a.compactCmd(), a.serveCmd(), a.demoCmd(), a.loginCmd(), a.logoutCmd(), a.versionCmd(), exitCodesTopic())
	return c
}

func (a *app) globalFlags(c *cobra.Command) {
	f := c.PersistentFlags()
	f.StringVar(&a.flags.data, "data", "", "data folder (default $TIDEMARK_DATA, else the user's state folder)")
	f.StringVar(&a.flags.db, "db", "", "PostgreSQL URL; --data then holds caches only")
	f.StringVar(&a.flags.now, "now", "", "take this as the present, for valid and recorded time (RFC 3339 or a date)")
	f.StringVar(&a.flags.asOf, "as-of", "", "answer what was so at this time")
	f.StringVar(&a.flags.knownAt, "known-at", "", "answer with what was known at this time")
	f.StringVarP(&a.flags.output, "output", "o", output.Table, "table, json, ndjson or csv; scan and gate have more")
	f.StringVar(&a.flags.limit, "limit", "100", "how many rows of a list, or all")
	f.StringVar(&a.flags.cursor, "cursor", "", "continue a list where the page before ended: its next")
	a.flags.remote.register(c)
	f.BoolVarP(&a.flags.verbose, "verbose", "v", false, "say on standard error what is being done")
}

// prepare reads the global flags before any sub-command runs.
func (a *app) prepare(c *cobra.Command) (err error) {
	f := a.flags
	if err := checkFormat(c, f.output); err != nil {
		a.flags.output = output.Table
		return err
	}
	if a.now, err = parseTime("--now", f.now); err != nil {
		return err
	}
	a.asOf.Now = a.present()
	if a.asOf.At, err = parseTime("--as-of", f.asOf); err != nil {
		return err
	}
	if a.asOf.KnownAt, err = parseTime("--known-at", f.knownAt); err != nil {
		return err
	}
	if a.limit, err = parseLimit(f.limit); err != nil {
		return err
	}
	level := slog.LevelWarn
	if f.verbose {
		level = slog.LevelDebug
	}
	a.log = slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: level}))
	a.print = output.Printer{Out: a.out, Format: f.output, Width: output.TerminalWidth(a.out)}
	return nil
}

// present is the clock of the data: --now, else the machine's.
func (a *app) present() time.Time {
	if !a.now.IsZero() {
		return a.now
	}
	return a.clock().UTC().Truncate(time.Microsecond)
}

// dataDir is the folder of the embedded store and of caches.
func (a *app) dataDir() (string, error) {
	if a.flags.data != "" {
		return a.flags.data, nil
	}
	if dir := a.env("TIDEMARK_DATA"); dir != "" {
		return dir, nil
	}
	if dir := a.env("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "tidemark"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fault.Wrap(fault.Invalid, err, "find the user's state folder: use --data DIR")
	}
	return filepath.Join(home, ".local", "state", "tidemark"), nil
}

// parseTime reads a time of the command line; "" is the zero time.
func parseTime(flag, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= 1970 && t.Year() < 10000 {
			return t.UTC().Truncate(time.Microsecond), nil
		}
	}
	return time.Time{}, fault.New(fault.Invalid, "%s: %q is not a time", flag, s).
		WithHint("use RFC 3339, 2026-11-22T10:00:00Z, or a date, 2026-11-22")
}

// parseDuration reads 90d, 12h, 30m or a mix that Go knows.
func parseDuration(flag, s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	if n, ok := strings.CutSuffix(s, "d"); ok {
		if days, err := strconv.Atoi(n); err == nil && days > 0 && days < 36500 {
			return time.Duration(days) * 24 * time.Hour, nil
		}
	}
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return 0, fault.New(fault.Invalid, "%s: %q is not a duration", flag, s).WithHint("use for example 30m, 8h or 7d")
	}
	return d, nil
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

// group is a command that only holds sub-commands.
func group(use, short string, subs ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: cobra.ArbitraryArgs, RunE: func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownCommand(c, args[0])
		}
		return c.Help()
	}}
	c.AddCommand(subs...)
	return c
}

// unknownCommand suggests the nearest command.
func unknownCommand(c *cobra.Command, name string) error {
	c.SuggestionsMinimumDistance = 2
	err := fault.New(fault.Invalid, "no command %q", strings.TrimSpace(c.CommandPath()+" "+name))
	if near := c.SuggestionsFor(name); len(near) > 0 {
		return err.WithHint("did you mean %q?", near[0])
	}
	return err.WithHint("%s --help lists the commands", c.CommandPath())
}

// args checks how many arguments a command got.
func args(least, most int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, given []string) error {
		if len(given) >= least && (most < 0 || len(given) <= most) {
			return nil
		}
		return fault.New(fault.Invalid, "%s needs %s, and got %d arguments", c.CommandPath(), what, len(given)).
			WithHint("usage: %s", c.UseLine())
	}
}

func exitCodesTopic() *cobra.Command {
	return &cobra.Command{
		Use: "exit-codes", Short: "What each exit code means", Long: exitCodesHelp, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(c.OutOrStdout(), exitCodesHelp)
			return err
		},
	}
}

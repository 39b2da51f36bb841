// Package command is what the sub-commands have in common: the process and the
// global flags, the data or the server that a command works on, times and
// arguments as people write them, and exit codes.
//
// The model. A sub-command asks (Asking), or changes (Writing, Changing), on the
// data that the flags name, or does the same through a server (Remotely); it never
// knows which. Invariants. No rules, and no sub-command of its own: whoever makes
// one is above.
package command

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// Streams is the process as a command sees it.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	Env      func(string) string
}

// Flags are the global flags, as given.
type Flags struct {
	Data, DB             string
	Remote               Remote
	Now, AsOf, KnownAt   string
	Output, Limit, Query string
	Cursor, Sort         string
	Verbose              bool
}

// App is what every sub-command works with.
type App struct {
	Streams
	Flags   Flags
	Version string
	Clock   func() time.Time // the machine's
	Now     time.Time        // --now, else zero
	AsOf    ctem.AsOf
	Limit   int // 0: all
	Print   output.Printer
	Log     *slog.Logger
}

// Present is the clock of the data: --now, else the machine's.
func (a *App) Present() time.Time {
	if !a.Now.IsZero() {
		return a.Now
	}
	return a.Clock().UTC().Truncate(time.Microsecond)
}

// DataDir is the folder of the embedded store and of caches.
func (a *App) DataDir() (string, error) {
	if a.Flags.Data != "" {
		return a.Flags.Data, nil
	}
	if dir := a.Env("TIDEMARK_DATA"); dir != "" {
		return dir, nil
	}
	if dir := a.Env("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "tidemark"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fault.Wrap(fault.Invalid, err, "find the user's state folder: use --data DIR")
	}
	return filepath.Join(home, ".local", "state", "tidemark"), nil
}

// ParseTime reads a time of the command line; "" is the zero time.
func ParseTime(flag, s string) (time.Time, error) {
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

// ParseDuration reads 90d, 12h, 30m or a mix that Go knows.
func ParseDuration(flag, s string) (time.Duration, error) {
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

// Group is a command that only holds sub-commands.
func Group(use, short string, subs ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: cobra.ArbitraryArgs, RunE: func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return Unknown(c, args[0])
		}
		return c.Help()
	}}
	c.AddCommand(subs...)
	return c
}

// Unknown suggests the nearest command.
func Unknown(c *cobra.Command, name string) error {
	c.SuggestionsMinimumDistance = 2
	err := fault.New(fault.Invalid, "no command %q", strings.TrimSpace(c.CommandPath()+" "+name))
	if near := c.SuggestionsFor(name); len(near) > 0 {
		return err.WithHint("did you mean %q?", near[0])
	}
	return err.WithHint("%s --help lists the commands", c.CommandPath())
}

// Args checks how many arguments a command got.
func Args(least, most int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, given []string) error {
		if len(given) >= least && (most < 0 || len(given) <= most) {
			return nil
		}
		return fault.New(fault.Invalid, "%s needs %s, and got %d arguments", c.CommandPath(), what, len(given)).
			WithHint("usage: %s", c.UseLine())
	}
}

// NoWait gives a command the flag not to wait for what follows from evidence.
func NoWait(a *App, c *cobra.Command) {
	c.Flags().BoolVar(&a.Flags.Remote.NoWait, "no-wait", false, "with --server: do not wait until what follows is computed")
}

// ReadBounded reads a whole file that is not larger than limit.
func ReadBounded(path string, limit int64) (body []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "read the input")
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	body, err = io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "read the input")
	}
	if int64(len(body)) > limit {
		return nil, fault.New(fault.Invalid, "%s is larger than %d MiB", path, limit>>20)
	}
	return body, nil
}

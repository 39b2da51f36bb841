package command_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/internal/fault"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]time.Duration{"": 0, "90d": 90 * 24 * time.Hour, "8h": 8 * time.Hour, "1h30m": 90 * time.Minute} {
		if got, err := command.ParseDuration("--x", in); err != nil || got != want {
			t.Errorf("%q: %v %v, want %v", in, got, err, want)
		}
	}
	for _, bad := range []string{"0d", "-1h", "8", "d", "99999d"} {
		if got, err := command.ParseDuration("--x", bad); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v %v", bad, got, err)
		}
	}
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for _, in := range []string{"2026-11-22T10:00:00Z", "2026-11-22T12:00:00+02:00", "2026-11-22T10:00"} {
		if got, err := command.ParseTime("--at", in); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v %v", in, got, err)
		}
	}
	if _, err := command.ParseTime("--at", "yesterday"); !strings.Contains(fmt.Sprint(err), "yesterday") {
		t.Errorf("an unusable time: %v", err)
	}
}

func TestExitCode(t *testing.T) {
	t.Parallel()
	for want, err := range map[int]error{
		0: nil, 1: command.Exit(command.ExitBad), 2: fault.New(fault.Invalid, "x"), 3: errors.New("x"), 4: fault.New(fault.Forbidden, "x"),
		5: fault.New(fault.NotFound, "x"), 130: fmt.Errorf("stopped: %w", context.Canceled),
	} {
		if got := command.ExitCode(err); got != want {
			t.Errorf("%v: %d, want %d", err, got, want)
		}
	}
	var out, errs bytes.Buffer
	command.Tell(fault.New(fault.NotFound, "no such thing").WithHint("look elsewhere"), true, &out, &errs)
	if !strings.Contains(errs.String(), "look elsewhere") || !strings.Contains(out.String(), `"code":"not-found"`) {
		t.Errorf("told %q and %q", out.String(), errs.String())
	}
}

func TestGroupRefusesUnknown(t *testing.T) {
	t.Parallel()
	list := &cobra.Command{Use: "list", RunE: func(*cobra.Command, []string) error { return nil }}
	g := command.Group("things", "Things", list)
	g.SetArgs([]string{"lisst"})
	g.SilenceErrors, g.SilenceUsage = true, true
	if err := g.Execute(); fault.KindOf(err) != fault.Invalid || !strings.Contains(fault.HintOf(err), "list") {
		t.Errorf("got %v (%s)", err, fault.HintOf(err))
	}
}

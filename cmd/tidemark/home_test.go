package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
)

// homeOf is the data that --data or --db of a command line names.
func homeOf(where []string, now func() time.Time) local.Home {
	h := local.Home{Now: now, Log: slog.New(slog.DiscardHandler), Err: io.Discard, Dir: func() (string, error) { return "", nil }}
	for i := 0; i+1 < len(where); i += 2 {
		switch where[i] {
		case "--data":
			h.Dir = func() (string, error) { return where[i+1], nil }
		case "--db":
			h.URL = where[i+1]
		}
	}
	return h
}

// opened opens such data until the end of the test.
func opened(t testing.TB, where []string) *local.Session {
	t.Helper()
	s, err := homeOf(where, func() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }).Open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.DB.Close() })
	return s
}

// with runs a command that reads something, and gives its exit code and its JSON.
func (c *cli) with(stdin string, args ...string) (ran, string) {
	c.t.Helper()
	var out, errs bytes.Buffer
	s := command.Streams{In: strings.NewReader(stdin), Out: &out, Err: &errs, Env: func(string) string { return "" }}
	full := append(append(append([]string{}, c.where...), args...), "-o", "json")
	if !c.now.IsZero() {
		full = append(full, "--now", c.now.Format(time.RFC3339))
	}
	code := run(context.Background(), s, time.Now, full)
	return ran{code, out.String()}, errs.String()
}

// clock is the time of the commands; the machine's where none was set.
func (c *cli) clock() time.Time {
	if c.now.IsZero() {
		return time.Now().UTC().Truncate(time.Microsecond)
	}
	return c.now
}

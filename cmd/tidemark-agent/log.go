package main

import (
	"io"
	"log/slog"
	"regexp"

	"github.com/tidemark/tidemark/internal/fault"
)

// secret is what a token of ours, or a bearer's, looks like.
var secret = regexp.MustCompile(`tdm_[A-Za-z0-9_-]+|(?i:bearer) [A-Za-z0-9._~+/=-]+`)

// masked hides tokens, and passwords in URLs.
func masked(s string) string { return secret.ReplaceAllString(fault.Mask(s), "***") }

// newLog writes what happens, one line each, with secrets masked.
func newLog(w io.Writer, asJSON, verbose bool) *slog.Logger {
	o := &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		switch v := a.Value.Any().(type) {
		case string:
			a.Value = slog.StringValue(masked(v))
		case error:
			a.Value = slog.StringValue(masked(v.Error()))
		}
		return a
	}}
	if verbose {
		o.Level = slog.LevelDebug
	}
	if asJSON {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

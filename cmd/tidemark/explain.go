package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/internal/match"
	"github.com/tidemark/tidemark/internal/prioritize"
)

// rules is the version of everything that an answer follows from.
func rules() string { return prioritize.Rules + " " + match.Rules }

func (a *app) explainCmd() *cobra.Command {
	return &cobra.Command{
		Use: "explain EXP", Short: "Why an exposure is decided as it is: sentence, waterfall, deadline, gates",
		Args: command.Args(1, 1, "the id of an exposure (EXP-…)"),
		RunE: func(c *cobra.Command, ids []string) error { return a.explain(c.Context(), ids[0]) },
	}
}

func (a *app) explain(ctx context.Context, id string) error {
	return a.Asking(ctx, func(d command.Answers) error {
		doc, err := d.Explain(ctx, id, a.Moment())
		if err != nil {
			return err
		}
		return a.Print.Document(doc, func(w io.Writer) { explainText(w, doc) })
	})
}

func explainText(w io.Writer, d api.Explanation) {
	_, _ = fmt.Fprintf(w, "%s\n\n%s\n\n", output.Plain(d.Sentence), d.ID)
	_, _ = fmt.Fprintf(w, "SCORE %d (%s; %d to %d with evidence grade %s)\n", d.Score, d.Band, d.Low, d.High, d.Grade)
	for _, f := range d.Factors {
		assumed := ""
		if f.Assumed {
			assumed = " (assumed)"
		}
		_, _ = fmt.Fprintf(w, "  %+6d  %-14s %-8.4g %s%s%s\n", f.Points, f.Name, f.Value, output.Plain(f.Evidence), assumed, shownAge(f.Age))
	}
	if d.Question != "" {
		_, _ = fmt.Fprintf(w, "  Knowing %s better could move this by up to %d points.\n", d.Question, d.QuestionPoints)
	}
	_, _ = fmt.Fprintf(w, "\nDEADLINE %s by %s: %s\n", output.Day(d.Deadline.Due), d.Deadline.Table, d.Deadline.Row)
	for _, in := range d.Deadline.Inputs {
		assumed := ""
		if in.Assumed {
			assumed = " (assumed)"
		}
		_, _ = fmt.Fprintf(w, "  %-18s %s%s  %s\n", in.Name, in.Value, assumed, output.Plain(in.Source))
	}
	_, _ = fmt.Fprintln(w, "\nGATES")
	for _, g := range d.GateReasons {
		_, _ = fmt.Fprintf(w, "  %-12s %-8s %s%s\n", g.Gate, g.Value, output.Plain(g.Reason), shownAge(g.Age))
	}
	_, _ = fmt.Fprintf(w, "\nLOADED %s: %s%s\n", d.Loaded.Answer, output.Plain(d.Loaded.Reason), watchedBy(d.Loaded))
	windowsText(w, d.Windows)
	_, _ = fmt.Fprintln(w, "\nMATCHES")
	for _, m := range d.Matches {
		_, _ = fmt.Fprintf(w, "  %s\n    %s\n", output.Plain(m.Purl), output.Plain(m.Reason))
	}
}

// watchedBy says who watched, and in which window.
func watchedBy(l api.Loaded) string {
	if l.Source == "" || l.From == nil || l.To == nil {
		return ""
	}
	return fmt.Sprintf(" (%s, %s to %s)", output.Plain(l.Source), l.From.Format("2006-01-02 15:04Z"), l.To.Format("2006-01-02 15:04Z"))
}

// windowsText tells the moments of an exposure, and how long it was what.
func windowsText(w io.Writer, d api.Windows) {
	_, _ = fmt.Fprintln(w, "\nWINDOWS")
	for _, m := range d.Marks {
		at := m.State
		if m.At != nil {
			at = output.Clock(*m.At)
		}
		_, _ = fmt.Fprintf(w, "  %-10s %-22s %s\n", m.What, at, output.Plain(m.Basis))
	}
	for _, s := range d.Spans {
		more := ""
		if s.Open {
			more = ", and it goes on"
		}
		if s.State != "known" {
			more += "; or longer: not all is known"
		}
		_, _ = fmt.Fprintf(w, "  %-10s for %s%s\n", s.What, time.Duration(s.Seconds)*time.Second, more)
	}
}

// shownAge prints an age for people, in its largest unit.
func shownAge(seconds *int64) string {
	if seconds == nil {
		return ""
	}
	d := time.Duration(*seconds) * time.Second
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf(", %d days old", int(d/(24*time.Hour)))
	case d >= time.Hour:
		return fmt.Sprintf(", %d h old", int(d/time.Hour))
	}
	return fmt.Sprintf(", %d min old", int(d/time.Minute))
}

package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/match"
	"github.com/tidemark/tidemark/internal/prioritize"
)

// rules is the version of everything that an answer follows from.
func rules() string { return prioritize.Rules + " " + match.Rules }

func (a *app) explainCmd() *cobra.Command {
	return &cobra.Command{
		Use: "explain EXP", Short: "Why an exposure is decided as it is: sentence, waterfall, deadline, gates",
		Args: args(1, 1, "the id of an exposure (EXP-…)"),
		RunE: func(c *cobra.Command, ids []string) error { return a.explain(c.Context(), ids[0]) },
	}
}

func (a *app) explain(ctx context.Context, id string) error {
	return a.reading(ctx, func(s *session) error {
		e, err := s.db.FindExposure(ctx, id, a.asOf)
		if err != nil {
			return err
		}
		x, err := prioritize.Explainer{History: s.db}.Explain(ctx, e, a.asOf)
		if err != nil {
			return err
		}
		doc := explanation(x, a.asOf)
		return a.print.document(doc, func(w io.Writer) { explainText(w, doc, x) })
	})
}

func explanation(x prioritize.Explanation, asOf ctem.AsOf) api.Explanation {
	e, d, now := x.Exposure, x.Decision, asOf.Time()
	doc := api.Explanation{
		Schema: api.SchemaExplain, AsOf: now, KnownAt: at(asOf.KnownAt), ID: e.ID, Weakness: e.Weakness.Canonical, Service: e.Service,
		Environment: e.Environment, Sentence: d.Sentence, Decision: string(d.Word), ComputedDecision: string(d.Computed),
		DecidedBy: decidedBy(&d), Score: d.Score, Band: d.Band, Low: d.Low, High: d.High, Grade: d.Grade, Gates: gateItems(d.Gates),
		Factors: []api.Factor{}, GateReasons: []api.GateReason{}, Rules: d.Rules,
		Deadline: api.Deadline{Due: at(d.Deadline), Table: d.Table, Row: d.Row, Inputs: []api.Input{}},
	}
	for _, f := range d.Factors {
		doc.Factors = append(doc.Factors, api.Factor{
			Name: f.Name, Value: f.Value, Low: f.Low, High: f.High, Points: f.Points,
			Evidence: f.Evidence, Source: f.Source, Age: ageAt(f.At, now), Assumed: f.Assumed,
		})
	}
	for _, in := range d.Inputs {
		doc.Deadline.Inputs = append(doc.Deadline.Inputs, api.Input(in))
	}
	for _, r := range d.Reasons {
		doc.GateReasons = append(doc.GateReasons, api.GateReason{
			Gate: r.Gate, Value: string(r.Value), Source: r.Source,
			Age: ageAt(r.At, now), Reason: r.Reason,
		})
	}
	return doc
}

func explainText(w io.Writer, d api.Explanation, x prioritize.Explanation) {
	_, _ = fmt.Fprintf(w, "%s\n\n%s\n\n", plain(d.Sentence), d.ID)
	_, _ = fmt.Fprintf(w, "SCORE %d (%s; %d to %d with evidence grade %s)\n", d.Score, d.Band, d.Low, d.High, d.Grade)
	for _, f := range d.Factors {
		assumed := ""
		if f.Assumed {
			assumed = " (assumed)"
		}
		_, _ = fmt.Fprintf(w, "  %+6d  %-14s %-8.4g %s%s%s\n", f.Points, f.Name, f.Value, plain(f.Evidence), assumed, shownAge(f.Age))
	}
	if x.Question != "" {
		_, _ = fmt.Fprintf(w, "  Knowing %s better could move this by up to %d points.\n", x.Question, x.QuestionPoints)
	}
	_, _ = fmt.Fprintf(w, "\nDEADLINE %s by %s: %s\n", day(d.Deadline.Due), d.Deadline.Table, d.Deadline.Row)
	for _, in := range d.Deadline.Inputs {
		assumed := ""
		if in.Assumed {
			assumed = " (assumed)"
		}
		_, _ = fmt.Fprintf(w, "  %-18s %s%s  %s\n", in.Name, in.Value, assumed, plain(in.Source))
	}
	_, _ = fmt.Fprintln(w, "\nGATES")
	for _, g := range d.GateReasons {
		_, _ = fmt.Fprintf(w, "  %-12s %-8s %s%s\n", g.Gate, g.Value, plain(g.Reason), shownAge(g.Age))
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

package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
)

func (a *app) measureCmd() *cobra.Command {
	funnel := &cobra.Command{
		Use: "funnel", Short: "How many exposures answer each gate with yes, no, unknown",
		Args: command.Args(0, 0, "no argument"), RunE: func(c *cobra.Command, _ []string) error { return a.funnel(c.Context()) },
	}
	days := 30
	trend := &cobra.Command{
		Use: "trend", Short: "Open exposures and risk by day",
		Args: command.Args(0, 0, "no argument"), RunE: func(c *cobra.Command, _ []string) error { return a.trend(c.Context(), days) },
	}
	trend.Flags().IntVar(&days, "days", days, "how many days, ending now or at --as-of")
	coverage := &cobra.Command{
		Use: "coverage", Short: "What the picture rests on: SBOMs, age of evidence, feeds",
		Args: command.Args(0, 0, "no argument"), RunE: func(c *cobra.Command, _ []string) error { return a.coverage(c.Context()) },
	}
	return command.Group("measure", "Whether exposure really falls", funnel, trend, coverage)
}

func (a *app) funnel(ctx context.Context) error {
	return a.Asking(ctx, func(d command.Answers) error {
		doc, err := d.Funnel(ctx, a.Moment())
		if err != nil {
			return err
		}
		return a.Print.Document(doc, func(w io.Writer) { funnelText(w, doc) })
	})
}

func funnelText(w io.Writer, f api.Funnel) {
	_, _ = fmt.Fprintf(w, "%-12s %7s %7s %7s   of %d exposures, open or unknown\n", "GATE", "YES", "NO", "UNKNOWN", f.Total)
	for _, g := range []string{"found", "running", "reachable", "exploitable", "matters"} {
		c := f.Gates[g]
		_, _ = fmt.Fprintf(w, "%-12s %7d %7d %7d\n", g, c.Yes, c.No, c.Unknown)
	}
	_, _ = fmt.Fprintf(w, "%-12s %7d   and %d more that policy puts there without passing every gate\n", "act now", f.ActNow, f.ActNowOutside)
}

func (a *app) trend(ctx context.Context, days int) error {
	return a.Asking(ctx, func(d command.Answers) error {
		doc, err := d.Trend(ctx, days, a.Moment())
		if err != nil {
			return err
		}
		if a.Print.Format == output.CSV || a.Print.Format == output.NDJSON {
			return a.printTrend(doc)
		}
		return a.Print.Document(doc, func(io.Writer) { _ = a.printTrend(doc) })
	})
}

func (a *app) printTrend(doc api.Trend) error {
	if a.Print.Format == output.NDJSON {
		return output.Lines(a.Out, doc.Items)
	}
	return output.Rows(&a.Print, doc.Items, []output.Column[api.TrendDay]{
		{Head: "DAY", Cell: func(d api.TrendDay) string { return d.Day }},
		{Head: "OPEN", Cell: func(d api.TrendDay) string { return strconv.Itoa(d.Open) }},
		{Head: "SCORE", Cell: func(d api.TrendDay) string { return strconv.Itoa(d.Score) }},
		{Head: "RISK", Cell: func(d api.TrendDay) string { return fmt.Sprintf("%.4f", d.Risk) }},
	})
}

func (a *app) coverage(ctx context.Context) error {
	return a.Asking(ctx, func(d command.Answers) error {
		doc, err := d.Coverage(ctx, a.Moment())
		if err != nil {
			return err
		}
		return a.Print.Document(doc, func(w io.Writer) { coverageText(w, doc) })
	})
}

func coverageText(w io.Writer, c api.MeasureCoverage) {
	_, _ = fmt.Fprintf(w, "workloads    %d, contents known of %d (%d of them by name and tag only: unproven)\n", c.Workloads, c.WithSBOM, c.Unproven)
	for _, name := range c.WithoutSBOM {
		_, _ = fmt.Fprintf(w, "  cannot say %s: an image without SBOM\n", output.Plain(name))
	}
	if c.OldestEvidence != nil {
		_, _ = fmt.Fprintf(w, "evidence     median %s, oldest of %s\n", shownAge(c.MedianAge)[2:], output.Clock(*c.OldestEvidence))
	}
	for _, s := range c.StaleSources {
		_, _ = fmt.Fprintf(w, "  stale      %s\n", output.Plain(s))
	}
	for _, s := range c.UnknownSources {
		_, _ = fmt.Fprintf(w, "  too old    %s\n", output.Plain(s))
	}
	_, _ = fmt.Fprintf(w, "components   %d undecided\n", c.UndecidedParts)
	for _, r := range []string{"no-version", "no-purl", "unsupported-ecosystem", "unparsable-version", "no-feed", "no-release", "git-only", "no-range", "damaged-feed"} {
		if n := c.UndecidedReason[r]; n > 0 {
			_, _ = fmt.Fprintf(w, "  %-22s %d\n", r, n)
		}
	}
	for _, f := range c.Feeds {
		_, _ = fmt.Fprintf(w, "feed         %-5s %-16s data of %s, loaded %s\n", f.Kind, f.Name, output.Day(f.DataTime), output.Day(f.LoadedAt))
	}
}

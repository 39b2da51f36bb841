package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/measure"
)

func (a *app) measureCmd() *cobra.Command {
	funnel := &cobra.Command{
		Use: "funnel", Short: "How many exposures answer each gate with yes, no, unknown",
		Args: args(0, 0, "no argument"), RunE: func(c *cobra.Command, _ []string) error { return a.funnel(c.Context()) },
	}
	days := 30
	trend := &cobra.Command{
		Use: "trend", Short: "Open exposures and risk by day",
		Args: args(0, 0, "no argument"), RunE: func(c *cobra.Command, _ []string) error { return a.trend(c.Context(), days) },
	}
	trend.Flags().IntVar(&days, "days", days, "how many days, ending now or at --as-of")
	coverage := &cobra.Command{
		Use: "coverage", Short: "What the picture rests on: SBOMs, age of evidence, feeds",
		Args: args(0, 0, "no argument"), RunE: func(c *cobra.Command, _ []string) error { return a.coverage(c.Context()) },
	}
	return group("measure", "Whether exposure really falls", funnel, trend, coverage)
}

// measuring runs a question on the measures.
func (a *app) measuring(ctx context.Context, fn func(measure.Measures) error) error {
	return a.reading(ctx, func(s *session) error { return fn(measure.Measures{Exposures: s.db, Estate: s.db}) })
}

func (a *app) funnel(ctx context.Context) error {
	return a.measuring(ctx, func(m measure.Measures) error {
		f, err := m.Funnel(ctx, a.asOf)
		if err != nil {
			return err
		}
		doc := api.Funnel{
			Schema: api.SchemaFunnel, AsOf: a.asOf.Time(), KnownAt: at(a.asOf.KnownAt), Total: f.Total, ActNow: f.ActNow, ActNowOutside: f.ActNowOutside,
			Gates: map[string]api.Count{
				"found": api.Count(f.Found), "running": api.Count(f.Running), "reachable": api.Count(f.Reachable),
				"exploitable": api.Count(f.Exploitable), "matters": api.Count(f.Matters),
			},
		}
		return a.print.document(doc, func(w io.Writer) { funnelText(w, doc) })
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
	return a.measuring(ctx, func(m measure.Measures) error {
		list, err := m.Trend(ctx, a.asOf, days)
		if err != nil {
			return err
		}
		doc := api.Trend{Schema: api.SchemaTrend, AsOf: a.asOf.Time(), KnownAt: at(a.asOf.KnownAt), Items: []api.TrendDay{}}
		for _, d := range list {
			doc.Items = append(doc.Items, api.TrendDay{Day: d.Day.Format("2006-01-02"), Open: d.Open, Risk: d.Risk, Score: d.Score})
		}
		if a.print.format == formatCSV || a.print.format == formatNDJSON {
			return a.printTrend(doc)
		}
		return a.print.document(doc, func(io.Writer) { _ = a.printTrend(doc) })
	})
}

func (a *app) printTrend(doc api.Trend) error {
	if a.print.format == formatNDJSON {
		return lines(a.out, doc.Items)
	}
	return printRows(&a.print, doc.Items, []column[api.TrendDay]{
		{"DAY", func(d api.TrendDay) string { return d.Day }},
		{"OPEN", func(d api.TrendDay) string { return strconv.Itoa(d.Open) }},
		{"SCORE", func(d api.TrendDay) string { return strconv.Itoa(d.Score) }},
		{"RISK", func(d api.TrendDay) string { return fmt.Sprintf("%.4f", d.Risk) }},
	})
}

func (a *app) coverage(ctx context.Context) error {
	return a.measuring(ctx, func(m measure.Measures) error {
		c, err := m.Coverage(ctx, a.asOf)
		if err != nil {
			return err
		}
		doc := api.MeasureCoverage{
			Schema: api.SchemaCoverage, AsOf: a.asOf.Time(), KnownAt: at(a.asOf.KnownAt), Workloads: c.Workloads, WithSBOM: c.WithSBOM,
			Unproven: c.Unproven, WithoutSBOM: list(c.WithoutSBOM), OldestEvidence: at(c.OldestSeen),
			StaleSources: list(c.StaleSources), UnknownSources: list(c.LapsedSources), UndecidedParts: c.Undecided,
			UndecidedReason: c.ByReason, Feeds: feedItems(c.Feeds),
		}
		if doc.UndecidedReason == nil {
			doc.UndecidedReason = map[string]int{}
		}
		if c.Dated > 0 {
			seconds := int64(c.MedianAge / time.Second)
			doc.MedianAge = &seconds
		}
		return a.print.document(doc, func(w io.Writer) { coverageText(w, doc) })
	})
}

func coverageText(w io.Writer, c api.MeasureCoverage) {
	_, _ = fmt.Fprintf(w, "workloads    %d, contents known of %d (%d of them by name and tag only: unproven)\n", c.Workloads, c.WithSBOM, c.Unproven)
	for _, name := range c.WithoutSBOM {
		_, _ = fmt.Fprintf(w, "  cannot say %s: an image without SBOM\n", plain(name))
	}
	if c.OldestEvidence != nil {
		_, _ = fmt.Fprintf(w, "evidence     median %s, oldest of %s\n", shownAge(c.MedianAge)[2:], clock(*c.OldestEvidence))
	}
	for _, s := range c.StaleSources {
		_, _ = fmt.Fprintf(w, "  stale      %s\n", plain(s))
	}
	for _, s := range c.UnknownSources {
		_, _ = fmt.Fprintf(w, "  too old    %s\n", plain(s))
	}
	_, _ = fmt.Fprintf(w, "components   %d undecided\n", c.UndecidedParts)
	for _, r := range []string{"no-version", "no-purl", "unsupported-ecosystem", "unparsable-version", "no-feed", "no-release", "git-only"} {
		if n := c.UndecidedReason[r]; n > 0 {
			_, _ = fmt.Fprintf(w, "  %-22s %d\n", r, n)
		}
	}
	for _, f := range c.Feeds {
		_, _ = fmt.Fprintf(w, "feed         %-5s %-16s data of %s, loaded %s\n", f.Kind, f.Name, day(f.DataTime), day(f.LoadedAt))
	}
}

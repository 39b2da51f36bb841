package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/gate"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/intel"
)

// gateFlags are the flags of gate, as given.
type gateFlags struct {
	sbom, intel, service, environment string
	failOn                            []string
	maxAge                            string
}

func (a *app) gateCmd() *cobra.Command {
	var f gateFlags
	c := &cobra.Command{
		Use: "gate --sbom FILE --intel DIR", Short: "Pass or fail a build before it is deployed",
		Long: `Decide whether a build may go on: its SBOM against a folder of advisories, by
the same rules as everything else. With --service and --environment the doors
of that place as the store knows them are part of the decision.

  tidemark gate --sbom shop.cdx.json --intel ./intel
  tidemark gate --sbom shop.cdx.json --intel ./intel --fail-on schedule --fail-on kev
  tidemark gate --sbom shop.cdx.json --intel ./intel --service shop --environment prod

Exit codes: 0 pass, 1 fail, 6 cannot decide (no feed, unreadable version, data
older than --max-age); 1 wins over 6.`,
		Args: args(0, 0, "no argument"), RunE: func(c *cobra.Command, _ []string) error { return a.judge(c.Context(), f) },
	}
	c.Flags().StringVar(&f.sbom, "sbom", "", "the build's SBOM")
	c.Flags().StringVar(&f.intel, "intel", "", "folder with OSV <Ecosystem>/all.zip, KEV and EPSS anywhere below")
	c.Flags().StringVar(&f.service, "service", "", "service that the build is for")
	c.Flags().StringVar(&f.environment, "environment", "", "environment that it goes to")
	c.Flags().StringArrayVar(&f.failOn, "fail-on", []string{"act"}, "act, schedule (includes act), kev, or score>=N; may be given several times")
	c.Flags().StringVar(&f.maxAge, "max-age", "", "how old the feeds' data may be, as 24h or 7d")
	return c
}

func (a *app) judge(ctx context.Context, f gateFlags) error {
	conditions, err := gate.ParseConditions(f.failOn)
	if err != nil {
		return err
	}
	maxAge, err := parseDuration("--max-age", f.maxAge)
	if err != nil {
		return err
	}
	if f.sbom == "" || (f.service == "") != (f.environment == "") {
		return fault.New(fault.Invalid, "gate needs --sbom FILE, and --service together with --environment").
			WithHint("tidemark gate --sbom FILE --intel DIR [--service S --environment E]")
	}
	doc, err := gate.Read(f.sbom)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "%s", f.sbom)
	}
	known, err := a.load(ctx, f.intel, []gate.Document{doc}, true)
	if err != nil {
		return err
	}
	place, err := a.placeOf(ctx, f)
	if err != nil {
		return err
	}
	j := gate.Judge{
		Knowledge: known, Place: place, Now: a.asOf.Time(), Conditions: conditions,
		Others: func(names map[string]bool) ([]advisory.Record, error) { return intel.Named(ctx, f.intel, names) },
	}
	out, err := j.Verdict(doc, maxAge)
	if err != nil {
		return err
	}
	out.FailOn = f.failOn
	if err := a.print.Document(out, func(w io.Writer) { gateText(w, out) }); err != nil {
		return err
	}
	switch out.Verdict {
	case "fail":
		return exit{exitBad}
	case "unknown":
		return exit{exitUndecided}
	}
	return nil
}

// placeOf asks the store for the place that the flags name.
func (a *app) placeOf(ctx context.Context, f gateFlags) (gate.Place, error) {
	if f.service == "" {
		return gate.PlaceOf("", "", nil), nil
	}
	here := a.moment()
	ask := api.Query{Query: "svc:" + quoted(f.service) + " env:" + quoted(f.environment), AsOf: here.AsOf, KnownAt: here.KnownAt}
	var page api.List[api.Workload]
	err := a.asking(ctx, func(d answers) (err error) {
		page, err = d.Workloads(ctx, ask)
		return err
	})
	return gate.PlaceOf(f.service, f.environment, page.Items), err
}

// quoted is a value of a query, whatever is in it.
func quoted(value string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}

func gateText(w io.Writer, out api.Gate) {
	_, _ = fmt.Fprintln(w, out.Sentence)
	for _, f := range out.Failed {
		_, _ = fmt.Fprintf(w, "  %-9s %4d  %s in %s, fix %s (%s)\n", f.Decision, f.Score, f.Weakness, output.Plain(f.Component), cmp.Or(deref(f.Fix), "none known"), f.Reason)
	}
	if len(out.Undecided) > 0 {
		reasons := map[string]int{}
		for _, u := range out.Undecided {
			reasons[u.Reason]++
		}
		var parts []string
		for r, n := range reasons {
			parts = append(parts, fmt.Sprintf("%d %s", n, r))
		}
		slices.Sort(parts)
		_, _ = fmt.Fprintf(w, "  undecided: %s\n", strings.Join(parts, ", "))
	}
}

package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/intel"
	"github.com/tidemark/tidemark/internal/twin"
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
		Args: args(0, 0, "no argument"), RunE: func(c *cobra.Command, _ []string) error { return a.gate(c.Context(), f) },
	}
	c.Flags().StringVar(&f.sbom, "sbom", "", "the build's SBOM")
	c.Flags().StringVar(&f.intel, "intel", "", "folder with OSV <Ecosystem>/all.zip, KEV and EPSS anywhere below")
	c.Flags().StringVar(&f.service, "service", "", "service that the build is for")
	c.Flags().StringVar(&f.environment, "environment", "", "environment that it goes to")
	c.Flags().StringArrayVar(&f.failOn, "fail-on", []string{"act"}, "act, schedule (includes act), kev, or score>=N; may be given several times")
	c.Flags().StringVar(&f.maxAge, "max-age", "", "how old the feeds' data may be, as 24h or 7d")
	return c
}

func (a *app) gate(ctx context.Context, f gateFlags) error {
	conditions, err := parseFailOn(f.failOn)
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
	doc, err := readSBOM(f.sbom)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "%s", f.sbom)
	}
	known, err := a.intelFor(ctx, f.intel, []document{{f.sbom, doc}}, true)
	if err != nil {
		return err
	}
	place, err := a.placeOf(ctx, f)
	if err != nil {
		return err
	}
	j := judge{
		knowledge: known, place: place, now: a.asOf.Time(), conditions: conditions,
		others: func(names map[string]bool) ([]advisory.Record, error) { return intel.Named(ctx, f.intel, names) },
	}
	out, err := j.verdict(document{f.sbom, doc}, maxAge)
	if err != nil {
		return err
	}
	out.FailOn = f.failOn
	if err := a.print.document(out, func(w io.Writer) { gateText(w, out) }); err != nil {
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

// condition is one --fail-on.
type condition struct {
	text  string
	meets func(d ctem.Decision, kev bool) bool
}

func parseFailOn(given []string) ([]condition, error) {
	var out []condition
	for _, g := range given {
		for text := range strings.SplitSeq(g, ",") {
			c, err := parseCondition(strings.ToLower(strings.TrimSpace(text)))
			if err != nil {
				return nil, err
			}
			out = append(out, c)
		}
	}
	return out, nil
}

func parseCondition(text string) (condition, error) {
	if n, ok := strings.CutPrefix(text, "score>="); ok {
		if least, err := strconv.Atoi(n); err == nil && least >= 0 && least <= 1000 {
			return condition{text, func(d ctem.Decision, _ bool) bool { return d.Score >= least }}, nil
		}
	}
	switch text {
	case "act":
		return condition{text, func(d ctem.Decision, _ bool) bool { return d.Word == ctem.ActNow }}, nil
	case "schedule":
		return condition{text, func(d ctem.Decision, _ bool) bool { return d.Word.Urgency() >= ctem.Schedule.Urgency() }}, nil
	case "kev":
		return condition{text, func(_ ctem.Decision, kev bool) bool { return kev }}, nil
	}
	return condition{}, fault.New(fault.Invalid, "--fail-on: no condition %q", text).WithHint("use act, schedule, kev or score>=N with N from 0 to 1000")
}

// placed is what the store knows about where the build goes.
type placed struct {
	service, environment string
	running, reachable   ctem.Tri
	doors                []twin.Door
}

// placeOf asks the store for the place that the flags name. A place that the
// store does not know leaves everything unknown.
func (a *app) placeOf(ctx context.Context, f gateFlags) (p placed, err error) {
	p = placed{service: f.service, environment: f.environment, running: ctem.Unknown, reachable: ctem.Unknown}
	if f.service == "" {
		return p, nil
	}
	here := a.moment()
	ask := api.Query{Query: "svc:" + quoted(f.service) + " env:" + quoted(f.environment), AsOf: here.AsOf, KnownAt: here.KnownAt}
	err = a.asking(ctx, func(d answers) error {
		page, err := d.Workloads(ctx, ask)
		if err != nil {
			return err
		}
		for _, w := range page.Items {
			for _, door := range w.Doors {
				p.doors = append(p.doors, twin.Door(door))
			}
			p.reachable = either(p.reachable, ctem.Tri(w.Reachable))
			if ctem.Tri(w.Running) == ctem.Yes {
				p.running = ctem.Yes // the build takes the place of what runs there
			}
		}
		return nil
	})
	return p, err
}

// quoted is a value of a query, whatever is in it.
func quoted(value string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}

// either is yes when one of two workloads says yes, no when all known ones say no.
func either(a, b ctem.Tri) ctem.Tri {
	if a == ctem.Yes || b == ctem.Yes {
		return ctem.Yes
	}
	return cmp.Or(b, ctem.Unknown)
}

func (j *judge) sentence(out *api.Gate) string {
	switch out.Verdict {
	case "fail":
		return fmt.Sprintf("GATE FAIL: %d weaknesses meet --fail-on", len(out.Failed))
	case "unknown":
		return "GATE UNKNOWN: " + j.doubt
	}
	return fmt.Sprintf("GATE PASS: none of %d weaknesses meets --fail-on", j.judged)
}

func gateText(w io.Writer, out api.Gate) {
	_, _ = fmt.Fprintln(w, out.Sentence)
	for _, f := range out.Failed {
		_, _ = fmt.Fprintf(w, "  %-9s %4d  %s in %s, fix %s (%s)\n", f.Decision, f.Score, f.Weakness, plain(f.Component), or(deref(f.Fix), "none known"), f.Reason)
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

// tooOld lists the feeds whose data is older than allowed.
func (j *judge) tooOld(maxAge time.Duration) (out []api.Undecided) {
	if maxAge == 0 {
		return nil
	}
	for _, f := range j.Feeds {
		age := j.now.Sub(f.DataTime)
		if age > maxAge {
			detail := fmt.Sprintf("%s %s has data of %s: older than %s", f.Kind, f.Name, f.DataTime.Format("2006-01-02"), maxAge)
			out = append(out, api.Undecided{Component: string(f.Kind) + " " + f.Name, Reason: "data-too-old", Detail: detail})
		}
	}
	return out
}

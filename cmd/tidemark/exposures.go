package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/internal/fault"
)

func (a *app) exposuresCmd() *cobra.Command {
	ls := &cobra.Command{
		Use: "list [-q QUERY]", Short: "Exposures, most urgent first (open and unknown, unless -q says is:…)",
		Args: command.Args(0, 0, "no argument"), RunE: func(c *cobra.Command, _ []string) error { return a.listExposures(c.Context()) },
	}
	ls.Flags().StringVarP(&a.Flags.Query, "query", "q", "", `condition, as "decision:act env:prod -is:fixed"`)
	ls.Flags().StringVar(&a.Flags.Sort, "sort", "", `order, as "-score,service" (with --server; default: most urgent first)`)
	show := &cobra.Command{
		Use: "show EXP", Short: "One exposure: where, in what, since when, and its history",
		Args: command.Args(1, 1, "the id of an exposure (EXP-…)"), RunE: func(c *cobra.Command, ids []string) error { return a.showExposure(c.Context(), ids[0]) },
	}
	explain := a.explainCmd()
	c := command.Group("exposures", "What is exposed, and why", ls, show, explain)
	c.AddCommand(a.rulingCmds()...)
	return c
}

func (a *app) listExposures(ctx context.Context) error {
	if a.Flags.Sort != "" && !a.IsRemote() {
		return fault.New(fault.Invalid, "a data folder is listed in its own order, the most urgent first").WithHint("leave --sort out, or ask a server: --server URL")
	}
	return a.Asking(ctx, func(d command.Answers) error {
		out, err := d.Exposures(ctx, a.Query())
		if err != nil {
			return err
		}
		return output.List(&a.Print, out, exposureColumns())
	})
}

func (a *app) showExposure(ctx context.Context, id string) error {
	return a.Asking(ctx, func(d command.Answers) error {
		doc, err := d.Exposure(ctx, id, a.Moment())
		if err != nil {
			return err
		}
		return a.Print.Document(doc, func(w io.Writer) { exposureText(w, doc) })
	})
}

func exposureText(w io.Writer, d api.ExposureDetail) {
	_, _ = fmt.Fprintf(w, "%s  %s in %s\n", d.ID, d.Weakness, shortComponent(d.Exposure))
	_, _ = fmt.Fprintf(w, "  where      %s in %s\n", d.Service, d.Environment)
	_, _ = fmt.Fprintf(w, "  state      %s since %s%s\n", d.State, output.Day(d.Since), inBrackets(d.StateReason))
	if d.Regressions > 0 {
		_, _ = fmt.Fprintf(w, "  came back  %d times after it was fixed\n", d.Regressions)
	}
	_, _ = fmt.Fprintf(w, "  decision   %s, score %d%s, due %s\n", cmp.Or(d.Decision, "undecided"), d.Score, interval(d.Exposure), output.Day(d.Deadline))
	_, _ = fmt.Fprintf(w, "  gates      running %s, reachable %s, exploitable %s, matters %s\n", d.Gates.Running, d.Gates.Reachable, d.Gates.Exploitable, d.Gates.Matters)
	_, _ = fmt.Fprintf(w, "  fix        %s\n", cmp.Or(deref(d.Fix), "none known"))
	_, _ = fmt.Fprintf(w, "  also known %s\n", cmp.Or(strings.Join(d.Aliases, ", "), "under no other name"))
	for _, in := range d.Instances {
		_, _ = fmt.Fprintf(w, "  instance   %s in %s (%s, %s by %s)\n", output.Plain(in.Component), output.Plain(in.Image), proof(in.Proven), in.Class, output.Plain(in.Source))
	}
	aroundText(w, &d)
	for _, h := range d.History {
		to := "now"
		if h.To != nil {
			to = output.Clock(*h.To)
		}
		_, _ = fmt.Fprintf(w, "  history    %s to %s  %s%s\n", output.Clock(h.From), to, h.State, inBrackets(h.Reason))
	}
	for _, x := range d.Decisions {
		_, _ = fmt.Fprintf(w, "  decided    %s  %s, score %d%s\n", output.Clock(x.From), x.Decision, x.Score, inBrackets(x.Because))
	}
}

// aroundText says what is known around the exposure.
func aroundText(w io.Writer, d *api.ExposureDetail) {
	for _, a := range d.Attacks {
		_, _ = fmt.Fprintf(w, "  attack     %s  %s of %s saw %q%s\n", output.Clock(a.LastAt), output.Plain(a.Tool), output.Plain(a.Source), output.Plain(a.Rule), onWhat(a.OnWeakness))
	}
	for _, u := range d.UsedAs {
		_, _ = fmt.Fprintf(w, "  used as    %s: %s %s%s  (%s, %s)\n", u.Role, u.Technique, output.Plain(u.Title), by(u), output.Plain(u.Source), output.Day(u.Date))
	}
	for _, s := range d.Suppliers {
		_, _ = fmt.Fprintf(w, "  supplier   %s: %s  (%s of %s, %s)%s\n", s.Status, output.Plain(s.Product), output.Plain(s.Document), output.Plain(s.Publisher), output.Day(s.Date), inBrackets(s.Reason))
	}
}

func onWhat(weakness bool) string {
	if weakness {
		return ", naming the weakness"
	}
	return " on the workload"
}

func by(u api.AttackUse) string {
	if u.Group == "" {
		return ""
	}
	return " by " + output.Plain(u.GroupName) + " (" + u.Group + ")"
}

func interval(e api.Exposure) string {
	if e.Low == nil || e.High == nil {
		return ""
	}
	return fmt.Sprintf(" (%d-%d, evidence %s)", *e.Low, *e.High, e.Grade)
}

func proof(proven bool) string {
	if proven {
		return "by digest"
	}
	return "by name only: unproven"
}

func inBrackets(s string) string {
	if s == "" {
		return ""
	}
	return " (" + output.Plain(s) + ")"
}

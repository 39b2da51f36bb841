package twin

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/server/reply"
)

func (a verbs) diffCmd() *cobra.Command {
	var from, to string
	c := &cobra.Command{
		Use: "diff --from T [--to T]", Short: "How the twin differs between two times: workloads, artifacts and things",
		Long: `How the twin differs between two times: workloads, the artifacts that they run,
and things, each added, removed or changed, with what changed. Counts are exact,
also where the list is cut. -q narrows: kind:Workload,Service env:prod
service:cart product:shop owner:payments (with the last three no thing is
compared, because services are asked of workloads).

  tidemark twin diff --from 2026-11-01 --to 2026-11-08
  tidemark twin diff --from 2026-11-21T14:00 -q "kind:Workload env:prod"`,
		Args: command.Args(0, 0, "no argument"),
		RunE: func(c *cobra.Command, _ []string) error { return a.diff(c.Context(), from, to) },
	}
	c.Flags().StringVar(&from, "from", "", "the earlier time")
	c.Flags().StringVar(&to, "to", "", "the later time (default --as-of, else now)")
	c.Flags().StringVarP(&a.Flags.Query, "query", "q", "", `condition, as "kind:Workload env:prod"`)
	return c
}

func (a verbs) diff(ctx context.Context, from, to string) error {
	if from == "" {
		return fault.New(fault.Invalid, "a diff needs the earlier time").WithHint("tidemark twin diff --from 2026-11-01 [--to 2026-11-08]")
	}
	earlier, err := command.ParseTime("--from", from)
	if err != nil {
		return err
	}
	later, err := command.ParseTime("--to", to)
	if err != nil {
		return err
	}
	q := a.Query()
	if !later.IsZero() {
		if q.AsOf != nil {
			return fault.New(fault.Invalid, "--to and --as-of both say the later time").WithHint("leave one of them out")
		}
		q.AsOf = reply.When(later)
	}
	return a.Asking(ctx, func(d command.Answers) error {
		doc, err := d.Diff(ctx, earlier, q)
		for err == nil && q.Limit == 0 && doc.Next != nil {
			var more api.Diff
			q.Cursor = *doc.Next
			if more, err = d.Diff(ctx, earlier, q); err == nil {
				doc.Items, doc.Next, doc.Truncated = append(doc.Items, more.Items...), more.Next, more.Truncated
			}
		}
		if err != nil {
			return err
		}
		return a.Print.Document(doc, func(w io.Writer) { diffText(w, &doc) })
	})
}

func diffText(w io.Writer, d *api.Diff) {
	_, _ = fmt.Fprintf(w, "from %s to %s\n", output.Clock(d.From), output.Clock(d.To))
	for _, c := range d.Counts {
		_, _ = fmt.Fprintf(w, "  %-20s +%d -%d ~%d\n", c.Kind, c.Added, c.Removed, c.Changed)
	}
	if len(d.Counts) == 0 {
		_, _ = fmt.Fprintln(w, "  nothing differs")
	}
	for _, x := range d.Items {
		where := ""
		if x.Scope != "" {
			where = " in " + x.Scope
		}
		_, _ = fmt.Fprintf(w, "%s %s %s%s  %s\n", map[string]string{"added": "+", "removed": "-", "changed": "~"}[x.Change], x.Kind, output.Plain(x.ID), output.Plain(where), seen(x.At))
		changesText(w, x.Changes, x.More)
	}
	if d.Next != nil {
		_, _ = fmt.Fprintf(w, "%d of %d shown: --limit all for the rest\n", len(d.Items), d.Total)
	}
}

func (a verbs) coverageCmd() *cobra.Command {
	return &cobra.Command{
		Use: "coverage", Short: "What the twin rests on: what each source sees, when it last did, what that leaves unknown",
		Args: command.Args(0, 0, "no argument"),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.Asking(c.Context(), func(d command.Answers) error {
				doc, err := d.TwinCoverage(c.Context(), a.Moment())
				if err != nil {
					return err
				}
				return a.Print.Document(doc, func(w io.Writer) { coverageText(w, &doc) })
			})
		},
	}
}

func coverageText(w io.Writer, d *api.TwinCoverage) {
	_, _ = fmt.Fprintf(w, "%s\n\nWORKLOADS %d\n", output.Plain(d.Sentence), d.Workloads)
	for _, m := range d.Measures {
		_, _ = fmt.Fprintf(w, "  %-12s yes %d, partial %d, no %d, unknown %d%s\n", m.What, m.Yes.Count, m.Partial.Count, m.No.Count, m.Unknown.Count, lacking(&m))
	}
	_, _ = fmt.Fprintln(w, "\nSOURCES")
	for _, s := range d.Sources {
		_, _ = fmt.Fprintf(w, "  %-28s %-8s %-8s seen %s, %d workloads\n", output.Plain(s.Source), s.Kind, s.Freshness, seen(s.SeenAt), s.Workloads.Count)
		for _, u := range s.Unknown {
			_, _ = fmt.Fprintf(w, "      unknown: %s\n", output.Plain(u))
		}
		for _, l := range s.LeftOut {
			_, _ = fmt.Fprintf(w, "      left out: %d × %s\n", l.Count, output.Plain(l.Reason))
		}
		for _, e := range s.Effects {
			_, _ = fmt.Fprintf(w, "      %s from %s on, if nothing is heard: %s\n", e.Word, output.Clock(e.At), output.Plain(e.Says))
		}
	}
	for _, m := range d.Missing {
		_, _ = fmt.Fprintf(w, "  no source of kind %s: unknown %s (%s)\n", m.Kind, m.Unknown, m.Connect)
	}
}

// lacking says how to list the workloads that lack something, where some do.
func lacking(m *api.CoveredBy) string {
	var out []string
	for _, l := range []api.Link{m.Partial, m.No, m.Unknown} {
		if l.Count > 0 && l.Query != "" {
			out = append(out, "tidemark twin get workloads -q '"+l.Query+"'")
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "   (" + strings.Join(out, "; ") + ")"
}

func (a verbs) ownCmd() *cobra.Command {
	var environment string
	c := &cobra.Command{
		Use: "own SERVICE [--environment ENV]", Short: "Who owns a service, by which rule, and what every other rule came to",
		Long: `Who owns a service, by which rule. Rules are asked in this order: the owner of the
service in the scope; the rules of ownership in the scope, the last that fits;
labels and annotations tidemark.dev/owner, owner and team; the owner of its
product; CODEOWNERS of the repository that its images are built from.

  tidemark twin own cart
  tidemark twin own cart --environment prod -o json
  tidemark twin get workloads -q owner:none`,
		Args: command.Args(1, 1, "a service"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.Asking(c.Context(), func(d command.Answers) error {
				doc, err := d.Ownership(c.Context(), args[0], environment, a.Moment())
				if err != nil {
					return err
				}
				return a.Print.Document(doc, func(w io.Writer) { ownText(w, &doc) })
			})
		},
	}
	c.Flags().StringVar(&environment, "environment", "", "one environment (default: all of the service's)")
	return c
}

func ownText(w io.Writer, d *api.Ownership) {
	for _, x := range d.Items {
		by := ""
		if x.Rule != "" {
			by = ", by " + x.Rule
		}
		_, _ = fmt.Fprintf(w, "%s in %s: %s%s\n", output.Plain(x.Service), cmp.Or(output.Plain(x.Environment), "no environment"), cmp.Or(output.Plain(x.Owner), "nobody"), output.Plain(by))
		for _, t := range x.Tried {
			_, _ = fmt.Fprintf(w, "  %-10s %-10s %-36s %-16s %s\n", t.Verdict, t.Kind, output.Plain(t.Rule), cmp.Or(output.Plain(t.Owner), "-"), output.Plain(t.Why))
		}
	}
}

func (a verbs) chainCmd() *cobra.Command {
	return &cobra.Command{
		Use: "chain SERVICE|DIGEST|COMMIT", Short: "The proof chain: commit, build, digest, container, workload, endpoint",
		Long: `The proof chain from commit to endpoint, link by link, each with who says so, since
when, and the state of its signature. A link that nobody has told is unknown, and
says why.

  tidemark twin chain checkout
  tidemark twin chain sha256:…
  tidemark twin chain github.com/acme/shop@3f2c… -o json`,
		Args: command.Args(1, 1, "a service, a digest or a commit"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.Asking(c.Context(), func(d command.Answers) error {
				doc, err := d.Chain(c.Context(), args[0], a.Moment())
				if err != nil {
					return err
				}
				return a.Print.Document(doc, func(w io.Writer) { chainText(w, &doc) })
			})
		},
	}
}

func chainText(w io.Writer, d *api.Chain) {
	_, _ = fmt.Fprintln(w, output.Plain(d.Sentence))
	for _, p := range d.Items {
		_, _ = fmt.Fprintln(w)
		for _, l := range p.Links {
			said := ""
			if l.Who != "" {
				said = "  " + l.Who + ", " + seen(l.At)
			}
			_, _ = fmt.Fprintf(w, "  %-10s %-8s %s%s  %s\n", l.Step, l.State, output.Plain(l.Label), output.Plain(said), output.Plain(strings.TrimSpace(l.Signature+" "+l.Why)))
		}
	}
}

func (a verbs) driftCmd() *cobra.Command {
	c := &cobra.Command{
		Use: "drift [-q QUERY]", Short: "Whether what runs is what was meant to run: built, declared, tag, inventory",
		Long: `Whether what runs is what was meant to run, check by check: built (a pipeline that
is known built it), declared (it is the digest that was declared), tag (its tag
still means it), inventory (its SBOM lists what is loaded). yes says that it
drifted; unknown that nobody can say.

  tidemark twin drift -q "answer:yes env:prod"
  tidemark twin drift -q "check:tag service:cart" -o json`,
		Args: command.Args(0, 0, "no argument"),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.Asking(c.Context(), func(d command.Answers) error {
				out, err := d.Drift(c.Context(), a.Query())
				if err != nil {
					return err
				}
				return output.List(&a.Print, out, []output.Column[api.Drift]{
					{Head: "DRIFTED", Cell: func(x api.Drift) string { return x.Answer }},
					{Head: "CHECK", Cell: func(x api.Drift) string { return x.Check }},
					{Head: "SERVICE", Cell: func(x api.Drift) string { return x.Service }},
					{Head: "ENV", Cell: func(x api.Drift) string { return x.Environment }},
					{Head: "CONTAINER", Cell: func(x api.Drift) string { return cmp.Or(x.Container, "-") }},
					{Head: "WHY", Cell: func(x api.Drift) string { return x.Sentence }},
					{Head: "EVIDENCE", Cell: func(x api.Drift) string { return strconv.Itoa(len(x.Evidence)) }},
				})
			})
		},
	}
	c.Flags().StringVarP(&a.Flags.Query, "query", "q", "", `condition, as "answer:yes env:prod"`)
	return c
}

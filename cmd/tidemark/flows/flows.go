// Package flows is the sub-command that says how parts interact and what data
// they touch: "twin flows".
//
// The model. The desk, or a server, answers with one document: edges with how
// they are known, and the blast radius of what was named. Here it is only
// printed. Invariants. No rules; what is asked is what the flags say.
package flows

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
)

// Command is "flows".
func Command(a *command.App) *cobra.Command {
	var ask api.FlowAsk
	c := &cobra.Command{
		Use: "flows", Short: "How the parts interact and what data they touch, and the blast radius of one",
		Long: `How the parts interact and what data they touch: who talks to whom, over which
protocol, with which classes of data, seen when. Each edge says how it is known:
  observed     seen: traces, network flows, sockets
  documented   somebody wrote it down: a bill of services
  inferred     a configuration names the address

An edge that was seen has its own last-seen. It is stale after 3 hours without it,
unknown after 7, and lapses after a day: it is shown so, and leads nowhere.

With --service, or --kind and --name, only the edges of that part are shown, and
what can be got at from it (its blast radius); with --back, who can get at it.

  tidemark twin flows
  tidemark twin flows --service checkout
  tidemark twin flows --kind DataStore --name postgresql://orders.example.com --back
  tidemark twin flows -q "how:observed data:PII" -o json`,
		Args: command.Args(0, 0, "no argument"),
		RunE: func(c *cobra.Command, _ []string) error {
			ask.Query, ask.Limit, ask.Moment = a.Flags.Query, a.Limit, a.Moment()
			out, err := command.Either(
				func(to *client.Client) (api.Flows, error) { return to.Flows(c.Context(), ask) },
				func(s *local.Session) (api.Flows, error) { return s.Desk().Flows(c.Context(), ask) },
			).Ask(c.Context(), a)
			if err != nil {
				return err
			}
			return a.Print.Document(out, func(w io.Writer) { text(w, &out) })
		},
	}
	c.Flags().StringVarP(&a.Flags.Query, "query", "q", "", `condition on edges, as "how:observed data:PII env:prod"`)
	c.Flags().StringVar(&ask.Service, "service", "", "only edges of this service, and its blast radius")
	c.Flags().StringVar(&ask.Kind, "kind", "", "with --name: only edges of this part: Workload, DataStore, SaaS, Model, Address")
	c.Flags().StringVar(&ask.Name, "name", "", "what edges call it; of a workload its service")
	c.Flags().StringVar(&ask.Scope, "scope", "", "where it is; of a workload its environment")
	c.Flags().BoolVar(&ask.Back, "back", false, "who can get at it, instead of what it can get at")
	return c
}

// text prints the document for people.
func text(w io.Writer, out *api.Flows) {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) } // as every table: what the reader does not take is lost
	say("%s", output.Plain(out.Sentence))
	labels := map[api.FlowEnd]string{}
	for _, n := range out.Nodes {
		labels[n.FlowEnd] = n.Label
	}
	for i := range out.Items {
		e := &out.Items[i]
		say("  %s → %s", output.Plain(labels[e.From]), output.Plain(labels[e.To]))
		say("      %s", output.Plain(strings.Join(details(e), " · ")))
	}
	if out.Truncated {
		say("  … and %d more (--limit)", out.Total-len(out.Items))
	}
	if out.Radius == nil || out.Radius.Total == 0 {
		return
	}
	title := "Blast radius: what can be got at"
	if out.Radius.Back {
		title = "Who can get at it"
	}
	say("\n%s", title)
	for _, r := range out.Radius.Items {
		parts := []string{r.How}
		if len(r.Data) > 0 {
			parts = append(parts, "data "+strings.Join(r.Data, ", "))
		}
		if r.SeenAt != nil {
			parts = append(parts, "seen "+output.Clock(*r.SeenAt))
		}
		say("  %d  %s: %s", r.Hops, output.Plain(r.Label), output.Plain(strings.Join(parts, " · ")))
	}
}

// details are what is said of an edge, in one line.
func details(e *api.FlowEdge) []string {
	out := []string{e.How}
	if e.Denied {
		out[0] += ", refused"
	}
	if len(e.Protocols) > 0 {
		out = append(out, strings.Join(e.Protocols, ", "))
	}
	if len(e.Data) > 0 {
		out = append(out, "data "+strings.Join(e.Data, ", "))
	}
	if e.SeenAt != nil {
		seen := "seen " + output.Clock(*e.SeenAt)
		if e.Freshness != "fresh" {
			seen += " (" + e.Freshness + ")"
		}
		out = append(out, seen)
	}
	var calls, size int64
	for _, s := range e.Says {
		calls, size = calls+s.Calls, size+s.Bytes
	}
	if calls > 0 {
		out = append(out, fmt.Sprintf("%d calls or more", calls))
	}
	if size > 0 {
		out = append(out, fmt.Sprintf("%d bytes or more", size))
	}
	var who []string
	for _, s := range e.Says {
		what := cmp.Or(strings.Join(s.Where, ", "), s.How)
		if line := s.Source + ": " + what; len(who) == 0 || who[len(who)-1] != line {
			who = append(who, line)
		}
	}
	return append(out, strings.Join(who, "; "))
}

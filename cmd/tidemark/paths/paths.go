// Package paths holds the sub-commands that ask who reaches what: through which
// door, by which policies, and with what account.
//
// The model. Each asks whoever answers, in process or through a server, and prints
// the same document. Invariants. No rules: what is said was worked out elsewhere.
package paths

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
)

// Commands are the sub-commands of twin: doors, access, facts and reach.
func Commands(app *command.App) []*cobra.Command {
	return []*cobra.Command{doorsCmd(app), accessCmd(app), factsCmd(app), reachCmd(app)}
}

// answers is whoever is asked: a desk in process, or a server.
type answers interface {
	Doors(ctx context.Context, service string, q api.Query) (api.List[api.Proof], error)
	Facts(ctx context.Context, service string, q api.Query) (api.List[api.Proof], error)
	Access(ctx context.Context, account string, q api.Query) (api.List[api.Proof], error)
}

// proofs makes a command that lists what ask gets.
func proofs(app *command.App, c *cobra.Command, ask func(context.Context, answers, []string) (api.List[api.Proof], error), columns []output.Column[api.Proof]) *cobra.Command {
	c.RunE = func(c *cobra.Command, args []string) error {
		ctx := c.Context()
		out, err := command.Either(func(r *client.Client) (api.List[api.Proof], error) { return ask(ctx, r, args) },
			func(s *local.Session) (api.List[api.Proof], error) { return ask(ctx, s.Desk(), args) }).Ask(ctx, app)
		if err != nil {
			return err
		}
		return output.List(&app.Print, out, columns)
	}
	c.Flags().StringVarP(&app.Flags.Query, "query", "q", "", `condition, as "env:prod verdict:policy-denied"`)
	return c
}

// column shows a text of a proof; "-" where there is none.
func column(head string, cell func(api.Proof) string) output.Column[api.Proof] {
	return output.Column[api.Proof]{Head: head, Cell: func(p api.Proof) string { return cmp.Or(cell(p), "-") }}
}

func service(p api.Proof) string     { return p.Name }
func environment(p api.Proof) string { return p.Environment }
func about(p api.Proof) string       { return p.About }
func verdict(p api.Proof) string     { return p.Verdict }
func why(p api.Proof) string         { return p.Why }

func doorsCmd(app *command.App) *cobra.Command {
	var of string
	c := &cobra.Command{
		Use: "doors [--service S]", Short: "Doors with the path to the workload, and whether policies let it through", Args: command.Args(0, 0, "no argument"),
	}
	c.Flags().StringVar(&of, "service", "", "only doors of this service")
	public := func(p api.Proof) string { return map[bool]string{true: "yes"}[p.Public] }
	return proofs(app, c, func(ctx context.Context, who answers, _ []string) (api.List[api.Proof], error) {
		return who.Doors(ctx, of, app.Query())
	}, []output.Column[api.Proof]{
		column("SERVICE", service), column("ENV", environment), column("DOOR", about), column("PUBLIC", public),
		column("PORT", func(p api.Proof) string { return p.Port }), column("VERDICT", verdict), column("WHY", why),
	})
}

func factsCmd(app *command.App) *cobra.Command {
	var of string
	c := &cobra.Command{
		Use: "facts [--service S]", Short: "What workloads may do to their host, and who may reach them", Args: command.Args(0, 0, "no argument"),
	}
	c.Flags().StringVar(&of, "service", "", "only of this service")
	return proofs(app, c, func(ctx context.Context, who answers, _ []string) (api.List[api.Proof], error) {
		return who.Facts(ctx, of, app.Query())
	}, []output.Column[api.Proof]{
		column("SERVICE", service), column("ENV", environment), column("CHECK", func(p api.Proof) string { return p.Check }),
		column("ABOUT", about), column("VERDICT", verdict), column("WHY", why),
	})
}

func accessCmd(app *command.App) *cobra.Command {
	c := &cobra.Command{
		Use: "access [ACCOUNT]", Short: "What an account that something runs as may do: rights and powers", Args: command.Args(0, 1, "an account, NAMESPACE/NAME or NAME"),
	}
	return proofs(app, c, func(ctx context.Context, who answers, args []string) (api.List[api.Proof], error) {
		return who.Access(ctx, strings.Join(args, ""), app.Query())
	}, []output.Column[api.Proof]{
		column("ACCOUNT", service), column("ENV", environment), column("MORE THAN SAID", verdict),
		column("RIGHTS", func(p api.Proof) string { return strconv.Itoa(len(p.Access.Rights) + p.Access.More) }),
		column("POWERS", func(p api.Proof) string { return powers(p.Access) }),
		column("USED BY", func(p api.Proof) string { return strconv.Itoa(p.Access.Used) }), column("WHY", why),
	})
}

func powers(a *api.Access) string {
	var names []string
	for _, p := range a.Powers {
		names = append(names, p.Name)
	}
	return strings.Join(names, ", ")
}

func reachCmd(app *command.App) *cobra.Command {
	var ask api.ReachAsk
	c := &cobra.Command{
		Use: "reach FROM TO [--port P]", Short: "Whether one end reaches another at a port, and by which policies",
		Args: command.Args(2, 2, "who sends (internet, an address, SERVICE or NAMESPACE/SERVICE) and who receives"),
		RunE: func(c *cobra.Command, args []string) error {
			ask.From, ask.To, ask.Moment = args[0], args[1], app.Moment()
			out, err := command.Either(func(r *client.Client) (api.List[api.Reach], error) { return r.Reach(c.Context(), ask) },
				func(s *local.Session) (api.List[api.Reach], error) { return s.Desk().Reach(c.Context(), ask) }).Ask(c.Context(), app)
			if err != nil {
				return err
			}
			return output.List(&app.Print, out, []output.Column[api.Reach]{
				{Head: "FROM", Cell: func(r api.Reach) string { return r.From }},
				{Head: "TO", Cell: func(r api.Reach) string { return r.To }},
				{Head: "ENV", Cell: func(r api.Reach) string { return r.Environment }},
				{Head: "PORT", Cell: func(r api.Reach) string { return r.Port }},
				{Head: "VERDICT", Cell: func(r api.Reach) string { return r.Verdict }},
				{Head: "WHY", Cell: func(r api.Reach) string { return r.Why }},
			})
		},
	}
	c.Flags().StringVar(&ask.Port, "port", "", "8080, 53/UDP or a name; all that the receiver declares when it is left out")
	c.Flags().StringVar(&ask.Environment, "environment", "", "of the receiver")
	return c
}

// Package paths holds the sub-commands that ask who reaches what: through which
// door, by which policies, and with what account.
//
// The model. Each asks whoever answers, in process or through a server, and prints
// the same document. Invariants. No rules: what is said was worked out elsewhere.
package paths

import (
	"cmp"
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

func query(c *cobra.Command, app *command.App) {
	c.Flags().StringVarP(&app.Flags.Query, "query", "q", "", `condition, as "env:prod verdict:policy-denied"`)
}

func doorsCmd(app *command.App) *cobra.Command {
	var service string
	c := &cobra.Command{
		Use: "doors [--service S]", Short: "Doors with the path to the workload, and whether policies let it through", Args: command.Args(0, 0, "no argument"),
		RunE: func(c *cobra.Command, _ []string) error {
			out, err := command.Either(func(r *client.Client) (api.List[api.Proof], error) { return r.Doors(c.Context(), service, app.Query()) },
				func(s *local.Session) (api.List[api.Proof], error) {
					return s.Desk().Doors(c.Context(), service, app.Query())
				}).Ask(c.Context(), app)
			if err != nil {
				return err
			}
			return output.List(&app.Print, out, []output.Column[api.Proof]{
				{Head: "SERVICE", Cell: func(p api.Proof) string { return p.Name }},
				{Head: "ENV", Cell: func(p api.Proof) string { return p.Environment }},
				{Head: "DOOR", Cell: func(p api.Proof) string { return p.About }},
				{Head: "PUBLIC", Cell: func(p api.Proof) string { return map[bool]string{true: "yes", false: "-"}[p.Public] }},
				{Head: "PORT", Cell: func(p api.Proof) string { return cmp.Or(p.Port, "-") }},
				{Head: "VERDICT", Cell: func(p api.Proof) string { return p.Verdict }},
				{Head: "WHY", Cell: func(p api.Proof) string { return p.Why }},
			})
		},
	}
	c.Flags().StringVar(&service, "service", "", "only doors of this service")
	query(c, app)
	return c
}

func accessCmd(app *command.App) *cobra.Command {
	c := &cobra.Command{
		Use: "access [ACCOUNT]", Short: "What an account that something runs as may do: rights and powers", Args: command.Args(0, 1, "an account, NAMESPACE/NAME or NAME"),
		RunE: func(c *cobra.Command, args []string) error {
			account := strings.Join(args, "")
			out, err := command.Either(func(r *client.Client) (api.List[api.Proof], error) {
				return r.Access(c.Context(), account, app.Query())
			},
				func(s *local.Session) (api.List[api.Proof], error) {
					return s.Desk().Access(c.Context(), account, app.Query())
				}).Ask(c.Context(), app)
			if err != nil {
				return err
			}
			return output.List(&app.Print, out, []output.Column[api.Proof]{
				{Head: "ACCOUNT", Cell: func(p api.Proof) string { return p.Name }},
				{Head: "ENV", Cell: func(p api.Proof) string { return p.Environment }},
				{Head: "MORE THAN SAID", Cell: func(p api.Proof) string { return p.Verdict }},
				{Head: "RIGHTS", Cell: func(p api.Proof) string { return strconv.Itoa(len(p.Access.Rights) + p.Access.More) }},
				{Head: "POWERS", Cell: func(p api.Proof) string { return powers(p.Access) }},
				{Head: "USED BY", Cell: func(p api.Proof) string { return strconv.Itoa(p.Access.Used) }},
				{Head: "WHY", Cell: func(p api.Proof) string { return p.Why }},
			})
		},
	}
	query(c, app)
	return c
}

func powers(a *api.Access) string {
	var names []string
	for _, p := range a.Powers {
		names = append(names, p.Name)
	}
	return cmp.Or(strings.Join(names, ", "), "-")
}

func factsCmd(app *command.App) *cobra.Command {
	var service string
	c := &cobra.Command{
		Use: "facts [--service S]", Short: "What workloads may do to their host, and who may reach them", Args: command.Args(0, 0, "no argument"),
		RunE: func(c *cobra.Command, _ []string) error {
			out, err := command.Either(func(r *client.Client) (api.List[api.Proof], error) { return r.Facts(c.Context(), service, app.Query()) },
				func(s *local.Session) (api.List[api.Proof], error) {
					return s.Desk().Facts(c.Context(), service, app.Query())
				}).Ask(c.Context(), app)
			if err != nil {
				return err
			}
			return output.List(&app.Print, out, []output.Column[api.Proof]{
				{Head: "SERVICE", Cell: func(p api.Proof) string { return p.Name }},
				{Head: "ENV", Cell: func(p api.Proof) string { return p.Environment }},
				{Head: "CHECK", Cell: func(p api.Proof) string { return p.Check }},
				{Head: "ABOUT", Cell: func(p api.Proof) string { return cmp.Or(p.About, "-") }},
				{Head: "VERDICT", Cell: func(p api.Proof) string { return p.Verdict }},
				{Head: "WHY", Cell: func(p api.Proof) string { return p.Why }},
			})
		},
	}
	c.Flags().StringVar(&service, "service", "", "only of this service")
	query(c, app)
	return c
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

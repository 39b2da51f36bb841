package main

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
)

func (a *app) actionsCmd() *cobra.Command {
	ls := &cobra.Command{
		Use: "list [-q QUERY]", Short: "Actions, most urgent first", Args: command.Args(0, 0, "no argument"),
		RunE: func(c *cobra.Command, _ []string) error { return a.listActions(c.Context()) },
	}
	ls.Flags().StringVarP(&a.Flags.Query, "query", "q", "", `condition, as "state:proposed svc:checkout"`)
	ls.Flags().StringVar(&a.Flags.Sort, "sort", "", `order, as "due,-score" (default: most urgent first)`)
	show := &cobra.Command{
		Use: "show ACT", Short: "One action with the exposures it closes", Args: command.Args(1, 1, "the id of an action (ACT-…)"),
		RunE: func(c *cobra.Command, ids []string) error { return a.showAction(c.Context(), ids[0]) },
	}
	c := command.Group("actions", "One fix closes many exposures", ls, show)
	c.AddCommand(a.workCmds()...)
	return c
}

func (a *app) listActions(ctx context.Context) error {
	return a.Asking(ctx, func(d command.Answers) error {
		out, err := d.Actions(ctx, a.Query())
		if err != nil {
			return err
		}
		return output.List(&a.Print, out, actionColumns())
	})
}

func (a *app) showAction(ctx context.Context, id string) error {
	return a.Asking(ctx, func(d command.Answers) error {
		doc, err := d.Action(ctx, id, a.Moment())
		if err != nil {
			return err
		}
		return a.Print.Document(doc, func(w io.Writer) { actionText(w, doc.Action) })
	})
}

func actionColumns() []output.Column[api.Action] {
	return []output.Column[api.Action]{
		{Head: "STATE", Cell: func(x api.Action) string { return x.State }},
		{Head: "DECISION", Cell: func(x api.Action) string { return cmp.Or(x.Decision, "-") }},
		{Head: "SCORE", Cell: func(x api.Action) string { return strconv.Itoa(x.Score) }},
		{Head: "FIX", Cell: func(x api.Action) string { return upgrade(x) }},
		{Head: "SERVICE", Cell: func(x api.Action) string { return x.Service }},
		{Head: "ENV", Cell: func(x api.Action) string { return strings.Join(x.Environments, ", ") }},
		{Head: "OPEN", Cell: func(x api.Action) string { return strconv.Itoa(x.Open) }},
		{Head: "DUE", Cell: func(x api.Action) string { return output.Day(x.Due) }},
		{Head: "ACTION", Cell: func(x api.Action) string { return x.ID }},
	}
}

// upgrade says what to do: the component and the version to go to.
func upgrade(x api.Action) string {
	name := strings.TrimPrefix(x.Component, "pkg:")
	if _, rest, ok := strings.Cut(name, "/"); ok {
		name = rest
	}
	return name + " to " + cmp.Or(deref(x.Target), "(no fix known)")
}

func actionText(w io.Writer, x api.Action) {
	_, _ = fmt.Fprintf(w, "%s  %s in %s\n", x.ID, upgrade(x), x.Service)
	_, _ = fmt.Fprintf(w, "  state      %s%s\n", x.State, inBrackets(x.Reason))
	_, _ = fmt.Fprintf(w, "  decision   %s, due %s\n", cmp.Or(x.Decision, "-"), output.Day(x.Due))
	_, _ = fmt.Fprintf(w, "  exposures  %d open, %d fixed, reopened %d times\n", x.Open, x.Fixed, x.Reopened)
	_, _ = fmt.Fprintf(w, "  removes    risk of score %d (%.4f), removed so far %.4f\n", x.Score, x.Risk, x.RiskRemoved)
	for _, id := range x.Exposures {
		_, _ = fmt.Fprintf(w, "  %s\n", id)
	}
}

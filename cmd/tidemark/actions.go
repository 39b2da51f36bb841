package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
)

func (a *app) actionsCmd() *cobra.Command {
	ls := &cobra.Command{
		Use: "list [-q QUERY]", Short: "Actions, most urgent first", Args: args(0, 0, "no argument"),
		RunE: func(c *cobra.Command, _ []string) error { return a.listActions(c.Context()) },
	}
	ls.Flags().StringVarP(&a.flags.query, "query", "q", "", `condition, as "state:proposed svc:checkout"`)
	show := &cobra.Command{
		Use: "show ACT", Short: "One action with the exposures it closes", Args: args(1, 1, "the id of an action (ACT-…)"),
		RunE: func(c *cobra.Command, ids []string) error { return a.showAction(c.Context(), ids[0]) },
	}
	c := group("actions", "One fix closes many exposures", ls, show)
	c.AddCommand(a.workCmds()...)
	return c
}

func (a *app) listActions(ctx context.Context) error {
	return a.asking(ctx, func(d answers) error {
		out, err := d.Actions(ctx, a.query())
		if err != nil {
			return err
		}
		return printList(&a.print, out, actionColumns())
	})
}

func (a *app) showAction(ctx context.Context, id string) error {
	return a.asking(ctx, func(d answers) error {
		doc, err := d.Action(ctx, id, a.moment())
		if err != nil {
			return err
		}
		return a.print.document(doc, func(w io.Writer) { actionText(w, doc.Action) })
	})
}

func actionColumns() []column[api.Action] {
	return []column[api.Action]{
		{"STATE", func(x api.Action) string { return x.State }},
		{"DECISION", func(x api.Action) string { return or(x.Decision, "-") }},
		{"SCORE", func(x api.Action) string { return strconv.Itoa(x.Score) }},
		{"FIX", func(x api.Action) string { return upgrade(x) }},
		{"SERVICE", func(x api.Action) string { return x.Service }},
		{"ENV", func(x api.Action) string { return strings.Join(x.Environments, ", ") }},
		{"OPEN", func(x api.Action) string { return strconv.Itoa(x.Open) }},
		{"DUE", func(x api.Action) string { return day(x.Due) }},
		{"ACTION", func(x api.Action) string { return x.ID }},
	}
}

// upgrade says what to do: the component and the version to go to.
func upgrade(x api.Action) string {
	name := strings.TrimPrefix(x.Component, "pkg:")
	if _, rest, ok := strings.Cut(name, "/"); ok {
		name = rest
	}
	return name + " to " + or(deref(x.Target), "(no fix known)")
}

func actionText(w io.Writer, x api.Action) {
	_, _ = fmt.Fprintf(w, "%s  %s in %s\n", x.ID, upgrade(x), x.Service)
	_, _ = fmt.Fprintf(w, "  state      %s%s\n", x.State, inBrackets(x.Reason))
	_, _ = fmt.Fprintf(w, "  decision   %s, due %s\n", or(x.Decision, "-"), day(x.Due))
	_, _ = fmt.Fprintf(w, "  exposures  %d open, %d fixed, reopened %d times\n", x.Open, x.Fixed, x.Reopened)
	_, _ = fmt.Fprintf(w, "  removes    risk of score %d (%.4f), removed so far %.4f\n", x.Score, x.Risk, x.RiskRemoved)
	for _, id := range x.Exposures {
		_, _ = fmt.Fprintf(w, "  %s\n", id)
	}
}

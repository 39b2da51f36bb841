// Package twin holds the sub-commands that ask the twin: lists of what there is,
// pages of one thing, and questions about all of it, at any time.
//
// The model. Each asks whoever answers, in process or through a server, and prints
// the same document; a table for people shows the part of it that fits. Invariants.
// No rules: what is said, was said elsewhere.
package twin

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/flows"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/cmd/tidemark/paths"
)

// verbs are the sub-commands of twin.
type verbs struct{ *command.App }

// lists are the sub-commands of get.
type lists struct{ *command.App }

// Command is "twin" with its sub-commands.
func Command(app *command.App) *cobra.Command {
	a := verbs{app}
	return command.Group("twin", "The deployment digital twin: what runs where, since when, from which commit, behind which door",
		append([]*cobra.Command{
			a.getCmd(), a.showCmd(), a.treeCmd(), a.diffCmd(), a.coverageCmd(), a.ownCmd(), a.chainCmd(), a.driftCmd(), sbomCmd(app), flows.Command(app),
		}, paths.Commands(app)...)...)
}

func (a verbs) getCmd() *cobra.Command {
	l := lists(a)
	get := command.Group("get", "List a kind of thing", nil...)
	for _, x := range []struct {
		kind, short string
		run         func(context.Context, command.Answers) error
		sorted      bool
	}{
		{"products", "What the business sells, with what runs of it", l.products, false},
		{"services", "Services and the environments they are in", l.services, true},
		{"workloads", "What runs, or is declared to run, where", l.workloads, true},
		{"artifacts", "What was built, and whether its contents are known", l.artifacts, true},
		{"components", "What artifacts are made of", l.components, true},
		{"endpoints", "Where something can be reached: doors of workloads, operations of APIs, ports of hosts", l.endpoints, false},
		{"identities", "The accounts that things run as, with their roles", l.identities, false},
		{"sources", "Who gives evidence, and how fresh it is", l.sources, false},
		{"things", "Everything that is no workload: objects of clusters, builds, attestations, repositories, hosts, flows", l.things, false},
		{"kinds", "The kinds of things, and how many there are", l.kinds, false},
	} {
		c := &cobra.Command{
			Use: x.kind + " [-q QUERY]", Short: x.short, Args: command.Args(0, 0, "no argument"),
			RunE: func(c *cobra.Command, _ []string) error {
				return a.Asking(c.Context(), func(d command.Answers) error { return x.run(c.Context(), d) })
			},
		}
		c.Flags().StringVarP(&a.Flags.Query, "query", "q", "", `condition, as "env:prod product:shop"`)
		if x.sorted {
			c.Flags().StringVar(&a.Flags.Sort, "sort", "", `order, as "owner,-service"`)
		}
		get.AddCommand(c)
	}
	return get
}

// products are the roots of the tree that have a name.
func (a lists) products(ctx context.Context, d command.Answers) error {
	q := a.Query()
	q.Limit, q.Cursor = 0, ""
	tree, err := wholeTree(ctx, d, "", q)
	if err != nil {
		return err
	}
	kept := tree.Nodes[:0:0]
	for _, n := range tree.Nodes {
		if n.Kind == "product" {
			kept = append(kept, n)
		}
	}
	tree.Nodes = kept
	return a.Print.Document(tree, func(w io.Writer) { treeText(w, &tree) })
}

// wholeTree reads a tree page by page, as far as the limit goes.
func wholeTree(ctx context.Context, d command.Answers, root string, q api.Query) (api.Tree, error) {
	tree, err := d.Tree(ctx, root, q)
	for err == nil && tree.Next != nil && q.Limit == 0 {
		q.Cursor = *tree.Next
		var more api.Tree
		if more, err = d.Tree(ctx, root, q); err == nil {
			tree.Next = more.Next
			tree.Nodes = appendNodes(tree.Nodes, more.Nodes)
		}
	}
	return tree, err
}

// appendNodes adds the nodes of the next page: a product that goes on is the same node.
func appendNodes(nodes, more []api.TreeNode) []api.TreeNode {
	at := map[int]int{-1: -1}
	for i, n := range more {
		j := slices.IndexFunc(nodes, func(x api.TreeNode) bool { return x.Depth == 0 && x.Kind == n.Kind && x.ID == n.ID })
		if n.Depth == 0 && j >= 0 {
			at[i] = j
			continue
		}
		n.Parent = at[n.Parent]
		at[i] = len(nodes)
		nodes = append(nodes, n)
	}
	return nodes
}

func (a lists) endpoints(ctx context.Context, d command.Answers) error {
	out, err := d.Endpoints(ctx, a.Query())
	if err != nil {
		return err
	}
	return output.List(&a.Print, out, []output.Column[api.Endpoint]{
		{Head: "KIND", Cell: func(x api.Endpoint) string { return x.Kind }},
		{Head: "ADDRESS", Cell: func(x api.Endpoint) string { return x.Address }},
		{Head: "PUBLIC", Cell: func(x api.Endpoint) string { return x.Public }},
		{Head: "AUTH", Cell: func(x api.Endpoint) string { return x.Auth }},
		{Head: "SERVICE", Cell: func(x api.Endpoint) string { return cmp.Or(x.Service, "-") }},
		{Head: "ENV", Cell: func(x api.Endpoint) string { return x.Environment }},
		{Head: "VIA", Cell: func(x api.Endpoint) string { return cmp.Or(x.Via, x.Process, "-") }},
		{Head: "FRESH", Cell: func(x api.Endpoint) string { return x.Freshness }},
	})
}

func (a lists) identities(ctx context.Context, d command.Answers) error {
	out, err := d.Identities(ctx, a.Query())
	if err != nil {
		return err
	}
	return output.List(&a.Print, out, []output.Column[api.Identity]{
		{Head: "KIND", Cell: func(x api.Identity) string { return x.Kind }},
		{Head: "NAME", Cell: func(x api.Identity) string { return x.ID }},
		{Head: "SCOPE", Cell: func(x api.Identity) string { return x.Scope }},
		{Head: "WORKLOADS", Cell: func(x api.Identity) string { return strconv.Itoa(x.RunsAs) }},
		{Head: "ESCALATES", Cell: func(x api.Identity) string { return x.Escalates }},
		{Head: "ROLES", Cell: func(x api.Identity) string { return cmp.Or(strings.Join(x.Roles, ", "), "none known") }},
		{Head: "STATE", Cell: func(x api.Identity) string { return x.State }},
	})
}

func (a lists) things(ctx context.Context, d command.Answers) error {
	out, err := d.Things(ctx, a.Query())
	if err != nil {
		return err
	}
	return output.List(&a.Print, out, []output.Column[api.Thing]{
		{Head: "KIND", Cell: func(x api.Thing) string { return x.Kind }},
		{Head: "NAME", Cell: func(x api.Thing) string { return x.ID }},
		{Head: "SCOPE", Cell: func(x api.Thing) string { return cmp.Or(x.Scope, "-") }},
		{Head: "CLASS", Cell: func(x api.Thing) string { return x.Class }},
		{Head: "FRESH", Cell: func(x api.Thing) string { return x.Freshness }},
		{Head: "SINCE", Cell: func(x api.Thing) string { return seen(x.Since) }},
		{Head: "SOURCES", Cell: func(x api.Thing) string { return strings.Join(x.Sources, ", ") }},
	})
}

func (a lists) kinds(ctx context.Context, d command.Answers) error {
	out, err := d.Kinds(ctx, a.Query())
	if err != nil {
		return err
	}
	return output.List(&a.Print, out, []output.Column[api.Kind]{
		{Head: "KIND", Cell: func(x api.Kind) string { return x.Kind }},
		{Head: "THINGS", Cell: func(x api.Kind) string { return strconv.Itoa(x.Count) }},
	})
}

func (a verbs) showCmd() *cobra.Command {
	var scope string
	c := &cobra.Command{
		Use: "show KIND NAME [--scope SCOPE]", Short: "Anything in the twin as a page: who says what, its edges, its timeline",
		Long: `Anything in the twin as a page: who says what of it, what it is made of, talks to,
reads and runs as, and how it changed. Kinds are those of "twin get kinds", and
Workload (NAME is its service, --scope its environment), Artifact, Component,
Product and Team.

  tidemark twin show Workload cart --scope prod
  tidemark twin show Artifact sha256:…
  tidemark twin show Service shop/front-end --scope CLUSTER/shop --as-of 2026-11-01`,
		Args: command.Args(2, 2, "a kind and a name"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.Asking(c.Context(), func(d command.Answers) error {
				doc, err := d.Thing(c.Context(), api.ThingRef{Kind: args[0], Scope: scope, Name: args[1]}, a.Moment())
				if err != nil {
					return err
				}
				return a.Print.Document(doc, func(w io.Writer) { pageText(w, &doc) })
			})
		},
	}
	c.Flags().StringVar(&scope, "scope", "", "where it is; of a workload its environment; not for kinds that are the same everywhere")
	return c
}

func pageText(w io.Writer, d *api.ThingPage) {
	_, _ = fmt.Fprintf(w, "%s %s", d.Thing.Kind, output.Plain(d.Thing.Name))
	if d.Thing.Scope != "" {
		_, _ = fmt.Fprintf(w, " in %s", output.Plain(d.Thing.Scope))
	}
	_, _ = fmt.Fprintf(w, ": %s, owner %s\n", d.State, cmp.Or(output.Plain(d.Owner), "nobody"))
	for _, s := range d.Says {
		_, _ = fmt.Fprintf(w, "  %s (%s, %s) since %s\n", output.Plain(s.Source), s.Class, s.Freshness, seen(s.Since))
	}
	for _, g := range d.Edges {
		_, _ = fmt.Fprintf(w, "\n%s (%d)\n", strings.ToUpper(g.Title), g.Total)
		for _, e := range g.Items {
			_, _ = fmt.Fprintf(w, "  %-14s %s  [%s] %s\n", e.Kind, output.Plain(e.Label), e.Basis, output.Plain(e.Detail))
		}
	}
	if len(d.Drift) > 0 {
		_, _ = fmt.Fprintln(w, "\nDRIFT")
	}
	for _, x := range d.Drift {
		_, _ = fmt.Fprintf(w, "  %-8s %-10s %s\n", x.Answer, x.Check, output.Plain(x.Sentence))
	}
	_, _ = fmt.Fprintln(w, "\nTIMELINE")
	for _, s := range d.Spans {
		to := "now"
		if s.To != nil {
			to = output.Clock(*s.To)
		}
		_, _ = fmt.Fprintf(w, "  %s to %s  %s  %s\n", output.Clock(s.From), to, s.Change, output.Plain(s.Source))
		changesText(w, s.Changes, s.More)
	}
}

func changesText(w io.Writer, list []api.FieldChange, more int) {
	for _, f := range list {
		_, _ = fmt.Fprintf(w, "      %s: %s -> %s\n", output.Plain(f.Field), cmp.Or(output.Plain(f.Before), "(none)"), cmp.Or(output.Plain(f.After), "(none)"))
	}
	if more > 0 {
		_, _ = fmt.Fprintf(w, "      and %d more fields\n", more)
	}
}

func (a verbs) treeCmd() *cobra.Command {
	c := &cobra.Command{
		Use: "tree [PRODUCT|SERVICE]", Short: "Products, services, environments, workloads and images, with what is exposed",
		Args: command.Args(0, 1, "at most a product or a service"),
		RunE: func(c *cobra.Command, args []string) error {
			root := strings.Join(args, "")
			return a.Asking(c.Context(), func(d command.Answers) error {
				doc, err := wholeTree(c.Context(), d, root, a.Query())
				if err != nil {
					return err
				}
				return a.Print.Document(doc, func(w io.Writer) { treeText(w, &doc) })
			})
		},
	}
	c.Flags().StringVarP(&a.Flags.Query, "query", "q", "", `condition, as "env:prod owner:payments"`)
	return c
}

func treeText(w io.Writer, d *api.Tree) {
	for _, n := range d.Nodes {
		_, _ = fmt.Fprintf(w, "%s%s %s", strings.Repeat("  ", n.Depth), n.Kind, output.Plain(n.Label))
		if n.Kind != "container" {
			_, _ = fmt.Fprintf(w, "  %d workloads, %d images, %s", n.Workloads, n.Images, cmp.Or(n.Freshness, "unknown"))
		}
		if x := n.Exposures; x != nil && n.Kind != "workload" {
			_, _ = fmt.Fprintf(w, "; act %d, schedule %d, watch %d, none %d, undecided %d", x.Act.Count, x.Schedule.Count, x.Watch.Count, x.None.Count, x.Open.Count)
		}
		_, _ = fmt.Fprintln(w)
	}
	if d.Next != nil {
		_, _ = fmt.Fprintf(w, "more services follow: --cursor %s, or --limit all\n", *d.Next)
	}
}

package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
)

func (a *app) twinCmd() *cobra.Command {
	lists := []struct {
		kind, short string
		run         func(context.Context, answers) error
	}{
		{"workloads", "What runs, or is declared to run, where", a.workloads},
		{"artifacts", "What was built, and whether its contents are known", a.artifacts},
		{"components", "What artifacts are made of", a.components},
		{"services", "Services and the environments they are in", a.services},
		{"sources", "Who gives evidence, and how fresh it is", a.sources},
	}
	get := group("get", "List a kind of thing", nil...)
	for _, l := range lists {
		c := &cobra.Command{
			Use: l.kind + " [-q QUERY]", Short: l.short, Args: args(0, 0, "no argument"),
			RunE: func(c *cobra.Command, _ []string) error {
				return a.asking(c.Context(), func(d answers) error { return l.run(c.Context(), d) })
			},
		}
		c.Flags().StringVarP(&a.flags.query, "query", "q", "", `condition, as "env:prod"`)
		get.AddCommand(c)
	}
	return group("twin", "The deployment digital twin", get)
}

func (a *app) workloads(ctx context.Context, d answers) error {
	out, err := d.Workloads(ctx, a.query())
	if err != nil {
		return err
	}
	return printList(&a.print, out, []column[api.Workload]{
		{"SERVICE", func(w api.Workload) string { return w.Service }},
		{"ENV", func(w api.Workload) string { return w.Environment }},
		{"RUNNING", func(w api.Workload) string { return w.Running }},
		{"REACHABLE", func(w api.Workload) string { return w.Reachable }},
		{"REPLICAS", func(w api.Workload) string { return strconv.Itoa(w.Replicas) }},
		{"SBOM", func(w api.Workload) string { return w.SBOM }},
		{"CLASS", func(w api.Workload) string { return w.Class }},
		{"FRESH", func(w api.Workload) string { return w.Freshness }},
		{"IMAGES", func(w api.Workload) string { return strings.Join(w.Images, ", ") }},
	})
}

func (a *app) artifacts(ctx context.Context, d answers) error {
	out, err := d.Artifacts(ctx, a.query())
	if err != nil {
		return err
	}
	return printList(&a.print, out, []column[api.Artifact]{
		{"NAME", func(x api.Artifact) string { return x.Name }},
		{"TAG", func(x api.Artifact) string { return or(x.Tag, "-") }},
		{"SBOM", func(x api.Artifact) string { return yesNo(x.SBOM) }},
		{"COMPONENTS", func(x api.Artifact) string { return strconv.Itoa(x.Components) }},
		{"DEPLOYED", func(x api.Artifact) string { return yesNo(x.Deployed) }},
		{"LISTED", func(x api.Artifact) string { return day(x.ObservedAt) }},
		{"ID", func(x api.Artifact) string { return x.ID }},
	})
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func (a *app) components(ctx context.Context, d answers) error {
	out, err := d.Components(ctx, a.query())
	if err != nil {
		return err
	}
	return printList(&a.print, out, []column[api.Component]{
		{"NAME", func(c api.Component) string { return c.Name }},
		{"VERSION", func(c api.Component) string { return or(c.Version, "-") }},
		{"TYPE", func(c api.Component) string { return or(c.Type, "-") }},
		{"ARTIFACTS", func(c api.Component) string { return strconv.Itoa(c.Artifacts) }},
		{"PURL", func(c api.Component) string { return or(c.Purl, "none: it cannot be matched") }},
	})
}

func (a *app) services(ctx context.Context, d answers) error {
	out, err := d.Services(ctx, a.query())
	if err != nil {
		return err
	}
	return printList(&a.print, out, []column[api.Service]{
		{"SERVICE", func(x api.Service) string { return x.Service }},
		{"ENVIRONMENTS", func(x api.Service) string { return strings.Join(x.Environments, ", ") }},
		{"WORKLOADS", func(x api.Service) string { return strconv.Itoa(x.Workloads) }},
	})
}

func (a *app) sources(ctx context.Context, d answers) error {
	out, err := d.Sources(ctx, a.query())
	if err != nil {
		return err
	}
	return printList(&a.print, out, []column[api.Source]{
		{"SOURCE", func(x api.Source) string { return x.Source }},
		{"SCOPE", func(x api.Source) string { return x.Scope }},
		{"CLASS", func(x api.Source) string { return x.Class }},
		{"FRESH", func(x api.Source) string { return x.Freshness }},
		{"SEEN", func(x api.Source) string { return seen(x.SeenAt) }},
		{"REJECTED", func(x api.Source) string { return strconv.Itoa(x.Rejected) }},
		{"QUARANTINED", func(x api.Source) string { return fmt.Sprint(x.Quarantined) }},
	})
}

func seen(t *api.Time) string {
	if t == nil {
		return "-"
	}
	return clock(*t)
}

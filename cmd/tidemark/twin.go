package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
)

func (a *app) twinCmd() *cobra.Command {
	lists := []struct {
		kind, short string
		run         func(context.Context, *session, ctem.ListQuery) error
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
				terms, err := ctem.ParseQuery(a.flags.query)
				if err != nil {
					return err
				}
				return a.reading(c.Context(), func(s *session) error {
					return l.run(c.Context(), s, ctem.ListQuery{AsOf: a.asOf, Terms: terms, Limit: a.limit, After: a.flags.cursor})
				})
			},
		}
		c.Flags().StringVarP(&a.flags.query, "query", "q", "", `condition, as "env:prod"`)
		get.AddCommand(c)
	}
	return group("twin", "The deployment digital twin", get)
}

func (a *app) workloads(ctx context.Context, s *session, q ctem.ListQuery) error {
	page, err := s.db.Workloads(ctx, q)
	if err != nil {
		return err
	}
	out, err := envelope[api.Workload](ctx, a, s, api.SchemaWorkloads)
	if err != nil {
		return err
	}
	out.Total, out.Truncated, out.Next = page.Total, page.Next != "", text(page.Next)
	for _, w := range page.Items {
		images := make([]string, 0, len(w.Images))
		for _, i := range w.Images {
			images = append(images, i.String())
		}
		out.Items = append(out.Items, api.Workload{
			Service: w.Service, Environment: w.Environment, Kind: w.Kind, Namespace: w.Namespace,
			Images: images, Replicas: w.Replicas, Running: string(w.Running), Reachable: string(w.Reachable), Class: string(w.Class),
			Sources: list(w.Sources), Freshness: string(w.Freshness), SeenAt: at(w.SeenAt), Since: at(w.Since), SBOM: string(w.SBOM),
			Doors: doorItems(w.Doors),
		})
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

func (a *app) artifacts(ctx context.Context, s *session, q ctem.ListQuery) error {
	page, err := s.db.ArtifactsList(ctx, q)
	if err != nil {
		return err
	}
	out, err := envelope[api.Artifact](ctx, a, s, api.SchemaArtifacts)
	if err != nil {
		return err
	}
	out.Total, out.Truncated, out.Next = page.Total, page.Next != "", text(page.Next)
	for _, x := range page.Items {
		it := api.Artifact{
			ID: x.ID, Name: x.Ref.Name, Tag: x.Ref.Tag, Digest: x.Ref.Digest, SBOM: x.SBOM, Components: x.Components,
			ObservedAt: at(x.ObservedAt), Deployed: x.Deployed,
		}
		if x.SBOM {
			it.Quality = qualityItem(x.Quality)
		}
		out.Items = append(out.Items, it)
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

func (a *app) components(ctx context.Context, s *session, q ctem.ListQuery) error {
	page, err := s.db.ComponentsList(ctx, q)
	if err != nil {
		return err
	}
	out, err := envelope[api.Component](ctx, a, s, api.SchemaComponents)
	if err != nil {
		return err
	}
	out.Total, out.Truncated, out.Next = page.Total, page.Next != "", text(page.Next)
	for _, c := range page.Items {
		out.Items = append(out.Items, api.Component{Purl: c.Purl, Name: c.Name, Version: c.Version, Type: c.Type, Artifacts: c.Artifacts})
	}
	return printList(&a.print, out, []column[api.Component]{
		{"NAME", func(c api.Component) string { return c.Name }},
		{"VERSION", func(c api.Component) string { return or(c.Version, "-") }},
		{"TYPE", func(c api.Component) string { return or(c.Type, "-") }},
		{"ARTIFACTS", func(c api.Component) string { return strconv.Itoa(c.Artifacts) }},
		{"PURL", func(c api.Component) string { return or(c.Purl, "none: it cannot be matched") }},
	})
}

func (a *app) services(ctx context.Context, s *session, q ctem.ListQuery) error {
	if q.After != "" {
		return errNoPages("services")
	}
	all, err := s.db.ServicesList(ctx, q)
	if err != nil {
		return err
	}
	out, err := envelope[api.Service](ctx, a, s, api.SchemaServices)
	if err != nil {
		return err
	}
	out.Total = len(all)
	for _, x := range firstOf(all, a.limit, &out.Truncated) {
		out.Items = append(out.Items, api.Service{Service: x.Name, Environments: list(x.Environments), Workloads: x.Workloads})
	}
	return printList(&a.print, out, []column[api.Service]{
		{"SERVICE", func(x api.Service) string { return x.Service }},
		{"ENVIRONMENTS", func(x api.Service) string { return strings.Join(x.Environments, ", ") }},
		{"WORKLOADS", func(x api.Service) string { return strconv.Itoa(x.Workloads) }},
	})
}

func (a *app) sources(ctx context.Context, s *session, q ctem.ListQuery) error {
	if q.After != "" {
		return errNoPages("sources")
	}
	if len(q.Terms) > 0 {
		return errNoQuery("sources")
	}
	all, err := s.db.Sources(ctx, q.AsOf)
	if err != nil {
		return err
	}
	out, err := envelope[api.Source](ctx, a, s, api.SchemaSources)
	if err != nil {
		return err
	}
	out.Total = len(all)
	for _, x := range firstOf(all, a.limit, &out.Truncated) {
		out.Items = append(out.Items, api.Source{
			Source: x.Source, Scope: x.Scope, Class: string(x.Class), Since: at(x.Since),
			SeenAt: at(x.Seen), Every: int64(x.Every.Seconds()), Freshness: string(x.Freshness), Rejected: x.Rejected, Quarantined: x.Quarantined,
		})
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

// firstOf cuts a whole list to the limit, and says so.
func firstOf[T any](all []T, limit int, cut *bool) []T {
	if limit == 0 || len(all) <= limit {
		return all
	}
	*cut = true
	return all[:limit]
}

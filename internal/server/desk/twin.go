package desk

import (
	"context"
	"slices"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
)

// Workloads lists what runs, or is declared to run, where.
func (d seeing) Workloads(ctx context.Context, q api.Query) (api.List[api.Workload], error) {
	out, err := envelope[api.Workload](ctx, d.base, q, api.SchemaWorkloads)
	if err != nil {
		return out, err
	}
	ask, err := d.list(q)
	if err != nil {
		return out, err
	}
	page, err := d.Estate.Workloads(ctx, ask)
	if err != nil {
		return out, err
	}
	paged(&out, page, workloadItem)
	return out, nil
}

func workloadItem(w ctem.Workload) api.Workload {
	images := make([]string, 0, len(w.Images))
	for _, i := range w.Images {
		images = append(images, i.String())
	}
	return api.Workload{
		Service: w.Service, Environment: w.Environment, Kind: w.Kind, Namespace: w.Namespace,
		Images: images, Replicas: w.Replicas, Running: string(w.Running), Reachable: string(w.Reachable), Class: string(w.Class),
		Sources: List(w.Sources), Freshness: string(w.Freshness), SeenAt: When(w.SeenAt), Since: When(w.Since), SBOM: string(w.SBOM),
		Doors: doorItems(w.Doors), Owner: w.Owner, OwnerRule: w.OwnerRule,
	}
}

// Artifacts lists what was built.
func (d seeing) Artifacts(ctx context.Context, q api.Query) (api.List[api.Artifact], error) {
	out, err := envelope[api.Artifact](ctx, d.base, q, api.SchemaArtifacts)
	if err != nil {
		return out, err
	}
	ask, err := d.list(q)
	if err != nil {
		return out, err
	}
	page, err := d.Estate.ArtifactsList(ctx, ask)
	if err != nil {
		return out, err
	}
	paged(&out, page, artifactItem)
	return out, nil
}

func artifactItem(x ctem.ArtifactItem) api.Artifact {
	it := api.Artifact{
		ID: x.ID, Name: x.Ref.Name, Tag: x.Ref.Tag, Digest: x.Ref.Digest, SBOM: x.SBOM, Components: x.Components,
		ObservedAt: When(x.ObservedAt), Deployed: x.Deployed,
	}
	if x.SBOM {
		it.Quality = QualityItem(x.Quality)
	}
	return it
}

// Components lists what artifacts are made of.
func (d seeing) Components(ctx context.Context, q api.Query) (api.List[api.Component], error) {
	out, err := envelope[api.Component](ctx, d.base, q, api.SchemaComponents)
	if err != nil {
		return out, err
	}
	ask, err := d.list(q)
	if err != nil {
		return out, err
	}
	page, err := d.Estate.ComponentsList(ctx, ask)
	if err != nil {
		return out, err
	}
	paged(&out, page, func(c ctem.ComponentItem) api.Component {
		return api.Component{Purl: c.Purl, Name: c.Name, Version: c.Version, Type: c.Type, Artifacts: c.Artifacts}
	})
	return out, nil
}

// Services lists services with the environments that they are in.
func (d seeing) Services(ctx context.Context, q api.Query) (api.List[api.Service], error) {
	out, err := envelope[api.Service](ctx, d.base, q, api.SchemaServices)
	if err != nil {
		return out, err
	}
	ask, err := d.list(q)
	if err != nil {
		return out, err
	}
	page, err := d.Estate.ServicesList(ctx, ask)
	if err != nil {
		return out, err
	}
	paged(&out, page, func(x ctem.Service) api.Service {
		return api.Service{Service: x.Name, Environments: List(x.Environments), Workloads: x.Workloads, Owner: x.Owner}
	})
	return out, nil
}

// Sources lists who gives evidence, and how fresh it is. Who sees a part of the
// estate sees those that speak of it.
func (d seeing) Sources(ctx context.Context, q api.Query) (api.List[api.Source], error) {
	out, err := envelope[api.Source](ctx, d.base, q, api.SchemaSources)
	if err != nil {
		return out, err
	}
	if err := noPages(q, "sources"); err != nil {
		return out, err
	}
	if err := plainList(q, "sources"); err != nil {
		return out, err
	}
	all, err := d.sources(ctx, d.time(api.Moment{AsOf: q.AsOf, KnownAt: q.KnownAt}))
	if err != nil {
		return out, err
	}
	lost, err := d.unplaced(ctx, all, d.time(api.Moment{AsOf: q.AsOf, KnownAt: q.KnownAt}))
	if err != nil {
		return out, err
	}
	whole(&out, all, q.Limit, func(x ctem.Source) api.Source {
		nowhere := lost[[2]string{x.Source, x.Scope}]
		return api.Source{
			Unplaced: len(nowhere), UnplacedLike: unplacedItems(nowhere),
			Source: x.Source, Scope: x.Scope, Class: string(x.Class), Since: When(x.Since), SeenAt: When(x.Seen),
			Every: int64(x.Every.Seconds()), Freshness: string(x.Freshness), Rejected: x.Rejected, Quarantined: x.Quarantined,
		}
	})
	return out, nil
}

func (d seeing) sources(ctx context.Context, at ctem.AsOf) ([]ctem.Source, error) {
	all, err := d.Estate.Sources(ctx, at)
	if err != nil || !d.viewer.Narrow() {
		return all, err
	}
	page, err := d.Estate.Workloads(ctx, d.asks(at))
	return SourcesOf(all, page.Items), err
}

// SourcesOf leaves the sources that speak of one of these workloads, and in
// whose place they do.
func SourcesOf(all []ctem.Source, seen []ctem.Workload) []ctem.Source {
	type told struct{ source, scope string }
	by := map[told]bool{}
	for i := range seen {
		for _, source := range seen[i].Sources {
			by[told{source, seen[i].Environment}] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(s ctem.Source) bool { return !by[told{s.Source, s.Scope}] })
}

// ScopeHistory lists the versions of the scope, the newest first.
func (d measuring) ScopeHistory(ctx context.Context, q api.Query) (api.List[api.ScopeVersion], error) {
	out, err := envelope[api.ScopeVersion](ctx, d.base, q, api.SchemaScopes)
	if err != nil {
		return out, err
	}
	if err := plainList(q, "versions of the scope"); err != nil {
		return out, err
	}
	page, err := d.Records.ScopeHistory(ctx, ctem.ListQuery{AsOf: d.time(api.Moment{AsOf: q.AsOf, KnownAt: q.KnownAt}), Limit: q.Limit, After: q.Cursor})
	if err != nil {
		return out, err
	}
	paged(&out, page, func(v ctem.ScopeVersion) api.ScopeVersion {
		return api.ScopeVersion{Version: v.Version, At: v.At, By: v.By}
	})
	return out, nil
}

// Feeds lists how fresh each feed is.
func (d measuring) Feeds(ctx context.Context, q api.Query) (api.List[api.Feed], error) {
	out, err := envelope[api.Feed](ctx, d.base, q, api.SchemaFeeds)
	if err != nil {
		return out, err
	}
	if err := plainList(q, "feeds"); err != nil {
		return out, err
	}
	feeds, err := d.Records.Feeds(ctx)
	if err != nil {
		return out, err
	}
	whole(&out, feeds, 0, func(f advisory.Feed) api.Feed { return feedAt(f, out.AsOf) })
	return out, nil
}

// feedAt is a feed with what follows from its age.
func feedAt(f advisory.Feed, at time.Time) api.Feed {
	item := FeedItems([]advisory.Feed{f})[0]
	item.Freshness = "fresh"
	if f.Stale(at) {
		item.Freshness, item.Effect = "stale", advisory.StaleEffect(f.Kind)
	}
	return item
}

package estate

import (
	"context"
	"slices"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/twin"
)

// Workloads lists what runs, or is declared to run, where.
func (d seeing) Workloads(ctx context.Context, q api.Query) (api.List[api.Workload], error) {
	out, err := reply.Envelope[api.Workload](ctx, d.Base, q, api.SchemaWorkloads)
	if err != nil {
		return out, err
	}
	ask, err := d.List(q)
	if err != nil {
		return out, err
	}
	page, err := d.Estate.Workloads(ctx, ask)
	if err != nil {
		return out, err
	}
	reply.Paged(&out, page, workloadItem)
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
		Sources: reply.List(w.Sources), Freshness: string(w.Freshness), SeenAt: reply.When(w.SeenAt), Since: reply.When(w.Since), SBOM: string(w.SBOM),
		Doors: DoorItems(w.Doors), Owner: w.Owner, OwnerRule: w.OwnerRule,
	}
}

// Artifacts lists what was built.
func (d seeing) Artifacts(ctx context.Context, q api.Query) (api.List[api.Artifact], error) {
	out, err := reply.Envelope[api.Artifact](ctx, d.Base, q, api.SchemaArtifacts)
	if err != nil {
		return out, err
	}
	ask, err := d.List(q)
	if err != nil {
		return out, err
	}
	page, err := d.Estate.ArtifactsList(ctx, ask)
	if err != nil {
		return out, err
	}
	reply.Paged(&out, page, artifactItem)
	return out, nil
}

func artifactItem(x ctem.ArtifactItem) api.Artifact {
	it := api.Artifact{
		ID: x.ID, Name: x.Ref.Name, Tag: x.Ref.Tag, Digest: x.Ref.Digest, SBOM: x.SBOM, Components: x.Components,
		ObservedAt: reply.When(x.ObservedAt), Deployed: x.Deployed,
	}
	if x.SBOM {
		it.Quality = QualityItem(x.Quality)
	}
	return it
}

// Components lists what artifacts are made of.
func (d seeing) Components(ctx context.Context, q api.Query) (api.List[api.Component], error) {
	out, err := reply.Envelope[api.Component](ctx, d.Base, q, api.SchemaComponents)
	if err != nil {
		return out, err
	}
	ask, err := d.List(q)
	if err != nil {
		return out, err
	}
	page, err := d.Estate.ComponentsList(ctx, ask)
	if err != nil {
		return out, err
	}
	reply.Paged(&out, page, func(c ctem.ComponentItem) api.Component {
		return api.Component{Purl: c.Purl, Name: c.Name, Version: c.Version, Type: c.Type, Artifacts: c.Artifacts}
	})
	return out, nil
}

// Services lists services with the environments that they are in.
func (d seeing) Services(ctx context.Context, q api.Query) (api.List[api.Service], error) {
	out, err := reply.Envelope[api.Service](ctx, d.Base, q, api.SchemaServices)
	if err != nil {
		return out, err
	}
	ask, err := d.List(q)
	if err != nil {
		return out, err
	}
	page, err := d.Estate.ServicesList(ctx, ask)
	if err != nil {
		return out, err
	}
	reply.Paged(&out, page, func(x ctem.Service) api.Service {
		return api.Service{Service: x.Name, Environments: reply.List(x.Environments), Workloads: x.Workloads, Owner: x.Owner}
	})
	return out, nil
}

// Sources lists who gives evidence, and how fresh it is. Who sees a part of the
// estate sees those that speak of it.
func (d seeing) Sources(ctx context.Context, q api.Query) (api.List[api.Source], error) {
	out, err := reply.Envelope[api.Source](ctx, d.Base, q, api.SchemaSources)
	if err != nil {
		return out, err
	}
	if err := reply.NoPages(q, "sources"); err != nil {
		return out, err
	}
	if err := reply.PlainList(q, "sources"); err != nil {
		return out, err
	}
	all, err := d.sources(ctx, d.Time(api.Moment{AsOf: q.AsOf, KnownAt: q.KnownAt}))
	if err != nil {
		return out, err
	}
	lost, err := d.unplaced(ctx, all, d.Time(api.Moment{AsOf: q.AsOf, KnownAt: q.KnownAt}))
	if err != nil {
		return out, err
	}
	reply.Whole(&out, all, q.Limit, func(x ctem.Source) api.Source {
		nowhere := lost[[2]string{x.Source, x.Scope}]
		return api.Source{
			Unplaced: len(nowhere), UnplacedLike: unplacedItems(nowhere),
			Source: x.Source, Scope: x.Scope, Class: string(x.Class), Since: reply.When(x.Since), SeenAt: reply.When(x.Seen),
			Every: int64(x.Every.Seconds()), Freshness: string(x.Freshness), Rejected: x.Rejected, Quarantined: x.Quarantined,
		}
	})
	return out, nil
}

func (d seeing) sources(ctx context.Context, at ctem.AsOf) ([]ctem.Source, error) {
	all, err := d.Estate.Sources(ctx, at)
	if err != nil || !d.Viewer.Narrow() {
		return all, err
	}
	page, err := d.Estate.Workloads(ctx, d.Asks(at))
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

// unplaced are the detections that fit no place, by source and scope.
func (d seeing) unplaced(ctx context.Context, all []ctem.Source, at ctem.AsOf) (map[[2]string][]twin.Unplaced, error) {
	if !slices.ContainsFunc(all, func(s ctem.Source) bool { return s.Class == twin.Detected }) {
		return nil, nil
	}
	list, err := d.Sights.Unplaced(ctx, at.Time().Add(-twin.DetectionCounts))
	out := map[[2]string][]twin.Unplaced{}
	for _, u := range list {
		k := [2]string{u.Source, u.Scope}
		out[k] = append(out[k], u)
	}
	return out, err
}

// maxUnplacedShown are told one by one.
const maxUnplacedShown = 10

func unplacedItems(list []twin.Unplaced) []api.Rejection {
	out := []api.Rejection{}
	for _, u := range list[:min(len(list), maxUnplacedShown)] {
		where := u.Detection.Rule
		if u.Detection.Image != "" {
			where += " in " + u.Detection.Image
		}
		out = append(out, api.Rejection{Where: where, Reason: u.Reason})
	}
	return out
}

// DoorItems are doors in their wire form.
func DoorItems(doors []twin.Door) []api.Door {
	out := make([]api.Door, 0, len(doors))
	for _, d := range doors {
		out = append(out, api.Door{Address: d.Address, Public: d.Public, Via: d.Via, Closed: d.Closed})
	}
	return out
}

// QualityItem counts what an SBOM leaves unsaid.
func QualityItem(q twin.Quality) *api.Quality {
	out := &api.Quality{
		Components: q.Components, NoPurl: q.NoPurl, NoVersion: q.NoVersion, UnknownEcosystem: q.UnknownEcosystem,
		BadPurl: q.BadPurl, Duplicates: q.Duplicates, DanglingRefs: q.DanglingRefs, Issues: []api.Issue{},
	}
	for _, i := range q.Issues {
		out.Issues = append(out.Issues, api.Issue{Component: i.Component, Reason: string(i.Reason), Detail: i.Detail})
	}
	return out
}

package estate

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/lineage"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/twin"
)

// gatherer collects what is known of the artifacts that workloads run.
type gatherer struct {
	*base
	ask   ctem.ListQuery // whose terms are none
	facts lineage.Facts
}

// facts are what is known of the artifacts of some workloads.
func (d tracing) facts(ctx context.Context, ask ctem.ListQuery, list []ctem.Workload) (*lineage.Facts, error) {
	ask.Terms, ask.Limit, ask.After, ask.Sort = nil, 0, "", nil
	g := gatherer{base: d.base, ask: ask, facts: lineage.Facts{
		Proofs: map[string][]lineage.Proof{}, Builds: map[string]lineage.Proof{}, Tags: map[string]lineage.Tag{}, Loaded: map[string][]lineage.LoadedSeen{},
		Listed: map[string]map[string]bool{},
	}}
	ids, names, tags := lineage.Named(list)
	var err error
	if g.facts.Names, err = d.Twin.Proven(ctx, ask.AsOf, reply.SortedKeys(names)); err != nil {
		return nil, err
	}
	if err := g.proofs(ctx, reply.SortedKeys(ids)); err != nil {
		return nil, err
	}
	if err := g.tags(ctx, reply.SortedKeys(tags)); err != nil {
		return nil, err
	}
	return &g.facts, g.listed(ctx)
}

// proofs reads what speaks of artifacts, and the builds that this names.
func (g *gatherer) proofs(ctx context.Context, ids []string) error {
	ends := make([]twin.End, len(ids))
	for i, id := range ids {
		ends[i] = twin.End{Kind: twin.KindArtifact, Name: id}
	}
	edges, err := g.Twin.Edges(ctx, g.ask, ends)
	if err != nil {
		return err
	}
	of := map[twin.End][]string{} // holder → artifacts
	for i := range edges {
		e := &edges[i]
		about := e.Rel == twin.RelProduced || e.Rel == twin.RelDescribes || e.Holder.Kind == twin.KindImage || e.Holder.Kind == kindLoaded
		if about && e.Holder.Kind != twin.KindTag && !slices.Contains(of[e.Holder], e.To.Name) {
			of[e.Holder] = append(of[e.Holder], e.To.Name)
		}
	}
	for _, id := range ids { // an image's own entry in its registry says what its labels claim
		e := twin.End{Kind: twin.KindImage, Name: id}
		of[e] = append(of[e], id)
	}
	things, err := g.Twin.ThingsOf(ctx, g.ask, slices.Collect(maps.Keys(of)))
	if err != nil {
		return err
	}
	builds := map[twin.End]bool{}
	for i := range things {
		for _, id := range of[things[i].End()] {
			g.note(&things[i], id, builds)
		}
	}
	more, err := g.Twin.ThingsOf(ctx, g.ask, slices.Collect(maps.Keys(builds)))
	for i := range more {
		if p, ok := lineage.ProofOf(&more[i]); ok {
			g.facts.Builds[more[i].Name] = p
		}
	}
	return err
}

// kindLoaded is what was seen loaded of an artifact.
const kindLoaded = "Loaded"

// note notes what a thing says of an artifact.
func (g *gatherer) note(t *ctem.Thing, id string, builds map[twin.End]bool) {
	if t.Kind == kindLoaded {
		var seen struct {
			Of     string `json:"of"`
			Loaded []struct {
				Purl string `json:"purl"`
			} `json:"loaded"`
		}
		if json.Unmarshal(t.Spec, &seen) == nil && seen.Of == id {
			x := lineage.LoadedSeen{Source: t.Source, Since: t.Since}
			for _, p := range seen.Loaded {
				x.Purls = append(x.Purls, lineage.BarePurl(p.Purl))
			}
			g.facts.Loaded[id] = append(g.facts.Loaded[id], x)
		}
		return
	}
	if g.facts.Sign(id, t) {
		return
	}
	p, ok := lineage.ProofOf(t)
	if !ok {
		return
	}
	if p.Attestation != nil && p.Attestation.Builder.Build != "" {
		builds[twin.End{Kind: twin.KindBuild, Name: p.Attestation.Builder.Build}] = true
	}
	g.facts.Proofs[id] = append(g.facts.Proofs[id], p)
}

// tags reads what tags point to.
func (g *gatherer) tags(ctx context.Context, names []string) error {
	ends := make([]twin.End, len(names))
	for i, n := range names {
		ends[i] = twin.End{Kind: twin.KindTag, Name: n}
	}
	things, err := g.Twin.ThingsOf(ctx, g.ask, ends)
	for i := range things {
		var tag twin.Tag
		if json.Unmarshal(things[i].Spec, &tag) == nil && tag.Digest != "" {
			g.facts.Tags[things[i].Name] = lineage.Tag{Source: things[i].Source, Digest: tag.Digest, Since: things[i].Since}
		}
	}
	return err
}

// listed reads the SBOMs of artifacts of which something was seen loaded.
func (g *gatherer) listed(ctx context.Context) error {
	ids := reply.SortedKeys(g.facts.Loaded)
	if len(ids) == 0 {
		return nil
	}
	known, err := g.Twin.Artifacts(ctx, ids)
	if err != nil {
		return err
	}
	parts := map[string][]int64{}
	var all []int64
	for id, a := range known {
		for i, c := range a.Contents {
			if i == 0 || !c.From.After(g.ask.Time()) {
				parts[id] = c.Components
			}
		}
		all = append(all, parts[id]...)
	}
	slices.Sort(all)
	byID, err := g.Twin.Components(ctx, slices.Compact(all))
	for id, list := range parts {
		g.facts.Listed[id] = map[string]bool{}
		for _, c := range list {
			g.facts.Listed[id][lineage.BarePurl(byID[c].Purl)] = true
		}
	}
	return err
}

// drift fills in the checks of a workload.
func (p *pageOf) drift(ctx context.Context) error {
	if p.doc.Workload == nil {
		return nil
	}
	ask := p.ask
	ask.Terms = placeTerms(p.end)
	page, err := p.Estate.Workloads(ctx, ask)
	if err != nil {
		return err
	}
	p.doc.Drift, err = tracing{p.base}.driftsOf(ctx, p.ask, page.Items)
	return err
}

func placeTerms(e twin.End) []ctem.Term {
	return []ctem.Term{{Key: "service", Op: ":", Values: []string{e.Name}}, {Key: "environment", Op: ":", Values: []string{e.Scope}}}
}

func (d tracing) driftsOf(ctx context.Context, ask ctem.ListQuery, list []ctem.Workload) ([]api.Drift, error) {
	out := []api.Drift{}
	facts, err := d.facts(ctx, ask, list)
	if err != nil {
		return nil, err
	}
	for i := range list {
		w := &list[i]
		for _, x := range facts.Drifts(w) {
			item := api.Drift{
				Service: w.Service, Environment: w.Environment, Check: string(x.Check), Answer: string(x.Answer), Container: x.Container,
				Image: x.Image.String(), Sentence: x.Sentence, Since: reply.When(x.Since), Owner: w.Owner, Evidence: []api.DriftEvidence{},
			}
			for _, e := range x.Evidence {
				item.Evidence = append(item.Evidence, api.DriftEvidence{Source: e.Source, At: reply.When(e.At), Says: e.Says})
			}
			out = append(out, item)
		}
	}
	return out, nil
}

// Drift lists what runs, check by check, with whether it is what was meant to run.
func (d tracing) Drift(ctx context.Context, q api.Query) (api.List[api.Drift], error) {
	out, err := reply.Envelope[api.Drift](ctx, d.Base, q, api.SchemaDrift)
	if err != nil {
		return out, err
	}
	ask, err := d.List(api.Query{Query: q.Query, AsOf: q.AsOf, KnownAt: q.KnownAt})
	if err != nil {
		return out, err
	}
	keep := map[string]ctem.Term{}
	ask.Terms = slices.DeleteFunc(ask.Terms, func(t ctem.Term) bool {
		own := t.Op == ":" && (t.Key == "check" || t.Key == "answer")
		if own {
			keep[t.Key] = t
		}
		return own
	})
	page, err := d.Estate.Workloads(ctx, ask)
	if err != nil {
		return out, err
	}
	all, err := d.driftsOf(ctx, ask, page.Items)
	if err != nil {
		return out, err
	}
	all = slices.DeleteFunc(all, func(x api.Drift) bool {
		check, checked := keep["check"]
		answer, answered := keep["answer"]
		return checked && oneOf(check, x.Check) == check.Negate || answered && oneOf(answer, x.Answer) == answer.Negate
	})
	slices.SortFunc(all, func(a, b api.Drift) int { return strings.Compare(driftKey(&a), driftKey(&b)) })
	return out, reply.Window(&out, all, q, driftKey)
}

// driftKey orders what drifted before what may have, and that before the rest.
func driftKey(x *api.Drift) string {
	rank := map[string]string{string(ctem.Yes): "0", string(ctem.Unknown): "1", string(ctem.No): "2"}[x.Answer]
	return strings.Join([]string{rank, x.Service, x.Environment, x.Container, x.Image, x.Check}, "\x00")
}

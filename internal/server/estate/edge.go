package estate

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/twin"
)

// titles are how edges are called, read from the thing that holds them and from
// the one that they lead to; in this order they are shown.
func titles() []title {
	return []title{
		{twin.RelRuns, "made of", "runs in"},
		{twin.RelContains, "made of", "part of"},
		{twin.RelPartOf, "part of", "made of"},
		{twin.RelConnectsTo, "talks to", "talked to by"},
		{twin.RelFrom, "talks to", "talked to by"},
		{twin.RelReads, "reads", "read by"},
		{twin.RelRunsAs, "runs as", "acts for"},
		{twin.RelExposes, "exposes", "exposed by"},
		{twin.RelSelects, "selects", "selected by"},
		{twin.RelProtects, "protects", "protected by"},
		{twin.RelMounts, "mounts", "mounted by"},
		{twin.RelGives, "gives", "given by"},
		{twin.RelBuiltFrom, "built from", "built into"},
		{twin.RelProduced, "built", "built by"},
		{twin.RelDescribes, "describes", "described by"},
		{twin.RelOwnedBy, "owned by", "owns"},
	}
}

type title struct {
	rel     twin.Rel
	out, in string
}

func titleOf(rel twin.Rel, incoming bool) (name string, rank int) {
	for i, t := range titles() {
		if t.rel != rel {
			continue
		}
		if incoming {
			return t.in, i
		}
		return t.out, i
	}
	return string(rel), len(titles())
}

// groups are the edges of a page on their way.
type groups struct {
	list []api.EdgeGroup
	rank map[string]int
	seen map[api.Edge]bool
}

// add puts an edge into its group, once.
func (g *groups) add(e api.Edge) {
	name, rank := titleOf(twin.Rel(e.Rel), e.Incoming)
	key := e
	key.Since, key.SeenAt = nil, nil
	if g.seen[key] {
		return
	}
	g.seen[key] = true
	i := slices.IndexFunc(g.list, func(x api.EdgeGroup) bool { return x.Title == name })
	if i < 0 {
		i = len(g.list)
		g.list = append(g.list, api.EdgeGroup{Title: name, Items: []api.Edge{}})
		g.rank[name] = rank
	}
	group := &g.list[i]
	if group.Total++; len(group.Items) < maxEdgesShown {
		group.Items = append(group.Items, e)
	}
}

// edges fills in what hangs together with the thing.
func (p *pageOf) edges(ctx context.Context) error {
	list, err := p.Twin.Edges(ctx, p.ask, []twin.End{p.end})
	if err != nil {
		return err
	}
	g := groups{rank: map[string]int{}, seen: map[api.Edge]bool{}}
	for i := range list {
		g.add(edgeItem(&list[i], p.end))
	}
	p.doors(&g)
	for _, more := range []func(context.Context, *groups) error{p.contents, p.holders, p.owns} {
		if err := more(ctx, &g); err != nil {
			return err
		}
	}
	slices.SortStableFunc(g.list, func(a, b api.EdgeGroup) int { return cmp.Compare(g.rank[a.Title], g.rank[b.Title]) })
	p.doc.Edges = append(p.doc.Edges, g.list...)
	return nil
}

// edgeItem is an edge seen from one of its ends.
func edgeItem(e *ctem.Edge, from twin.End) api.Edge {
	to, incoming := e.To, false
	if e.Holder != from {
		to, incoming = e.Holder, true
	}
	out := api.Edge{
		Rel: string(e.Rel), Incoming: incoming, Kind: to.Kind, Scope: to.Scope, Name: to.Name, Label: labelOf(to), Basis: string(e.Class),
		Source: e.Source, Since: reply.When(e.Since), SeenAt: reply.When(e.SeenAt),
	}
	if e.Flow != nil {
		out.Basis, out.Detail = string(e.Flow.How), flowDetail(e.Flow)
	}
	return out
}

func labelOf(e twin.End) string {
	if e.Kind == twin.KindWorkload && e.Scope != "" {
		return e.Name + " in " + e.Scope
	}
	return e.Name
}

func flowDetail(f *twin.Flow) string {
	var parts []string
	if f.Protocol != "" {
		parts = append(parts, f.Protocol)
	}
	if f.Port != 0 {
		parts = append(parts, "port "+strconv.Itoa(f.Port))
	}
	if f.Denied {
		parts = append(parts, "refused")
	}
	if len(f.Data) > 0 {
		parts = append(parts, "data: "+strings.Join(f.Data, ", "))
	}
	return strings.Join(parts, ", ")
}

// doors adds the objects that open a workload's doors.
func (p *pageOf) doors(g *groups) {
	if p.doc.Workload == nil {
		return
	}
	for _, x := range p.doc.Workload.Doors {
		via, _, _ := strings.Cut(x.Via, " (")
		kind, name, ok := strings.Cut(via, "/")
		if !ok {
			continue
		}
		who := "not from the internet"
		if x.Public {
			who = "from the internet"
		}
		g.add(api.Edge{
			Rel: string(twin.RelExposes), Incoming: true, Kind: kind, Scope: p.end.Scope, Name: name, Label: x.Via, Basis: p.doc.Workload.Class,
			Detail: x.Address + ", " + who,
		})
	}
}

// contents adds what an artifact is made of.
func (p *pageOf) contents(ctx context.Context, g *groups) error {
	if p.doc.Artifact == nil || !p.doc.Artifact.SBOM {
		return nil
	}
	known, err := p.Twin.Artifacts(ctx, []string{p.end.Name})
	if err != nil {
		return err
	}
	var parts []int64
	for i, c := range known[p.end.Name].Contents {
		if i == 0 || !c.From.After(p.ask.Time()) {
			parts = c.Components
		}
	}
	byID, err := p.Twin.Components(ctx, parts[:min(len(parts), maxEdgesShown)])
	for _, id := range parts[:min(len(parts), maxEdgesShown)] {
		c := byID[id]
		g.add(api.Edge{
			Rel: string(twin.RelContains), Kind: kindComponent, Name: cmp.Or(c.Purl, c.Name), Label: strings.TrimSpace(c.Name + " " + c.Version), Basis: string(twin.Content),
			Source: twin.SourceSBOM,
		})
	}
	if i := slices.IndexFunc(g.list, func(x api.EdgeGroup) bool { return x.Title == "made of" }); i >= 0 {
		g.list[i].Total += max(0, len(parts)-maxEdgesShown)
	}
	return err
}

// holders adds the artifacts that hold a component.
func (p *pageOf) holders(ctx context.Context, g *groups) error {
	if p.doc.Component == nil {
		return nil
	}
	ask := p.ask
	ask.Limit, ask.Terms = maxEdgesShown, []ctem.Term{{Key: "purl", Op: ":", Values: []string{p.end.Name}}}
	page, err := p.Estate.ArtifactsList(ctx, ask)
	if err != nil {
		return err
	}
	var ids []string
	for i := range page.Items {
		ids = append(ids, page.Items[i].ID)
	}
	loaded, err := p.loadedIn(ctx, p.end.Name, ids)
	for i := range page.Items {
		a := &page.Items[i]
		g.add(api.Edge{
			Rel: string(twin.RelContains), Incoming: true, Kind: twin.KindArtifact, Name: a.ID, Label: a.Ref.String(), Basis: string(twin.Content), Source: twin.SourceSBOM,
			Detail: loaded[a.ID],
		})
	}
	if len(page.Items) > 0 {
		g.list[len(g.list)-1].Total = page.Total
	}
	return err
}

// owns adds the services of a team or product, and the owner of a workload.
func (p *pageOf) owns(ctx context.Context, g *groups) error {
	if w := p.doc.Workload; w != nil && w.Owner != "" {
		g.add(api.Edge{Rel: string(twin.RelOwnedBy), Kind: twin.KindTeam, Name: w.Owner, Label: w.Owner, Basis: string(twin.Declared), Detail: w.OwnerRule})
	}
	key := map[string]string{twin.KindTeam: "owner", kindProduct: "product"}[p.end.Kind]
	if key == "" {
		return nil
	}
	ask := p.ask
	ask.Limit, ask.Terms = maxEdgesShown, []ctem.Term{{Key: key, Op: ":", Values: []string{p.end.Name}}}
	page, err := p.Estate.Workloads(ctx, ask)
	for i := range page.Items {
		e := twin.End{Kind: twin.KindWorkload, Scope: page.Items[i].Environment, Name: page.Items[i].Service}
		g.add(api.Edge{Rel: string(twin.RelOwnedBy), Incoming: true, Kind: e.Kind, Scope: e.Scope, Name: e.Name, Label: labelOf(e), Basis: string(twin.Declared)})
	}
	if len(page.Items) > 0 {
		g.list[len(g.list)-1].Total = page.Total
	}
	return err
}

// kindProduct is the kind under which a product has its page.
const kindProduct = "Product"

package estate

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/lineage"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/triage"
	"github.com/tidemark/tidemark/internal/twin"
)

// Things gives what is no workload, and how everything hangs together.
type Things interface {
	Things(ctx context.Context, q ctem.ListQuery) (ctem.Page[ctem.Thing], error)
	ThingKinds(ctx context.Context, q ctem.ListQuery) ([]ctem.KindCount, error)
	Edges(ctx context.Context, q ctem.ListQuery, ends []twin.End) ([]ctem.Edge, error)
	TwinSpans(ctx context.Context, q ctem.ListQuery, end twin.End) ([]ctem.ThingSpan, error)
	ThingsOf(ctx context.Context, q ctem.ListQuery, ends []twin.End) ([]ctem.Thing, error)
}

// Things lists what of the twin is no workload.
func (d placing) Things(ctx context.Context, q api.Query) (api.List[api.Thing], error) {
	out, err := reply.Envelope[api.Thing](ctx, d.Base, q, api.SchemaThings)
	if err != nil {
		return out, err
	}
	ask, err := d.List(q)
	if err != nil {
		return out, err
	}
	page, err := d.Twin.Things(ctx, ask)
	if err != nil {
		return out, err
	}
	reply.Paged(&out, page, thingItem)
	return out, nil
}

func thingItem(t ctem.Thing) api.Thing {
	out := api.Thing{
		Kind: t.Kind, Namespace: t.Namespace, Name: t.Name, ID: t.End().Name, Scope: t.Scope, Source: t.Source, Sources: reply.List(t.Sources),
		Class: string(t.Class), Freshness: string(t.Freshness), Since: reply.When(t.Since), SeenAt: reply.When(t.SeenAt), Spec: raw(t.Spec), Links: []api.ThingLink{},
	}
	for _, l := range t.Links {
		out.Links = append(out.Links, api.ThingLink{Rel: string(l.Rel), Kind: l.To.Kind, Scope: within(l.To, t.Scope).Scope, Name: l.To.Name})
	}
	return out
}

// within is the end of a link whose holder stands in a scope.
func within(e twin.End, scope string) twin.End {
	if e.Scope == "" && !twin.Global(e.Kind) {
		e.Scope = scope
	}
	return e
}

// raw is JSON as it was stored; null where there is none.
func raw(b []byte) json.RawMessage {
	if len(b) == 0 {
		return json.RawMessage("null")
	}
	return b
}

// Kinds counts the things of each kind.
func (d placing) Kinds(ctx context.Context, q api.Query) (api.List[api.Kind], error) {
	out, err := reply.Envelope[api.Kind](ctx, d.Base, q, api.SchemaKinds)
	if err != nil {
		return out, err
	}
	if err := reply.NoPages(q, "kinds"); err != nil {
		return out, err
	}
	ask, err := d.List(q)
	if err != nil {
		return out, err
	}
	list, err := d.Twin.ThingKinds(ctx, ask)
	reply.Whole(&out, list, q.Limit, func(k ctem.KindCount) api.Kind { return api.Kind(k) })
	return out, err
}

// The bounds of a page of one thing.
const (
	maxEdgesShown  = 100 // of one meaning
	maxSpansShown  = 100
	maxFieldsShown = 20 // of one change
)

// Thing is the page of anything in the twin.
func (d placing) Thing(ctx context.Context, end api.ThingRef, m api.Moment) (api.ThingPage, error) {
	at := d.Time(m)
	p := pageOf{placing: d, ask: d.Asks(at), end: twin.End{Kind: end.Kind, Scope: end.Scope, Name: end.Name}}
	if twin.Global(p.end.Kind) || p.end.Kind == kindComponent {
		p.end.Scope = ""
	}
	p.doc = api.ThingPage{
		Schema: api.SchemaThing, AsOf: at.Time(), KnownAt: reply.When(at.KnownAt), Products: []string{}, Says: []api.ThingSays{}, Edges: []api.EdgeGroup{},
		Spans: []api.ThingSpan{}, Drift: []api.Drift{}, Loaded: []api.LoadedIn{},
	}
	var err error
	if p.doc.Computed, err = d.Computed(ctx); err != nil {
		return p.doc, err
	}
	for _, fill := range []func(context.Context) error{p.says, p.kind, p.edges, p.exists, p.whose, p.drift, p.watched} {
		if err := fill(ctx); err != nil {
			return p.doc, err
		}
	}
	return p.doc, nil
}

// kindComponent is the kind under which a component has its page: its name is its purl.
const kindComponent = "Component"

// The states of what has a page.
const (
	stateLive  = "live"
	stateEnded = "ended"
	stateNamed = "named"
)

// pageOf is the page of one thing on its way.
type pageOf struct {
	placing
	ask ctem.ListQuery
	end twin.End
	doc api.ThingPage
	// what it takes to say whose it is
	services []string
	found    bool // by its own kind of list
}

// says fills in what sources say, now and before.
func (p *pageOf) says(ctx context.Context) error {
	spans, err := p.Twin.TwinSpans(ctx, p.ask, p.end)
	if err != nil {
		return err
	}
	at := p.ask.Time()
	thing, live := ctem.ThingOf(p.end, spans, at)
	p.doc.Thing = thingItem(thing)
	for i := range spans {
		s := &spans[i]
		if s.ValidAt(at) {
			p.doc.Says = append(p.doc.Says, api.ThingSays{
				Source: s.Source, Scope: s.Scope, Class: string(s.Class), Freshness: string(s.Freshness), Since: reply.When(s.From), SeenAt: reply.When(s.SeenAt), Spec: specOf(s),
			})
		}
	}
	switch {
	case live:
		p.doc.State = stateLive
	case len(spans) > 0:
		p.doc.State = stateEnded
	default:
		p.doc.State = stateNamed
	}
	items := timeline(spans)
	p.doc.Spans, p.doc.More = items[:min(len(items), maxSpansShown)], max(0, len(items)-maxSpansShown)
	return nil
}

// specOf is what a stretch says of the thing: of a workload all of it.
func specOf(s *ctem.ThingSpan) json.RawMessage {
	if s.Media == twin.MediaWorkload {
		return raw(s.Body)
	}
	var r twin.Resource
	if json.Unmarshal(s.Body, &r) != nil {
		return raw(nil)
	}
	return raw(r.Spec)
}

// timeline tells stretches, the newest first, each against the one before of the
// same source.
func timeline(spans []ctem.ThingSpan) []api.ThingSpan {
	last := map[[3]string]*ctem.ThingSpan{}
	out := make([]api.ThingSpan, 0, len(spans))
	for i := range spans {
		s := &spans[i]
		item := api.ThingSpan{
			From: s.From, To: reply.When(s.To), Source: s.Source, Scope: s.Scope, Class: string(s.Class), Change: "appeared", Changes: []api.FieldChange{},
			RecordedFrom: s.RecordedFrom, LearnedTo: reply.When(s.LearnedTo),
		}
		key := [3]string{s.Source, s.Scope, string(s.Class)}
		if before := last[key]; before != nil {
			item.Change = "changed"
			if before.To.Before(s.From) {
				item.Change = "returned"
			}
			item.Changes, item.More = fieldItems(lineage.Fields(before.Body, s.Body))
		}
		last[key] = s
		out = append(out, item)
	}
	slices.Reverse(out)
	return out
}

func fieldItems(fields []lineage.Field) (items []api.FieldChange, more int) {
	items = []api.FieldChange{}
	for _, f := range fields[:min(len(fields), maxFieldsShown)] {
		items = append(items, api.FieldChange{Field: f.Path, Before: f.Before, After: f.After})
	}
	return items, max(0, len(fields)-maxFieldsShown)
}

// kind fills in what the thing's own kind of list says of it.
func (p *pageOf) kind(ctx context.Context) error {
	ask := p.ask
	ask.Limit = 2
	is := func(key, value string) ctem.Term { return ctem.Term{Key: key, Op: ":", Values: []string{value}} }
	switch p.end.Kind {
	case twin.KindWorkload:
		ask.Terms = []ctem.Term{is("service", p.end.Name), is("environment", p.end.Scope)}
		page, err := p.Estate.Workloads(ctx, ask)
		for i := range page.Items {
			if w := &page.Items[i]; w.Service == p.end.Name && w.Environment == p.end.Scope {
				item := workloadItem(*w)
				p.doc.Workload, p.found = &item, true
			}
		}
		p.services = []string{p.end.Name}
		p.doc.Exposures.Query = triage.QueryText(ask.Terms)
		return err
	case twin.KindArtifact:
		ask.Terms = []ctem.Term{is("id", p.end.Name)}
		page, err := p.Estate.ArtifactsList(ctx, ask)
		if len(page.Items) > 0 {
			item := artifactItem(page.Items[0])
			p.doc.Artifact, p.found = &item, true
		}
		p.doc.Exposures.Query = triage.QueryText([]ctem.Term{is("digest", p.end.Name)})
		return err
	case kindComponent:
		ask.Terms = []ctem.Term{is("purl", p.end.Name)}
		page, err := p.Estate.ComponentsList(ctx, ask)
		if len(page.Items) > 0 {
			c := page.Items[0]
			p.doc.Component, p.found = &api.Component{Purl: c.Purl, Name: c.Name, Version: c.Version, Type: c.Type, Artifacts: c.Artifacts}, true
		}
		p.doc.Exposures.Query = triage.QueryText([]ctem.Term{is("purl", p.end.Name)})
		return err
	}
	return nil
}

// exists refuses what nobody knows, or the viewer may not see.
func (p *pageOf) exists(context.Context) error {
	if p.doc.State != stateNamed || len(p.doc.Edges) > 0 {
		return nil
	}
	if p.found {
		p.doc.State = stateLive
		return nil
	}
	return reply.Missing(p.end.Kind, p.end.Name)
}

// whose fills in the owner, the products and the exposures.
func (p *pageOf) whose(ctx context.Context) error {
	if p.doc.Workload != nil {
		p.doc.Owner = p.doc.Workload.Owner
	}
	if len(p.services) > 0 {
		scope, err := p.Twin.Scope(ctx, p.ask.AsOf)
		if err != nil {
			return err
		}
		for _, x := range scope.ProductsOf(p.services[0]) {
			if p.Viewer.Products == nil || slices.Contains(p.Viewer.Products, x.Name) {
				p.doc.Products = append(p.doc.Products, x.Name)
			}
		}
	}
	if p.doc.Exposures.Query == "" {
		return nil
	}
	terms, err := ctem.ParseQuery(p.doc.Exposures.Query)
	if err != nil {
		return err
	}
	ask := p.ask
	ask.Terms, ask.Limit = terms, 1
	page, err := p.Exposed.ListExposures(ctx, ask)
	p.doc.Exposures.Count = page.Total
	return err
}

package picture

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/triage"
)

// hitsEach is how many things of each kind a search names.
const hitsEach = 5

// weaknessID is how databases of weaknesses write their ids.
var weaknessID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?i:CVE-\d{4}-\d{4,}|GHSA(-[0-9a-z]{4}){3})$`) })

// Search finds things by name: what an id or an address names comes first.
func (d finding) Search(ctx context.Context, v reply.Viewer, text string) (api.SearchResult, error) {
	doc := api.SearchResult{Schema: api.SchemaSearch, Items: []api.SearchHit{}}
	text = strings.TrimSpace(text)
	if err := ctem.PlainText("the text", text); err != nil {
		return doc, err
	}
	if text == "" {
		return doc, nil
	}
	q, err := d.question(ctx, ctem.ListQuery{AsOf: d.present(), Products: v.Products, Owner: v.Owner})
	if err != nil {
		return doc, err
	}
	for _, part := range []func(context.Context, *question, string) ([]api.SearchHit, error){d.pasted, d.ids, d.named, d.components, d.told} {
		hits, err := part(ctx, q, text)
		if err != nil {
			return doc, err
		}
		doc.Items = append(doc.Items, hits...)
	}
	return doc, nil
}

// pasted is what the whole text means when it is an id of the world's: the
// question whether it is here.
func (d finding) pasted(_ context.Context, _ *question, text string) ([]api.SearchHit, error) {
	kind := ""
	switch {
	case weaknessID().MatchString(text):
		kind, text = "weakness", canonicalID(text)
	case strings.HasPrefix(text, "pkg:"):
		kind = "component"
	case strings.HasPrefix(text, "sha256:"):
		return []api.SearchHit{{Kind: "component", ID: text, Label: "Are we affected by anything in " + short(text) + "?", Note: "image digest", Path: "/affected?digest=" + url.QueryEscape(text)}}, nil
	}
	if kind == "" {
		return nil, nil
	}
	return []api.SearchHit{{Kind: kind, ID: text, Label: "Are we affected by " + text + "?", Note: kind, Path: "/affected/" + url.PathEscape(text)}}, nil
}

// canonicalID writes an id as its database does.
func canonicalID(id string) string {
	if strings.HasPrefix(strings.ToUpper(id), "GHSA-") {
		return "GHSA-" + strings.ToLower(id[5:])
	}
	return strings.ToUpper(id)
}

func short(digest string) string { return digest[:min(len(digest), 19)] + "…" }

// ids finds an exposure and an action by their shown ids.
func (d finding) ids(ctx context.Context, q *question, text string) ([]api.SearchHit, error) {
	id := strings.ToUpper(text)
	switch {
	case strings.HasPrefix(id, "EXP-"):
		page, err := q.index.Find(q.with(equal("id", id)))
		if err != nil || len(page.Nums) == 0 {
			return nil, err
		}
		items, err := d.Rows.ListedExposures(ctx, page.Nums[:1], q.at)
		if err != nil || len(items) == 0 {
			return nil, err
		}
		e := &items[0]
		return []api.SearchHit{{Kind: "exposure", ID: e.ID, Label: e.Weakness.Canonical + " in " + e.Service, Note: e.Environment, Path: "/exposures/" + e.ID}}, nil
	case strings.HasPrefix(id, "ACT-"):
		got, err := d.desk.As(q.viewer).Action(ctx, id, api.Moment{})
		if fault.KindOf(err) == fault.NotFound {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return []api.SearchHit{{Kind: "action", ID: got.ID, Label: got.Component + " in " + got.Service, Note: got.State, Path: "/actions/" + got.ID}}, nil
	}
	return nil, nil
}

// named finds services, products and owners of the list, and the weaknesses in it.
func (d finding) named(_ context.Context, q *question, text string) ([]api.SearchHit, error) {
	kinds := []struct{ key, kind, path string }{
		{"service", "service", "/twin/service/"}, {"product", "product", "/products/"}, {"owner", "owner", "/exposures?q=owner:"}, {"weakness", "weakness", "/affected/"},
	}
	asks := make([]triage.FacetAsk, len(kinds))
	for i, k := range kinds {
		asks[i] = triage.FacetAsk{Key: k.key, Limit: hitsEach, Search: text}
	}
	facets, err := q.index.Facets(q.Query, asks)
	if err != nil {
		return nil, err
	}
	var out []api.SearchHit
	for i, f := range facets {
		for _, x := range f.Values {
			if x.Value == "none" {
				continue
			}
			hit := api.SearchHit{Kind: kinds[i].kind, ID: x.Value, Label: x.Value, Note: reply.CountExposures(x.Count), Path: kinds[i].path + url.PathEscape(x.Value)}
			if kinds[i].kind == "owner" {
				hit.Path = "/exposures?q=" + url.QueryEscape(words("owner", x.Value))
			}
			out = append(out, hit)
		}
	}
	return out, nil
}

// told finds services and products that have no exposure: the scope names them.
func (d finding) told(_ context.Context, q *question, text string) ([]api.SearchHit, error) {
	var out []api.SearchHit
	b, low := q.scope(), strings.ToLower(text)
	for _, p := range b.visible(q.viewer) {
		if len(out) < hitsEach && strings.Contains(strings.ToLower(p.Name+" "+p.Title), low) {
			out = append(out, api.SearchHit{Kind: "product", ID: p.Name, Label: p.Name, Note: p.Title, Path: "/products/" + url.PathEscape(p.Name)})
		}
	}
	services := 0
	for i := range b.Services {
		name := b.Services[i].Name
		if services < hitsEach && strings.HasPrefix(strings.ToLower(name), low) && b.shows(q.viewer, name) {
			services++
			out = append(out, api.SearchHit{Kind: "service", ID: name, Label: name, Note: "in the scope", Path: "/twin/service/" + url.PathEscape(name)})
		}
	}
	links, err := q.links(wordsOf(out)...)
	if err != nil {
		return nil, err
	}
	kept := out[:0]
	for i := range out {
		if links[i].Count == 0 { // the others were found in the list
			kept = append(kept, out[i])
		}
	}
	return slices.Clip(kept), nil
}

func wordsOf(hits []api.SearchHit) []string {
	out := make([]string, len(hits))
	for i, h := range hits {
		out[i] = words(h.Kind, h.ID)
	}
	return out
}

// components finds parts by how their name begins: of all that was built for
// those who may see everything, else of what is exposed before their eyes.
func (d finding) components(ctx context.Context, q *question, text string) ([]api.SearchHit, error) {
	if q.Products != nil || q.Owner != "" {
		facets, err := q.index.Facets(q.Query, []triage.FacetAsk{{Key: "locus", Limit: hitsEach, Search: text}})
		if err != nil {
			return nil, err
		}
		var out []api.SearchHit
		for _, x := range facets[0].Values {
			out = append(out, componentHit(x.Value, x.Label, reply.CountExposures(x.Count)))
		}
		return out, nil
	}
	list, err := d.Names.ComponentsByPrefix(ctx, text, hitsEach)
	var out []api.SearchHit
	for i := range list {
		c := &list[i]
		out = append(out, componentHit(c.Purl, c.Name+" "+c.Version, c.Type))
	}
	return out, err
}

func componentHit(purl, label, note string) api.SearchHit {
	return api.SearchHit{Kind: "component", ID: purl, Label: label, Note: note, Path: "/affected/" + url.PathEscape(purl)}
}

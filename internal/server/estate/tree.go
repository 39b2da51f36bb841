package estate

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/triage"
	"github.com/tidemark/tidemark/internal/twin"
)

// Tree is products, services, environments, workloads and containers, a page of
// services. root is a product or a service; "": all.
func (d placing) Tree(ctx context.Context, root string, q api.Query) (api.Tree, error) {
	ask, err := d.List(api.Query{Query: q.Query, AsOf: q.AsOf, KnownAt: q.KnownAt})
	if err != nil {
		return api.Tree{}, err
	}
	doc := api.Tree{Schema: api.SchemaTree, AsOf: ask.Time(), KnownAt: reply.When(ask.KnownAt), Root: root, Nodes: []api.TreeNode{}}
	if doc.Computed, err = d.Computed(ctx); err != nil {
		return doc, err
	}
	t := tree{doc: &doc, terms: ask.Terms}
	if t.scope, err = d.Twin.Scope(ctx, ask.AsOf); err != nil {
		return doc, err
	}
	workloads, err := d.Estate.Workloads(ctx, ask)
	if err != nil {
		return doc, err
	}
	counts, err := d.Twin.ExposureCounts(ctx, ask)
	if err != nil {
		return doc, err
	}
	t.index(counts, workloads.Items)
	services, err := t.page(root, d.Viewer.Products, q)
	if err != nil {
		return doc, err
	}
	t.draw(root, services)
	return doc, nil
}

// tree is a tree on its way.
type tree struct {
	doc      *api.Tree
	terms    []ctem.Term // of the query: links carry them
	scope    ctem.Scope
	counts   map[[2]string]map[ctem.Word]int // service and environment → live exposures by decision
	places   map[string][]*ctem.Workload     // by service
	products map[string][]string             // of a service, those that may be seen
}

func (t *tree) index(counts []ctem.PlaceCount, list []ctem.Workload) {
	t.counts, t.places, t.products = map[[2]string]map[ctem.Word]int{}, map[string][]*ctem.Workload{}, map[string][]string{}
	for _, c := range counts {
		key := [2]string{c.Service, c.Environment}
		if t.counts[key] == nil {
			t.counts[key] = map[ctem.Word]int{}
		}
		t.counts[key][c.Word] += c.Count
	}
	for i := range list {
		t.places[list[i].Service] = append(t.places[list[i].Service], &list[i])
	}
}

// page chooses the services that the tree is drawn with.
func (t *tree) page(root string, may []string, q api.Query) ([]string, error) {
	var services []string
	for _, s := range reply.SortedKeys(t.places) {
		for _, p := range t.scope.ProductsOf(s) {
			if may == nil || slices.Contains(may, p.Name) {
				t.products[s] = append(t.products[s], p.Name)
			}
		}
		if root == "" || s == root || slices.Contains(t.products[s], root) {
			services = append(services, s)
		}
	}
	if root != "" && len(services) == 0 {
		return nil, reply.Missing("product or service", root)
	}
	var out api.List[string]
	if err := reply.Window(&out, services, q, func(s *string) string { return *s }); err != nil {
		return nil, err
	}
	t.doc.Total, t.doc.Next = out.Total, out.Next
	return out.Items, nil
}

// draw adds the nodes: below products, unless one service was asked for.
func (t *tree) draw(root string, services []string) {
	if len(services) == 1 && services[0] == root {
		t.service(-1, root)
		return
	}
	byProduct := map[string][]string{}
	for _, s := range services {
		for _, p := range orNone(t.products[s]) {
			if root == "" || p == root {
				byProduct[p] = append(byProduct[p], s)
			}
		}
	}
	for _, p := range reply.SortedKeys(byProduct) {
		n := t.add(-1, api.TreeNode{Kind: "product", ID: p, Label: cmp.Or(p, "no product")})
		if i := slices.IndexFunc(t.scope.Products, func(x ctem.ScopeProduct) bool { return x.Name == p }); i >= 0 {
			t.doc.Nodes[n].Owner = t.scope.Products[i].Owner
		}
		var all []*ctem.Workload
		for s, places := range t.places {
			if slices.Contains(orNone(t.products[s]), p) {
				all = append(all, places...)
			}
		}
		t.sum(n, all, []ctem.Term{{Key: "product", Op: ":", Values: []string{cmp.Or(p, "none")}}})
		for _, s := range byProduct[p] {
			t.service(n, s)
		}
	}
}

func orNone(products []string) []string {
	if len(products) == 0 {
		return []string{""}
	}
	return products
}

func (t *tree) add(parent int, n api.TreeNode) int {
	n.Parent = parent
	if parent >= 0 {
		n.Depth = t.doc.Nodes[parent].Depth + 1
	}
	t.doc.Nodes = append(t.doc.Nodes, n)
	return len(t.doc.Nodes) - 1
}

func (t *tree) service(parent int, service string) {
	n := t.add(parent, api.TreeNode{Kind: "service", ID: service, Label: service})
	is := ctem.Term{Key: "service", Op: ":", Values: []string{service}}
	t.sum(n, t.places[service], []ctem.Term{is})
	for _, w := range t.places[service] {
		e := t.add(n, api.TreeNode{Kind: "environment", ID: w.Environment, Scope: w.Environment, Label: w.Environment})
		t.sum(e, []*ctem.Workload{w}, []ctem.Term{is, {Key: "environment", Op: ":", Values: []string{w.Environment}}})
		t.workloads(e, w)
	}
}

// workloads adds what runs in one place: as its sources call it, each once.
func (t *tree) workloads(parent int, w *ctem.Workload) {
	type name struct{ kind, namespace string }
	at := map[name]int{}
	seen := map[string]bool{}
	for i := range w.Claims {
		c := &w.Claims[i]
		if c.Class != w.Class {
			continue
		}
		key := name{c.Workload.Kind, c.Workload.Namespace}
		n, ok := at[key]
		if !ok {
			label := c.Workload.Kind + " " + w.Service
			if key.namespace != "" {
				label = c.Workload.Kind + " " + key.namespace + "/" + w.Service
			}
			n = t.add(parent, api.TreeNode{Kind: "workload", ID: w.Service, Scope: w.Environment, Label: label, Owner: w.Owner, Running: string(w.Running)})
			at[key] = n
			node := &t.doc.Nodes[n]
			node.Freshness, node.SeenAt, node.Services, node.Workloads = string(w.Freshness), reply.When(w.SeenAt), 1, 1
			node.Exposures = t.doc.Nodes[parent].Exposures
		}
		for _, x := range c.Workload.Containers {
			key := x.Name + "\x00" + x.Image.String()
			if seen[key] {
				continue
			}
			seen[key] = true
			t.doc.Nodes[n].Images++
			t.doc.Nodes[n].Replicas = max(t.doc.Nodes[n].Replicas, c.Workload.Replicas)
			t.add(n, api.TreeNode{
				Kind: "container", ID: x.Image.ID(), Scope: w.Environment, Label: labelled(x), Running: string(w.Running), Freshness: string(w.Freshness),
				SeenAt: reply.When(w.SeenAt), Images: 1, Replicas: x.Replicas,
			})
		}
	}
}

func labelled(x twin.Container) string {
	if x.Name == "" {
		return x.Image.String()
	}
	return x.Name + ": " + x.Image.String()
}

// sum counts what is below a node: terms select its exposures.
func (t *tree) sum(n int, list []*ctem.Workload, terms []ctem.Term) {
	node := &t.doc.Nodes[n]
	images, services := map[string]bool{}, map[string]bool{}
	words, owners := t.exposed(list), map[string]bool{}
	var oldest time.Time
	for _, w := range list {
		services[w.Service], owners[w.Owner] = true, true
		node.Workloads, node.Replicas = node.Workloads+1, node.Replicas+w.Replicas
		for _, ref := range w.Images {
			images[ref.ID()] = true
		}
		if w.SBOM == ctem.None {
			node.Blind++
		}
		node.Running, node.Freshness = worse(node.Running, string(w.Running), "yes", "unknown", "no"), worse(node.Freshness, string(w.Freshness), "unknown", "stale", "fresh")
		if !w.SeenAt.IsZero() && (oldest.IsZero() || w.SeenAt.Before(oldest)) {
			oldest = w.SeenAt
		}
	}
	terms = append(slices.Clone(t.terms), terms...)
	node.Services, node.Images, node.SeenAt = len(services), len(images), reply.When(oldest)
	if len(owners) == 1 && node.Owner == "" {
		node.Owner = reply.SortedKeys(owners)[0]
	}
	node.Exposures = &api.ByDecision{
		Act: linked(terms, words[ctem.ActNow], "act"), Schedule: linked(terms, words[ctem.Schedule], "schedule"),
		Watch: linked(terms, words[ctem.Watch], "watch"), None: linked(terms, words[ctem.NoAction], "none"), Open: linked(terms, words[""], "undecided"),
	}
}

// exposed counts the exposures of places by decision.
func (t *tree) exposed(list []*ctem.Workload) map[ctem.Word]int {
	words := map[ctem.Word]int{}
	for _, w := range list {
		for word, count := range t.counts[[2]string{w.Service, w.Environment}] {
			words[word] += count
		}
	}
	return words
}

func linked(terms []ctem.Term, n int, word string) api.Link {
	return api.Link{Count: n, Query: triage.QueryText(append(slices.Clone(terms), ctem.Term{Key: "decision", Op: ":", Values: []string{word}}))}
}

// worse is the word that comes first in an order.
func worse(a, b string, order ...string) string {
	for _, word := range order {
		if a == word || b == word {
			return word
		}
	}
	return cmp.Or(a, b)
}

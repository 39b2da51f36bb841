package picture

import (
	"context"
	"slices"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/server/reply"
)

// Scope says what the business has said about the estate.
type Scope interface {
	Scope(ctx context.Context, at ctem.AsOf) (ctem.Scope, error)
}

// business is a scope with what pages ask of it. The zero value is one in which
// nothing was said.
type business struct {
	ctem.Scope
	services map[string]belonging
	products map[string][]string // services of each product, sorted
}

// belonging is what a service has from its products, or for itself.
type belonging struct {
	Products []string
	Owner    string
	Data     []string
}

func newBusiness(s ctem.Scope) *business {
	b := &business{Scope: s, services: make(map[string]belonging, len(s.Services)), products: map[string][]string{}}
	for i := range s.Services {
		x := &s.Services[i]
		of := belonging{Products: x.Products, Data: s.Data(x.Name)}
		of.Owner, _ = s.Owner(x.Name)
		b.services[x.Name] = of
		for _, p := range x.Products {
			b.products[p] = append(b.products[p], x.Name)
		}
	}
	return b
}

func (b *business) of(service string) belonging { return b.services[service] }

// shows reports whether a viewer may see a service.
func (b *business) shows(v reply.Viewer, service string) bool {
	if !v.Narrow() {
		return true
	}
	of := b.of(service)
	if v.Owner != "" && of.Owner != v.Owner {
		return false
	}
	return v.Products == nil || slices.ContainsFunc(of.Products, func(p string) bool { return slices.Contains(v.Products, p) })
}

// visible are the products that a viewer may see.
func (b *business) visible(v reply.Viewer) []ctem.ScopeProduct {
	var out []ctem.ScopeProduct
	for _, p := range b.Products {
		if v.Products != nil && !slices.Contains(v.Products, p.Name) {
			continue
		}
		if v.Owner != "" && !slices.ContainsFunc(b.products[p.Name], func(s string) bool { return b.shows(v, s) }) {
			continue
		}
		out = append(out, p)
	}
	return out
}

// productsFor are a service's products as far as a viewer may see them.
func (b *business) productsFor(v reply.Viewer, service string) []string {
	out := []string{}
	for _, p := range b.of(service).Products {
		if v.Products == nil || slices.Contains(v.Products, p) {
			out = append(out, p)
		}
	}
	return out
}

package server

import (
	"slices"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/access"
)

// scopeFor leaves of the scope what a principal may see. The file as it was
// applied names everything: it is for those who may.
func scopeFor(who access.Principal, doc api.Scope) api.Scope {
	v := ViewerOf(who)
	if !v.Narrow() {
		return doc
	}
	doc.Text = ""
	services, products, owners := []api.ScopeService{}, []api.ScopeProduct{}, map[string]bool{}
	shown := map[string]bool{}
	for _, x := range doc.Services {
		x.Products = allowed(v.Products, x.Products)
		if v.Owner != "" && x.Owner != v.Owner || v.Products != nil && len(x.Products) == 0 {
			continue
		}
		shown[x.Name], owners[x.Owner] = true, true
		services = append(services, x)
	}
	for _, x := range doc.Products {
		x.Services = slices.DeleteFunc(slices.Clone(x.Services), func(s string) bool { return !shown[s] })
		if v.Products != nil && !slices.Contains(v.Products, x.Name) || v.Owner != "" && len(x.Services) == 0 {
			continue
		}
		owners[x.Owner] = true
		products = append(products, x)
	}
	doc.Services, doc.Products = services, products
	doc.Owners = slices.DeleteFunc(slices.Clone(doc.Owners), func(o api.ScopeOwner) bool { return !owners[o.Name] })
	return doc
}

// allowed are the names of a list that may be seen; nil allows all.
func allowed(may, names []string) []string {
	if may == nil {
		return names
	}
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !slices.Contains(may, n) })
}

// drillFor leaves out where the drill is, for those who may not see all of it.
func drillFor(who access.Principal, doc api.Drill) api.Drill {
	if ViewerOf(who).Narrow() {
		doc.Services, doc.Actions, doc.Open, doc.Sentence = []string{}, []string{}, api.Link{}, ""
	}
	return doc
}

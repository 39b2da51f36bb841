package scope

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
)

// check turns a file into a scope and gathers what is wrong with it.
type check struct {
	lines  outline
	faults Faults

	products, services, owners map[string]bool
}

// at is a place in the file: an item of a list.
type at struct {
	list string
	i    int
}

func (c *check) fail(a at, key, format string, args ...any) {
	c.faults = append(c.faults, Fault{c.lines.key(a.list, a.i, key), fmt.Sprintf(format, args...)})
}

func (c *check) scope(f *file) ctem.Scope {
	if f.Schema != Schema {
		c.faults = append(c.faults, Fault{max(1, c.lines.section["schema"]), fmt.Sprintf("the schema is %q, not %s", f.Schema, Schema)})
	}
	c.products = c.names("products", len(f.Products), func(i int) string { return f.Products[i].Name })
	c.services = c.names("services", len(f.Services), func(i int) string { return f.Services[i].Name })
	c.names("environments", len(f.Environments), func(i int) string { return f.Environments[i].Name })
	c.owners = c.names("owners", len(f.Owners), func(i int) string { return f.Owners[i].Name })
	var s ctem.Scope
	of := map[string][]string{} // service → products that list it
	for i, p := range f.Products {
		s.Products = append(s.Products, c.product(at{"products", i}, p, of))
	}
	for i, x := range f.Services {
		s.Services = append(s.Services, c.service(at{"services", i}, x, of))
	}
	for i, e := range f.Environments {
		s.Environments = append(s.Environments, c.environment(at{"environments", i}, e))
	}
	for i, o := range f.Owners {
		a := at{"owners", i}
		s.Owners = append(s.Owners, ctem.ScopeOwner{Name: o.Name, Mail: c.text(a, "mail", o.Mail), Chat: c.text(a, "chat", o.Chat)})
	}
	s.Ownership = c.ownership(f.Ownership)
	slices.SortFunc(s.Products, func(a, b ctem.ScopeProduct) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(s.Services, func(a, b ctem.ScopeService) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(s.Environments, func(a, b ctem.ScopeEnvironment) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(s.Owners, func(a, b ctem.ScopeOwner) int { return strings.Compare(a.Name, b.Name) })
	return s
}

// names checks the names of a list, and returns them.
func (c *check) names(list string, n int, name func(int) string) map[string]bool {
	if n > maxItems {
		c.faults = append(c.faults, Fault{c.lines.section[list], fmt.Sprintf("%d %s, at most %d", n, list, maxItems)})
		return nil
	}
	seen := make(map[string]bool, n)
	for i := range n {
		a, x := at{list, i}, name(i)
		switch {
		case strings.TrimSpace(x) == "":
			c.fail(a, "name", "one of the %s has no name", list)
		case seen[x]:
			c.fail(a, "name", "%q appears twice among the %s", x, list)
		default:
			c.text(a, "name", x)
		}
		seen[x] = true
	}
	return seen
}

func (c *check) product(a at, p product, of map[string][]string) ctem.ScopeProduct {
	for _, x := range p.Services {
		if !c.services[x] {
			c.fail(a, "services", "product %q lists the service %q, which is not among the services", p.Name, x)
		}
		of[x] = append(of[x], p.Name)
	}
	return ctem.ScopeProduct{
		Name: p.Name, Title: c.text(a, "title", p.Title), Owner: c.owner(a, p.Owner), Tier: c.tier(a, p.Tier), Data: c.data(a, p.Data),
	}
}

func (c *check) service(a at, x service, of map[string][]string) ctem.ScopeService {
	products := append(slices.Clone(x.Products), of[x.Name]...)
	if x.Product != "" {
		products = append(products, x.Product)
	}
	slices.Sort(products)
	products = slices.Compact(products)
	for _, p := range products {
		if c.products[p] {
			continue
		}
		key := "products"
		if p == x.Product {
			key = "product"
		}
		c.fail(a, key, "service %q is in the product %q, which is not among the products", x.Name, p)
	}
	return ctem.ScopeService{Name: x.Name, Products: products, Owner: c.owner(a, x.Owner), Tier: c.tier(a, x.Tier), Data: c.data(a, x.Data)}
}

func (c *check) environment(a at, e environment) ctem.ScopeEnvironment {
	kinds := []ctem.EnvironmentKind{ctem.Production, ctem.Staging, ctem.Test, ctem.Development}
	kind := ctem.EnvironmentKind(e.Kind)
	if kind != "" && !slices.Contains(kinds, kind) {
		c.fail(a, "kind", "environment %q has the kind %q: use production, staging, test or development", e.Name, e.Kind)
	}
	return ctem.ScopeEnvironment{Name: e.Name, Kind: kind}
}

// maxRules bounds the rules of ownership: each is tried for each place.
const maxRules = 1000

// ownership checks the rules of ownership, which keep their order.
func (c *check) ownership(list []ownership) (out []ctem.OwnershipRule) {
	if len(list) > maxRules {
		c.faults = append(c.faults, Fault{c.lines.section["ownership"], fmt.Sprintf("%d rules of ownership, at most %d", len(list), maxRules)})
		return nil
	}
	for i, x := range list {
		a := at{"ownership", i}
		r := ctem.OwnershipRule{
			Service: c.text(a, "service", x.Service), Environment: c.text(a, "environment", x.Environment), Namespace: c.text(a, "namespace", x.Namespace),
			Label: c.pair(a, "label", x.Label), Annotation: c.pair(a, "annotation", x.Annotation), Owner: c.owner(a, x.Owner),
		}
		if r.String() == "" {
			c.fail(a, "owner", "a rule of ownership has no pattern: say service, environment, namespace, label or annotation")
		}
		out = append(out, r)
	}
	return out
}

// pair checks KEY or KEY=PATTERN.
func (c *check) pair(a at, key, s string) string {
	if name, _, _ := strings.Cut(s, "="); s != "" && strings.TrimSpace(name) == "" {
		c.fail(a, key, "the %s %q has no key: write KEY=PATTERN", key, s)
	}
	return c.text(a, key, s)
}

func (c *check) owner(a at, name string) string {
	if name != "" && !c.owners[name] {
		c.fail(a, "owner", "the owner %q is not among the owners", name)
	}
	return name
}

func (c *check) tier(a at, tier *int) int {
	if tier == nil || slices.ContainsFunc(c.faults, func(f Fault) bool { return f.Line == c.lines.key(a.list, a.i, "tier") }) {
		return 0 // not said, or already known to be no number
	}
	if *tier < 1 || *tier > 5 {
		c.fail(a, "tier", "the tier is %d: use 1 to 5, 5 for the most critical", *tier)
	}
	return *tier
}

// data are classes in lower case, sorted, each once.
func (c *check) data(a at, classes []string) []string {
	var out []string
	for _, class := range classes {
		class = strings.ToLower(strings.TrimSpace(class))
		if class == "" {
			c.fail(a, "data", "a class of data has no name")
		}
		out = append(out, c.text(a, "data", class))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// text checks one value: short, and without control characters.
func (c *check) text(a at, key, s string) string {
	switch {
	case len(s) > maxText:
		c.fail(a, key, "the %s has %d bytes, at most %d", key, len(s), maxText)
	case strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }):
		c.fail(a, key, "the %s has control characters", key)
	}
	return s
}

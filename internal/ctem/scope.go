package ctem

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// StreamScope numbers what changed for services by what the business says.
const StreamScope Stream = "scope"

// Scope is what the business has said about the estate, in one version. Its
// lists are sorted by name. The zero value is a scope in which nobody has said
// anything.
type Scope struct {
	Products     []ScopeProduct     `json:"products"`
	Services     []ScopeService     `json:"services"`
	Environments []ScopeEnvironment `json:"environments"`
	Owners       []ScopeOwner       `json:"owners"`
	Ownership    []OwnershipRule    `json:"ownership,omitempty"` // in their order: the last that fits wins
	// Places are those that something else than the scope's word on a service gives
	// an owner, as it is now: no part of what people said.
	Places map[PlaceName]PlaceOwner `json:"-"`
}

// ScopeProduct is what the business sells. Which services it has stands with them.
type ScopeProduct struct {
	Name  string   `json:"name"`
	Title string   `json:"title,omitempty"`
	Owner string   `json:"owner,omitempty"`
	Tier  int      `json:"tier,omitempty"` // 1-5, 5 the most critical; 0: not said
	Data  []string `json:"data,omitempty"` // classes of data
}

// ScopeService is a deployable unit as the scope has it: what is not said here
// comes from its products.
type ScopeService struct {
	Name     string   `json:"name"`
	Products []string `json:"products,omitempty"` // sorted
	Owner    string   `json:"owner,omitempty"`
	Tier     int      `json:"tier,omitempty"`
	Data     []string `json:"data,omitempty"`
}

// EnvironmentKind says what an environment is for.
type EnvironmentKind string

// The kinds of environments.
const (
	Production  EnvironmentKind = "production"
	Staging     EnvironmentKind = "staging"
	Test        EnvironmentKind = "test"
	Development EnvironmentKind = "development"
)

// ScopeEnvironment is where services run.
type ScopeEnvironment struct {
	Name string          `json:"name"`
	Kind EnvironmentKind `json:"kind,omitempty"`
}

// ScopeOwner is a team or a person.
type ScopeOwner struct {
	Name string `json:"name"`
	Mail string `json:"mail,omitempty"`
	Chat string `json:"chat,omitempty"`
}

// ScopeVersion is one version of the scope, as it was applied.
type ScopeVersion struct {
	Version int64 // 1, 2, …; 0: nothing was applied yet
	Seq     int64 // in the stream
	At      time.Time
	By      string
	Hash    string // of what it says, whatever its comments
	Text    string // the file
}

// ScopeChange is what applying a scope did.
type ScopeChange struct {
	Version   ScopeVersion
	Unchanged bool     // it says what the version in force says
	Services  []string // whose owner, worth, data or products changed
}

// Service finds a service; false when the scope does not name it.
func (s *Scope) Service(name string) (ScopeService, bool) {
	i, ok := slices.BinarySearchFunc(s.Services, name, func(x ScopeService, name string) int { return cmp.Compare(x.Name, name) })
	if !ok {
		return ScopeService{}, false
	}
	return s.Services[i], true
}

// Known reports whether the scope names the service.
func (s *Scope) Known(service string) bool {
	_, ok := s.Service(service)
	return ok
}

// ProductsOf are the products that a service is part of, sorted by name.
func (s *Scope) ProductsOf(service string) []ScopeProduct {
	x, _ := s.Service(service)
	var out []ScopeProduct
	for _, name := range x.Products {
		i, ok := slices.BinarySearchFunc(s.Products, name, func(p ScopeProduct, name string) int { return cmp.Compare(p.Name, name) })
		if ok {
			out = append(out, s.Products[i])
		}
	}
	return out
}

// Owner is who owns a service, and the rule that says so; both "" when nobody does.
func (s *Scope) Owner(service string) (owner, rule string) {
	x, _ := s.Service(service)
	if x.Owner != "" {
		return x.Owner, "service " + service + " in the scope"
	}
	products := s.ProductsOf(service)
	slices.SortStableFunc(products, func(a, b ScopeProduct) int { return cmp.Compare(b.Tier, a.Tier) })
	for _, p := range products {
		if p.Owner != "" {
			return p.Owner, "product " + p.Name + " in the scope"
		}
	}
	return "", ""
}

// Tier is the criticality of a service: its own, else the highest of its
// products'; 0 when nobody has said.
func (s *Scope) Tier(service string) int {
	x, _ := s.Service(service)
	if x.Tier != 0 {
		return x.Tier
	}
	tier := 0
	for _, p := range s.ProductsOf(service) {
		tier = max(tier, p.Tier)
	}
	return tier
}

// Data are the classes of data of a service: its own, else those of all its
// products, sorted.
func (s *Scope) Data(service string) []string {
	x, _ := s.Service(service)
	if len(x.Data) > 0 {
		return x.Data
	}
	var data []string
	for _, p := range s.ProductsOf(service) {
		data = append(data, p.Data...)
	}
	slices.Sort(data)
	return slices.Compact(data)
}

// Changed are the services for which two scopes say different things, sorted.
func (s *Scope) Changed(before *Scope) []string {
	var names []string
	for _, list := range [][]ScopeService{s.Services, before.Services} {
		for _, x := range list {
			if s.said(x.Name) != before.said(x.Name) {
				names = append(names, x.Name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// said is all that follows for a service from a scope, as one text.
func (s *Scope) said(service string) string {
	x, ok := s.Service(service)
	if !ok {
		return ""
	}
	owner, rule := s.Owner(service)
	return strings.Join([]string{
		"known", owner, rule, string(rune('0' + s.Tier(service))), strings.Join(s.Data(service), "\x01"), strings.Join(x.Products, "\x01"),
	}, "\x00")
}

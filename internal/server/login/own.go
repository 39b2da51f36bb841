package login

import (
	"context"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/ctem"
)

// Describe says who a principal is and what they may. The server adds its
// version, and whether it is a demo.
func (s *Service) Describe(ctx context.Context, p access.Principal) (api.Session, error) {
	doc := api.Session{
		Schema: api.SchemaSession, Name: p.Name, Role: string(p.Role), Kind: string(p.Kind), Products: orEmpty(p.Products),
		AllProducts: p.Products == nil, May: []string{}, MustSet: p.MustSetPassword, Preferences: preferences(access.Preferences{}),
	}
	for _, v := range p.Granted() {
		doc.May = append(doc.May, string(v))
	}
	if p.Kind != access.ByPassword {
		return doc, nil
	}
	u, err := s.store.FindUser(ctx, p.Name)
	doc.Preferences = preferences(u.Preferences)
	return doc, err
}

// SetPreferences keeps what a person has set for themselves.
func (s *Service) SetPreferences(ctx context.Context, p access.Principal, q api.Preferences) (api.Preferences, error) {
	if p.Kind != access.ByPassword || p.MustSetPassword || !p.May(access.ManageOwn) {
		return api.Preferences{}, refusal(p, access.ManageOwn)
	}
	set := access.Preferences{Theme: q.Theme, Density: q.Density, Shortcuts: &q.Shortcuts}
	if err := set.Validate(); err != nil {
		return api.Preferences{}, err
	}
	note := s.noting(ctx, p, ctem.Deed{Verb: "set preferences", Object: p.Name, After: brief(set)})
	_, u, err := s.store.ChangeUser(ctx, p.Name, access.UserChange{Preferences: &set}, note)
	return preferences(u.Preferences), err
}

// preferences fills in what was never set.
func preferences(p access.Preferences) api.Preferences {
	doc := api.Preferences{Theme: "system", Density: "normal", Shortcuts: true}
	if p.Theme != "" {
		doc.Theme = p.Theme
	}
	if p.Density != "" {
		doc.Density = p.Density
	}
	if p.Shortcuts != nil {
		doc.Shortcuts = *p.Shortcuts
	}
	return doc
}

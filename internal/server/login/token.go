package login

import (
	"context"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// CreateToken makes a token and shows its secret, once. Nobody makes one that
// may more than they may themselves. A personal one acts for its maker.
func (a *Admin) CreateToken(ctx context.Context, p access.Principal, q api.TokenRequest) (api.TokenDetail, error) {
	grant, err := grantOf(p, q)
	if err != nil {
		return api.TokenDetail{}, err
	}
	now := a.s.now()
	k := access.Token{Name: q.Name, Grant: grant, CreatedBy: p.Actor(), CreatedAt: now, Expires: q.Expires.UTC()}
	if k.Name == "" {
		k.Name = defaultName(grant)
	}
	if err := k.Validate(now); err != nil {
		return api.TokenDetail{}, err
	}
	random, err := newSecret(a.s.rand)
	if err != nil {
		return api.TokenDetail{}, err
	}
	if k.ID, err = newID(a.s.rand); err != nil {
		return api.TokenDetail{}, err
	}
	secret := tokenPrefix + random
	k.Hash, k.Prefix = hashOf(secret), secret[:shownPrefix]
	e, err := a.s.entry(ctx, p, ctem.Deed{Verb: "token create", Object: k.ID, After: brief(a.tokenItem(k))})
	if err != nil {
		return api.TokenDetail{}, err
	}
	if err := a.s.store.CreateToken(ctx, k, e); err != nil {
		return api.TokenDetail{}, err
	}
	doc := a.tokenDetail(k)
	doc.Secret = secret
	return doc, nil
}

// grantOf is what a token may, if the principal may give it.
func grantOf(p access.Principal, q api.TokenRequest) (access.Grant, error) {
	if q.Personal {
		return personal(p, q)
	}
	if err := mayTokens(p); err != nil {
		return access.Grant{}, err
	}
	g := access.Grant{Role: access.Role(q.Role), Team: q.Team, Products: access.SortedProducts(q.Products), Source: q.Source}
	if g.Role.Valid() && !p.MayGrant(g.Role, g.Products) {
		return g, fault.New(fault.Forbidden, "%s may not make a token of role %s: it could do more than they can", p.Actor(), g.Role).
			WithHint("ask somebody who has that role, or an admin")
	}
	return g, nil
}

func personal(p access.Principal, q api.TokenRequest) (access.Grant, error) {
	if p.Kind != access.ByPassword || !p.May(access.ManageOwn) {
		return access.Grant{}, refusal(p, access.ManageOwn)
	}
	if q.Role != "" || q.Team != "" || q.Products != nil || q.Source != "" {
		return access.Grant{}, fault.New(fault.Invalid, "a personal token has the rights of its maker").WithHint("leave out role, team, products and source")
	}
	return access.Grant{User: p.Name, Role: p.Role, Team: p.Owner, Products: p.Products}, nil
}

// mayTokens lets in who manages tokens of machines.
func mayTokens(p access.Principal) error {
	if p.May(access.ManageTokens) && p.Products == nil {
		return nil
	}
	return refusal(p, access.ManageTokens)
}

func defaultName(g access.Grant) string {
	switch {
	case g.User != "":
		return "command line of " + g.User
	case g.Source != "":
		return "source " + g.Source
	}
	return string(g.Role)
}

// Tokens lists tokens by id, from the one after an id on; limit 0 is all. Who
// does not manage tokens sees their own.
func (a *Admin) Tokens(ctx context.Context, p access.Principal, after string, limit int) (api.List[api.Token], error) {
	out := api.List[api.Token]{Schema: api.SchemaTokens, AsOf: a.s.now(), Items: []api.Token{}}
	user, err := whose(p)
	if err != nil {
		return out, err
	}
	list, total, err := a.s.store.Tokens(ctx, user, after, oneMore(limit))
	out.Total = total
	for _, k := range list {
		if limit > 0 && len(out.Items) == limit {
			out.Truncated, out.Next = true, &out.Items[limit-1].ID
			break
		}
		out.Items = append(out.Items, a.tokenItem(k))
	}
	return out, err
}

// whose names the user whose tokens a principal sees; "" is everybody.
func whose(p access.Principal) (string, error) {
	if mayTokens(p) == nil {
		return "", nil
	}
	if p.Kind == access.ByPassword && p.May(access.ManageOwn) {
		return p.Name, nil
	}
	return "", refusal(p, access.ManageTokens)
}

// RevokeToken ends a token for good. One's own may always be revoked; another
// one by who could have made it.
func (a *Admin) RevokeToken(ctx context.Context, p access.Principal, id string) (api.TokenDetail, error) {
	if p.TokenID != "" && p.TokenID == id { // it ends itself
		return a.revoke(ctx, p, id)
	}
	user, err := whose(p)
	if err != nil {
		return api.TokenDetail{}, err
	}
	if err := access.CheckLabel("token", id); err != nil {
		return api.TokenDetail{}, err
	}
	k, err := a.s.store.TokenByID(ctx, id)
	if err != nil {
		return api.TokenDetail{}, err
	}
	if user != "" && k.Grant.User != user {
		return api.TokenDetail{}, fault.New(fault.NotFound, "no token %q", id).WithHint("tidemark token list shows yours")
	}
	own := k.Grant.User != "" && k.Grant.User == p.Name && p.Kind == access.ByPassword
	if !own && !p.MayGrant(k.Grant.Role, k.Grant.Products) {
		return api.TokenDetail{}, fault.New(fault.Forbidden, "%s may not revoke a token of role %s", p.Actor(), k.Grant.Role).WithHint("ask an admin")
	}
	return a.revoke(ctx, p, id)
}

func (a *Admin) revoke(ctx context.Context, p access.Principal, id string) (api.TokenDetail, error) {
	k, err := a.s.store.RevokeToken(ctx, id, a.s.now(), func(k access.Token) (ctem.AuditEntry, error) {
		return a.s.entry(ctx, p, ctem.Deed{Verb: "token revoke", Object: id, After: brief(a.tokenItem(k))})
	})
	return a.tokenDetail(k), err
}

func (a *Admin) tokenDetail(k access.Token) api.TokenDetail {
	return api.TokenDetail{Schema: api.SchemaToken, Token: a.tokenItem(k)}
}

func (a *Admin) tokenItem(k access.Token) api.Token {
	g := k.Grant
	return api.Token{
		ID: k.ID, Name: k.Name, State: k.State(a.s.now()), User: g.User, Role: string(g.Role), Team: g.Team, Products: orEmpty(g.Products),
		AllProducts: g.Products == nil, Source: g.Source, Prefix: k.Prefix, CreatedBy: k.CreatedBy, CreatedAt: at(k.CreatedAt),
		Expires: at(k.Expires), LastUsed: at(k.LastUsed), Revoked: at(k.Revoked),
	}
}

package client

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/url"

	"github.com/tidemark/tidemark/api"
)

// Session is who the token signs in, and what they may do.
func (c entry) Session(ctx context.Context) (api.Session, error) {
	return ask[api.Session](ctx, c.conn, get("session", nil), nil)
}

// Wish is a personal token to be made: its rights are those of its maker.
type Wish struct {
	Name    string
	Expires api.Time
}

// PersonalToken signs in with a name and a password, or with a one-time code,
// makes a token for this person, and signs out again.
func (c entry) PersonalToken(ctx context.Context, who api.LoginRequest, want Wish) (made api.TokenDetail, err error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return made, err
	}
	signed := *c.conn
	mine := *c.http
	mine.Jar = jar
	signed.http, signed.token = &mine, ""
	in, err := change(http.MethodPost, "session", who)
	in.secret = true
	if _, err := ask[api.Session](ctx, &signed, in, err); err != nil {
		return made, err
	}
	k, err := change(http.MethodPost, "tokens", api.TokenRequest{Name: want.Name, Personal: true, Expires: want.Expires})
	k.secret = true
	made, err = ask[api.TokenDetail](ctx, &signed, k, err)
	if err != nil {
		return made, err
	}
	_, err = signed.do(ctx, call{method: http.MethodDelete, path: "session", secret: true})
	return made, err
}

// Users lists who may sign in.
func (c entry) Users(ctx context.Context, q api.Query) (api.List[api.User], error) {
	return list[api.User](ctx, c.conn, "users", q)
}

// CreateUser adds a user; without a password they get a one-time code.
func (c entry) CreateUser(ctx context.Context, u api.UserRequest) (api.UserDetail, error) {
	k, err := change(http.MethodPost, "users", u)
	k.secret = true
	return ask[api.UserDetail](ctx, c.conn, k, err)
}

// ChangeUser changes the rights of a user.
func (c entry) ChangeUser(ctx context.Context, name string, u api.UserChange) (api.UserDetail, error) {
	path, err := at("users/", name, "")
	if err != nil {
		return api.UserDetail{}, err
	}
	k, err := change(http.MethodPatch, path, u)
	k.secret = u.Password != nil
	return ask[api.UserDetail](ctx, c.conn, k, err)
}

// IssueCode gives a user a code to sign in with once.
func (c entry) IssueCode(ctx context.Context, name string) (api.UserDetail, error) {
	path, err := at("users/", name, "/code")
	return ask[api.UserDetail](ctx, c.conn, call{method: http.MethodPost, path: path, secret: true}, err)
}

// Tokens lists tokens, without their secrets.
func (c entry) Tokens(ctx context.Context, q api.Query) (api.List[api.Token], error) {
	return list[api.Token](ctx, c.conn, "tokens", q)
}

// CreateToken makes a token; its secret is shown once.
func (c entry) CreateToken(ctx context.Context, want api.TokenRequest) (api.TokenDetail, error) {
	k, err := change(http.MethodPost, "tokens", want)
	k.secret = true
	return ask[api.TokenDetail](ctx, c.conn, k, err)
}

// RevokeToken ends a token for good.
func (c entry) RevokeToken(ctx context.Context, id string) (api.TokenDetail, error) {
	return changeAt[api.TokenDetail](ctx, c.conn, target{http.MethodDelete, "tokens/", id, ""}, nil)
}

// Mutations says which entries of the log of mutations are asked for; what is
// left out is any.
type Mutations struct {
	Actor, Verb, Object string
	From, To            *api.Time
	Limit               int // 0: all
	Cursor              string
}

// Audit lists the log of mutations, newest first.
func (c audit) Audit(ctx context.Context, m Mutations) (api.List[api.AuditEntry], error) {
	v := url.Values{}
	setTime(v, "from", m.From)
	setTime(v, "to", m.To)
	for name, value := range map[string]string{"actor": m.Actor, "verb": m.Verb, "object": m.Object} {
		if value != "" {
			v.Set(name, value)
		}
	}
	return pagesOf[api.AuditEntry](ctx, c.conn, get("audit", v), api.Query{Limit: m.Limit, Cursor: m.Cursor})
}

package client

import (
	"context"
	"net/http"
	"net/http/cookiejar"

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

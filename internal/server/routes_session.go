package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/server/login"
)

// signed is an answer that gives or takes the cookie of a session.
type signed struct {
	SetCookie    http.Cookie `header:"Set-Cookie"`
	CacheControl string      `header:"Cache-Control"`
	RetryAfter   string      `header:"Retry-After"`
	Body         api.Session
}

// noStore keeps answers with secrets out of every cache.
const noStore = "no-store"

// sessionRoutes sign in and out, and change what is one's own.
func sessionRoutes(s *Server) {
	enterRoute(s)
	leaveRoute(s)
	passwordRoute(s)
	handle(s, Route{ID: "getSession", Method: http.MethodGet, Path: sessionPath, Tag: tagAccess, Summary: "Who is signed in, and what they may do; nobody, where nobody has", Public: true},
		func(ctx context.Context, who access.Principal, _ *struct{}) (api.Session, error) {
			return s.describeSession(ctx, who)
		})
	prefer := Route{ID: "setPreferences", Method: http.MethodPut, Path: sessionPath + "/preferences", Tag: tagAccess, Summary: "Set one's own preferences", Verb: access.ManageOwn}
	handle(s, prefer, func(ctx context.Context, who access.Principal, in *struct{ Body api.Preferences }) (api.Preferences, error) {
		return s.cfg.Doors.Login.SetPreferences(ctx, who, in.Body)
	})
}

func (s *Server) describeSession(ctx context.Context, who access.Principal) (api.Session, error) {
	if who.Role == "" {
		return api.Session{Schema: api.SchemaSession, Products: []string{}, May: []string{}, Preferences: api.Preferences{Theme: "system", Density: "normal", Shortcuts: true}}, nil
	}
	doc, err := s.cfg.Doors.Login.Describe(ctx, who)
	doc.Version, doc.Demo = s.cfg.Version, s.cfg.Doors.Drill != nil
	return doc, err
}

// entering is a route that answers with a cookie. It does not go through
// handle: who asks has no session yet, or is about to lose it.
func entering[I any](s *Server, r Route, h func(ctx context.Context, in *I) (*signed, error)) {
	s.routes = append(s.routes, r)
	huma.Register(s.api, s.operation(r), func(ctx context.Context, in *I) (*signed, error) {
		if err := s.cfg.Doors.Login.CheckCSRF(asked(ctx)); err != nil {
			return nil, s.problem(ctx, err)
		}
		out, err := h(ctx, in)
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		out.CacheControl = noStore
		return out, nil
	})
}

func enterRoute(s *Server) {
	r := Route{ID: "signIn", Method: http.MethodPost, Path: sessionPath, Tag: tagAccess, Summary: "Sign in with name and password, or with a one-time code", Public: true}
	entering(s, r, func(ctx context.Context, in *struct{ Body api.LoginRequest }) (*signed, error) {
		l := s.cfg.Doors.Login
		caller := l.Caller(asked(ctx))
		attempt := login.Attempt{Name: in.Body.Name, Password: in.Body.Password, Code: in.Body.Code, Caller: caller}
		enter := l.Login
		if in.Body.Code != "" {
			enter = l.LoginWithCode
		}
		entry, err := enter(ctx, attempt)
		if err != nil {
			s.cfg.Slog.InfoContext(ctx, "a sign-in was refused", "request", requestID(ctx), "address", caller.Address)
			return nil, err
		}
		return s.entered(ctx, caller, entry)
	})
}

// entered is the answer that starts a session.
func (s *Server) entered(ctx context.Context, caller login.Caller, entry login.Entry) (*signed, error) {
	doc, err := s.describeSession(ctx, entry.Principal())
	return &signed{SetCookie: *s.cfg.Doors.Login.Cookie(caller, entry), Body: doc}, err
}

func leaveRoute(s *Server) {
	r := Route{ID: "signOut", Method: http.MethodDelete, Path: sessionPath, Tag: tagAccess, Summary: "Sign out", Any: true}
	entering(s, r, func(ctx context.Context, _ *struct{}) (*signed, error) {
		l := s.cfg.Doors.Login
		who, session, err := l.Authenticate(asked(ctx))
		if err != nil {
			return nil, err
		}
		if session == nil {
			return nil, noSession()
		}
		return &signed{SetCookie: *l.NoCookie(l.Caller(asked(ctx)))}, l.Logout(ctx, who, *session)
	})
}

func passwordRoute(s *Server) {
	r := Route{ID: "setPassword", Method: http.MethodPut, Path: sessionPath + "/password", Tag: tagAccess, Summary: "Set one's own password; every other session of one's own ends", Any: true}
	entering(s, r, func(ctx context.Context, in *struct{ Body api.PasswordChange }) (*signed, error) {
		l := s.cfg.Doors.Login
		_, session, err := l.Authenticate(asked(ctx))
		if err != nil {
			return nil, err
		}
		if session == nil {
			return nil, noSession()
		}
		entry, err := l.ChangePassword(ctx, *session, in.Body.Present, in.Body.New)
		if err != nil {
			return nil, err
		}
		return s.entered(ctx, l.Caller(asked(ctx)), entry)
	})
}

func noSession() error {
	return fault.New(fault.Forbidden, "a token has no session").WithHint("sign in with a name and a password")
}

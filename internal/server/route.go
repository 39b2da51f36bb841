package server

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/server/desk"
	"github.com/tidemark/tidemark/internal/server/reply"
)

// Route is one operation of the API.
type Route struct {
	ID      string // the name by which clients are generated
	Method  string
	Path    string
	Summary string
	Tag     string
	Verb    access.Verb // "": see Public and Any
	Public  bool        // for everybody, also who has not signed in
	Any     bool        // for whoever has signed in, whatever the role
	Whole   bool        // about the whole estate: not for who sees a part of it
	Secret  bool        // the answer has a secret, and is kept by no cache
	Status  int         // of success; 0: 200
	MaxBody int64       // bytes; 0: small
}

// sent is the answer of a route.
type sent[T any] struct {
	ETag     string `header:"ETag" doc:"changes when the answer may have changed"`
	Location string `header:"Location"`

	CacheControl string `header:"Cache-Control"`
	Body         T
}

// answer is a handler that has something to say to a principal.
type answer[I, T any] func(ctx context.Context, who access.Principal, in *I) (T, error)

// handle registers a route, and turns faults into problems.
func handle[I, T any](s *Server, r Route, h answer[I, T]) {
	s.routes = append(s.routes, r)
	huma.Register(s.api, s.operation(r), func(ctx context.Context, in *I) (*sent[T], error) {
		who := principal(ctx)
		body, err := h(ctx, who, in)
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		out := &sent[T]{Body: body, Location: locationOf(body), ETag: contentTag(body)}
		if r.Secret {
			out.ETag, out.CacheControl = "", noStore
		}
		return out, nil
	})
}

// located is a document that is to be found under an address of its own.
type located interface{ Location() string }

func locationOf(body any) string {
	if l, ok := body.(located); ok {
		return l.Location()
	}
	switch r := body.(type) {
	case api.ReceiptStatus:
		return r.URL
	case api.Job:
		return r.URL
	}
	return ""
}

// entitled turns away who may not, before anything of the request is read.
func (s *Server) entitled(r Route) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		who := principal(ctx.Context())
		if r.Public || who.Role != "" && (r.Any || who.May(r.Verb) || r.aboutTokens() && who.May(access.ManageTokens)) && (!r.Whole || !ViewerOf(who).Narrow()) {
			next(ctx)
			return
		}
		t := s.problem(ctx.Context(), refused(who, r))
		for name, values := range t.header {
			ctx.SetHeader(name, values[0])
		}
		ctx.SetHeader("Content-Type", t.ContentType(""))
		ctx.SetStatus(t.Status)
		if err := json.NewEncoder(ctx.BodyWriter()).Encode(t.Problem); err != nil {
			s.cfg.Slog.DebugContext(ctx.Context(), "the asker went away", "error", err)
		}
	}
}

// aboutTokens reports whether who manages all tokens may use the route as well:
// a token never has the right to manage its own.
func (r Route) aboutTokens() bool { return r.Path == apiPath+"tokens" }

func refused(who access.Principal, r Route) error {
	if who.Role == "" {
		return fault.New(fault.Unauthenticated, "nobody is signed in").WithHint("sign in, or send a token: Authorization: Bearer tdm_…")
	}
	if who.May(r.Verb) {
		return fault.New(fault.Forbidden, "this is about the whole estate, and you see a part of it: %s", r.Summary).
			WithHint("the overview, the lists and the pages of products count what you may see")
	}
	return fault.New(fault.Forbidden, "the role %s may not do this: %s", who.Role, r.Summary).WithHint("ask an administrator for the right to %s", r.Verb)
}

func (s *Server) operation(r Route) huma.Operation {
	op := huma.Operation{
		Middlewares: huma.Middlewares{s.entitled(r)},
		OperationID: r.ID, Method: r.Method, Path: r.Path, Summary: r.Summary, Tags: []string{r.Tag},
		DefaultStatus: r.Status, MaxBodyBytes: r.MaxBody, BodyReadTimeout: s.cfg.Limits.bodyTime(),
	}
	if op.MaxBodyBytes == 0 {
		op.MaxBodyBytes, op.BodyReadTimeout = smallBody, min(op.BodyReadTimeout, smallBodyTime)
	}
	if op.DefaultStatus == 0 {
		op.DefaultStatus = http.StatusOK
	}
	if !r.Public {
		op.Security = []map[string][]string{{"session": {}}, {"token": {}}}
	}
	if r.Verb != "" {
		op.Extensions = map[string]any{"x-verb": string(r.Verb)}
	}
	return op
}

// ViewerOf is how much a principal may see.
func ViewerOf(who access.Principal) reply.Viewer {
	v := reply.Viewer{Products: who.Products}
	if who.Role == access.Owner {
		v.Owner = who.Owner
	}
	return v
}

// of is the desk as a principal sees it.
func (s *Server) of(who access.Principal) *desk.Desk { return s.cfg.Desk.As(ViewerOf(who)) }

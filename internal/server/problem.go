package server

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/server/login"
)

// trouble is a problem document on its way out.
type trouble struct {
	api.Problem
	header http.Header
}

// Error makes it an error that huma writes as it is.
func (t *trouble) Error() string { return t.Detail }

// GetStatus is its status.
func (t *trouble) GetStatus() int { return t.Status }

// GetHeaders says how to sign in, and how long to wait.
func (t *trouble) GetHeaders() http.Header { return t.header }

// ContentType is that of problem documents (RFC 9457).
func (t *trouble) ContentType(string) string { return "application/problem+json" }

// Problem is the document of a failure, as the asker gets it. What is ours alone
// is shown only as such: whoever calls logs it whole.
func Problem(err error, request string) api.Problem {
	kind := fault.KindOf(err)
	p := api.Problem{
		Status: statusOf(kind), Code: string(kind), Detail: fault.Mask(err.Error()), Hint: fault.HintOf(err), RequestID: request,
	}
	if kind == fault.Internal {
		p.Detail = "something failed that should not have"
		p.Hint = "try again; if it stays, look up the request " + p.RequestID + " in the server's log"
	}
	if errors.Is(err, errMoved) {
		p.Status = http.StatusPreconditionFailed
	}
	p.Title = http.StatusText(p.Status)
	for _, part := range fault.Parts(err) {
		p.Errors = append(p.Errors, api.ProblemFault{Where: part.Where, Detail: part.What})
	}
	return p
}

// problem turns a failure into the document that the asker gets.
func (s *Server) problem(ctx context.Context, err error) *trouble {
	p := Problem(err, requestID(ctx))
	if fault.KindOf(err) == fault.Internal {
		s.cfg.Slog.ErrorContext(ctx, "a request failed", "request", p.RequestID, "error", fault.Mask(err.Error()))
	}
	header := http.Header{}
	if wait, ok := login.RetryAfter(err); ok {
		header.Set("Retry-After", strconv.Itoa(wait.Seconds()))
	}
	if p.Status == http.StatusServiceUnavailable {
		header.Set("Retry-After", soon)
	}
	if p.Status == http.StatusUnauthorized {
		header.Set("WWW-Authenticate", `Bearer realm="tidemark"`)
	}
	return &trouble{Problem: p, header: header}
}

// soon is when to try again what fails for now, in seconds, where nobody knows better.
const soon = "2"

// statusOf gives a kind of fault its status.
func statusOf(kind fault.Kind) int {
	switch kind {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.TooMany:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Internal:
	}
	return http.StatusInternalServerError
}

// codeOf gives a status that huma chose the code of a fault.
func codeOf(status int) fault.Kind {
	switch status {
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return fault.NotFound
	case http.StatusInternalServerError:
		return fault.Internal
	}
	return fault.Invalid
}

// problems gives what huma itself refuses (a missing parameter, a body that is
// not JSON) the form of all other problems.
func (s *Server) problems(ctx huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := api.Problem{
		Title: m.Title, Status: m.Status, Detail: m.Detail, Code: string(codeOf(m.Status)), RequestID: requestID(ctx.Context()),
	}
	for _, e := range m.Errors {
		p.Errors = append(p.Errors, api.ProblemFault{Where: e.Location, Detail: e.Message})
	}
	return &trouble{Problem: p}, nil
}

package server

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/fault"
)

// Limits bound what askers may take up.
type Limits struct {
	Requests int           // at the same time; more wait, then are turned away
	Wait     time.Duration // how long they wait
	Body     time.Duration // how long a body may take to arrive
	Document int64         // bytes of a document of evidence
}

// smallBody bounds the body of every request that brings no document.
const smallBody = 1 << 20

// The bounds where nothing else is said.
const (
	defaultRequests = 128
	defaultWait     = 5 * time.Second
	defaultBody     = 60 * time.Second
	defaultDocument = 64 << 20
)

func (l Limits) bodyTime() time.Duration {
	if l.Body > 0 {
		return l.Body
	}
	return defaultBody
}

func (l Limits) document() int64 {
	if l.Document > 0 {
		return l.Document
	}
	return defaultDocument
}

type contextKey int

const (
	keyPrincipal contextKey = iota
	keyRequest
)

func principal(ctx context.Context) access.Principal {
	who, _ := ctx.Value(keyPrincipal).(access.Principal)
	return who
}

func requestID(ctx context.Context) string {
	id, _ := ctx.Value(keyRequest).(string)
	return id
}

// bounded gives every request an id and a place among those that are served,
// and sets the headers that keep a browser from doing what we never ask for.
func (s *Server) bounded(next http.Handler) http.Handler {
	limit := s.cfg.Limits.Requests
	if limit <= 0 {
		limit = defaultRequests
	}
	places := make(chan struct{}, limit)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.WithContext(context.WithValue(r.Context(), keyRequest, strings.ToLower(rand.Text()[:12])))
		guard(w.Header())
		w.Header().Set("X-Request-Id", requestID(r.Context()))
		if streams(r) {
			next.ServeHTTP(w, r)
			return
		}
		if err := s.place(r.Context(), places); err != nil {
			w.Header().Set("Retry-After", "1")
			s.refuse(w, r, err)
			return
		}
		defer func() { <-places }()
		next.ServeHTTP(w, r)
	})
}

// streams reports whether a request stays open for events: it has bounds of its own.
func streams(r *http.Request) bool { return r.URL.Path == eventsPath }

func (s *Server) place(ctx context.Context, places chan struct{}) error {
	wait := s.cfg.Limits.Wait
	if wait <= 0 {
		wait = defaultWait
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fault.Wrap(fault.Unavailable, ctx.Err(), "the request ended while it waited")
	case <-timer.C:
		return fault.New(fault.Unavailable, "the server has been busy with %d requests for %s", cap(places), wait).WithHint("try again in a moment")
	}
}

// guard sets the headers of every answer: nothing from elsewhere, no frames, no
// guessing of types, no address in a referrer.
func guard(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
}

// signedIn finds out who asks. The user interface itself, the health checks and
// the description of the API are for everybody: there is nothing of the estate
// in them. Whoever sends credentials that do not hold is told so everywhere in
// the API.
func (s *Server) signedIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, apiPath) && r.URL.Path != metricsPath {
			next.ServeHTTP(w, r)
			return
		}
		who, err := s.cfg.Door.Authenticate(r)
		if err != nil && !signingIn(r) {
			s.refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), keyPrincipal, who)))
	})
}

// signingIn reports whether a request is the one that gets credentials.
func signingIn(r *http.Request) bool {
	return r.URL.Path == sessionPath && r.Method == http.MethodPost
}

// refuse answers outside of huma.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	t := s.problem(r.Context(), err)
	w.Header().Set("Content-Type", "application/problem+json")
	if t.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="tidemark"`)
	}
	w.WriteHeader(t.Status)
	if err := json.NewEncoder(w).Encode(t.Problem); err != nil {
		s.cfg.Slog.DebugContext(r.Context(), "the asker went away", "error", fmt.Sprint(err))
	}
}

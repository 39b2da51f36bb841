package server

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
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

// smallBodyTime is how long such a body may take to arrive.
const smallBodyTime = 10 * time.Second

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
	keyTrace
	keyAsked
	keyPlaced
)

// trace is what is known about a request for the log: who asked is found out
// only on the way in.
type trace struct{ id, actor string }

func principal(ctx context.Context) access.Principal {
	who, _ := ctx.Value(keyPrincipal).(access.Principal)
	return who
}

func requestID(ctx context.Context) string {
	if t, ok := ctx.Value(keyTrace).(*trace); ok {
		return t.id
	}
	return ""
}

// RequestID is the id of the request that a door serves: it stands in the log of
// mutations, in the program's log and in the answer.
func RequestID(ctx context.Context) string { return requestID(ctx) }

// identified gives every request an id, and sets the headers that keep a browser
// from doing what we never ask for.
func identified(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := &trace{id: strings.ToLower(rand.Text()[:12])}
		guard(w.Header())
		w.Header().Set("X-Request-Id", t.id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), keyTrace, t)))
	})
}

// How many requests of a sort are served at once. A document may be as large as
// Limits.Document and is held in memory; who signs in is a stranger, who must
// not take the places of those that have.
const (
	atOnceLarge     = 4
	atOnceSigningIn = 16
)

// bounded gives every request to the API a place among those that are served.
// Events have bounds of their own; all else is small and has no body.
func bounded(s *Server, next http.Handler) http.Handler {
	limit := s.cfg.Limits.Requests
	if limit <= 0 {
		limit = defaultRequests
	}
	places := make(chan struct{}, limit)
	large := make(chan struct{}, atOnceLarge)
	strangers := make(chan struct{}, atOnceSigningIn)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if streams(r) || !strings.HasPrefix(r.URL.Path, apiPath) {
			next.ServeHTTP(w, r)
			return
		}
		among := places
		switch {
		case signingIn(r):
			among = strangers
		case r.ContentLength < 0 || r.ContentLength > smallBody:
			among = large
		}
		if err := s.cfg.Limits.place(r.Context(), among); err != nil {
			w.Header().Set("Retry-After", "1")
			s.refuse(w, r, err)
			return
		}
		defer func() { <-among }()
		next.ServeHTTP(w, r)
	})
}

// recovered turns a defect into an answer; the server goes on.
func recovered(s *Server, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			what := recover()
			if err, ok := what.(error); what == nil || ok && errors.Is(err, http.ErrAbortHandler) {
				return
			}
			s.refuse(w, r, fmt.Errorf("panic: %v\n%s", what, debug.Stack()))
		}()
		next.ServeHTTP(w, r)
	})
}

// streams reports whether a request stays open for events: it has bounds of its own.
func streams(r *http.Request) bool { return r.URL.Path == eventsPath }

func (l Limits) place(ctx context.Context, places chan struct{}) error {
	wait := l.Wait
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
func signedIn(s *Server, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, apiPath) && r.URL.Path != metricsPath {
			next.ServeHTTP(w, r)
			return
		}
		who, err := s.cfg.Door.Authenticate(r)
		if err != nil && !signingIn(r) && !askingWho(r) && !calledBack(r) {
			s.refuse(w, r, err)
			return
		}
		if t, ok := r.Context().Value(keyTrace).(*trace); ok && err == nil {
			t.actor = who.Actor()
		}
		if err != nil {
			who = access.Principal{}
		}
		ctx := context.WithValue(r.Context(), keyPrincipal, who)
		if strings.HasPrefix(r.URL.Path, sessionPath) {
			ctx = context.WithValue(ctx, keyAsked, r)
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// askingWho reports whether a request asks who is signed in: a page asks that
// first, and "nobody" is an answer.
func askingWho(r *http.Request) bool {
	return r.URL.Path == sessionPath && r.Method == http.MethodGet && r.Header.Get("Authorization") == ""
}

// calledBack reports whether a request is a webhook's: it proves by its own
// signature where it comes from.
func calledBack(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, hooksPath) && r.Method == http.MethodPost
}

// asked is the request itself, which signing in and out look at.
func asked(ctx context.Context) *http.Request {
	r, _ := ctx.Value(keyAsked).(*http.Request)
	return r
}

// signingIn reports whether a request is the one that gets credentials.
func signingIn(r *http.Request) bool {
	return r.URL.Path == sessionPath && r.Method == http.MethodPost
}

// refuse answers outside of huma.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	t := s.problem(r.Context(), err)
	w.Header().Set("Content-Type", "application/problem+json")
	for name, values := range t.header {
		if w.Header().Get(name) == "" { // whoever refuses may know better
			w.Header()[name] = values
		}
	}
	w.WriteHeader(t.Status)
	if err := json.NewEncoder(w).Encode(t.Problem); err != nil {
		s.cfg.Slog.DebugContext(r.Context(), "the asker went away", "error", fmt.Sprint(err))
	}
}

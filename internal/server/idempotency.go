package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// Answers keeps what requests with an Idempotency-Key were answered.
type Answers interface {
	ClaimAnswer(ctx context.Context, a ctem.Answer, lost time.Time) (have ctem.Answer, claimed bool, err error)
	KeepAnswer(ctx context.Context, a ctem.Answer) error
	LeaveAnswer(ctx context.Context, a ctem.Answer) error
}

// AnswersKept is how long the same key gives the same answer.
const AnswersKept = 24 * time.Hour

const (
	keyHeader  = "Idempotency-Key"
	longestKey = 200
	lostAfter  = 5 * time.Minute // no request takes longer: who claimed the key has died
	wait       = 100 * time.Millisecond
	waits      = 50
	keptBody   = 1 << 20 // a longer answer is not kept, and the key is refused from then on
)

// replayed gives a request with a key that was answered the same answer again.
// Only what went well is kept: what failed changed nothing and may be tried
// again. What holds a secret is shown once, and not kept.
func replayed(s *Server, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := principal(r.Context())
		if len(r.Header.Values(keyHeader)) == 0 || r.Method == http.MethodGet || r.Method == http.MethodHead || who.Role == "" || s.cfg.Answers == nil {
			next.ServeHTTP(w, r)
			return
		}
		key, err := keyOf(r.Header.Values(keyHeader))
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		have, claimed, err := claim(s, r, ctem.Answer{Actor: who.Actor(), Key: key})
		switch {
		case err != nil:
			s.refuse(w, r, err)
		case claimed:
			first{s, have, next}.ServeHTTP(w, r)
		default:
			again(s, w, r, have)
		}
	})
}

// keyOf reads the key of a request: one, not too long, of printable ASCII. What is
// refused is not done: the asker would take it for done once.
func keyOf(values []string) (string, error) {
	if len(values) != 1 {
		return "", fault.New(fault.Invalid, "%d headers %s", len(values), keyHeader).WithHint("send one")
	}
	key := values[0]
	if key == "" || len(key) > longestKey || strings.ContainsFunc(key, func(c rune) bool { return c < ' ' || c > '~' }) {
		return "", fault.New(fault.Invalid, "%s has %d bytes, or holds what is not printable ASCII", keyHeader, len(key)).
			WithHint("use 1 to %d letters, digits and dashes: a UUID, say", longestKey)
	}
	return key, nil
}

// claim begins the request, or waits for the one that is being done.
func claim(s *Server, r *http.Request, a ctem.Answer) (have ctem.Answer, claimed bool, err error) {
	for range waits {
		a.Begun = s.cfg.Now().UTC().Truncate(time.Microsecond)
		have, claimed, err = s.cfg.Answers.ClaimAnswer(r.Context(), a, a.Begun.Add(-lostAfter))
		if err != nil || claimed || have.Status != 0 {
			return have, claimed, err
		}
		timer := time.NewTimer(wait)
		select {
		case <-r.Context().Done():
			timer.Stop()
			return have, false, fault.Wrap(fault.Unavailable, r.Context().Err(), "the request ended while it waited")
		case <-timer.C:
		}
	}
	return have, false, fault.New(fault.Conflict, "a request with this %s is still being done", keyHeader).WithHint("ask again in a moment")
}

// first does a request that was claimed, and keeps its answer.
type first struct {
	s    *Server
	a    ctem.Answer
	next http.Handler
}

// ServeHTTP does it.
func (f first) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s, a := f.s, f.a
	sum := requestSum(r)
	body := r.Body
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.TeeReader(body, sum), body}
	kept := &keepWriter{ResponseWriter: w, before: func() { drain(r.Body) }}
	ctx := context.WithoutCancel(r.Context())
	done := false
	defer func() {
		if done {
			return
		}
		if err := s.cfg.Answers.LeaveAnswer(ctx, a); err != nil {
			s.cfg.Slog.WarnContext(ctx, "a key was not given back", "request", requestID(ctx), "error", fault.Mask(err.Error()))
		}
	}()
	f.next.ServeHTTP(kept, r)
	if kept.status < http.StatusOK || kept.status >= http.StatusMultipleChoices {
		return
	}
	a.Request, a.Status = hex.EncodeToString(sum.Sum(nil)), kept.status
	a.Media, a.Location = w.Header().Get("Content-Type"), w.Header().Get("Location")
	if !secret(r) && !kept.over {
		a.Body = kept.body.Bytes()
	}
	done = true // it was done: from here on the key must not do it again
	if err := s.cfg.Answers.KeepAnswer(ctx, a); err != nil {
		s.cfg.Slog.WarnContext(ctx, "an answer was not kept", "request", requestID(ctx), "error", fault.Mask(err.Error()))
	}
}

// drain reads what a door left of a small body, so that it counts: the same
// request is the same whatever of it was of use.
func drain(body io.Reader) {
	_, _ = io.CopyN(io.Discard, body, smallBody) // what cannot be read was not sent
}

// again gives what was answered to the same request.
func again(s *Server, w http.ResponseWriter, r *http.Request, have ctem.Answer) {
	sum := requestSum(r)
	if err := http.NewResponseController(w).SetReadDeadline(s.cfg.Now().Add(s.cfg.Limits.bodyTime())); err != nil {
		s.cfg.Slog.DebugContext(r.Context(), "no read deadline", "error", fmt.Sprint(err))
	}
	if _, err := io.Copy(sum, http.MaxBytesReader(w, r.Body, s.cfg.Limits.document())); err != nil {
		s.refuse(w, r, fault.Wrap(fault.Invalid, err, "read the body"))
		return
	}
	if hex.EncodeToString(sum.Sum(nil)) != have.Request {
		s.refuse(w, r, fault.New(fault.Conflict, "this %s was used for another request", keyHeader).WithHint("use a new key for each request"))
		return
	}
	if len(have.Body) == 0 && have.Status != http.StatusNoContent {
		s.refuse(w, r, fault.New(fault.Conflict, "this was done already, and its answer is not kept: it held a secret or was too long").
			WithHint("list what there is; make a new one with a new key if the secret was lost"))
		return
	}
	w.Header().Set("Content-Type", have.Media)
	if have.Location != "" {
		w.Header().Set("Location", have.Location)
	}
	w.Header().Set("Idempotency-Replayed", "true")
	w.WriteHeader(have.Status)
	_, _ = w.Write(have.Body) // the asker went away: nothing is lost
}

func requestSum(r *http.Request) hash.Hash {
	sum := sha256.New()
	_, _ = fmt.Fprintf(sum, "%s %s\n", r.Method, r.URL.RequestURI()) // a hash takes everything
	return sum
}

// secret reports whether the answer may hold one.
func secret(r *http.Request) bool {
	rest := strings.TrimPrefix(r.URL.Path, apiPath)
	for _, p := range []string{"tokens", "users", "session"} {
		if rest == p || strings.HasPrefix(rest, p+"/") {
			return true
		}
	}
	return false
}

// keepWriter keeps a copy of a short answer.
type keepWriter struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
	over   bool
	before func() // done before the answer begins
}

// WriteHeader remembers the status.
func (w *keepWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.before()
	}
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Write keeps what it writes.
func (w *keepWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.before()
		w.status = http.StatusOK
	}
	if w.over = w.over || w.body.Len()+len(p) > keptBody; !w.over {
		w.body.Write(p)
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (w *keepWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

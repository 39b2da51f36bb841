package server

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tidemark/tidemark/internal/access"
)

// part lets in an operator who sees one product.
type part struct{}

func (part) Authenticate(*http.Request) (access.Principal, error) {
	return access.Principal{Name: "p", Kind: access.ByPassword, Role: access.Admin, Products: []string{"open"}}, nil
}

// What is about the whole estate is refused to whoever sees a part of it, also
// to an administrator; the words say why.
func TestTheWholeIsNotForWhoSeesAPart(t *testing.T) {
	t.Parallel()
	h := New(Config{Version: "1", Slog: slog.New(slog.DiscardHandler), Door: part{}, Now: time.Now}).Handler()
	for _, route := range []string{
		"GET /api/v1/measures/coverage", "GET /api/v1/doctor",
		"GET /api/v1/audit", "GET /api/v1/audit/verification", "GET /api/v1/users", "POST /api/v1/users", "PUT /api/v1/scope", "POST /api/v1/compaction",
	} {
		method, path, _ := strings.Cut(route, " ")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader("{}")))
		if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "you see a part of it") {
			t.Errorf("%s: %d %s", route, w.Code, w.Body)
		}
	}
}

// A server with all places taken says so, soon, and when to come back.
func TestABusyServer(t *testing.T) {
	t.Parallel()
	begun, let := make(chan struct{}, 1), make(chan struct{})
	s := New(Config{
		Version: "1", Slog: slog.New(slog.DiscardHandler), Door: badge{}, Now: time.Now,
		Limits: Limits{Requests: 1, Wait: 20 * time.Millisecond},
	})
	h := bounded(s, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		begun <- struct{}{}
		<-let
	}))
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/exposures", http.NoBody))
	}()
	<-begun
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/exposures", http.NoBody))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d, Retry-After %q: %s", w.Code, w.Header().Get("Retry-After"), w.Body)
	}
	close(let)
	<-done
}

// The pages: files with a hash in their name are kept for ever, the page itself
// is asked for anew; a path of the interface is the page, one of the API is not.
func TestPagesAndTheirFiles(t *testing.T) {
	t.Parallel()
	ui := fstest.MapFS{
		"index.html":            {Data: []byte("<html><head></head><body>page</body></html>")},
		"assets/app-1a2b3c.js":  {Data: []byte("let a = 1")},
		"assets/app-1a2b3c.css": {Data: []byte("a{}")},
	}
	h := New(Config{Version: "1", Slog: slog.New(slog.DiscardHandler), Door: badge{}, Now: time.Now, UI: ui}).Handler()
	get := func(method, path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody))
		return w
	}
	if w := get("GET", "/assets/app-1a2b3c.js"); w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("a file: %d %q", w.Code, w.Header().Get("Cache-Control"))
	}
	if w := get("GET", "/exposures/EXP-1"); w.Code != 200 || !strings.Contains(w.Body.String(), "page") || strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("a path: %d %q %s", w.Code, w.Header().Get("Cache-Control"), w.Body)
	}
	if w := get("HEAD", "/"); w.Code != 200 || w.Body.Len() != 0 {
		t.Errorf("HEAD: %d with %d bytes", w.Code, w.Body.Len())
	}
	if w := get("GET", "/assets/no-such.js"); w.Code != 404 {
		t.Errorf("a file that is not there: %d", w.Code)
	}
	if w := get("GET", "/api/v1/no-such"); w.Code < 400 || strings.Contains(w.Body.String(), "page</body>") {
		t.Errorf("a route that is not there: %d %s", w.Code, w.Body)
	}
}

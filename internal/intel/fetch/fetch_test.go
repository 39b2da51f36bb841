package fetch

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/fault"
)

const body = "0123456789abcdefghij"

// seen is a request as a server saw it.
type seen struct{ Range, IfRange, IfNoneMatch string }

// server answers the n-th request with the n-th handler, the last one from then on.
func server(t *testing.T, handlers ...http.HandlerFunc) (*httptest.Server, func() []seen) {
	t.Helper()
	var mu sync.Mutex
	var requests []seen
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		requests = append(requests, seen{r.Header.Get("Range"), r.Header.Get("If-Range"), r.Header.Get("If-None-Match")})
		h := handlers[min(len(requests), len(handlers))-1]
		mu.Unlock()
		h(w, r)
	}))
	t.Cleanup(s.Close)
	return s, func() []seen {
		mu.Lock()
		defer mu.Unlock()
		return requests
	}
}

// whole serves the body as a file server does: ranges, conditions and all.
func whole(etag string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", etag)
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(body))
	}
}

// cut promises the body and stops after n bytes.
func cut(etag string, n int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", etag)
		w.Header().Set("Content-Length", "20")
		_, _ = w.Write([]byte(body[:n]))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

type fixture struct {
	*Fetcher
	target Target
	pauses []time.Duration
}

func newFixture(t *testing.T, s *httptest.Server) *fixture {
	t.Helper()
	dir := t.TempDir()
	x := &fixture{target: Target{
		URL: s.URL + "/feed", Path: filepath.Join(dir, "feed"), State: filepath.Join(dir, "state"), MaxBytes: 100,
	}}
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	x.Fetcher = New(Config{
		Attempts: 3, Pause: time.Second, MaxPause: 30 * time.Second, AllowPrivate: true, Roots: roots,
		Rand:  func() float64 { return 0.5 },
		Now:   func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) },
		Sleep: func(_ context.Context, d time.Duration) error { x.pauses = append(x.pauses, d); return nil },
	})
	t.Cleanup(x.client.CloseIdleConnections)
	return x
}

func (x *fixture) get(t *testing.T) (Result, error) {
	t.Helper()
	return x.Get(context.Background(), x.target)
}

func (x *fixture) content(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(x.target.Path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(b)
}

func TestResumeAfterACut(t *testing.T) {
	t.Parallel()
	s, requests := server(t, cut(`"a"`, 7), cut(`"a"`, 7), whole(`"a"`))
	x := newFixture(t, s)
	res, err := x.get(t)
	if err != nil || !res.Resumed || res.Size != 20 || x.content(t) != body {
		t.Fatalf("%+v, %v, content %q", res, err, x.content(t))
	}
	// The second answer ignores the range and starts again: so does the part.
	want := []seen{{}, {"bytes=7-", `"a"`, ""}, {"bytes=7-", `"a"`, ""}}
	if diff := cmp.Diff(want, requests()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]time.Duration{750 * time.Millisecond, 1500 * time.Millisecond}, x.pauses); diff != "" {
		t.Error(diff)
	}
	if left, _ := filepath.Glob(x.target.State + ".part*"); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestResumeInALaterCall(t *testing.T) {
	t.Parallel()
	s, _ := server(t, cut(`"a"`, 5), cut(`"a"`, 5), cut(`"a"`, 5), whole(`"a"`))
	x := newFixture(t, s)
	if _, err := x.get(t); fault.KindOf(err) != fault.Unavailable || x.content(t) != "" {
		t.Fatalf("error %v, content %q; want unavailable and nothing in place", err, x.content(t))
	}
	if res, err := x.get(t); err != nil || !res.Resumed || x.content(t) != body {
		t.Fatalf("%+v, %v, content %q", res, err, x.content(t))
	}
}

func TestChangedFileIsNotPatched(t *testing.T) {
	t.Parallel()
	s, _ := server(t, cut(`"old"`, 7), whole(`"new"`))
	x := newFixture(t, s)
	if res, err := x.get(t); err != nil || res.Resumed || x.content(t) != body {
		t.Fatalf("%+v, %v, content %q", res, err, x.content(t))
	}
}

func TestWrongPartStartsOver(t *testing.T) {
	t.Parallel()
	lies := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Range", "bytes 3-19/20")
		w.WriteHeader(http.StatusPartialContent)
	}
	s, requests := server(t, cut(`"a"`, 7), lies, whole(`"a"`))
	x := newFixture(t, s)
	if _, err := x.get(t); err != nil || x.content(t) != body {
		t.Fatalf("%v, content %q", err, x.content(t))
	}
	if got := requests()[2].Range; got != "" {
		t.Errorf("the third request asks for %q, want the whole file", got)
	}
}

func TestNotModified(t *testing.T) {
	t.Parallel()
	s, requests := server(t, whole(`"a"`))
	x := newFixture(t, s)
	if _, err := x.get(t); err != nil {
		t.Fatal(err)
	}
	res, err := x.get(t)
	if err != nil || !res.NotModified || x.content(t) != body || requests()[1].IfNoneMatch != `"a"` {
		t.Fatalf("%+v, %v, %v", res, err, requests())
	}
	if err := os.Remove(x.target.Path); err != nil {
		t.Fatal(err)
	}
	if res, err := x.get(t); err != nil || res.NotModified || x.content(t) != body {
		t.Fatalf("after the file was lost: %+v, %v", res, err)
	}
}

func TestRetries(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		handlers []http.HandlerFunc
		pauses   []time.Duration
		kind     fault.Kind
	}{
		{"asked to wait", []http.HandlerFunc{status(429, "Retry-After", "7"), whole(`"a"`)}, []time.Duration{7 * time.Second}, ""},
		{"asked to wait until", []http.HandlerFunc{status(503, "Retry-After", "Thu, 01 Jan 2026 00:00:09 GMT"), whole(`"a"`)}, []time.Duration{9 * time.Second}, ""},
		{"asked to wait too long", []http.HandlerFunc{status(429, "Retry-After", "86400"), whole(`"a"`)}, []time.Duration{30 * time.Second}, ""},
		{"nonsense", []http.HandlerFunc{status(500, "Retry-After", "soon"), whole(`"a"`)}, []time.Duration{750 * time.Millisecond}, ""},
		{"never well", []http.HandlerFunc{status(500)}, []time.Duration{750 * time.Millisecond, 1500 * time.Millisecond}, fault.Unavailable},
		{"not there", []http.HandlerFunc{status(404)}, nil, fault.NotFound},
		{"forbidden", []http.HandlerFunc{status(403)}, nil, fault.Unavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, _ := server(t, tt.handlers...)
			x := newFixture(t, s)
			_, err := x.get(t)
			if got := fault.KindOf(errors.Unwrap(err)); err != nil && fault.KindOf(err) != tt.kind && got != tt.kind || (err == nil) != (tt.kind == "") {
				t.Errorf("error %v, want kind %q", err, tt.kind)
			}
			if diff := cmp.Diff(tt.pauses, x.pauses); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	unsaid := func(w http.ResponseWriter, _ *http.Request) {
		for range 100 {
			_, _ = w.Write([]byte(body))
			_ = http.NewResponseController(w).Flush()
		}
	}
	said := status(200, "Content-Length", "101")
	for name, h := range map[string]http.HandlerFunc{"said": said, "not said": unsaid} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, requests := server(t, h)
			x := newFixture(t, s)
			_, err := x.get(t)
			if err == nil || !strings.Contains(err.Error(), "larger than 100 bytes") || len(requests()) != 1 || x.content(t) != "" {
				t.Errorf("error %v after %d requests", err, len(requests()))
			}
		})
	}
}

func TestPrivateAddresses(t *testing.T) {
	t.Parallel()
	inside, insideRequests := server(t, whole(`"a"`))
	outside, _ := server(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, inside.URL, http.StatusFound) })
	x := newFixture(t, outside)
	open := netip.MustParseAddrPort(outside.Listener.Addr().String())
	strict := New(Config{}).admit
	x.admit = func(a netip.AddrPort) error { // only the outer server stands for a public one
		if a == open {
			return nil
		}
		return strict(a)
	}
	if _, err := x.get(t); err == nil || !strings.Contains(err.Error(), "not a public address") || len(x.pauses) != 0 {
		t.Errorf("error %v after pauses %v", err, x.pauses)
	}
	if n := len(insideRequests()); n != 0 {
		t.Errorf("%d requests reached the private server", n)
	}
}

func TestOnlyHTTPS(t *testing.T) {
	t.Parallel()
	plain, _ := server(t, status(302, "Location", "http://127.0.0.1:1/"))
	x := newFixture(t, plain)
	if _, err := x.get(t); err == nil || !strings.Contains(err.Error(), "not https") {
		t.Errorf("error %v", err)
	}
	x.target.URL = "http://user:secret@127.0.0.1:1/x?token=secret"
	if _, err := x.get(t); fault.KindOf(err) != fault.Invalid || strings.Contains(err.Error(), "secret") {
		t.Errorf("error %v", err)
	}
	loop, requests := server(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/again?token=secret", http.StatusFound)
	})
	x = newFixture(t, loop)
	if _, err := x.get(t); err == nil || len(requests()) != maxRedirects+1 || strings.Contains(err.Error(), "secret") {
		t.Errorf("error %v after %d requests", err, len(requests()))
	}
}

func TestStall(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	s, _ := server(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(body[:3]))
		_ = http.NewResponseController(w).Flush()
		<-done
	})
	defer close(done)
	x := newFixture(t, s)
	x.cfg.Attempts, x.cfg.Stall = 1, 20*time.Millisecond
	if _, err := x.get(t); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("error %v, want unavailable", err)
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	s, _ := server(t, status(500))
	x := newFixture(t, s)
	ctx, cancel := context.WithCancel(context.Background())
	x.cfg.Sleep = func(ctx context.Context, d time.Duration) error { cancel(); return sleep(ctx, d) }
	if _, err := x.Get(ctx, x.target); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want cancelled", err)
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	s, _ := server(t, whole(`"a"`))
	x := newFixture(t, s)
	var done, total int64
	x.target.Progress = func(d, all int64) { done, total = d, all }
	if _, err := x.get(t); err != nil || done != 20 || total != 20 {
		t.Errorf("progress %d of %d, %v", done, total, err)
	}
}

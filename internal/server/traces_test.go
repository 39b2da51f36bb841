package server

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/fault"
)

// spanBox keeps what came.
type spanBox struct {
	got Spans
	err error
}

func (b *spanBox) Traces(_ context.Context, _ access.Principal, in Spans) error {
	b.got = in
	return b.err
}

func packed(t *testing.T, body string) io.Reader {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, body); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return &b
}

func TestTraces(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		role, form, encoding string
		body                 io.Reader
		err                  error
		status               int
		got, answer          string
	}{
		"protobuf":         {"source", "application/x-protobuf", "", strings.NewReader("abc"), nil, 200, "abc", ""},
		"JSON":             {"operator", "application/json; charset=utf-8", "", strings.NewReader("{}"), nil, 200, "{}", "{}"},
		"packed":           {"source", "application/x-protobuf", "gzip", packed(t, "abc"), nil, 200, "abc", ""},
		"a bomb":           {"source", "application/x-protobuf", "gzip", packed(t, strings.Repeat("a", 4000)), nil, 422, "", ""},
		"too large":        {"source", "application/x-protobuf", "", strings.NewReader(strings.Repeat("a", 4000)), nil, 422, "", ""},
		"not packed":       {"source", "application/x-protobuf", "gzip", strings.NewReader("abc"), nil, 422, "", ""},
		"another packing":  {"source", "application/x-protobuf", "br", strings.NewReader("abc"), nil, 422, "", ""},
		"another form":     {"source", "text/plain", "", strings.NewReader("abc"), nil, 422, "", ""},
		"a reader":         {"viewer", "application/x-protobuf", "", strings.NewReader("abc"), nil, 403, "", ""},
		"nobody":           {"", "application/x-protobuf", "", strings.NewReader("abc"), nil, 401, "", ""},
		"cannot be stored": {"source", "application/x-protobuf", "", strings.NewReader("abc"), fault.New(fault.Unavailable, "full"), 503, "abc", ""},
	} {
		box := &spanBox{err: c.err}
		s := New(Config{
			Version: "1", Slog: slog.New(slog.DiscardHandler), Door: badge{}, Now: time.Now, Doors: Doors{Traces: box}, Limits: Limits{Document: 2000},
		})
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/v1/traces?environment=prod", c.body)
		r.Header.Set("X-Role", c.role)
		r.Header.Set("Content-Type", c.form)
		if c.encoding != "" {
			r.Header.Set("Content-Encoding", c.encoding)
		}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code != c.status || string(box.got.Body) != c.got {
			t.Errorf("%s: %d, %q came; want %d, %q: %s", name, w.Code, box.got.Body, c.status, c.got, w.Body)
		}
		if c.status == 200 && (w.Body.String() != c.answer || !strings.HasPrefix(c.form, w.Header().Get("Content-Type")) || box.got.Environment != "prod") {
			t.Errorf("%s: answered %q as %s, environment %q", name, w.Body, w.Header().Get("Content-Type"), box.got.Environment)
		}
	}
}

package server

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/access"
)

// built is a server with a small interface, one of whose files is there in every
// form, one in one form, and one as it is.
func built(t *testing.T) func(path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	ui := fstest.MapFS{
		"index.html":           {Data: []byte(`<!doctype html><html lang="en" data-theme="system"><body>page</body></html>`)},
		"index.html.br":        {Data: []byte("brotli page")},
		"favicon.svg":          {Data: []byte("<svg/>")},
		"assets/app-1a.js":     {Data: []byte("plain")},
		"assets/app-1a.js.br":  {Data: []byte("brotli")},
		"assets/app-1a.js.gz":  {Data: []byte("gzip")},
		"assets/one-2b.css":    {Data: []byte("plain")},
		"assets/one-2b.css.gz": {Data: []byte("gzip")},
		"assets/.hidden":       {Data: []byte("hidden")},
	}
	h := New(Config{Version: "1", Slog: slog.New(slog.DiscardHandler), Door: badge{}, Now: time.Now, UI: ui}).Handler()
	return func(path string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Add(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
}

// A file goes out in the smallest form that the asker takes, and says so.
func TestAFileInTheFormThatIsTaken(t *testing.T) {
	t.Parallel()
	get := built(t)
	for _, x := range []struct{ path, accept, body, encoding string }{
		{"/assets/app-1a.js", "gzip, deflate, br, zstd", "brotli", "br"},
		{"/assets/app-1a.js", "br", "brotli", "br"},
		{"/assets/app-1a.js", "BR;q=1", "brotli", "br"},
		{"/assets/app-1a.js", "br ; q=0.5 , gzip", "brotli", "br"},
		{"/assets/app-1a.js", "gzip", "gzip", "gzip"},
		{"/assets/app-1a.js", "br;q=0, gzip", "gzip", "gzip"},
		{"/assets/app-1a.js", "br;Q=0, gzip;q=0.001", "gzip", "gzip"},
		{"/assets/app-1a.js", "br; q=0.000, gzip;q=0", "plain", ""},
		{"/assets/app-1a.js", "", "plain", ""},
		{"/assets/app-1a.js", "identity", "plain", ""},
		{"/assets/app-1a.js", "brr, xgzip", "plain", ""},
		{"/assets/app-1a.js", "\x00,;;q,br;", "brotli", "br"},
		{"/assets/one-2b.css", "br, gzip", "gzip", "gzip"},
		{"/assets/one-2b.css", "br", "plain", ""},
		{"/favicon.svg", "br, gzip", "<svg/>", ""},
	} {
		w := get(x.path, "Accept-Encoding", x.accept)
		h := w.Header()
		if w.Code != 200 || w.Body.String() != x.body || h.Get("Content-Encoding") != x.encoding || h.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s for %q: %d %q, Content-Encoding %q, Vary %q; want %q, %q",
				x.path, x.accept, w.Code, w.Body, h.Get("Content-Encoding"), h.Get("Vary"), x.body, x.encoding)
		}
		if x.path != "/favicon.svg" && h.Get("Cache-Control") != "public, max-age=31536000, immutable" || strings.Contains(h.Get("Content-Type"), "octet") {
			t.Errorf("%s: Cache-Control %q, %s", x.path, h.Get("Cache-Control"), h.Get("Content-Type"))
		}
	}
}

// Every answer keeps a browser from what is never asked for; only files with a
// hash in their name are kept.
func TestWhatBrowsersAreTold(t *testing.T) {
	t.Parallel()
	get := built(t)
	for _, path := range []string{"/", "/index.html", "/exposures/EXP-1", "/favicon.svg", "/assets/app-1a.js", "/assets/none.js", "/api/v1/none", "/healthz", "/api/v1/exposures"} {
		w := get(path)
		h := w.Header()
		policy := h.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"} {
			if !strings.Contains(policy, part) {
				t.Errorf("%s: the policy %q lacks %s", path, policy, part)
			}
		}
		if strings.Contains(policy, "unsafe") || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %q, %q", path, policy, h.Get("X-Content-Type-Options"))
		}
		if kept := strings.Contains(h.Get("Cache-Control"), "immutable"); kept != (path == "/assets/app-1a.js") {
			t.Errorf("%s: Cache-Control %q", path, h.Get("Cache-Control"))
		}
	}
}

// A path of the interface is its page, one of the API that is not there a
// problem, whoever asks for whatever version, and a file that is not there is
// not found.
func TestWhatIsNotThere(t *testing.T) {
	t.Parallel()
	get := built(t)
	for _, path := range []string{"/", "/exposures/EXP-1", "/no/such/page", "/products/a.b", "/index.html", "/index.html.br", "/assets/%2e%2e/%2e%2e/etc/passwd"} {
		w := get(path, "Accept", "text/html", "Accept-Encoding", "br")
		if w.Code != 200 || !strings.Contains(w.Body.String(), "page</body>") || w.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s: %d, Content-Encoding %q, %s", path, w.Code, w.Header().Get("Content-Encoding"), w.Body)
		}
	}
	for path, code := range map[string]int{
		"/api/v1/none": 404, "/api/v1/": 404, "/api/v2/exposures": 404, "/api/": 404, "/api/none": 404, "/assets/none.js": 404, "/assets/": 404,
		"/assets/.hidden": 404, "/assets/app-1a.js.br": 404, "/robots.txt": 404, "/.env": 404,
	} {
		w := get(path, "X-Role", string(access.Admin))
		var p api.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != code || p.Status != code || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s\n%s", path, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
	}
}

// The page is drawn in the colours of the asker's cookie, and nothing else of a
// cookie gets into it.
func TestThePageInTheThemeOfTheCookie(t *testing.T) {
	t.Parallel()
	get := built(t)
	for cookie, theme := range map[string]string{
		"":                              "system",
		"tidemark_theme=dark":           "dark",
		"tidemark_theme=light":          "light",
		"a=b; tidemark_theme=dark; c=d": "dark",
		"tidemark_theme=system":         "system",
		"tidemark_theme=DARK":           "system",
		`tidemark_theme="><script>alert(1)</script>`:               "system",
		"tidemark_theme=dark%22%20onload%3D1":                      "system",
		"tidemark_theme=dark\r\nSet-Cookie: x=1":                   "system",
		"tidemark_theme=" + strings.Repeat("d", 10_000):            "system",
		"tidemark_theme=; tidemark_theme=\x00":                     "system",
		"tidemark_theme=<b>; tidemark_theme=dark; tidemark_theme=": "system",
	} {
		w := get("/", "Cookie", cookie)
		want := strings.Replace(`<!doctype html><html lang="en" data-theme="system"><body>page</body></html>`, "system", theme, 1)
		if w.Code != 200 || w.Body.String() != want || w.Header().Get("Vary") != "Cookie" || w.Header().Get("Set-Cookie") != "" {
			t.Errorf("%.80q: %d, Vary %q\n%s", cookie, w.Code, w.Header().Get("Vary"), w.Body)
		}
	}
}

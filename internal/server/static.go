package server

import (
	"bytes"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/fault"
)

// themeCookie is what the pages set so that a page is drawn in its colours from
// the first moment on.
const themeCookie = "tidemark_theme"

// notBuilt is the page where the user interface was left out of the build.
const notBuilt = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tidemark</title></head><body>
<h1>Tidemark</h1><p>The server runs. This binary was built without its pages: run <code>make build</code>, which builds them first.</p>
<p>The API is at <a href="/openapi.json">/openapi.json</a>.</p></body></html>
`

// pages serves the built user interface. An asset has a hash in its name and
// never changes; every other path is a page, which is index.html.
type pages struct {
	files fs.FS
	s     *Server
}

// ServeHTTP serves an asset, or a page.
func (p pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if p.files != nil && name != "" && name != "index.html" && p.file(w, r, name) {
		return
	}
	if name == "assets" || strings.HasPrefix(name, "assets/") || path.Ext(name) != "" && !strings.Contains(name, "/") && !looksLikePage(r) {
		p.s.refuse(w, r, fault.New(fault.NotFound, "no file %s", r.URL.Path))
		return
	}
	p.index(w, r)
}

// looksLikePage reports whether a browser asks for something to show.
func looksLikePage(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

// file serves a file in the smallest form that the asker takes.
func (p pages) file(w http.ResponseWriter, r *http.Request, name string) bool {
	if !fs.ValidPath(name) || slices.Contains([]string{".gz", ".br"}, path.Ext(name)) || strings.HasPrefix(path.Base(name), ".") {
		return false
	}
	body, err := fs.ReadFile(p.files, name)
	if err != nil {
		return false
	}
	h := w.Header()
	h.Set("Content-Type", mediaOf(name))
	h.Set("Cache-Control", "no-cache")
	if strings.HasPrefix(name, "assets/") {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	h.Set("Vary", "Accept-Encoding")
	for _, form := range []struct{ name, ext string }{{"br", ".br"}, {"gzip", ".gz"}} {
		if !takes(r, form.name) {
			continue
		}
		if small, err := fs.ReadFile(p.files, name+form.ext); err == nil {
			h.Set("Content-Encoding", form.name)
			body = small
			break
		}
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	return true
}

// takes reads Accept-Encoding; q=0 is a refusal.
func takes(r *http.Request, form string) bool {
	for _, one := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(one), ";")
		weight = strings.ToLower(strings.ReplaceAll(weight, " ", ""))
		if strings.EqualFold(strings.TrimSpace(name), form) && strings.Trim(weight, "q=0.") != "" || strings.EqualFold(name, form) && weight == "" {
			return true
		}
	}
	return false
}

// mediaOf does not ask the machine, whose tables differ.
func mediaOf(name string) string {
	switch path.Ext(name) {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".json", ".map":
		return "application/json"
	case ".webmanifest":
		return "application/manifest+json"
	case ".ico":
		return "image/x-icon"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	if media := mime.TypeByExtension(path.Ext(name)); media != "" {
		return media
	}
	return "application/octet-stream"
}

// index serves the page, in the theme of the asker's cookie.
func (p pages) index(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	h.Set("Vary", "Cookie")
	text := []byte(notBuilt)
	if p.files != nil {
		body, err := fs.ReadFile(p.files, "index.html")
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			p.s.refuse(w, r, fault.Wrap(fault.Internal, err, "read index.html"))
			return
		}
		if err == nil {
			text = themed(body, r)
		}
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
}

// themed says on the root which colours to use: only a known word gets there.
func themed(body []byte, r *http.Request) []byte {
	cookie, err := r.Cookie(themeCookie)
	if err != nil || cookie.Value != "light" && cookie.Value != "dark" {
		return body
	}
	return bytes.Replace(body, []byte(`data-theme="system"`), []byte(`data-theme="`+cookie.Value+`"`), 1)
}

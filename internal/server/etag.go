package server

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/fault"
)

// Revision names the state that answers come from: where it is the same, so are
// they, but for ages.
type Revision func(ctx context.Context) (string, error)

// pictured are the routes whose answers come from the streams alone.
func pictured() []string {
	return []string{
		"exposures", "affected", "actions", "workloads", "artifacts", "components", "services", "sources", "measures",
		"overview", "products", "matrix", "scope", "search", "intel/feeds", "intel/changes",
	}
}

// conditional gives answers that come from the streams a tag: of the state, the
// viewer, the address and the minute, in which ages change. Who has the answer
// of that tag is told so before anything is computed.
func conditional(s *Server, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tag := stateTag(s, r)
		if tag == "" {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Cache-Control", "private, no-cache")
		w.Header().Set("Vary", "Cookie, Authorization")
		have := tagsIn(r.Header.Get("If-None-Match"))
		if slices.Contains(have, tag) {
			w.Header().Set("ETag", tag)
			w.WriteHeader(http.StatusNotModified)
			return
		}
		next.ServeHTTP(&tagWriter{ResponseWriter: w, tag: tag, have: have}, r)
	})
}

func stateTag(s *Server, r *http.Request) string {
	rest, ok := strings.CutPrefix(r.URL.Path, apiPath)
	who := principal(r.Context())
	if !ok || s.cfg.Revision == nil || r.Method != http.MethodGet || !who.May(access.Read) {
		return ""
	}
	if !slices.ContainsFunc(pictured(), func(p string) bool { return rest == p || strings.HasPrefix(rest, p+"/") }) {
		return ""
	}
	revision, err := s.cfg.Revision(r.Context())
	if err != nil {
		return "" // the answer itself will say what is wrong
	}
	v := ViewerOf(who)
	return tagFor(revision, fmt.Sprintf("%t %q %q", v.Products == nil, v.Products, v.Owner), r.URL.RequestURI(),
		s.cfg.Now().Truncate(time.Minute).Format(time.RFC3339), s.cfg.Version)
}

// tagFor hashes texts into a weak tag: the bytes may differ, what is said not.
func tagFor(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_, _ = fmt.Fprintf(h, "%d:%s", len(p), p) // a hash takes everything
	}
	return `W/"` + base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:15]) + `"`
}

func tagsIn(header string) []string {
	var out []string
	for _, t := range strings.Split(header, ",") {
		out = append(out, strings.TrimSpace(t))
	}
	return out
}

// tagWriter adds the tag to answers that went well and have none of their own.
// An answer that has one, and that the asker has, is not sent again.
type tagWriter struct {
	http.ResponseWriter
	tag  string
	have []string
	same bool // the asker has it
}

// WriteHeader adds the tag.
func (w *tagWriter) WriteHeader(status int) {
	h := w.Header()
	if status == http.StatusOK && h.Get("ETag") == "" {
		h.Set("ETag", w.tag)
	}
	if w.same = status == http.StatusOK && slices.Contains(w.have, h.Get("ETag")); w.same {
		h.Del("Content-Type")
		status = http.StatusNotModified
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write sends what the asker does not have.
func (w *tagWriter) Write(p []byte) (int, error) {
	if w.same {
		return len(p), nil
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (w *tagWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// contentTag is the tag of a document that people change: of what they see, not
// of the moment at which they look. "" is none.
func contentTag(body any) string {
	switch d := body.(type) {
	case api.ExposureDetail:
		d.AsOf, d.KnownAt = time.Time{}, nil
		return hashed(d)
	case api.ActionDetail:
		d.AsOf, d.KnownAt = time.Time{}, nil
		return hashed(d)
	}
	return ""
}

func hashed(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return tagFor(string(text))
}

// errMoved is the failure of If-Match.
var errMoved = errors.New("it has changed since you looked")

// unmoved refuses a change to what is no longer as the asker saw it. Without
// If-Match they have not said what they saw.
func unmoved[T any](ifMatch string, present func() (T, error)) error {
	if ifMatch == "" || ifMatch == "*" {
		return nil
	}
	doc, err := present()
	if err != nil {
		return err
	}
	if slices.Contains(tagsIn(ifMatch), contentTag(doc)) {
		return nil
	}
	return &fault.Error{Kind: fault.Conflict, Message: "nothing was changed", Hint: "look at it again, then decide", Err: errMoved}
}

package server

import (
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/fault"
)

// badge lets in whoever says a role, and nobody else.
type badge struct{}

func (badge) Authenticate(r *http.Request) (access.Principal, error) {
	role := access.Role(r.Header.Get("X-Role"))
	if !role.Valid() {
		return access.Principal{}, fault.New(fault.Unauthenticated, "nobody is signed in")
	}
	return access.Principal{Name: "somebody", Kind: access.ByPassword, Role: role, Owner: "a-team", Source: "a-source"}, nil
}

var inBraces = regexp.MustCompile(`\{[a-z]+\}`)

// walk asks every operation of the API's description as somebody, and gives
// who was let through. A route behind which nothing stands in this test fails
// further in: that is through, too.
func walk(t *testing.T, role string) map[string]bool {
	t.Helper()
	s := New(Config{Version: "1", Slog: slog.New(slog.DiscardHandler), Door: badge{}, Now: time.Now})
	h := s.Handler()
	through := map[string]bool{}
	for path, item := range s.OpenAPI().Paths {
		for method, op := range map[string]any{"GET": item.Get, "PUT": item.Put, "POST": item.Post, "PATCH": item.Patch, "DELETE": item.Delete} {
			if fmt.Sprint(op) == "<nil>" {
				continue
			}
			r := httptest.NewRequestWithContext(t.Context(), method, inBraces.ReplaceAllString(path, "x"), strings.NewReader("{}"))
			r.Header.Set("X-Role", role)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code == http.StatusNotFound && strings.Contains(w.Body.String(), "no route") {
				t.Errorf("%s %s is described and not there", method, path)
			}
			through[method+" "+path] = w.Code != http.StatusUnauthorized && w.Code != http.StatusForbidden
		}
	}
	return through
}

// TestWhoMayUseWhichRoute walks every route of the description as nobody and as
// each role, and holds what came of it against a written table. A new route is
// in nobody's hands until it stands there.
func TestWhoMayUseWhichRoute(t *testing.T) {
	t.Parallel()
	roles := []string{"nobody"}
	for _, r := range access.Roles() {
		roles = append(roles, string(r))
	}
	table := map[string][]string{}
	for _, role := range roles {
		for route, ok := range walk(t, role) {
			if ok {
				table[route] = append(table[route], role)
			} else if table[route] == nil {
				table[route] = []string{}
			}
		}
	}
	lines := []string{}
	for route, who := range table {
		method, path, _ := strings.Cut(route, " ")
		lines = append(lines, fmt.Sprintf("%-46s %-6s %s\n", path, method, strings.Join(who, " ")))
	}
	slices.Sort(lines)
	got := strings.Join(lines, "")
	file := filepath.Join("testdata", "rights.txt")
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("who may use which route changed; run go test ./internal/server -update and read the diff:\n%s", d)
	}
}

package connect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

const bill = `{"sbom":{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"com.github.shop/web","dataLicense":"CC0-1.0",
	"documentNamespace":"https://example.org/web","creationInfo":{"created":"2026-01-01T00:00:00Z","creators":["Tool: graph"]},
	"packages":[{"SPDXID":"SPDXRef-left","name":"left","versionInfo":"1.0.0","downloadLocation":"NOASSERTION",
		"externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":"pkg:npm/left@1.0.0"}]}]}}`

// forgeOf answers as GitHub does.
func forgeOf(t *testing.T, answers map[string]string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer t0ken" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		body, ok := answers[r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func answers() map[string]string {
	return map[string]string{
		"/orgs/shop/repos":                      `[{"id":1,"full_name":"shop/web","html_url":"https://github.com/shop/web","default_branch":"main"},{"id":2,"full_name":"shop/old","html_url":"https://github.com/shop/old","archived":true}]`,
		"/repos/shop/web/contents/CODEOWNERS":   "* @shop/all\n",
		"/repos/shop/web/releases":              `[{"tag_name":"v1"}]`,
		"/repos/shop/web/dependency-graph/sbom": bill,
		"/repos/shop/web/actions/runs":          `{"workflow_runs":[{"id":17,"status":"completed","conclusion":"success","head_sha":"9fceb02d0ae598e95dc970b74767f19372d61af8"}]}`,
	}
}

// app is a command line on a data folder.
func app(t *testing.T, dir string, out *bytes.Buffer) *command.App {
	t.Helper()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	a := &command.App{
		Streams: command.Streams{Out: out, Err: io.Discard, Env: func(string) string { return "" }}, Flags: command.Flags{Data: dir},
		Clock: func() time.Time { return now }, Now: now, Log: slog.New(slog.DiscardHandler), Print: output.Printer{Out: out, Format: output.JSON},
	}
	a.AsOf.Now = now
	return a
}

func run(t *testing.T, dir string, args ...string) (api.Connected, error) {
	t.Helper()
	var out bytes.Buffer
	c := Command(app(t, dir, &out))
	c.SetArgs(args)
	c.SilenceErrors, c.SilenceUsage = true, true
	err := c.ExecuteContext(t.Context())
	var doc api.Connected
	if out.Len() > 0 {
		if e := json.Unmarshal(out.Bytes(), &doc); e != nil {
			t.Fatal(e, out.String())
		}
	}
	return doc, err
}

// TestConnect: one token, and the repositories are in the twin; the same again
// changes nothing, and what is gone ends.
func TestConnect(t *testing.T) {
	t.Parallel()
	dir, answers := t.TempDir(), answers()
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte("t0ken\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"github", "--token-file", token, "--org", "shop", "--url", forgeOf(t, answers), "--allow-private", "--once"}
	doc, err := run(t, dir, args...)
	if err != nil {
		t.Fatal(err)
	}
	doc.Host, doc.Source = "", ""
	want := api.Connected{
		Schema: api.SchemaConnected, AsOf: doc.AsOf, Forge: "github", Group: "shop", Complete: true, Repositories: 2, Owned: 1, Rules: 1, Builds: 1,
		Releases: 1, SBOMs: 1, Requests: doc.Requests, Accepted: 4, Rejected: []api.Rejection{}, Unseen: doc.Unseen,
	}
	if diff := cmp.Diff(want, doc); diff != "" || len(doc.Unseen) != 3 {
		t.Error(diff, doc.Unseen)
	}
	again, err := run(t, dir, args...)
	if err != nil || again.Accepted != 0 || again.Unchanged != 4 {
		t.Errorf("%+v %v", again, err)
	}
	home := app(t, dir, &bytes.Buffer{}).Home()
	err = home.Reading(t.Context(), func(s *local.Session) error {
		page, err := s.DB.Things(t.Context(), ctem.ListQuery{AsOf: ctem.AsOf{Now: s.Now()}, Terms: []ctem.Term{{Key: "kind", Op: ":", Values: []string{"Repository", "Build"}}}})
		if err != nil {
			return err
		}
		var names []string
		for i := range page.Items {
			names = append(names, page.Items[i].Kind+" "+page.Items[i].Name)
		}
		want := []string{"Build github.com/shop/web/actions/runs/17/attempts/1", "Repository github.com/shop/old", "Repository github.com/shop/web"}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Error(diff)
		}
		found, err := s.DB.ArtifactsByNameTag(t.Context(), []string{"github.com/shop/web:main"})
		if err == nil && len(found["github.com/shop/web:main"]) != 1 {
			t.Errorf("the dependency graph is no SBOM: %v", found)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestConnectRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte("wrong"), 0o600); err != nil {
		t.Fatal(err)
	}
	url := forgeOf(t, answers())
	for name, tt := range map[string]struct {
		args []string
		kind fault.Kind
	}{
		"no_token": {[]string{"github", "--once"}, fault.Invalid},
		"wrong":    {[]string{"github", "--once", "--token-file", token, "--url", url, "--allow-private"}, fault.Unauthenticated},
		"private":  {[]string{"gitlab", "--once", "--token-file", token, "--url", url}, fault.Invalid},
		"every":    {[]string{"gitlab", "--every", "1s", "--token-file", token}, fault.Invalid},
	} {
		_, err := run(t, dir, tt.args...)
		if fault.KindOf(err) != tt.kind || strings.Contains(fmt.Sprint(err), "wrong") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestReport: a report may be made on one machine and taken on another.
func TestReport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	token, report := filepath.Join(dir, "token"), filepath.Join(dir, "shop.json")
	if err := os.WriteFile(token, []byte("t0ken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, dir, "github", "--token-file", token, "--org", "shop", "--url", forgeOf(t, answers()), "--allow-private", "--report", report); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{report, report + ".2"} {
		b, err := os.ReadFile(path)
		if err != nil || bytes.Contains(b, []byte("t0ken")) {
			t.Error(path, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "tidemark.db")); err == nil {
		t.Error("something was stored")
	}
}

package forge

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

const sha = "9fceb02d0ae598e95dc970b74767f19372d61af8"

// api is a forge that answers what it has been given, by path and query.
type api struct {
	*httptest.Server
	mu      sync.Mutex
	answers map[string]string
	asked   []string
	before  func(w http.ResponseWriter, r *http.Request) bool
}

func serve(t *testing.T, answers map[string]string) *api {
	t.Helper()
	a := &api{answers: answers}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		key := r.URL.EscapedPath()
		if page := r.URL.Query().Get("page"); page != "" {
			key += " page " + page
		}
		a.asked = append(a.asked, key)
		if r.Header.Get("Authorization") != "Bearer t0ken" {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = fmt.Fprint(w, `{"message":"Bad credentials"}`)
			return
		}
		if a.before != nil && a.before(w, r) {
			return
		}
		body, ok := a.answers[key]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			_, _ = fmt.Fprint(w, `{"message":"Not Found"}`)
			return
		}
		etag := `"` + twin.HashBytes([]byte(body))[:8] + `"`
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		if _, more := a.answers[r.URL.EscapedPath()+" page 2"]; more && r.URL.Query().Get("page") == "" {
			w.Header().Set("Link", fmt.Sprintf(`<%s%s?page=2>; rel="next", <%s>; rel="last"`, a.URL, r.URL.EscapedPath(), a.URL))
		}
		w.Header().Set("ETag", etag)
		_, _ = fmt.Fprint(w, body)
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *api) client(t *testing.T, change func(*Config)) *Client {
	t.Helper()
	cfg := Config{URL: a.URL, Token: "t0ken", Private: true, Now: func() time.Time { return time.Unix(1_780_000_000, 0) }, Sleep: func(context.Context, time.Duration) error { return nil }}
	if change != nil {
		change(&cfg)
	}
	c, err := NewClient(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func githubAnswers() map[string]string {
	return map[string]string{
		"/orgs/shop/repos": `[{"id":1,"full_name":"shop/web","html_url":"https://github.com/shop/web","description":"front\u001b","default_branch":"main",
			"visibility":"private","private":true,"topics":["b","a"],"pushed_at":"2026-05-01T10:00:00Z","archived":false,"fork":false}]`,
		"/orgs/shop/repos page 2":                `[{"id":2,"full_name":"shop/old","html_url":"https://github.com/shop/old","archived":true}]`,
		"/repos/shop/web/contents/CODEOWNERS":    "* @shop/all # everybody\n/api/ @shop/api mail@example.org\n[not a rule\n/free\n",
		"/repos/shop/web/releases":               `[{"tag_name":"v2","published_at":"2026-04-01T00:00:00Z","prerelease":true},{"tag_name":"v3","draft":true}]`,
		"/repos/shop/web/dependency-graph/sbom":  `{"sbom":{"spdxVersion":"SPDX-2.3"}}`,
		"/repos/shop/web/dependabot/alerts":      `[{"number":1,"security_advisory":{"severity":"high"}},{"number":2,"security_advisory":{"severity":"high"}},{"number":3}]`,
		"/repos/shop/web/secret-scanning/alerts": `[]`,
		"/repos/shop/web/actions/runs": `{"total_count":3,"workflow_runs":[
			{"id":17,"run_attempt":2,"path":".github/workflows/ci.yml","head_branch":"main","head_sha":"` + sha + `","event":"push","status":"completed","conclusion":"success",
			 "html_url":"https://github.com/shop/web/actions/runs/17","triggering_actor":{"login":"sam"},"created_at":"2026-05-01T10:00:00Z","run_started_at":"2026-05-01T10:00:05Z","updated_at":"2026-05-01T10:05:00Z",
			 "head_repository":{"html_url":"https://github.com/fork/web"}},
			{"id":18,"status":"in_progress","updated_at":"2026-05-01T11:00:00Z"},{"id":0}]}`,
	}
}

func TestGitHub(t *testing.T) {
	t.Parallel()
	a := serve(t, githubAnswers())
	rep, err := Collect(t.Context(), a.client(t, nil), Asked{Forge: GitHub, Group: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	if len(rep.Repositories) != 2 || !rep.Complete || len(rep.SBOMs) != 1 || len(rep.Builds) != 2 {
		t.Fatalf("%+v", rep)
	}
	web := rep.Repositories[0]
	want := twin.Repository{
		Forge: GitHub, URL: "https://github.com/shop/web", Description: "front ", Branch: "main", Visibility: "private", Topics: []string{"a", "b"},
		PushedAt: time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC),
		Owners: &twin.CodeOwners{Path: "CODEOWNERS", Rules: []twin.OwnerRule{
			{Pattern: "*", Owners: []string{"@shop/all"}, Line: 1}, {Pattern: "/api/", Owners: []string{"@shop/api", "mail@example.org"}, Line: 2}, {Pattern: "/free", Line: 4},
		}, Bad: []string{"line 3: unexpected character '[' at position 1"}},
		Releases: []twin.Release{{Tag: "v2", At: time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), Pre: true}},
		Alerts:   []twin.Alerts{{Kind: "dependencies", Open: 3, By: map[string]int{"high": 2, "unknown": 1}}, {Kind: "secrets"}},
		Unseen:   []string{"alerts of code: /repos/shop/web/code-scanning/alerts answers 404: Not Found"},
	}
	if diff := cmp.Diff(want, web.Spec); diff != "" || web.Name != "github.com/shop/web" {
		t.Error(web.Name, diff)
	}
	build := rep.Builds[0]
	if build.Name != "github.com/shop/web/actions/runs/17/attempts/2" || build.Spec.Source.Name() != "github.com/fork/web@"+sha ||
		build.Spec.Status != twin.BuildSucceeded || build.Spec.Actor != "sam" || build.Spec.Finished.IsZero() {
		t.Errorf("%+v", build)
	}
	if run := rep.Builds[1].Spec; run.Status != twin.BuildRunning || !run.Finished.IsZero() {
		t.Errorf("%+v", run)
	}
	if got := rep.Source(); got != "github/"+rep.Host+"/shop" {
		t.Error(got)
	}
	for _, asked := range a.asked {
		if strings.HasPrefix(asked, "/repos/shop/old") {
			t.Error("of an archived repository was asked", asked)
		}
	}
}

// TestAgain: what did not change is not sent again, and a report that says the
// same is the same.
func TestAgain(t *testing.T) {
	t.Parallel()
	for name, cache := range map[string]Cache{"folder": Folder{Dir: t.TempDir(), Salt: "t0ken"}, "memory": NewMemory()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			again(t, cache)
		})
	}
}

func again(t *testing.T, cache Cache) {
	t.Helper()
	a := serve(t, githubAnswers())
	var bodies [2]string
	for i := range bodies {
		changed := 0
		a.before = func(_ http.ResponseWriter, r *http.Request) bool {
			if i == 1 && r.Header.Get("If-None-Match") == "" && a.answers[r.URL.EscapedPath()] != "" {
				changed++
			}
			return false
		}
		rep, err := Collect(t.Context(), a.client(t, func(c *Config) { c.Cache = cache }), Asked{Forge: GitHub, Group: "shop"})
		if err != nil || changed > 0 {
			t.Fatal(err, changed)
		}
		b, err := json.Marshal(rep)
		if err != nil {
			t.Fatal(err)
		}
		bodies[i] = string(b)
	}
	if bodies[0] != bodies[1] {
		t.Error(cmp.Diff(bodies[0], bodies[1]))
	}
}

func TestGitLab(t *testing.T) {
	t.Parallel()
	a := serve(t, map[string]string{
		"/groups/shop%2Fteam/projects":                          `[{"id":7,"web_url":"https://gitlab.example.org/shop/team/web","default_branch":"main","visibility":"internal","last_activity_at":"2026-05-01T10:00:00Z"}]`,
		"/projects/7/repository/files/.gitlab%2FCODEOWNERS/raw": "* @all\n[Backend][2] @shop/team/be\n*.go\n*.rs @rust\n^[Optional]\n/docs @@maintainers\n",
		"/projects/7/pipelines":                                 `[{"id":31,"sha":"` + sha + `","ref":"main","status":"failed","source":"push","web_url":"https://gitlab.example.org/shop/team/web/-/pipelines/31","created_at":"2026-05-01T10:00:00Z","updated_at":"2026-05-01T10:09:00Z"}]`,
		"/projects/7/releases":                                  `[{"tag_name":"v1","released_at":"2026-01-01T00:00:00Z","upcoming_release":false}]`,
		"/projects/7/vulnerability_findings":                    `[{"severity":"Critical","report_type":"dependency_scanning"},{"severity":"low","report_type":"sast"}]`,
	})
	rep, err := Collect(t.Context(), a.client(t, nil), Asked{Forge: GitLab, Group: "shop/team"})
	if err != nil || len(rep.Repositories) != 1 || len(rep.Builds) != 1 {
		t.Fatalf("%+v %v", rep, err)
	}
	web := rep.Repositories[0]
	want := []twin.OwnerRule{
		{Pattern: "*", Owners: []string{"@all"}, Line: 1},
		{Pattern: "*.go", Owners: []string{"@shop/team/be"}, Section: "Backend", Line: 3},
		{Pattern: "*.rs", Owners: []string{"@rust"}, Section: "Backend", Line: 4},
		{Pattern: "/docs", Owners: []string{"@@maintainers"}, Section: "Optional", Line: 6},
	}
	if diff := cmp.Diff(want, web.Spec.Owners.Rules); diff != "" || web.Name != "gitlab.example.org/shop/team/web" {
		t.Error(web.Name, diff)
	}
	if b := rep.Builds[0]; b.Name != "gitlab.example.org/shop/team/web/-/pipelines/31" || b.Spec.Status != twin.BuildFailed || b.Spec.Source.Name() != web.Name+"@"+sha {
		t.Errorf("%+v", b)
	}
	if got := web.Spec.Alerts; len(got) != 3 || got[0].By["critical"] != 1 || got[1].Open != 1 || len(web.Spec.Unseen) != 1 {
		t.Errorf("%+v", web.Spec)
	}
}

// TestTrouble: what stops a forge is said, and a repository that could not be
// read whole is left out, so that nothing ends by it.
func TestTrouble(t *testing.T) {
	t.Parallel()
	limit := func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, "/actions/") {
			return false
		}
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset", strconv.Itoa(1_780_000_000+3000))
		w.WriteHeader(http.StatusForbidden)
		return true
	}
	for name, tt := range map[string]struct {
		before       func(w http.ResponseWriter, r *http.Request) bool
		change       func(*Config)
		kind         fault.Kind
		repositories int
		trouble      string
	}{
		"rate_limit": {before: limit, repositories: 1, trouble: "no more requests for 50m0s"},
		"down": {before: func(w http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.URL.Path, "/releases") {
				w.WriteHeader(http.StatusBadGateway)
				return true
			}
			return false
		}, repositories: 1, trouble: "answers 502"},
		"token": {change: func(c *Config) { c.Token = "wrong" }, kind: fault.Unauthenticated},
		"elsewhere": {before: func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Link", `<https://evil.example/repos?page=2>; rel="next"`)
			_, _ = fmt.Fprint(w, `[]`)
			return true
		}, kind: fault.Forbidden},
		"redirect": {before: func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "https://evil.example/", http.StatusFound)
			return true
		}, kind: fault.Invalid},
		"no_json": {before: func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = fmt.Fprint(w, `[{"id":1,"id":2}]`)
			return true
		}, kind: fault.Invalid},
		"endless": {before: func(w http.ResponseWriter, _ *http.Request) bool {
			for range maxAnswer>>20 + 1 {
				_, _ = w.Write(make([]byte, 1<<20))
			}
			return true
		}, kind: fault.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, githubAnswers())
			a.before = tt.before
			rep, err := Collect(t.Context(), a.client(t, tt.change), Asked{Forge: GitHub, Group: "shop"})
			if fault.KindOf(err) != tt.kind || err != nil && strings.Contains(err.Error(), "t0ken") {
				t.Fatalf("%v, want %q", err, tt.kind)
			}
			if tt.kind != "" {
				return
			}
			if len(rep.Repositories) != tt.repositories || rep.Complete || len(rep.Trouble) == 0 || !strings.Contains(rep.Trouble[0].Reason, tt.trouble) {
				t.Errorf("%+v", rep)
			}
		})
	}
}

func TestNewClientRefused(t *testing.T) {
	t.Parallel()
	for _, cfg := range []Config{{URL: "http://github.example", Token: "x"}, {URL: "https://u:p@github.example", Token: "x"}, {URL: "https://github.example"}, {URL: "x", Token: "x"}} {
		if _, err := NewClient(cfg); fault.KindOf(err) != fault.Invalid || strings.Contains(err.Error(), "u:p") {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
	a := serve(t, githubAnswers())
	c := a.client(t, nil)
	c.cfg.Private = false
	shut, err := NewClient(Config{URL: strings.Replace(a.URL, "http:", "https:", 1), Token: "x", Now: time.Now, Sleep: c.cfg.Sleep})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Collect(t.Context(), shut, Asked{Forge: GitHub}); err == nil || !strings.Contains(err.Error(), "not a public address") {
		t.Error(err)
	}
}

// TestRead: a report becomes things and SBOMs; in parts it is the same.
func TestRead(t *testing.T) {
	t.Parallel()
	a := serve(t, githubAnswers())
	rep, err := Collect(t.Context(), a.client(t, nil), Asked{Forge: GitHub, Group: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	parts, err := rep.Parts()
	if err != nil || len(parts) != 2 {
		t.Fatal(len(parts), err)
	}
	var got []string
	for _, p := range parts {
		r, err := Read(t.Context(), discover.DocumentInput{Body: p}, rep.At.Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		for _, told := range r.Told {
			for _, x := range told.Things {
				got = append(got, fmt.Sprint(told.Scope, " ", told.Complete, " ", x.Kind, " ", x.Name, " ", len(x.Links)))
			}
			for _, s := range told.SBOMs {
				got = append(got, told.Scope+" sbom "+s.Artifact.String())
			}
		}
	}
	want := []string{
		"repositories true Repository github.com/shop/web 1", "repositories true Repository github.com/shop/old 0",
		"builds false Build github.com/shop/web/actions/runs/17/attempts/2 1", "builds false Build github.com/shop/web/actions/runs/18/attempts/1 0", "builds sbom github.com/shop/web:main",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	ahead, err := Read(t.Context(), discover.DocumentInput{Body: parts[0]}, rep.At.Add(-time.Hour))
	if err != nil || !ahead.Told[0].At.Equal(rep.At.Add(-time.Hour)) {
		t.Error(ahead.Notes, err)
	}
	for _, bad := range []string{`{}`, `x`, `{"schema":"tidemark.forge/v1","forge":"other","host":"h","at":"2026-01-01T00:00:00Z"}`} {
		if _, err := Read(t.Context(), discover.DocumentInput{Body: []byte(bad)}, rep.At); fault.KindOf(err) != fault.Invalid {
			t.Error(bad, err)
		}
	}
}

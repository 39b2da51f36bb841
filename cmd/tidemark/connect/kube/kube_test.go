package kube

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/internal/fault"
)

// The manifests are those that are shipped.
func TestManifestIsTheShippedOne(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "deploy", "agent", "tidemark-agent.yaml"))
	if err != nil || string(raw) != manifest {
		t.Errorf("%v: copy deploy/agent/tidemark-agent.yaml to agent.yaml", err)
	}
}

// server gives tokens, and counts them.
func server(t *testing.T) (url string, asked *[]api.TokenRequest) {
	var got []api.TokenRequest
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodGet {
			if r.Header.Get("Authorization") == "Bearer tdm_old" {
				w.Header().Set("Content-Type", "application/problem+json")
				w.WriteHeader(http.StatusUnauthorized)
			}
			_, _ = io.WriteString(w, `{"code":"unauthenticated","title":"no"}`)
			return
		}
		var q api.TokenRequest
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil || r.Header.Get("Authorization") != "Bearer tdm_admin" {
			t.Errorf("%v %v", err, r.Header)
		}
		got = append(got, q)
		_, _ = io.WriteString(w, `{"secret":"tdm_made"}`)
	}))
	t.Cleanup(s.Close)
	return s.URL, &got
}

func do(t *testing.T, url, data string, args ...string) (string, error) {
	t.Helper()
	var out, errs bytes.Buffer
	env := map[string]string{"TIDEMARK_TOKEN": "tdm_admin", "HOME": "/nowhere"}
	app := &command.App{Streams: command.Streams{Out: &out, Err: &errs, Env: func(n string) string { return env[n] }}, Clock: time.Now}
	app.Flags.Remote.Server, app.Flags.Data = url, data
	c := Command(app)
	c.SetArgs(args)
	c.SilenceErrors, c.SilenceUsage = true, true
	err := c.ExecuteContext(t.Context())
	return out.String() + errs.String(), err
}

func TestManifest(t *testing.T) {
	t.Parallel()
	url, asked := server(t)
	out, err := do(t, url, t.TempDir(), "--cluster", "prod", "--manifest", "--image", "r/x:1")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"--server=" + url, "--cluster=prod\n", "token: tdm_made\n", `image: "r/x:1"`} {
		if !strings.Contains(out, text) {
			t.Errorf("no %q in %s", text, out)
		}
	}
	if strings.Contains(out, "REPLACE") || len(*asked) != 1 || (*asked)[0].Source != "kube/prod" || (*asked)[0].Role != "source" {
		t.Errorf("%+v %s", *asked, out)
	}
}

// The agent runs with a token of its own for each server, which is made once, and
// again when the server no longer knows it.
func TestRun(t *testing.T) {
	t.Parallel()
	address, asked := server(t)
	data := t.TempDir()
	agent, config := filepath.Join(data, "agent.sh"), filepath.Join(data, "kubeconfig")
	for path, text := range map[string]string{agent: "#!/bin/sh\necho \"$@\"\n", config: ""} {
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	token := filepath.Join(data, "agent", strings.ReplaceAll(strings.TrimPrefix(address, "http://"), ":", "_"), "prod_eu", "token")
	for i, made := range []int{1, 1, 2} {
		if i == 2 {
			if err := os.WriteFile(token, []byte("tdm_old"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		out, err := do(t, address, data, "--cluster", "prod/eu", "--agent", agent, "--kubeconfig", config)
		if fault.KindOf(err) != fault.Unavailable { // it ended by itself
			t.Fatal(err, out)
		}
		want := "kube --server=" + address + " --token-file=" + token + " --cluster=prod/eu --state=" + filepath.Dir(token) + " --kubeconfig=" + config + " --listen=\n"
		if !strings.Contains(out, want) {
			t.Errorf("%s, want %s", out, want)
		}
		if raw, err := os.ReadFile(token); err != nil || string(raw) != "tdm_made\n" || len(*asked) != made {
			t.Errorf("%v %s, %d tokens", err, raw, len(*asked))
		}
	}
}

// Which kubeconfig is taken.
func TestConfig(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	mine, other := filepath.Join(home, ".kube", "config"), filepath.Join(home, "other")
	for _, path := range []string{mine, other} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, x := range map[string]struct {
		given string
		env   map[string]string
		want  string
		bad   bool
	}{
		"home":     {env: map[string]string{"HOME": home}, want: mine},
		"variable": {env: map[string]string{"HOME": home, "KUBECONFIG": other}, want: other},
		"given":    {given: other, env: map[string]string{"HOME": home}, want: other},
		"pod":      {env: map[string]string{"HOME": "/nowhere", "KUBERNETES_SERVICE_HOST": "10.0.0.1"}},
		"not_pod":  {given: "/nowhere/config", env: map[string]string{"HOME": home, "KUBERNETES_SERVICE_HOST": "10.0.0.1"}, bad: true},
		"none":     {env: map[string]string{"HOME": "/nowhere"}, bad: true},
	} {
		app := &command.App{Streams: command.Streams{Env: func(n string) string { return x.env[n] }}}
		if got, err := (verbs{app}).config(x.given); got != x.want || (err != nil) != x.bad {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	url, _ := server(t)
	for _, args := range [][]string{{}, {"--cluster", "a b"}, {"--cluster", "a", "--expires", "1m"}, {"--cluster", "a", "--agent", "/nowhere/x"}} {
		if _, err := do(t, url, t.TempDir(), args...); err == nil {
			t.Errorf("%v is taken", args)
		}
	}
	if _, err := do(t, "", t.TempDir(), "--cluster", "a"); err == nil || !strings.Contains(err.Error(), "--server is not given") {
		t.Error(err)
	}
}

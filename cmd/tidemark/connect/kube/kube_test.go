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
		var q api.TokenRequest
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil || r.Header.Get("Authorization") != "Bearer tdm_admin" {
			t.Errorf("%v %v", err, r.Header)
		}
		got = append(got, q)
		w.Header().Set("Content-Type", "application/json")
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

// The agent runs with a token of its own, which is made once.
func TestRun(t *testing.T) {
	t.Parallel()
	url, asked := server(t)
	data := t.TempDir()
	agent := filepath.Join(data, "agent.sh")
	if err := os.WriteFile(agent, []byte("#!/bin/sh\necho \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		out, err := do(t, url, data, "--cluster", "prod/eu", "--agent", agent)
		if err != nil {
			t.Fatal(err)
		}
		token := filepath.Join(data, "agent", "prod_eu", "token")
		want := "kube --server=" + url + " --token-file=" + token + " --cluster=prod/eu --state=" + filepath.Dir(token) + " --kubeconfig=/nowhere/.kube/config --listen=127.0.0.1:8686\n"
		if out != want {
			t.Errorf("%s, want %s", out, want)
		}
		if raw, err := os.ReadFile(token); err != nil || string(raw) != "tdm_made\n" {
			t.Errorf("%v %s", err, raw)
		}
	}
	if len(*asked) != 1 {
		t.Errorf("%d tokens", len(*asked))
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

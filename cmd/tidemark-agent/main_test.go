package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/agent/send"
	"github.com/tidemark/tidemark/api"
)

func TestCommands(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	token := filepath.Join(dir, "token")
	empty := filepath.Join(dir, "empty")
	for path, text := range map[string]string{token: "tdm_secret\n", empty: " \n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"--version", 0, "tidemark-agent devel"},
		{"", 0, "watch a Kubernetes cluster"},
		{"kube --help", 0, "--token-file"},
		{"nothing", 2, "unknown command"},
		{"kube --bogus", 2, "unknown flag"},
		{"kube more", 2, `"more" is no flag`},
		{"kube", 2, "is not given"},
		{"kube --server https://x.example --token-file " + dir + "/none", 2, "the token"},
		{"kube --server https://x.example --token-file " + empty, 2, "is empty"},
		{"kube --server http://x.example --token-file " + token, 2, "would send the token for all to read"},
		{"kube --server https://u:p4ss@x.example --token-file " + token, 2, "name or password"},
		{"kube --server https://x.example --buffer 0 --token-file " + token, 2, "--buffer"},
		{"kube --server https://x.example --every 1ms --token-file " + token, 2, "--every"},
		{"kube --server https://x.example --kubeconfig " + dir + "/none --token-file " + token, 2, "kubeconfig"},
		{"kube --server https://x.example --token-file " + token, 2, "this is no pod of a cluster"},
	} {
		var out bytes.Buffer
		p := process{out: &out, err: &out, env: func(string) string { return "" }, now: time.Now}
		if code := run(t.Context(), p, strings.Fields(c.args)); code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("%q: %d %s", c.args, code, out.String())
		}
		if s := out.String(); strings.Contains(s, "p4ss") || strings.Contains(s, "tdm_secret") {
			t.Errorf("%q tells a secret: %s", c.args, s)
		}
	}
}

// The log hides what opens doors.
func TestLogHidesSecrets(t *testing.T) {
	t.Parallel()
	for _, asJSON := range []bool{false, true} {
		var out bytes.Buffer
		newLog(&out, asJSON, true).Error("no", "error", errors.New("GET https://u:hunter2@x/: Bearer hunter2.x"), "token", "tdm_hunter2")
		if s := out.String(); strings.Contains(s, "hunter2") || !strings.Contains(s, "***") {
			t.Error(s)
		}
	}
}

type still struct{ ready bool }

func (s still) State() (string, bool) { return "a line", s.ready }

func (s still) Gauges(m *metrics) {
	m.add("objects", "gauge", "objects")
	m.value("objects", 3, "kind", `a"b`)
}

type nowhere struct{}

func (nowhere) SendObservations(context.Context, api.Observations) (api.Observed, error) {
	return api.Observed{}, errors.New("away")
}

func TestHealth(t *testing.T) {
	t.Parallel()
	s, err := send.Open(send.Config{Source: "kube/x", Dir: t.TempDir(), Server: nowhere{}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path   string
		ready  bool
		status int
		says   []string
	}{
		{"/healthz", false, 200, []string{"ok\na line\nsending: epoch"}},
		{"/readyz", false, 503, []string{"a line"}},
		{"/readyz", true, 200, []string{"ok"}},
		{"/metrics", true, 200, []string{`tidemark_agent_info{version="devel"} 1`, "# TYPE tidemark_agent_sent_total counter\ntidemark_agent_sent_total 0\n", `tidemark_agent_objects{kind="a\"b"} 3`, "tidemark_agent_heap_bytes "}},
		{"/other", true, 404, nil},
	} {
		w := httptest.NewRecorder()
		healthHandler(still{c.ready}, s).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, c.path, http.NoBody))
		body, _ := io.ReadAll(w.Body)
		if w.Code != c.status {
			t.Errorf("%s: %d %s", c.path, w.Code, body)
		}
		for _, text := range c.says {
			if !strings.Contains(string(body), text) {
				t.Errorf("%s does not say %q: %s", c.path, text, body)
			}
		}
	}
}

// A token that is changed in its file is taken without a restart.
func TestTokenIsReadAgain(t *testing.T) {
	t.Parallel()
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Get("Authorization"))
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{}")
	}))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "token")
	var d *door
	for _, token := range []string{"tdm_a", "tdm_b"} {
		if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if d == nil {
			var err error
			if d, err = (&target{url: server.URL, tokenFile: file, buffer: 1}).open(); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := d.SendObservations(t.Context(), api.Observations{}); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Join(got, ",") != "Bearer tdm_a,Bearer tdm_b" {
		t.Error(got)
	}
}

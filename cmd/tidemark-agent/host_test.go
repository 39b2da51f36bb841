package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidemark/tidemark/agent/host"
	"github.com/tidemark/tidemark/api"
)

// takes is a server that takes every batch.
type takes struct {
	mu    sync.Mutex
	paths []string
	token string
}

func (s *takes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paths, s.token = append(s.paths, r.URL.Path), r.Header.Get("Authorization")
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(api.Observed{Rejected: []api.Rejection{}, Ended: []string{}}) // the client says what is wrong
}

func TestOneLookAtAHostIsTold(t *testing.T) {
	t.Parallel()
	root, proc, state := t.TempDir(), t.TempDir(), t.TempDir()
	for path, text := range map[string]string{
		filepath.Join(root, "var/lib/dpkg/status"): "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36\nMaintainer: m\nDescription: d\n\n",
		filepath.Join(proc, "net/tcp"):             "heading\n", filepath.Join(proc, "net/udp"): "heading\n", filepath.Join(root, "token"): "tdm_secret\n",
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	server := &takes{}
	at := httptest.NewServer(server)
	t.Cleanup(at.Close)
	var log bytes.Buffer
	p := process{out: &log, err: &log, env: func(string) string { return "" }, now: time.Now}
	code := run(t.Context(), p, []string{
		"host", "--server", at.URL, "--token-file", filepath.Join(root, "token"), "--root", root, "--proc", proc, "--state", state, "--name", "Web-1", "--once",
	})
	if code != 0 {
		t.Fatalf("exit %d: %s", code, &log)
	}
	if len(server.paths) == 0 || server.paths[0] != "/api/v1/evidence/observations" || server.token != "Bearer tdm_secret" {
		t.Errorf("the server was asked %v with %q", server.paths, server.token)
	}
	if _, err := os.Stat(filepath.Join(state, "host-watch/watch.json")); err != nil {
		t.Error(err)
	}
}

func TestWrongFlagsOfAHost(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"host":                   "is not given",
		"host --cpu-percent 0":   "no share of a core",
		"host --sample 1ms":      "at least a second",
		"host --colour":          "unknown flag",
		"host --server x --name": "flag needs an argument",
	} {
		var log bytes.Buffer
		p := process{out: &log, err: &log, env: func(string) string { return "" }, now: time.Now}
		if code := run(t.Context(), p, strings.Fields(args)); code != exitUsage || !strings.Contains(log.String(), want) {
			t.Errorf("%q: exit %d: %s; want %q", args, code, &log, want)
		}
	}
}

func TestTheHealthOfAHost(t *testing.T) {
	t.Parallel()
	if line, ready := (hostVital{&host.Agent{}}).State(); ready || !strings.Contains(line, "first inventory") {
		t.Errorf("%q, ready %v", line, ready)
	}
}

// Package kubelab gives a test a real Kubernetes API server on this machine.
//
// The model. The program of tools/kubelab is built once and found by
// TIDEMARK_KUBELAB, or by scripts/kubelab.sh when it is built already. A Lab is
// one control plane in the folder of a test: etcd and the API server, with
// Controllers also those that make pods, and the scheduler. There is no kubelet:
// a pod runs when somebody says so in its status.
//
// Invariants. A test without the program is skipped with a message that says
// how to get it; in continuous integration it fails. What was started ends with
// the test, also when the test is killed.
package kubelab

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// Options are what a control plane has beside etcd and the API server.
type Options struct {
	Controllers bool     // and the scheduler
	Flags       []string // further ones of the API server
	Dir         string   // of one that was stopped: it goes on with its objects; "": a new one
}

// Lab is a control plane that runs.
type Lab struct {
	URL    string // of the API server
	Config string // path of a kubeconfig: its user may do everything
	Dir    string // with the logs of the programs

	client *http.Client
	stop   func()
}

// Stop stops the control plane; its folder stays.
func (l *Lab) Stop() { l.stop() }

// Token is that of the user who may do everything; ViewerToken's may do nothing
// until something is bound to the group "viewers".
const (
	Token       = "admin-token"
	ViewerToken = "viewer-token"
)

var server = regexp.MustCompile(`server: "([^"]+)"`)

// Start starts a control plane and returns when it is ready.
func Start(t testing.TB, o Options) *Lab {
	t.Helper()
	l := &Lab{Dir: o.Dir}
	if l.Dir == "" {
		l.Dir = t.TempDir()
	}
	args := []string{"run", "-until-eof"}
	if o.Controllers {
		args = append(args, "-controllers")
	}
	for _, f := range o.Flags {
		args = append(args, "-api", f)
	}
	// Its own end is that of its input: what it started has to be stopped first.
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), program(t), append(args, l.Dir)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	l.stop = sync.OnceFunc(func() {
		_ = in.Close() // it may be gone
		_ = cmd.Wait() // and is then
	})
	t.Cleanup(l.stop)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the Kubernetes API server did not start: %v\n%s", err, said.String())
	}
	l.Config = strings.TrimSpace(line)
	config, err := os.ReadFile(l.Config)
	must(t, err)
	l.URL = string(server.FindSubmatch(config)[1])
	ca, err := os.ReadFile(filepath.Join(l.Dir, "certs", "apiserver.crt"))
	must(t, err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	l.client = &http.Client{Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
	return l
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// program finds the program of tools/kubelab.
func program(t testing.TB) string {
	t.Helper()
	if path := os.Getenv("TIDEMARK_KUBELAB"); path != "" {
		return path
	}
	out, err := exec.CommandContext(t.Context(), "bash", filepath.Join(root(t), "scripts", "kubelab.sh"), "cached").Output()
	if path := strings.TrimSpace(string(out)); err == nil && path != "" {
		return path
	}
	const missing = "no Kubernetes API server here: make integration builds one, or set TIDEMARK_KUBELAB to what scripts/kubelab.sh prints"
	if os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// root is the nearest folder above with a go.mod.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	must(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the test's folder")
		}
		dir = parent
	}
}

// Request is a question to the API server. The body is YAML or JSON.
type Request struct {
	Method, Path, Body string
	Type               string // of the body; "" is YAML
	Token              string // "" is Token
}

// Answer is what it said. The warnings are those that kubectl would print.
type Answer struct {
	Status   int
	Body     string
	Warnings []string
}

var warning = regexp.MustCompile(`^299 - "(.*)"$`)

// Ask asks. An answer of any status is one.
func (l *Lab) Ask(t testing.TB, q Request) (a Answer) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), q.Method, l.URL+q.Path, strings.NewReader(q.Body))
	must(t, err)
	r.Header.Set("Authorization", "Bearer "+orElse(q.Token, Token))
	if q.Body != "" {
		r.Header.Set("Content-Type", orElse(q.Type, "application/yaml"))
	}
	r.Header.Set("Accept", "application/json")
	resp, err := l.client.Do(r)
	must(t, err)
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	must(t, resp.Body.Close())
	a = Answer{Status: resp.StatusCode, Body: string(body)}
	for _, w := range resp.Header.Values("Warning") {
		if m := warning.FindStringSubmatch(w); m != nil {
			w = strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(m[1])
		}
		a.Warnings = append(a.Warnings, w)
	}
	return a
}

func orElse(s, def string) string {
	if s == "" {
		return def
	}
	return s
}

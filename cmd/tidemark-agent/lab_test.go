//go:build integration

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/kubelab"
)

// real is a cluster, a server of ours and an agent between them, each a process
// of its own.
type real struct {
	testing.TB
	*kubelab.Lab
	dir, url string
	tidemark string
	agent    string
	serving  int // process of the server
	said     lines
	running  *exec.Cmd
	ended    chan struct{} // of connect: closed when it has ended
}

// lines is what a process says, to be read while it runs.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// startReal starts all but the agent; what is to lie in the data folder before the
// server starts, is laid there by prepare.
func startReal(t testing.TB, o kubelab.Options, prepare func(r *real)) *real {
	t.Helper()
	r := &real{TB: t, dir: t.TempDir()}
	r.tidemark, r.agent = filepath.Join(r.dir, "tidemark"), filepath.Join(r.dir, "tidemark-agent")
	for program, from := range map[string]string{r.tidemark: "../tidemark", r.agent: "."} {
		if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, from).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	r.Lab = kubelab.Start(t, o)
	if prepare != nil {
		prepare(r)
	}
	for role, args := range map[string][]string{"source": {"--source", "kube/lab"}, "admin": nil, "other": {"--source", "kube/other"}} {
		as := strings.Replace(role, "other", "source", 1)
		out := r.do(append([]string{"--data", r.data(), "token", "create", "--role", as, "--expires", "2d", "-o", "json"}, args...)...)
		var made struct{ Secret, Token string }
		if err := json.Unmarshal([]byte(out), &made); err != nil || made.Secret+made.Token == "" {
			t.Fatalf("%v %s", err, out)
		}
		if err := os.WriteFile(filepath.Join(r.dir, role), []byte(made.Secret+made.Token), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r.serve()
	return r
}

func (r *real) data() string { return filepath.Join(r.dir, "data") }

// do runs a command of tidemark.
func (r *real) do(args ...string) string {
	r.Helper()
	c := exec.CommandContext(r.Context(), r.tidemark, args...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil {
		r.Fatalf("tidemark %s: %v\n%s%s", strings.Join(args, " "), err, out.String(), errs.String())
	}
	return out.String()
}

// ask asks the server.
func (r *real) ask(args ...string) string {
	r.Helper()
	return r.do(append([]string{"--server", r.url, "--token-file", filepath.Join(r.dir, "admin"), "-o", "json"}, args...)...)
}

func (r *real) serve() {
	r.Helper()
	free, err := new(net.ListenConfig).Listen(r.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		r.Fatal(err)
	}
	address := free.Addr().String()
	_ = free.Close()
	r.url = "http://" + address
	c := exec.CommandContext(r.Context(), r.tidemark, "--data", r.data(), "serve", "--listen", address)
	log, err := os.Create(filepath.Join(r.dir, "serve.log"))
	if err != nil {
		r.Fatal(err)
	}
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		r.Fatal(err)
	}
	r.serving = c.Process.Pid
	r.Cleanup(func() {
		_ = c.Process.Signal(os.Interrupt)
		_ = c.Wait()
	})
	r.until("the server is there", func() bool {
		conn, err := new(net.Dialer).DialContext(r.Context(), "tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
}

func (r *real) until(what string, is func() bool) {
	r.Helper()
	r.within(time.Minute, what, is)
}

func (r *real) within(most time.Duration, what string, is func() bool) {
	r.Helper()
	for end := time.Now().Add(most); !is(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) || r.over() {
			raw, _ := os.ReadFile(filepath.Join(r.dir, "serve.log"))
			log := slices.DeleteFunc(strings.Split(string(raw), "\n"), func(line string) bool {
				return strings.Contains(line, "msg=request") && strings.Contains(line, "status=2")
			})
			r.Fatalf("%s: not within %s\nagent: %s\nserver: %s", what, most, r.said.String(), strings.Join(log, "\n"))
		}
	}
}

// over reports whether a process that should go on has ended.
func (r *real) over() bool {
	if r.ended == nil {
		return false
	}
	select {
	case <-r.ended:
		return true
	default:
		return false
	}
}

// start starts the agent.
func (r *real) start(token string) {
	r.Helper()
	r.running = exec.CommandContext(r.Context(), r.agent, "kube", "--server", r.url, "--token-file", filepath.Join(r.dir, token),
		"--kubeconfig", r.Config, "--cluster", "lab", "--state", filepath.Join(r.dir, "state"), "--listen", "127.0.0.1:0")
	r.running.Stderr = &r.said
	if err := r.running.Start(); err != nil {
		r.Fatal(err)
	}
}

func (r *real) make(path, body string) {
	r.Helper()
	if a := r.Ask(r, kubelab.Request{Method: http.MethodPost, Path: path, Body: body}); a.Status != http.StatusCreated {
		r.Fatalf("POST %s: %d %s", path, a.Status, a.Body)
	}
}

// pod makes a pod that runs.
func (r *real) pod(namespace, name string) {
	r.Helper()
	image := "example.org/" + name + ":1"
	r.make("/api/v1/namespaces/"+namespace+"/pods", fmt.Sprintf("{apiVersion: v1, kind: Pod, metadata: {name: %s}, spec: {nodeName: node-1, containers: [{name: c, image: %q}]}}", name, image))
	sum := sha256.Sum256([]byte(image))
	body := fmt.Sprintf(`{"status":{"phase":"Running","startTime":%[1]q,"containerStatuses":[{"name":"c","image":%[2]q,"imageID":"example.org/%[3]s@sha256:%[4]s","ready":true,"restartCount":0,"state":{"running":{"startedAt":%[1]q}}}]}}`,
		time.Now().UTC().Format(time.RFC3339), image, name, hex.EncodeToString(sum[:]))
	a := r.Ask(r, kubelab.Request{Method: http.MethodPatch, Path: "/api/v1/namespaces/" + namespace + "/pods/" + name + "/status", Body: body, Type: "application/merge-patch+json"})
	if a.Status != http.StatusOK {
		r.Fatalf("%d %s", a.Status, a.Body)
	}
}

// runs are the services that run in an environment, as the twin has it.
func (r *real) runs(environment string, args ...string) string {
	r.Helper()
	var got struct {
		Items []struct{ Service, Environment string }
	}
	out := r.ask(append([]string{"twin", "get", "workloads", "--limit", "all"}, args...)...)
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		r.Fatalf("%v in %s", err, out)
	}
	var names []string
	for _, x := range got.Items {
		if x.Environment == environment {
			names = append(names, x.Service)
		}
	}
	return strings.Join(names, " ")
}

// The twin of a real server has what runs in a real cluster; what ended while
// the agent was away has ended there, and was there before.
func TestLabAgentAndServer(t *testing.T) {
	t.Parallel()
	r := startReal(t, kubelab.Options{}, nil)
	for _, n := range []string{"shop", "old"} {
		r.make("/api/v1/namespaces", "{apiVersion: v1, kind: Namespace, metadata: {name: "+n+"}}")
		r.pod(n, "a-"+n)
		r.pod(n, "b-"+n)
	}
	r.start("source")
	r.until("all four", func() bool { return r.runs("lab/shop") == "a-shop b-shop" && r.runs("lab/old") == "a-old b-old" })
	before := time.Now().UTC()
	time.Sleep(1100 * time.Millisecond)
	if err := r.running.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = r.running.Wait()
	for _, path := range []string{"/api/v1/namespaces/shop/pods/b-shop", "/api/v1/namespaces/old/pods/a-old", "/api/v1/namespaces/old/pods/b-old"} {
		if a := r.Ask(t, kubelab.Request{Method: http.MethodDelete, Path: path + "?gracePeriodSeconds=0"}); a.Status != http.StatusOK {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	// Without controllers a namespace is finished by hand.
	r.Ask(t, kubelab.Request{Method: http.MethodDelete, Path: "/api/v1/namespaces/old"})
	r.Ask(t, kubelab.Request{Method: http.MethodPut, Path: "/api/v1/namespaces/old/finalize", Body: `{apiVersion: v1, kind: Namespace, metadata: {name: old}, spec: {finalizers: []}}`})
	r.pod("shop", "c-shop")
	r.start("source")
	r.until("what changed meanwhile", func() bool { return r.runs("lab/shop") == "a-shop c-shop" && r.runs("lab/old") == "" })
	if got := r.runs("lab/old", "--as-of", before.Format(time.RFC3339Nano)); got != "a-old b-old" {
		t.Errorf("as of before: %q", got)
	}
	if got := r.runs("lab/shop", "--as-of", before.Format(time.RFC3339Nano)); got != "a-shop b-shop" {
		t.Errorf("as of before: %q", got)
	}
	if err := r.running.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := r.running.Wait(); err != nil {
		t.Errorf("it did not stop well: %v\n%s", err, r.said.String())
	}
	if s := r.said.String(); strings.Contains(s, "level=ERROR") || strings.Contains(s, "is set aside") || strings.Contains(s, "refuses") || strings.Contains(s, "tdm_") {
		t.Error(s)
	}
}

// The token of another cluster is refused, and nothing is lost by that.
func TestLabTokenOfAnother(t *testing.T) {
	t.Parallel()
	r := startReal(t, kubelab.Options{}, nil)
	r.pod("default", "a")
	r.start("other")
	r.until("it is refused", func() bool { return strings.Contains(r.said.String(), "does not take what was seen") })
	if got := r.runs("lab/default"); got != "" {
		t.Errorf("a forged source is believed: %s", got)
	}
	good, err := os.ReadFile(filepath.Join(r.dir, "source"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(r.dir, "other"), good, 0o600); err != nil {
		t.Fatal(err)
	}
	r.until("with its own token it is taken", func() bool { return r.runs("lab/default") == "a" })
}

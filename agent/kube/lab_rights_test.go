//go:build integration

package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.yaml.in/yaml/v2"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/kubelab"
	"github.com/tidemark/tidemark/internal/realdata"
)

// paths are where objects of a kind are made.
func pathOf(d document) string {
	kind, version := fmt.Sprint(d["kind"]), fmt.Sprint(d["apiVersion"])
	meta, _ := d["metadata"].(document)
	at := "/apis/" + version
	if !strings.Contains(version, "/") {
		at = "/api/" + version
	}
	if namespace, ok := meta["namespace"].(string); ok {
		at += "/namespaces/" + namespace
	}
	plural := strings.ToLower(kind) + "s"
	if strings.HasSuffix(kind, "y") {
		plural = strings.ToLower(strings.TrimSuffix(kind, "y")) + "ies"
	}
	return at + "/" + plural
}

// apply makes the objects of a file in their order.
func (l *lab) apply(text string, only ...string) (made int) {
	l.Helper()
	for _, part := range strings.Split("\n"+text, "\n---") {
		var raw any
		if err := yaml.Unmarshal([]byte(part), &raw); err != nil || raw == nil {
			continue
		}
		d := stringKeys(raw).(document)
		if len(only) > 0 && !slices.Contains(only, fmt.Sprint(d["kind"])) {
			continue
		}
		body, err := json.Marshal(d)
		if err != nil {
			l.Fatal(err)
		}
		l.make(pathOf(d), string(body))
		made++
	}
	return made
}

// as is a kubeconfig with a token, for an address.
func (l *lab) as(token, address string) string {
	l.Helper()
	raw, err := os.ReadFile(l.Config)
	if err != nil {
		l.Fatal(err)
	}
	text := strings.ReplaceAll(strings.ReplaceAll(string(raw), kubelab.Token, token), l.URL, address)
	path := filepath.Join(l.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		l.Fatal(err)
	}
	return path
}

// The agent works with the manifests that are shipped, as the account that they
// make, and can read no secret. What it may not read it says.
func TestLabRights(t *testing.T) {
	t.Parallel()
	l := startLab(t, kubelab.Options{Controllers: true})
	l.apply(shipped(t, "agent", "tidemark-agent.yaml"))
	var asked struct{ Status struct{ Token string } }
	body := `{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"expirationSeconds":3600}}`
	a := l.Ask(t, kubelab.Request{Method: http.MethodPost, Path: "/api/v1/namespaces/tidemark-agent/serviceaccounts/tidemark-agent/token", Body: body, Type: "application/json"})
	if err := json.Unmarshal([]byte(a.Body), &asked); err != nil || asked.Status.Token == "" {
		t.Fatalf("%v %s", err, a.Body)
	}
	l.namespace("shop", "")
	l.make("/api/v1/namespaces/shop/secrets", `{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {p: hunter2}}`)
	l.make("/api/v1/namespaces/shop/configmaps", `{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {p: hunter2}}`)
	l.make("/apis/apps/v1/namespaces/shop/deployments", deploymentText("front", "example.org/front:1", 1, `, envFrom: [{secretRef: {name: s}}, {configMapRef: {name: c}}]`))
	for _, path := range []string{"/api/v1/secrets", "/api/v1/namespaces/shop/secrets/s", "/api/v1/namespaces/shop/configmaps/c", "/api/v1/namespaces/tidemark-agent/secrets/tidemark-agent"} {
		if a := l.Ask(t, kubelab.Request{Method: http.MethodGet, Path: path, Token: asked.Status.Token}); a.Status != http.StatusForbidden {
			t.Errorf("the agent may read %s: %d", path, a.Status)
		}
	}
	for _, change := range []kubelab.Request{
		{Method: http.MethodPost, Path: "/api/v1/namespaces/shop/pods", Body: "{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {containers: [{name: c, image: a}]}}"},
		{Method: http.MethodDelete, Path: "/apis/apps/v1/namespaces/shop/deployments/front"},
	} {
		change.Token = asked.Status.Token
		if a := l.Ask(t, change); a.Status != http.StatusForbidden {
			t.Errorf("the agent may %s %s: %d", change.Method, change.Path, a.Status)
		}
	}
	l.config = l.as(asked.Status.Token, l.URL)
	l.run()
	const front = "Deployment/shop/front"
	l.until("it runs", func() bool { return l.book.workload("lab/shop", front).body.Replicas == 1 })
	p := l.book.workload("lab/shop", front)
	if !p.body.DoorsComplete || strings.Contains(p.raw, "hunter2") || !strings.Contains(p.raw, `{"kind":"Secret","name":"s","env":true}`) {
		t.Error(p.raw)
	}
	l.until("the agent's own deployment stands as a pod that is allowed", func() bool {
		return l.book.workload("lab/tidemark-agent", "Deployment/tidemark-agent/tidemark-agent").body.Replicas == 1
	})
	troubles := func() (out []string) {
		l.book.mu.Lock()
		defer l.book.mu.Unlock()
		for _, x := range l.book.trouble {
			out = append(out, x.Where)
		}
		return out
	}
	if got := troubles(); len(got) != 0 {
		t.Errorf("trouble with the role that is shipped: %v", got)
	}
	l.kill()
	l.lessRights(t, front, troubles)
}

// lessRights: without the right to read Ingresses the agent goes on, and says so.
func (l *lab) lessRights(t *testing.T, front string, troubles func() []string) {
	const role = "/apis/rbac.authorization.k8s.io/v1/clusterroles/tidemark-agent"
	rules := func(skip string) string {
		out := []map[string]any{}
		for _, k := range kinds() {
			if k.resource.Resource != skip {
				out = append(out, map[string]any{"apiGroups": []string{k.resource.Group}, "resources": []string{k.resource.Resource}, "verbs": []string{"get", "list", "watch"}})
			}
		}
		raw, err := json.Marshal(map[string]any{"rules": out})
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	l.patch(role, rules("ingresses"))
	l.run()
	l.until("doors are not complete", func() bool {
		p := l.book.workload("lab/shop", front)
		return p.body.Replicas == 1 && !p.body.DoorsComplete && slices.Contains(troubles(), "ingresses.networking.k8s.io")
	})
	l.patch(role, rules(""))
	l.until("doors are complete again", func() bool { return l.book.workload("lab/shop", front).body.DoorsComplete })
	l.pass(10 * time.Minute) // a heartbeat brings the news
	l.until("no trouble", func() bool { return len(troubles()) == 0 })
}

// proxy passes on what it gets to an address that can change.
type proxy struct {
	net.Listener
	mu    sync.Mutex
	to    string // "": nobody is there
	conns []net.Conn
}

func newProxy(t *testing.T) *proxy {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p, ctx := &proxy{Listener: listener}, t.Context()
	t.Cleanup(func() { _ = p.Close() })
	go func() {
		for {
			c, err := p.Accept()
			if err != nil {
				return
			}
			go p.pass(ctx, c)
		}
	}()
	return p
}

func (p *proxy) pass(ctx context.Context, c net.Conn) {
	p.mu.Lock()
	to := p.to
	p.mu.Unlock()
	far, err := new(net.Dialer).DialContext(ctx, "tcp", to)
	if to == "" || err != nil {
		_ = c.Close()
		return
	}
	p.mu.Lock()
	p.conns = append(p.conns, c, far)
	p.mu.Unlock()
	go func() {
		_, _ = io.Copy(far, c)
		_ = far.Close()
	}()
	_, _ = io.Copy(c, far)
	_ = c.Close()
}

// lead ends what goes on, and lets what comes lead elsewhere.
func (p *proxy) lead(to string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.to = to
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}

// An API server that is stopped and started again is watched on; while it is
// away, the agent does not say that all is as it was.
func TestLabRestart(t *testing.T) {
	t.Parallel()
	l := startLab(t, kubelab.Options{})
	address := func() string {
		u, err := url.Parse(l.URL)
		if err != nil {
			t.Fatal(err)
		}
		return u.Host
	}
	p := newProxy(t)
	p.lead(address())
	l.config = l.as(kubelab.Token, "https://"+p.Addr().String())
	pod := func(name string) {
		l.make("/api/v1/namespaces/default/pods", podOnNode(name))
		u, err := l.objects.Resource(podResource).Namespace("default").Get(t.Context(), name, getOptions)
		if err != nil {
			t.Fatal(err)
		}
		l.runs(t.Context(), u, time.Now())
	}
	pod("stays")
	pod("ends")
	l.run()
	l.until("both", func() bool {
		return l.book.workload("lab/default", "Pod/default/stays").body.Replicas+l.book.workload("lab/default", "Pod/default/ends").body.Replicas == 2
	})
	p.lead("")
	l.Stop()
	l.until("it is noticed", func() bool { return !l.agent.Stats().Sound })
	beats, fulls := l.agent.Stats().Beats, l.agent.Stats().Fulls
	l.pass(8 * time.Hour)
	time.Sleep(500 * time.Millisecond)
	if s := l.agent.Stats(); s.Beats != beats || s.Fulls != fulls {
		t.Errorf("it vouches for what it cannot see: %+v", s)
	}
	l.Lab = kubelab.Start(t, kubelab.Options{Dir: l.Dir})
	c, err := Connect(l.Config)
	if err != nil {
		t.Fatal(err)
	}
	l.objects = c.objects
	l.remove("/api/v1/namespaces/default/pods/ends?gracePeriodSeconds=0")
	pod("begins")
	p.lead(address())
	l.until("what changed meanwhile", func() bool {
		return l.book.workload("lab/default", "Pod/default/begins").body.Replicas == 1 && l.book.workload("lab/default", "Pod/default/ends").raw == ""
	})
	l.until("all is told anew", func() bool { return l.agent.Stats().Fulls > fulls && l.agent.Stats().Sound })
	if l.book.workload("lab/default", "Pod/default/stays").body.Replicas != 1 {
		t.Error("what went on is gone")
	}
}

func podOnNode(name string) string {
	return fmt.Sprintf("{apiVersion: v1, kind: Pod, metadata: {name: %s}, spec: {nodeName: node-1, containers: [{name: c, image: 'example.org/%[1]s:1'}]}}", name)
}

// The policies of a real product are told as they are declared, with whom they protect.
func TestLabPolicies(t *testing.T) {
	t.Parallel()
	dir := realdata.Dir(t, "products", "sock-shop", "deploy", "kubernetes")
	l := startLab(t, kubelab.Options{})
	l.make("/api/v1/namespaces", "{apiVersion: v1, kind: Namespace, metadata: {name: sock-shop}}")
	l.run()
	files, err := filepath.Glob(filepath.Join(dir, "manifests-policy", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	made := 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		made += l.apply(strings.ReplaceAll(string(raw), "metadata:\n", "metadata:\n  namespace: sock-shop\n"), kindPolicy)
	}
	for _, name := range []string{"catalogue", "front-end", "user"} {
		l.make("/api/v1/namespaces/sock-shop/pods", strings.Replace(strings.Replace(podOnNode(name), "metadata: {", "metadata: {labels: {name: "+name+"}, ", 1), "nodeName: node-1, ", "nodeName: node-1, ", 1))
		u, err := l.objects.Resource(podResource).Namespace("sock-shop").Get(t.Context(), name, getOptions)
		if err != nil {
			t.Fatal(err)
		}
		l.runs(t.Context(), u, time.Now())
	}
	told := func() (all, protect int) {
		l.book.mu.Lock()
		defer l.book.mu.Unlock()
		for subject, p := range l.book.live["lab/sock-shop"] {
			if !strings.HasPrefix(subject, "resource/NetworkPolicy/") {
				continue
			}
			all++
			var r api.SeenResource
			if err := json.Unmarshal([]byte(p.raw), &r); err != nil || len(r.Spec) == 0 {
				t.Errorf("%v %s", err, p.raw)
			}
			if slices.ContainsFunc(r.Links, func(x api.SeenLink) bool { return x.Rel == "protects" }) {
				protect++
			}
		}
		return all, protect
	}
	l.until("all policies", func() bool { all, protect := told(); return all == made && protect >= 3 })
	t.Logf("%d policies", made)
}

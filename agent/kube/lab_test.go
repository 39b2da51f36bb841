//go:build integration

package kube

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/tidemark/tidemark/agent/send"
	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/internal/kubelab"
)

// book is a small server that keeps what is live, as the twin does.
type book struct {
	*httptest.Server
	mu      sync.Mutex
	live    map[string]map[string]page // by scope and subject
	snaps   map[string]map[string]bool
	log     []api.Observation
	scopes  []string
	trouble []api.Rejection
	last    [2]int64
	told    map[[2]int64]string // items by epoch and sequence, as they came first
	away    bool
	seen    chan struct{}
}

type page struct {
	body api.SeenWorkload
	raw  string
	at   time.Time
}

func newBook(t testing.TB) *book {
	b := &book{told: map[[2]int64]string{}, live: map[string]map[string]page{}, snaps: map[string]map[string]bool{}, seen: make(chan struct{}, 1)}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.away {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		zipped, err := gzip.NewReader(r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		var batch api.Observations
		if err := json.NewDecoder(zipped).Decode(&batch); err != nil {
			t.Error(err)
			return
		}
		b.take(t, batch)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{}`)
		select {
		case b.seen <- struct{}{}:
		default:
		}
	}))
	t.Cleanup(b.Close)
	return b
}

// asSent is an item as it was sent.
func asSent(t testing.TB, o api.Observation) string {
	raw, err := json.Marshal(o)
	if err != nil {
		t.Error(err)
	}
	return string(raw)
}

func (b *book) take(t testing.TB, batch api.Observations) {
	for _, o := range batch.Items {
		now, raw := [2]int64{batch.Epoch, o.Seq}, asSent(t, o)
		if before, again := b.told[now]; again { // whoever is stopped before the answer sends it again
			if before != raw {
				t.Errorf("%v says %s, and said %s", now, raw, before)
			}
			continue
		}
		b.told[now] = raw
		if slices.Compare(now[:], b.last[:]) <= 0 {
			t.Errorf("%v after %v", now, b.last)
		}
		b.last = now
		if o.ObservedAt.IsZero() {
			t.Errorf("no time: %+v", o)
		}
		b.log = append(b.log, o)
		if b.live[o.Scope] == nil {
			b.live[o.Scope] = map[string]page{}
		}
		switch o.Kind {
		case "delta", "member":
			p := page{raw: string(o.Body), at: o.ObservedAt}
			if have, ok := b.live[o.Scope][o.Subject]; ok && have.raw == p.raw {
				p.at = have.at
			}
			if o.Media == "workload" {
				if err := json.Unmarshal(o.Body, &p.body); err != nil {
					t.Error(err)
				}
			}
			b.live[o.Scope][o.Subject] = p
			if o.Kind == "member" {
				k := o.Scope + " " + o.Snapshot
				if b.snaps[k] == nil {
					b.snaps[k] = map[string]bool{}
				}
				b.snaps[k][o.Subject] = true
			}
		case "tombstone":
			delete(b.live[o.Scope], o.Subject)
		case "marker":
			members := b.snaps[o.Scope+" "+o.Snapshot]
			if len(members) != o.Count {
				t.Errorf("a marker of %d after %d members in %s", o.Count, len(members), o.Scope)
			}
			for subject := range b.live[o.Scope] {
				if !members[subject] {
					delete(b.live[o.Scope], subject)
				}
			}
		}
	}
	b.trouble = batch.Trouble
	if batch.Scopes != nil {
		b.scopes = *batch.Scopes
		for scope := range b.live {
			if !slices.Contains(b.scopes, scope) {
				delete(b.live, scope)
			}
		}
	}
}

// workload is one that is live; the zero page where there is none.
func (b *book) workload(scope, subject string) page {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.live[scope]["workload/"+subject]
}

func (b *book) resource(scope, subject string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.live[scope]["resource/"+subject].raw
}

func (b *book) set(away bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.away = away
}

// lab is a cluster with an agent.
type lab struct {
	testing.TB
	*kubelab.Lab
	objects dynamic.Interface
	config  string // kubeconfig of the agent
	book    *book
	dir     string
	stop    func()
	agent   *Agent
	sender  *send.Sender
	mu      sync.Mutex
	ahead   time.Duration // of the agent's clock
	broken  map[string]bool
}

func startLab(t testing.TB, o kubelab.Options) *lab {
	t.Helper()
	l := &lab{TB: t, Lab: kubelab.Start(t, o), dir: t.TempDir(), book: newBook(t), broken: map[string]bool{}}
	l.config = l.Config
	c, err := Connect(l.Config)
	if err != nil {
		t.Fatal(err)
	}
	l.objects = c.objects
	if o.Controllers {
		l.node("node-1")
		go l.kubelet(t.Context())
	}
	t.Cleanup(l.kill)
	return l
}

func (l *lab) now() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Now().Add(l.ahead)
}

func (l *lab) pass(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ahead += d
}

// run starts the agent, as the command does.
func (l *lab) run(change ...func(*Config)) {
	l.Helper()
	cluster, err := Connect(l.config)
	if err != nil {
		l.Fatal(err)
	}
	server, err := client.New(client.Config{URL: l.book.URL, Token: "tdm_lab"})
	if err != nil {
		l.Fatal(err)
	}
	quick := func(ctx context.Context, d time.Duration) error {
		wait(ctx, min(d, 100*time.Millisecond))
		return ctx.Err()
	}
	l.sender, err = send.Open(send.Config{Source: "kube/lab", Dir: l.dir, Every: 5 * time.Minute, Server: server, Now: l.now, Pause: quick})
	if err != nil {
		l.Fatal(err)
	}
	cfg := Config{Cluster: cluster, Naming: Naming{Cluster: "lab"}, Sender: l.sender, Memory: filepath.Join(l.dir, "memory.json"), Now: l.now, Tick: 50 * time.Millisecond}
	for _, f := range change {
		f(&cfg)
	}
	if l.agent, err = New(cfg); err != nil {
		l.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var both sync.WaitGroup
	for _, f := range []func(context.Context) error{l.agent.Run, l.sender.Run} {
		both.Add(1)
		go func() {
			defer both.Done()
			if err := f(ctx); err != nil {
				l.Error(err)
			}
		}()
	}
	l.stop = func() {
		cancel()
		both.Wait()
		l.stop = nil
	}
}

// kill ends the agent without a word: what it has not written is lost.
func (l *lab) kill() {
	if l.stop != nil {
		l.stop()
	}
}

func (l *lab) until(what string, is func() bool) {
	l.Helper()
	for end := time.Now().Add(90 * time.Second); !is(); {
		if time.Now().After(end) {
			l.book.mu.Lock()
			defer l.book.mu.Unlock()
			var live []string
			for scope, subjects := range l.book.live {
				for subject, p := range subjects {
					if strings.HasPrefix(subject, "workload/") {
						live = append(live, scope+" "+subject+" "+p.raw)
					}
				}
			}
			l.Fatalf("%s: not after 90 s\n%s\ntrouble %v\n%+v", what, strings.Join(live, "\n"), l.book.trouble, l.agent.Stats())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// make makes an object of YAML, in its place.
func (l *lab) make(path, body string) {
	l.Helper()
	if a := l.Ask(l, kubelab.Request{Method: http.MethodPost, Path: path, Body: body}); a.Status != http.StatusCreated {
		l.Fatalf("POST %s: %d %s", path, a.Status, a.Body)
	}
}

func (l *lab) patch(path, body string) {
	l.Helper()
	if a := l.Ask(l, kubelab.Request{Method: http.MethodPatch, Path: path, Body: body, Type: "application/merge-patch+json"}); a.Status != http.StatusOK {
		l.Fatalf("PATCH %s: %d %s", path, a.Status, a.Body)
	}
}

func (l *lab) remove(path string) {
	l.Helper()
	if a := l.Ask(l, kubelab.Request{Method: http.MethodDelete, Path: path}); a.Status != http.StatusOK && a.Status != http.StatusAccepted {
		l.Fatalf("DELETE %s: %d %s", path, a.Status, a.Body)
	}
}

func (l *lab) namespace(name, more string) {
	l.Helper()
	l.make("/api/v1/namespaces", fmt.Sprintf("{apiVersion: v1, kind: Namespace, metadata: {name: %s%s}}", name, more))
	l.until("the account of "+name, func() bool {
		return l.Ask(l, kubelab.Request{Method: http.MethodGet, Path: "/api/v1/namespaces/" + name + "/serviceaccounts/default"}).Status == http.StatusOK
	})
}

func (l *lab) node(name string) {
	l.make("/api/v1/nodes", fmt.Sprintf("{apiVersion: v1, kind: Node, metadata: {name: %s, labels: {zone: a}}}", name))
	const room = `{cpu: "10000", memory: 100000Gi, pods: "20000"}`
	body := fmt.Sprintf(`{"status":{"capacity":%[1]s,"allocatable":%[1]s,"nodeInfo":{"kubeletVersion":"v1.36.3"},"conditions":[{"type":"Ready","status":"True"}]}}`,
		`{"cpu":"10000","memory":"100000Gi","pods":"20000"}`)
	_ = room
	l.patch("/api/v1/nodes/"+name+"/status", body)
}

func digestOf(image string) string {
	sum := sha256.Sum256([]byte(image))
	return "sha256:" + hex.EncodeToString(sum[:])
}

var podResource = schema.GroupVersionResource{Version: "v1", Resource: "pods"}

// kubelet says of each pod that has a node that it runs, and ends those that are
// deleted.
func (l *lab) kubelet(ctx context.Context) {
	for ctx.Err() == nil {
		w, err := l.objects.Resource(podResource).Watch(ctx, metav1.ListOptions{})
		if err != nil {
			wait(ctx, 100*time.Millisecond)
			continue
		}
		list, err := l.objects.Resource(podResource).List(ctx, metav1.ListOptions{})
		if err == nil {
			for i := range list.Items {
				l.serve(ctx, &list.Items[i])
			}
		}
		for e := range w.ResultChan() {
			if pod, ok := e.Object.(*unstructured.Unstructured); ok {
				l.serve(ctx, pod)
			}
		}
	}
}

func (l *lab) serve(ctx context.Context, pod *unstructured.Unstructured) {
	node, _, _ := unstructured.NestedString(pod.Object, "spec", "nodeName")
	if node == "" {
		return
	}
	pods := l.objects.Resource(podResource).Namespace(pod.GetNamespace())
	if pod.GetDeletionTimestamp() != nil {
		now := int64(0)
		_ = pods.Delete(ctx, pod.GetName(), metav1.DeleteOptions{GracePeriodSeconds: &now})
		return
	}
	if phase, _, _ := unstructured.NestedString(pod.Object, "status", "phase"); phase == "Running" {
		return
	}
	l.runs(ctx, pod, time.Now())
}

// runs writes the status of a pod that runs since then.
func (l *lab) runs(ctx context.Context, pod *unstructured.Unstructured, since time.Time) {
	at := since.UTC().Format(time.RFC3339)
	states := func(field string) (out []map[string]any) {
		list, _, _ := unstructured.NestedSlice(pod.Object, "spec", field)
		for _, c := range list {
			m := c.(map[string]any)
			image := m["image"].(string)
			name, _, _ := strings.Cut(image, ":")
			out = append(out, map[string]any{
				"name": m["name"], "image": image, "imageID": name + "@" + digestOf(image), "ready": true, "restartCount": 0,
				"state": map[string]any{"running": map[string]any{"startedAt": at}},
			})
		}
		return out
	}
	body, err := json.Marshal(map[string]any{"status": map[string]any{
		"phase": "Running", "startTime": at, "podIP": "10.1.2.3", "podIPs": []any{map[string]any{"ip": "10.1.2.3"}},
		"conditions":        []any{map[string]any{"type": "Ready", "status": "True", "lastTransitionTime": at}},
		"containerStatuses": states("containers"), "initContainerStatuses": states("initContainers"),
	}})
	if err != nil {
		l.Error(err)
		return
	}
	_, _ = l.objects.Resource(podResource).Namespace(pod.GetNamespace()).Patch(ctx, pod.GetName(), types.MergePatchType, body, metav1.PatchOptions{}, "status")
}

func deploymentText(name, image string, replicas int, more string) string {
	return fmt.Sprintf(`{apiVersion: apps/v1, kind: Deployment, metadata: {name: %[1]s, labels: {team: shop-team}}, spec: {replicas: %[3]d, selector: {matchLabels: {app: %[1]s}},
  template: {metadata: {labels: {app: %[1]s}}, spec: {containers: [{name: c, image: %[2]q, ports: [{containerPort: 8080, name: http}]%[4]s}]}}}}`, name, image, replicas, more)
}

var getOptions = metav1.GetOptions{}

//go:build integration

package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/tidemark/tidemark/internal/kubelab"
)

// BenchmarkLabPods measures the agent as a process of its own against a real API
// server: how long until all is told, the memory it takes, and how long a change
// of a pod takes to arrive. First with 500 pods, then with 5,000.
func BenchmarkLabPods(b *testing.B) {
	program := filepath.Join(b.TempDir(), "tidemark-agent")
	build := exec.CommandContext(b.Context(), "go", "build", "-ldflags", "-s -w", "-o", program, "../../cmd/tidemark-agent")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	l := startLab(b, kubelab.Options{})
	made := 0
	for _, pods := range []int{500, 5000} {
		began := time.Now()
		l.fill(b, made/50, pods/50)
		made = pods
		b.Logf("%d pods made in %s", pods, time.Since(began).Round(time.Second))
		b.Run(strconv.Itoa(pods), func(b *testing.B) {
			for b.Loop() {
				l.measure(b, program, pods)
			}
		})
	}
}

// fill makes workloads of fifty pods each: two in a namespace.
func (l *lab) fill(b *testing.B, from, to int) {
	work := make(chan int)
	var all sync.WaitGroup
	for range 16 {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := range work {
				l.workload(b, i)
			}
		}()
	}
	for i := from; i < to; i++ {
		if i%2 == 0 {
			l.make("/api/v1/namespaces", fmt.Sprintf("{apiVersion: v1, kind: Namespace, metadata: {name: n%d}}", i/2))
		}
	}
	for i := from; i < to; i++ {
		work <- i
	}
	close(work)
	all.Wait()
}

func (l *lab) workload(b *testing.B, i int) {
	namespace, name := fmt.Sprintf("n%d", i/2), fmt.Sprintf("w%d", i)
	apps := "/apis/apps/v1/namespaces/" + namespace
	l.make(apps+"/deployments", deploymentText(name, "example.org/"+name+":1", 50, ""))
	l.make("/api/v1/namespaces/"+namespace+"/services", fmt.Sprintf("{apiVersion: v1, kind: Service, metadata: {name: %[1]s}, spec: {selector: {app: %[1]s}, ports: [{port: 80}]}}", name))
	var deployment struct{ Metadata struct{ UID string } }
	if err := json.Unmarshal([]byte(l.Ask(b, kubelab.Request{Method: http.MethodGet, Path: apps + "/deployments/" + name}).Body), &deployment); err != nil {
		b.Error(err)
	}
	set := l.object(b, schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "replicasets"}, map[string]any{
		"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": l.meta(namespace, name+"-1", name, "Deployment", name, deployment.Metadata.UID),
		"spec": map[string]any{"replicas": 50, "selector": map[string]any{"matchLabels": map[string]any{"app": name}}, "template": map[string]any{
			"metadata": map[string]any{"labels": map[string]any{"app": name}}, "spec": map[string]any{"containers": []any{map[string]any{"name": "c", "image": "example.org/" + name + ":1"}}},
		}},
	})
	for n := range 50 {
		pod := l.object(b, podResource, map[string]any{
			"apiVersion": "v1", "kind": "Pod", "metadata": l.meta(namespace, fmt.Sprintf("%s-%d", name, n), name, "ReplicaSet", name+"-1", string(set.GetUID())),
			"spec": map[string]any{"nodeName": "node-1", "containers": []any{map[string]any{
				"name": "c", "image": "example.org/" + name + ":1", "ports": []any{map[string]any{"containerPort": 8080, "name": "http"}},
				"env":       []any{map[string]any{"name": "DB_HOST", "value": "db.example.org:5432"}, map[string]any{"name": "LOG", "value": "info"}, map[string]any{"name": "MODE", "value": "prod"}},
				"resources": map[string]any{"requests": map[string]any{"cpu": "10m", "memory": "32Mi"}}, "securityContext": map[string]any{"runAsNonRoot": true, "readOnlyRootFilesystem": true},
			}}},
		})
		l.runs(b.Context(), pod, time.Now())
	}
}

func (l *lab) meta(namespace, name, app, kind, owner, uid string) map[string]any {
	group := "apps/v1"
	return map[string]any{
		"namespace": namespace, "name": name, "labels": map[string]any{"app": app, "pod-template-hash": "1"},
		"ownerReferences": []any{map[string]any{"apiVersion": group, "kind": kind, "name": owner, "uid": uid, "controller": true}},
	}
}

func (l *lab) object(b *testing.B, of schema.GroupVersionResource, body map[string]any) *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: body}
	raw, err := u.MarshalJSON()
	if err != nil {
		b.Fatal(err)
	}
	if err := u.UnmarshalJSON(raw); err != nil {
		b.Fatal(err)
	}
	out, err := l.objects.Resource(of).Namespace(u.GetNamespace()).Create(b.Context(), u, metav1.CreateOptions{})
	if err != nil {
		b.Error(err)
		return u
	}
	return out
}

var residentText = regexp.MustCompile(`(?m)^tidemark_agent_resident_bytes (\S+)$`)

func (l *lab) measure(b *testing.B, program string, pods int) {
	l.book = newBook(b)
	dir := b.TempDir()
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte("tdm_lab"), 0o600); err != nil {
		b.Fatal(err)
	}
	free, err := new(net.ListenConfig).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	listen := free.Addr().String()
	_ = free.Close()
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	c := exec.CommandContext(ctx, program, "kube", "--server", l.book.URL, "--token-file", token, "--kubeconfig", l.Config, "--cluster", "lab", "--state", dir, "--listen", listen)
	c.Stderr = os.Stderr
	began := time.Now()
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	l.until2("all pods", func() bool { return l.book.replicas() == pods })
	b.ReportMetric(time.Since(began).Seconds(), "s-to-all-told")
	var peak float64
	sample := func() {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+listen+"/metrics", http.NoBody)
		if err != nil {
			return
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if m := residentText.FindSubmatch(body); m != nil {
			v, _ := strconv.ParseFloat(string(m[1]), 64)
			peak = max(peak, v/(1<<20))
		}
	}
	sample()
	b.ReportMetric(peak, "MiB-at-start")
	var took []time.Duration
	const changes = 200
	for i := range changes {
		n := i % (pods / 50)
		took = append(took, l.change(b, n, i))
		if i%10 == 0 {
			sample()
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[changes/2].Milliseconds()), "ms-change-p50")
	b.ReportMetric(float64(took[changes*99/100].Milliseconds()), "ms-change-p99")
	b.ReportMetric(peak, "MiB-at-most")
	b.ReportMetric(0, "ns/op")
	stop()
	_ = c.Wait()
}

func (b *book) replicas() (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, subjects := range b.live {
		for _, p := range subjects {
			n += p.body.Replicas
		}
	}
	return n
}

func (l *lab) until2(what string, is func() bool) {
	for end := time.Now().Add(2 * time.Minute); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			l.Fatalf("%s: not after two minutes; %d replicas", what, l.book.replicas())
		}
	}
}

// change lets one pod of a workload run another digest, and waits until that is told.
func (l *lab) change(b *testing.B, n, i int) time.Duration {
	namespace, name := fmt.Sprintf("n%d", n/2), fmt.Sprintf("w%d", n)
	digest := digestOf(fmt.Sprint("change", i, b.N, time.Now()))
	body := fmt.Sprintf(`{"status":{"containerStatuses":[{"name":"c","image":"example.org/%[1]s:1","imageID":"example.org/%[1]s@%[2]s","ready":true,"restartCount":0,"state":{"running":{"startedAt":%[3]q}}}]}}`,
		name, digest, time.Now().UTC().Format(time.RFC3339))
	if _, err := l.objects.Resource(podResource).Namespace(namespace).Patch(b.Context(), name+"-0", types.MergePatchType, []byte(body), metav1.PatchOptions{}, "status"); err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	for !strings.Contains(l.book.workload("lab/"+namespace, "Deployment/"+namespace+"/"+name).raw, digest) {
		if time.Since(began) > time.Minute {
			b.Fatal("a change does not arrive")
		}
		time.Sleep(2 * time.Millisecond)
	}
	return time.Since(began)
}

//go:build integration

package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/internal/kubelab"
)

// BenchmarkLabTwin measures from a real API server to the twin of a real server,
// as somebody sees it who asks over HTTP: how long until all pods are there, and
// until a change of one is. First with 500 pods, then with 5,000.
func BenchmarkLabTwin(b *testing.B) {
	r := startReal(b, kubelab.Options{}, nil)
	raw, err := os.ReadFile(filepath.Join(r.dir, "admin"))
	if err != nil {
		b.Fatal(err)
	}
	to, err := client.New(client.Config{URL: r.url, Token: strings.TrimSpace(string(raw))})
	if err != nil {
		b.Fatal(err)
	}
	made := 0
	for _, pods := range []int{500, 5000} {
		began := time.Now()
		r.crowd(b, made/each, pods/each)
		made = pods
		b.Logf("%d pods made in %s", pods, time.Since(began).Round(time.Second))
		b.Run(strconv.Itoa(pods), func(b *testing.B) {
			for b.Loop() {
				r.measure(b, to, pods)
			}
		})
	}
}

// each is the number of pods of a workload; there are two workloads in a namespace.
const each = 50

// crowd makes workloads with their pods.
func (r *real) crowd(b *testing.B, from, to int) {
	for i := from; i < to; i += 2 {
		r.make("/api/v1/namespaces", fmt.Sprintf("{apiVersion: v1, kind: Namespace, metadata: {name: n%d}}", i/2))
	}
	work := make(chan int)
	var all sync.WaitGroup
	for range 16 {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := range work {
				r.workload(b, i)
			}
		}()
	}
	for i := from; i < to; i++ {
		work <- i
	}
	close(work)
	all.Wait()
}

func (r *real) workload(b *testing.B, i int) {
	namespace, name := fmt.Sprintf("n%d", i/2), fmt.Sprintf("w%d", i)
	apps, image := "/apis/apps/v1/namespaces/"+namespace, "example.org/"+name
	template := fmt.Sprintf("{metadata: {labels: {app: %s}}, spec: {containers: [{name: c, image: '%s:1'}]}}", name, image)
	deployment := r.made(b, apps+"/deployments", fmt.Sprintf("{apiVersion: apps/v1, kind: Deployment, metadata: {name: %[1]s}, spec: {replicas: %[2]d, selector: {matchLabels: {app: %[1]s}}, template: %[3]s}}", name, each, template))
	owner := func(kind, name, uid string) string {
		return fmt.Sprintf("ownerReferences: [{apiVersion: apps/v1, kind: %s, name: %s, uid: %s, controller: true}]", kind, name, uid)
	}
	set := r.made(b, apps+"/replicasets", fmt.Sprintf("{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: %[1]s-1, labels: {app: %[1]s}, %[4]s}, spec: {replicas: %[2]d, selector: {matchLabels: {app: %[1]s}}, template: %[3]s}}",
		name, each, template, owner("Deployment", name, deployment)))
	r.made(b, "/api/v1/namespaces/"+namespace+"/services", fmt.Sprintf("{apiVersion: v1, kind: Service, metadata: {name: %[1]s}, spec: {selector: {app: %[1]s}, ports: [{port: 80}]}}", name))
	for n := range each {
		r.made(b, "/api/v1/namespaces/"+namespace+"/pods", fmt.Sprintf(`{apiVersion: v1, kind: Pod, metadata: {name: %[1]s-%[2]d, labels: {app: %[1]s}, %[3]s}, spec: {nodeName: node-1, containers: [{name: c, image: '%[4]s:1',
  ports: [{containerPort: 8080, name: http}], env: [{name: DB_HOST, value: "db.example.org:5432"}, {name: MODE, value: prod}], securityContext: {runAsNonRoot: true, readOnlyRootFilesystem: true}}]}}`,
			name, n, owner("ReplicaSet", name+"-1", set), image))
		r.runs1(b, namespace, fmt.Sprintf("%s-%d", name, n), image, fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(image))))
	}
}

// made makes an object, and returns its uid.
func (r *real) made(b *testing.B, path, body string) string {
	a := r.Ask(b, kubelab.Request{Method: http.MethodPost, Path: path, Body: body})
	var got struct{ Metadata struct{ UID string } }
	if err := json.Unmarshal([]byte(a.Body), &got); err != nil || a.Status != http.StatusCreated {
		b.Errorf("POST %s: %d %s", path, a.Status, a.Body)
	}
	return got.Metadata.UID
}

// runs1 lets a pod run an image by a digest.
func (r *real) runs1(b *testing.B, namespace, pod, image, digest string) {
	body := fmt.Sprintf(`{"status":{"phase":"Running","startTime":%[1]q,"conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[{"name":"c","image":"%[2]s:1","imageID":"%[2]s@%[3]s","ready":true,"restartCount":0,"state":{"running":{"startedAt":%[1]q}}}]}}`,
		time.Now().UTC().Format(time.RFC3339), image, digest)
	a := r.Ask(b, kubelab.Request{Method: http.MethodPatch, Path: "/api/v1/namespaces/" + namespace + "/pods/" + pod + "/status", Body: body, Type: "application/merge-patch+json"})
	if a.Status != http.StatusOK {
		b.Errorf("%d %s", a.Status, a.Body)
	}
}

// listed asks the server for workloads.
func (r *real) listed(b *testing.B, to *client.Client, query string) []api.Workload {
	b.Helper()
	ctx, stop := context.WithTimeout(b.Context(), time.Minute)
	defer stop()
	list, err := to.Workloads(ctx, api.Query{Query: query, Limit: 500})
	if err != nil {
		b.Fatal(err)
	}
	return list.Items
}

func (r *real) measure(b *testing.B, to *client.Client, pods int) {
	began := time.Now()
	r.start("source")
	replicas := func() (n int) {
		for _, w := range r.listed(b, to, "source:kube/lab") {
			n += w.Replicas
		}
		return n
	}
	r.within(2*time.Minute, "all pods", func() bool { return replicas() == pods })
	b.ReportMetric(time.Since(began).Seconds(), "s-to-all-in-twin")
	var took []time.Duration
	const changes = 200
	for i := range changes {
		n := i % (pods / each)
		took = append(took, r.change(b, to, n, i))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[changes/2].Milliseconds()), "ms-change-p50")
	b.ReportMetric(float64(took[changes*99/100].Milliseconds()), "ms-change-p99")
	b.ReportMetric(most(b, r.running.Process.Pid), "MiB-agent")
	b.ReportMetric(most(b, r.serving), "MiB-server")
	b.ReportMetric(0, "ns/op")
	_ = r.running.Process.Signal(os.Interrupt)
	_ = r.running.Wait()
}

// change lets one pod run another digest, and waits until the twin has it.
func (r *real) change(b *testing.B, to *client.Client, n, i int) time.Duration {
	namespace, name := fmt.Sprintf("n%d", n/2), fmt.Sprintf("w%d", n)
	digest := fmt.Sprintf("sha256:%x", sha256.Sum256(fmt.Append(nil, "change", i, time.Now())))
	r.runs1(b, namespace, name+"-0", "example.org/"+name, digest)
	began := time.Now()
	for {
		raw, err := json.Marshal(r.listed(b, to, "svc:"+name))
		if err != nil {
			b.Fatal(err)
		}
		if strings.Contains(string(raw), digest) {
			return time.Since(began)
		}
		if time.Since(began) > time.Minute {
			b.Fatalf("a change does not arrive: %s", raw)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// most is the most memory that a process has taken, in MiB.
func most(b *testing.B, pid int) float64 {
	b.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	m := highWater.FindSubmatch(raw)
	if m == nil {
		b.Fatal("no VmHWM")
	}
	kb, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return kb / 1024
}

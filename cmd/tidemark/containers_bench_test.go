package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
)

// BenchmarkContainers prints how much memory a server has that is told of so many
// containers and of the parts of their images over HTTP: at its most, and when all
// is computed. Every second image has a weakness. TIDEMARK_BENCH_CONTAINERS sets how
// many there are (100,000 is the target's, with a million occurrences of parts). The
// memory is that of the process, which is the agents' too.
func BenchmarkContainers(b *testing.B) {
	containers := 10_000
	if _, err := fmt.Sscan(os.Getenv("TIDEMARK_BENCH_CONTAINERS"), &containers); err != nil {
		containers = 10_000
	}
	each(b, func(b *testing.B, where func() []string) {
		for b.Loop() {
			small := toldContainers(b, where(), containers/10)
			big := toldContainers(b, where(), containers)
			b.ReportMetric(big.peak, "peak-MB<=1024")
			b.ReportMetric(big.idle, "idle-MB")
			b.ReportMetric(big.took.Seconds(), "s-until-computed")
			b.ReportMetric(big.took.Seconds()/small.took.Seconds(), "growth-10x")
		}
	})
}

// fleetCost is what a fleet costs its server.
type fleetCost struct {
	peak, idle float64 // MB
	took       time.Duration
}

func toldContainers(b *testing.B, where []string, containers int) (cost fleetCost) {
	b.Helper()
	const parts, perWorkload, perImage = 100, 2, 10
	workloads, images := containers/perWorkload, containers/perImage
	c := &cli{t: b, where: where}
	c.run(0, "intel", "update", "--from", smallIntel(b))
	s, done := start(b, where...), make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(100 * time.Millisecond):
				cost.peak = max(cost.peak, resident(b))
			}
		}
	})
	began := time.Now()
	inParallel(images, func(i int) {
		artifact, body := fleetSBOM(i, parts)
		code, _, text, err := s.try("POST", "/api/v1/evidence/sboms?artifact="+artifact, body)
		if err != nil || code != http.StatusAccepted {
			b.Errorf("document %d: %v %d %s", i, err, code, text)
		}
	})
	const size = 1000
	inParallel((workloads+size-1)/size, func(i int) {
		batch := fleetBatch(i*size, min(size, workloads-i*size), images, began.UTC())
		code, _, text, err := s.try("POST", "/api/v1/evidence/observations", batch, "Content-Encoding", "gzip")
		if err != nil || code != http.StatusOK {
			b.Errorf("batch %d: %v %d %s", i, err, code, text)
		}
	})
	// Containers i and i+1 of a workload run neighbours of all images: every second one is weak.
	for want[api.List[api.Exposure]](s, 200, "GET", "/api/v1/exposures?limit=1", "").Total < workloads {
		time.Sleep(200 * time.Millisecond)
	}
	cost.took = time.Since(began)
	time.Sleep(5 * time.Second)
	close(done)
	watching.Wait()
	cost.idle = resident(b)
	if err := s.stop(); err != nil {
		b.Error(err)
	}
	return cost
}

// inParallel calls from four callers.
func inParallel(n int, call func(i int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				call(i)
			}
		})
	}
	all.Wait()
}

// fleetSBOM is the document of an image: one part in ten is its own.
func fleetSBOM(image, parts int) (artifact, body string) {
	var b strings.Builder
	b.WriteString(`{"bomFormat":"CycloneDX","specVersion":"1.5","components":[`)
	left := "1.3.0"
	if image%2 == 0 {
		left = "1.2.0" // the weak one
	}
	fmt.Fprintf(&b, `{"type":"library","name":"left","version":"%s","purl":"pkg:npm/left@%s"}`, left, left)
	for i := 1; i < parts; i++ {
		of := image % 100
		if i%10 == 0 {
			of = image
		}
		fmt.Fprintf(&b, `,{"type":"library","name":"c%d","version":"1.%d.0","purl":"pkg:npm/c%d@1.%d.0"}`, i, of, i, of)
	}
	b.WriteString("]}")
	return fmt.Sprintf("registry.example/fleet/i%d:1@sha256:%064x", image, image+1), b.String()
}

// fleetBatch is a batch of workloads, packed, numbered from first on.
func fleetBatch(first, n, images int, at time.Time) string {
	batch := api.Observations{Schema: api.SchemaObservations, Source: fmt.Sprint("kube/", first), Epoch: 1, SentAt: at, Every: 3600}
	for i := first; i < first+n; i++ {
		service := fmt.Sprintf("service-%06d", i)
		seen := api.SeenWorkload{
			Service: service, Kind: "Deployment", Namespace: "shop", Replicas: 1,
			Pod: &api.SeenPod{Labels: map[string]string{"app": service}, Account: "default", Ports: []api.SeenPort{{Number: 8080}}},
		}
		for k := range 2 {
			image := (2*i + k) % images
			seen.Containers = append(seen.Containers, api.SeenContainer{
				Name: fmt.Sprint("c", k), Image: api.SeenImage{Name: fmt.Sprint("registry.example/fleet/i", image), Tag: "1", Digest: fmt.Sprintf("sha256:%064x", image+1)}, Replicas: 1,
			})
		}
		body, err := json.Marshal(seen)
		if err != nil {
			panic(err)
		}
		batch.Items = append(batch.Items, api.Observation{
			Seq: int64(i - first + 1), Kind: "delta", Scope: fmt.Sprintf("one/ns-%d", i/perNamespace), Subject: "workload/Deployment/shop/" + service, Media: "workload", ObservedAt: at, Body: body,
		})
	}
	return packed(batch)
}

// perNamespace is how many workloads stand in a namespace.
const perNamespace = 1000

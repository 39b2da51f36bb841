package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
)

// bigSBOM is a document of so many components; the first is weak.
func bigSBOM(service, components int) (artifact, body string) {
	var b strings.Builder
	fmt.Fprintf(&b, `{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":{"type":"application","name":"s%d","version":"1"}},"components":[{"type":"library","name":"left","version":"1.2.0","purl":"pkg:npm/left@1.2.0"}`, service)
	for i := 1; i < components; i++ {
		fmt.Fprintf(&b, `,{"type":"library","name":"c%d-%d","version":"1.%d.0","purl":"pkg:npm/c%d-%d@1.%d.0"}`, service%50, i, service, service%50, i, service)
	}
	b.WriteString("]}")
	return fmt.Sprintf("example.org/s%d:1@sha256:%064x", service, service+1), b.String()
}

// upload sends documents from so many clients and returns how long it took until
// all were acknowledged, and until the last was computed.
func upload(s *served, documents, clients int) (acknowledged, computed time.Duration) {
	s.t.Helper()
	begin := time.Now()
	var next atomic.Int64
	var all sync.WaitGroup
	urls := make([]string, documents)
	for range clients {
		all.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= documents {
					return
				}
				artifact, body := bigSBOM(i, 200)
				code, _, text, err := s.try("POST", "/api/v1/evidence/sboms?artifact="+artifact, body)
				var r api.ReceiptStatus
				if err != nil || code != http.StatusAccepted || json.Unmarshal([]byte(text), &r) != nil {
					s.t.Errorf("document %d: %v %d %s", i, err, code, text)
					return
				}
				urls[i] = r.URL
			}
		})
	}
	all.Wait()
	acknowledged = time.Since(begin)
	for _, url := range urls {
		s.computed(api.ReceiptStatus{URL: url})
	}
	return acknowledged, time.Since(begin)
}

// BenchmarkUploads prints how many documents a second go from 20 clients to open
// exposures, that none was lost, and how much memory the process has idle.
func BenchmarkUploads(b *testing.B) {
	const documents, clients = 500, 20
	for b.Loop() {
		c := &cli{t: b, where: []string{"--data", b.TempDir()}}
		c.run(0, "intel", "update", "--from", smallIntel(b))
		s := start(b, c.where...)
		acknowledged, computed := upload(s, documents, clients)
		list := want[api.List[api.Exposure]](s, 200, "GET", "/api/v1/exposures?limit=1", "")
		if list.Total != documents {
			b.Errorf("%d open exposures, want %d", list.Total, documents)
		}
		b.ReportMetric(documents/acknowledged.Seconds(), "acknowledged/s")
		b.ReportMetric(documents/computed.Seconds(), "computed/s>=20")
		b.ReportMetric(resident(b), "MB-RSS")
		if err := s.stop(); err != nil {
			b.Error(err)
		}
	}
}

// BenchmarkIdle prints the memory of a server that has nothing to do.
func BenchmarkIdle(b *testing.B) {
	for b.Loop() {
		s := start(b, "--data", b.TempDir())
		time.Sleep(3 * time.Second)
		runtime.GC()
		b.ReportMetric(resident(b), "MB-RSS<=150")
		if err := s.stop(); err != nil {
			b.Error(err)
		}
	}
}

// resident is the memory that the process has now, in MB.
func resident(t testing.TB) float64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("no /proc here")
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		t.Fatal(err)
	}
	return float64(pages*os.Getpagesize()) / (1 << 20)
}

// What many clients send at once is all there.
func TestManyUploads(t *testing.T) {
	t.Parallel()
	c := &cli{t: t, where: []string{"--data", t.TempDir()}}
	c.run(0, "intel", "update", "--from", smallIntel(t))
	s := start(t, c.where...)
	const documents = 40
	upload(s, documents, 20)
	if list := want[api.List[api.Exposure]](s, 200, "GET", "/api/v1/exposures?limit=1", ""); list.Total != documents {
		t.Errorf("%d open exposures, want %d", list.Total, documents)
	}
}

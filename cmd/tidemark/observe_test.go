package main

import (
	"bytes"
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/host"
)

// observed is a batch of new workloads, packed, numbered from first on.
func observed(source string, first, n int, at time.Time) string {
	batch := api.Observations{Schema: api.SchemaObservations, Source: source, Epoch: 1, SentAt: at, Every: 3600}
	for i := first; i < first+n; i++ {
		service := fmt.Sprintf("service-%06d", i)
		digest := fmt.Sprintf("sha256:%064x", i%500+1)
		body, err := json.Marshal(api.SeenWorkload{
			Service: service, Kind: "Deployment", Namespace: "shop", Replicas: 2,
			Containers: []api.SeenContainer{{Name: "main", Image: api.SeenImage{Name: "registry.example/shop/" + service, Tag: "1.0", Digest: digest}, Replicas: 2}},
			Pod:        &api.SeenPod{Labels: map[string]string{"app": service}, Account: "default", Ports: []api.SeenPort{{Number: 8080}}},
		})
		if err != nil {
			panic(err)
		}
		batch.Items = append(batch.Items, api.Observation{
			Seq: int64(i + 1), Kind: "delta", Scope: "one/shop", Subject: "workload/Deployment/shop/" + service, Media: "workload", ObservedAt: at, Body: body,
		})
	}
	return packed(batch)
}

func packed(batch api.Observations) string {
	raw, err := json.Marshal(batch)
	if err != nil {
		panic(err)
	}
	return zipped(raw)
}

func zipped(raw []byte) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(raw)
	_ = z.Close()
	return b.String()
}

// give sends a batch and returns what became of it.
func (s *served) give(batch string) (out api.Observed) {
	s.t.Helper()
	code, _, text := s.ask("POST", "/api/v1/evidence/observations", batch, "Content-Encoding", "gzip")
	if code != http.StatusOK {
		s.t.Fatalf("%d %s", code, text)
	}
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		s.t.Fatal(err)
	}
	return out
}

// An agent's batch is in the twin, its replay changes nothing, another agent may
// not speak for it, and a packed bomb is refused.
func TestObservationsOverHTTP(t *testing.T) {
	t.Parallel()
	c := &cli{t: t, where: []string{"--data", t.TempDir()}}
	mine, other := c.token("source", "--source", "kube/one"), c.token("source", "--source", "kube/two")
	s := start(t, c.where...)
	now := time.Now().UTC()
	batch := observed("kube/one", 0, 10, now)
	s.token = mine
	if got := s.give(batch); got.Accepted != 10 || got.Seq != 10 {
		t.Fatalf("took %+v", got)
	}
	if got := s.give(batch); got.Unchanged != 10 || got.Accepted != 0 {
		t.Fatalf("again: %+v", got)
	}
	if code, _, text := s.ask("POST", "/api/v1/evidence/observations", observed("kube/one", 10, 1, now), "Content-Encoding", "gzip", "Authorization", "Bearer "+other); code != http.StatusForbidden {
		t.Errorf("another agent's token: %d %s", code, text)
	}
	for what, body := range map[string]string{
		"no gzip":    "{}",
		"a bomb":     packed(api.Observations{Schema: strings.Repeat(" ", 70<<20)}),
		"no schema":  packed(api.Observations{Source: "kube/one", Epoch: 1, SentAt: now}),
		"deep":       zipped([]byte(strings.Repeat("[", 10_000))),
		"other kind": packed(api.Observations{Schema: "tidemark.receipts/v1", Source: "kube/one", Epoch: 1, SentAt: now}),
	} {
		code, _, text := s.ask("POST", "/api/v1/evidence/observations", body, "Content-Encoding", "gzip")
		if code < 400 || code >= 500 {
			t.Errorf("%s: %d %.200s", what, code, text)
		}
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	out := c.run(0, "twin", "get", "workloads", "-o", "json")
	var list api.List[api.Workload]
	if err := json.Unmarshal([]byte(out), &list); err != nil || list.Total != 10 || list.Items[0].Running != "yes" {
		t.Errorf("%v %.300s", err, out)
	}
}

// BenchmarkObservations prints how many observations a second a server takes over
// HTTP from four agents, how many it has folded into the twin, and how both grow
// with ten times as many.
func BenchmarkObservations(b *testing.B) {
	each(b, func(b *testing.B, where func() []string) {
		for b.Loop() {
			small, _ := observations(b, where(), 5_000)
			acknowledged, folded := observations(b, where(), 50_000)
			b.ReportMetric(acknowledged, "observations/s>=5000")
			b.ReportMetric(folded, "in-the-twin/s")
			b.ReportMetric(small/acknowledged, "growth-10x")
		}
	})
}

func observations(b *testing.B, where []string, n int) (acknowledged, folded float64) {
	b.Helper()
	const agents, size = 4, 1000
	s := start(b, where...)
	now := time.Now().UTC()
	batches := make([]string, 0, n/size)
	for i := range n / size {
		batches = append(batches, observed(fmt.Sprintf("kube/%d", i%agents), i*size, size, now))
	}
	begin := time.Now()
	var next atomic.Int64
	var all sync.WaitGroup
	for range agents {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(batches); i = int(next.Add(1)) - 1 {
				code, _, text, err := s.try("POST", "/api/v1/evidence/observations", batches[i], "Content-Encoding", "gzip")
				if err != nil || code != http.StatusOK {
					b.Errorf("batch %d: %v %d %s", i, err, code, text)
				}
			}
		})
	}
	all.Wait()
	acknowledged = float64(n) / time.Since(begin).Seconds()
	for {
		list := want[api.List[api.Workload]](s, 200, "GET", "/api/v1/workloads?limit=1", "")
		if list.Total >= n {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	folded = float64(n) / time.Since(begin).Seconds()
	if err := s.stop(); err != nil {
		b.Error(err)
	}
	return acknowledged, folded
}

// A webhook with a proven signature becomes a build; without one nothing is stored.
func TestWebhookOfGitHub(t *testing.T) {
	t.Parallel()
	const secret = "a secret of some length"
	path := file(t, "github.secret", secret)
	c := &cli{t: t, where: []string{"--data", t.TempDir()}}
	s := startWith(t, host.Options{CIHooks: []string{"github=" + path}}, c.where...)
	body := `{"action":"completed","workflow_run":{"id":42,"run_attempt":1,"name":"build","path":".github/workflows/build.yml","head_sha":"` +
		strings.Repeat("a", 40) + `","head_branch":"main","status":"completed","conclusion":"success","event":"push","created_at":"2026-08-01T10:00:00Z","updated_at":"2026-08-01T10:05:00Z","run_started_at":"2026-08-01T10:00:00Z","html_url":"https://github.com/acme/shop/actions/runs/42","actor":{"login":"ada"}},"repository":{"full_name":"acme/shop","html_url":"https://github.com/acme/shop"}}`
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	if code, _, text := s.ask("POST", "/api/v1/hooks/github", body, "Authorization", "", "Content-Type", "application/json"); code != http.StatusUnauthorized {
		t.Errorf("unsigned: %d %s", code, text)
	}
	code, _, text := s.ask("POST", "/api/v1/hooks/github", body, "Authorization", "", "Content-Type", "application/json", "X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	var r api.ReceiptStatus
	if err := json.Unmarshal([]byte(text), &r); code != http.StatusAccepted || err != nil || len(r.Receipts) != 1 || r.Receipts[0].Accepted == 0 {
		t.Errorf("signed: %d %s", code, text)
	}
}

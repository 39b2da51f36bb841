package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
)

// BenchmarkPodChange prints how long it takes from a change of a workload, told over
// HTTP, until the twin answers with it, in a cluster of 5,000 workloads without
// policies and with 500 of them, where each change is a reason to look again who
// reaches what.
func BenchmarkPodChange(b *testing.B) {
	each(b, func(b *testing.B, where func() []string) {
		for _, policies := range []int{0, 500} {
			b.Run(fmt.Sprint(policies, "_policies"), func(b *testing.B) {
				for b.Loop() {
					s := start(b, where()...)
					c := clusterTold{s: s, now: time.Now().UTC()}
					c.fill(5_000, policies)
					var took []time.Duration
					for i := range 40 {
						took = append(took, c.change(i*17))
						time.Sleep(100 * time.Millisecond)
					}
					slices.Sort(took)
					b.ReportMetric(float64(took[len(took)/2].Milliseconds()), "p50-ms")
					b.ReportMetric(float64(took[len(took)*99/100].Milliseconds()), "p99-ms<=1000")
					if err := s.stop(); err != nil {
						b.Error(err)
					}
				}
			})
		}
	})
}

// clusterTold is what an agent tells a server of a cluster.
type clusterTold struct {
	s   *served
	now time.Time
	seq int64
}

func (c *clusterTold) fill(workloads, policies int) {
	c.s.t.Helper()
	c.tell(c.item("kube-system", "DaemonSet/kube-system/calico-node", api.SeenWorkload{
		Service: "calico-node", Kind: "DaemonSet", Namespace: "kube-system", Replicas: 3, Containers: []api.SeenContainer{{Name: "node", Image: api.SeenImage{Name: "calico/node", Tag: "v3"}, Replicas: 3}},
		Pod: &api.SeenPod{},
	}))
	var list []api.Observation
	for i := range workloads {
		list = append(list, c.workload(i, 2))
	}
	for i := range policies {
		ns, name := fmt.Sprint("ns-", i%50), fmt.Sprint("p", i)
		spec := fmt.Sprintf(`{"podSelector":{"matchLabels":{"app":"app%d"}},"policyTypes":["Ingress","Egress"],"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"app%d"}}}],"ports":[{"port":"web"}]}],"egress":[{}]}`, i, i+1)
		body := fmt.Sprintf(`{"kind":"NetworkPolicy","namespace":%q,"name":%q,"spec":%s}`, ns, name, spec)
		c.seq++
		list = append(list, api.Observation{
			Seq: c.seq, Kind: "delta", Scope: "one", Subject: "resource/NetworkPolicy/" + ns + "/" + name, Media: "resource", ObservedAt: c.now, Body: json.RawMessage(body),
		})
	}
	for part := range slices.Chunk(list, 1000) {
		c.tell(part...)
	}
	c.until("/api/v1/workloads?limit=1", func(l api.List[api.Workload]) bool { return l.Total >= workloads })
	time.Sleep(10 * time.Second) // until the doors are worked out too
}

func (c *clusterTold) workload(i, replicas int) api.Observation {
	ns := fmt.Sprint("ns-", i%50)
	name := fmt.Sprintf("w%d", i)
	return c.item(ns, "Deployment/"+ns+"/"+name, api.SeenWorkload{
		Service: name, Kind: "Deployment", Namespace: ns, Replicas: replicas,
		Containers: []api.SeenContainer{{Name: "main", Image: api.SeenImage{Name: "registry.example/" + name, Tag: "1", Digest: fmt.Sprintf("sha256:%064x", i+1)}, Replicas: replicas}},
		Pod:        &api.SeenPod{Labels: map[string]string{"app": fmt.Sprint("app", i/10)}, Account: "default", Ports: []api.SeenPort{{Name: "web", Number: 8080}, {Number: 9000 + i%7}}},
	})
}

func (c *clusterTold) item(ns, subject string, w api.SeenWorkload) api.Observation {
	body, err := json.Marshal(w)
	if err != nil {
		c.s.t.Fatal(err)
	}
	c.seq++
	return api.Observation{
		Seq: c.seq, Kind: "delta", Scope: "one/" + ns, Subject: "workload/" + subject, Media: "workload", ObservedAt: time.Now().UTC(), Body: body,
	}
}

func (c *clusterTold) tell(items ...api.Observation) {
	c.s.t.Helper()
	batch := api.Observations{Schema: api.SchemaObservations, Source: "kube/one", Epoch: 1, SentAt: time.Now().UTC(), Every: 3600, Items: items}
	code, _, text, err := c.s.try("POST", "/api/v1/evidence/observations", packed(batch), "Content-Encoding", "gzip")
	var out api.Observed
	if err != nil || code != http.StatusOK || json.Unmarshal([]byte(text), &out) != nil || len(out.Rejected) > 0 {
		c.s.t.Fatalf("%v %d %s", err, code, text[:min(len(text), 600)])
	}
}

func (c *clusterTold) until(path string, so func(api.List[api.Workload]) bool) {
	for !so(want[api.List[api.Workload]](c.s, 200, "GET", path, "")) {
		time.Sleep(5 * time.Millisecond)
	}
}

// change scales a workload and waits until the twin says so.
func (c *clusterTold) change(i int) time.Duration {
	c.s.t.Helper()
	i %= 5000
	began := time.Now()
	c.tell(c.workload(i, 3))
	c.until(fmt.Sprintf("/api/v1/workloads?q=service:w%d", i), func(l api.List[api.Workload]) bool { return len(l.Items) == 1 && l.Items[0].Replicas == 3 })
	return time.Since(began)
}

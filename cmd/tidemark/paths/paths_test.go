package paths

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/realdata"
	"github.com/tidemark/tidemark/internal/store/storetest"
	"github.com/tidemark/tidemark/internal/validate"
)

// calico is what says that the cluster's network applies policies.
const calico = `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: calico-node, namespace: kube-system}
spec: {template: {metadata: {labels: {k8s-app: calico-node}}, spec: {hostNetwork: true, containers: [{name: calico-node, image: "calico/node:v3.28.0", securityContext: {privileged: true}}]}}}
`

// estate is a store into which manifests are read, as the command line reads them.
type estate struct {
	t   *testing.T
	s   *local.Session
	now time.Time
}

func newEstate(t *testing.T, e *storetest.Engine) *estate {
	t.Helper()
	x := &estate{t: t, now: day(20)}
	db := e.Fresh(t)
	home := local.Home{Dir: func() (string, error) { return t.TempDir(), nil }, Now: func() time.Time { return x.now }, Log: slog.New(slog.DiscardHandler), Err: io.Discard}
	x.s = home.On(db)
	return x
}

func day(n int) time.Time { return time.Date(2026, 3, n, 12, 0, 0, 0, time.UTC) }

// read takes files and texts as all that is declared in prod from a time on.
func (x *estate) read(at time.Time, files []string, texts ...string) {
	x.t.Helper()
	for i, text := range texts {
		name := filepath.Join(x.t.TempDir(), string(rune('a'+i))+".yaml")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			x.t.Fatal(err)
		}
		files = append(files, name)
	}
	got, err := x.s.Ingest().IngestDeploy(x.t.Context(), discover.DeployInput{Paths: files, Environment: "prod", Source: "manifests", At: at})
	if err != nil {
		x.t.Fatalf("%v %v", got, err)
	}
	x.drain()
}

func (x *estate) drain() {
	x.t.Helper()
	if err := x.s.Drain(x.t.Context()); err != nil {
		x.t.Fatal(err)
	}
	if list, err := x.s.DB.Quarantined(x.t.Context()); err != nil || len(list) > 0 {
		x.t.Fatalf("set aside: %v, %v", list, err)
	}
}

// findings are the answers of some checks at a time, by name and what they are about.
func (x *estate) findings(q ctem.ProofQuery) map[string]string {
	x.t.Helper()
	q.Now = x.now
	page, err := x.s.DB.Proofs(context.Background(), q)
	if err != nil {
		x.t.Fatal(err)
	}
	out := map[string]string{}
	for _, p := range page.Items {
		out[p.Name+" "+p.About] = string(p.Finding) + ": " + p.Body.Why
	}
	if page.Total != len(page.Items) {
		x.t.Errorf("%d proofs, and %d are counted", len(page.Items), page.Total)
	}
	return out
}

func (x *estate) doorsAt(at time.Time) map[string]string {
	return x.findings(ctem.ProofQuery{ListQuery: ctem.ListQuery{AsOf: ctem.AsOf{At: at}}, Checks: []ctem.Check{ctem.CheckDoor}})
}

// reach asks for each of some pairs, "from to port", whether it passes.
func (x *estate) reach(at time.Time, pairs ...[3]string) map[string]string {
	x.t.Helper()
	out := map[string]string{}
	paths := validate.Paths{Read: x.s.DB}
	for _, p := range pairs {
		got, err := paths.Reach(x.t.Context(), ctem.ReachAsk{AsOf: ctem.AsOf{At: at, Now: x.now}, From: p[0], To: p[1], Port: p[2]})
		if err != nil || len(got) != 1 {
			x.t.Fatalf("%v: %v %v", p, got, err)
		}
		out[p[0]+" "+p[1]+" "+p[2]] = string(got[0].Finding)
	}
	return out
}

func (x *estate) reachable(service string, at time.Time) ctem.Tri {
	x.t.Helper()
	page, err := x.s.DB.Workloads(context.Background(), ctem.ListQuery{AsOf: ctem.AsOf{At: at, Now: x.now}})
	if err != nil {
		x.t.Fatal(err)
	}
	for _, w := range page.Items {
		if w.Service == service {
			return w.Reachable
		}
	}
	x.t.Fatalf("no %s", service)
	return ""
}

func product(t *testing.T, path ...string) string {
	return realdata.Dir(t, append([]string{"products"}, path...)...)
}

// TestOnlineBoutique: Google's shop and its own network policies, applied in two
// steps and taken away again. Worked out by hand: deny-all closes both directions
// of every pod; the policy of frontend lets everything in and out of it; that of
// redis-cart lets in cartservice at 6379, that of cartservice frontend and
// checkoutservice at 7070.
func TestOnlineBoutique(t *testing.T) {
	t.Parallel()
	shop, policies := product(t, "online-boutique", "kubernetes-manifests"), product(t, "online-boutique", "kustomize", "components", "network-policies")
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		x := newEstate(t, e)
		x.read(day(1), []string{shop}, calico)
		x.read(day(3), []string{shop, filepath.Join(policies, "network-policy-deny-all.yaml")}, calico)
		x.read(day(5), []string{shop, policies}, calico)
		x.read(day(7), []string{shop}, calico)

		const door = "frontend load-balancer:80/TCP by Service/frontend-external (LoadBalancer)"
		for at, want := range map[time.Time]string{
			day(2): "policy-allowed: no policy selects it",
			day(4): "policy-denied: no rule of default/deny-all ingress lets it in",
			day(6): "policy-allowed: let in by default/frontend ingress[0]",
			day(8): "policy-allowed: no policy selects it",
		} {
			if diff := cmp.Diff(map[string]string{door: want}, x.doorsAt(at)); diff != "" {
				t.Errorf("at %s: %s", at, diff)
			}
		}
		pairs := [][3]string{
			{"cartservice", "redis-cart", "6379"},
			{"frontend", "redis-cart", "6379"},
			{"frontend", "cartservice", "7070"},
			{"checkoutservice", "cartservice", "7070/TCP"},
			{"adservice", "cartservice", "7070"},
			{"internet", "frontend", "8080"},
			{"203.0.113.7", "redis-cart", "6379"},
		}
		for at, want := range map[time.Time][]string{
			day(2): {"policy-allowed", "policy-allowed", "policy-allowed", "policy-allowed", "policy-allowed", "policy-allowed", "policy-allowed"},
			day(4): {"policy-denied", "policy-denied", "policy-denied", "policy-denied", "policy-denied", "policy-denied", "policy-denied"},
			day(6): {"policy-allowed", "policy-denied", "policy-allowed", "policy-allowed", "policy-denied", "policy-allowed", "policy-denied"},
			day(8): {"policy-allowed", "policy-allowed", "policy-allowed", "policy-allowed", "policy-allowed", "policy-allowed", "policy-allowed"},
		} {
			all := map[string]string{}
			for i, p := range pairs {
				all[p[0]+" "+p[1]+" "+p[2]] = want[i]
			}
			if diff := cmp.Diff(all, x.reach(at, pairs...)); diff != "" {
				t.Errorf("at %s: %s", at, diff)
			}
		}
		for at, want := range map[time.Time]ctem.Tri{day(2): ctem.Yes, day(4): ctem.No, day(6): ctem.Yes, day(8): ctem.Yes} {
			if got := x.reachable("frontend", at); got != want {
				t.Errorf("frontend at %s: reachable %s, want %s", at, got, want)
			}
		}
		// What is inside is shut by policies whatever doors there may be.
		for at, want := range map[time.Time]ctem.Tri{day(2): ctem.Unknown, day(6): ctem.No} {
			if got := x.reachable("redis-cart", at); got != want {
				t.Errorf("redis-cart at %s: reachable %s, want %s", at, got, want)
			}
		}
		x.again()
	})
}

// again runs the step anew from the beginning of the twin: nothing is written.
func (x *estate) again() {
	x.t.Helper()
	before, _, err := x.s.DB.Head(x.t.Context(), ctem.StreamProof)
	if err != nil {
		x.t.Fatal(err)
	}
	left := ctem.ProofBatch{Moved: []ctem.WorldMove{{World: "prod", Since: day(1)}}}
	if _, err := x.s.DB.CommitProofs(x.t.Context(), ctem.Advance{Step: validate.Name, Now: x.now}, left); err != nil {
		x.t.Fatal(err)
	}
	x.drain()
	after, _, err := x.s.DB.Head(x.t.Context(), ctem.StreamProof)
	if err != nil || after != before {
		x.t.Errorf("working it out again wrote %d changes, %v", after-before, err)
	}
}

// TestSockShop: the policies of the Weaveworks shop. Worked out by hand: the one
// called cortex-access selects every pod and lets in only what is labelled cortex,
// so it is a default deny; front-end is open at 8079, where its NodePort leads;
// carts-db lets in pods named "cart", and the pods are named "carts": denied, which
// is a fault of the shop.
func TestSockShop(t *testing.T) {
	t.Parallel()
	shop, policies := product(t, "sock-shop", "deploy", "kubernetes", "complete-demo.yaml"), product(t, "sock-shop", "deploy", "kubernetes", "manifests-policy")
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		x := newEstate(t, e)
		x.read(day(1), []string{shop}) // and nothing says whether policies are applied
		x.read(day(3), []string{shop, policies})
		x.read(day(5), []string{shop, policies}, calico)
		const door = "front-end node:30001/TCP by Service/sock-shop/front-end (NodePort)"
		for at, want := range map[time.Time]string{
			day(2): "policy-allowed: no policy selects it",
			day(4): "policy-allowed: let in by sock-shop/front-end-access ingress[0]",
			day(6): "policy-allowed: let in by sock-shop/front-end-access ingress[0]",
		} {
			if got := x.doorsAt(at)[door]; got != want {
				t.Errorf("at %s: %s, want %s", at, got, want)
			}
		}
		pairs := [][3]string{{"front-end", "catalogue", "80"}, {"carts", "carts-db", "27017"}, {"orders", "user", "80"}, {"orders", "catalogue", "80"}, {"front-end", "rabbitmq", "5672"}}
		for at, want := range map[time.Time]map[string]string{
			day(4): {"front-end catalogue 80": "policy-allowed", "carts carts-db 27017": "unknown", "orders user 80": "policy-allowed", "orders catalogue 80": "unknown", "front-end rabbitmq 5672": "unknown"},
			day(6): {"front-end catalogue 80": "policy-allowed", "carts carts-db 27017": "policy-denied", "orders user 80": "policy-allowed", "orders catalogue 80": "policy-denied", "front-end rabbitmq 5672": "policy-denied"},
		} {
			if diff := cmp.Diff(want, x.reach(at, pairs...)); diff != "" {
				t.Errorf("at %s: %s", at, diff)
			}
		}
		host := x.findings(ctem.ProofQuery{ListQuery: ctem.ListQuery{AsOf: ctem.AsOf{At: day(6)}}, Checks: []ctem.Check{ctem.CheckHost}})
		if host["calico-node "] != "yes: privileged" || host["front-end "] != "no: nothing that is declared leads to its host" {
			t.Errorf("host: %v", host)
		}
	})
}

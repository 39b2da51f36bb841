//go:build integration

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v2"

	"github.com/tidemark/tidemark/internal/kubelab"
	"github.com/tidemark/tidemark/internal/realdata"
)

// apply makes the objects of a text in their order, each as it is written there.
func (r *real) apply(text string) {
	r.Helper()
	for _, part := range strings.Split("\n"+text, "\n---") {
		var head struct {
			APIVersion string `yaml:"apiVersion"`
			Kind       string
			Metadata   struct{ Name, Namespace string }
		}
		if err := yaml.Unmarshal([]byte(part), &head); err != nil {
			r.Fatalf("%v in %s", err, part)
		}
		if head.Kind == "" {
			continue
		}
		path := "/apis/" + head.APIVersion
		if !strings.Contains(head.APIVersion, "/") {
			path = "/api/" + head.APIVersion
		}
		if head.Metadata.Namespace != "" {
			path += "/namespaces/" + head.Metadata.Namespace
		}
		plural := strings.ToLower(head.Kind) + "s"
		if short, ok := strings.CutSuffix(plural, "ys"); ok && !strings.HasSuffix(plural, "ays") {
			plural = short + "ies"
		}
		if strings.HasSuffix(plural, "sss") {
			plural = strings.TrimSuffix(plural, "s") + "es"
		}
		r.make(path+"/"+plural, part)
	}
}

// shopMore is what stands beside the real shop: further doors, an account with
// rights, and a workload that may do much to its host.
const shopMore = `
apiVersion: v1
kind: Service
metadata: {name: pay, namespace: sock-shop}
spec: {type: LoadBalancer, selector: {name: payment}, ports: [{port: 443, targetPort: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: sock-shop}
spec: {rules: [{host: shop.example.org, http: {paths: [
  {path: /, pathType: Prefix, backend: {service: {name: front-end, port: {number: 80}}}},
  {path: /catalogue, pathType: Prefix, backend: {service: {name: catalogue, port: {number: 80}}}}]}}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: sock-shop}
spec: {gatewayClassName: any, listeners: [{name: http, port: 80, protocol: HTTP}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: users, namespace: sock-shop}
spec: {parentRefs: [{name: edge}], hostnames: [users.example.org], rules: [{backendRefs: [{name: user, port: 80}]}]}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: deployer, namespace: sock-shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: deploys, labels: {adds: deploys}}
rules: [{apiGroups: [apps], resources: ["*"], verbs: ["*"]}, {apiGroups: [""], resources: [secrets], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: everything-that-deploys}
aggregationRule: {clusterRoleSelectors: [{matchLabels: {adds: deploys}}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: deployer, namespace: sock-shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: everything-that-deploys}
subjects: [{kind: ServiceAccount, name: deployer, namespace: sock-shop}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: builder, namespace: sock-shop}
spec:
  replicas: 1
  selector: {matchLabels: {name: builder}}
  template:
    metadata: {labels: {name: builder}}
    spec:
      serviceAccountName: deployer
      containers:
      - name: builder
        image: example.org/builder:1
        securityContext: {privileged: true}
        volumeMounts: [{name: sock, mountPath: /var/run/docker.sock}]
      volumes: [{name: sock, hostPath: {path: /var/run/docker.sock}}]
`

// gatewayKinds are the kinds of the Gateway API, as far as the agent reads them.
func gatewayKinds() string {
	var out []string
	for _, k := range [][2]string{{"Gateway", "gateways"}, {"HTTPRoute", "httproutes"}} {
		out = append(out, fmt.Sprintf(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: %[2]s.gateway.networking.k8s.io, annotations: {api-approved.kubernetes.io: "https://github.com/kubernetes-sigs/gateway-api/pull/2466"}}
spec:
  group: gateway.networking.k8s.io
  scope: Namespaced
  names: {kind: %[1]s, plural: %[2]s, singular: %[3]s, listKind: %[1]sList}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
`, k[0], k[1], strings.ToLower(k[0])))
	}
	return strings.Join(out, "\n---")
}

// said is a proof, as far as this test asks.
type said struct {
	Name, Environment, About, Verdict, Port string
	Path                                    []string
	Public                                  bool
	Access                                  *struct {
		Powers []struct{ Name, Namespace, Role string }
	}
	Facts []struct{ Name, Verdict string }
}

func (r *real) proofs(args ...string) []said {
	r.Helper()
	var got struct{ Items []said }
	out := r.ask(append(args, "--limit", "all")...)
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		r.Fatalf("%v in %s", err, out)
	}
	return got.Items
}

// doors are all doors of the shop, as "SERVICE OUTERMOST verdict".
func (r *real) doors() (out []string) {
	r.Helper()
	for _, p := range r.proofs("twin", "doors") {
		if p.Environment != "lab/sock-shop" || len(p.Path) == 0 {
			r.Errorf("a door without a place or a path: %+v", p)
			continue
		}
		out = append(out, p.Name+" "+p.Path[0]+" "+p.Verdict)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// reach is the verdict for two ends and a port.
func (r *real) reach(from, to, port string) string {
	r.Helper()
	var got struct{ Items []struct{ Verdict string } }
	out := r.ask("twin", "reach", from, to, "--port", port)
	if err := json.Unmarshal([]byte(out), &got); err != nil || len(got.Items) != 1 {
		r.Fatalf("%s to %s: %v %s", from, to, err, out)
	}
	return got.Items[0].Verdict
}

// A real product with its policies runs in a real cluster; what its doors, its
// accounts and its workloads may do is worked out from what the agent told.
func TestLabDoors(t *testing.T) {
	t.Parallel()
	dir := realdata.Dir(t, "products", "sock-shop", "deploy", "kubernetes")
	r := startReal(t, kubelab.Options{Controllers: true}, nil)
	r.node("node-1")
	r.patch("/api/v1/nodes/node-1", `{"metadata":{"labels":{"beta.kubernetes.io/os":"linux"}}}`)
	r.apply(gatewayKinds())
	r.until("the Gateway API", func() bool {
		return r.Ask(r, kubelab.Request{Method: http.MethodGet, Path: "/apis/gateway.networking.k8s.io/v1/httproutes"}).Status == http.StatusOK &&
			r.Ask(r, kubelab.Request{Method: http.MethodGet, Path: "/apis/gateway.networking.k8s.io/v1/gateways"}).Status == http.StatusOK
	})
	files, err := filepath.Glob(filepath.Join(dir, "manifests-policy", "netpol-*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, path := range append([]string{filepath.Join(dir, "complete-demo.yaml")}, files...) {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(path, "default-deny.yaml") {
			continue // its namespace, with an annotation that Kubernetes no longer knows
		}
		r.apply(string(raw))
	}
	r.apply(shopMore)
	r.patch("/api/v1/namespaces/sock-shop/services/pay/status", `{"status":{"loadBalancer":{"ingress":[{"ip":"203.0.113.7"}]}}}`)
	running := 0
	r.until("all pods run", func() bool { running = r.kubelet(); return running == 15 })
	r.start("source")
	r.until("all of it is in the twin", func() bool { return len(strings.Fields(r.runs("lab/sock-shop"))) == running })
	r.until("the doors", func() bool { return len(r.doors()) >= 6 })
	const unenforced = "unknown" // nobody says that the network applies policies
	r.same("no plugin is known", shopDoors(unenforced), r.doors())
	r.accounts(t)
	r.hardened(t)

	r.apply(calico)
	r.until("its pod runs", func() bool { return r.kubelet() == running+1 })
	r.until("denied is denied", func() bool { return strings.Contains(strings.Join(r.doors(), "\n"), "policy-denied") })
	r.same("Calico applies policies", shopDoors("policy-denied"), r.doors())
	for _, x := range []struct{ from, to, port, want string }{
		{"front-end", "catalogue", "80", "policy-allowed"},
		{"orders", "catalogue", "80", "policy-denied"},
		{"internet", "front-end", "8079", "policy-allowed"},
		{"catalogue", "catalogue-db", "3306", "policy-allowed"},
		{"front-end", "catalogue-db", "3306", "policy-denied"},
		{"internet", "payment", "80", "policy-denied"},
	} {
		if got := r.reach(x.from, x.to, x.port); got != x.want {
			t.Errorf("%s to %s at %s: %s, want %s", x.from, x.to, x.port, got, x.want)
		}
	}
	for _, policy := range []string{"payment-access", "cortex-access"} { // the second selects every pod
		if a := r.Ask(t, kubelab.Request{Method: http.MethodDelete, Path: "/apis/networking.k8s.io/v1/namespaces/sock-shop/networkpolicies/" + policy}); a.Status != http.StatusOK {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	r.until("policies that are gone deny nothing", func() bool {
		return slices.Contains(r.doors(), "payment Service/sock-shop/pay (LoadBalancer) policy-allowed")
	})
}

// shopDoors are the doors of the shop; those that its policies close have the
// given verdict.
func shopDoors(closed string) []string {
	return []string{
		"catalogue Ingress/sock-shop/shop " + closed,
		"front-end Ingress/sock-shop/shop policy-allowed",
		"front-end Service/sock-shop/front-end (NodePort) policy-allowed",
		"payment Service/sock-shop/pay (LoadBalancer) " + closed,
		"payment Service/sock-shop/pay (NodePort) " + closed,
		"user HTTPRoute/sock-shop/users " + closed,
	}
}

const calico = `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: calico-node, namespace: kube-system}
spec: {selector: {matchLabels: {k8s-app: calico-node}}, template: {metadata: {labels: {k8s-app: calico-node}}, spec: {hostNetwork: true, containers: [{name: calico-node, image: "example.org/calico/node:v3"}]}}}
`

func (r *real) same(what string, want, got []string) {
	r.Helper()
	if d := cmp.Diff(want, got); d != "" {
		r.Errorf("%s: -want +got\n%s", what, d)
	}
}

// accounts: one has what an aggregated role gives it, and the one of all others
// has nothing.
func (r *real) accounts(t *testing.T) {
	powers := map[string][]string{}
	for _, p := range r.proofs("twin", "access") {
		powers[p.Name+" "+p.Verdict] = []string{}
		for _, x := range p.Access.Powers {
			if x.Namespace != "sock-shop" {
				t.Errorf("a binding in sock-shop gives something in %q", x.Namespace)
			}
			powers[p.Name+" "+p.Verdict] = append(powers[p.Name+" "+p.Verdict], x.Name)
		}
	}
	want := map[string][]string{"sock-shop/default no": {}, "sock-shop/deployer yes": {"reads secrets", "starts pods"}}
	if d := cmp.Diff(want, powers); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// hardened: what the workload that may do much says of itself, and the one that
// was written with care.
func (r *real) hardened(t *testing.T) {
	for service, want := range map[string][]string{
		"builder":   {"host path yes", "runtime socket yes", "privileged yes", "read-only root no", "may gain privileges yes"},
		"front-end": {"host path no", "runtime socket no", "privileged no", "read-only root yes", "runs as root no"},
	} {
		var got []string
		for _, p := range r.proofs("twin", "facts", "--service", service) {
			for _, f := range p.Facts {
				got = append(got, f.Name+" "+f.Verdict)
			}
		}
		for _, x := range want {
			if !slices.Contains(got, x) {
				t.Errorf("%s: no %q in %q", service, x, got)
			}
		}
	}
}

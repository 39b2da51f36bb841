package doors

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/route"
	"github.com/tidemark/tidemark/internal/twin"
)

func moment() time.Time { return time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC) }

// made makes worlds: each stand is of another state.
type made struct{ ctem.World }

func (m *made) stand(s twin.Stand) {
	s.Source, s.Class, s.From = "kube/prod", twin.Observed, moment()
	s.State = int64(len(m.Stands) + 1)
	s.Revision = fmt.Sprint("r", s.State)
	m.Stands = append(m.Stands, s)
}

func (m *made) thing(kind, namespace, name, spec string) {
	m.stand(twin.Stand{Scope: "prod/" + namespace, Resource: &twin.Resource{Kind: kind, Namespace: namespace, Name: name, Spec: json.RawMessage(spec)}})
}

func (m *made) workload(kind, namespace, name string, pod *twin.Pod, more ...func(*twin.Workload)) {
	w := &twin.Workload{Service: name, Kind: kind, Namespace: namespace, Replicas: 1, Containers: []twin.Container{{Name: "main", Replicas: 1}}, Pod: pod}
	for _, f := range more {
		f(w)
	}
	m.stand(twin.Stand{Scope: "prod/" + namespace, Place: int64(len(m.Stands) + 1), Service: name, Workload: w})
}

func doored(doors ...twin.Door) func(*twin.Workload) {
	return func(w *twin.Workload) { w.Doors = doors }
}

func app(name string, ports ...twin.Port) *twin.Pod {
	return &twin.Pod{Labels: map[string]string{"app": name}, Ports: ports}
}

func (m *made) calico() { m.workload("DaemonSet", "kube-system", "calico-node", &twin.Pod{}) }

// told are the answers of a check by what they are about.
func (m *made) told(check ctem.Check) map[string]string {
	out := map[string]string{}
	var p Prover
	for _, x := range p.Prove(&m.World, moment()) {
		if x.Check == check {
			out[strings.TrimSpace(x.Name+" "+x.About)] = string(x.Finding)
		}
	}
	return out
}

const (
	denyAll   = `{"podSelector":{},"policyTypes":["Ingress"]}`
	fromOther = `{"podSelector":{},"ingress":[{"from":[{"namespaceSelector":{"matchLabels":{"edge":"yes"}}}]}]}`
	fromBlock = `{"podSelector":{},"ingress":[{"from":[{"ipBlock":{"cidr":"10.0.0.0/8"}}]}]}`
	toName    = `{"podSelector":{},"ingress":[{"ports":[{"port":"web"}]}]}`
)

// TestDoor: what comes in through each sort of door, by the policies of the pod.
func TestDoor(t *testing.T) {
	t.Parallel()
	ingress := twin.Door{Address: "shop.example/", Public: true, Via: "Ingress/shop/front"}
	node := twin.Door{Address: "node:30001/TCP", Public: true, Via: "Service/shop/front (NodePort)"}
	host := twin.Door{Address: "node:8080/TCP", Via: "Deployment/shop/front (hostPort)"}
	tests := []struct {
		name, policy string
		network      string // what runs it
		proxy        bool
		host         bool
		want         [3]string // ingress, node, host
	}{
		{"no_policy", "", "calico-node", false, false, [3]string{"policy-allowed", "policy-allowed", "policy-allowed"}},
		{"deny_all", denyAll, "calico-node", false, false, [3]string{"policy-denied", "policy-denied", "policy-denied"}},
		{"not_enforced", denyAll, "kindnet", false, false, [3]string{"policy-allowed", "policy-allowed", "policy-allowed"}},
		{"network_not_known", denyAll, "something", false, false, [3]string{"unknown", "unknown", "unknown"}},
		{"proxy_not_known", fromOther, "cilium", false, false, [3]string{"unknown", "policy-denied", "policy-denied"}},
		{"proxy_let_in", fromOther, "cilium", true, false, [3]string{"policy-allowed", "policy-denied", "policy-denied"}},
		{"proxy_kept_out", denyAll, "cilium", true, false, [3]string{"policy-denied", "policy-denied", "policy-denied"}},
		{"some_addresses", fromBlock, "antrea-agent", false, false, [3]string{"unknown", "unknown", "unknown"}},
		{"named_port", toName, "antrea-agent", false, false, [3]string{"policy-allowed", "policy-allowed", "policy-allowed"}},
		{"in_network_of_host", denyAll, "calico-node", false, true, [3]string{"unknown", "unknown", "unknown"}},
		{"cannot_be_read", `{"podSelector":{},"ingress":[{"from":[{}]}]}`, "calico-node", false, false, [3]string{"policy-allowed", "policy-allowed", "policy-allowed"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var m made
			m.workload("DaemonSet", "kube-system", tt.network, &twin.Pod{})
			pod := app("front", twin.Port{Name: "web", Number: 8080, Host: 8080})
			pod.HostNetwork = tt.host
			m.workload("Deployment", "shop", "front", pod, doored(ingress, node, host))
			m.thing(twin.KindK8sService, "shop", "front", `{"selector":{"app":"front"},"ports":[{"port":80,"nodePort":30001,"targetPort":"web"}]}`)
			m.thing(twin.KindIngress, "shop", "front", `{"rules":[{"http":{"paths":[{"backend":{"service":{"name":"front","port":{"number":80}}}}]}}]}`)
			m.thing(twin.KindNamespace, "", "edge", `{"labels":{"edge":"yes"}}`)
			if tt.proxy {
				m.workload("Deployment", "edge", "ingress-nginx-controller", app("ingress-nginx"))
			}
			if tt.policy != "" {
				m.thing(twin.KindNetworkPolicy, "shop", "p", tt.policy)
			}
			want := map[string]string{}
			for i, d := range []twin.Door{ingress, node, host} {
				want["front "+ctem.DoorTitle(&d)] = tt.want[i]
			}
			if diff := cmp.Diff(want, m.told(ctem.CheckDoor)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestPath: a proof names the objects on the way, the port of the pod, and the
// policies with the revision in which they were read.
func TestPath(t *testing.T) {
	t.Parallel()
	var m made
	m.calico()
	m.workload("Deployment", "shop", "front", app("front", twin.Port{Name: "web", Number: 8080}), doored(twin.Door{Address: "shop.example/", Public: true, Via: "HTTPRoute/shop/front"}))
	m.thing(twin.KindK8sService, "shop", "front", `{"selector":{"app":"front"},"ports":[{"name":"http","port":80,"targetPort":"web"},{"port":9}]}`)
	m.thing(twin.KindHTTPRoute, "shop", "front", `{"rules":[{"backendRefs":[{"name":"front","port":80}]}]}`)
	m.thing(twin.KindNetworkPolicy, "shop", "deny", denyAll)
	var p Prover
	for _, x := range p.Prove(&m.World, moment()) {
		if x.Check != ctem.CheckDoor {
			continue
		}
		b := x.Body
		want := ctem.ProofBody{
			Why: "no rule of shop/deny ingress lets it in", Path: []string{"HTTPRoute/shop/front", "Service/shop/front", "Deployment/shop/front"}, Port: "8080/TCP", Public: true,
			Receiver: &ctem.SideSays{Finding: ctem.PolicyDenied, Policies: []string{"shop/deny ingress"}},
			Sources:  []ctem.SourceScope{{Source: "kube/prod", Scope: "prod/shop"}},
			Inputs: []ctem.ProofInput{
				{Kind: "NetworkPolicy", Name: "shop/deny", Revision: "r5"}, {Kind: "HTTPRoute", Name: "shop/front", Revision: "r4"}, {Kind: "Service", Name: "shop/front", Revision: "r3"},
			},
			Rules: Rules,
		}
		if diff := cmp.Diff(want, b); diff != "" {
			t.Error(diff)
		}
		return
	}
	t.Error("no proof of the door")
}

// TestInside: of who reaches whom is told what differs from "all may".
func TestInside(t *testing.T) {
	t.Parallel()
	var m made
	m.calico()
	for _, name := range []string{"cart", "db", "front"} {
		m.workload("Deployment", "shop", name, app(name, twin.Port{Number: 80}))
	}
	m.thing(twin.KindNetworkPolicy, "shop", "db", `{"podSelector":{"matchLabels":{"app":"db"}},"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"cart"}}}]}]}`)
	want := map[string]string{"db 80/TCP policy-allowed": "policy-allowed", "db 80/TCP policy-denied": "policy-denied"}
	if diff := cmp.Diff(want, m.told(ctem.CheckInside)); diff != "" {
		t.Error(diff)
	}
	outside := map[string]string{"db any door": "policy-denied", "db internet 80/TCP": "policy-denied", "db node 80/TCP": "unknown"}
	if diff := cmp.Diff(outside, m.told(ctem.CheckOutside)); diff != "" {
		t.Error(diff)
	}
}

func TestAccess(t *testing.T) {
	t.Parallel()
	var m made
	for account, name := range map[string]string{"root": "a", "reader": "b", "keeper": "c", "lost": "d", "": "e"} {
		m.workload("Deployment", "shop", name, &twin.Pod{Account: account})
	}
	bind := func(name, role, account string) {
		m.thing(twin.KindClusterRoleBinding, "", name, fmt.Sprintf(`{"roleRef":{"kind":"ClusterRole","name":%q},"subjects":[{"kind":"ServiceAccount","namespace":"shop","name":%q}]}`, role, account))
	}
	bind("a", "cluster-admin", "root")
	bind("b", "reads", "reader")
	bind("c", "secrets", "keeper")
	bind("d", "nowhere", "lost")
	m.thing(twin.KindClusterRole, "", "reads", `{"rules":[{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}]}`)
	m.thing(twin.KindClusterRole, "", "secrets", `{"rules":[{"verbs":["*"],"apiGroups":[""],"resources":["secrets"]}]}`)
	want := map[string]string{"shop/root": "yes", "shop/reader": "no", "shop/keeper": "yes", "shop/lost": "unknown", "shop/default": "no"}
	if diff := cmp.Diff(want, m.told(ctem.CheckAccess)); diff != "" {
		t.Error(diff)
	}
}

func TestHost(t *testing.T) {
	t.Parallel()
	var m made
	secure := func(s twin.Security) func(*twin.Workload) {
		return func(w *twin.Workload) { w.Containers[0].Security = &s }
	}
	m.workload("Deployment", "shop", "plain", &twin.Pod{})
	m.workload("Deployment", "shop", "root", &twin.Pod{}, secure(twin.Security{Privileged: true}))
	m.workload("Deployment", "shop", "adds", &twin.Pod{}, secure(twin.Security{Added: []string{"NET_BIND_SERVICE"}}))
	m.workload("Deployment", "shop", "module", &twin.Pod{}, secure(twin.Security{Added: []string{"CAP_SYS_MODULE"}}))
	m.workload("Deployment", "shop", "sock", &twin.Pod{Mounts: []twin.Mount{{Kind: twin.MountHost, Name: "/run", ReadOnly: true}}})
	m.workload("Deployment", "shop", "logs", &twin.Pod{Mounts: []twin.Mount{{Kind: twin.MountHost, Name: "/var/log", ReadOnly: true}}})
	m.workload("Deployment", "shop", "writes", &twin.Pod{Mounts: []twin.Mount{{Kind: twin.MountHost, Name: "/etc"}}})
	m.workload("Deployment", "shop", "record", nil)
	want := map[string]string{"plain": "no", "root": "yes", "adds": "no", "module": "yes", "sock": "yes", "logs": "no", "writes": "yes"}
	if diff := cmp.Diff(want, m.told(ctem.CheckHost)); diff != "" {
		t.Error(diff)
	}
	facts := containerFacts(&twin.Container{Name: "x"})
	got := map[string]ctem.Finding{}
	for _, f := range facts {
		got[f.Name+" "+f.Field] = f.Finding
	}
	unsaid := map[string]ctem.Finding{
		"privileged containers[x].securityContext.privileged": "no", "added capabilities containers[x].securityContext.capabilities.add": "no",
		"system calls confined containers[x].securityContext.seccompProfile.type": "unknown", "read-only root containers[x].securityContext.readOnlyRootFilesystem": "no",
		"runs as root containers[x].securityContext.runAsUser, runAsNonRoot": "unknown", "may gain privileges containers[x].securityContext.allowPrivilegeEscalation": "unknown",
	}
	if diff := cmp.Diff(unsaid, got); diff != "" {
		t.Error(diff)
	}
}

// TestOrder: the order in which sources are told changes nothing, and one that has
// ended says nothing.
func TestOrder(t *testing.T) {
	t.Parallel()
	var m made
	m.calico()
	for _, name := range []string{"a", "b", "c"} {
		m.workload("Deployment", "shop", name, app(name, twin.Port{Number: 80}), doored(twin.Door{Address: name + "/", Public: true, Via: "Ingress/shop/" + name}))
	}
	m.thing(twin.KindNetworkPolicy, "shop", "deny", denyAll)
	m.thing(twin.KindNetworkPolicy, "shop", "open", toName)
	m.thing(twin.KindRoleBinding, "shop", "x", `{"roleRef":{"kind":"Role","name":"none"},"subjects":[{"kind":"ServiceAccount","namespace":"shop","name":"default"}]}`)
	ended := m.Stands[len(m.Stands)-1]
	ended.Resource = &twin.Resource{Kind: twin.KindNetworkPolicy, Namespace: "shop", Name: "gone", Spec: json.RawMessage(`{"podSelector":{},"ingress":[{}]}`)}
	ended.From, ended.To, ended.State = moment().Add(-time.Hour), moment(), 99
	var p Prover
	want, err := json.Marshal(p.Prove(&m.World, moment()))
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		w := ctem.World{Stands: rapid.Permutation(append([]twin.Stand{ended}, m.Stands...)).Draw(t, "order")}
		var p Prover
		got, err := json.Marshal(p.Prove(&w, moment()))
		if err != nil || string(got) != string(want) {
			t.Fatalf("%v\n%s\n%s", err, got, want)
		}
	})
}

// FuzzPolicy: what a source says of a policy is read or refused.
func FuzzPolicy(f *testing.F) {
	for _, seed := range []string{"", "{}", denyAll, fromOther, fromBlock, toName, `{"ingress":[{"ports":[{"port":1e9}]}]}`, `{"egress":[{"to":[{"ipBlock":{"cidr":"x"}}]}]}`, `[]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := readPolicy(raw)
		if err == nil {
			route.Compile(route.Network{Pods: []route.Pod{{Namespace: "x"}}, Policies: []route.Policy{p}, Enforced: ctem.Yes}).Enters(0, nil)
		}
	})
}

// BenchmarkProve: a cluster of workloads with policies, worked out anew.
func BenchmarkProve(b *testing.B) {
	for _, size := range [][2]int{{500, 50}, {5000, 500}} {
		var m made
		m.calico()
		for i := range size[0] {
			ns := fmt.Sprint("ns", i%50)
			pod := app(fmt.Sprint("app", i/10), twin.Port{Name: "web", Number: 8080}, twin.Port{Number: 9000 + i%7})
			m.workload("Deployment", ns, fmt.Sprint("w", i), pod, doored(twin.Door{Address: fmt.Sprint(i, "/"), Public: true, Via: "Ingress/" + ns + "/x"}))
		}
		for i := range size[1] {
			m.thing(twin.KindNetworkPolicy, fmt.Sprint("ns", i%50), fmt.Sprint("p", i),
				fmt.Sprintf(`{"podSelector":{"matchLabels":{"app":"app%d"}},"policyTypes":["Ingress","Egress"],"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"app%d"}}}],"ports":[{"port":"web"}]}],"egress":[{}]}`, i, i+1))
		}
		b.Run(fmt.Sprintf("%d workloads %d policies", size[0], size[1]), func(b *testing.B) {
			n := 0
			for b.Loop() {
				var p Prover
				n = len(p.Prove(&m.World, moment()))
			}
			b.ReportMetric(float64(n), "proofs")
		})
	}
}

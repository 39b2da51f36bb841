package deploy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/twin"
)

func TestPod(t *testing.T) {
	t.Parallel()
	got := read(t, `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: shop}
spec:
  template:
    metadata: {labels: {app: agent, tier: 3}}
    spec:
      serviceAccountName: watcher
      automountServiceAccountToken: false
      hostNetwork: true
      hostPID: true
      securityContext: {runAsNonRoot: true, runAsUser: 7, seccompProfile: {type: RuntimeDefault}}
      volumes:
      - {name: sock, hostPath: {path: /var/run/docker.sock}}
      - {name: keys, secret: {secretName: keys}}
      - {name: all, projected: {sources: [{configMap: {name: conf}}, {secret: {name: more}}, {serviceAccountToken: {path: token}}]}}
      - {name: data, persistentVolumeClaim: {claimName: data}}
      - {name: tmp, emptyDir: {}}
      containers:
      - name: main
        image: shop/agent:1
        ports: [{name: web, containerPort: 8080}, {containerPort: 53, protocol: UDP, hostPort: 5353}]
        volumeMounts: [{name: sock, mountPath: /s}, {name: keys, mountPath: /k, readOnly: true}]
        env: [{name: A, valueFrom: {secretKeyRef: {name: db, key: p}}}, {name: B, value: plain}]
        envFrom: [{configMapRef: {name: env}}]
        securityContext: {privileged: true, runAsUser: 0, readOnlyRootFilesystem: true, capabilities: {add: [SYS_ADMIN, NET_RAW], drop: [ALL]}}
`)
	zero := int64(0)
	want := twin.Workload{
		Service: "agent", Kind: "DaemonSet", Namespace: "shop", Replicas: 1,
		Containers: []twin.Container{{
			Name: "main", Image: twin.ArtifactRef{Name: "shop/agent", Tag: "1"}, Replicas: 1,
			Security: &twin.Security{
				Privileged: true, ReadOnlyRoot: true, NonRoot: true, User: &zero, Added: []string{"NET_RAW", "SYS_ADMIN"}, Dropped: []string{"ALL"}, Seccomp: "RuntimeDefault",
			},
		}},
		Doors: []twin.Door{
			{Address: "node:5353/UDP", Via: "DaemonSet/shop/agent (hostPort)"},
			{Address: "node:8080/TCP", Via: "DaemonSet/shop/agent (hostNetwork)"},
		},
		Pod: &twin.Pod{
			Labels: map[string]string{"app": "agent", "tier": "3"}, Account: "watcher", NoToken: true, HostNetwork: true, HostPID: true,
			Ports: []twin.Port{{Number: 53, Protocol: "UDP", Host: 5353}, {Name: "web", Number: 8080}},
			Mounts: []twin.Mount{
				{Kind: "Claim", Name: "data"},
				{Kind: "ConfigMap", Name: "conf"},
				{Kind: "ConfigMap", Name: "env", Env: true},
				{Kind: "Host", Name: "/var/run/docker.sock"},
				{Kind: "Secret", Name: "keys", ReadOnly: true},
				{Kind: "Secret", Name: "more"},
				{Kind: "Secret", Name: "db", Env: true},
				{Kind: "Token"},
			},
		},
	}
	if len(got.Workloads) != 1 {
		t.Fatal(got)
	}
	slicesByName(want.Pod.Mounts)
	slicesByName(got.Workloads[0].Pod.Mounts)
	if diff := cmp.Diff(want, got.Workloads[0]); diff != "" {
		t.Error(diff)
	}
}

// slicesByName puts mounts in the order in which the test lists them by hand.
func slicesByName(list []twin.Mount) {
	for i := range list {
		for j := i; j > 0 && mountKey(list[j]) < mountKey(list[j-1]); j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
}

func mountKey(m twin.Mount) string { return m.Kind + "/" + m.Name }

// What has no spec says it beside: roles, bindings, namespaces, accounts.
func TestBeside(t *testing.T) {
	t.Parallel()
	got := read(t,
		"{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: web}}}",
		"{apiVersion: v1, kind: ServiceAccount, metadata: {name: cart, namespace: shop}, automountServiceAccountToken: false}",
		"{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: 'system:view', labels: {a: b}}, rules: [{verbs: [get], apiGroups: [''], resources: [pods]}], aggregationRule: {clusterRoleSelectors: [{matchLabels: {x: z}}]}}",
		"{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: Readers, namespace: shop}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: 'system:view'}, subjects: [{kind: ServiceAccount, name: cart, namespace: shop}]}",
		"{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: web, namespace: shop}, spec: {hostnames: [shop.example], rules: [{matches: [{path: {value: /cart}}], backendRefs: [{name: cart, port: 80}]}]}}",
		"{apiVersion: v1, kind: Service, metadata: {name: cart, namespace: shop}, spec: {selector: {app: cart}, ports: [{port: 80}]}}",
		manifest("cart", "shop/cart:1"))
	var specs []string
	for _, r := range got.Resources {
		if r.Kind != "Service" && r.Kind != "HTTPRoute" {
			specs = append(specs, r.Kind+"/"+r.Namespace+"/"+r.Name+" "+string(r.Spec))
		}
	}
	want := []string{
		`ClusterRole//system:view {"aggregationRule":{"clusterRoleSelectors":[{"matchLabels":{"x":"z"}}]},"labels":{"a":"b"},"rules":[{"apiGroups":[""],"resources":["pods"],"verbs":["get"]}]}`,
		`Namespace//shop {"labels":{"team":"web"}}`,
		`RoleBinding/shop/Readers {"roleRef":{"kind":"ClusterRole","name":"system:view"},"subjects":[{"kind":"ServiceAccount","name":"cart","namespace":"shop"}]}`,
		`ServiceAccount/shop/cart {"no_token":true}`,
	}
	if diff := cmp.Diff(want, specs); diff != "" {
		t.Error(diff)
	}
	door := []twin.Door{{Address: "shop.example/cart", Public: true, Via: "HTTPRoute/shop/web"}}
	if diff := cmp.Diff(door, got.Workloads[0].Doors); diff != "" {
		t.Error(diff)
	}
}

func TestPodBounds(t *testing.T) {
	t.Parallel()
	for name, pod := range map[string]string{
		"port":    "{containers: [{name: a, image: x, ports: [{containerPort: 70000}]}]}",
		"account": "{serviceAccountName: " + strings.Repeat("a", maxPodText+1) + ", containers: [{name: a, image: x}]}",
		"mounts":  "{containers: [{name: a, image: x, envFrom: [" + strings.Repeat("{secretRef: {name: a}},{secretRef: {name: b}},", maxPodParts) + "]}]}",
	} {
		_, err := Manifests([]File{{Input: "in", Name: "in.yaml", Named: true, Body: []byte("{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: " + pod + "}")}})
		if name == "mounts" && err != nil || name != "mounts" && err == nil {
			t.Errorf("%s: %v", name, err) // the same mount told often is one
		}
	}
}

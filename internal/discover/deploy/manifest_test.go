package deploy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// manifest is a small Deployment with the labels app: NAME.
func manifest(name, image string) string {
	return fmt.Sprintf(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: %s, namespace: shop}
spec:
  replicas: 2
  template:
    metadata: {labels: {app: %s}}
    spec: {containers: [{name: main, image: %q}]}
`, name, name, image)
}

func read(t *testing.T, docs ...string) twin.Deployments {
	t.Helper()
	out, err := Manifests([]File{{Input: "in", Name: "in.yaml", Named: true, Body: []byte(strings.Join(docs, "\n---\n"))}})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) != 1 {
		t.Fatalf("%d results, want 1", len(out))
	}
	return out[0]
}

func TestKinds(t *testing.T) {
	t.Parallel()
	const pod = `{containers: [{name: a, image: "shop/a:1"}, {name: b, image: "shop/b:2"}], initContainers: [{name: i, image: "shop/i:3"}, {name: s, image: "shop/s:4", restartPolicy: Always}]}`
	const template = `template: {metadata: {labels: {app: x}}, spec: ` + pod + `}`
	tests := []struct {
		name, doc string
		kind      string
		replicas  int // 0: no workload comes out of it
		note      string
	}{
		{"deployment", "{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {replicas: 3, " + template + "}}", "Deployment", 3, ""},
		{"old_deployment", "{apiVersion: extensions/v1beta1, kind: Deployment, metadata: {name: x}, spec: {" + template + "}}", "Deployment", 1, ""},
		{"no_replicas", "{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {replicas: 0, " + template + "}}", "", 0, "counts as absent"},
		{"stateful_set", "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: x}, spec: {replicas: 2, " + template + "}}", "StatefulSet", 2, ""},
		{"replica_set", "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: x}, spec: {replicas: 2, " + template + "}}", "ReplicaSet", 2, ""},
		{"replication_controller", "{apiVersion: v1, kind: ReplicationController, metadata: {name: x}, spec: {replicas: 2, " + template + "}}", "ReplicationController", 2, ""},
		{"daemon_set", "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: x}, spec: {" + template + "}}", "DaemonSet", 1, ""},
		{"job", "{apiVersion: batch/v1, kind: Job, metadata: {name: x}, spec: {parallelism: 4, " + template + "}}", "Job", 4, ""},
		{"generated_name", "{apiVersion: batch/v1, kind: Job, metadata: {generateName: x-}, spec: {" + template + "}}", "Job", 1, ""},
		{"cron_job", "{apiVersion: batch/v1beta1, kind: CronJob, metadata: {name: x}, spec: {jobTemplate: {spec: {" + template + "}}}}", "CronJob", 1, ""},
		{"suspended", "{apiVersion: batch/v1, kind: CronJob, metadata: {name: x}, spec: {suspend: true, jobTemplate: {spec: {" + template + "}}}}", "CronJob", 1, "is suspended"},
		{"pod", "{apiVersion: v1, kind: Pod, metadata: {name: x, labels: {app: x}}, spec: " + pod + "}", "Pod", 1, ""},
		{"json", `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"},"spec":{"containers":[{"name":"a","image":"shop/a:1"},{"name":"b","image":"shop/b:2"}],"initContainers":[{"name":"i","image":"shop/i:3"},{"name":"s","image":"shop/s:4","restartPolicy":"Always"}]}}`, "Pod", 1, ""},
		{"list", "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: " + pod + "}]}", "Pod", 1, ""},
		{"typed_list", "{apiVersion: apps/v1, kind: DeploymentList, items: [{metadata: {name: x}, spec: {" + template + "}}]}", "Deployment", 1, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := read(t, tt.doc)
			note := ""
			for _, n := range got.Notes {
				note += n.Reason
			}
			if !strings.Contains(note, tt.note) || (note != "") != (tt.note != "") {
				t.Errorf("note %q, want %q", note, tt.note)
			}
			var want []twin.Workload
			if tt.replicas > 0 {
				want = []twin.Workload{{Service: "x", Kind: tt.kind, Replicas: tt.replicas, Containers: []twin.Container{
					{Name: "a", Image: twin.ArtifactRef{Name: "shop/a", Tag: "1"}, Replicas: tt.replicas},
					{Name: "b", Image: twin.ArtifactRef{Name: "shop/b", Tag: "2"}, Replicas: tt.replicas},
					{Name: "s", Image: twin.ArtifactRef{Name: "shop/s", Tag: "4"}, Replicas: tt.replicas, Role: twin.RoleSidecar},
					{Name: "i", Image: twin.ArtifactRef{Name: "shop/i", Tag: "3"}, Replicas: tt.replicas, Init: true},
				}}}
			}
			for i := range got.Workloads {
				got.Workloads[i].Pod = nil // TestPod
			}
			if diff := cmp.Diff(want, got.Workloads); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDoors(t *testing.T) {
	t.Parallel()
	service := func(name, spec string) string {
		return "{apiVersion: v1, kind: Service, metadata: {name: " + name + ", namespace: shop}, spec: {selector: {app: front}, " + spec + "}}"
	}
	public := func(address, via string) twin.Door { return twin.Door{Address: address, Public: true, Via: via} }
	tests := []struct {
		name string
		docs []string
		want []twin.Door
		note string
	}{
		{"none", nil, nil, ""},
		{"cluster_ip", []string{service("front", "ports: [{port: 80}]")}, nil, ""},
		{
			"node_port",
			[]string{service("front", "type: NodePort, ports: [{port: 80, nodePort: 30001}]")},
			[]twin.Door{public("node:30001/TCP", "Service/shop/front (NodePort)")},
			"",
		},
		{
			"node_port_to_be_chosen",
			[]string{service("front", "type: NodePort, ports: [{port: 53, protocol: UDP}]")},
			[]twin.Door{public("node:?/UDP", "Service/shop/front (NodePort)")},
			"",
		},
		{
			"load_balancer",
			[]string{service("front", "type: LoadBalancer, ports: [{port: 443}, {port: 80}]")},
			[]twin.Door{public("load-balancer:443/TCP", "Service/shop/front (LoadBalancer)"), public("load-balancer:80/TCP", "Service/shop/front (LoadBalancer)")},
			"",
		},
		{
			"load_balancer_known_address",
			[]string{"{apiVersion: v1, kind: Service, metadata: {name: front, namespace: shop}, spec: {selector: {app: front}, type: LoadBalancer, ports: [{port: 80}]}, status: {loadBalancer: {ingress: [{ip: 192.0.2.7}]}}}"},
			[]twin.Door{public("192.0.2.7:80/TCP", "Service/shop/front (LoadBalancer)")},
			"",
		},
		{
			"internal_load_balancer",
			[]string{`{apiVersion: v1, kind: Service, metadata: {name: front, namespace: shop, annotations: {service.beta.kubernetes.io/aws-load-balancer-internal: "true"}}, spec: {selector: {app: front}, type: LoadBalancer, ports: [{port: 80}]}}`},
			[]twin.Door{{Address: "load-balancer:80/TCP", Via: "Service/shop/front (LoadBalancer, internal)"}},
			"",
		},
		{
			"other_namespace",
			[]string{"{apiVersion: v1, kind: Service, metadata: {name: front, namespace: other}, spec: {selector: {app: front}, type: NodePort, ports: [{port: 80}]}}"},
			nil, "selects no workload",
		},
		{
			"no_selector",
			[]string{"{apiVersion: v1, kind: Service, metadata: {name: front, namespace: shop}, spec: {type: NodePort, ports: [{port: 80}]}}"},
			nil, "selects no workload",
		},
		{
			"two_labels",
			[]string{"{apiVersion: v1, kind: Service, metadata: {name: front, namespace: shop}, spec: {selector: {app: front, tier: web}, type: NodePort, ports: [{port: 80}]}}"},
			nil, "selects no workload",
		},
		{"ingress", []string{
			service("front", "ports: [{port: 80}]"),
			"{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: edge, namespace: shop}, spec: {rules: [{host: shop.example, http: {paths: [{path: /buy, backend: {service: {name: front, port: {number: 80}}}}]}}]}}",
		}, []twin.Door{public("shop.example/buy", "Ingress/shop/edge")}, ""},
		{"ingress_default_backend", []string{
			service("front", "ports: [{port: 80}]"),
			"{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: edge, namespace: shop}, spec: {defaultBackend: {service: {name: front}}, rules: [{host: shop.example}]}}",
		}, []twin.Door{public("*/", "Ingress/shop/edge"), public("shop.example/", "Ingress/shop/edge")}, ""},
		{"old_ingress", []string{
			service("front", "ports: [{port: 80}]"),
			"{apiVersion: extensions/v1beta1, kind: Ingress, metadata: {name: edge, namespace: shop}, spec: {backend: {serviceName: front, servicePort: 80}, rules: [{http: {paths: [{backend: {serviceName: front, servicePort: http}}]}}]}}",
		}, []twin.Door{public("*/", "Ingress/shop/edge")}, ""},
		{"ingress_to_nowhere", []string{
			"{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: edge, namespace: shop}, spec: {defaultBackend: {service: {name: back}}}}",
		}, nil, "leads to Services that are not in this call: back"},
		{"knative_service_is_no_service", []string{"{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: front, namespace: shop}, spec: {selector: {app: front}, type: NodePort, ports: [{port: 80}]}}"}, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := read(t, append([]string{manifest("front", "shop/front:1")}, tt.docs...)...)
			if diff := cmp.Diff(tt.want, got.Workloads[0].Doors); diff != "" {
				t.Error(diff)
			}
			note := ""
			for _, n := range got.Notes {
				note += n.Reason
			}
			if !strings.Contains(note, tt.note) || (note != "") != (tt.note != "") {
				t.Errorf("note %q, want %q", note, tt.note)
			}
		})
	}
}

// A Service in one input opens a workload of another: doors are computed
// across the call.
func TestDoorsAcrossInputs(t *testing.T) {
	t.Parallel()
	out, err := Manifests([]File{
		{Input: "a", Name: "a", Body: []byte(manifest("front", "shop/front:1"))},
		{Input: "b", Name: "b", Body: []byte("{apiVersion: v1, kind: Service, metadata: {name: s, namespace: shop}, spec: {selector: {app: front}, type: NodePort, ports: [{port: 80, nodePort: 30001}]}}")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) != 2 || len(out[0].Workloads) != 1 || len(out[0].Workloads[0].Doors) != 1 || len(out[1].Resources) != 1 {
		t.Fatalf("got %+v", out)
	}
}

func TestOwnedObjectsAreNotCountedTwice(t *testing.T) {
	t.Parallel()
	owned := func(kind, name, ownerKind, ownerName string) string {
		spec := "{containers: [{image: a}]}"
		version := "v1"
		if kind != "Pod" {
			spec, version = "{template: {spec: "+spec+"}}", "apps/v1"
		}
		return fmt.Sprintf("{apiVersion: %s, kind: %s, metadata: {name: %s, namespace: shop, ownerReferences: [{kind: %s, name: %s, controller: true}]}, spec: %s}",
			version, kind, name, ownerKind, ownerName, spec)
	}
	got := read(t, manifest("front", "a"),
		owned("ReplicaSet", "front-1", "Deployment", "front"),
		owned("Pod", "front-1-x", "ReplicaSet", "front-1"),
		owned("Pod", "alone", "ReplicaSet", "elsewhere"))
	var names []string
	for _, w := range got.Workloads {
		names = append(names, w.Service)
	}
	if diff := cmp.Diff([]string{"alone", "front"}, names); diff != "" || len(got.Notes) != 2 {
		t.Errorf("%s, %d notes", diff, len(got.Notes))
	}
}

func TestResourcesAreKept(t *testing.T) {
	t.Parallel()
	got := read(t, manifest("front", "a"),
		"{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny, namespace: shop}, spec: {policyTypes: [Ingress], podSelector: {}}}",
		"{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}", "{apiVersion: v1, kind: ConfigMap, metadata: {name: d}}",
		"{apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {name: r}}")
	want := []twin.Resource{{Kind: "NetworkPolicy", Namespace: "shop", Name: "deny", Spec: []byte(`{"podSelector":{},"policyTypes":["Ingress"]}`)}}
	if diff := cmp.Diff(want, got.Resources); diff != "" {
		t.Error(diff)
	}
	wantIgnored := []twin.Rejection{
		{Where: "in", Reason: "not read: 2 × ConfigMap (core)"},
		{Where: "in", Reason: "not read: 1 × Rollout (argoproj.io)"},
	}
	if diff := cmp.Diff(wantIgnored, got.Ignored); diff != "" {
		t.Error(diff)
	}
}

// The order of documents must not decide anything.
func TestOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	docs := []string{
		manifest("b", "x"), manifest("a", "x"), manifest("c", "x"),
		"{apiVersion: v1, kind: Service, metadata: {name: s, namespace: shop}, spec: {selector: {app: a}, type: NodePort, ports: [{port: 80}]}}",
		"{apiVersion: v1, kind: Service, metadata: {name: r, namespace: shop}, spec: {selector: {app: a}, type: NodePort, ports: [{port: 80}]}}",
	}
	want := read(t, docs...)
	for i := range docs {
		turned := append(append([]string{}, docs[i:]...), docs[:i]...)
		if diff := cmp.Diff(want, read(t, turned...)); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestBadManifests(t *testing.T) {
	t.Parallel()
	pod := func(field string) string {
		return "{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {" + field + "}}"
	}
	bomb := "apiVersion: v1\nkind: ConfigMap\na: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'k'; c++ {
		p := string(c - 1)
		bomb += fmt.Sprintf("%c: &%c [*%s,*%s,*%s,*%s,*%s,*%s,*%s,*%s,*%s]\n", c, c, p, p, p, p, p, p, p, p, p)
	}
	tests := []struct {
		name, body string
		want, hint string
	}{
		{"not_yaml", "apiVersion: v1\nkind: [", "in.yaml: 2: ", ""},
		{"second_document", manifest("a", "x") + "---\nkind: {\n", "in.yaml: 11: ", ""},
		{"duplicate_key", "apiVersion: v1\nkind: Pod\nkind: Pod\n", `key "kind" already set`, ""},
		{"duplicate_json_key", `{"apiVersion":"v1","kind":"Pod","kind":"Job"}`, `key "kind" already set`, ""},
		{"not_utf8", "apiVersion: v1\nkind: \"\xff\"\n", "in.yaml: 2: not UTF-8", ""},
		{"utf16", "\xff\xfea\x00", "not UTF-8", ""},
		{"no_object_between", manifest("a", "x") + "---\nname: x\n", "11: neither a Kubernetes object", ""},
		{"values", "name: x\n", "neither a Kubernetes object", ""},
		{"empty", " \n", "empty", ""},
		{"comments_only", "# nothing\n---\n", "empty", ""},
		{"no_containers", pod("containers: []"), "the pod has no containers", renderKustomize},
		{"patch", "{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, $patch: delete}", "has no spec", renderKustomize},
		{"no_image", pod("containers: [{name: a}]"), "containers[0] has no image", renderKustomize},
		{"image_placeholder", pod(`containers: [{image: "shop/${NAME}:1"}]`), "containers[0].image", ""},
		{"image_path", pod(`containers: [{image: "shop/../../x:1"}]`), "containers[0].image", ""},
		{"init_image", pod("containers: [{image: a}], initContainers: [{image: 'a b'}]"), "initContainers[0].image", ""},
		{"bad_digest", pod(`containers: [{image: "shop/a@sha256:12"}]`), "is not a digest", ""},
		{"no_name", "{apiVersion: v1, kind: Pod, metadata: {}, spec: {containers: [{image: a}]}}", "Pod has no metadata.name", ""},
		{"bad_name", `{apiVersion: v1, kind: Pod, metadata: {name: "../x"}, spec: {containers: [{image: a}]}}`, "no Kubernetes name", ""},
		{"bad_namespace", `{apiVersion: v1, kind: Pod, metadata: {name: x, namespace: "a/b"}, spec: {containers: [{image: a}]}}`, "metadata.namespace", ""},
		{"negative_replicas", "{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {replicas: -1, template: {spec: {containers: [{image: a}]}}}}", "replicas -1 is not between", ""},
		{"replicas_text", "{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {replicas: many}}", "field replicas is a string", ""},
		{"spec_in_list", "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: 3}]}", "is a number", ""},
		{"list_of_nothing", "{apiVersion: v1, kind: List, items: [{}]}", "items[0]: neither", ""},
		{"lists_in_lists", strings.Repeat("{apiVersion: v1, kind: List, items: [", 9) + strings.Repeat("]}", 9), "lists within lists", ""},
		{"deep", "apiVersion: v1\nkind: Pod\na: " + strings.Repeat("[", 200) + strings.Repeat("]", 200), "nested deeper than 100", ""},
		{"very_deep", "apiVersion: v1\nkind: Pod\na: " + strings.Repeat("[", 100_000), "exceeded max depth", ""},
		{"deep_json", `{"apiVersion":"v1","kind":"Pod","a":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + "}", "nested deeper than 100", ""},
		{"long_string", "apiVersion: v1\nkind: Pod\na: " + strings.Repeat("x", 2<<20), "string is longer", ""},
		{"huge_document", "apiVersion: v1\nkind: Pod\na: " + strings.Repeat("x ", 5<<20), "larger than 8 MiB", "as JSON"},
		{"many_values", "apiVersion: v1\nkind: Pod\na: [" + strings.Repeat("1,", 1_100_000) + "]", "more than 1000000 lines", ""},
		{"alias_bomb", bomb, "alias", ""},
		{"string_bomb", "apiVersion: v1\nkind: Pod\na: &a " + strings.Repeat("x", 1_000_000) + "\nb: [" + strings.Repeat("*a,", 1000) + "]", "aliases expand to too much", ""},
		{"cycle", "apiVersion: v1\nkind: Pod\na: &a [*a]\n", "contains itself", ""},
		{"helm", "apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .Release.Name }}}\n", "Helm template", renderHelm},
		{"helm_quoted", `{apiVersion: v1, kind: Pod, metadata: {name: "{{ .Release.Name }}"}, spec: {containers: [{image: a}]}}`, "Helm template", renderHelm},
		{"template", "apiVersion: v1\nkind: {{kind}}\n", "template that was not rendered", renderHelm},
		{"records", `[{"service":"a","artifact":"b"}]`, "deployment records where manifests are expected", ""},
		{"both", `[{"service":"a","artifact":"b"},{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"},"spec":{"containers":[{"image":"a"}]}}]`, "manifests and records in one file", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			out, err := Manifests([]File{{Input: "in", Name: "in.yaml", Named: true, Body: []byte(tt.body)}})
			if err == nil {
				t.Fatalf("accepted: %+v", out)
			}
			if !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "in.yaml:") || fault.KindOf(err) != fault.Invalid {
				t.Errorf("got %s: %v, want %q", fault.KindOf(err), err, tt.want)
			}
			if !strings.Contains(fault.HintOf(err), tt.hint) {
				t.Errorf("hint %q, want %q", fault.HintOf(err), tt.hint)
			}
		})
	}
}

func TestYAMLShapes(t *testing.T) {
	t.Parallel()
	head := "%YAML 1.1\n---  # the first\n"
	merge := "apiVersion: v1\nkind: Pod\nmetadata: {name: m, labels: {version: 1.10, on: yes}}\nspec:\n  containers:\n  - &base {<<: &named {name: a}, image: a}\n  - {<<: *named, image: b}\n...\n"
	text := "apiVersion: v1\nkind: ConfigMap\ndata:\n  k: |\n    a\n    ---\n    {{ $labels.x }}\n"
	got := read(t, head+manifest("a", "x")+"---\n# only words\n---\r\n"+text, merge, manifest("z", "x"))
	var names []string
	for _, w := range got.Workloads {
		names = append(names, fmt.Sprint(w.Service, len(w.Containers)))
	}
	if diff := cmp.Diff([]string{"m2", "a1", "z1"}, names); diff != "" {
		t.Error(diff)
	}
}

func FuzzManifests(f *testing.F) {
	for _, seed := range []string{
		manifest("a", "shop/a:1"),
		"{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {selector: {app: a}, type: NodePort, ports: [{port: 80}]}}\n---\n" + manifest("a", "b"),
		`{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"},"spec":{"containers":[{"image":"a"}]}}]}`,
		"{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: edge}, spec: {defaultBackend: {service: {name: front}}, rules: [{host: h}]}}",
		"apiVersion: v1\nkind: Pod\na: &a [*a]\n", "a: &a [x]\nb: *a\n<<: *a", "{{ if .Values.x }}", "--- {a: b}\n...\n---", "? [a]\n: b",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		out, err := Manifests([]File{{Input: "in", Name: "in", Body: body}})
		if err != nil {
			if kind := fault.KindOf(err); kind != fault.Invalid {
				t.Fatalf("%s: %v", kind, err)
			}
			return
		}
		for _, w := range out[0].Workloads {
			if w.Service == "" || w.Replicas < 1 || len(w.Containers) == 0 {
				t.Fatalf("bad workload %+v", w)
			}
		}
	})
}

package deploy

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/realdata"
	"github.com/tidemark/tidemark/internal/twin"
)

// folder writes files into a new folder.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, body := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func services(d twin.Deployments) string {
	var names []string
	for _, w := range d.Workloads {
		names = append(names, w.Service)
	}
	for _, r := range d.Records {
		names = append(names, r.Service)
	}
	return strings.Join(names, " ")
}

func TestReadFolder(t *testing.T) {
	t.Parallel()
	const record = `{"service":"seen","artifact":"b"}`
	dir := folder(t, map[string]string{
		"b.yaml":                       manifest("b", "x"),
		"sub/a.yml":                    manifest("a", "x"),
		"sub/deep/er/c.json":           `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"c"},"spec":{"containers":[{"image":"x"}]}}`,
		"seen.ndjson":                  record + "\n",
		"seen.jsonl":                   "[]",
		"README.md":                    "not looked at",
		".hidden.yaml":                 "{{{",
		".git/x.yaml":                  "{{{",
		"values.yaml":                  "image: x\n",
		"package.json":                 `{"name":"x","dependencies":{}}`,
		"tsconfig.json":                "{ // a comment\n}",
		"empty.yaml":                   "",
		"overlay/kustomization.yaml":   "resources: []\n",
		"loose.yaml":                   "apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .Values.name }}}\n",
		"chart/Chart.yaml":             "name: x\n",
		"chart/templates/service.yaml": manifest("in-chart", "x"),
		"templates/d.yaml":             manifest("d", "x"),
	})
	outside := folder(t, map[string]string{"secret.yaml": manifest("outside", "x")})
	for link, target := range map[string]string{
		"out.yaml": filepath.Join(outside, "secret.yaml"), "inside.yaml": "b.yaml", "out-dir": outside, "gone.yaml": "nowhere.yaml",
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	out, err := Read(t.Context(), []string{dir, dir})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) != 2 || out[0].Class != twin.Declared || out[1].Class != twin.Observed {
		t.Fatalf("got %+v", out)
	}
	if got := services(out[0]); got != "c a b b d" {
		t.Errorf("workloads %s", got)
	}
	if got := services(out[1]); got != "seen" || out[1].Input != dir || out[1].Origin != dir {
		t.Errorf("records %s of %s", got, out[1].Origin)
	}
	got := map[string]string{}
	for _, i := range append(out[0].Ignored, out[1].Ignored...) {
		name, _ := filepath.Rel(dir, i.Where)
		got[name] = i.Reason
	}
	neither := errNeither.Error()
	want := map[string]string{
		"values.yaml":                neither,
		"package.json":               neither,
		"chart/Chart.yaml":           neither,
		"tsconfig.json":              "neither manifests nor records: 1:3: expected a key in double quotes",
		"empty.yaml":                 "empty",
		"overlay/kustomization.yaml": "a kustomization that was not rendered (render first: kustomize build)",
		"loose.yaml":                 "a Helm template that was not rendered (render first: helm template)",
		"chart/templates":            "Helm templates that were not rendered (render first: helm template)",
		"out.yaml":                   "no regular file inside the directory",
		"gone.yaml":                  "no regular file inside the directory",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadEmptyLists(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"alone/none.json": "[]", "beside/none.json": "[]", "beside/a.yaml": manifest("a", "x"),
	})
	out, err := Read(t.Context(), []string{filepath.Join(dir, "alone"), filepath.Join(dir, "beside")})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) != 2 || out[0].Class != twin.Observed || out[1].Class != twin.Declared || len(out[1].Ignored) != 1 {
		t.Errorf("got %+v", out)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"good/a.yaml":             manifest("a", "x"),
		"broken/a.yaml":           manifest("a", "x"),
		"broken/b.yaml":           "apiVersion: v1\nkind: [",
		"cut/records.json":        `[{"service":"a","artifact":"b"}`,
		"nothing/values.yaml":     "a: 1\n",
		"kustomization.yaml":      "resources: []\n",
		"template.yaml":           "a: {{ .Values.a }}\n",
		"values.yaml":             "a: 1\n",
		"empty/none.txt":          "",
		"patch/delete.patch.yaml": "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, $patch: delete}",
	})
	tests := []struct {
		path, want, hint string
	}{
		{"missing", "missing: cannot be read: no such file", ""},
		{"broken", "b.yaml: 2: ", ""},
		{"cut", "records.json: 1:32: the document ends inside", ""},
		{"nothing", "nothing: no manifests and no records in it", "values.yaml: neither"},
		{"empty", "no manifests and no records in it", ""},
		{"kustomization.yaml", "a kustomization that was not rendered", "render first: kustomize build"},
		{"template.yaml", "a Helm template that was not rendered", "render first: helm template"},
		{"values.yaml", "neither a Kubernetes object", ""},
		{"patch", "Deployment/a has no spec", "if this is a patch"},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			t.Parallel()
			out, err := Read(t.Context(), []string{filepath.Join(dir, "good"), filepath.Join(dir, tt.path)})
			if err == nil {
				t.Fatalf("accepted: %+v", out)
			}
			if !strings.Contains(err.Error(), tt.want) || fault.KindOf(err) != fault.Invalid || !strings.Contains(fault.HintOf(err), tt.hint) {
				t.Errorf("got %s %v (hint %q), want %q (hint %q)", fault.KindOf(err), err, fault.HintOf(err), tt.want, tt.hint)
			}
		})
	}
	if _, err := Read(t.Context(), nil); fault.KindOf(err) != fault.Invalid {
		t.Errorf("no paths: %v", err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Read(stopped, []string{filepath.Join(dir, "good")}); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

func TestReadBounds(t *testing.T) {
	t.Parallel()
	c := collector{bytes: maxCall - 3}
	if _, err := c.read(strings.NewReader("12"), "a"); err != nil {
		t.Error(err)
	}
	if _, err := c.read(strings.NewReader("34"), "a"); err == nil || !strings.Contains(err.Error(), "a: more than 200 MiB") {
		t.Errorf("got %v", err)
	}
	c = collector{files: maxFiles}
	if _, err := c.read(strings.NewReader(""), "a"); err == nil {
		t.Error("too many files accepted")
	}
}

// What the real products declare, as counted by the kind lines of their files.
func TestRealProducts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		path                        string
		workloads, doors, resources int
		door                        string // "service address via" of one of them
	}{
		{"sock-shop/deploy/kubernetes/complete-demo.yaml", 14, 1, 15, "front-end node:30001/TCP Service/sock-shop/front-end (NodePort)"},
		{"sock-shop/deploy/kubernetes/manifests", 14, 1, 15, "front-end node:30001/TCP Service/sock-shop/front-end (NodePort)"},
		{"online-boutique/kubernetes-manifests", 12, 1, 23, "frontend load-balancer:80/TCP Service/frontend-external (LoadBalancer)"},
		{"online-boutique/release", 12, 2, 25, "frontend load-balancer:80/TCP Service/frontend-external (LoadBalancer)"},
		{"istio-bookinfo/platform/kube", 29, 18, 41, "productpage-v1 */login Ingress/gateway"},
		{"argocd-example-apps", 28, 1, 20, "front-end sockshop.apps.argoproj.io/ Ingress/front-end-ingress"},
		{"kubernetes-examples/web", 14, 9, 11, "guestbook load-balancer:3000/TCP Service/guestbook (LoadBalancer)"},
	}
	for _, tt := range tests {
		t.Run(strings.ReplaceAll(tt.path, "/", "_"), func(t *testing.T) {
			t.Parallel()
			out, err := Read(t.Context(), []string{realdata.Dir(t, "products", tt.path)})
			if err != nil {
				t.Fatal(err)
			}
			doors, found := 0, false
			for _, w := range out[0].Workloads {
				doors += len(w.Doors)
				for _, d := range w.Doors {
					found = found || d.Public && w.Service+" "+d.Address+" "+d.Via == tt.door
				}
			}
			got := []int{len(out), len(out[0].Workloads), doors, len(out[0].Resources)}
			if diff := cmp.Diff([]int{1, tt.workloads, tt.doors, tt.resources}, got); diff != "" {
				t.Error(diff)
			}
			if !found {
				t.Errorf("no door %q", tt.door)
			}
		})
	}
}

// A folder of examples that were never meant to be deployed together holds a
// document with a repeated key: the whole call is refused, with the place.
func TestRealRefusal(t *testing.T) {
	t.Parallel()
	_, err := Read(t.Context(), []string{realdata.Dir(t, "products/kubernetes-examples")})
	if err == nil || !strings.Contains(err.Error(), `openshift-origin/etcd-controller.yaml: 13: key "selector" already set`) {
		t.Errorf("got %v", err)
	}
}

package deploy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What was joined reads like the files that it was joined from.
func TestJoinReadsLikeItsParts(t *testing.T) {
	t.Parallel()
	manifest := func(name string) string {
		return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " + name + "}\nspec: {template: {spec: {containers: [{name: c, image: example.org/" + name + ":1}]}}}\n"
	}
	record := func(name string) string {
		return `{"service":"` + name + `","environment":"prod","artifact":"example.org/` + name + `:1","replicas":1}`
	}
	inJSON := `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"j"},"spec":{"template":{"spec":{"containers":[{"name":"c","image":"example.org/j:1"}]}}}}`
	cases := []struct {
		name    string
		files   map[string]string
		records bool
		ignored int
		fails   string
	}{
		{name: "manifests", files: map[string]string{"a.yaml": manifest("a"), "b.yml": "---\n" + manifest("b") + "---\n" + manifest("c")}},
		{name: "manifests_in_both", files: map[string]string{"a.yaml": strings.TrimSuffix(manifest("a"), "\n"), "b.json": inJSON, "c.yaml": manifest("c")}},
		{name: "manifests_in_json", files: map[string]string{"a.json": inJSON, "b.json": strings.ReplaceAll(inJSON, `"j"`, `"k"`)}},
		{name: "arrays", files: map[string]string{"a.json": "[" + record("a") + "]", "b.json": "[" + record("b") + "," + record("c") + "]"}, records: true},
		{name: "lines_and_arrays", files: map[string]string{"a.ndjson": record("a") + "\n" + record("b"), "b.json": "[" + record("c") + "]"}, records: true},
		{name: "with_a_mark", files: map[string]string{"a.json": "\ufeff[" + record("a") + "]", "b.json": "\ufeff[" + record("b") + "]"}, records: true},
		{name: "nothing_runs", files: map[string]string{"a.json": "[]"}, records: true},
		{name: "strangers", files: map[string]string{"a.yaml": manifest("a"), "values.yaml": "x: 1", "l.json": "[]"}, ignored: 2},
		{name: "both", files: map[string]string{"a.yaml": manifest("a"), "b.json": "[" + record("b") + "]"}, fails: "manifests and records together"},
		{name: "nothing", files: map[string]string{"a.yaml": "x: 1"}, fails: "no manifests and no records"},
	}
	for _, x := range cases {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for name, text := range x.files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got, err := Join(t.Context(), []string{dir})
			if x.fails != "" {
				if err == nil || !strings.Contains(err.Error(), x.fails) {
					t.Fatalf("got %v, want %q", err, x.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.Records != x.records || len(got.Ignored) != x.ignored {
				t.Errorf("records %v, ignored %v", got.Records, got.Ignored)
			}
			joined := filepath.Join(t.TempDir(), "document")
			if err := os.WriteFile(joined, got.Body, 0o600); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(summary(t, dir), summary(t, joined)); d != "" {
				t.Errorf("(-parts +joined)\n%s", d)
			}
		})
	}
}

// summary lists what a path says, without where it says it.
func summary(t *testing.T, path string) (out []string) {
	t.Helper()
	list, err := Read(t.Context(), []string{path})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range list {
		for _, w := range d.Workloads {
			out = append(out, string(d.Class)+" workload "+w.Service)
		}
		for _, r := range d.Records {
			out = append(out, string(d.Class)+" record "+r.Service)
		}
	}
	return out
}

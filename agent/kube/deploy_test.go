package kube

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v2"
)

// document is one object of YAML.
type document = map[string]any

func documents(t testing.TB, text string) map[string]document {
	t.Helper()
	out := map[string]document{}
	for _, part := range strings.Split("\n"+text, "\n---\n") {
		var raw any
		if err := yaml.Unmarshal([]byte(part), &raw); err != nil {
			t.Fatalf("%v in %s", err, part)
		}
		if raw == nil {
			continue
		}
		d := stringKeys(raw).(document)
		out[fmt.Sprint(d["kind"])] = d
	}
	return out
}

func stringKeys(v any) any {
	switch v := v.(type) {
	case map[any]any:
		out := document{}
		for k, x := range v {
			out[fmt.Sprint(k)] = stringKeys(x)
		}
		return out
	case []any:
		for i := range v {
			v[i] = stringKeys(v[i])
		}
	}
	return v
}

func shipped(t testing.TB, elem ...string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(append([]string{"..", "..", "deploy"}, elem...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func get(t testing.TB, v any, path ...any) any {
	t.Helper()
	for _, p := range path {
		switch p := p.(type) {
		case string:
			v = v.(document)[p]
		case int:
			v = v.([]any)[p]
		}
	}
	return v
}

// The role that is shipped lets the agent read exactly what it reads.
func TestShippedRole(t *testing.T) {
	t.Parallel()
	role := documents(t, shipped(t, "agent", "tidemark-agent.yaml"))["ClusterRole"]
	var may []string
	for _, rule := range role["rules"].([]any) {
		if d := cmp.Diff([]any{"get", "list", "watch"}, get(t, rule, "verbs")); d != "" {
			t.Error(d)
		}
		for _, group := range get(t, rule, "apiGroups").([]any) {
			for _, resource := range get(t, rule, "resources").([]any) {
				may = append(may, fmt.Sprintf("%s/%s", group, resource))
			}
		}
	}
	var needs []string
	for _, k := range kinds() {
		needs = append(needs, k.resource.Group+"/"+k.resource.Resource)
	}
	slices.Sort(may)
	slices.Sort(needs)
	if d := cmp.Diff(needs, may); d != "" {
		t.Error(d)
	}
	if slices.ContainsFunc(may, func(s string) bool { return strings.Contains(s, "secrets") || strings.Contains(s, "*") }) {
		t.Error(may)
	}
}

// The pod that is shipped may do nothing that it need not.
func TestShippedPod(t *testing.T) {
	t.Parallel()
	all := documents(t, shipped(t, "agent", "tidemark-agent.yaml"))
	pod := get(t, all["Deployment"], "spec", "template", "spec")
	c := get(t, pod, "containers", 0)
	for name, x := range map[string]struct{ got, want any }{
		"replicas":   {get(t, all["Deployment"], "spec", "replicas"), 1},
		"strategy":   {get(t, all["Deployment"], "spec", "strategy", "type"), "Recreate"},
		"non-root":   {get(t, pod, "securityContext", "runAsNonRoot"), true},
		"seccomp":    {get(t, pod, "securityContext", "seccompProfile", "type"), "RuntimeDefault"},
		"escalation": {get(t, c, "securityContext", "allowPrivilegeEscalation"), false},
		"root":       {get(t, c, "securityContext", "readOnlyRootFilesystem"), true},
		"drops":      {get(t, c, "securityContext", "capabilities", "drop"), []any{"ALL"}},
		"restricted": {get(t, all["Namespace"], "metadata", "labels", "pod-security.kubernetes.io/enforce"), "restricted"},
		"account":    {get(t, all["ServiceAccount"], "automountServiceAccountToken"), false},
	} {
		if d := cmp.Diff(x.want, x.got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// The chart says the same as the manifests.
func TestShippedChart(t *testing.T) {
	t.Parallel()
	chart := filepath.Join("..", "..", "deploy", "charts", "tidemark-agent", "templates")
	var values, about any
	for name, into := range map[string]*any{"values.yaml": &values, "Chart.yaml": &about} {
		if err := yaml.Unmarshal([]byte(shipped(t, "charts", "tidemark-agent", name)), into); err != nil {
			t.Fatal(err)
		}
	}
	given := stringKeys(values).(document)
	given["server"], given["cluster"], given["token"] = "https://tidemark.example.org", "REPLACE_WITH_THE_NAME_OF_THE_CLUSTER", "REPLACE_WITH_THE_TOKEN"
	data := document{
		"Values": given, "Release": document{"Name": "tidemark-agent", "Namespace": "tidemark-agent"},
		"Chart": document{"AppVersion": stringKeys(about).(document)["appVersion"]},
	}
	text, err := render(chart, data)
	if err != nil {
		t.Fatal(err)
	}
	got, want := documents(t, text), documents(t, shipped(t, "agent", "tidemark-agent.yaml"))
	delete(want, "Namespace") // the release's own
	delete(get(t, got["Deployment"], "spec", "template", "spec", "containers", 0).(document), "imagePullPolicy")
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	given["existingSecret"], given["args"] = "mine", []any{"--environment=production"}
	if text, err = render(chart, data); err != nil {
		t.Fatal(err)
	}
	if got := documents(t, text); got["Secret"] != nil || get(t, got["Deployment"], "spec", "template", "spec", "volumes", 0, "secret", "secretName") != "mine" || !strings.Contains(text, `- "--environment=production"`) {
		t.Error(text)
	}
	for _, name := range []string{"server", "cluster"} {
		was := given[name]
		given[name] = ""
		if _, err := render(chart, data); err == nil {
			t.Errorf("the chart does without %s", name)
		}
		given[name] = was
	}
}

// render does what Helm does, as far as the chart needs it.
func render(dir string, data any) (string, error) {
	funcs := template.FuncMap{
		"quote":  func(v any) string { return fmt.Sprintf("%q", fmt.Sprint(v)) },
		"toYaml": func(v any) (string, error) { b, err := yaml.Marshal(v); return strings.TrimSpace(string(b)), err },
		"nindent": func(n int, s string) string {
			return "\n" + strings.Repeat(" ", n) + strings.ReplaceAll(s, "\n", "\n"+strings.Repeat(" ", n))
		},
		"default": func(usual, v any) any {
			if v == nil || v == "" {
				return usual
			}
			return v
		},
		"required": func(why string, v any) (any, error) {
			if v == nil || v == "" {
				return nil, fmt.Errorf("%s", why)
			}
			return v, nil
		},
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		t, err := template.New(file).Funcs(funcs).Option("missingkey=error").Parse(string(raw))
		if err != nil {
			return "", err
		}
		out.WriteString("\n---\n")
		if err := t.Execute(&out, data); err != nil {
			return "", err
		}
	}
	return out.String(), nil
}

package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
)

// everyAnswer are command lines of all commands that answer, over the small
// world with a workload in it.
func everyAnswer(t *testing.T) (c *cli, lines [][]string) {
	t.Helper()
	c = smallWorld(t)
	c.now = on(11, 0)
	c.run(0, "ingest", "deploy", file(t, "r.json", record("shop", weakImg, `,"doors":[{"address":"shop:443","public":true}]`)), "--source", "s")
	c.run(0, "ingest", "deploy", file(t, "pods.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: front}\nspec: {template: {metadata: {labels: {app: front}}, spec: {containers: [{name: c, image: 'example.org/front:1'}]}}}\n"),
		"--environment", "lab", "--source", "m")
	exp := c.only("svc:shop env:prod").ID
	act := read[api.List[api.Action]](c, "actions", "list", "-q", "svc:shop").Items[0].ID
	c.run(0, "user", "create", "ann", "--role", "viewer", "--invite")
	sbom, feeds := file(t, "again.json", mendedBOM), smallIntel(t)
	hub, _ := forges(t)
	return c, [][]string{
		hub,
		{"exposures", "list"},
		{"exposures", "show", exp},
		{"exposures", "explain", exp},
		{"explain", exp},
		{"affected", "CVE-2026-0001"},
		{"affected", "CVE-1999-0001"},
		{"actions", "list"},
		{"actions", "show", act},
		{"measure", "funnel"},
		{"measure", "trend"},
		{"measure", "coverage"},
		{"twin", "get", "workloads"},
		{"twin", "get", "artifacts"},
		{"twin", "get", "components"},
		{"twin", "get", "services"},
		{"twin", "get", "sources"},
		{"twin", "get", "products"},
		{"twin", "get", "endpoints"},
		{"twin", "get", "identities"},
		{"twin", "get", "things"},
		{"twin", "get", "kinds"},
		{"twin", "show", "Workload", "shop", "--scope", "prod"},
		{"twin", "tree"},
		{"twin", "diff", "--from", "2026-01-01"},
		{"twin", "coverage"},
		{"twin", "own", "shop"},
		{"twin", "chain", "shop"},
		{"twin", "drift"},
		{"twin", "sbom", weakDigest},
		{"twin", "doors"},
		{"twin", "access"},
		{"twin", "facts"},
		{"twin", "reach", "internet", "front", "--port", "80"},
		{"twin", "flows", "--service", "shop"},
		{"scan", sbom, "--intel", feeds},
		{"gate", "--sbom", sbom, "--intel", feeds},
		{"intel", "compile", "--from", feeds, "--out", filepath.Join(t.TempDir(), "feeds.tmidx")},
		{"intel", "bundle", "--from", feeds, "--out", filepath.Join(t.TempDir(), "feeds.tmb")},
		{"intel", "update", "--from", feeds},
		{"ingest", "sbom", sbom},
		{"ingest", "deploy", file(t, "none.json", `[]`), "--source", "t", "--environment", "dev"},
		{"audit", "verify"},
		{"audit", "list"},
		{"scope", "apply", file(t, "scope.yaml", parityScope)},
		{"scope", "show"},
		{"scope", "history"},
		{"user", "list"},
		{"user", "disable", "ann"},
		{"token", "create", "--role", "source", "--source", "ci", "--expires", "90d"},
		{"token", "list"},
		{"doctor"},
		{"version"},
		{"intel", "status"},
		{"intel", "events"},
		{"webhook", "add", "https://hooks.example.org/in", "--kind", "kev.added"},
		{"webhook", "list"},
		{"exposures", "show", "EXP-NONE"},
	}
}

// pages are the documents that only a server gives, to its own pages.
var pages = []string{
	"compacted", "drill", "event", "exposure-page", "facets", "first-run", "groups", "intel-changes", "job", "matrix", "overview", "product", "products", "receipt", "search", "session", "webhook-test",
}

// Every document that a command prints is what its published schema says.
func TestEveryDocumentIsWhatItsSchemaSays(t *testing.T) {
	t.Parallel()
	schemas := map[string]map[string]any{}
	files, err := filepath.Glob(filepath.Join("..", "..", "docs", "schemas", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var s map[string]any
		if err := json.Unmarshal(b, &s); err != nil {
			t.Fatal(err)
		}
		schemas[s["title"].(string)] = s
	}
	seen := map[string]bool{}
	c, lines := everyAnswer(t)
	for _, args := range lines {
		var doc map[string]any
		want := 0
		if slices.Contains(args, "EXP-NONE") {
			want = command.ExitNotFound
		}
		if err := json.Unmarshal([]byte(c.run(want, append(args, "-o", "json")...)), &doc); err != nil {
			t.Fatal(err)
		}
		name, ok := doc["schema"].(string)
		if !ok {
			name = "tidemark.error/v1"
		}
		seen[name] = true
		if schemas[name] == nil {
			t.Errorf("%v: no schema is published for %q", args, name)
			continue
		}
		for _, fault := range violations(doc, schemas[name], name) {
			t.Errorf("%v: %s", args, fault)
		}
	}
	for name := range schemas {
		if !seen[name] && !slices.Contains(pages, strings.TrimSuffix(strings.TrimPrefix(name, "tidemark."), "/v1")) {
			t.Errorf("no command of this test prints %s", name)
		}
	}
}

// violations are the places at which a value is not what a schema says. Fields
// that the schema does not know count as well.
func violations(v any, schema map[string]any, path string) (out []string) {
	if want, ok := schema["const"]; ok && v != want {
		return []string{path + " is not " + want.(string)}
	}
	if !isOfType(v, schema["type"]) {
		b, _ := json.Marshal(v)
		return []string{path + " has the wrong type: " + string(b)}
	}
	if len(schema) == 0 {
		return nil // anything: what a source says of a thing
	}
	switch v := v.(type) {
	case []any:
		for i, it := range v {
			out = append(out, violations(it, schema["items"].(map[string]any), path+"["+strconv.Itoa(i)+"]")...)
		}
	case map[string]any:
		required, _ := schema["required"].([]any)
		for _, name := range required {
			if _, ok := v[name.(string)]; !ok {
				out = append(out, path+" lacks "+name.(string))
			}
		}
		props, _ := schema["properties"].(map[string]any)
		for name, it := range v {
			below, ok := props[name].(map[string]any)
			if !ok {
				below, ok = schema["additionalProperties"].(map[string]any)
			}
			if !ok {
				out = append(out, path+" has an unknown field "+name)
				continue
			}
			out = append(out, violations(it, below, path+"."+name)...)
		}
	}
	return out
}

func isOfType(v, allowed any) bool {
	switch allowed := allowed.(type) {
	case nil:
		return true
	case []any:
		return slices.ContainsFunc(allowed, func(one any) bool { return isOfType(v, one) })
	case string:
		switch v := v.(type) {
		case nil:
			return allowed == "null"
		case string:
			return allowed == "string"
		case bool:
			return allowed == "boolean"
		case float64:
			return allowed == "number" || allowed == "integer" && v == float64(int64(v))
		case []any:
			return allowed == "array"
		}
		return allowed == "object"
	}
	return false
}

// Every command has every form of output: a form that is refused after a
// command has stored something would call a success a failure.
func TestEveryCommandHasEveryForm(t *testing.T) {
	t.Parallel()
	c, commands := everyAnswer(t)
	for _, args := range commands {
		if slices.Contains(args, "EXP-NONE") {
			continue
		}
		rows, err := csv.NewReader(strings.NewReader(c.run(0, append(args, "-o", "csv")...))).ReadAll()
		if err != nil || len(rows) == 0 {
			t.Errorf("%v as CSV: %d rows, %v", args, len(rows), err)
		}
		for line := range strings.Lines(c.run(0, append(args, "-o", "ndjson")...)) {
			if !json.Valid([]byte(line)) {
				t.Errorf("%v as NDJSON: %q", args, line)
			}
		}
		c.run(0, append(args, "-o", "table")...)
	}
}

// A scan follows links to documents, and a folder that is itself a link.
func TestScanFollowsLinks(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	dir, link := t.TempDir(), filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(file(t, "weak.json", weakSBOM), filepath.Join(dir, "a.json")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	feeds := smallIntel(t)
	for _, path := range []string{dir, link} {
		got := read[api.Matches](c, "scan", path, "--intel", feeds)
		if len(got.Items) != 1 || got.Items[0].SBOM != filepath.Join(path, "a.json") {
			t.Errorf("%s: %+v", path, got.Items)
		}
	}
}

// The doctor looks at all that it says it looks at, the clock among it.
func TestDoctorLooksAtTheClock(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	status := func() string {
		t.Helper()
		for _, check := range read[api.Doctor](c, "doctor").Checks {
			if check.Name == "clock" {
				return check.Status
			}
		}
		return "not looked at"
	}
	if got := status(); got != local.CheckOK {
		t.Errorf("at the time of the newest record: %s", got)
	}
	c.now = on(9, 0)
	if got := status(); got != local.CheckWarning {
		t.Errorf("a day before it: %s", got)
	}
}

// A key that does not exist is named so, whatever it is compared with.
func TestAQueryNamesTheNearestKey(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	for _, query := range []string{"scor:3", "scor:>3", "-scor:>=3", "scor:1..3"} {
		out := c.run(command.ExitUsage, "exposures", "list", "-q", query, "-o", "json")
		var doc api.Error
		if err := json.Unmarshal([]byte(out), &doc); err != nil || doc.Error.Hint != `did you mean "score"?` {
			t.Errorf("%s: %s, %v", query, out, err)
		}
	}
}

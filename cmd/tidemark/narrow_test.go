package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/api"
)

// marker is in every name of the product that the viewers below may not see.
const marker = "zzhidden"

const openScope = `schema: tidemark.scope/v1
owners:
  - {name: team-open}
products:
  - {name: open, title: Open, tier: 2}
services:
  - {name: shop, products: [open], owner: team-open}
  - {name: both, products: [open], owner: team-open}
`

const wholeScope = `schema: tidemark.scope/v1
owners:
  - {name: team-open}
  - {name: zzhidden-team}
products:
  - {name: open, title: Open, tier: 2}
  - {name: zzhidden-product, title: zzhidden title, tier: 1}
services:
  - {name: shop, products: [open], owner: team-open}
  - {name: both, products: [open, zzhidden-product], owner: team-open}
  - {name: zzhidden-service, products: [zzhidden-product], owner: zzhidden-team}
`

// split is a server with a product that all may see and, in the whole one, a
// product beside it that the narrow ones may not.
func split(t *testing.T, whole bool, said string) (s *served, narrow map[string]string) {
	t.Helper()
	c := &cli{t: t, where: []string{"--data", t.TempDir()}}
	c.run(0, "intel", "update", "--from", smallIntel(t))
	c.run(0, "ingest", "sbom", file(t, "weak.json", weakSBOM), "--artifact", weakImg)
	places := strings.TrimSuffix(record("shop", weakImg, ""), "]") + "," + strings.TrimPrefix(record("both", weakImg, ""), "[")
	c.run(0, "ingest", "deploy", file(t, "r.json", places), "--source", "c1")
	if whole {
		image := "example.org/zzhidden:1.0@sha256:" + strings.Repeat("c", 64)
		bom := strings.ReplaceAll(weakSBOM, `]}`, `,{"type":"library","name":"zzhidden-part","version":"1.0.0","purl":"pkg:npm/zzhidden-part@1.0.0"}]}`)
		c.run(0, "ingest", "sbom", file(t, "hidden.json", bom), "--artifact", image)
		c.run(0, "ingest", "deploy", file(t, "h.json", record("zzhidden-service", image, "")), "--source", "zzhidden-cluster")
	}
	c.run(0, "scope", "apply", file(t, "scope.yaml", said))
	narrow = map[string]string{
		"viewer of a product": c.token("viewer", "--product", "open"),
		"owner":               c.token("owner", "--team", "team-open"),
		"nothing":             c.token("viewer", "--product", "no-such"),
		"source":              c.token("source", "--source", "c1"),
	}
	return start(t, c.where...), narrow
}

// getters are the addresses of every GET of the description, with what it needs.
func (s *served) getters(t *testing.T) []string {
	t.Helper()
	doc := want[struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}](s, 200, "GET", "/openapi.json", "")
	exposures := want[api.List[api.Exposure]](s, 200, "GET", "/api/v1/exposures", "")
	actions := want[api.List[api.Action]](s, 200, "GET", "/api/v1/actions", "")
	receipts := want[api.List[api.ReceiptStatus]](s, 200, "GET", "/api/v1/receipts", "")
	artifacts := want[api.List[api.Artifact]](s, 200, "GET", "/api/v1/artifacts", "")
	ids := map[string][]string{"products": {"open", "zzhidden-product"}}
	for _, a := range artifacts.Items {
		ids["artifacts"] = append(ids["artifacts"], a.ID) // the name of its file would tell
	}
	for _, e := range exposures.Items {
		ids["exposures"] = append(ids["exposures"], e.ID)
	}
	for _, a := range actions.Items {
		ids["actions"] = append(ids["actions"], a.ID)
	}
	for _, r := range receipts.Items {
		ids["receipts"] = append(ids["receipts"], r.ID)
	}
	more := map[string][]string{
		"/api/v1/search":           {"text=zzh", "text=left", "text=CVE-2026-0001", "text=open", "text=team"},
		"/api/v1/affected":         {"what=CVE-2026-0001", "what=left", "what=zzhidden-part", "what=pkg:npm/left"},
		"/api/v1/exposures/groups": {"by=fix", "by=weakness", "by=service", "by=owner", "by=environment", "by=product"},
		"/api/v1/intel/changes":    {"", "all=true"},
		"/api/v1/exposures":        {"", "q=zzhidden", "q=svc:zzhidden-service", "q=product:zzhidden-product", "q=is:live,closed", "as_of=" + time.Now().UTC().Format(time.RFC3339)},
		"/api/v1/workloads/facets": {"", "keys=product,owner,source", "q=product:none,*", "q=-owner:team-open"},
		"/api/v1/workloads":        {"", "q=product:zzhidden-product", "q=-product:zzhidden-product", "q=product:none,*", "sort=-owner,env", "limit=1&sort=owner"},
		"/api/v1/services":         {"", "q=product:zzhidden-product", "q=-product:zzhidden-product", "sort=-owner", "limit=1"},
		"/api/v1/artifacts":        {"", "q=product:zzhidden-product", "q=-product:zzhidden-product", "q=env:prod", "sort=-name", "limit=1"},
		"/api/v1/components":       {"", "q=product:zzhidden-product", "q=-product:zzhidden-product", "sort=-purl"},
		"/api/v1/exposures/facets": {"", "keys=" + url.QueryEscape("service,owner,product,source,env,weakness,locus,image")},
	}
	var out []string
	for path, item := range doc.Paths {
		if path == "/api/v1/events" {
			continue // it has no end; package events tests what narrow listeners get
		}
		if item["get"] == nil {
			continue
		}
		before, after, ok := strings.Cut(path, "{")
		if ok {
			_, rest, _ := strings.Cut(after, "}")
			for _, id := range ids[strings.Trim(strings.TrimPrefix(before, "/api/v1/"), "/")] {
				out = append(out, before+id+rest)
			}
			continue
		}
		for _, q := range append(more[path], "")[:max(1, len(more[path]))] {
			out = append(out, strings.TrimSuffix(path+"?"+q, "?"))
		}
	}
	slices.Sort(out)
	return out
}

// TestRightsByData asks every GET as somebody who may see one product of two:
// neither a name nor a number of the other is in any answer, and the numbers
// are those of a store that has the one product alone.
func TestRightsByData(t *testing.T) {
	t.Parallel()
	alone, same := split(t, false, openScope)
	for _, x := range []struct {
		name, scope string
		but         string // who owns a service of the hidden product, and knows
	}{
		{"a service in both", wholeScope, "owner"},
		{"apart", strings.Replace(wholeScope, "[open, zzhidden-product]", "[open]", 1), ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			whole, narrow := split(t, true, x.scope)
			delete(narrow, x.but)
			paths := whole.getters(t)
			if len(paths) < 40 {
				t.Fatalf("only %d addresses: %q", len(paths), paths)
			}
			compare(t, paths, [2]*served{whole, alone}, [2]map[string]string{narrow, same})
		})
	}
}

// compare asks both servers, each with the tokens of its own.
func compare(t *testing.T, paths []string, servers [2]*served, tokens [2]map[string]string) {
	t.Helper()
	whole, alone, narrow, same := servers[0], servers[1], tokens[0], tokens[1]
	for role, token := range narrow {
		seen := 0
		for _, path := range paths {
			code, _, body := whole.ask("GET", path, "", "Authorization", "Bearer "+token)
			if code >= 500 {
				t.Errorf("%s, %s: %d %s", role, path, code, body)
			}
			if code != 404 && strings.Contains(answered(path, body), marker) { // what is not there repeats the question only
				t.Errorf("%s, %s: %d tells of what is hidden:\n%s", role, path, code, body)
			}
			if code != 200 {
				continue
			}
			seen++
			lone, _, want := alone.ask("GET", path, "", "Authorization", "Bearer "+same[role])
			if lone != 200 && strings.Contains(path, "/receipts/") || strings.Contains(path, "as_of=") {
				continue // of the other server, or of its time
			}
			if d := cmp.Diff(counts(want), counts(body)); d != "" {
				t.Errorf("%s, %s: other numbers than without the hidden product:\n%s", role, path, d)
			}
		}
		t.Logf("%s: %d of %d were answered", role, seen, len(paths))
		if role == "source" && seen > 2 { // the session, and the login page's words
			t.Errorf("a source reads %d", seen)
		}
	}
}

// answered is what an answer says beyond the question that it repeats.
func answered(path, body string) string {
	if _, q, ok := strings.Cut(path, "?"); ok && strings.Contains(q, "zzh") {
		if asked, err := url.ParseQuery(q); err == nil && strings.HasPrefix(path, "/api/v1/twin/") {
			for _, list := range asked {
				body = strings.NewReplacer(`"`+list[0]+`"`, "", "flows of "+list[0]+".", "").Replace(body)
			}
		}
		for _, word := range []string{"svc:zzhidden-service", "product:zzhidden-product", "zzhidden-part", `"query":"zzhidden"`} {
			if strings.Contains(q, word) || strings.HasPrefix(word, `"`) {
				body = strings.ReplaceAll(body, word, "")
			}
		}
		return body
	}
	if i := strings.LastIndex(path, "/"); strings.Contains(path[i:], marker) {
		return strings.ReplaceAll(body, path[i+1:], "")
	}
	return body
}

// counts are all numbers of a document that count something, by where they are.
func counts(body string) map[string]string {
	var doc any
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		return map[string]string{"unreadable": body}
	}
	out := map[string]string{}
	gather(out, "", doc)
	return out
}

func gather(out map[string]string, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for key, x := range v {
			gather(out, path+"."+key, x)
		}
	case []any:
		out[path+"[]"] = fmt.Sprint(len(v))
		for i, x := range v {
			gather(out, fmt.Sprintf("%s[%d]", path, i), x)
		}
	case float64:
		key := path[strings.LastIndex(path, ".")+1:]
		if slices.Contains([]string{"total", "count", "in", "searched", "workloads", "covered", "artifacts", "components", "unowned", "regressions", "open", "rejected"}, key) {
			out[path] = fmt.Sprint(v)
		}
	}
}

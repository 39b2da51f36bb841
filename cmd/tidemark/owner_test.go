package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/api"
)

// ownedManifest is a deployment of Kubernetes with a mark of its team.
const ownedManifest = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
  namespace: retail
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop, team: basket}}
    spec: {containers: [{name: web, image: "` + weakImg + `"}]}
`

// Who owns a workload is what lists, decisions and the tester say alike: by a mark,
// then by a rule of the scope, the last that fits, then by the scope's own word.
func TestTheOwnerInForce(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	c.now = on(11, 0)
	c.run(0, "ingest", "deploy", file(t, "shop.yaml", ownedManifest), "--environment", "prod")
	const head = "schema: tidemark.scope/v1\nowners: [{name: basket}, {name: retail}, {name: web}]\n"
	for _, x := range []struct{ scope, owner, kind string }{
		{"", "basket", "mark"},
		{head + "ownership:\n- {service: '*', owner: web}\n- {namespace: 'ret*', owner: retail}\n", "retail", "rule"},
		{head + "services: [{name: shop, owner: web}]\nownership:\n- {namespace: 'ret*', owner: retail}\n", "web", "service"},
		{head + "ownership:\n- {namespace: 'ret*', owner: retail}\n- {service: shop}\n", "", "rule"},
		{head, "basket", "mark"},
	} {
		if x.scope != "" {
			c.run(0, "scope", "apply", file(t, "scope.yaml", x.scope))
		}
		own := read[api.Ownership](c, "twin", "own", "shop", "--environment", "prod").Items[0]
		kind := ""
		for _, r := range own.Tried {
			if r.Verdict == "won" {
				kind = r.Kind
			}
		}
		if own.Owner != x.owner || kind != x.kind {
			t.Errorf("the tester says %q by %s, want %q by %s", own.Owner, kind, x.owner, x.kind)
		}
		w := read[api.List[api.Workload]](c, "twin", "get", "workloads", "-q", "service:shop").Items[0]
		if w.Owner != x.owner {
			t.Errorf("the list says %q, want %q", w.Owner, x.owner)
		}
		query := "owner:" + x.owner
		if x.owner == "" {
			query = "owner:none"
		}
		if n := read[api.List[api.Workload]](c, "twin", "get", "workloads", "-q", query).Total; n != 1 {
			t.Errorf("%d workloads of %s", n, query)
		}
		for _, e := range read[api.List[api.Exposure]](c, "exposures", "list", "-q", "svc:shop env:prod").Items {
			if e.Owner != x.owner {
				t.Errorf("a decision says %v, want %q", e.Owner, x.owner)
			}
		}
	}
}

// codeWorld is a store in which connect told of a repository with CODEOWNERS, and an
// attestation says that shop's image is built from it.
func codeWorld(t *testing.T) *cli {
	t.Helper()
	c := smallWorld(t)
	c.now = on(11, 0)
	github, _ := forges(t)
	c.run(0, github...)
	c.run(0, "ingest", "deploy", file(t, "shop.json", record("shop", weakImg, "")), "--source", "s")
	_, digest, _ := strings.Cut(weakImg, "@sha256:")
	c.run(0, "ingest", "attestation", file(t, "a.json", fmt.Sprintf(`{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://slsa.dev/provenance/v1","subject":[{"name":"shop","digest":{"sha256":%q}}],
		"predicate":{"buildDefinition":{"resolvedDependencies":[{"uri":"git+https://github.com/shop/web@refs/heads/main","digest":{"gitCommit":"c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00"}}]},
		"runDetails":{"builder":{"id":"b"},"metadata":{"finishedOn":"2026-01-02T04:05:06Z"}}}}`, digest)))
	return c
}

// Who owns the code of a repository owns what runs of it, where nothing nearer says
// otherwise; the tester shows every rule that was tried.
func TestOwnedByTheCode(t *testing.T) {
	t.Parallel()
	c := codeWorld(t)
	const head = "schema: tidemark.scope/v1\nowners: [{name: near}, {name: goods}]\n"
	for _, x := range []struct{ scope, owner, kind string }{
		{"", "@shop/all", "codeowners"},
		{head + "products: [{name: p, owner: goods, tier: 2}]\nservices: [{name: shop, products: [p]}]\n", "goods", "product"},
		{head + "ownership: [{service: shop, owner: near}]\n", "near", "rule"},
		{head, "@shop/all", "codeowners"},
	} {
		if x.scope != "" {
			c.run(0, "scope", "apply", file(t, "scope.yaml", x.scope))
		}
		own := read[api.Ownership](c, "twin", "own", "shop").Items[0]
		tried := map[string]string{}
		for _, r := range own.Tried {
			tried[r.Kind] = r.Verdict
		}
		if own.Owner != x.owner || tried[x.kind] != "won" {
			t.Errorf("%q: the tester says %q, tried %v, want %q by %s", x.scope, own.Owner, tried, x.owner, x.kind)
		}
		if x.kind != "codeowners" && tried["codeowners"] == "" {
			t.Errorf("the rule that lost is not shown: %v", tried)
		}
		w := read[api.List[api.Workload]](c, "twin", "get", "workloads", "-q", "service:shop").Items[0]
		if w.Owner != x.owner {
			t.Errorf("the list says %q, want %q", w.Owner, x.owner)
		}
		for _, e := range read[api.List[api.Exposure]](c, "exposures", "list", "-q", "svc:shop").Items {
			if e.Owner != x.owner {
				t.Errorf("a decision says %v, want %q", e.Owner, x.owner)
			}
		}
	}
}

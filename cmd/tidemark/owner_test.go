package main

import (
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

package main

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/api"
)

// partOf is a part of a cluster with everything that the twin keeps of one: NAME is
// its service, in a namespace and with an account, a door, a policy and rights of
// its own.
const partOf = `apiVersion: v1
kind: ServiceAccount
metadata: {name: NAME-account, namespace: NAME-space}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME, namespace: NAME-space, labels: {app: NAME}}
spec:
  replicas: 2
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec:
      serviceAccountName: NAME-account
      volumes: [{name: c, configMap: {name: NAME-config}}, {name: s, secret: {secretName: NAME-secret}}, {name: h, hostPath: {path: /var/run/docker.sock}}]
      containers:
      - name: NAME-web
        image: IMAGE
        ports: [{containerPort: 8080}]
        securityContext: {privileged: true}
        env: [{name: DATABASE_URL, value: "postgresql://NAME-db.example.com/NAME-base"}]
        volumeMounts: [{name: c, mountPath: /c}, {name: s, mountPath: /s}, {name: h, mountPath: /h}]
---
apiVersion: v1
kind: Service
metadata: {name: NAME, namespace: NAME-space}
spec: {selector: {app: NAME}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: NAME-door, namespace: NAME-space}
spec:
  rules:
  - host: NAME.example.com
    http: {paths: [{path: /NAME, pathType: Prefix, backend: {service: {name: NAME, port: {number: 80}}}}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: NAME-policy, namespace: NAME-space}
spec: {podSelector: {matchLabels: {app: NAME}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {}}]}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: NAME-role, namespace: NAME-space}
rules: [{apiGroups: [""], resources: [secrets, pods], verbs: [get, list, create]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: NAME-binding, namespace: NAME-space}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: NAME-role}
subjects: [{kind: ServiceAccount, name: NAME-account, namespace: NAME-space}]
`

// digestOf is that of the image of a part.
func digestOf(letter string) string { return "sha256:" + strings.Repeat(letter, 64) }

// parts ingests everything about a part.
func parts(t *testing.T, c *cli, name, letter string) {
	t.Helper()
	image := "example.org/" + name + ":1.0@" + digestOf(letter)
	c.run(0, "ingest", "sbom", file(t, name+"-bom.json", strings.ReplaceAll(weakSBOM, `]}`, `,{"type":"library","name":"`+name+`-part","version":"1.0.0","purl":"pkg:npm/`+name+`-part@1.0.0"}]}`)),
		"--artifact", image)
	c.run(0, "ingest", "deploy", file(t, name+".yaml", strings.NewReplacer("NAME", name, "IMAGE", image).Replace(partOf)), "--environment", "prod", "--source", "git/"+name)
	c.run(0, "ingest", "deploy", file(t, name+"-ran.json", record(name, image, "")), "--source", name+"-cluster")
	c.run(0, "ingest", "attestation", file(t, name+"-att.json", fmt.Sprintf(`{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://slsa.dev/provenance/v1","subject":[{"name":"example.org/%s","digest":{"sha256":%q}}],
		"predicate":{"buildDefinition":{"resolvedDependencies":[{"uri":"git+https://github.com/acme/%s@refs/heads/main","digest":{"gitCommit":"%s"}}]},"runDetails":{"builder":{"id":"%s-builder"},"metadata":{"invocationId":"https://ci.example.com/%s/1"}}}}`,
		name, strings.Repeat(letter, 64), name, strings.Repeat(letter, 40), name, name)))
	c.run(0, "ingest", "ci", file(t, name+"-ci.json", fmt.Sprintf(`{"schema":"tidemark.build/v1","system":"own","run":"%s-run","repository":"https://github.com/acme/%s","commit":%q,"status":"succeeded","artifacts":["example.org/%s@%s"]}`,
		name, name, strings.Repeat(letter, 40), name, digestOf(letter))))
	c.run(0, "ingest", "openapi", file(t, name+"-api.json", `{"openapi":"3.0.3","info":{"title":"`+name+`","version":"1"},"paths":{"/`+name+`/orders":{"get":{"responses":{"200":{"description":"ok"}}}}}}`),
		"--service", name, "--environment", "prod")
	c.run(0, "ingest", "flows", file(t, name+".csv", "from,to,protocol,port\n"+name+",postgresql://"+name+"-orders.example.com/orders,postgresql,5432\n"), "--environment", "prod", "--source", name+"-seen")
}

// splitTwin is a server with one part and, in the whole one, a second that those of
// one product may not see.
func splitTwin(t *testing.T, whole bool) (*served, map[string]string) {
	t.Helper()
	c := &cli{t: t, where: []string{"--data", t.TempDir()}}
	c.run(0, "intel", "update", "--from", smallIntel(t))
	parts(t, c, "shop", "a")
	said := strings.Replace(openScope, "  - {name: both, products: [open], owner: team-open}\n", "", 1)
	if whole {
		parts(t, c, "zzhidden", "b")
		said = strings.NewReplacer("  - {name: both, products: [open, zzhidden-product], owner: team-open}\n", "", "zzhidden-service", "zzhidden").Replace(wholeScope)
	}
	c.run(0, "scope", "apply", file(t, "scope.yaml", said))
	narrow := map[string]string{
		"viewer of a product": c.token("viewer", "--product", "open"),
		"owner":               c.token("owner", "--team", "team-open"),
		"nothing":             c.token("viewer", "--product", "no-such"),
		"source":              c.token("source", "--source", "shop-cluster"),
	}
	return start(t, c.where...), narrow
}

// twinGetters are questions about the twin, the hidden part named in some.
func (s *served) twinGetters(t *testing.T) (out []string) {
	t.Helper()
	const at = "/api/v1/twin/"
	for _, path := range []string{
		"access", "access?q=zzhidden", "access?account=zzhidden-account", "coverage", "diff?from=2020-01-01", "doors", "doors?service=zzhidden", "doors?service=shop",
		"drift", "drift?q=service:zzhidden", "endpoints", "endpoints?q=service:zzhidden", "facts", "facts?service=zzhidden", "flows", "flows?service=zzhidden", "flows?service=shop",
		"flows?service=shop&back=true", "flows?q=zzhidden", "identities", "identities?q=name:zzhidden*", "kinds", "ownership?service=zzhidden", "ownership?service=shop", "things", "things?limit=1",
		"tree", "tree?root=zzhidden-product", "tree?root=open", "tree?root=zzhidden", "tree?root=shop",
		"chain?what=shop", "chain?what=zzhidden", "chain?what=" + digestOf("a"), "chain?what=" + digestOf("b"), "chain?what=" + strings.Repeat("b", 40),
		"chain?what=" + url.QueryEscape("github.com/acme/zzhidden@"+strings.Repeat("b", 40)),
		"reach?from=shop&to=shop", "reach?from=world&to=shop", "reach?from=shop&to=zzhidden", "reach?from=zzhidden&to=shop", "reach?from=world&to=zzhidden",
	} {
		out = append(out, at+path)
	}
	all := want[api.List[api.Thing]](s, 200, "GET", at+"things?limit=1000", "")
	kinds := map[string]bool{}
	for _, x := range all.Items {
		kinds[x.Kind] = true
		out = append(out, fmt.Sprintf("%sthings/%s/%s?scope=%s", at, x.Kind, url.PathEscape(x.Name), url.QueryEscape(x.Scope)))
	}
	for kind := range kinds {
		out = append(out, at+"things?q=kind:"+kind)
	}
	for _, service := range []string{"shop", "zzhidden"} {
		out = append(out, at+"things/Workload/"+service+"?scope=prod", at+"flows?kind=Workload&id="+service+"&scope=prod")
	}
	for _, path := range []string{"sources", "workloads", "workloads?q=provenance:yes", "workloads?q=sbom:yes", "artifacts", "artifacts/" + digestOf("b") + "/sbom", "artifacts/" + digestOf("a") + "/sbom"} {
		out = append(out, "/api/v1/"+path)
	}
	if len(all.Items) < 20 || len(kinds) < 8 {
		t.Fatalf("the world has %d things of %d kinds only", len(all.Items), len(kinds))
	}
	return out
}

// TestRightsByThings is TestRightsByData for what is no workload: accounts, doors,
// policies, builds, endpoints, flows. Who sees one product sees what is of its
// workloads, and numbers as if nothing else were there.
func TestRightsByThings(t *testing.T) {
	t.Parallel()
	alone, same := splitTwin(t, false)
	whole, narrow := splitTwin(t, true)
	compare(t, whole.twinGetters(t), [2]*served{whole, alone}, [2]map[string]string{narrow, same})
}

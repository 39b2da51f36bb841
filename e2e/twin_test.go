package e2e

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTwin tries the pages of the twin on an estate of pods with policies and
// accounts, of attestations that hold and that do not, and of an agent that
// watches what is loaded.
func TestTwin(t *testing.T) {
	needs(t)
	now := time.Now().Add(-time.Minute)
	s := &shop{t: t, dir: t.TempDir(), now: now.Add(-10 * 24 * time.Hour)}
	bom := s.parts("cart", digestOf("cart"), 60)
	s.say("ingest", "deploy", keep(t, filepath.Join(t.TempDir(), "pods.yaml"), []byte(pods)), "--environment", "lab", "--source", "git")
	records := []map[string]any{}
	for _, name := range []string{"cart", "mail", "label"} {
		records = append(records, map[string]any{"service": name, "environment": "prod", "artifact": imageOf(name, digestOf(name)), "replicas": 1})
	}
	// One service with more parts than anybody can read in a picture.
	for i := range 4 {
		name := fmt.Sprintf("wide-%d", i)
		s.parts(name, digestOf(name), 100)
		records = append(records, map[string]any{"service": "wide", "environment": fmt.Sprintf("zone-%d", i), "artifact": imageOf(name, digestOf(name)), "replicas": 1})
	}
	s.records(records)
	// Later what runs as cart is another image; whoever built it signed for it.
	s.now = now.Add(-3 * 24 * time.Hour)
	s.attest(s.now.Add(-time.Hour))
	records[2]["artifact"] = imageOf("label", digestOf("label two"))
	s.records(records)
	s.now = now
	s.records(records)
	token := s.agent("host/web-1")
	server := serve(t, s.dir)
	server.watched(token, digestOf("cart"), now)
	server.suite(t, "twin", map[string]any{"cart": digestOf("cart"), "sbom": string(bom), "before": now.Add(-8 * 24 * time.Hour).UTC().Format(time.RFC3339)})
}

func digestOf(name string) string { return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(name))) }

func imageOf(name, digest string) string { return "registry.example/" + name + ":1.0@" + digest }

// parts gives an image a bill of materials of so many parts.
func (s *shop) parts(name, digest string, n int) []byte {
	s.t.Helper()
	list := make([]map[string]any, n)
	for i := range list {
		part := fmt.Sprintf("%s-part-%03d", name, i)
		list[i] = map[string]any{"type": "library", "bom-ref": part, "name": part, "version": "1.0.0", "purl": "pkg:npm/" + part + "@1.0.0"}
	}
	body := asJSON(s.t, map[string]any{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": list})
	s.say("ingest", "sbom", keep(s.t, filepath.Join(s.t.TempDir(), "bom.json"), body), "--artifact", imageOf(name, digest))
	return body
}

func (s *shop) records(list []map[string]any) {
	s.t.Helper()
	s.say("ingest", "deploy", keep(s.t, filepath.Join(s.t.TempDir(), "records.json"), asJSON(s.t, list)), "--source", "cluster", "--every", "24h")
}

// attest tells where cart and mail were built: the one signed by a key that is
// trusted, of the other the signature does not fit.
func (s *shop) attest(at time.Time) {
	s.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		s.t.Fatal(err)
	}
	trust := filepath.Join(s.dir, "trust")
	if err := os.MkdirAll(trust, 0o755); err != nil {
		s.t.Fatal(err)
	}
	keep(s.t, filepath.Join(trust, "release.pem"), pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}))
	dir := s.t.TempDir()
	for _, name := range []string{"cart", "mail"} {
		statement := asJSON(s.t, map[string]any{
			"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://slsa.dev/provenance/v1",
			"subject": []any{map[string]any{"name": "registry.example/" + name, "digest": map[string]string{"sha256": strings.TrimPrefix(digestOf(name), "sha256:")}}},
			"predicate": map[string]any{
				"buildDefinition": map[string]any{
					"buildType": "https://ci.example/build/v1", "externalParameters": map[string]any{},
					"resolvedDependencies": []any{map[string]any{"uri": "git+https://git.example/acme/" + name + "@refs/heads/main", "digest": map[string]string{"gitCommit": strings.Repeat("c0ffee00", 5)}}},
				},
				"runDetails": map[string]any{
					"builder":  map[string]string{"id": "https://ci.example/builder"},
					"metadata": map[string]string{"invocationId": "https://ci.example/runs/" + name, "finishedOn": at.UTC().Format(time.RFC3339)},
				},
			},
		})
		const kind = "application/vnd.in-toto+json"
		sum := sha256.Sum256(fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(kind), kind, len(statement), statement))
		sig, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
		if err != nil {
			s.t.Fatal(err)
		}
		if name == "mail" {
			statement = bytes.Replace(statement, []byte("ci.example/runs"), []byte("ci.example/lies"), 1)
		}
		envelope := asJSON(s.t, map[string]any{
			"payloadType": kind, "payload": base64.StdEncoding.EncodeToString(statement),
			"signatures": []any{map[string]string{"sig": base64.StdEncoding.EncodeToString(sig)}},
		})
		s.say("ingest", "attestation", keep(s.t, filepath.Join(dir, name+".json"), envelope))
	}
}

// agent is the token of an agent.
func (s *shop) agent(source string) string {
	s.t.Helper()
	var token struct {
		Secret string `json:"secret"`
	}
	said := tidemark(s.t, s.dir, "", "token", "create", "--name", "agent", "--role", "source", "--source", source, "--expires", "1d", "-o", "json")
	if err := json.Unmarshal([]byte(said), &token); err != nil {
		s.t.Fatal(err, said)
	}
	return token.Secret
}

// watched gives what an agent on a machine sees loaded of an image.
func (s *server) watched(token, digest string, now time.Time) {
	s.t.Helper()
	batch := asJSON(s.t, map[string]any{
		"schema": "tidemark.observations/v1", "source": "host/web-1", "epoch": 1, "sent_at": now, "every": 3600,
		"items": []any{map[string]any{
			"seq": 1, "kind": "delta", "scope": "host/web-1", "subject": "resource/Loaded//" + digest, "media": "resource", "observed_at": now,
			"body": map[string]any{
				"kind": "Loaded", "name": digest, "links": []any{map[string]any{"rel": "describes", "to": map[string]string{"kind": "Artifact", "name": digest}}},
				"spec": map[string]any{
					"of": digest, "since": now.Add(-10 * time.Hour), "window_seconds": 7 * 24 * 3600, "every_seconds": 60,
					"loaded":   []any{map[string]any{"purl": "pkg:npm/cart-part-000@1.0.0", "how": "open", "by": []string{"node"}}},
					"not_seen": map[string][]string{"pkg:npm": {"cart-part-001@1.0.0", "cart-part-002@1.0.0"}},
					"unknown":  []any{map[string]any{"reason": "its files are closed after they were read", "parts": map[string][]string{"pkg:npm": {"cart-part-003@1.0.0"}}}},
				},
			},
		}},
	})
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/api/v1/evidence/observations", bytes.NewReader(batch))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		s.t.Fatal(res.Status)
	}
}

// pods are manifests with a door that is open, one that a policy shuts, and an
// account that may do more than it seems.
const pods = `
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: calico-node, namespace: kube-system}
spec:
  selector: {matchLabels: {k: calico}}
  template:
    metadata: {labels: {k: calico}}
    spec:
      hostNetwork: true
      containers: [{name: calico, image: "registry.example/calico:3.30", securityContext: {privileged: true}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: secret-reader}
rules:
- {apiGroups: [""], resources: [secrets], verbs: [get, list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: front-reads, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: secret-reader}
subjects: [{kind: ServiceAccount, name: front, namespace: shop}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: front, namespace: shop}
spec:
  selector: {matchLabels: {app: front}}
  template:
    metadata: {labels: {app: front}}
    spec:
      serviceAccountName: front
      containers:
      - {name: front, image: "registry.example/front:1.2", ports: [{name: http, containerPort: 8080}], securityContext: {runAsNonRoot: true, privileged: true}}
---
apiVersion: v1
kind: Service
metadata: {name: front, namespace: shop}
spec: {selector: {app: front}, ports: [{name: http, port: 80, targetPort: http}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: shop}
spec: {rules: [{host: shop.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: front, port: {number: 80}}}}]}}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: orders, namespace: shop}
spec:
  selector: {matchLabels: {app: orders}}
  template:
    metadata: {labels: {app: orders}}
    spec: {containers: [{name: orders, image: "registry.example/orders:2.0", ports: [{containerPort: 9000}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: orders, namespace: shop}
spec: {type: LoadBalancer, selector: {app: orders}, ports: [{port: 9000}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: orders-from-front, namespace: shop}
spec: {podSelector: {matchLabels: {app: orders}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {app: front}}}]}]}
`

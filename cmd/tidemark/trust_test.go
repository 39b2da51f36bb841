package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
)

const (
	signedDigest = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
	otherBuild   = `{"schema":"tidemark.build/v1","system":"own","run":"%d","repository":"https://github.com/acme/other","status":"succeeded"}`
)

// signedProvenance says what signedDigest was built from, signed with the key.
func signedProvenance(t *testing.T, key ed25519.PrivateKey) string {
	t.Helper()
	const kind = "application/vnd.in-toto+json"
	statement := fmt.Sprintf(`{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://slsa.dev/provenance/v1","subject":[{"name":"ghcr.io/acme/shop","digest":{"sha256":%q}}],
		"predicate":{"buildDefinition":{"resolvedDependencies":[{"uri":"git+https://github.com/acme/shop@refs/heads/main","digest":{"gitCommit":"c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00"}}]},
		"runDetails":{"builder":{"id":"b"},"metadata":{"finishedOn":"2026-01-02T04:05:06Z"}}}}`, signedDigest[len("sha256:"):])
	sig := ed25519.Sign(key, fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(kind), kind, len(statement), statement))
	body, err := json.Marshal(map[string]any{"payloadType": kind, "payload": []byte(statement), "signatures": []any{map[string]any{"sig": sig}}})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// publicKey is a key with its public part as PEM.
func publicKey(t *testing.T) (ed25519.PrivateKey, string) {
	t.Helper()
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// signatureAt is what the chain of shop says of its digest's signature.
func signatureAt(c *cli, more ...string) string {
	c.t.Helper()
	doc := read[api.Chain](c, append([]string{"twin", "chain", "shop"}, more...)...)
	if len(doc.Items) != 1 {
		c.t.Fatalf("%+v", doc)
	}
	for _, l := range doc.Items[0].Links {
		if l.Step == "digest" {
			return l.Signature
		}
	}
	return ""
}

// A signer that is taken away is not believed any more by what was known already:
// the next command that works on the store sees to it, and what was believed
// before is still to be asked.
func TestASignerIsTakenAway(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := &cli{t: t, where: []string{"--data", dir}, now: time.Now().UTC().Truncate(time.Second)}
	key, public := publicKey(t)
	trust := filepath.Join(dir, "trust")
	if err := os.Mkdir(trust, 0o700); err != nil {
		t.Fatal(err)
	}
	release := filepath.Join(trust, "release.pem")
	if err := os.WriteFile(release, []byte(public), 0o600); err != nil {
		t.Fatal(err)
	}
	c.now = c.now.Add(time.Hour)
	c.run(0, "ingest", "attestation", file(t, "a.json", signedProvenance(t, key)))
	c.run(0, "ingest", "deploy", file(t, "prod.json", `[{"service":"shop","environment":"prod","source":"cd","artifact":"ghcr.io/acme/shop@`+signedDigest+`","replicas":2}]`))
	if got := signatureAt(c); got != "verified" {
		t.Fatal(got)
	}
	before := c.now.Format(time.RFC3339)
	c.now = c.now.Add(time.Hour)
	if err := os.Remove(release); err != nil {
		t.Fatal(err)
	}
	c.run(0, "ingest", "ci", file(t, "other.json", fmt.Sprintf(otherBuild, 1)))
	if got := signatureAt(c); got != "unverified" {
		t.Error("the key is gone:", got)
	}
	if got := signatureAt(c, "--as-of", before); got != "verified" {
		t.Error("as of before:", got)
	}
	if err := os.WriteFile(release, []byte(public), 0o600); err != nil {
		t.Fatal(err)
	}
	c.now = c.now.Add(time.Hour)
	c.run(0, "ingest", "ci", file(t, "other.json", fmt.Sprintf(otherBuild, 2)))
	if got := signatureAt(c); got != "verified" {
		t.Error("the key is back:", got)
	}
}

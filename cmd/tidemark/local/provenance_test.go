package local

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/twin"
)

const (
	shopDigest = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
	shopCommit = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00"
	shopRun    = "github.com/acme/shop/actions/runs/17/attempts/1"
)

// shopStatement says what shopDigest was built from, and what is in it.
func shopStatement(kind, predicate string) string {
	return fmt.Sprintf(`{"_type":"https://in-toto.io/Statement/v1","predicateType":%q,"subject":[{"name":"ghcr.io/acme/shop","digest":{"sha256":%q}}],"predicate":%s}`,
		kind, shopDigest[len("sha256:"):], predicate)
}

func shopProvenance() string {
	return shopStatement("https://slsa.dev/provenance/v1", `{"buildDefinition":{"externalParameters":{"workflow":{"repository":"https://github.com/acme/shop","ref":"refs/heads/main"}},`+
		`"resolvedDependencies":[{"uri":"git+https://github.com/acme/shop@refs/heads/main","digest":{"gitCommit":"`+shopCommit+`"}}]},`+
		`"runDetails":{"builder":{"id":"b"},"metadata":{"invocationId":"https://`+shopRun+`","finishedOn":"2026-02-03T04:05:06Z"}}}`)
}

func shopEvent(status, conclusion, updated string) string {
	return fmt.Sprintf(`{"workflow_run":{"id":17,"run_attempt":1,"head_branch":"main","head_sha":%q,"status":%q,"conclusion":%s,"created_at":"2026-02-03T04:00:00Z",
		"run_started_at":"2026-02-03T04:00:00Z","updated_at":%q},"repository":{"html_url":"https://github.com/acme/shop"},"sender":{}}`, shopCommit, status, conclusion, updated)
}

// opened is a session in a folder of its own.
func opened(t *testing.T, now time.Time) *Session {
	t.Helper()
	dir := t.TempDir()
	home := Home{Dir: func() (string, error) { return dir, nil }, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler), Err: io.Discard}
	s, err := home.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.DB.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *Session) take(ctx context.Context, kind, body string) (discover.Receipt, error) {
	r, err := s.Ingest().IngestDocument(ctx, discover.DocumentInput{Kind: kind, Name: "f", Body: []byte(body)})
	if err != nil {
		return r, err
	}
	return r, s.Drain(ctx)
}

func taken(t *testing.T, s *Session, kind, body string) discover.Receipt {
	t.Helper()
	r, err := s.take(t.Context(), kind, body)
	if err != nil || len(r.Rejected) > 0 {
		t.Fatal(r, err)
	}
	return r
}

// edgesOf are the edges of one end at a time, as "HOLDER rel END".
func edgesOf(t *testing.T, s *Session, at time.Time, end twin.End) []string {
	t.Helper()
	list, err := s.DB.Edges(t.Context(), ctem.ListQuery{AsOf: ctem.AsOf{At: at, Now: s.Now()}}, []twin.End{end})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range list {
		out = append(out, e.Holder.Kind+" "+string(e.Rel)+" "+e.To.Kind+" "+e.To.Name)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// A statement about a digest that nobody knows yet is kept, and is found from the
// digest, the commit and the run as soon as anybody asks; what runs it links up
// whenever it appears.
func TestProvenanceComesFirst(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	s := opened(t, now)
	if r := taken(t, s, "attestation", shopProvenance()); r.Accepted != 1 {
		t.Fatalf("%+v", r)
	}
	artifact := twin.End{Kind: twin.KindArtifact, Name: shopDigest}
	says := []string{"Attestation describes Artifact " + shopDigest}
	if diff := cmp.Diff(says, edgesOf(t, s, now, artifact)); diff != "" {
		t.Error("before it runs:", diff)
	}
	commit := twin.End{Kind: twin.KindCommit, Name: twin.CommitName("github.com/acme/shop", shopCommit)}
	if diff := cmp.Diff([]string{"Attestation built-from Commit " + commit.Name}, edgesOf(t, s, now, commit)); diff != "" {
		t.Error(diff)
	}
	taken(t, s, "ci", shopEvent("completed", `"success"`, "2026-02-03T04:06:00Z"))
	run := twin.End{Kind: twin.KindBuild, Name: shopRun}
	if diff := cmp.Diff([]string{"Attestation describes Build " + shopRun, "Build built-from Commit " + commit.Name}, edgesOf(t, s, now, run)); diff != "" {
		t.Error(diff)
	}
	record := filepath.Join(t.TempDir(), "prod.json")
	body := `[{"service":"shop","environment":"prod","source":"cd","artifact":"ghcr.io/acme/shop@` + shopDigest + `","replicas":2}]`
	if err := os.WriteFile(record, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Ingest().IngestDeploy(t.Context(), discover.DeployInput{Paths: []string{record}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(append(says, "Workload runs Artifact "+shopDigest), edgesOf(t, s, now, artifact)); diff != "" {
		t.Error("when it runs:", diff)
	}
	if got := edgesOf(t, s, time.Date(2026, 2, 3, 4, 0, 0, 0, time.UTC), artifact); got != nil {
		t.Errorf("before it was made: %v", got)
	}
}

// buildAt is the state of the run at a time.
func buildAt(t *testing.T, s *Session, at time.Time) twin.BuildStatus {
	t.Helper()
	spans, err := s.DB.TwinSpans(t.Context(), ctem.ListQuery{AsOf: ctem.AsOf{Now: s.Now()}}, twin.End{Kind: twin.KindBuild, Name: shopRun})
	if err != nil {
		t.Fatal(err)
	}
	for i := range spans {
		if !spans[i].ValidAt(at) {
			continue
		}
		var r twin.Resource
		var b twin.Build
		if err := json.Unmarshal(spans[i].Body, &r); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(r.Spec, &b); err != nil {
			t.Fatal(err)
		}
		return b.Status
	}
	return ""
}

// Webhooks that come late, twice and in any order leave one history.
func TestEventsInAnyOrder(t *testing.T) {
	t.Parallel()
	minute := func(m int) time.Time { return time.Date(2026, 2, 3, 4, m, 0, 0, time.UTC) }
	events := []string{
		shopEvent("completed", `"failure"`, "2026-02-03T04:06:00Z"), shopEvent("in_progress", "null", "2026-02-03T04:01:00Z"), shopEvent("queued", "null", "2026-02-03T04:00:00Z"),
	}
	for shift := range events {
		s := opened(t, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
		for i := range events {
			taken(t, s, "ci", events[(i+shift)%len(events)])
		}
		for _, e := range events {
			if r := taken(t, s, "ci", e); r.Accepted != 0 || r.Unchanged != 1 {
				t.Errorf("from %d, again: %+v", shift, r)
			}
		}
		for at, want := range map[time.Time]twin.BuildStatus{
			minute(0).Add(-time.Second): "", minute(0): twin.BuildQueued, minute(3): twin.BuildRunning, minute(7): twin.BuildFailed,
		} {
			if got := buildAt(t, s, at); got != want {
				t.Errorf("from %d at %s: %q, want %q", shift, at, got, want)
			}
		}
	}
}

// An attested SBOM is what is in the artifact.
func TestAttestedContents(t *testing.T) {
	t.Parallel()
	s := opened(t, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	r := taken(t, s, "attestation", shopStatement("https://cyclonedx.org/bom",
		`{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"type":"library","name":"left","version":"1","purl":"pkg:npm/left@1"}]}`))
	if r.Accepted != 2 {
		t.Errorf("%+v", r)
	}
	found, err := s.DB.Artifacts(t.Context(), []string{shopDigest})
	if err != nil || len(found[shopDigest].Contents) != 1 || len(found[shopDigest].Contents[0].Components) != 1 {
		t.Errorf("%+v %v", found, err)
	}
}

// sealed signs a statement with a key into an envelope.
func sealed(t *testing.T, key ed25519.PrivateKey, statement string) string {
	t.Helper()
	const kind = "application/vnd.in-toto+json"
	sig := ed25519.Sign(key, fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(kind), kind, len(statement), statement))
	body, err := json.Marshal(map[string]any{
		"payloadType": kind, "payload": []byte(statement), "signatures": []any{map[string]any{"keyid": "release", "sig": sig}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// signatureOf is how the one attestation that there is is judged now.
func signatureOf(t *testing.T, s *Session) twin.Signature {
	t.Helper()
	terms := []ctem.Term{{Key: "kind", Op: ":", Values: []string{twin.KindAttestation}}}
	page, err := s.DB.Things(t.Context(), ctem.ListQuery{AsOf: ctem.AsOf{Now: s.Now()}, Terms: terms})
	if err != nil || len(page.Items) != 1 {
		t.Fatal(page, err)
	}
	var a twin.Attestation
	if err := json.Unmarshal(page.Items[0].Spec, &a); err != nil {
		t.Fatal(err)
	}
	return a.Signature
}

// A key that is laid into the folder is trusted from then on, and no longer when
// it is taken away: the same document is judged anew when it comes again.
func TestTrustFolder(t *testing.T) {
	t.Parallel()
	now := time.Now().UTC().Truncate(time.Second)
	s := opened(t, now)
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := s.Dir()
	if err != nil {
		t.Fatal(err)
	}
	folder, file := filepath.Join(dir, "trust"), filepath.Join(dir, "trust", "release.pem")
	changed := func(at time.Time) {
		for _, path := range []string{folder, file} {
			if err := os.Chtimes(path, at, at); err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
		}
	}
	document := sealed(t, key, shopProvenance())
	judged := func(want twin.SignatureState) {
		t.Helper()
		taken(t, s, "attestation", document)
		if got := signatureOf(t, s); got.State != want {
			t.Errorf("%+v, want %s", got, want)
		}
	}
	judged(twin.SignatureUnverified)
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	changed(now.Add(-2 * time.Hour))
	judged(twin.SignatureVerified)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	changed(now.Add(-time.Hour))
	judged(twin.SignatureUnverified)
}

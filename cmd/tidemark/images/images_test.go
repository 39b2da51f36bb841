package images

import (
	"encoding/base64"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/discover/registry"
	"github.com/tidemark/tidemark/internal/imagelab"
)

// curl is what the images of these tests are made of.
func curl() map[string][]byte {
	return map[string][]byte{
		"etc/os-release":      []byte("ID=debian\nVERSION_ID=\"12\"\n"),
		"var/lib/dpkg/status": []byte("Package: curl\nStatus: install ok installed\nVersion: 7.88.1-10\nArchitecture: amd64\n\n"),
	}
}

// built is a statement about where an image comes from.
func built(digest string) string {
	statement := `{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://slsa.dev/provenance/v1","subject":[{"name":"web","digest":{"sha256":"` +
		strings.TrimPrefix(digest, "sha256:") + `"}}],"predicate":{"buildDefinition":{"buildType":"https://example.org/build","externalParameters":{}},"runDetails":{"builder":{"id":"https://example.org/builder"}}}}`
	return `{"payloadType":"application/vnd.in-toto+json","payload":"` + base64.StdEncoding.EncodeToString([]byte(statement)) + `","signatures":[{"keyid":"k","sig":"AAAA"}]}`
}

// TestLooker: what a record says runs is looked at in its registry, and what is
// in it is known when the steps have followed.
func TestLooker(t *testing.T) {
	t.Parallel()
	lab := imagelab.Start(t)
	image := lab.Push(t, "shop/web", curl())
	lab.Attest(t, image, built(image.Digest))
	host, ref, digest := lab.Host, image.Ref, image.Digest
	dir, ctx := t.TempDir(), t.Context()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	home := local.Home{Dir: func() (string, error) { return dir, nil }, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler), Err: io.Discard}
	s, err := home.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.DB.Close(); err != nil {
			t.Error(err)
		}
	}()
	record := filepath.Join(dir, "prod.json")
	if err := os.WriteFile(record, []byte(`[{"service":"web","environment":"prod","source":"cd","artifact":"`+ref+`","replicas":2}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Ingest().IngestDeploy(ctx, discover.DeployInput{Paths: []string{record}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	cfg, err := Asked{}.Config(dir)
	if err != nil || len(cfg.Hosts) > 0 {
		t.Fatal(cfg, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "registries.json"), []byte(`{"registries":[{"host":"`+host+`","private":true,"plain_http":true}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if cfg, err = (Asked{Hosts: []string{"ghcr.io", host}}).Config(dir); err != nil || len(cfg.Hosts) != 2 {
		t.Fatal(cfg, err)
	}
	woken := 0
	l, err := New(s, cfg, "tidemark/test", func() { woken++ })
	if err != nil {
		t.Fatal(err)
	}
	if n, err := l.Drain(ctx); err != nil || n == 0 {
		t.Fatal(n, err)
	}
	if err := s.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	page, err := s.DB.Things(ctx, ctem.ListQuery{AsOf: ctem.AsOf{Now: now}, Terms: []ctem.Term{{Key: "kind", Op: ":", Values: []string{"Attestation", "Image", "Tag"}}}})
	if err != nil || len(page.Items) != 3 {
		t.Errorf("an attestation, an image and a tag: %+v %v", page.Items, err)
	}
	found, err := s.DB.Artifacts(ctx, []string{digest})
	if err != nil || len(found[digest].Contents) != 1 {
		t.Fatalf("%+v %v", found, err)
	}
	parts, err := s.DB.Components(ctx, found[digest].Contents[0].Components)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range parts {
		if diff := cmp.Diff("pkg:deb/debian/curl@7.88.1-10?arch=amd64&distro=debian-12", c.Purl); diff != "" {
			t.Error(diff)
		}
	}
	trouble, err := s.DB.Trouble(ctx)
	if err != nil || len(trouble[registry.Source(host)]) > 0 {
		t.Error(trouble, err)
	}
	lab.Close()
	now = now.Add(registry.DefaultEvery + time.Minute)
	if _, err := l.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	if trouble, err = s.DB.Trouble(ctx); err != nil || len(trouble[registry.Source(host)]) != 1 {
		t.Error(trouble, err)
	}
}

// TestGaps: a registry that is not asked, or gives nothing, is a source that says so.
func TestGaps(t *testing.T) {
	t.Parallel()
	dir, ctx := t.TempDir(), t.Context()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	home := local.Home{Dir: func() (string, error) { return dir, nil }, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler), Err: io.Discard}
	s, err := home.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.DB.Close(); err != nil {
			t.Error(err)
		}
	}()
	record := filepath.Join(dir, "prod.json")
	body := `[{"service":"a","environment":"prod","source":"cd","artifact":"127.0.0.1:1/a:1","replicas":1},{"service":"b","environment":"prod","source":"cd","artifact":"quay.io/b:1","replicas":1},
		{"service":"c","environment":"prod","source":"cd","artifact":"UPPER/c:1","replicas":1}]`
	if err := os.WriteFile(record, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Ingest().IngestDeploy(ctx, discover.DeployInput{Paths: []string{record}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	l, err := New(s, registry.Config{Hosts: []registry.Host{{Name: "127.0.0.1:1", Private: true, Plain: true}}}, "tidemark/test", func() {})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := l.Drain(ctx); err != nil {
			t.Fatal(err)
		}
	}
	trouble, err := s.DB.Trouble(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for source, want := range map[string]string{"registry/127.0.0.1:1": "connection refused", "registry/quay.io": "1 image in use", "registry/unknown": "no registry knows"} {
		if len(trouble[source]) != 1 || !strings.Contains(trouble[source][0].Reason, want) {
			t.Errorf("%s: %+v", source, trouble[source])
		}
	}
	sources, err := s.DB.Sources(ctx, ctem.AsOf{Now: now})
	if err != nil || len(sources) != 4 {
		t.Errorf("%+v %v", sources, err)
	}
}

func TestConfigRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, q := range map[string]Asked{"file": {File: filepath.Join(dir, "none.json")}, "host": {Hosts: []string{"https://x"}}} {
		if cfg, err := q.Config(dir); err == nil {
			t.Errorf("%s: %+v", name, cfg)
		}
	}
}

func TestPlatformOf(t *testing.T) {
	t.Parallel()
	for node, want := range map[string]string{`{"operatingSystem":"linux","architecture":"arm64"}`: "linux/arm64", `{"architecture":"arm64"}`: "", `x`: ""} {
		if got := platformOf([]byte(node)); got != want {
			t.Errorf("%s: %q", node, got)
		}
	}
}

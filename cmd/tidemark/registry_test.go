package main

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	fake "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/host"
	"github.com/tidemark/tidemark/cmd/tidemark/images"
	"github.com/tidemark/tidemark/internal/server"
)

// weakIndex stores an index with one image that holds a weak package, and returns
// the reference by which the index runs.
func weakIndex(t *testing.T, registry string) string {
	t.Helper()
	var b bytes.Buffer
	const pkg = `{"name":"left","version":"1.2.0"}`
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: "app/node_modules/left/package.json", Typeflag: tar.TypeReg, Size: int64(len(pkg)), Mode: 0o644}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, pkg); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil })
	if err != nil {
		t.Fatal(err)
	}
	img, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		t.Fatal(err)
	}
	index := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}}})
	to, err := name.ParseReference(registry+"/shop/web:1", name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(to, index); err != nil {
		t.Fatal(err)
	}
	h, err := index.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return to.Name() + "@" + h.String()
}

// TestAServerLooksAtImages: what runs has its exposures without anybody giving an
// SBOM, once the server may ask its registry.
func TestAServerLooksAtImages(t *testing.T) {
	t.Parallel()
	registry := httptest.NewServer(fake.New(fake.Logger(log.New(io.Discard, "", 0))))
	defer registry.Close()
	at := strings.TrimPrefix(registry.URL, "http://")
	ref := weakIndex(t, at)
	c := smallWorld(t)
	c.now = on(11, 0)
	c.run(0, "ingest", "deploy", file(t, "r.json", record("web", ref, "")), "--source", "s")
	if list := c.exposures("svc:web"); len(list.Items) != 0 {
		t.Fatalf("without an SBOM: %+v", list.Items)
	}
	dir := c.where[1]
	if err := os.WriteFile(filepath.Join(dir, "registries.json"), []byte(`{"registries":[{"host":"`+at+`","private":true,"plain_http":true}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	a := &app{&command.App{Flags: command.Flags{Data: dir}}}
	ctx, stop := context.WithCancel(t.Context())
	up, ended := make(chan string, 1), make(chan error, 1)
	o := host.Options{Listen: server.Listen{Address: "127.0.0.1:0"}, Started: func(url, _ string) { up <- url }}
	if err := a.lookAt(images.Asked{}, &o); err != nil || o.Beside == nil {
		t.Fatal(err)
	}
	h := host.Host{Home: homeOf(c.where, c.clock), Clock: time.Now, Version: version}
	go func() { ended <- h.Serve(ctx, o) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	select {
	case <-up:
	case err := <-ended:
		t.Fatal(err)
	}
	for until := time.Now().Add(60 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		var list api.List[api.Exposure]
		if err := json.Unmarshal([]byte(c.run(0, "exposures", "list", "-q", "svc:web", "-o", "json")), &list); err != nil {
			t.Fatal(err)
		}
		if len(list.Items) == 1 {
			return
		}
		if time.Now().After(until) {
			t.Fatal("there is no exposure after a minute")
		}
	}
}

package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/host"
	"github.com/tidemark/tidemark/cmd/tidemark/images"
	"github.com/tidemark/tidemark/internal/imagelab"
	"github.com/tidemark/tidemark/internal/server"
)

// TestAServerLooksAtImages: what runs has its exposures without anybody giving an
// SBOM, once the server may ask its registry.
func TestAServerLooksAtImages(t *testing.T) {
	t.Parallel()
	registry := imagelab.Start(t)
	at := registry.Host
	ref := registry.PushIndex(t, "shop/web", map[string][]byte{"app/node_modules/left/package.json": []byte(`{"name":"left","version":"1.2.0"}`)}).Ref
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

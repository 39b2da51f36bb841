package main

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
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
	ref := registry.PushIndex(t, "shop/web", map[string][]byte{"app/node_modules/left/package.json": []byte(`{"name":"left","version":"1.2.0"}`)}).Ref
	c := smallWorld(t)
	c.now = on(11, 0)
	c.run(0, "ingest", "deploy", file(t, "r.json", record("web", ref, "")), "--source", "s")
	if list := c.exposures("svc:web"); len(list.Items) != 0 {
		t.Fatalf("without an SBOM: %+v", list.Items)
	}
	looking(t, c, registry.Host)
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

// looking starts a server that may ask the registry, until the end of the test.
func looking(t *testing.T, c *cli, at string) {
	t.Helper()
	dir := c.where[1]
	if err := os.WriteFile(filepath.Join(dir, "registries.json"), []byte(`{"registries":[{"host":"`+at+`","private":true,"plain_http":true}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	a := &app{&command.App{Flags: command.Flags{Data: dir}}}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context())) // which ends before the cleanup
	up, ended := make(chan string, 1), make(chan error, 1)
	o := host.Options{Listen: server.Listen{Address: "127.0.0.1:0"}, Started: func(url, _ string) { up <- url }}
	if err := a.lookAt(images.Asked{}, &o); err != nil || o.Beside == nil {
		t.Fatal(err)
	}
	h := host.Host{Home: homeOf(c.where, c.clock), Clock: time.Now, Version: version}
	go func() { ended <- h.Serve(ctx, o) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case <-up:
	case err := <-ended:
		t.Fatal(err)
	}
}

// Who signed an image is told at the digest in its chain, and a signer that is taken
// away is one no longer, without the registry being asked again.
func TestTheChainSaysWhoSignedTheImage(t *testing.T) {
	t.Parallel()
	registry := imagelab.Start(t)
	image := registry.PushIndex(t, "shop/web", map[string][]byte{"app/node_modules/left/package.json": []byte(`{"name":"left","version":"1.2.0"}`)})
	key, public := publicKey(t)
	registry.Sign(t, image, func(payload []byte) []byte { return ed25519.Sign(key, payload) })
	c := smallWorld(t)
	c.now = on(11, 0)
	trust := filepath.Join(c.where[1], "trust")
	if err := os.Mkdir(trust, 0o700); err != nil {
		t.Fatal(err)
	}
	release := filepath.Join(trust, "release.pem")
	if err := os.WriteFile(release, []byte(public), 0o600); err != nil {
		t.Fatal(err)
	}
	c.run(0, "ingest", "deploy", file(t, "r.json", record("shop", image.Ref, "")), "--source", "s")
	looking(t, c, registry.Host)
	asks := &cli{t: t, where: c.where, now: c.now.Add(time.Hour)} // the server's clock stands still
	wait := func(want, why string) {
		t.Helper()
		for until := time.Now().Add(60 * time.Second); ; time.Sleep(100 * time.Millisecond) {
			var digest api.ChainLink
			for _, p := range read[api.Chain](asks, "twin", "chain", "shop").Items {
				digest = p.Links[2]
			}
			if digest.Signature == want && strings.Contains(digest.Why, why) {
				return
			}
			if time.Now().After(until) {
				t.Fatalf("after a minute: %+v", digest)
			}
		}
	}
	wait("verified", "the image is signed by release.pem")
	if err := os.Remove(release); err != nil {
		t.Fatal(err)
	}
	wait("unverified", "no trusted key is set")
}

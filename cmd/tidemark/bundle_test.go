package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/api"
)

func TestFeedsInABundle(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "feeds.tmb")
	maker := &cli{t: t, where: []string{"--data", t.TempDir()}, now: on(10, 0)}
	made := read[api.Bundled](maker, "intel", "bundle", "--from", smallIntel(t), "--out", out)
	key := read[api.Bundled](maker, "intel", "bundle", "--public-key")
	if made.PublicKey != key.PublicKey || len(made.Feeds) == 0 || made.Bytes == 0 || key.Out != "" {
		t.Errorf("%+v %+v", made, key)
	}
	stranger := read[api.Bundled](&cli{t: t, where: []string{"--data", t.TempDir()}, now: on(10, 0)}, "intel", "bundle", "--public-key")

	c := &cli{t: t, where: []string{"--data", t.TempDir()}, now: on(10, 0)}
	c.run(2, "intel", "update", "--from", out)
	c.run(2, "intel", "update", "--from", smallIntel(t), "--trust", key.PublicKey)
	c.run(4, "intel", "update", "--from", out, "--trust", stranger.PublicKey)
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2]++
	c.run(2, "intel", "update", "--from", file(t, "changed.tmb", string(b)), "--trust", key.PublicKey)
	if feeds := read[api.List[api.Feed]](c, "intel", "status"); len(feeds.Items) != 0 {
		t.Errorf("nothing is half done: %+v", feeds.Items)
	}
	c.run(0, "intel", "update", "--from", out, "--trust", key.PublicKey)
	feeds := read[api.List[api.Feed]](c, "intel", "status")
	if len(feeds.Items) != len(made.Feeds) {
		t.Errorf("%+v, want %v", feeds.Items, made.Feeds)
	}
	for _, f := range feeds.Items {
		if !strings.HasPrefix(f.Origin, "feeds/") || f.Freshness != "fresh" || f.Effect != "" {
			t.Errorf("%+v", f)
		}
	}
	c.run(0, "intel", "update", "--from", out, "--trust", key.PublicKey)
	early := filepath.Join(t.TempDir(), "early.tmb")
	maker.now = on(9, 0)
	read[api.Bundled](maker, "intel", "bundle", "--from", smallIntel(t), "--out", early)
	c.run(3, "intel", "update", "--from", early, "--trust", key.PublicKey)
	c.run(0, "intel", "update", "--from", early, "--trust", key.PublicKey, "--allow-older")
	c.now = on(25, 0)
	for _, f := range read[api.List[api.Feed]](c, "intel", "status").Items {
		if f.Kind == "osv" && (f.Freshness != "stale" || !strings.Contains(f.Effect, "exposures may be missing")) {
			t.Errorf("%+v", f)
		}
	}
}

package registry

import (
	"strings"
	"testing"
	"time"

	fake "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/tidemark/tidemark/internal/twin"
)

const commit = "9fceb02d0ae598e95dc970b74767f19372d61af8"

// TestLook: what runs is looked at; what its index, labels and layers say becomes
// things, and its files a bill of materials under the digest that runs.
func TestLook(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	base := layerOf(t, system("openssl", "3.0.11-1"))
	baseDigest := e.push("base:12", imageOf(t, "linux/amd64", nil, base))
	amd := imageOf(t, "linux/amd64", map[string]string{
		"org.opencontainers.image.source": "https://github.com/Shop/web.git", "org.opencontainers.image.revision": commit,
		"org.opencontainers.image.base.name": "docker.io/library/debian:12",
	}, base, layerOf(t, files{"app/node_modules/left/package.json": `{"name":"left","version":"1.0.0"}`}))
	arm := imageOf(t, "linux/arm64", nil, layerOf(t, files{"x": "y"}))
	index := mutate.AppendManifests(empty.Index,
		mutate.IndexAddendum{Add: arm, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "arm64"}}},
		mutate.IndexAddendum{Add: amd, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}}})
	digest := e.push("shop/web:1.2", index)
	amdDigest, err := amd.Digest()
	if err != nil {
		t.Fatal(err)
	}
	e.runs("prod", e.reg.host+"/base@"+baseDigest)
	e.runs("prod", e.reg.host+"/base@"+baseDigest, e.reg.host+"/shop/web:1.2@"+digest)

	images := things[twin.Image](e, twin.KindImage)
	top, part := images[digest], images[amdDigest.String()]
	if len(top.Platforms) != 2 || top.Contents.From != twin.ContentsMade || top.Contents.Platform != "linux/amd64" || top.Contents.Components == 0 ||
		len(top.Notes) != 1 || !strings.Contains(top.Notes[0], "which platform runs is not known") {
		t.Errorf("%+v", top)
	}
	if part.Platform != "linux/amd64" || part.Claims.Source.Name() != "github.com/Shop/web@"+commit || len(part.Layers) != 2 {
		t.Errorf("%+v", part)
	}
	if len(part.Base) != 2 || part.Base[0].By != twin.BasedByLabel || part.Base[1] != (twin.BaseImage{Name: e.reg.host + "/base", Digest: baseDigest, By: twin.BasedByLayers, Layers: 1}) {
		t.Errorf("%+v", part.Base)
	}
	if got := things[twin.Tag](e, twin.KindTag)[e.reg.host+"/shop/web:1.2"]; got.Digest != digest {
		t.Errorf("%+v", got)
	}
	if got := e.purls(digest); !strings.Contains(got, "pkg:npm/left@1.0.0") || !strings.Contains(got, "pkg:deb/debian/openssl@3.0.11-1") {
		t.Error(got)
	}
	if got := e.purls(amdDigest.String()); got != "" {
		t.Errorf("nobody runs the platform's image by its own digest: %s", got)
	}
	told, blobs := len(e.witness.told), e.reg.count("/blobs/")
	e.later(DefaultEvery + time.Minute)
	if len(e.witness.told) != told || e.reg.count("GET /v2/shop/web/blobs/") == 0 {
		t.Errorf("told %d times after %d", len(e.witness.told), told)
	}
	if more := e.reg.count("/blobs/") - blobs; more > 4 {
		t.Errorf("%d blobs were read again", more)
	}

	// The tag moves: the digest that runs stays, and the tag's timeline shows it.
	moved := e.push("shop/web:1.2", arm)
	e.later(DefaultEvery + time.Minute)
	if got := things[twin.Tag](e, twin.KindTag)[e.reg.host+"/shop/web:1.2"]; got.Digest != moved {
		t.Errorf("%+v", got)
	}
	if got := e.purls(digest); !strings.Contains(got, "left") {
		t.Error(got)
	}
}

// TestPlatform: where machines are known, what they run is read.
func TestPlatform(t *testing.T) {
	t.Parallel()
	list := []twin.PlatformImage{{Platform: "linux/arm64/v8", Digest: "a"}, {Platform: "linux/amd64", Digest: "b"}, {Platform: "windows/amd64", Digest: "c"}}
	for name, tt := range map[string]struct {
		running []string
		want    string
		known   bool
	}{
		"unknown": {nil, "linux/amd64", false},
		"arm":     {[]string{"linux/arm64"}, "linux/arm64/v8", true},
		"both":    {[]string{"linux/amd64", "linux/arm64"}, "linux/arm64/v8, linux/amd64", true},
		"other":   {[]string{"linux/s390x"}, "linux/amd64", false},
	} {
		got, known := choose(list, tt.running)
		if platformsOf(got) != tt.want || known != tt.known {
			t.Errorf("%s: %s %t", name, platformsOf(got), known)
		}
	}
	if got, _ := choose(nil, nil); len(got) != 0 {
		t.Error(got)
	}
}

// TestTagOnly: what is configured by a tag is the image that the tag points to.
func TestTagOnly(t *testing.T) {
	t.Parallel()
	e := newEstate(t, fake.WithReferrersSupport(true))
	digest := e.push("app:latest", imageOf(t, "linux/amd64", nil, layerOf(t, system("curl", "7.88"))))
	e.runs("prod", e.reg.host+"/app")
	if got := e.purls(digest); got != "pkg:deb/debian/curl@7.88?arch=amd64&distro=debian-12" {
		t.Error(got)
	}
	e.reg.intercept(nil)
	before := len(e.witness.told)
	second := e.push("app:latest", imageOf(t, "linux/amd64", nil, layerOf(t, system("curl", "8.0"))))
	e.later(DefaultEvery + time.Minute)
	if got := e.purls(second); len(e.witness.told) == before || !strings.Contains(got, "curl@8.0") {
		t.Error(got)
	}
}

// TestNotAsked: without a configuration nothing leaves this machine.
func TestNotAsked(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.configure(Config{})
	digest := e.push("app:1", imageOf(t, "linux/amd64", nil, layerOf(t, system("curl", "7.88"))))
	before := e.reg.count("")
	e.runs("prod", e.reg.host+"/app:1@"+digest)
	if e.reg.count("") != before || len(e.witness.told) > 0 {
		t.Error("a registry that is not configured was asked")
	}
	e.configure(Config{Hosts: []Host{{Name: AnyHost}}})
	e.drain()
	if e.reg.count("") != before {
		t.Error("an address of this machine was asked without being allowed by name")
	}
	if got := strings.Join(e.look(), "\n"); !strings.Contains(got, "plain http") && !strings.Contains(got, "not a public address") {
		t.Error(got)
	}
}

// TestGone: what nobody uses any more is not asked about.
func TestGone(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	digest := e.push("app:1", imageOf(t, "linux/amd64", nil, layerOf(t, system("curl", "7.88"))))
	e.runs("prod", e.reg.host+"/app:1@"+digest)
	e.runs("prod")
	before := e.reg.count("")
	e.later(100 * time.Hour)
	if got := e.reg.count("") - before; got != 0 {
		t.Errorf("%d requests for an image that nobody runs", got)
	}
}

package registry

import (
	"fmt"
	"strings"
	"testing"

	fake "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// signatureOf is an image of layers that are signatures, as cosign pushes it: one
// for each text.
func signatureOf(t *testing.T, digest string, signatures ...string) v1.Image {
	t.Helper()
	img := mutate.MediaType(empty.Image, types.OCIManifestSchema1)
	for _, s := range signatures {
		payload := fmt.Sprintf(`{"critical":{"identity":{"docker-reference":"app"},"image":{"docker-manifest-digest":%q},"type":"cosign container image signature"},"optional":null}`, digest)
		var err error
		img, err = mutate.Append(img, mutate.Addendum{
			Layer: static.NewLayer([]byte(payload), typeSimple), MediaType: typeSimple,
			Annotations: map[string]string{"dev.cosignproject.cosign/signature": s},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return img
}

// Signatures of an image are found under cosign's tag and among its referrers, each
// with what proves it, and handed on with the digest that they hang on.
func TestSignaturesOfImages(t *testing.T) {
	t.Parallel()
	e := newEstate(t, fake.WithReferrersSupport(true))
	digest := e.push("app:1", imageOf(t, "linux/amd64", nil, layerOf(t, system("curl", "7.88"))))
	e.push("app:"+strings.Replace(digest, ":", "-", 1)+".sig", signatureOf(t, digest, "one", "two"))
	img, ok := mutate.Subject(mutate.ConfigMediaType(signatureOf(t, digest, "three"), "application/vnd.dev.cosign.artifact.sig.v1+json"), e.head("app@"+digest)).(v1.Image)
	if !ok {
		t.Fatal("no image")
	}
	e.push("app:referrer", img)
	e.runs("prod", e.reg.host+"/app@"+digest)
	got := map[string]bool{}
	for _, d := range e.witness.docs {
		if d.Of != digest || d.Artifact.Digest != digest || !strings.Contains(string(d.Body), digest) {
			t.Errorf("%+v", d)
		}
		got[d.Annotations["dev.cosignproject.cosign/signature"]] = true
	}
	if len(got) != 3 || !got["one"] || !got["two"] || !got["three"] {
		t.Errorf("%v", got)
	}
}

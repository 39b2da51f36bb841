// Package imagelab gives a test a registry on this machine, and images made for it.
//
// The model. A Registry is in memory and has the API of referrers. An Image has one
// layer with the files that the test names; what says something about it hangs on it
// as a referrer, or as cosign would attach it. Invariants. Everything ends with the
// test; nothing outside of this machine is asked.
package imagelab

import (
	"archive/tar"
	"bytes"
	"cmp"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	fake "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Registry is one that runs.
type Registry struct {
	Host  string // with its port
	Close func() // ends it before the test does
}

// Image is one that is stored.
type Image struct {
	Ref    string // with tag and digest
	Digest string

	repo string
	made v1.Image
}

// Start starts a registry; with the test it ends.
func Start(t testing.TB) Registry {
	t.Helper()
	server := httptest.NewServer(fake.New(fake.Logger(log.New(io.Discard, "", 0)), fake.WithReferrersSupport(true)))
	t.Cleanup(server.Close)
	return Registry{Host: strings.TrimPrefix(server.URL, "http://"), Close: server.Close}
}

// Push stores an image of the given files as REPO:1.
func (r Registry) Push(t testing.TB, repo string, files map[string][]byte) Image {
	t.Helper()
	img := Make(t, files)
	digest, err := img.Digest()
	must(t, err)
	to := r.tag(t, repo, "1")
	must(t, remote.Write(to, img))
	return Image{Ref: to.Name() + "@" + digest.String(), Digest: digest.String(), repo: repo, made: img}
}

// PushIndex stores an index with one image for linux/amd64 as REPO:1; the
// reference is that of the index.
func (r Registry) PushIndex(t testing.TB, repo string, files map[string][]byte) Image {
	t.Helper()
	img := Make(t, files)
	index := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}}})
	digest, err := index.Digest()
	must(t, err)
	to := r.tag(t, repo, "1")
	must(t, remote.WriteIndex(to, index))
	return Image{Ref: to.Name() + "@" + digest.String(), Digest: digest.String(), repo: repo, made: img}
}

// Refer hangs a document on an image, as OCI has it.
func (r Registry) Refer(t testing.TB, to Image, media, body string) {
	t.Helper()
	doc, err := mutate.AppendLayers(empty.Image, static.NewLayer([]byte(body), types.MediaType(media)))
	must(t, err)
	doc = mutate.ConfigMediaType(mutate.MediaType(doc, types.OCIManifestSchema1), types.MediaType(media))
	size, err := to.made.Size()
	must(t, err)
	digest, err := v1.NewHash(to.Digest)
	must(t, err)
	kind, err := to.made.MediaType()
	must(t, err)
	with, ok := mutate.Subject(doc, v1.Descriptor{MediaType: kind, Digest: digest, Size: size}).(v1.Image)
	if !ok {
		t.Fatal("what has a subject is no image")
	}
	own, err := with.Digest()
	must(t, err)
	must(t, remote.Write(r.tag(t, to.repo, "").Context().Digest(own.String()), with))
}

// Attest stores a signed statement about an image under the tag that cosign makes
// of its digest.
func (r Registry) Attest(t testing.TB, to Image, envelope string) {
	t.Helper()
	doc, err := mutate.AppendLayers(empty.Image, static.NewLayer([]byte(envelope), "application/vnd.dsse.envelope.v1+json"))
	must(t, err)
	must(t, remote.Write(r.tag(t, to.repo, strings.Replace(to.Digest, ":", "-", 1)+".att"), doc))
}

// Sign stores the signature of an image under the tag that cosign makes of its
// digest; sign signs the payload.
func (r Registry) Sign(t testing.TB, to Image, sign func(payload []byte) []byte) {
	t.Helper()
	payload := fmt.Appendf(nil, `{"critical":{"identity":{"docker-reference":%q},"image":{"docker-manifest-digest":%q},"type":"cosign container image signature"},"optional":null}`,
		r.Host+"/"+to.repo, to.Digest)
	doc, err := mutate.Append(empty.Image, mutate.Addendum{
		Layer:       static.NewLayer(payload, "application/vnd.dev.cosign.simplesigning.v1+json"),
		Annotations: map[string]string{"dev.cosignproject.cosign/signature": base64.StdEncoding.EncodeToString(sign(payload))},
	})
	must(t, err)
	must(t, remote.Write(r.tag(t, to.repo, strings.Replace(to.Digest, ":", "-", 1)+".sig"), doc))
}

func (r Registry) tag(t testing.TB, repo, tag string) name.Tag {
	t.Helper()
	out, err := name.NewTag(r.Host+"/"+repo+":"+cmp.Or(tag, "1"), name.Insecure)
	must(t, err)
	return out
}

// Make makes an image with one layer of the given files.
func Make(t testing.TB, files map[string][]byte) v1.Image {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, path := range slices.Sorted(maps.Keys(files)) {
		must(t, w.WriteHeader(&tar.Header{Name: path, Typeflag: tar.TypeReg, Size: int64(len(files[path])), Mode: 0o644}))
		_, err := w.Write(files[path])
		must(t, err)
	}
	must(t, w.Close())
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil })
	must(t, err)
	img, err := mutate.AppendLayers(empty.Image, layer)
	must(t, err)
	return img
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

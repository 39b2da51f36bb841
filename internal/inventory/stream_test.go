package inventory

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/inventory/image"
	"github.com/tidemark/tidemark/internal/twin"
)

func sumOf(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// streamed is an image whose layers are packed with gzip.
func streamed(t *testing.T, layers ...files) image.Layered {
	t.Helper()
	in := image.Layered{Image: image.Image{Platform: "linux/arm64"}}
	for _, l := range layers {
		plain := tarred(t, l)
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := z.Write(plain); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		in.Layers = append(in.Layers, sumOf(plain))
		in.Blobs = append(in.Blobs, image.Blob{Digest: sumOf(b.Bytes()), Open: func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(b.Bytes())), nil
		}})
	}
	return in
}

func TestStreamImage(t *testing.T) {
	t.Parallel()
	base := files{
		"etc/os-release":                     osRelease,
		"var/lib/dpkg/status":                "Package: curl\nStatus: install ok installed\nVersion: 7.88.1-10\nArchitecture: arm64\n\n",
		"app/node_modules/left/package.json": `{"name":"left","version":"1.0.0"}`,
	}
	in := streamed(t, base, files{"app/node_modules/.wh.left": ""})
	found, err := StreamImage(t.Context(), in, image.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(purls(found), " "); !strings.Contains(got, "pkg:deb/debian/curl@7.88.1-10") || strings.Contains(got, "left") {
		t.Error(got)
	}
	of := twin.ArtifactRef{Name: "ghcr.io/a/b", Digest: sumOf(nil)}
	body, err := found.Document(of)
	if err != nil {
		t.Fatal(err)
	}
	again, err := found.Document(of)
	if err != nil || !bytes.Equal(body, again) {
		t.Error("written twice, and it differs", err)
	}
	var doc bom
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Metadata.Tools[0].Name != ToolName || doc.Metadata.Component.Version != of.Digest || doc.Metadata.Component.Hashes[0].Content != of.Digest[7:] ||
		len(doc.Components) != len(found.Packages) || !strings.Contains(string(body), "the distribution is") {
		t.Errorf("%s", body)
	}
}

func TestStreamImageRefused(t *testing.T) {
	t.Parallel()
	gone := errors.New("connection reset")
	whole := func() image.Layered { return streamed(t, files{"a": "b"}, files{"c": "d"}) }
	tests := map[string]struct {
		spoil func(*image.Layered)
		want  string
	}{
		"count": {func(l *image.Layered) { l.Layers = l.Layers[:1] }, "its config names 1"},
		"blob":  {func(l *image.Layered) { l.Blobs[1].Digest = sumOf([]byte("x")) }, "is not sha256"},
		"diff":  {func(l *image.Layered) { l.Layers[0] = sumOf([]byte("x")) }, "is not sha256"},
		"open": {func(l *image.Layered) {
			l.Blobs[1].Open = func(context.Context) (io.ReadCloser, error) { return nil, gone }
		}, gone.Error()},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := whole()
			tt.spoil(&in)
			if _, err := StreamImage(t.Context(), in, image.Limits{}); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
	bomb := streamed(t, files{"zeros": strings.Repeat("\x00", 80<<20)})
	if _, err := StreamImage(t.Context(), bomb, image.Limits{Ratio: 10}); err == nil || !strings.Contains(err.Error(), "times its size") {
		t.Error(err)
	}
}

package image

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// entry is a file of a layer; the zero Type is a regular file.
type entry struct {
	Name, Body, Link string
	Type             byte
}

func packed(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		if e.Type == 0 {
			e.Type = tar.TypeReg
		}
		h := &tar.Header{Name: e.Name, Typeflag: e.Type, Linkname: e.Link, Size: int64(len(e.Body)), Mode: 0o755}
		if e.Type != tar.TypeReg {
			h.Size = 0
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.Body)[:h.Size]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zstandard(t testing.TB, data []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(data, nil)
}

func hexSum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func jsonOf(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

type object = map[string]any

// configOf makes the config of an image with these layers, unpacked.
func configOf(t testing.TB, layers ...[]byte) []byte {
	t.Helper()
	ids := make([]string, len(layers))
	for i, l := range layers {
		ids[i] = "sha256:" + hexSum(l)
	}
	return jsonOf(t, object{"os": "linux", "architecture": "amd64", "rootfs": object{"type": "layers", "diff_ids": ids}})
}

// dockerFiles are the entries of a docker archive.
func dockerFiles(t testing.TB, layers ...[]byte) []entry {
	t.Helper()
	config := configOf(t, layers...)
	var out []entry
	names := []string{}
	for _, l := range layers {
		name := hexSum(l) + "/layer.tar"
		names = append(names, name)
		out = append(out, entry{Name: name, Body: string(l)})
	}
	name := hexSum(config) + ".json"
	manifest := jsonOf(t, []object{{"Config": name, "RepoTags": []string{"shop/web:1.2"}, "Layers": names}})
	return append(out, entry{Name: name, Body: string(config)}, entry{Name: "manifest.json", Body: string(manifest)})
}

// ociFiles are the files of an OCI layout with gzip layers.
func ociFiles(t testing.TB, layers ...[]byte) []entry {
	t.Helper()
	return ociPacked(t, gzipped, layers...)
}

func ociPacked(t testing.TB, pack func(testing.TB, []byte) []byte, layers ...[]byte) []entry {
	t.Helper()
	var out []entry
	add := func(data []byte) string {
		out = append(out, entry{Name: "blobs/sha256/" + hexSum(data), Body: string(data)})
		return "sha256:" + hexSum(data)
	}
	var refs []object
	for _, l := range layers {
		refs = append(refs, object{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": add(pack(t, l))})
	}
	manifest := jsonOf(t, object{"schemaVersion": 2, "config": object{"digest": add(configOf(t, layers...))}, "layers": refs})
	index := jsonOf(t, object{"schemaVersion": 2, "manifests": []object{{
		"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": add(manifest),
		"annotations": object{"org.opencontainers.image.ref.name": "registry.example/shop/web:1.2"},
	}}})
	return append(out, entry{Name: "oci-layout", Body: `{"imageLayoutVersion":"1.0.0"}`}, entry{Name: "index.json", Body: string(index)})
}

// saved writes entries as a tar.
func saved(t testing.TB, entries ...entry) string {
	t.Helper()
	return onFile(t, packed(t, entries...))
}

// packedWhole writes entries as a tar that is packed.
func packedWhole(t testing.TB, pack func(testing.TB, []byte) []byte, entries ...entry) string {
	t.Helper()
	return onFile(t, pack(t, packed(t, entries...)))
}

func onFile(t testing.TB, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "image.tar")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func cut(data []byte) []byte { return data[:len(data)-8] }

// laidOut writes entries as files of a folder.
func laidOut(t testing.TB, entries ...entry) string {
	t.Helper()
	dir := t.TempDir()
	for _, e := range entries {
		path := filepath.Join(dir, filepath.FromSlash(e.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(e.Body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

package image

import (
	"archive/tar"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// all keeps the content of every file but those that end in ".skip".
func all(f File, r io.Reader) (string, bool, error) {
	if strings.HasSuffix(f.Path, ".skip") {
		return "", false, nil
	}
	data, err := io.ReadAll(r)
	return string(data), true, err
}

func contents(kept []Kept[string]) map[string]string {
	out := map[string]string{}
	for _, k := range kept {
		out[k.Path] = k.Value
	}
	return out
}

func TestForms(t *testing.T) {
	t.Parallel()
	lower := packed(t, entry{Name: "./etc/a", Body: "1"}, entry{Name: "/etc/b", Body: "2"})
	upper := packed(t, entry{Name: "etc/a", Body: "3"})
	tests := []struct {
		name, path string
		kind       Kind
		named      bool
	}{
		{"docker_archive", saved(t, dockerFiles(t, lower, upper)...), DockerArchive, false},
		{"layout_in_a_folder", laidOut(t, ociFiles(t, lower, upper)...), OCILayout, true},
		{"layout_in_a_tar", saved(t, ociFiles(t, lower, upper)...), OCILayout, true},
		{"zstd_layers", laidOut(t, ociPacked(t, zstandard, lower, upper)...), OCILayout, true},
		{"docker_archive_packed", packedWhole(t, gzipped, dockerFiles(t, lower, upper)...), DockerArchive, false},
		{"layout_packed", packedWhole(t, zstandard, ociFiles(t, lower, upper)...), OCILayout, true},
		{"both_in_one", saved(t, append(ociFiles(t, lower, upper), dockerFiles(t, lower, upper)...)...), DockerArchive, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			kind, ok, err := Recognise(t.Context(), tt.path)
			if kind != tt.kind || !ok || err != nil {
				t.Fatalf("Recognise = %q, %v, %v", kind, ok, err)
			}
			im, kept, err := Read(t.Context(), tt.path, Limits{}, all)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(map[string]string{"etc/a": "3", "etc/b": "2"}, contents(kept)); diff != "" {
				t.Error(diff)
			}
			if im.Kind != tt.kind || im.Platform != "linux/amd64" || len(im.Layers) != 2 || kept[0].Layer != 1 || kept[1].Layer != 0 {
				t.Errorf("%+v, %+v", im, kept)
			}
			want := twin.ArtifactRef{Name: "shop/web", Tag: "1.2"}
			if tt.named {
				want = twin.ArtifactRef{Name: "registry.example/shop/web", Tag: "1.2", Digest: im.Ref.Digest}
			}
			if im.Ref != want || tt.named && !strings.HasPrefix(im.Ref.Digest, "sha256:") {
				t.Errorf("ref = %+v", im.Ref)
			}
		})
	}
}

func TestLayers(t *testing.T) {
	t.Parallel()
	lower := []entry{{Name: "app/a", Body: "a"}, {Name: "app/lib/b", Body: "b"}, {Name: "app/lib/c", Body: "c"}}
	tests := []struct {
		name  string
		upper []entry
		want  map[string]string
	}{
		{"nothing", nil, map[string]string{"app/a": "a", "app/lib/b": "b", "app/lib/c": "c"}},
		{"replaced", []entry{{Name: "app/a", Body: "z"}}, map[string]string{"app/a": "z", "app/lib/b": "b", "app/lib/c": "c"}},
		{"replaced_by_what_is_not_kept", []entry{{Name: "app/a", Type: tar.TypeSymlink, Link: "lib/b"}}, map[string]string{"app/lib/b": "b", "app/lib/c": "c"}},
		{"whiteout_of_a_file", []entry{{Name: "app/.wh.a"}}, map[string]string{"app/lib/b": "b", "app/lib/c": "c"}},
		{"whiteout_of_a_folder", []entry{{Name: "app/.wh.lib"}}, map[string]string{"app/a": "a"}},
		{"whiteout_of_all", []entry{{Name: ".wh.app"}}, map[string]string{}},
		{"whiteout_of_the_unknown", []entry{{Name: "other/.wh.app"}}, map[string]string{"app/a": "a", "app/lib/b": "b", "app/lib/c": "c"}},
		{"opaque", []entry{{Name: "app/lib/d", Body: "d"}, {Name: "app/lib/.wh..wh..opq"}}, map[string]string{"app/a": "a", "app/lib/d": "d"}},
		{"opaque_root", []entry{{Name: ".wh..wh..opq"}, {Name: "x", Body: "x"}}, map[string]string{"x": "x"}},
		{"folder_becomes_file", []entry{{Name: "app/lib", Body: "f"}}, map[string]string{"app/a": "a", "app/lib": "f"}},
		{"file_becomes_folder", []entry{{Name: "app/a/b", Body: "f"}}, map[string]string{"app/a/b": "f", "app/lib/b": "b", "app/lib/c": "c"}},
		{
			"whiteout_of_the_same_layer_does_not_count",
			[]entry{{Name: "app/e", Body: "e"}, {Name: "app/.wh.e"}},
			map[string]string{"app/a": "a", "app/e": "e", "app/lib/b": "b", "app/lib/c": "c"},
		},
		{
			"hard_link",
			[]entry{{Name: "e", Body: "e"}, {Name: "f", Type: tar.TypeLink, Link: "e"}, {Name: "g", Type: tar.TypeLink, Link: "nowhere"}},
			map[string]string{"app/a": "a", "e": "e", "f": "e", "app/lib/b": "b", "app/lib/c": "c"},
		},
		{
			"twice_in_a_layer",
			[]entry{{Name: "e", Body: "1"}, {Name: "e", Body: "2"}},
			map[string]string{"app/a": "a", "e": "2", "app/lib/b": "b", "app/lib/c": "c"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := saved(t, dockerFiles(t, packed(t, lower...), packed(t, tt.upper...))...)
			_, kept, err := Read(t.Context(), path, Limits{}, all)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, contents(kept)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// replaced exchanges the body of one entry.
func replaced(entries []entry, name, old, new string) []entry {
	for i := range entries {
		if strings.Contains(entries[i].Name, name) {
			entries[i].Body = strings.Replace(entries[i].Body, old, new, 1)
		}
	}
	return entries
}

func TestRefused(t *testing.T) {
	t.Parallel()
	layer := packed(t, entry{Name: "etc/a", Body: "content"})
	other := string(gzipped(t, packed(t, entry{Name: "etc/a", Body: "another"})))
	docker := func() []entry { return dockerFiles(t, layer) }
	bomb := packed(t, entry{Name: "zeros.skip", Body: strings.Repeat("\x00", 80<<20)})
	tests := []struct {
		name, path, want string
		limits           Limits
	}{
		{"exchanged_layer", saved(t, replaced(docker(), "layer.tar", "content", "another")...), "unpacked, is not sha256:", Limits{}},
		{"exchanged_config", saved(t, replaced(docker(), ".json", "amd64", "amd65")...), "is not sha256:", Limits{}},
		{"exchanged_blob", saved(t, replaced(ociFiles(t, layer), hexSum(gzipped(t, layer)), string(gzipped(t, layer)), other)...), "the layer is not sha256:", Limits{}},
		{"manifest_twice", saved(t, append(docker(), entry{Name: "./manifest.json", Body: "[]"})...), `has "manifest.json" twice`, Limits{}},
		{"no_layer", saved(t, docker()[1:]...), "has no", Limits{}},
		{"no_image", saved(t, entry{Name: "a", Body: "b"}), "no image", Limits{}},
		{"two_images", saved(t, entry{Name: "manifest.json", Body: "[{},{}]"}), "holds 2 images", Limits{}},
		{"key_twice", saved(t, entry{Name: "manifest.json", Body: `[{"Config":"a","Config":"b"}]`}), "appears twice", Limits{}},
		{"entry_steps_out_of_the_archive", saved(t, append(docker(), entry{Name: "../x", Body: "y"})...), "steps out of it", Limits{}},
		{"entry_steps_out_of_the_image", saved(t, dockerFiles(t, packed(t, entry{Name: "a/../../etc/passwd", Body: "y"}))...), "steps out of the image", Limits{}},
		{"too_many_blobs", saved(t, docker()...), "more than 2 entries", Limits{Blobs: 2}},
		{"too_many_layers", saved(t, dockerFiles(t, layer, packed(t))...), "has 2 layers", Limits{Layers: 1}},
		{"too_many_entries", saved(t, dockerFiles(t, packed(t, entry{Name: "a"}, entry{Name: "b"}))...), "more than 1 entries", Limits{Entries: 1}},
		{"too_large", saved(t, docker()...), "more than is read", Limits{Bytes: 1000}},
		{"long_document", saved(t, docker()...), "more than 10", Limits{Document: 10}},
		{"bomb", saved(t, ociFiles(t, bomb)...), "times its size", Limits{}},
		{"packed_bomb", packedWhole(t, gzipped, dockerFiles(t, bomb)...), "the archive unpacks to more than 200 times", Limits{}},
		{"packed_and_too_large", packedWhole(t, zstandard, docker()...), "unpacks to more than 1000 bytes", Limits{Whole: 1000}},
		{"packed_twice", onFile(t, gzipped(t, gzipped(t, packed(t, docker()...)))), "no tar archive", Limits{}},
		{"packed_and_cut", onFile(t, cut(gzipped(t, packed(t, docker()...)))), "broken packed data", Limits{}},
		{"packed_otherwise", onFile(t, []byte("\xfd7zXZ\x00rest")), "this is xz data", Limits{}},
		{"packed_entry_steps_out", packedWhole(t, gzipped, append(docker(), entry{Name: "../x", Body: "y"})...), "steps out of it", Limits{}},
		{"zstd_bomb", saved(t, ociPacked(t, zstandard, bomb)...), "times its size", Limits{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := Read(t.Context(), tt.path, tt.limits, all)
			if err == nil || !strings.Contains(err.Error(), tt.want) || fault.KindOf(err) != fault.Invalid {
				t.Errorf("%v (%s), want %q", err, fault.KindOf(err), tt.want)
			}
		})
	}
}

// TestLinkOutOfALayout: a layout in a folder cannot name files outside it.
func TestLinkOutOfALayout(t *testing.T) {
	t.Parallel()
	layer := packed(t, entry{Name: "etc/a", Body: "1"})
	dir := laidOut(t, ociFiles(t, layer)...)
	blob := filepath.Join(dir, "blobs", "sha256", hexSum(gzipped(t, layer)))
	outside := filepath.Join(t.TempDir(), "layer")
	if err := os.Rename(blob, outside); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, blob); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Read(t.Context(), dir, Limits{}, all); err == nil || !strings.Contains(err.Error(), "escapes") {
		t.Errorf("%v, want a refusal", err)
	}
}

// TestSharedLayer: an older docker stores a layer once and links to it.
func TestSharedLayer(t *testing.T) {
	t.Parallel()
	layer := packed(t, entry{Name: "etc/a", Body: "1"})
	entries := dockerFiles(t, layer)
	entries[0].Name = "first/layer.tar"
	entries = append(entries, entry{Name: hexSum(layer) + "/layer.tar", Type: tar.TypeSymlink, Link: "../first/layer.tar"})
	if _, kept, err := Read(t.Context(), saved(t, entries...), Limits{}, all); err != nil || len(kept) != 1 {
		t.Errorf("%v, %v", kept, err)
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	path := saved(t, dockerFiles(t, packed(t, entry{Name: "etc/a", Body: "1"}))...)
	if _, _, err := Read(ctx, path, Limits{}, all); !strings.Contains(err.Error(), "canceled") {
		t.Errorf("%v", err)
	}
}

// TestPlatforms: of several the common one is read, and that is said.
func TestPlatforms(t *testing.T) {
	t.Parallel()
	arm, amd := packed(t, entry{Name: "arm"}), packed(t, entry{Name: "amd"})
	var files []entry
	var list []object
	for arch, layer := range map[string][]byte{"arm64": arm, "amd64": amd} {
		one := ociFiles(t, layer)
		files = append(files, one[:len(one)-2]...)
		manifest := one[len(one)-3].Body
		list = append(list, object{"digest": "sha256:" + hexSum([]byte(manifest)), "platform": object{"os": "linux", "architecture": arch}})
	}
	list = append(list, object{"digest": "sha256:" + strings.Repeat("0", 64), "platform": object{"os": "unknown", "architecture": "unknown"}})
	files = append(files, entry{Name: "oci-layout", Body: "{}"}, entry{Name: "index.json", Body: string(jsonOf(t, object{"manifests": list}))})
	im, kept, err := Read(t.Context(), laidOut(t, files...), Limits{}, all)
	if err != nil || len(kept) != 1 || kept[0].Path != "amd" || len(im.Notes) != 1 {
		t.Errorf("%+v, %+v, %v", im, kept, err)
	}
}

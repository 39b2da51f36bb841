package image

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/fault"
)

// FuzzArchive: what a saved image is made of is somebody else's.
func FuzzArchive(f *testing.F) {
	layer := packed(f, entry{Name: "etc/a", Body: "1"}, entry{Name: "etc/.wh.b"})
	f.Add(packed(f, dockerFiles(f, layer)...))
	f.Add(packed(f, ociFiles(f, layer, layer)...))
	f.Add(gzipped(f, packed(f, dockerFiles(f, layer)...)))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "image.tar")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		_, kept, err := Read(t.Context(), path, Limits{Entries: 1000, Bytes: 1 << 20, Whole: 1 << 20}, all)
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", fault.KindOf(err), err)
		}
		for _, k := range kept {
			if stepsOut(k.Path) || strings.HasPrefix(k.Path, "/") {
				t.Errorf("%q", k.Path)
			}
		}
	})
}

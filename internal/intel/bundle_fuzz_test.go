package intel

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// An archive is unpacked into its own folder or refused: nothing of it lands
// elsewhere, and what was refused leaves no folder.
func FuzzUnpack(f *testing.F) {
	for _, name := range []string{"kev.json", "npm/all.zip", "../out", "/abs", "a/../../b", ".", "a/b/c/d", "\x00"} {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		if w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: 2, Typeflag: tar.TypeReg}) != nil {
			continue
		}
		if _, err := w.Write([]byte("{}")); err != nil {
			f.Fatal(err)
		}
		if err := w.Close(); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Add([]byte("not an archive"))
	f.Fuzz(func(t *testing.T, bundle []byte) {
		dir, err := Unpack(bytes.NewReader(bundle))
		if err != nil {
			if dir != "" {
				t.Errorf("refused, and left %s", dir)
			}
			return
		}
		if filepath.Dir(dir) != filepath.Clean(os.TempDir()) {
			t.Errorf("unpacked into %s", dir)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	})
}

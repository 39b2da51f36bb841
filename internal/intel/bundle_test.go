package intel

import (
	"archive/tar"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/tidemark/tidemark/internal/fault"
)

func bundle(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for name, text := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestUnpack(t *testing.T) {
	t.Parallel()
	dir, err := Unpack(bytes.NewReader(bundle(t, map[string]string{"npm/all.zip": "z", "./kev.json": "{}"})))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	for name, want := range map[string]string{"npm/all.zip": "z", "kev.json": "{}"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	var link bytes.Buffer
	w := tar.NewWriter(&link)
	if err := errors.Join(w.WriteHeader(&tar.Header{Name: "kev.json", Linkname: "/etc/passwd", Typeflag: tar.TypeSymlink}), w.Close()); err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string][]byte{
		"link": link.Bytes(),
		"up":   bundle(t, map[string]string{"../x": "x"}), "absolute": bundle(t, map[string]string{"/x": "x"}), "no_archive": []byte("x"),
	} {
		if dir, err := Unpack(bytes.NewReader(body)); fault.KindOf(err) != fault.Invalid || dir != "" {
			t.Errorf("%s: %q, %v", name, dir, err)
		}
	}
}

package ssvc

import (
	"archive/zip"
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/advisory"
)

func packed(t testing.TB, mode os.FileMode, entries ...string) *bytes.Reader {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(entries); i += 2 {
		head := &zip.FileHeader{Name: entries[i], Method: zip.Deflate}
		head.SetMode(mode)
		w, err := z.CreateHeader(head)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(entries[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b.Bytes())
}

func TestParseArchive(t *testing.T) {
	t.Parallel()
	a := packed(t, 0o600, "v-develop/README.md", "words", "v-develop/2024/0xxx/CVE-2024-0001.json", record, "v-develop/2024/0xxx/CVE-2024-0002.json", "{")
	if !IsArchive(a, a.Size()) {
		t.Error("it is one")
	}
	got, err := ParseArchive(a, a.Size())
	if diff := cmp.Diff([]advisory.SSVC{recorded}, got.Entries); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if len(got.Rejected) != 1 || got.Rejected[0].Where != "CVE-2024-0002.json" {
		t.Errorf("%+v", got.Rejected)
	}
	for name, bad := range map[string]*bytes.Reader{
		"leads out": packed(t, 0o600, "../2024/0xxx/CVE-2024-0001.json", record),
		"link":      packed(t, os.ModeSymlink|0o777, "v/2024/0xxx/CVE-2024-0001.json", "/etc/passwd"),
		"bomb":      packed(t, 0o600, "v/2024/0xxx/CVE-2024-0001.json", strings.Repeat(" ", 8<<20)),
		"no zip":    bytes.NewReader([]byte("PK")),
	} {
		if _, err := ParseArchive(bad, bad.Size()); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	other := packed(t, 0o600, "CVE-2024-0001.json", record)
	if IsArchive(other, other.Size()) {
		t.Error("any archive with a CVE in it is taken for a repository")
	}
}

func FuzzParseArchive(f *testing.F) {
	a := packed(f, 0o600, "v/2024/0xxx/CVE-2024-0001.json", record)
	seed := make([]byte, a.Size())
	if _, err := a.Read(seed); err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParseArchive(bytes.NewReader(b), int64(len(b)))
		if err != nil && len(p.Entries) > 0 {
			t.Fatal("an archive that is refused gave entries")
		}
	})
}

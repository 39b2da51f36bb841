package bundle

import (
	"archive/tar"
	"bytes"
	"crypto/ed25519"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/fault"
)

// made is a bundle of two files, and its key.
func made(t testing.TB) (body []byte, key ed25519.PrivateKey, m Manifest) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"a": "the archive", "k": "the catalogue"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	key, err := Key(filepath.Join(dir, "new", "bundle.key"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := Key(filepath.Join(dir, "new", "bundle.key"))
	if err != nil || !again.Equal(key) {
		t.Fatal("the key is made once", err)
	}
	out := filepath.Join(dir, "out.tmb")
	m, err = Write(Making{
		Out: out, Key: key, Now: time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC), Version: "test",
		Sources: []Source{{filepath.Join(dir, "a"), "osv/npm/all.zip", "osv/npm"}, {filepath.Join(dir, "k"), "kev.json", "kev"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if body, err = os.ReadFile(out); err != nil || !Is(out) {
		t.Fatal(err)
	}
	return body, key, m
}

func public(t testing.TB, key ed25519.PrivateKey) ed25519.PublicKey {
	t.Helper()
	p, err := ParseKey(KeyText(ed25519.PublicKey(key[ed25519.SeedSize:])))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestBundleThereAndBack(t *testing.T) {
	t.Parallel()
	body, key, want := made(t)
	dir, m, err := Unpack(bytes.NewReader(body), public(t, key))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if diff := cmp.Diff(want, m); diff != "" || m.Version != "test" || m.Files[0].Feed != "osv/npm" {
		t.Error(diff)
	}
	for name, text := range map[string]string{"feeds/osv/npm/all.zip": "the archive", "feeds/kev.json": "the catalogue"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != text {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// entryOf is one entry of a tar archive.
type entryOf struct {
	head tar.Header
	body []byte
}

func entries(t testing.TB, body []byte) (list []entryOf) {
	t.Helper()
	in := tar.NewReader(bytes.NewReader(body))
	for {
		head, err := in.Next()
		if errors.Is(err, io.EOF) {
			return list
		}
		b, readErr := io.ReadAll(in)
		if err := errors.Join(err, readErr); err != nil {
			t.Fatal(err)
		}
		list = append(list, entryOf{*head, b})
	}
}

func packed(t testing.TB, list []entryOf) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range list {
		e.head.Size = int64(len(e.body))
		if err := w.WriteHeader(&e.head); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(e.body); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestBundleThatIsNotWhatWasSigned(t *testing.T) {
	t.Parallel()
	body, key, _ := made(t)
	_, stranger, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	change := func(fn func([]entryOf) []entryOf) []byte { return packed(t, fn(entries(t, body))) }
	signedAs := func(key ed25519.PrivateKey, manifest string) []byte {
		return change(func(l []entryOf) []entryOf {
			l[0].body = []byte(manifest)
			l[1].body = ed25519.Sign(key, signed(l[0].body))
			return l
		})
	}
	for name, c := range map[string]struct {
		body []byte
		kind fault.Kind
	}{
		"changed file":      {change(func(l []entryOf) []entryOf { l[2].body[0]++; return l }), fault.Invalid},
		"longer file":       {change(func(l []entryOf) []entryOf { l[2].body = append(l[2].body, 'x'); return l }), fault.Invalid},
		"missing file":      {change(func(l []entryOf) []entryOf { return l[:3] }), fault.Invalid},
		"another file":      {change(func(l []entryOf) []entryOf { l[3].head.Name = "feeds/epss.csv"; return l }), fault.Invalid},
		"one file more":     {change(func(l []entryOf) []entryOf { return append(l, l[3]) }), fault.Invalid},
		"a link":            {change(func(l []entryOf) []entryOf { l[3].head.Typeflag, l[3].body = tar.TypeSymlink, nil; return l }), fault.Invalid},
		"changed manifest":  {change(func(l []entryOf) []entryOf { l[0].body[20]++; return l }), fault.Forbidden},
		"changed signature": {change(func(l []entryOf) []entryOf { l[1].body[0]++; return l }), fault.Forbidden},
		"no signature":      {change(func(l []entryOf) []entryOf { return append(l[:1], l[2:]...) }), fault.Invalid},
		"another's":         {signedAs(stranger, `{}`), fault.Forbidden},
		"another form":      {signedAs(key, `{"format":"x/2"}`), fault.Invalid},
		"no files":          {signedAs(key, `{"format":"`+Format+`"}`), fault.Invalid},
		"too large":         {signedAs(key, `{"format":"`+Format+`","files":[{"path":"a","size":9999999999999}]}`), fault.Invalid},
		"leads out":         {signedAs(key, `{"format":"`+Format+`","files":[{"path":"../a","size":1}]}`), fault.Invalid},
		"cut off":           {body[:len(body)/2], fault.Invalid},
		"no archive":        {[]byte("words"), fault.Invalid},
	} {
		dir, _, err := Unpack(bytes.NewReader(c.body), public(t, key))
		if fault.KindOf(err) != c.kind || dir != "" {
			t.Errorf("%s: %q, %v", name, dir, err)
		}
	}
	if _, _, err := Unpack(bytes.NewReader(body), nil); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("without a key: %v", err)
	}
}

func TestParseKey(t *testing.T) {
	t.Parallel()
	_, key, _ := made(t)
	file := filepath.Join(t.TempDir(), "key.pub")
	if err := os.WriteFile(file, []byte(KeyText(public(t, key))+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := ParseKey(file); err != nil || !got.Equal(public(t, key)) {
		t.Error(got, err)
	}
	for _, bad := range []string{"", "ed25519:", "ed25519:AAAA", "ed25519:!", "/nowhere"} {
		if _, err := ParseKey(bad); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if err := os.WriteFile(file, []byte("words"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Key(file); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a key that is none: %v", err)
	}
}

func FuzzUnpack(f *testing.F) {
	body, key, _ := made(f)
	f.Add(body)
	f.Add(body[:1024])
	f.Add([]byte("words"))
	trusted := public(f, key)
	f.Fuzz(func(t *testing.T, b []byte) {
		dir, m, err := Unpack(bytes.NewReader(b), trusted)
		if err != nil {
			if dir != "" {
				t.Fatal("what is refused leaves nothing")
			}
			return
		}
		if len(m.Files) != 2 {
			t.Fatalf("%+v", m)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	})
}

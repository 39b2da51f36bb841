package trust

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// keyFile is a public key as a file of the trust folder.
func keyFile(t testing.TB, public crypto.PublicKey) *fstest.MapFile {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return &fstest.MapFile{Data: pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})}
}

func signersFileOf(t testing.TB, rules ...Rule) *fstest.MapFile {
	t.Helper()
	body, err := json.Marshal(map[string]any{"signers": rules})
	if err != nil {
		t.Fatal(err)
	}
	return &fstest.MapFile{Data: body}
}

func newSigner(t testing.TB, kind string) crypto.Signer {
	t.Helper()
	var key crypto.Signer
	var err error
	switch kind {
	case "P-256":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "P-384":
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "RSA":
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	default:
		_, key, err = ed25519.GenerateKey(rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// No folder, an empty folder and a folder that is not there trust nobody, and are
// no trouble.
func TestNoTrust(t *testing.T) {
	t.Parallel()
	for name, folder := range map[string]fs.FS{
		"none": nil, "empty": fstest.MapFS{}, "absent": os.DirFS(filepath.Join(t.TempDir(), "absent")),
		"others": fstest.MapFS{"README": {Data: []byte("notes")}, "notes.json": {Data: []byte("{")}},
	} {
		trust := Load(folder)
		if len(trust.Trouble()) > 0 || len(trust.roots)+len(trust.keys)+len(trust.rules) > 0 {
			t.Errorf("%s: %+v", name, trust)
		}
	}
}

func TestTrustTrouble(t *testing.T) {
	t.Parallel()
	key := newSigner(t, "P-256")
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		file string
		body string
		want string
	}{
		"root":        {"trusted_root.json", `{"mediaType":"x"}`, "no trusted root"},
		"root-text":   {"trusted_root.json", `hello`, "1:1"},
		"key":         {"a.pem", `hello`, "no PEM"},
		"certificate": {"a.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte{1}})), "no public key"},
		"private":     {"a.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})), "private key"},
		"field":       {"signers.json", `{"signers":[{"name":"a","kee":"b"}]}`, "unknown field"},
		"twice":       {"signers.json", `{"signers":[],"signers":[]}`, "twice"},
		"no-key":      {"signers.json", `{"signers":[{"name":"a","key":"b.pem"}]}`, "no key"},
		"large":       {"signers.json", strings.Repeat(" ", maxTrustFile+1), "larger"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Load(fstest.MapFS{test.file: {Data: []byte(test.body)}}).Trouble()
			if len(got) != 1 || got[0].Where != "trust/"+test.file || !strings.Contains(got[0].Reason, test.want) {
				t.Errorf("got %+v, want %q", got, test.want)
			}
		})
	}
}

// A rule that would trust whoever comes is refused.
func TestRuleCheck(t *testing.T) {
	t.Parallel()
	github := "https://token.actions.githubusercontent.com"
	for name, test := range map[string]struct {
		rule Rule
		ok   bool
	}{
		"owner":         {Rule{Name: "a", Issuer: github, Identity: "https://github.com/acme/*"}, true},
		"exact":         {Rule{Name: "a", Issuer: github, Identity: "https://github.com/acme/x/.github/workflows/b.yml@refs/heads/main"}, true},
		"any-ref":       {Rule{Name: "a", Issuer: github, Identity: "https://github.com/acme/x/.github/workflows/b.yml@*"}, true},
		"domain":        {Rule{Name: "a", Issuer: "https://accounts.example", Identity: "*@acme.example"}, true},
		"key":           {Rule{Name: "a", Key: "a.pem", Repository: "*"}, true},
		"nameless":      {Rule{Key: "a.pem"}, false},
		"both":          {Rule{Name: "a", Key: "a.pem", Issuer: github}, false},
		"neither":       {Rule{Name: "a"}, false},
		"issuer-star":   {Rule{Name: "a", Issuer: "https://*", Identity: "https://github.com/acme/*"}, false},
		"everybody":     {Rule{Name: "a", Issuer: github, Identity: "*"}, false},
		"every-owner":   {Rule{Name: "a", Issuer: github, Identity: "https://github.com/*"}, false},
		"owner-prefix":  {Rule{Name: "a", Issuer: github, Identity: "https://github.com/acme*"}, false},
		"middle":        {Rule{Name: "a", Issuer: github, Identity: "https://github.com/*/build.yml@refs/heads/main"}, false},
		"every-domain":  {Rule{Name: "a", Issuer: github, Identity: "*@*"}, false},
		"repo-prefix":   {Rule{Name: "a", Issuer: github, Identity: "https://github.com/acme/*", Repository: "github.com/acme*"}, false},
		"repo-by-owner": {Rule{Name: "a", Issuer: github, Identity: "https://github.com/acme/*", Repository: "github.com/acme/*"}, true},
	} {
		if err := test.rule.check(); (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pattern, text string
		want          bool
	}{
		{"a", "a", true},
		{"a", "ab", false},
		{"*", "", true},
		{"a/*", "a/b/c", true},
		{"a/*", "a", false},
		{"a/*/c", "a/b/c", true},
		{"a/*/c", "a//c", true},
		{"a/*/c", "a/c", false},
		{"*@x", "y@x", true},
		{"*@x", "y@xz", false},
		{"ab*ba", "aba", false},
		{"a*b*c", "axbxc", true},
		{"a*b*b", "ab", false},
	} {
		if got := fits(test.pattern, test.text); got != test.want {
			t.Errorf("fits(%q, %q) = %v", test.pattern, test.text, got)
		}
	}
}

// What the folder holds was changed when the newest of it was.
func TestTrustSince(t *testing.T) {
	t.Parallel()
	day := func(d int) time.Time { return time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC) }
	key, other := keyFile(t, newSigner(t, "P-256").Public()), keyFile(t, newSigner(t, "Ed25519").Public())
	key.ModTime, other.ModTime = day(2), day(3)
	trust := Load(fstest.MapFS{"a.pem": key, "b.pub": other})
	if diff := cmp.Diff(day(3), trust.since); diff != "" || len(trust.keys) != 2 {
		t.Error(diff, trust.Trouble())
	}
}

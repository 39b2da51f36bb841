// Package bundle carries feeds to where no feed can be fetched: one file, signed.
//
// The model. A bundle is a tar archive of a manifest, its signature, and the
// feeds' files. The manifest names each file with its size and SHA-256, and says
// when and by which version it was made; the signature is Ed25519 over the
// manifest. Who reads it says beforehand whose key is trusted: the bundle's own
// word on that counts for nothing.
//
// Invariants. Nothing is handed on before everything is checked: signature,
// names, sizes, sums, and that no file is missing or beside the manifest. What
// was unpacked of a bundle that is refused is removed.
package bundle

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/hostile"
)

// Format names the form of a bundle; another one is not read.
const Format = "tidemark-intel-bundle/1"

// The bounds of a bundle.
const (
	maxManifest = 8 << 20
	maxFiles    = 10_000
	maxBytes    = 8 << 30
)

// Manifest says what a bundle holds.
type Manifest struct {
	Format  string    `json:"format"`
	MadeAt  time.Time `json:"made_at"`
	Version string    `json:"version"` // of the program that made it
	Files   []File    `json:"files"`
}

// File is one feed's file.
type File struct {
	Path      string    `json:"path"` // below the bundle, with slashes
	Feed      string    `json:"feed"` // "osv/npm", "kev"
	FetchedAt time.Time `json:"fetched_at"`
	Size      int64     `json:"size"`
	SHA256    string    `json:"sha256"`
}

// signed is what the signature is over: a manifest can be nothing else.
func signed(manifest []byte) []byte { return append([]byte(Format+"\n"), manifest...) }

// keyPrefix stands in front of a public key's text.
const keyPrefix = "ed25519:"

// KeyText is a public key as people pass it on.
func KeyText(key ed25519.PublicKey) string {
	return keyPrefix + base64.StdEncoding.EncodeToString(key)
}

// ParseKey reads a public key from its text, or from the file of that name.
func ParseKey(text string) (ed25519.PublicKey, error) {
	if !strings.HasPrefix(text, keyPrefix) {
		b, err := os.ReadFile(text)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "read the trusted key")
		}
		text = strings.TrimSpace(string(b))
	}
	b, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, keyPrefix))
	if err != nil || len(b) != ed25519.PublicKeySize || !strings.HasPrefix(text, keyPrefix) {
		return nil, fault.New(fault.Invalid, "%.60q is not a public key", text).WithHint("a key is ed25519: and 44 characters, as intel bundle --public-key prints it")
	}
	return b, nil
}

const (
	seedBlock = "TIDEMARK BUNDLE KEY"
	private   = 0o600
)

// Key reads the key that signs bundles from a file, and makes it at the first use.
func Key(path string) (ed25519.PrivateKey, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(path)
	}
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "read the key of bundles")
	}
	block, _ := pem.Decode(b)
	if block == nil || block.Type != seedBlock || len(block.Bytes) != ed25519.SeedSize {
		return nil, fault.New(fault.Invalid, "%s is not a key of bundles", path).WithHint("move it away: a new key is made, and has to be trusted anew")
	}
	return ed25519.NewKeyFromSeed(block.Bytes), nil
}

func makeKey(path string) (ed25519.PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "make a key")
	}
	if err := os.MkdirAll(filepath.Dir(path), private|0o100); err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "make a folder for the key")
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, private)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "keep the key of bundles")
	}
	err = errors.Join(pem.Encode(f, &pem.Block{Type: seedBlock, Bytes: key.Seed()}), f.Sync(), f.Close())
	return key, fault.Wrap(fault.Unavailable, err, "keep the key of bundles")
}

// parse reads a manifest whose signature holds. Its files are within bounds.
func parse(b []byte) (Manifest, error) {
	var m Manifest
	if err := hostile.Unmarshal(b, hostile.Limits{}, &m); err != nil {
		return m, fault.Wrap(fault.Invalid, err, "read the bundle's manifest")
	}
	if m.Format != Format {
		return m, fault.New(fault.Invalid, "the bundle has the form %.60q, not %q", m.Format, Format)
	}
	if len(m.Files) == 0 || len(m.Files) > maxFiles {
		return m, fault.New(fault.Invalid, "the bundle lists %d files, not 1 to %d", len(m.Files), maxFiles)
	}
	left := int64(maxBytes)
	for _, f := range m.Files {
		if left -= f.Size; f.Size < 0 || left < 0 {
			return m, fault.New(fault.Invalid, "the bundle holds more than %d GiB", maxBytes>>30)
		}
		if !safe(f.Path) {
			return m, fault.New(fault.Invalid, "the bundle lists %.80q, which leads out of it", f.Path)
		}
	}
	return m, nil
}

// safe reports whether a path stays below the bundle's folder.
func safe(path string) bool {
	return filepath.IsLocal(path) && filepath.ToSlash(filepath.Clean(path)) == path && path != "." && !strings.ContainsAny(path, "\\\x00")
}

func encode(m Manifest) ([]byte, error) {
	b, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "write the manifest")
	}
	return append(b, '\n'), nil
}

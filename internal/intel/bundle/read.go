package bundle

import (
	"archive/tar"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"

	"github.com/tidemark/tidemark/internal/fault"
)

// Open checks a bundle against a trusted key and unpacks it. The folder is the
// caller's to remove; with an error there is none.
func Open(file string, trusted ed25519.PublicKey) (dir string, m Manifest, err error) {
	f, err := os.Open(file)
	if err != nil {
		return "", m, fault.Wrap(fault.Invalid, err, "open the bundle")
	}
	defer func() { _ = f.Close() }() // it was only read
	return Unpack(f, trusted)
}

// Unpack is Open for a bundle that is read from anywhere.
func Unpack(from io.Reader, trusted ed25519.PublicKey) (dir string, m Manifest, err error) {
	in := tar.NewReader(from)
	if m, err = manifest(in, trusted); err != nil {
		return "", m, err
	}
	if dir, err = os.MkdirTemp("", "tidemark-bundle-"); err != nil {
		return "", m, fault.Wrap(fault.Unavailable, err, "make a folder for the bundle")
	}
	root, err := os.OpenRoot(dir)
	if err == nil {
		err = errors.Join(unpack(root, in, m), root.Close())
	}
	if err != nil {
		return "", m, errors.Join(err, os.RemoveAll(dir))
	}
	return dir, m, nil
}

// manifest reads the first two entries, and believes them once the signature holds.
func manifest(in *tar.Reader, trusted ed25519.PublicKey) (m Manifest, err error) {
	body, err := entry(in, manifestName, maxManifest)
	if err != nil {
		return m, err
	}
	signature, err := entry(in, signatureName, ed25519.SignatureSize)
	if err != nil {
		return m, err
	}
	if len(trusted) != ed25519.PublicKeySize || !ed25519.Verify(trusted, signed(body), signature) {
		return m, fault.New(fault.Forbidden, "the bundle is not signed by the trusted key").
			WithHint("trust the key that intel bundle --public-key prints where the bundle was made")
	}
	return parse(body)
}

func entry(in *tar.Reader, name string, most int64) ([]byte, error) {
	head, err := in.Next()
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "read the bundle: it has no %s", name)
	}
	if head.Name != name || head.Typeflag != tar.TypeReg {
		return nil, fault.New(fault.Invalid, "this is no bundle of feeds: it holds %.80q where %s should be", head.Name, name)
	}
	if head.Size > most {
		return nil, fault.New(fault.Invalid, "the bundle's %s is larger than %d bytes", name, most)
	}
	b, err := io.ReadAll(in)
	return b, fault.Wrap(fault.Invalid, err, "read the bundle's %s", name)
}

// unpack writes exactly the files of the manifest.
func unpack(root *os.Root, in *tar.Reader, m Manifest) error {
	want := make(map[string]File, len(m.Files))
	for _, f := range m.Files {
		want[f.Path] = f
	}
	for {
		head, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fault.Wrap(fault.Invalid, err, "read the bundle")
		}
		f, listed := want[head.Name]
		if !listed || head.Typeflag != tar.TypeReg || head.Size != f.Size {
			return fault.New(fault.Invalid, "the bundle holds %.80q, which is not in its manifest as it is", head.Name)
		}
		delete(want, head.Name)
		if err := unpackFile(root, in, f); err != nil {
			return err
		}
	}
	for name := range want {
		return fault.New(fault.Invalid, "the bundle lacks %.80q of its manifest", name)
	}
	return nil
}

func unpackFile(root *os.Root, in io.Reader, f File) error {
	if err := root.MkdirAll(path.Dir(f.Path), 0o700); err != nil {
		return fault.Wrap(fault.Invalid, err, "unpack %.80q", f.Path)
	}
	out, err := root.OpenFile(filepath.FromSlash(f.Path), os.O_CREATE|os.O_EXCL|os.O_WRONLY, private)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "unpack %.80q", f.Path)
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, sum), in) // no more than its head says, which was compared
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.Join(fault.Wrap(fault.Invalid, err, "the bundle ends in the middle of %.80q", f.Path), out.Close())
	}
	if err := errors.Join(err, out.Close()); err != nil {
		return fault.Wrap(fault.Unavailable, err, "unpack %.80q", f.Path)
	}
	if hex.EncodeToString(sum.Sum(nil)) != f.SHA256 {
		return fault.New(fault.Invalid, "%.80q of the bundle is not the file that was signed", f.Path)
	}
	return nil
}

// Is reports whether a file begins like a bundle.
func Is(file string) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // it was only read
	head := make([]byte, len(manifestName)+1)
	_, err = io.ReadFull(f, head)
	return err == nil && bytes.Equal(head, append([]byte(manifestName), 0))
}

package bundle

import (
	"archive/tar"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/tidemark/tidemark/internal/fault"
)

// The names of what is no feed's file; feeds are below their folder.
const (
	manifestName  = "manifest.json"
	signatureName = "manifest.sig"
	feedsFolder   = "feeds/"
)

// Source is a feed's file on disk.
type Source struct {
	Path string // where it is
	Name string // below the bundle's folder of feeds, with slashes
	Feed string // "osv/npm", "kev"
}

// Making says what to write.
type Making struct {
	Out     string
	Sources []Source
	Key     ed25519.PrivateKey
	Now     time.Time
	Version string
}

// Write makes a bundle. The file is there whole, or is what it was.
func Write(w Making) (m Manifest, err error) {
	m = Manifest{Format: Format, MadeAt: w.Now.UTC().Truncate(time.Second), Version: w.Version}
	for _, s := range w.Sources {
		f, err := measure(s)
		if err != nil {
			return m, fault.Wrap(fault.Invalid, err, "read the feed %s", s.Feed)
		}
		m.Files = append(m.Files, f)
	}
	body, err := encode(m)
	if err != nil {
		return m, err
	}
	if _, err := parse(body); err != nil { // what cannot be read is not written
		return m, err
	}
	out, err := os.CreateTemp(filepath.Dir(w.Out), filepath.Base(w.Out)+".new-")
	if err != nil {
		return m, fault.Wrap(fault.Invalid, err, "write the bundle")
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(out.Name()))
		}
	}()
	if err := errors.Join(w.pack(out, body), out.Sync(), out.Close()); err != nil {
		return m, fault.Wrap(fault.Unavailable, err, "write the bundle %s", w.Out)
	}
	return m, fault.Wrap(fault.Unavailable, os.Rename(out.Name(), w.Out), "write the bundle %s", w.Out)
}

func measure(s Source) (File, error) {
	f := File{Path: feedsFolder + s.Name, Feed: s.Feed}
	in, err := os.Open(s.Path)
	if err != nil {
		return f, err
	}
	defer func() { _ = in.Close() }() // it was only read
	info, err := in.Stat()
	if err != nil {
		return f, err
	}
	f.FetchedAt = info.ModTime().UTC().Truncate(time.Second)
	sum := sha256.New()
	f.Size, err = io.Copy(sum, in)
	f.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return f, err
}

func (w Making) pack(to io.Writer, manifest []byte) error {
	t := tar.NewWriter(to)
	head := func(name string, size int64) error {
		return t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644, ModTime: w.Now.UTC().Truncate(time.Second)})
	}
	for _, x := range []struct {
		name string
		body []byte
	}{{manifestName, manifest}, {signatureName, ed25519.Sign(w.Key, signed(manifest))}} {
		if err := head(x.name, int64(len(x.body))); err != nil {
			return err
		}
		if _, err := t.Write(x.body); err != nil {
			return err
		}
	}
	for _, s := range w.Sources {
		if err := packFile(t, s, head); err != nil {
			return fmt.Errorf("%s: %w", s.Feed, err)
		}
	}
	return t.Close()
}

// packFile copies a file. One that has changed since it was measured has another
// sum than the manifest says: who reads the bundle refuses it.
func packFile(t *tar.Writer, s Source, head func(string, int64) error) (err error) {
	in, err := os.Open(s.Path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if err := head(feedsFolder+s.Name, info.Size()); err != nil {
		return err
	}
	_, err = io.CopyN(t, in, info.Size())
	return err
}

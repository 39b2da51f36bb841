package intel

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"

	"github.com/tidemark/tidemark/internal/fault"
)

// Unpack writes the files of a tar archive into a folder of its own, which is the
// caller's to remove. Names that lead out of it are refused.
func Unpack(archive io.Reader) (dir string, err error) {
	if dir, err = os.MkdirTemp("", "tidemark-intel-"); err != nil {
		return "", fault.Wrap(fault.Unavailable, err, "make a folder for the archive")
	}
	root, err := os.OpenRoot(dir)
	if err == nil {
		err = errors.Join(unpackInto(root, tar.NewReader(archive)), root.Close())
	}
	if err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, nil
}

// Bounds of an archive. The sizes in its heads are counted, since a sparse file
// is larger than what it takes up there.
const (
	maxEntries  = 10_000
	maxUnpacked = 8 << 30
)

func unpackInto(root *os.Root, in *tar.Reader) error {
	left := int64(maxUnpacked)
	for range maxEntries {
		head, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			bad := &fault.Error{Kind: fault.Invalid, Message: "read the archive", Err: err}
			return bad.WithHint("send a plain tar of the folder, not compressed")
		}
		switch head.Typeflag {
		case tar.TypeReg:
		case tar.TypeDir, tar.TypeXGlobalHeader:
			continue
		default:
			return fault.New(fault.Invalid, "the archive holds %q, which is no file, but a link or a device", head.Name)
		}
		if left -= head.Size; head.Size < 0 || left < 0 {
			return fault.New(fault.Invalid, "the archive holds more than %d GiB", maxUnpacked>>30).WithHint("send one ecosystem at a time")
		}
		if err := unpackFile(root, path.Clean(head.Name), in); err != nil {
			return err
		}
	}
	return fault.New(fault.Invalid, "the archive has more than %d entries", maxEntries)
}

func unpackFile(root *os.Root, name string, from io.Reader) (err error) {
	if !filepath.IsLocal(name) {
		return fault.New(fault.Invalid, "the archive holds %q, which leads out of it", name)
	}
	if err := root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return fault.Wrap(fault.Invalid, err, "unpack %q", name)
	}
	to, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "unpack %q", name)
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	_, err = io.Copy(to, from) // no more than its head says, which was counted
	return fault.Wrap(fault.Unavailable, err, "unpack %q", name)
}

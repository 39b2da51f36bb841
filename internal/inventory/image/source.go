package image

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/tidemark/tidemark/internal/fault"
)

// A source is an archive's blobs by name.
type source interface {
	// open gives a blob; fs.ErrNotExist when there is none of that name.
	open(name string) (io.ReadCloser, int64, error)
	close() error
}

// openSource opens a folder or a tar. What is neither is fault.Invalid.
func openSource(ctx context.Context, name string, limits Limits) (source, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "read the image")
	}
	if info.IsDir() {
		root, err := os.OpenRoot(name)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "read the image")
		}
		return folder{root}, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "read the image")
	}
	at, err := plain(ctx, f, limits)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	src, err := indexTar(at, limits)
	if err != nil {
		return nil, errors.Join(err, at.Close())
	}
	src.closer = at
	return src, nil
}

// folder is an OCI layout on disk. Its root lets no name and no link lead out.
type folder struct{ root *os.Root }

func (f folder) open(name string) (io.ReadCloser, int64, error) {
	file, err := f.root.Open(name)
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fault.New(fault.Invalid, "%s is no regular file", name)
	}
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, info.Size(), nil
}

func (f folder) close() error { return f.root.Close() }

// archive is a tar whose entries are found by their place in it.
type archive struct {
	at     io.ReaderAt
	closer io.Closer
	blobs  map[string]blob
}

// blob is an entry of an archive: a piece of it, or a link to another entry.
type blob struct {
	offset, size int64
	link         string
}

// indexTar reads the headers of a tar; its contents are passed over.
func indexTar(f *os.File, limits Limits) (*archive, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	a := &archive{at: f, blobs: map[string]blob{}}
	for tr := tar.NewReader(f); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return a, nil
		}
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "no tar archive, or a broken one")
		}
		at, err := f.Seek(0, io.SeekCurrent)
		if err != nil {
			return nil, err
		}
		if err := a.add(h, at, info.Size()); err != nil {
			return nil, err
		}
		if len(a.blobs) > limits.Blobs {
			return nil, fault.New(fault.Invalid, "the archive has more than %d entries", limits.Blobs)
		}
	}
}

func (a *archive) add(h *tar.Header, at, size int64) error {
	name := strings.TrimPrefix(path.Clean("/"+h.Name), "/")
	if stepsOut(h.Name) {
		return fault.New(fault.Invalid, "entry %q of the archive steps out of it", h.Name)
	}
	var b blob
	switch h.Typeflag {
	case tar.TypeReg:
		b = blob{offset: at, size: h.Size}
		if h.Size < 0 || h.Size > size-at {
			return fault.New(fault.Invalid, "entry %q ends behind the end of the archive", h.Name)
		}
	case tar.TypeSymlink:
		b = blob{link: path.Join(path.Dir(name), h.Linkname)}
	case tar.TypeLink:
		b = blob{link: path.Clean(h.Linkname)}
	default:
		return nil
	}
	if _, twice := a.blobs[name]; twice {
		return fault.New(fault.Invalid, "the archive has %q twice", name).WithHint("two readers could see two images in it; save it again")
	}
	a.blobs[name] = b
	return nil
}

// stepsOut reports whether a name in an archive has a part that leads upwards.
func stepsOut(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return true
		}
	}
	return strings.ContainsRune(name, 0)
}

// open follows one link: an older docker writes a layer that two images share
// once, and links to it.
func (a *archive) open(name string) (io.ReadCloser, int64, error) {
	name = path.Clean(name)
	b, ok := a.blobs[name]
	if ok && b.link != "" {
		name = b.link
		b, ok = a.blobs[name]
	}
	if !ok {
		return nil, 0, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	if b.link != "" {
		return nil, 0, fault.New(fault.Invalid, "entry %q is a link to a link", name)
	}
	return io.NopCloser(io.NewSectionReader(a.at, b.offset, b.size)), b.size, nil
}

func (a *archive) close() error { return a.closer.Close() }

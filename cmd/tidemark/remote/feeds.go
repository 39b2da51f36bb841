package remote

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/intel"
)

// maxFeedBytes bounds what is sent of a folder.
const maxFeedBytes = 4 << 30

// feed is one file of a folder.
type feed struct {
	path, name string // where it is, and below the folder
	size       int64
}

// Feeds gives the feeds below a folder as a tar archive, written while it is
// read; it may be opened several times. What is no feed is listed, not sent.
func Feeds(ctx context.Context, dir string) (func() (io.ReadCloser, error), []intel.Ignored, error) {
	found, err := intel.Scan(ctx, dir)
	if err != nil {
		return nil, nil, err
	}
	files, err := sized(dir, found.Inputs)
	if err != nil {
		return nil, nil, err
	}
	return func() (io.ReadCloser, error) {
		r, w := io.Pipe()
		go func() { w.CloseWithError(pack(ctx, w, files)) }() // ends when the reader closes, at the latest
		return r, nil
	}, found.Ignored, nil
}

// sized names the files as they are below the folder; those that a link leads
// to elsewhere keep the last two parts of their path, which say the ecosystem.
func sized(dir string, inputs []intel.Input) (files []feed, err error) {
	if len(inputs) == 0 {
		return nil, fault.New(fault.Invalid, "%s holds no feed", dir).WithHint("name a folder with OSV <Ecosystem>/all.zip, KEV and EPSS anywhere below")
	}
	total := int64(0)
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "read the folder %s", dir)
	}
	for n, in := range inputs {
		info, err := os.Stat(in.Path)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "read the folder %s", dir)
		}
		name, err := filepath.Rel(real, in.Path)
		if err != nil || !filepath.IsLocal(name) {
			name = filepath.Join("linked", strconv.Itoa(n), filepath.Base(filepath.Dir(in.Path)), filepath.Base(in.Path))
		}
		files = append(files, feed{path: in.Path, name: filepath.ToSlash(name), size: info.Size()})
		if total += info.Size(); total > maxFeedBytes {
			return nil, fault.New(fault.Invalid, "the feeds in %s are larger than %d GiB", dir, maxFeedBytes>>30).WithHint("name a folder with fewer ecosystems")
		}
	}
	return files, nil
}

func pack(ctx context.Context, w io.Writer, files []feed) error {
	t := tar.NewWriter(w)
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := packOne(t, f); err != nil {
			return fault.Wrap(fault.Invalid, err, "send %s", f.path)
		}
	}
	return t.Close()
}

func packOne(t *tar.Writer, f feed) (err error) {
	const readable = 0o600
	if err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: f.name, Size: f.size, Mode: readable}); err != nil {
		return err
	}
	file, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	_, err = io.CopyN(t, file, f.size)
	return err
}

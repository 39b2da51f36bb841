package image

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"

	"github.com/tidemark/tidemark/internal/fault"
)

// tarHead is how far into a tar it says that it is one.
const tarHead = 512

// IsTar says whether a file is a tar, or gzip or zstd data that begin as one
// when they are unpacked. An error is a file that cannot be opened.
func IsTar(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, fault.Wrap(fault.Invalid, err, "read the input")
	}
	r, done, err := unpacking(bufio.NewReader(f))
	if err != nil {
		return false, f.Close() // broken data is told when it is read
	}
	defer done()
	head := make([]byte, tarHead)
	n, _ := io.ReadFull(r, head) // and so is what ends early
	return isTarHead(head[:n]), f.Close()
}

// unpacking reads gzip and zstd data unpacked, and anything else as it is; done
// is called in the end.
func unpacking(r *bufio.Reader) (unpacked io.Reader, done func(), err error) {
	head, err := r.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, nil, fault.Wrap(fault.Invalid, err, "broken gzip data")
		}
		return z, func() {}, nil
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")):
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, nil, fault.Wrap(fault.Invalid, err, "broken zstd data")
		}
		return z, z.Close, nil
	}
	return r, func() {}, nil
}

// plain gives an archive that can be read at any place: the file, or when that
// is packed as a whole, a file without a name that it is unpacked to; the packed
// one is closed then.
func plain(ctx context.Context, f *os.File, limits Limits) (*os.File, error) {
	kind, err := packedAs(f)
	if err != nil || kind == "" {
		return f, err
	}
	if kind != "gzip" && kind != "zstd" {
		return nil, fault.New(fault.Invalid, "this is %s data, not an image archive", kind).
			WithHint("unpack it first; of archives that are packed as a whole gzip and zstd are read")
	}
	to, err := nameless()
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "unpack the archive")
	}
	if err := unpackTo(ctx, to, f, limits); err != nil {
		return nil, errors.Join(err, to.Close())
	}
	if _, err := to.Seek(0, io.SeekStart); err != nil {
		return nil, errors.Join(err, to.Close())
	}
	return to, f.Close()
}

// packedAs names how a file is packed as a whole; "" when it is not.
func packedAs(f io.ReaderAt) (string, error) {
	var head [6]byte
	n, err := f.ReadAt(head[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	for magic, what := range map[string]string{"\x1f\x8b": "gzip", "\x28\xb5\x2f\xfd": "zstd", "BZh": "bzip2", "\xfd7zXZ": "xz"} {
		if bytes.HasPrefix(head[:n], []byte(magic)) {
			return what, nil
		}
	}
	return "", nil
}

// unpackTo writes what a packed file holds. The first bytes decide whether it
// is a tar at all, before there is much of it.
func unpackTo(ctx context.Context, to io.Writer, f io.Reader, limits Limits) error {
	stored := &tally{r: f}
	r, done, err := unpacking(bufio.NewReaderSize(stored, 1<<18))
	if err != nil {
		return err
	}
	defer done()
	head := make([]byte, tarHead)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return fault.Wrap(fault.Invalid, err, "broken packed data")
	}
	if !isTarHead(head[:n]) {
		return fault.New(fault.Invalid, "what is packed in it is no tar archive")
	}
	from := &whole{ctx: ctx, unpacked: io.MultiReader(bytes.NewReader(head[:n]), r), stored: stored, limits: limits}
	_, err = io.Copy(to, from)
	if err != nil && fault.KindOf(err) != fault.Invalid && ctx.Err() == nil {
		return fault.Wrap(fault.Unavailable, err, "unpack the archive into the folder for temporary files")
	}
	return err
}

// whole is the content of an archive that is packed as a whole.
type whole struct {
	ctx      context.Context
	unpacked io.Reader
	stored   *tally
	n        int64
	limits   Limits
}

// Read refuses to go on where a bound is broken.
func (w *whole) Read(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := w.unpacked.Read(p)
	w.n += int64(n)
	switch {
	case w.n > w.limits.Whole:
		return n, fault.New(fault.Invalid, "the archive unpacks to more than %d bytes", w.limits.Whole).WithHint("unpack it first, when it is no archive bomb")
	case w.n > free && w.n/w.limits.Ratio > w.stored.n:
		return n, fault.New(fault.Invalid, "the archive unpacks to more than %d times its size", w.limits.Ratio).WithHint("this looks like an archive bomb")
	case err != nil && !errors.Is(err, io.EOF):
		return n, fault.Wrap(fault.Invalid, err, "broken packed data")
	}
	return n, err
}

// nameless opens a temporary file that goes when it is closed, or the process ends.
func nameless() (*os.File, error) {
	f, err := os.CreateTemp("", "tidemark-image-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// tally counts what is read through it.
type tally struct {
	r io.Reader
	n int64
}

func (t *tally) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	t.n += int64(n)
	return n, err
}

func isTarHead(b []byte) bool { return bytes.Contains(b, []byte("ustar")) }

package inventory

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/inventory/image"
	"github.com/tidemark/tidemark/internal/twin"
)

// maxKept bounds what is kept of an image until all its layers are read.
const maxKept = 1 << 30

// IsImage says whether a folder is an image that is saved; of files it says so
// of every tar, packed or not, since nothing else in a tar is read.
func IsImage(ctx context.Context, path string) (bool, error) {
	info, err := os.Stat(path)
	if err != nil {
		return false, fault.Wrap(fault.Invalid, err, "read the input")
	}
	if !info.IsDir() {
		return image.IsTar(path)
	}
	_, ok, err := image.Recognise(ctx, path)
	return ok, err
}

// ReadImage lists what is installed in an image that is saved in a file or
// folder.
func ReadImage(ctx context.Context, path string) (Found, error) {
	v := newViewer(ctx)
	im, kept, err := image.Read(ctx, path, image.Limits{}, v.look)
	if err != nil {
		return Found{}, err
	}
	return v.found(im, kept)
}

// StreamImage lists what is installed in an image whose layers are streamed.
func StreamImage(ctx context.Context, in image.Layered, limits image.Limits) (Found, error) {
	v := newViewer(ctx)
	kept, err := image.Stream(ctx, in, limits, v.look)
	if err != nil {
		return Found{}, err
	}
	found, err := v.found(in.Image, kept)
	found.Kind = Streamed
	return found, err
}

func newViewer(ctx context.Context) *viewer {
	return &viewer{ctx: ctx, databases: databaseReaders(), installed: installedReaders(), locks: lockReaders()}
}

// found reads what was kept of an image.
func (v *viewer) found(im image.Image, kept []image.Kept[seen]) (Found, error) {
	found := Found{Kind: Kind(im.Kind), Format: im.Platform, Subject: im.Ref, Notes: im.Notes}
	releases := memory{}
	for _, k := range kept {
		if slices.Contains(osReleases(), k.Path) {
			releases[k.Path] = k.Value.data
		}
	}
	for _, k := range kept {
		k.Value.in.tree = releases
		if err := found.add(v.ctx, im.Layers[k.Layer], k); err != nil {
			return Found{}, err
		}
	}
	if d := distroOf(input{tree: releases}); d.id != "" {
		found.Notes = append(found.Notes, "the distribution is "+d.String())
	}
	if v.lockFiles > 0 {
		found.Notes = append(found.Notes, fmt.Sprintf("%d lock files were not read: in an image counts what is installed", v.lockFiles))
	}
	return found, nil
}

// seen is what was made of a file of an image: its packages; or, of a database,
// what to read at the end, when the distribution is known.
type seen struct {
	components []twin.Component
	reader     reader
	in         input
	data       []byte // of an os-release
	problem    string // why it could not be read
}

// add takes the packages of a file that is in the image.
func (f *Found) add(ctx context.Context, layer string, k image.Kept[seen]) (err error) {
	list := k.Value.components
	if k.Value.reader.read != nil {
		if list, err = k.Value.reader.read(ctx, k.Value.in); err != nil {
			f.Unread = append(f.Unread, Skipped{k.Path, "read as " + k.Value.reader.name + ": " + err.Error()})
			return ctx.Err()
		}
	}
	if k.Value.problem != "" {
		f.Skipped = append(f.Skipped, Skipped{k.Path, k.Value.problem})
	}
	for _, c := range list {
		f.Packages = append(f.Packages, Package{Component: c, Path: k.Path, Layer: layer})
	}
	return nil
}

// viewer looks at the files of an image as they go by.
type viewer struct {
	ctx       context.Context
	databases []reader
	installed []installed
	locks     []reader
	lockFiles int
	kept      int64
}

// installed is a kind of file that says what is installed, by itself.
type installed struct {
	wants func(f image.File) bool
	// read returns what the file is; nothing for one that is not of its kind.
	read func(ctx context.Context, in input) ([]twin.Component, error)
	// head says by its first bytes whether a file is worth reading; nil: all are.
	head func([]byte) bool
}

func (v *viewer) look(f image.File, r io.Reader) (out seen, keep bool, err error) {
	if slices.Contains(osReleases(), f.Path) {
		out.data, err = v.keep(r)
		return out, true, err
	}
	if db, ok := readerOf(v.databases, f.Path); ok {
		out.reader, out.in.path = db, f.Path
		out.in.data, err = v.keep(r)
		return out, true, err
	}
	if i := slices.IndexFunc(v.installed, func(i installed) bool { return i.wants(f) }); i >= 0 {
		return v.read(v.installed[i], f, r)
	}
	if _, ok := readerOf(v.locks, f.Path); ok {
		v.lockFiles++
	}
	return out, false, nil
}

// keep reads what stays in memory.
func (v *viewer) keep(r io.Reader) ([]byte, error) {
	data, err := readAll(r, maxFile)
	if v.kept += int64(len(data)); v.kept > maxKept {
		return nil, fault.New(fault.Invalid, "the image has databases of more than %d MiB", maxKept>>20)
	}
	return data, err
}

// firstRead is what is taken for a file before it is read: sizes are only said.
const firstRead = 64 << 20

// headSize is how many bytes tell what a file is.
const headSize = 4

// read makes of a file what it says is installed. One that is too large or
// broken is no reason to refuse the image; it is said.
func (v *viewer) read(i installed, f image.File, r io.Reader) (out seen, keep bool, err error) {
	if f.Size > maxFile {
		return seen{problem: fmt.Sprintf("it has %d MiB, more than %d", f.Size>>20, maxFile>>20)}, true, nil
	}
	var head [headSize]byte
	if i.head != nil {
		n, err := io.ReadFull(r, head[:])
		if err != nil && !isShort(err) {
			return out, false, err
		}
		if n < headSize || !i.head(head[:]) {
			return out, false, nil
		}
	}
	data := make([]byte, 0, min(f.Size, firstRead)+bytes.MinRead)
	if i.head != nil {
		data = append(data, head[:]...)
	}
	if data, err = appendAll(data, r); err != nil {
		return out, false, err
	}
	out = i.made(v.ctx, input{path: f.Path, data: data, tree: memory{}})
	return out, out.problem != "" || len(out.components) > 0, nil
}

// made is what a file says is installed, or why it cannot be read.
func (i installed) made(ctx context.Context, in input) seen {
	list, err := i.read(ctx, in)
	if err != nil {
		return seen{problem: err.Error()}
	}
	return seen{components: list}
}

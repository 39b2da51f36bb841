package image

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/tidemark/tidemark/internal/fault"
)

// Names by which a layer takes away what is below it.
const (
	whiteout = ".wh."
	opaque   = ".wh..wh..opq"
)

// maxPath is the longest path that a Linux system takes.
const maxPath = 4096

// reader applies layers, one after the other.
type reader[T any] struct {
	ctx    context.Context
	limits Limits
	look   Look[T]
	root   *node[T]

	index   int // of the layer
	entries int
	bytes   int64
}

// layer streams one layer. What it takes away counts for the layers below it
// only, wherever in the layer it stands; so what it adds waits until its end.
func (r *reader[T]) layer(src source, l layerRef) (err error) {
	blob, _, err := src.open(l.name)
	if errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.Invalid, "the archive has no %s", l.name).WithHint("it is not complete; save the image again")
	}
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "%s", l.name)
	}
	defer func() { err = errors.Join(err, blob.Close()) }()
	c, err := newContent(r.ctx, blob, bounds{bytes: r.limits.Bytes - r.bytes, ratio: r.limits.Ratio})
	if err != nil {
		return fault.Wrap(fault.KindOf(err), err, "%s", l.name)
	}
	defer c.close()
	adds, err := r.apply(tar.NewReader(c))
	if err == nil {
		err = c.finish(l)
	}
	if err != nil {
		return fault.Wrap(kindOfBroken(err), err, "%s", l.name)
	}
	r.bytes += c.n
	for name, k := range adds {
		r.root.put(name, k)
	}
	return nil
}

// kindOfBroken: what tar and gzip say of broken bytes has no kind of its own.
func kindOfBroken(err error) fault.Kind {
	if _, ok := errors.AsType[*fs.PathError](err); ok || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fault.KindOf(err)
	}
	return fault.Invalid
}

// apply takes away from the lower layers what the entries replace, and returns
// what of them is kept.
func (r *reader[T]) apply(tr *tar.Reader) (adds map[string]*Kept[T], err error) {
	adds = map[string]*Kept[T]{}
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return adds, nil
		}
		if err != nil {
			return nil, err
		}
		if r.entries++; r.entries > r.limits.Entries {
			return nil, fault.New(fault.Invalid, "the layers have more than %d entries", r.limits.Entries)
		}
		if stepsOut(h.Name) || len(h.Name) > maxPath {
			return nil, fault.New(fault.Invalid, "entry %.200q steps out of the image, or is no path", h.Name)
		}
		name := strings.TrimPrefix(path.Clean("/"+h.Name), "/")
		if r.takesAway(name) || h.Typeflag == tar.TypeDir {
			continue
		}
		r.root.remove(name)
		delete(adds, name)
		k, ok, err := r.seen(h, name, tr, adds)
		if err != nil {
			return nil, err
		}
		if ok {
			adds[name] = k
		}
	}
}

// takesAway handles a whiteout.
func (r *reader[T]) takesAway(name string) bool {
	dir, base := path.Split(name)
	dir = strings.TrimSuffix(dir, "/")
	if base == opaque {
		r.root.clear(dir)
		return true
	}
	gone, ok := strings.CutPrefix(base, whiteout)
	if ok && gone != "" {
		r.root.remove(path.Join(dir, gone))
	}
	return ok
}

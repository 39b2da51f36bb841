package image

import (
	"archive/tar"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
)

// seen shows an entry to the caller. A hard link is the file of this layer that
// it links to, if that was kept; every other entry that is no regular file has
// nothing to keep.
func (r *reader[T]) seen(h *tar.Header, name string, from io.Reader, adds map[string]*Kept[T]) (*Kept[T], bool, error) {
	if h.Typeflag == tar.TypeLink {
		k, ok := adds[strings.TrimPrefix(path.Clean("/"+h.Linkname), "/")]
		if !ok {
			return nil, false, nil
		}
		same := *k
		same.Path = name
		return &same, true, nil
	}
	if h.Typeflag != tar.TypeReg {
		return nil, false, nil
	}
	f := File{Path: name, Size: h.Size, Mode: h.FileInfo().Mode(), Layer: r.index}
	v, ok, err := r.look(f, from)
	return &Kept[T]{f, v}, ok, err
}

// node is a place in the image below which something is kept.
type node[T any] struct {
	below map[string]*node[T]
	kept  *Kept[T]
}

// put keeps something at a path. A file on the way to it was replaced by a folder.
func (n *node[T]) put(name string, k *Kept[T]) {
	for part := range strings.SplitSeq(name, "/") {
		n.kept = nil
		next := n.below[part]
		if next == nil {
			next = &node[T]{}
			if n.below == nil {
				n.below = map[string]*node[T]{}
			}
			n.below[part] = next
		}
		n = next
	}
	n.kept, n.below = k, nil
}

// remove drops what is at a path and below it.
func (n *node[T]) remove(name string) {
	dir, base := path.Split(name)
	if parent := n.find(strings.TrimSuffix(dir, "/")); parent != nil {
		delete(parent.below, base)
	}
}

// clear drops what is below a path.
func (n *node[T]) clear(name string) {
	if at := n.find(name); at != nil {
		at.below = nil
	}
}

func (n *node[T]) find(name string) *node[T] {
	if name == "" {
		return n
	}
	for part := range strings.SplitSeq(name, "/") {
		n = n.below[part]
		if n == nil {
			return nil
		}
	}
	return n
}

// list is everything that is kept, by path.
func (n *node[T]) list(to []Kept[T]) []Kept[T] {
	if n.kept != nil {
		to = append(to, *n.kept)
	}
	for _, name := range slices.Sorted(maps.Keys(n.below)) {
		to = n.below[name].list(to)
	}
	return to
}

// Package image reads container images as they are saved in a file or folder:
// an OCI layout (a folder, or a tar of it) and a docker archive (the tar that
// "docker save" writes), also when the tar is packed with gzip or zstd.
//
// The model. An archive is a set of named blobs; its manifest names a config
// and the layers from the lowest to the highest. Layers are read in that order
// as streams; a caller looks at each file once, as it goes by, and keeps what
// it makes of it. What a higher layer replaces or whites out is dropped again,
// so that in the end there is what a container would see.
//
// Invariants. No file of an image is written to disk and no link is followed: a
// path is a name in the image, never one of this machine. An archive that is
// packed as a whole is unpacked, still as one archive, into a temporary file
// that has no name. Every blob is held against the
// digest under which the manifest or config names it, so an archive whose
// contents were exchanged is refused. Sizes, counts and ratios are bounded by
// Limits; a breach is fault.Invalid and says which bound, where.
package image

import (
	"context"
	"io"
	"io/fs"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// Kind is the form in which an image is saved.
type Kind string

// The kinds of image that are read.
const (
	OCILayout     Kind = "OCI layout"
	DockerArchive Kind = "docker archive"
)

// Image says what was read.
type Image struct {
	Kind     Kind
	Ref      twin.ArtifactRef // name and tag as the archive gives them, digest of the manifest in an OCI layout
	Platform string           // linux/amd64; "" when the config does not say
	Layers   []string         // digests of the layers' content (diff ids), lowest first
	Notes    []string         // what was chosen or left out, in sentences
}

// File is a regular file of a layer.
type File struct {
	Path  string // slash-separated, without a leading slash
	Size  int64
	Mode  fs.FileMode
	Layer int // index in Image.Layers
}

// Kept is what a caller made of a file that is in the image.
type Kept[T any] struct {
	File
	Value T
}

// A Look sees a file as it goes by. What it returns with true is kept as long
// as the file is in the image. It need not read r, and may read it only until
// it returns.
type Look[T any] func(f File, r io.Reader) (T, bool, error)

// Limits bound what an archive may ask of us. A zero field means its default.
type Limits struct {
	Blobs    int   // entries of the archive; default 100,000
	Document int64 // bytes of a manifest or config; default 8 MiB
	Layers   int   // default 512
	Entries  int   // entries of all layers; default 4,000,000
	Bytes    int64 // unpacked bytes of all layers; default 64 GiB
	Ratio    int64 // unpacked against packed bytes, of a layer or of an archive, beyond the first 64 MiB; default 200
	Whole    int64 // unpacked bytes of an archive that is packed as a whole; default 16 GiB
}

func (l Limits) orDefaults() Limits {
	return Limits{
		Blobs:    orDefault(l.Blobs, 100_000),
		Document: orDefault(l.Document, 8<<20),
		Layers:   orDefault(l.Layers, 512),
		Entries:  orDefault(l.Entries, 4_000_000),
		Bytes:    orDefault(l.Bytes, 64<<30),
		Ratio:    orDefault(l.Ratio, 200),
		Whole:    orDefault(l.Whole, 16<<30),
	}
}

func orDefault[N int | int64](n, def N) N {
	if n <= 0 {
		return def
	}
	return n
}

// Recognise says whether a file or folder is an image that is saved, by its
// content. An error is a file that cannot be read.
func Recognise(ctx context.Context, path string) (Kind, bool, error) {
	src, err := openSource(ctx, path, Limits{}.orDefaults())
	if err != nil {
		if fault.KindOf(err) == fault.Invalid {
			return "", false, nil
		}
		return "", false, err
	}
	kind := kindOf(src)
	return kind, kind != "", src.close()
}

// Read reads the image at path and shows each file of it to look.
func Read[T any](ctx context.Context, path string, limits Limits, look Look[T]) (im Image, kept []Kept[T], err error) {
	limits = limits.orDefaults()
	src, err := openSource(ctx, path, limits)
	if err != nil {
		return im, nil, err
	}
	defer func() {
		if e := src.close(); err == nil {
			err = e
		}
	}()
	p, err := planOf(src, limits)
	if err != nil {
		return im, nil, err
	}
	r := reader[T]{ctx: ctx, limits: limits, look: look, root: &node[T]{}}
	for i, l := range p.layers {
		r.index = i
		if err := r.layer(src, l); err != nil {
			return im, nil, fault.Wrap(fault.KindOf(err), err, "layer %d of %d", i+1, len(p.layers))
		}
	}
	return p.Image, r.root.list(nil), nil
}

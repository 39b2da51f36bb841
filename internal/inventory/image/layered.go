package image

import (
	"context"
	"io"
	"io/fs"

	"github.com/tidemark/tidemark/internal/fault"
)

// Layered is an image whose layers are streamed from elsewhere: a registry.
type Layered struct {
	Image
	Blobs []Blob // as they are stored, lowest first: one for each of Image.Layers
}

// Blob is a layer as it is stored. What Open gives is read once, to its end, and
// held against the digest and against the layer's own in Image.Layers.
type Blob struct {
	Digest string
	Open   func(ctx context.Context) (io.ReadCloser, error)
}

// Stream reads an image layer by layer, and shows each file of it to look. What
// goes wrong on the way to a layer is told as fault.Invalid too: who opens it
// knows better.
func Stream[T any](ctx context.Context, in Layered, limits Limits, look Look[T]) ([]Kept[T], error) {
	limits = limits.orDefaults()
	if len(in.Blobs) != len(in.Layers) || len(in.Layers) > limits.Layers {
		return nil, fault.New(fault.Invalid, "the image has %d layers, its config names %d, and at most %d are read", len(in.Blobs), len(in.Layers), limits.Layers)
	}
	src := streams{ctx: ctx, blobs: map[string]Blob{}}
	r := reader[T]{ctx: ctx, limits: limits, look: look, root: &node[T]{}}
	for i, b := range in.Blobs {
		src.blobs[b.Digest] = b
		r.index = i
		if err := r.layer(src, layerRef{name: b.Digest, digest: b.Digest, diff: in.Layers[i]}); err != nil {
			return nil, fault.Wrap(fault.KindOf(err), err, "layer %d of %d", i+1, len(in.Blobs))
		}
	}
	return r.root.list(nil), nil
}

// streams is a source of layers that are somewhere else.
type streams struct {
	ctx   context.Context
	blobs map[string]Blob
}

func (s streams) open(name string) (io.ReadCloser, int64, error) {
	b, ok := s.blobs[name]
	if !ok {
		return nil, 0, fs.ErrNotExist
	}
	r, err := b.Open(s.ctx)
	return r, 0, err
}

func (s streams) close() error { return nil }

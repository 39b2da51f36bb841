package image

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"

	"github.com/tidemark/tidemark/internal/fault"
)

// bounds are what the content of a layer may come to.
type bounds struct {
	bytes, ratio int64
}

// free is what a layer may hold whatever its blob's size: a small layer of
// zeros packs better than any bomb has to.
const free = 64 << 20

// maxWindow is how far back zstd data may point; its tools take no more either.
const maxWindow = 128 << 20

// content unpacks a layer as it is read. It counts and sums both what is
// stored and what comes out.
type content struct {
	ctx    context.Context
	from   io.Reader // unpacked
	stored *counted
	sum    hash.Hash
	n      int64
	bounds bounds
	close  func() // frees what unpacks
}

// counted counts and sums what is read through it.
type counted struct {
	r   io.Reader
	sum hash.Hash
	n   int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	_, _ = c.sum.Write(p[:n]) // a hash takes everything
	return n, err
}

func newContent(ctx context.Context, blob io.Reader, b bounds) (*content, error) {
	c := &content{ctx: ctx, stored: &counted{r: blob, sum: sha256.New()}, sum: sha256.New(), bounds: b}
	buffered := bufio.NewReaderSize(c.stored, 1<<18)
	from, done, err := unpacking(buffered)
	if err != nil {
		return nil, err
	}
	c.from, c.close = from, done
	return c, nil
}

// Read refuses to go on where a bound is broken.
func (c *content) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.from.Read(p)
	c.n += int64(n)
	_, _ = c.sum.Write(p[:n])
	if c.n > c.bounds.bytes {
		return n, fault.New(fault.Invalid, "the layers unpack to more than is read of one image").WithHint("this looks like an archive bomb")
	}
	if c.n > free && c.n/c.bounds.ratio > c.stored.n {
		return n, fault.New(fault.Invalid, "the layer unpacks to more than %d times its size", c.bounds.ratio).WithHint("this looks like an archive bomb")
	}
	return n, err
}

// finish reads to the end and holds the layer against its digests.
func (c *content) finish(l layerRef) error {
	if _, err := io.Copy(io.Discard, c); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, c.stored); err != nil {
		return err
	}
	if l.digest != "" && l.digest != "sha256:"+hex.EncodeToString(c.stored.sum.Sum(nil)) {
		return notItsDigest("the layer", l.digest)
	}
	if l.diff != "sha256:"+hex.EncodeToString(c.sum.Sum(nil)) {
		return notItsDigest("the layer, unpacked,", l.diff)
	}
	return nil
}

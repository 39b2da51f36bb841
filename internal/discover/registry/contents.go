package registry

import (
	"cmp"
	"context"
	"errors"
	"io"
	"time"

	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/inventory"
	"github.com/tidemark/tidemark/internal/inventory/image"
	"github.com/tidemark/tidemark/internal/twin"
)

// attestedPause is how long an attested bill of materials is waited for: it is
// evidence already, and on its way through the steps.
const attestedPause = 20 * time.Second

// filing finds out what the image of a visit is made of, and files it.
type filing struct{ *visit }

// contents finds out what an image is made of: somebody said so, a bill of
// materials is attached, or one is made of the files in its layers. What it
// returns is why it could not be done; the image is told all the same.
func (v filing) contents(ctx context.Context, d *described) error {
	if d.isFile {
		d.Contents = twin.ImageContents{From: twin.ContentsNone, Reason: "it is no container image"}
		return nil
	}
	known, err := v.Twin.Artifacts(ctx, []string{v.ref.Digest})
	if err != nil {
		return err
	}
	if len(known[v.ref.Digest].Contents) > 0 {
		v.said.Waits = false
		d.Contents = v.said.Contents
		if from := d.Contents.From; from != twin.ContentsMade && from != twin.ContentsAttached {
			d.Contents = twin.ImageContents{From: twin.ContentsKnown}
		}
		return nil
	}
	if len(v.told.SBOMs) > 0 {
		d.Contents = v.said.Contents
		return nil
	}
	if v.said.Waits && len(v.docs) > 0 { // handed on just now
		v.again = attestedPause
		d.Contents = twin.ImageContents{From: twin.ContentsNone, Reason: "the attested bill of materials is being read"}
		return nil
	}
	if v.Asker.cfg.NoSBOM {
		d.Contents = twin.ImageContents{From: twin.ContentsNone, Reason: "nobody says, and making one is switched off"}
		return nil
	}
	return v.make(ctx, d)
}

// make makes a bill of materials of the files in the layers.
func (v filing) make(ctx context.Context, d *described) error {
	of := d
	if len(d.Platforms) > 0 {
		if len(d.parts) == 0 {
			d.Contents = twin.ImageContents{From: twin.ContentsNone, Reason: "no image of the index could be read"}
			return nil
		}
		of = d.parts[0]
	}
	if len(of.diffs) == 0 {
		d.Contents = twin.ImageContents{From: twin.ContentsNone, Reason: "the image has no layers that could be read"}
		return nil
	}
	if len(d.parts) > 1 {
		d.note("the contents of %s stand for all platforms", of.Platform)
	}
	in := v.layered(of)
	inv, err := inventory.StreamImage(ctx, in.Layered, v.limits())
	if err != nil {
		if in.lost != nil {
			err = in.lost
		}
		err = v.line.failed(err, "the layers of %s", of.digest)
		d.Contents = twin.ImageContents{From: twin.ContentsNone, Reason: reason(err)}
		return err
	}
	body, err := inv.Document(v.ref)
	if err != nil {
		return err
	}
	if err := v.bill(Document{Body: body, Where: v.ref.String()}, twin.ContentsMade); err != nil {
		return err
	}
	d.Contents = v.said.Contents
	d.Contents.Unread = len(inv.Unread)
	if of != d {
		d.Contents.Platform = cmp.Or(of.Platform, of.digest)
	}
	return nil
}

// reason is what the twin keeps of a failure: what passes has no place there.
func reason(err error) string {
	if fault.KindOf(err) == fault.Invalid {
		return short(err)
	}
	return "its layers could not be read yet"
}

func (v filing) limits() image.Limits {
	if v.Limits != (image.Limits{}) {
		return v.Limits
	}
	return DefaultLimits()
}

// streaming is an image whose layers come from a registry.
type streaming struct {
	image.Layered
	lost error // what went wrong on the way, and not with what came
}

func (v filing) layered(d *described) *streaming {
	s := &streaming{Layered: image.Layered{Image: image.Image{Ref: v.ref, Platform: d.Platform, Layers: d.diffs}}}
	for _, l := range d.layers {
		s.Blobs = append(s.Blobs, image.Blob{Digest: l.Digest, Open: func(ctx context.Context) (io.ReadCloser, error) {
			r, err := v.line.open(ctx, v.repo, l.Digest)
			if err != nil {
				s.lost = err
				return nil, err
			}
			return &watched{r, s}, nil
		}})
	}
	return s
}

// watched remembers what went wrong while a layer was sent.
type watched struct {
	io.ReadCloser
	of *streaming
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.of.lost = err
	}
	return n, err
}

// bill files a bill of materials under the image.
func (v filing) bill(doc Document, from twin.ContentsFrom) error {
	parsed, err := v.ParseSBOM(doc.Body)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the bill of materials at %s", doc.Where)
	}
	v.told.SBOMs = []discover.AttachedSBOM{{Artifact: v.ref, Body: doc.Body}}
	v.said.Contents = twin.ImageContents{From: from, Components: len(parsed.Components)}
	return nil
}

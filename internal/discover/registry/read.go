package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/hostile"
)

// manifest is a manifest or an index, as it came.
type manifest struct {
	Digest    string
	MediaType string
	body      []byte
}

// parsed is what is read of a manifest or an index: both have it all, and which of
// them it is shows in what is there.
type parsed struct {
	MediaType    string            `json:"mediaType"`
	ArtifactType string            `json:"artifactType"`
	Config       *entry            `json:"config"`
	Layers       []entry           `json:"layers"`
	Manifests    []entry           `json:"manifests"`
	Annotations  map[string]string `json:"annotations"`
}

// entry is a descriptor.
type entry struct {
	MediaType    string            `json:"mediaType"`
	ArtifactType string            `json:"artifactType"`
	Digest       string            `json:"digest"`
	Size         int64             `json:"size"`
	Annotations  map[string]string `json:"annotations"`
	Platform     *v1.Platform      `json:"platform"`
}

func (m manifest) parse() (p parsed, err error) {
	if err := hostile.CheckJSON(m.body, hostile.Limits{}); err != nil {
		return p, fault.Wrap(fault.Invalid, err, "the manifest %s", m.Digest)
	}
	if err := json.Unmarshal(m.body, &p); err != nil {
		return p, fault.Wrap(fault.Invalid, err, "the manifest %s", m.Digest)
	}
	if len(p.Manifests) > 0 && p.Config != nil {
		return p, fault.New(fault.Invalid, "the manifest %s is an image and an index at once", m.Digest)
	}
	return p, nil
}

// get reads a manifest; one that is asked for by digest has that.
func (l *line) get(ctx context.Context, ref name.Reference) (manifest, error) {
	d, err := l.puller.Get(ctx, ref)
	if err != nil {
		return manifest{}, l.failed(err, "the manifest of %s", ref)
	}
	return manifest{Digest: d.Digest.String(), MediaType: string(d.MediaType), body: d.Manifest}, nil
}

// head asks what a tag points to, without reading it. Some registries do not say:
// then it is read.
func (l *line) head(ctx context.Context, ref name.Reference) (digest, mediaType string, err error) {
	d, err := l.puller.Head(ctx, ref)
	if err == nil {
		return d.Digest.String(), string(d.MediaType), nil
	}
	failed := l.failed(err, "the tag %s", ref)
	if _, said := errors.AsType[*transport.Error](err); said || fault.KindOf(failed) != fault.Invalid {
		return "", "", failed
	}
	m, err := l.get(ctx, ref)
	return m.Digest, m.MediaType, err
}

// blob reads a small blob whole, held against its digest.
func (l *line) blob(ctx context.Context, repo name.Repository, e entry, most int64) ([]byte, error) {
	if e.Size > most {
		return nil, fault.New(fault.Invalid, "%s has %d bytes, more than %d", e.Digest, e.Size, most)
	}
	r, err := l.open(ctx, repo, e.Digest)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(r, most+1))
	if err = errors.Join(err, r.Close()); err != nil {
		return nil, l.failed(err, "the blob %s", e.Digest)
	}
	if int64(len(b)) > most {
		return nil, fault.New(fault.Invalid, "%s has more than %d bytes", e.Digest, most)
	}
	return b, nil
}

// open streams a blob.
func (l *line) open(ctx context.Context, repo name.Repository, digest string) (io.ReadCloser, error) {
	if _, err := v1.NewHash(digest); err != nil {
		return nil, fault.New(fault.Invalid, "%q is no digest", digest)
	}
	layer, err := l.puller.Layer(ctx, repo.Digest(digest))
	if err != nil {
		return nil, l.failed(err, "the blob %s", digest)
	}
	r, err := layer.Compressed()
	if err != nil {
		return nil, l.failed(err, "the blob %s", digest)
	}
	return r, nil
}

// referrers lists what says that it belongs to a digest.
func (l *line) referrers(ctx context.Context, d name.Digest) ([]entry, error) {
	index, err := remote.Referrers(d, remote.Reuse(l.puller), remote.WithContext(ctx))
	if err != nil {
		return nil, l.failed(err, "what refers to %s", d)
	}
	body, err := index.RawManifest()
	if err != nil {
		return nil, l.failed(err, "what refers to %s", d)
	}
	p, err := manifest{Digest: "of referrers", body: body}.parse()
	return p.Manifests, err
}

// failed gives an error its kind: Unavailable passes, Forbidden wants credentials,
// NotFound is not there, and Invalid makes no sense.
func (l *line) failed(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	what := l.Name + ": " + fmt.Sprintf(format, args...)
	if busy, ok := errors.AsType[*busyError](err); ok {
		return fault.Wrap(fault.Unavailable, busy, "%s", what)
	}
	if said, ok := errors.AsType[*transport.Error](err); ok {
		return fault.Wrap(kindOf(said.StatusCode), said, "%s", what)
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return fault.Wrap(f.Kind, f, "%s", what)
	}
	if passing(err) {
		return fault.Wrap(fault.Unavailable, err, "%s", what)
	}
	return fault.Wrap(fault.Invalid, err, "%s", what)
}

func kindOf(status int) fault.Kind {
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return fault.Forbidden
	case status == http.StatusNotFound:
		return fault.NotFound
	case status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status >= http.StatusInternalServerError:
		return fault.Unavailable
	}
	return fault.Invalid
}

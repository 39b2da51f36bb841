package registry

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// The bounds of what is attached to an image.
const (
	maxAttached  = 100      // that are listed
	maxDocuments = 16       // that are read
	maxAttach    = 64 << 20 // bytes of one
	maxDigests   = 2        // of an image: its own, and that of the first platform
)

// handling says what is done with an attached document.
type handling string

const (
	// typeSimple is what cosign signs of an image, with the signature beside it.
	typeSimple = "application/vnd.dev.cosign.simplesigning.v1+json"

	isSBOM      handling = "sbom"
	isStatement handling = "statement"
	isNothing   handling = ""
)

// handlingOf goes by the media type of a layer, else by the artifact's type.
func handlingOf(types ...string) handling {
	for _, t := range types {
		t, _, _ = strings.Cut(t, ";")
		switch {
		case t == "text/spdx", t == "text/spdx+json", t == "application/spdx+json", t == "application/vnd.cyclonedx", t == "application/vnd.cyclonedx+json",
			t == "application/vnd.cyclonedx+xml":
			return isSBOM
		case t == typeSimple, t == "application/vnd.in-toto+json", t == "application/vnd.dsse.envelope.v1+json", strings.HasPrefix(t, "application/vnd.dev.sigstore.bundle"):
			return isStatement
		}
	}
	return isNothing
}

// annex reads what is attached to the image of a visit.
type annex struct{ *visit }

// attachments lists what is attached to an image, and reads it where the list is
// not the one of the last time.
func (v annex) attachments(ctx context.Context, d *described) error {
	digests := []string{v.ref.Digest}
	for _, p := range d.parts {
		if len(digests) < maxDigests {
			digests = append(digests, p.digest)
		}
	}
	var list []found
	for _, e := range d.beside {
		list = append(list, found{entry: e, via: twin.ViaIndex})
	}
	for _, digest := range digests {
		more, err := v.attachedTo(ctx, digest)
		if err != nil {
			return err
		}
		list = append(list, more...)
	}
	d.attach(list)
	b, err := json.Marshal(d.Attached)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "write what is attached")
	}
	hash := twin.HashBytes(b)
	if hash == v.said.Attached {
		v.trouble = cmp.Or(v.trouble, v.said.Trouble)
		return nil
	}
	v.said.Attached, v.said.Trouble = hash, ""
	err = v.documents(ctx, list)
	v.said.Trouble = v.trouble
	return err
}

// found is something that is attached to an image.
type found struct {
	entry
	via twin.AttachedVia
	of  string // the digest that it hangs on
}

// attach writes the list as the twin keeps it.
func (d *described) attach(list []found) {
	for i, f := range list {
		if i == maxAttached {
			d.note("%d more documents are attached than the %d that are kept", len(list)-i, maxAttached)
			return
		}
		a := twin.Attached{Digest: f.Digest, Type: clean(cmp.Or(f.ArtifactType, f.MediaType)), Via: f.via}
		if i >= maxDocuments {
			a.State = fmt.Sprintf("not read: %d are", maxDocuments)
		}
		d.Attached = append(d.Attached, a)
	}
}

// attachedTo lists what refers to a digest, and what stands under the tags that
// cosign makes of it. That a registry knows no referrers is no failure.
func (v annex) attachedTo(ctx context.Context, digest string) (out []found, err error) {
	list, err := v.line.referrers(ctx, v.repo.Digest(digest))
	switch fault.KindOf(err) {
	case "":
	case fault.NotFound:
	case fault.Unavailable:
		return nil, err
	default:
		v.trouble = short(err)
	}
	for _, e := range list {
		if isDigest(e.Digest) {
			out = append(out, found{e, twin.ViaReferrers, digest})
		}
	}
	for _, end := range []string{".att", ".sbom", ".sig"} {
		tag := v.repo.Tag(strings.Replace(digest, ":", "-", 1) + end)
		at, media, err := v.line.head(ctx, tag)
		switch fault.KindOf(err) {
		case "":
			out = append(out, found{entry{Digest: at, MediaType: media, ArtifactType: "cosign" + end}, twin.ViaTag, digest})
		case fault.Unavailable:
			return nil, err
		case fault.NotFound:
		default:
			v.trouble = short(err)
		}
	}
	return out, nil
}

// documents reads what is attached. What cannot be read is said, and is no reason
// not to read the image.
func (v annex) documents(ctx context.Context, list []found) error {
	slices.SortStableFunc(list, func(a, b found) int { return worth(b) - worth(a) })
	for i, f := range list {
		if i == maxDocuments {
			break
		}
		if worth(f) == 0 {
			continue
		}
		err := v.document(ctx, f)
		if fault.KindOf(err) == fault.Unavailable {
			v.said.Attached = "" // to be read the next time
			return err
		}
		if err != nil {
			v.trouble = short(err)
		}
	}
	return nil
}

// worth orders what is read first: SBOMs and statements, then what may hold one.
func worth(f found) int {
	switch {
	case handlingOf(f.ArtifactType) != isNothing || f.via != twin.ViaReferrers:
		return 2
	}
	return 1
}

func (v annex) document(ctx context.Context, f found) error {
	m, err := v.line.get(ctx, v.repo.Digest(f.Digest))
	if err != nil {
		return err
	}
	p, err := m.parse()
	if err != nil {
		return err
	}
	for i, l := range p.Layers {
		if i == maxDocuments {
			return fault.New(fault.Invalid, "%s has more than %d documents", f.Digest, maxDocuments)
		}
		what := handlingOf(l.MediaType, f.ArtifactType, p.ArtifactType)
		if what == isNothing {
			continue
		}
		body, err := v.line.blob(ctx, v.repo, l, maxAttach)
		if err != nil {
			return err
		}
		doc := Document{Artifact: v.ref, Type: l.MediaType, Of: f.of, Where: v.repo.Name() + "@" + f.Digest, Body: body, Annotations: l.Annotations}
		if what == isStatement {
			v.docs = append(v.docs, doc)
			v.said.Waits = v.said.Waits || tellsContents(body)
			continue
		}
		if err := filing(v).bill(doc, twin.ContentsAttached); err != nil {
			return err
		}
	}
	return nil
}

// tellsContents reports whether a signed statement holds a bill of materials,
// without reading that.
func tellsContents(body []byte) bool {
	var outer struct {
		PredicateType string `json:"predicateType"`
		Payload       string `json:"payload"`
		Envelope      struct {
			Payload string `json:"payload"`
		} `json:"dsseEnvelope"`
	}
	if json.Unmarshal(body, &outer) != nil {
		return false
	}
	if packed := cmp.Or(outer.Payload, outer.Envelope.Payload); packed != "" {
		plain, err := base64.StdEncoding.DecodeString(packed)
		if err != nil || json.Unmarshal(plain, &outer) != nil {
			return false
		}
	}
	t := strings.ToLower(outer.PredicateType)
	return strings.Contains(t, "cyclonedx") || strings.Contains(t, "spdx")
}

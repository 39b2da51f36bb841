package twin

import "time"

// Image is the Spec of a thing of KindImage: what a registry says of a digest.
// Its thing's name is the digest. It links with RelContains to the images of its
// platforms, and with RelBuiltFrom to the commit that its labels claim and to its
// base images.
type Image struct {
	MediaType string `json:"media_type"`
	Size      int64  `json:"size,omitempty"`     // of its layers as they are stored, in bytes
	Platform  string `json:"platform,omitempty"` // linux/amd64; "" for an index, and where the config does not say
	// Platforms are the images of an index; LeftOut counts those beyond what is kept.
	Platforms []PlatformImage `json:"platforms,omitempty"`
	LeftOut   int             `json:"left_out,omitempty"`
	Claims    ImageClaims     `json:"claims,omitzero"`
	Layers    []Layer         `json:"layers,omitempty"` // lowest first
	Base      []BaseImage     `json:"base,omitempty"`
	// Annotations are those of the manifest, and Labels those of the config, as
	// far as they are kept.
	Annotations map[string]string `json:"annotations,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Attached    []Attached        `json:"attached,omitempty"` // what is kept beside it: signatures, attestations, SBOMs
	Contents    ImageContents     `json:"contents,omitzero"`
	Notes       []string          `json:"notes,omitempty"` // what was cut or could not be read, in sentences
}

// PlatformImage is one image of an index.
type PlatformImage struct {
	Platform string `json:"platform"`
	Digest   string `json:"digest"`
}

// ImageClaims is what an image's labels and annotations say of where it comes
// from. Whoever built it wrote them: nothing proves them.
type ImageClaims struct {
	Source     Revision  `json:"source,omitzero"`
	Version    string    `json:"version,omitempty"`
	Created    time.Time `json:"created,omitzero"`
	BaseName   string    `json:"base_name,omitempty"`
	BaseDigest string    `json:"base_digest,omitempty"`
}

// Layer is one layer of an image.
type Layer struct {
	Digest string `json:"digest"`         // as it is stored
	Diff   string `json:"diff,omitempty"` // of its content
	Size   int64  `json:"size,omitempty"` // as it is stored, in bytes
}

// BaseImage is an image that another one was built upon.
type BaseImage struct {
	Name   string  `json:"name,omitempty"`
	Digest string  `json:"digest,omitempty"`
	By     BasedBy `json:"by"`
	Layers int     `json:"layers,omitempty"` // how many of the image's layers are its
}

// BasedBy says how a base image is known.
type BasedBy string

// The ways to know a base image. A label is a claim; layers that are the same are
// a fact, though another image may have them too.
const (
	BasedByLabel  BasedBy = "label"
	BasedByLayers BasedBy = "layers"
)

// Attached is a document that a registry keeps beside an image.
type Attached struct {
	Digest string      `json:"digest,omitempty"` // of its manifest
	Type   string      `json:"type"`             // artifact type, else media type
	Via    AttachedVia `json:"via"`
	State  string      `json:"state,omitempty"` // why it was not read
}

// AttachedVia says how an attached document was found.
type AttachedVia string

// The ways to find what is attached to an image.
const (
	ViaReferrers AttachedVia = "referrers"
	ViaTag       AttachedVia = "tag"   // sha256-….att, .sbom, .sig
	ViaIndex     AttachedVia = "index" // beside the images of an index
)

// ImageContents says from where it is known what an image is made of.
type ImageContents struct {
	From       ContentsFrom `json:"from,omitempty"`
	Platform   string       `json:"platform,omitempty"` // of an index: whose contents stand for it
	Components int          `json:"components,omitempty"`
	Unread     int          `json:"unread,omitempty"` // files that should have been read and could not be
	Reason     string       `json:"reason,omitempty"` // why it is not known
}

// ContentsFrom says who listed the contents of an image.
type ContentsFrom string

// The origins of an image's contents. ContentsMade are made here, from the files
// of its layers.
const (
	ContentsKnown    ContentsFrom = "known" // it was told before, by whomever
	ContentsAttached ContentsFrom = "attached"
	ContentsMade     ContentsFrom = "made"
	ContentsNone     ContentsFrom = "none" // see Reason
)

// Tag is the Spec of a thing of KindTag: what a tag points to. Its thing's name is
// NAME:TAG as ArtifactRef.NameTag writes it, so its timeline shows when it moved.
type Tag struct {
	Digest    string `json:"digest"`
	MediaType string `json:"media_type,omitempty"`
}

// Resource is the image as a thing of the twin.
func (i Image) Resource(digest string) (Resource, error) {
	r := Resource{Kind: KindImage, Name: digest}
	for _, p := range i.Platforms {
		r.link(RelContains, KindArtifact, p.Digest)
	}
	r.link(RelBuiltFrom, KindCommit, i.Claims.Source.Name())
	for _, b := range i.Base {
		r.link(RelBuiltFrom, KindArtifact, b.Identity())
	}
	return r.with(i)
}

// Identity is the base image's as an artifact: its digest, else its name and tag.
func (b BaseImage) Identity() string {
	if b.Digest != "" {
		return b.Digest
	}
	ref, err := ParseRef(b.Name)
	if err != nil {
		return ""
	}
	return ref.ID()
}

// Resource is the tag as a thing of the twin.
func (t Tag) Resource(nameTag string) (Resource, error) {
	r := Resource{Kind: KindTag, Name: nameTag}
	r.link(RelDescribes, KindArtifact, t.Digest)
	return r.with(t)
}

package sbom

import (
	"strings"

	packageurl "github.com/package-url/packageurl-go"

	"github.com/tidemark/tidemark/internal/twin"
)

// subjectRef names the artifact that a document's root component is. An image
// has a reference for a name and often a digest for a version; anything else is
// group/name with its version as the tag.
func subjectRef(c twin.Component) twin.ArtifactRef {
	fillVersion(&c)
	if c.Type == "container" || isDigest(c.Version) || isImagePurl(c.Purl) {
		if ref, ok := imageRef(c); ok {
			return ref
		}
	}
	ref := twin.ArtifactRef{Name: c.Name, Tag: c.Version}
	if c.Group != "" {
		ref.Name = c.Group + "/" + c.Name
	}
	return ref
}

// imageRef reads an image's name, and takes tag and digest from its version and
// package URL where the name has none.
func imageRef(c twin.Component) (twin.ArtifactRef, bool) {
	ref, err := twin.ParseRef(c.Name)
	if err != nil {
		return ref, false
	}
	tag, digest := imagePurl(c.Purl)
	if isDigest(c.Version) {
		digest = c.Version
	} else if c.Version != "" {
		tag = c.Version
	}
	if ref.Digest == "" {
		ref.Digest = strings.ToLower(digest)
	}
	if ref.Tag == "" {
		ref.Tag = tag
	}
	return ref, true
}

// isDigest reports whether a version is an image's digest.
func isDigest(version string) bool {
	ref, err := twin.ParseRef("x@" + version)
	return err == nil && ref.Digest != ""
}

// isImagePurl reports whether a package URL names an image.
func isImagePurl(purl string) bool {
	return strings.HasPrefix(purl, "pkg:oci/") || strings.HasPrefix(purl, "pkg:docker/")
}

// imagePurl reads tag and digest out of an image's package URL.
func imagePurl(purl string) (tag, digest string) {
	if !isImagePurl(purl) {
		return "", ""
	}
	p, err := packageurl.FromString(purl)
	if err != nil {
		return "", ""
	}
	tag = p.Qualifiers.Map()["tag"]
	if isDigest(p.Version) {
		return tag, p.Version
	}
	if tag == "" {
		tag = p.Version
	}
	return tag, ""
}

// syftImageRef undoes what syft did to an image's reference: "NAME-TAG" was
// NAME:TAG, and "NAME@sha256-HEX" was NAME@sha256:HEX. A tag that holds a "-"
// itself cannot be told from the name; then the last part is taken.
func syftImageRef(name string) twin.ArtifactRef {
	base, digest, found := strings.Cut(name, "@sha256-")
	if found {
		if ref, err := twin.ParseRef(base + "@sha256:" + digest); err == nil {
			return ref
		}
	}
	i := strings.LastIndexByte(name, '-')
	if i <= strings.LastIndexByte(name, '/') || i == len(name)-1 {
		return twin.ArtifactRef{Name: name}
	}
	return twin.ArtifactRef{Name: name[:i], Tag: name[i+1:]}
}

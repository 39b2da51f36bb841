package image

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/hostile"
	"github.com/tidemark/tidemark/internal/twin"
)

// The documents by which an archive is recognised.
const (
	dockerManifest = "manifest.json"
	ociIndex       = "index.json"
	ociMarker      = "oci-layout"
)

// plan is an image with where its layers are.
type plan struct {
	Image
	layers []layerRef
}

// layerRef is a layer's blob, and the digests by which it is known.
type layerRef struct {
	name   string // of the blob
	digest string // of the blob as it is stored; "" where nothing names it
	diff   string // of its content
}

// kindOf recognises an image by its documents. A docker archive of our time is
// an OCI layout as well; its own manifest says which image was meant.
func kindOf(src source) Kind {
	if has(src, dockerManifest) && !has(src, ociMarker) || has(src, dockerManifest) && has(src, ociIndex) {
		return DockerArchive
	}
	if has(src, ociMarker) && has(src, ociIndex) {
		return OCILayout
	}
	return ""
}

func has(src source, name string) bool {
	r, _, err := src.open(name)
	if err != nil {
		return false
	}
	return r.Close() == nil
}

func planOf(src source, limits Limits) (plan, error) {
	d := documents{src, limits}
	switch kindOf(src) {
	case DockerArchive:
		return d.docker()
	case OCILayout:
		return d.oci()
	}
	return plan{}, fault.New(fault.Invalid, "no image: neither an OCI layout (oci-layout, index.json) nor a docker archive (manifest.json)").
		WithHint("make one with: docker save NAME -o FILE.tar")
}

// documents reads the JSON documents of an archive.
type documents struct {
	source
	limits Limits
}

// read decodes a document; with a digest it must have that.
func (d documents) read(name, digest string, v any) error {
	r, size, err := d.open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.Invalid, "the archive has no %s", name).WithHint("it is not complete; save the image again")
	}
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "%s", name)
	}
	data, err := io.ReadAll(io.LimitReader(r, d.limits.Document+1))
	if err := errors.Join(err, r.Close()); err != nil {
		return fault.Wrap(fault.Invalid, err, "%s", name)
	}
	if int64(len(data)) > d.limits.Document {
		return fault.New(fault.Invalid, "%s has %d bytes, more than %d", name, size, d.limits.Document)
	}
	if sum := sha256.Sum256(data); digest != "" && digest != "sha256:"+hex.EncodeToString(sum[:]) {
		return notItsDigest(name, digest)
	}
	if err := hostile.CheckJSON(data, hostile.Limits{}); err != nil {
		return fault.Wrap(fault.Invalid, err, "%s", name)
	}
	return fault.Wrap(fault.Invalid, json.Unmarshal(data, v), "%s", name)
}

func notItsDigest(name, digest string) error {
	return fault.New(fault.Invalid, "the content of %s is not %s", name, digest).
		WithHint("the archive is damaged, or something in it was exchanged; save the image again")
}

// config is what an image's config says of its layers.
type config struct {
	OS           string `json:"os"`
	Architecture string `json:"architecture"`
	Variant      string `json:"variant"`
	RootFS       struct {
		DiffIDs []string `json:"diff_ids"`
	} `json:"rootfs"`
}

func (c config) platform() string { return platformName(c.OS, c.Architecture, c.Variant) }

func platformName(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "/")
}

// docker reads the manifest of "docker save".
func (d documents) docker() (p plan, err error) {
	var images []struct {
		Config   string
		RepoTags []string
		Layers   []string
	}
	if err := d.read(dockerManifest, "", &images); err != nil {
		return p, err
	}
	if len(images) != 1 {
		return p, fault.New(fault.Invalid, "the archive holds %d images", len(images)).WithHint("save one image to each file: docker save NAME -o FILE.tar")
	}
	im := images[0]
	var c config
	if err := d.read(im.Config, digestIn(im.Config), &c); err != nil {
		return p, err
	}
	p.Image = Image{Kind: DockerArchive, Platform: c.platform()}
	if len(im.RepoTags) > 0 {
		p.Ref, err = twin.ParseRef(im.RepoTags[0])
		if err != nil {
			return p, err
		}
	}
	refs := make([]layerRef, len(im.Layers))
	for i, name := range im.Layers {
		refs[i] = layerRef{name: name}
	}
	return p, p.join(refs, c, d.limits)
}

var hexDigest = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{64}$`) })

// digestIn is the digest that a file's name claims: "<hex>.json" or
// "blobs/sha256/<hex>".
func digestIn(name string) string {
	if base := strings.TrimSuffix(path.Base(name), ".json"); hexDigest().MatchString(base) {
		return "sha256:" + base
	}
	return ""
}

// join gives the layers their content's digests, which the config has.
func (p *plan) join(refs []layerRef, c config, limits Limits) error {
	if len(refs) > limits.Layers {
		return fault.New(fault.Invalid, "the image has %d layers, more than %d", len(refs), limits.Layers)
	}
	if len(refs) != len(c.RootFS.DiffIDs) {
		return fault.New(fault.Invalid, "the manifest names %d layers and the config %d", len(refs), len(c.RootFS.DiffIDs)).
			WithHint("the archive is damaged; save the image again")
	}
	for i := range refs {
		if digestIn(strings.TrimPrefix(c.RootFS.DiffIDs[i], "sha256:")) == "" {
			return fault.New(fault.Invalid, "%q is no digest of a layer", c.RootFS.DiffIDs[i])
		}
		refs[i].diff = c.RootFS.DiffIDs[i]
	}
	p.layers, p.Layers = refs, c.RootFS.DiffIDs
	return nil
}

// descriptor points to a blob of an OCI layout.
type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Annotations map[string]string `json:"annotations"`
	Platform    *struct {
		OS           string `json:"os"`
		Architecture string `json:"architecture"`
		Variant      string `json:"variant"`
	} `json:"platform"`
}

func (d descriptor) blob() (string, error) {
	hexa, ok := strings.CutPrefix(d.Digest, "sha256:")
	if !ok || !hexDigest().MatchString(hexa) {
		return "", fault.New(fault.Invalid, "%q is no digest that is read here (sha256: and 64 hex digits)", d.Digest)
	}
	return "blobs/sha256/" + hexa, nil
}

// maxIndexes bounds how deep indexes may name indexes.
const maxIndexes = 4

// oci reads an OCI layout: the index, one image of it, its config.
func (d documents) oci() (p plan, err error) {
	p.Kind = OCILayout
	chosen, err := d.choose(ociIndex, "", &p, 0)
	if err != nil {
		return p, err
	}
	name, err := chosen.blob()
	if err != nil {
		return p, err
	}
	var manifest struct {
		Config descriptor   `json:"config"`
		Layers []descriptor `json:"layers"`
	}
	if err := d.read(name, chosen.Digest, &manifest); err != nil {
		return p, err
	}
	configName, err := manifest.Config.blob()
	if err != nil {
		return p, err
	}
	var c config
	if err := d.read(configName, manifest.Config.Digest, &c); err != nil {
		return p, err
	}
	refs := make([]layerRef, len(manifest.Layers))
	for i, l := range manifest.Layers {
		if refs[i].name, err = l.blob(); err != nil {
			return p, err
		}
		refs[i].digest = l.Digest
	}
	p.Ref.Digest, p.Platform = chosen.Digest, c.platform()
	return p, p.join(refs, c, d.limits)
}

// choose takes the one image of an index, through indexes in it. Of several
// platforms it takes linux/amd64, else the first, and says so.
func (d documents) choose(name, digest string, p *plan, depth int) (descriptor, error) {
	var index struct {
		Manifests []descriptor `json:"manifests"`
	}
	if depth > maxIndexes {
		return descriptor{}, fault.New(fault.Invalid, "indexes name indexes, deeper than %d", maxIndexes)
	}
	if err := d.read(name, digest, &index); err != nil {
		return descriptor{}, err
	}
	found := slices.DeleteFunc(index.Manifests, isAttestation)
	if len(found) == 0 {
		return descriptor{}, fault.New(fault.Invalid, "%s names no image", name)
	}
	best, err := bestOf(found, p)
	if err != nil {
		return descriptor{}, err
	}
	p.name(best)
	if !isIndex(best.MediaType) {
		return best, nil
	}
	inner, err := best.blob()
	if err != nil {
		return descriptor{}, err
	}
	return d.choose(inner, best.Digest, p, depth+1)
}

// name takes the image's name from the annotations of its descriptor.
func (p *plan) name(d descriptor) {
	for _, key := range []string{"io.containerd.image.name", "org.opencontainers.image.ref.name"} {
		text := d.Annotations[key]
		ref, err := twin.ParseRef(text)
		if err != nil || p.Ref.Name != "" {
			continue
		}
		if !strings.ContainsAny(text, "/:@") {
			p.Ref.Tag = text // many tools write the tag alone
			continue
		}
		p.Ref.Name, p.Ref.Tag = ref.Name, ref.Tag
	}
}

func isIndex(mediaType string) bool {
	return mediaType == "application/vnd.oci.image.index.v1+json" || mediaType == "application/vnd.docker.distribution.manifest.list.v2+json"
}

// isAttestation reports whether a descriptor is of what was said of an image.
func isAttestation(d descriptor) bool {
	return d.Annotations["vnd.docker.reference.type"] != "" || d.Platform != nil && d.Platform.OS == "unknown"
}

func bestOf(found []descriptor, p *plan) (descriptor, error) {
	if len(found) == 1 {
		return found[0], nil
	}
	var names []string
	best := 0
	for i, d := range found {
		if d.Platform == nil {
			return descriptor{}, fault.New(fault.Invalid, "the layout holds %d images that no platform tells apart", len(found)).
				WithHint("give a layout with one image")
		}
		names = append(names, platformName(d.Platform.OS, d.Platform.Architecture, d.Platform.Variant))
		if names[i] == "linux/amd64" {
			best = i
		}
	}
	p.Notes = append(p.Notes, fmt.Sprintf("of the platforms %s only %s was read", strings.Join(names, ", "), names[best]))
	return found[best], nil
}

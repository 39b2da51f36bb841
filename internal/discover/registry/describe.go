package registry

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/hostile"
	"github.com/tidemark/tidemark/internal/twin"
)

// described is an image with what is needed to read it.
type described struct {
	twin.Image
	digest string
	layers []entry  // as they are stored
	diffs  []string // of their content
	parts  []*described
	beside []entry // what an index lists that is no image: attestations
	isFile bool    // an artifact that is no container image: a chart, a policy
}

// The bounds of an image.
const (
	maxPlatforms = 64      // of an index that are kept
	maxRead      = 4       // of an index that are read
	maxDepth     = 3       // of indexes in indexes
	maxLayers    = 256     // that are kept
	maxLabels    = 64      // that are kept
	maxLabel     = 1024    // bytes of one
	maxBlob      = 4 << 20 // bytes of a config
)

// describe reads what a manifest is; of an index also the images that run.
func (v *visit) describe(ctx context.Context, m manifest) (described, error) {
	p, err := m.parse()
	if err != nil {
		return described{}, err
	}
	d := described{digest: m.Digest}
	d.MediaType = cmp.Or(p.MediaType, m.MediaType)
	var cut bool
	d.Annotations, cut = kept(p.Annotations)
	d.cut(cut, "annotations")
	if p.Config == nil {
		d.Claims = claims(d.Annotations)
		return d, v.index(ctx, &d, p.Manifests, 0)
	}
	return d, v.single(ctx, &d, p)
}

func (d *described) cut(was bool, what string) {
	if was {
		d.note("not all %s are kept", what)
	}
}

func (d *described) note(format string, args ...any) {
	d.Notes = append(d.Notes, fmt.Sprintf(format, args...))
}

// index lists the images of an index, also of indexes in it, and reads those of
// the platforms that run.
func (v *visit) index(ctx context.Context, d *described, list []entry, depth int) error {
	for _, e := range list {
		switch {
		case isAttestation(e):
			d.beside = append(d.beside, e)
		case isIndex(e.MediaType):
			if err := v.inner(ctx, d, e, depth); err != nil {
				return err
			}
		case len(d.Platforms) >= maxPlatforms:
			d.LeftOut++
		case !isDigest(e.Digest):
			d.note("%q in the index is no digest", clean(e.Digest[:min(len(e.Digest), 80)]))
		default:
			d.Platforms = append(d.Platforms, twin.PlatformImage{Platform: platformOf(e), Digest: e.Digest})
		}
	}
	if depth > 0 {
		return nil
	}
	if d.LeftOut > 0 {
		d.note("the index names %d more images than the %d that are kept", d.LeftOut, maxPlatforms)
	}
	return v.parts(ctx, d)
}

func (v *visit) inner(ctx context.Context, d *described, e entry, depth int) error {
	if depth+1 >= maxDepth {
		d.note("indexes name indexes, deeper than %d: %s is not read", maxDepth, e.Digest)
		return nil
	}
	if len(d.Platforms) >= maxPlatforms {
		d.LeftOut++
		return nil
	}
	m, err := v.line.get(ctx, v.repo.Digest(e.Digest))
	if err != nil {
		return err
	}
	p, err := m.parse()
	if err != nil {
		return err
	}
	return v.index(ctx, d, p.Manifests, depth+1)
}

// parts reads the images of an index that run: those of the platforms of our
// machines; where these are not known, one that most machines run.
func (v *visit) parts(ctx context.Context, d *described) error {
	chosen, known := choose(d.Platforms, v.running)
	if !known && len(d.Platforms) > 1 {
		d.note("which platform runs is not known; %s was read", platformsOf(chosen))
	}
	for _, p := range chosen {
		part, err := v.part(ctx, p)
		if err != nil {
			if !kindly(err) {
				return err
			}
			d.note("%s (%s) cannot be read: %s", p.Digest, p.Platform, short(err))
			continue
		}
		d.parts = append(d.parts, part)
	}
	return nil
}

func (v *visit) part(ctx context.Context, p twin.PlatformImage) (*described, error) {
	m, err := v.line.get(ctx, v.repo.Digest(p.Digest))
	if err != nil {
		return nil, err
	}
	parsed, err := m.parse()
	if err != nil {
		return nil, err
	}
	if parsed.Config == nil {
		return nil, fault.New(fault.Invalid, "%s is no image", p.Digest)
	}
	d := &described{digest: m.Digest}
	d.MediaType = cmp.Or(parsed.MediaType, m.MediaType)
	var cut bool
	d.Annotations, cut = kept(parsed.Annotations)
	d.cut(cut, "annotations")
	return d, v.single(ctx, d, parsed)
}

// single reads an image: its config and its layers' digests.
func (v *visit) single(ctx context.Context, d *described, p parsed) error {
	d.layers = p.Layers
	for i, l := range p.Layers {
		d.Size += max(l.Size, 0)
		if i < maxLayers {
			d.Layers = append(d.Layers, twin.Layer{Digest: l.Digest, Size: l.Size})
		}
	}
	if n := len(p.Layers) - maxLayers; n > 0 {
		d.note("it has %d more layers than the %d that are kept", n, maxLayers)
	}
	if !isImageConfig(p.Config.MediaType) || p.ArtifactType != "" {
		d.isFile = true
		d.note("it is no container image but %s", cmp.Or(p.ArtifactType, p.Config.MediaType))
		return nil
	}
	body, err := v.line.blob(ctx, v.repo, *p.Config, maxBlob)
	if err != nil {
		return err
	}
	if err := d.config(body); err != nil {
		return err
	}
	return v.base(ctx, d)
}

// imageConfig is what is read of an image's config.
type imageConfig struct {
	OS           string `json:"os"`
	Architecture string `json:"architecture"`
	Variant      string `json:"variant"`
	Created      string `json:"created"`
	Config       struct {
		Labels map[string]string `json:"Labels"`
	} `json:"config"`
	RootFS struct {
		DiffIDs []string `json:"diff_ids"`
	} `json:"rootfs"`
}

func (d *described) config(body []byte) error {
	if err := hostile.CheckJSON(body, hostile.Limits{}); err != nil {
		return fault.Wrap(fault.Invalid, err, "the config of %s", d.digest)
	}
	var c imageConfig
	if err := json.Unmarshal(body, &c); err != nil {
		return fault.Wrap(fault.Invalid, err, "the config of %s", d.digest)
	}
	d.Platform = joined(c.OS, c.Architecture, c.Variant)
	var cut bool
	d.Labels, cut = kept(c.Config.Labels)
	d.cut(cut, "labels")
	both := maps.Clone(d.Annotations)
	if both == nil {
		both = map[string]string{}
	}
	maps.Copy(both, d.Labels)
	d.Claims = claims(both)
	if d.Claims.Created.IsZero() {
		d.Claims.Created = timeOf(c.Created)
	}
	if len(c.RootFS.DiffIDs) != len(d.layers) {
		d.note("the config names %d layers, and the manifest %d", len(c.RootFS.DiffIDs), len(d.layers))
		return nil
	}
	d.diffs = c.RootFS.DiffIDs
	for i := range d.Layers {
		d.Layers[i].Diff = d.diffs[i]
	}
	return nil
}

// The labels that say where an image comes from, the newer names first.
func claims(of map[string]string) (c twin.ImageClaims) {
	first := func(keys ...string) string {
		for _, k := range keys {
			if of[k] != "" {
				return of[k]
			}
		}
		return ""
	}
	const oci, old = "org.opencontainers.image.", "org.label-schema."
	if source := first(oci+"source", old+"vcs-url"); source != "" {
		c.Source.Repository = twin.RepositoryName(source)
	}
	if revision := first(oci+"revision", old+"vcs-ref"); commitPattern().MatchString(revision) {
		c.Source.Commit = revision
	}
	c.Version = first(oci+"version", old+"version")
	c.Created = timeOf(first(oci+"created", old+"build-date"))
	c.BaseName, c.BaseDigest = first(oci+"base.name"), first(oci+"base.digest")
	return c
}

var commitPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{7,64}$`) })

func timeOf(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Year() < 2000 || t.Year() > 9999 { // reproducible builds date themselves to 1970
		return time.Time{}
	}
	return t.UTC().Truncate(time.Second)
}

// kept are the labels that are kept: so many, each so long, in the order of keys.
func kept(labels map[string]string) (out map[string]string, cut bool) {
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		if len(out) == maxLabels || len(k) > maxLabel/4 {
			cut = true
			continue
		}
		value := clean(labels[k])
		if len(value) > maxLabel {
			value, cut = strings.ToValidUTF8(value[:maxLabel], ""), true
		}
		if out == nil {
			out = map[string]string{}
		}
		out[clean(k)] = value
	}
	return out, cut
}

// clean takes control characters out of a text.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}

// base finds what an image was built upon: what its labels claim, and an image
// whose layers are its first.
func (v *visit) base(ctx context.Context, d *described) error {
	if d.Claims.BaseName != "" || d.Claims.BaseDigest != "" {
		b := twin.BaseImage{Name: d.Claims.BaseName, By: twin.BasedByLabel}
		if isDigest(d.Claims.BaseDigest) {
			b.Digest = d.Claims.BaseDigest
		}
		d.Base = append(d.Base, b)
	}
	if len(d.diffs) == 0 || len(d.diffs) > maxLayers {
		return nil
	}
	chains := chainsOf(d.diffs)
	own := chains[len(chains)-1]
	if d.digest == v.ref.Digest || v.chain.Chain == "" {
		v.chain = ctem.LayerChain{Chain: own, Digest: d.digest, Name: v.ref.Name, Layers: len(chains)}
	}
	known, err := v.Memory.Chains(ctx, chains[:len(chains)-1])
	if err != nil || len(known) == 0 {
		return err
	}
	d.Base = append(d.Base, twin.BaseImage{Name: known[0].Name, Digest: known[0].Digest, By: twin.BasedByLayers, Layers: known[0].Layers})
	return nil
}

func isDigest(s string) bool {
	ref, err := twin.ParseRef("x@" + s)
	return err == nil && ref.Digest == s
}

// chainsOf names the layers up to each one.
func chainsOf(diffs []string) []string {
	out := make([]string, len(diffs))
	last := ""
	for i, d := range diffs {
		last = twin.HashBytes([]byte(last + " " + d))
		out[i] = last
	}
	return out
}

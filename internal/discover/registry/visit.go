package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// visit is one look at one image.
type visit struct {
	*round
	line *line
	look ctem.ImageLook

	ref     twin.ArtifactRef // with the digest, once it is known
	repo    name.Repository
	said    said
	told    discover.Told
	docs    []Document
	trouble string        // what could not be read, though the image was
	again   time.Duration // look again so soon; 0: as usual
	chain   ctem.LayerChain
}

// said is what was told of an image the last time, as the look remembers it.
type said struct {
	Things   string             `json:"things,omitempty"`   // hash of the things
	Attached string             `json:"attached,omitempty"` // hash of the list of what is attached
	Waits    bool               `json:"waits,omitempty"`    // for a bill of materials that was handed on
	Trouble  string             `json:"trouble,omitempty"`  // what of it could not be read
	Contents twin.ImageContents `json:"contents,omitzero"`
}

// run looks at the image.
func (v *visit) run(ctx context.Context) error {
	if v.look.Said != "" {
		if err := json.Unmarshal([]byte(v.look.Said), &v.said); err != nil {
			v.said = said{} // told anew
		}
	}
	var err error
	if v.ref, err = twin.ParseRef(v.look.Image); err != nil {
		return err
	}
	ref, err := v.line.name(v.look.Image)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the image %s", v.look.Image)
	}
	v.repo = ref.Context()
	v.told = discover.Told{Source: Source(v.line.Name), Scope: Scope, Class: twin.Declared, At: v.now}
	if err := v.tag(ctx); err != nil {
		return err
	}
	if v.look.Digest != v.ref.Digest {
		v.said, v.look.Digest = said{}, v.ref.Digest // it is another image
	}
	return v.image(ctx)
}

// tag asks what the tag points to, where the reference has one. Without a digest
// of its own the image is what the tag points to now.
func (v *visit) tag(ctx context.Context) error {
	if v.ref.Tag == "" && v.ref.Digest != "" {
		return nil
	}
	nameTag := twin.ArtifactRef{Name: v.ref.Name, Tag: v.ref.Tag}.NameTag()
	ref := v.repo.Tag(nameTag[strings.LastIndexByte(nameTag, ':')+1:])
	digest, media, err := v.line.head(ctx, ref)
	if err != nil {
		if fault.KindOf(err) != fault.NotFound {
			return err
		}
		v.told.Gone = append(v.told.Gone, twin.ResourceSubject(twin.KindTag, "", nameTag))
		if v.ref.Digest == "" {
			return err
		}
		return nil // what runs is known by its digest: the tag was removed
	}
	thing, err := twin.Tag{Digest: digest, MediaType: media}.Resource(nameTag)
	if err != nil {
		return err
	}
	v.told.Things = append(v.told.Things, thing)
	if v.ref.Digest == "" {
		v.ref.Digest = digest
	}
	return nil
}

// image reads the image of the reference: what it is, what is attached to it, and
// what it is made of.
func (v *visit) image(ctx context.Context) error {
	m, err := v.line.get(ctx, v.repo.Digest(v.ref.Digest))
	if err != nil {
		return err
	}
	if m.Digest != v.ref.Digest {
		return fault.New(fault.Invalid, "%s: asked for %s, it sends %s", v.line.Name, v.ref.Digest, m.Digest)
	}
	d, err := v.describe(ctx, m)
	if err != nil {
		return err
	}
	if err := (annex{v}).attachments(ctx, &d); err != nil {
		return err
	}
	why := filing{v}.contents(ctx, &d)
	if err := v.things(&d); err != nil {
		return err
	}
	return why
}

// things writes what was found as things of the twin.
func (v *visit) things(d *described) error {
	for i := range d.parts {
		thing, err := d.parts[i].Resource(d.parts[i].digest)
		if err != nil {
			return err
		}
		v.told.Things = append(v.told.Things, thing)
	}
	thing, err := d.Resource(v.ref.Digest)
	if err != nil {
		return err
	}
	v.told.Things = append(v.told.Things, thing)
	v.said.Contents = d.Contents
	return nil
}

// tell tells what was found, unless it is what was told the last time.
func (v *visit) tell(ctx context.Context) error {
	if v.chain.Chain != "" {
		if err := v.Memory.NoteChain(ctx, v.chain); err != nil {
			return err
		}
	}
	for _, doc := range v.docs {
		err := v.Witness.Attested(ctx, doc)
		if err != nil && fault.KindOf(err) != fault.Invalid {
			return err
		}
		if err != nil {
			v.trouble = short(err)
		}
	}
	if len(v.docs) > 0 {
		v.said.Trouble = v.trouble
	}
	hash, err := hashOf(v.told.Things, v.told.Gone)
	if err != nil {
		return err
	}
	if hash != v.said.Things || len(v.told.SBOMs) > 0 {
		if len(v.told.Things)+len(v.told.Gone) > 0 {
			rejected, err := v.Witness.Tell(ctx, v.told)
			if err != nil {
				return err
			}
			if len(rejected) > 0 {
				v.trouble = fmt.Sprintf("%s: %s", rejected[0].Where, rejected[0].Reason)
			}
		}
		v.said.Things = hash
	}
	text, err := json.Marshal(v.said)
	v.look.Said = string(text)
	return fault.Wrap(fault.Internal, err, "note the look at %s", v.look.Image)
}

func hashOf(things []twin.Resource, gone []string) (string, error) {
	slices.SortFunc(things, func(a, b twin.Resource) int { return strings.Compare(a.Kind+a.Name, b.Kind+b.Name) })
	b, err := json.Marshal(struct {
		Things []twin.Resource
		Gone   []string
	}{things, gone})
	return twin.HashBytes(b), fault.Wrap(fault.Internal, err, "write things")
}

// Package registry looks at images where they are kept: those that run or are
// configured, and no others.
//
// The model. The step follows the twin for the images that are in use. Each is
// looked at in its registry, again and again: what its tag points to, which images
// an index has for which platform, what labels and layers say of where it comes
// from, and what is attached to it. Attestations are handed on to their reader;
// where nobody has said what an image is made of, its layers are streamed and a
// bill of materials is made. All of it is told as evidence of "registry/HOST".
//
// Invariants. Nothing is asked of a registry that is not configured. Whatever a
// registry sends is bounded (bytes, entries, depth, time) and held against its
// digest; a label is a claim. No image keeps another one waiting: one that cannot
// be read is put off by itself, with its reason. A registry that wants to be left
// alone is, also after a restart.
package registry

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/inventory/image"
	"github.com/tidemark/tidemark/internal/twin"
)

// Name is the step's lease and cursor name.
const Name = "registry"

// Scope is the part of the world that a registry speaks of.
const Scope = "images"

// Source is the name of a registry as a source.
func Source(host string) string { return "registry/" + host }

// Twin is what the step reads of the twin.
type Twin interface {
	Cursor(ctx context.Context, step string, stream ctem.Stream) (int64, error)
	TwinChanges(ctx context.Context, after int64, limit int) (places []int64, last int64, err error)
	Places(ctx context.Context, ids []int64) ([]twin.Place, error)
	Artifacts(ctx context.Context, ids []string) (map[string]twin.Artifact, error)
}

// Looks is where the step keeps what it has asked.
type Looks interface {
	NoteImages(ctx context.Context, adv ctem.Advance, seen []ctem.PlaceImages, hostOf func(image string) string) error
	DueImages(ctx context.Context, hosts []string, now time.Time, limit int) ([]ctem.ImageLook, error)
	NoteLook(ctx context.Context, l ctem.ImageLook) error
	PauseHost(ctx context.Context, p ctem.HostPause) error
	HostPauses(ctx context.Context) ([]ctem.HostPause, error)
}

// Memory knows images by their layers, and what went wrong with which.
type Memory interface {
	NoteChain(ctx context.Context, c ctem.LayerChain) error
	Chains(ctx context.Context, chains []string) ([]ctem.LayerChain, error)
	FailedLooks(ctx context.Context, host string, limit int) ([]ctem.ImageLook, error)
}

// Witness takes what registries say.
type Witness interface {
	// Tell stores things and bills of materials as evidence.
	Tell(ctx context.Context, told discover.Told) ([]twin.Rejection, error)
	// Attested takes a signed document that is attached to an image.
	Attested(ctx context.Context, doc Document) error
	// Alive says that a registry still says what it said.
	Alive(ctx context.Context, b twin.Beat) error
	// Trouble replaces what could not be seen of a registry's images.
	Trouble(ctx context.Context, source string, list []twin.Rejection) error
}

// Document is a document that is attached to an image.
type Document struct {
	Artifact twin.ArtifactRef // that it is attached to
	Type     string           // artifact or media type
	Of       string           // the digest that it hangs on; "" where that is not said
	Where    string           // HOST/REPOSITORY@DIGEST
	Body     []byte
	// Annotations are those of its layer: cosign keeps there what proves the signature.
	Annotations map[string]string
}

// Step looks at images that are in use. It is made with all its fields but
// Platforms, Limits and Fence, which may be left out.
type Step struct {
	Twin      Twin
	Looks     Looks
	Memory    Memory
	Witness   Witness
	ParseSBOM func([]byte) (twin.SBOM, error)
	// Platforms are those of the machines that images run on ("linux/amd64"); nil
	// or none: not known.
	Platforms func(ctx context.Context) ([]string, error)
	Asker     *Asker
	Limits    image.Limits // of the layers of an image; zero fields: DefaultLimits
	Fence     func() int64
	Now       func() time.Time
}

// Name implements cycle.Step.
func (s *Step) Name() string { return Name }

// The bounds of a run.
const (
	maxChanges = 500             // of the twin
	atOnce     = 10              // images that are looked at in one run
	lookTime   = 5 * time.Minute // for one image, its layers included
)

// DefaultLimits bound the layers of an image that a bill of materials is made of.
func DefaultLimits() image.Limits {
	return image.Limits{Layers: 256, Entries: 1_000_000, Bytes: 16 << 30, Ratio: 200}
}

// Run notes which images came into use; when there are none, it looks at those
// that are due.
func (s *Step) Run(ctx context.Context) (int, error) {
	n, err := ctem.Narrow(maxChanges, func(limit int) (int, error) { return s.follow(ctx, limit) })
	if err != nil || n > 0 {
		return n, err
	}
	return s.look(ctx)
}

// follow reads which images places use now.
func (s *Step) follow(ctx context.Context, limit int) (int, error) {
	from, err := s.Twin.Cursor(ctx, Name, ctem.StreamTwin)
	if err != nil {
		return 0, err
	}
	ids, last, err := s.Twin.TwinChanges(ctx, from, limit)
	if err != nil || last == from {
		return 0, err
	}
	move := ctem.Move{Stream: ctem.StreamTwin, From: from, To: last}
	places, err := s.Twin.Places(ctx, ids)
	if err != nil {
		return 0, ctem.Aside(Name, move, err)
	}
	seen := make([]ctem.PlaceImages, len(places))
	for i := range places {
		seen[i] = ctem.PlaceImages{Place: places[i].ID, Images: used(&places[i])}
	}
	adv := ctem.Advance{Step: Name, Moves: []ctem.Move{move}, Now: s.Now()}
	if s.Fence != nil {
		adv.Fence = s.Fence()
	}
	return int(last - from), s.Looks.NoteImages(ctx, adv, seen, HostOf)
}

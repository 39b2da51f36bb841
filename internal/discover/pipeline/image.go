package pipeline

import (
	"encoding/json"
	"strings"

	"github.com/tidemark/tidemark/internal/twin"
)

// NoteSignature is the annotation of a layer in which cosign keeps the signature of
// the layer's content, in base64.
const NoteSignature = "dev.cosignproject.cosign/signature"

// typeImage is what cosign writes into every payload that it signs.
const typeImage = "cosign container image signature"

// readImage reads what cosign signs of an image: its digest.
func (p *Parcel) readImage(a *twin.Attestation) {
	a.Predicate = twin.PredicateImage
	var in struct {
		Critical struct {
			Identity struct {
				Reference string `json:"docker-reference"`
			} `json:"identity"`
			Image struct {
				Digest string `json:"docker-manifest-digest"`
			} `json:"image"`
			Type string `json:"type"`
		} `json:"critical"`
	}
	if err := json.Unmarshal(p.Payload, &in); err != nil {
		p.fail("the signed payload cannot be read: " + jsonReason(err))
		return
	}
	digest := strings.ToLower(in.Critical.Image.Digest)
	switch {
	case !strings.EqualFold(in.Critical.Type, typeImage):
		p.fail("it is of type " + Clean(in.Critical.Type) + ", no signature of an image")
	case !isArtifact(digest):
		p.fail("it names no digest of an image")
	default:
		a.Subjects = []twin.Subject{subject(in.Critical.Identity.Reference, digest)}
	}
}

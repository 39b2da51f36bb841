package discover

import (
	"context"
	"io"
	"time"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// Evidence is where what was ingested is kept. Both methods return after a
// durable commit, and decide what is new and what was known.
type Evidence interface {
	AppendSnapshot(ctx context.Context, list []twin.Snapshot, now time.Time) ([]twin.Appended, error)
	Append(ctx context.Context, list []twin.Observation, now time.Time) (twin.Appended, error)
}

// Documents keeps signed documents.
type Documents interface {
	KeepTestimonies(ctx context.Context, list []twin.Testimony, now time.Time) error
}

// Left counts what was left out of what a source gave, by reason.
type Left interface {
	NoteLeft(ctx context.Context, source string, counts map[string]int64, at time.Time) error
}

// Ingest is the door by which documents become evidence. They are parsed at
// once, so that bad input is refused before anything is stored.
type Ingest struct {
	Evidence  Evidence
	ParseSBOM func([]byte) (twin.SBOM, error)
	// ReadDeploy reads the manifests and records at paths: one result per path
	// and class, in the order of paths.
	ReadDeploy func(ctx context.Context, paths []string) ([]twin.Deployments, error)
	// ReadDetections reads what sensors raised.
	ReadDetections func(r io.Reader, now time.Time) (Raised, error)
	// Agents keeps what agents say beside their evidence.
	Agents Agents
	// Documents keeps signed documents as they were received; nil: nobody does.
	Documents Documents
	// Left keeps what was left out of what sources gave; nil: it is only answered.
	Left Left
	// Readers read documents by their kind.
	Readers map[string]Reader
	// Attached reads what a bill of materials says beside components; nil: nobody
	// looks at it.
	Attached func(DocumentInput) (Reading, error)
	Now      func() time.Time
}

// The kinds of a Receipt.
const (
	KindSBOM      = "sbom"
	KindManifests = "manifests"
	KindRecords   = "records"
)

// Receipt says what became of one input.
type Receipt struct {
	Input     string         `json:"input"`
	Kind      string         `json:"kind"`
	Accepted  int            `json:"accepted"`  // members that are new: workloads, resources, a document
	Unchanged int            `json:"unchanged"` // members that were known, or are still so
	Rejected  []Remark       `json:"rejected"`
	Ignored   []Remark       `json:"ignored"`            // read, but nothing of ours
	Notes     []Remark       `json:"notes"`              // taken, but odd
	Artifact  string         `json:"artifact,omitempty"` // that an SBOM was filed under, as named
	Quality   *twin.Quality  `json:"quality,omitempty"`  // of an SBOM
	Snapshots []SnapshotSeen `json:"snapshots,omitempty"`
}

// Remark names a place in an input and what is to be said of it.
type Remark struct {
	Where  string `json:"where"`
	Reason string `json:"reason"`
}

// SnapshotSeen is a complete snapshot to which an input gave all or a part.
type SnapshotSeen struct {
	Source      string    `json:"source"`
	Environment string    `json:"environment"`
	ObservedAt  time.Time `json:"observed_at"`
	Members     int       `json:"members"` // 0: everything of that source and environment ends
}

// SBOMInput is one document for IngestSBOM.
type SBOMInput struct {
	Name     string // shown in messages: the file
	Body     []byte
	Artifact string // NAME[:TAG][@DIGEST]; "": what the document says
}

// IngestSBOM files a bill of materials under an artifact: the one that is
// named, else the one that the document describes.
func (i *Ingest) IngestSBOM(ctx context.Context, in SBOMInput) (Receipt, error) {
	doc, err := i.ParseSBOM(in.Body)
	if err != nil {
		return Receipt{}, fault.Wrap(fault.Invalid, err, "%s", in.Name)
	}
	ref, err := artifactOf(in, doc)
	if err != nil {
		return Receipt{}, err
	}
	r := Receipt{
		Input: in.Name, Kind: KindSBOM, Artifact: ref.String(), Quality: &doc.Quality,
		Rejected: []Remark{}, Ignored: []Remark{}, Notes: []Remark{},
	}
	if own := doc.Subject.Digest; own != "" && ref.Digest != "" && own != ref.Digest {
		r.Notes = append(r.Notes, Remark{in.Name, "it says that it describes " + doc.Subject.String()})
	}
	now := i.Now().UTC().Truncate(time.Microsecond)
	did, err := i.Evidence.Append(ctx, []twin.Observation{{
		Source: twin.SourceSBOM, Scope: twin.ScopeArtifacts, Kind: twin.Delta, Class: twin.Content, Media: twin.MediaSBOM,
		Subject: ref.ID(), Ref: ref.String(), ObservedAt: now, Hash: twin.HashBytes(in.Body), Body: in.Body,
	}}, now)
	if err != nil {
		return Receipt{}, err
	}
	r.Accepted, r.Unchanged = did.Accepted, did.Unchanged
	r.Rejected = append(r.Rejected, remarks(did.Rejected)...)
	return r, i.beside(ctx, &r, in)
}

// beside takes what the document says beside components: services, models. That
// it cannot be read does not take back what was said of components.
func (i *Ingest) beside(ctx context.Context, r *Receipt, in SBOMInput) error {
	if i.Attached == nil {
		return nil
	}
	found, err := i.Attached(DocumentInput{Kind: KindSBOM, Name: in.Name, Body: in.Body})
	if err != nil {
		r.Notes = append(r.Notes, Remark{in.Name, "its services and models are not read: " + err.Error()})
	}
	r.Rejected = append(r.Rejected, remarks(found.Rejected)...)
	r.Notes = append(r.Notes, remarks(found.Notes)...)
	return i.IngestTold(ctx, r, found.Told)
}

// artifactOf reads the reference again from its text: what is stored must be
// readable by that alone.
func artifactOf(in SBOMInput, doc twin.SBOM) (twin.ArtifactRef, error) {
	if in.Artifact != "" {
		ref, err := twin.ParseRef(in.Artifact)
		return ref, fault.Wrap(fault.Invalid, err, "%s", in.Name)
	}
	const hint = "pass --artifact NAME[@sha256:…]"
	if doc.Subject.Name == "" {
		return twin.ArtifactRef{}, fault.New(fault.Invalid, "%s: the document does not say what it describes", in.Name).WithHint(hint)
	}
	ref, err := twin.ParseRef(doc.Subject.String())
	if err != nil {
		bad := &fault.Error{Kind: fault.Invalid, Message: in.Name + ": what the document describes is no artifact", Err: err}
		return twin.ArtifactRef{}, bad.WithHint(hint)
	}
	return ref, nil
}

func remarks(list []twin.Rejection) []Remark {
	out := make([]Remark, 0, len(list))
	for _, r := range list {
		out = append(out, Remark{r.Where, r.Reason})
	}
	return out
}

package discover

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// DocumentInput is one document of a kind that has a reader: an attestation, a
// CI event, an OpenAPI document, flows.
type DocumentInput struct {
	Kind        string // of the reader
	Name        string // shown in messages: the file
	Body        []byte
	Source      string // who says so; "": the reader says it
	Environment string // where it is about; "": the reader says it
	Service     string // what it is about, for the readers that ask for it
}

// Reading is what a reader found in a document.
type Reading struct {
	Told                     []Told
	Rejected, Ignored, Notes []twin.Rejection
	// Left is what was left out, counted by reason: it is kept at the source.
	Left map[string]int64
}

// Told is what a document says of one part of the world.
type Told struct {
	Source, Scope string
	// Apart says that it stands by itself, whoever brings it: an attestation.
	// All else is of the source that brings it, where one is named.
	Apart bool
	Class twin.Class // Declared or Observed
	At    time.Time  // when it was so; zero: now
	Every time.Duration
	// Complete says that this is all of the source and scope: what was there
	// before and is absent now ends.
	Complete bool
	Things   []twin.Resource
	// Seen are things with when they were seen: measured, beside what is told of
	// them. Their source and scope are those of what is told.
	Seen []twin.Sighting
	// Gone are subjects that are there no longer, where it is not Complete.
	Gone  []string
	SBOMs []AttachedSBOM
	// Kept is the document itself, where it is one that may be judged again.
	Kept *twin.Testimony
}

// AttachedSBOM is a bill of materials that came with a document.
type AttachedSBOM struct {
	Artifact twin.ArtifactRef
	Body     []byte
}

// Reader reads documents of one kind. It refuses what is no such document at all
// with fault.Invalid, and lists what it leaves out of one that is.
type Reader func(ctx context.Context, in DocumentInput, now time.Time) (Reading, error)

// IngestDocument takes a document: things, their edges, and bills of materials.
func (i *Ingest) IngestDocument(ctx context.Context, in DocumentInput) (Receipt, error) {
	r := Receipt{Input: in.Name, Kind: in.Kind}
	read, ok := i.Readers[in.Kind]
	if !ok {
		return r, fault.New(fault.Invalid, "there is no reader of %q", in.Kind).
			WithHint("the kinds are %s", strings.Join(slices.Sorted(maps.Keys(i.Readers)), ", "))
	}
	for _, check := range []error{checkGiven(in.Environment, checkEnvironment), checkGiven(in.Source, checkSource)} {
		if check != nil {
			return r, check
		}
	}
	now := i.Now().UTC().Truncate(time.Microsecond)
	found, err := read(ctx, in, now)
	if err != nil {
		return r, fault.Wrap(fault.KindOf(err), err, "%s", in.Name)
	}
	for n := range found.Told {
		if in.Source != "" && !found.Told[n].Apart { // nobody speaks in another's name
			found.Told[n].Source = in.Source
		}
	}
	r.Rejected, r.Ignored, r.Notes = remarks(found.Rejected), remarks(found.Ignored), remarks(found.Notes)
	if err := i.IngestTold(ctx, &r, found.Told); err != nil {
		return r, err
	}
	source := in.Source
	if source == "" && len(found.Told) > 0 {
		source = found.Told[0].Source
	}
	if source == "" || len(found.Left) == 0 || i.Left == nil {
		return r, nil
	}
	return r, i.Left.NoteLeft(ctx, source, found.Left, now)
}

func checkGiven(s string, check func(string) error) error {
	if s == "" {
		return nil
	}
	return check(s)
}

// IngestTold appends what was told as evidence, and adds to the receipt what
// became of it. Everything is checked before anything is stored; what is complete
// for its scope and what is not are stored in a commit each.
func (i *Ingest) IngestTold(ctx context.Context, r *Receipt, told []Told) error {
	now := i.Now().UTC().Truncate(time.Microsecond)
	var kept []twin.Testimony
	var deltas []twin.Observation
	var snapshots []twin.Snapshot
	for n := range told {
		list, err := told[n].observations(now)
		if err != nil {
			return fault.Wrap(fault.Invalid, err, "%s", r.Input)
		}
		if told[n].Complete {
			snapshots = append(snapshots, told[n].snapshot(list, now))
		} else {
			deltas = append(deltas, list...)
		}
		boms, err := i.attached(&told[n], now)
		if err != nil {
			r.Rejected = append(r.Rejected, Remark{r.Input, err.Error()})
		}
		deltas = append(deltas, boms...)
		if k := told[n].Kept; k != nil {
			kept = append(kept, *k)
			kept[len(kept)-1].Source = told[n].Source
		}
	}
	if err := i.keep(ctx, kept, now); err != nil {
		return err
	}
	if err := i.appendTold(ctx, r, deltas, snapshots); err != nil {
		return err
	}
	return i.seeTold(ctx, r, told)
}

// keep keeps documents before what they say is evidence: one of which nothing was
// told does no harm, and one that is not kept is not judged again.
func (i *Ingest) keep(ctx context.Context, list []twin.Testimony, now time.Time) error {
	if i.Documents == nil || len(list) == 0 {
		return nil
	}
	return i.Documents.KeepTestimonies(ctx, list, now)
}

func (i *Ingest) appendTold(ctx context.Context, r *Receipt, deltas []twin.Observation, snapshots []twin.Snapshot) error {
	now := i.Now().UTC().Truncate(time.Microsecond)
	if len(snapshots) > 0 {
		did, err := i.Evidence.AppendSnapshot(ctx, snapshots, now)
		if err != nil {
			return err
		}
		for n, d := range did {
			r.count(d)
			s := snapshots[n]
			r.Snapshots = append(r.Snapshots, SnapshotSeen{Source: s.Source, Environment: s.Scope, ObservedAt: s.ObservedAt, Members: len(s.Members)})
		}
	}
	for part := range slices.Chunk(deltas, maxAppend) {
		did, err := i.Evidence.Append(ctx, part, now)
		if err != nil {
			return err
		}
		r.count(did)
	}
	return nil
}

// maxAppend is how many rows one commit takes.
const maxAppend = 4000

func (r *Receipt) count(did twin.Appended) {
	r.Accepted += did.Accepted
	r.Unchanged += did.Unchanged
	r.Rejected = append(r.Rejected, remarks(did.Rejected)...)
}

// observations writes what was told as evidence, each subject once.
func (t *Told) observations(now time.Time) ([]twin.Observation, error) {
	at := t.time(now)
	if err := t.check(at, now); err != nil {
		return nil, err
	}
	bySubject := make(map[string]twin.Observation, len(t.Things))
	for n := range t.Things {
		res := &t.Things[n]
		body, err := canonical(res)
		if err != nil {
			return nil, fmt.Errorf("%s %q: %w", res.Kind, res.Name, err)
		}
		subject := twin.ResourceSubject(res.Kind, res.Namespace, res.Name)
		bySubject[subject] = twin.Observation{
			Source: t.Source, Scope: t.Scope, Kind: twin.Delta, Class: t.Class, Media: twin.MediaResource,
			Subject: subject, ObservedAt: at, Every: t.Every, Hash: twin.HashBytes(body), Body: body,
		}
	}
	for _, subject := range t.Gone {
		bySubject[subject] = twin.Observation{
			Source: t.Source, Scope: t.Scope, Kind: twin.Tombstone, Class: t.Class, Subject: subject, ObservedAt: at, Every: t.Every,
		}
	}
	out := make([]twin.Observation, 0, len(bySubject))
	for _, subject := range slices.Sorted(maps.Keys(bySubject)) {
		out = append(out, bySubject[subject])
	}
	return out, nil
}

func (t *Told) time(now time.Time) time.Time {
	if t.At.IsZero() {
		return now
	}
	return t.At.UTC().Truncate(time.Microsecond)
}

func (t *Told) check(at, now time.Time) error {
	if t.Class != twin.Declared && t.Class != twin.Observed {
		return fmt.Errorf("%q is no class of things", t.Class)
	}
	if err := checkSource(t.Source); err != nil {
		return err
	}
	if t.Scope == "" {
		return errors.New("it does not say what part of the world it is about")
	}
	if err := checkText("scope", t.Scope); err != nil {
		return err
	}
	return checkTime(t.Source, at, now)
}

func (t *Told) snapshot(members []twin.Observation, now time.Time) twin.Snapshot {
	return twin.Snapshot{Source: t.Source, Scope: t.Scope, Class: t.Class, ObservedAt: t.time(now), Every: t.Every, Members: members}
}

// canonical is the JSON of a resource with its links in order, each once.
func canonical(res *twin.Resource) ([]byte, error) {
	if err := checkText("kind", res.Kind); err != nil || res.Kind == "" || strings.Contains(res.Kind, "/") {
		return nil, fmt.Errorf("%q is no kind of thing", res.Kind)
	}
	if err := checkText("name", res.Name); err != nil || res.Name == "" {
		return nil, fmt.Errorf("%q is no name of a thing", res.Name)
	}
	out := *res
	out.Links = slices.Clone(res.Links)
	slices.SortFunc(out.Links, compareLinks)
	out.Links = slices.Compact(out.Links)
	if len(out.Spec) > 0 {
		var spec bytes.Buffer
		if err := json.Compact(&spec, out.Spec); err != nil {
			return nil, err
		}
		out.Spec = spec.Bytes()
	}
	return json.Marshal(out)
}

func compareLinks(a, b twin.Link) int {
	return cmp.Or(cmp.Compare(a.Rel, b.Rel), cmp.Compare(a.To.Kind, b.To.Kind), cmp.Compare(a.To.Scope, b.To.Scope), cmp.Compare(a.To.Name, b.To.Name))
}

// attached files the bills of materials that came along. One that cannot be read
// does not stop the others.
func (i *Ingest) attached(t *Told, now time.Time) (out []twin.Observation, err error) {
	var bad []error
	for _, s := range t.SBOMs {
		if _, err := i.ParseSBOM(s.Body); err != nil {
			bad = append(bad, fmt.Errorf("the SBOM of %s: %w", s.Artifact, err))
			continue
		}
		out = append(out, twin.Observation{
			Source: twin.SourceSBOM, Scope: twin.ScopeArtifacts, Kind: twin.Delta, Class: twin.Content, Media: twin.MediaSBOM,
			Subject: s.Artifact.ID(), Ref: s.Artifact.String(), ObservedAt: t.time(now), Hash: twin.HashBytes(s.Body), Body: s.Body,
		})
	}
	return out, errors.Join(bad...)
}

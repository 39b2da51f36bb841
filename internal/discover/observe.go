package discover

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/hostile"
	"github.com/tidemark/tidemark/internal/twin"
)

// Agents is what is kept of agents beside their evidence.
type Agents interface {
	Heartbeat(ctx context.Context, b twin.Beat) error
	// SourceScopes are the scopes in which a source may have something that has
	// not ended.
	SourceScopes(ctx context.Context, source string) ([]string, error)
	// SourceHead is the newest epoch of a source, and the newest sequence in it.
	SourceHead(ctx context.Context, source string) (epoch, seq int64, err error)
	// NoteTrouble replaces what a source cannot see.
	NoteTrouble(ctx context.Context, source string, trouble []twin.Rejection, at time.Time) error
	// See moves when things were last seen, and returns those in whose scope their
	// source has said nothing.
	See(ctx context.Context, list []twin.Sighting) (unknown []twin.Sighting, err error)
}

// Batch is one batch of an agent's evidence, in the order of its sequence.
type Batch struct {
	Source string
	Epoch  int64
	SentAt time.Time // by the agent's clock
	Every  time.Duration
	Items  []twin.Observation // Kind, Class, Scope, Subject, Media, SourceSeq, ObservedAt, Snapshot, Count, Ref, Body
	// Scopes are all that the source looks at now, where HasScopes.
	Scopes    []string
	HasScopes bool
	Trouble   []twin.Rejection // what it cannot see; nil: it says nothing of that
}

// Took says what became of a batch.
type Took struct {
	Accepted, Unchanged int
	Rejected            []twin.Rejection
	Epoch, Seq          int64
	Ended               []string // scopes in which everything ended
	Skew                time.Duration
}

// The bounds of a batch.
const (
	maxItems      = 5_000
	maxItemBody   = 1 << 20
	maxScopes     = 20_000
	maxTrouble    = 100
	maxDepth      = 60
	toleratedSkew = 5 * time.Second
)

// Observe takes a batch. An item that is wrong by itself is rejected and the
// others are taken; what is wrong with the batch refuses it whole. The same batch
// again changes nothing. Times are taken back by what the agent's clock is off,
// and nothing was seen later than now.
func (i *Ingest) Observe(ctx context.Context, b Batch) (Took, error) {
	now := i.Now().UTC().Truncate(time.Microsecond)
	if err := b.check(); err != nil {
		return Took{}, err
	}
	out := Took{Rejected: []twin.Rejection{}, Ended: []string{}, Skew: b.SentAt.Sub(now)}
	if out.Skew.Abs() <= toleratedSkew {
		out.Skew = 0
	}
	list, beats, seen := b.sorted(now, &out)
	for part := range slices.Chunk(list, maxAppend) {
		did, err := i.Evidence.Append(ctx, part, now)
		if err != nil {
			return out, err
		}
		out.Accepted, out.Unchanged = out.Accepted+did.Accepted, out.Unchanged+did.Unchanged
		out.Rejected = append(out.Rejected, did.Rejected...)
	}
	if err := i.beat(ctx, beats, &out); err != nil {
		return out, err
	}
	if err := i.see(ctx, seen, &out); err != nil {
		return out, err
	}
	if err := i.endScopes(ctx, &b, &out, now); err != nil {
		return out, err
	}
	if b.Trouble != nil || out.Skew != 0 {
		if err := i.Agents.NoteTrouble(ctx, b.Source, b.trouble(out.Skew), now); err != nil {
			return out, err
		}
	}
	var err error
	out.Epoch, out.Seq, err = i.Agents.SourceHead(ctx, b.Source)
	return out, err
}

func (b *Batch) check() error {
	if err := checkSource(b.Source); err != nil {
		return err
	}
	switch {
	case b.Source == "":
		return fault.New(fault.Invalid, "the batch does not say whose it is")
	case b.Epoch <= 0:
		return fault.New(fault.Invalid, "the batch of %s has no epoch", b.Source)
	case b.SentAt.IsZero():
		return fault.New(fault.Invalid, "the batch of %s does not say when it was sent", b.Source)
	case len(b.Items) > maxItems:
		return fault.New(fault.Invalid, "the batch of %s has %d items, at most %d", b.Source, len(b.Items), maxItems).WithHint("send smaller batches")
	case len(b.Scopes) > maxScopes:
		return fault.New(fault.Invalid, "the batch of %s has %d scopes, at most %d", b.Source, len(b.Scopes), maxScopes)
	case b.Every < 0 || b.Every > maxEvery || b.Every > 0 && b.Every < time.Second:
		return fault.New(fault.Invalid, "an interval of %s is not between 1 s and 10 years", b.Every)
	}
	return nil
}

// trouble is what the source cannot see, with what its clock is off.
func (b *Batch) trouble(skew time.Duration) []twin.Rejection {
	out := slices.Clone(b.Trouble[:min(len(b.Trouble), maxTrouble)])
	if left := len(b.Trouble) - len(out); left > 0 {
		out = append(out, twin.Rejection{Where: b.Source, Reason: fmt.Sprintf("%d more", left)})
	}
	switch {
	case skew > 0:
		out = append(out, twin.Rejection{Where: "clock", Reason: fmt.Sprintf("its clock is %s ahead: its times were taken back by that", skew.Round(time.Second))})
	case skew < 0:
		out = append(out, twin.Rejection{Where: "clock", Reason: fmt.Sprintf("its clock is %s behind: its times were moved on by that", (-skew).Round(time.Second))})
	}
	return out
}

// sorted parts the items into evidence, heartbeats of scopes and sightings of single
// things, and rejects what is wrong.
func (b *Batch) sorted(now time.Time, out *Took) (list []twin.Observation, beats []twin.Beat, seen []twin.Sighting) {
	list = make([]twin.Observation, 0, len(b.Items))
	for n := range b.Items {
		o := &b.Items[n]
		o.Source, o.Epoch, o.Every = b.Source, b.Epoch, b.Every
		o.ObservedAt = o.ObservedAt.Add(-out.Skew).UTC().Truncate(time.Microsecond)
		if o.ObservedAt.After(now) {
			o.ObservedAt = now
		}
		err := checkItem(o, now)
		var sight twin.Sighting
		if err == nil && o.Kind == twin.Heartbeat && o.Subject != "" {
			sight, err = sightingOf(o, out.Skew)
		}
		if err != nil {
			out.Rejected = append(out.Rejected, twin.Rejection{Where: fmt.Sprintf("%s sequence %d %s", b.Source, o.SourceSeq, o.Subject), Reason: err.Error()})
			continue
		}
		if o.Kind == twin.Heartbeat && o.Subject != "" {
			seen = append(seen, sight)
			continue
		}
		if o.Kind == twin.Heartbeat {
			beats = append(beats, twin.Beat{Source: b.Source, Scope: o.Scope, Vouches: 0, At: o.ObservedAt, Every: b.Every})
			continue
		}
		list = append(list, *o)
	}
	return list, beats, seen
}

// checkItem refuses an item that cannot be evidence, and makes its body canonical.
func checkItem(o *twin.Observation, now time.Time) error {
	if err := checkTime("item", o.ObservedAt, now); err != nil {
		return err
	}
	if o.Scope == "" {
		return errors.New("it has no scope")
	}
	if err := checkEnvironment(o.Scope); err != nil {
		return err
	}
	if err := checkKind(o.Subject); err != nil {
		return err
	}
	if o.Kind == twin.Heartbeat {
		return nil
	}
	if o.SourceSeq <= 0 {
		return errors.New("it has no sequence")
	}
	if o.Class == twin.Content || o.Media == twin.MediaSBOM {
		return checkContent(o)
	}
	if o.Class != twin.Observed && o.Class != twin.Declared {
		return fmt.Errorf("%q is no class of what agents see", o.Class)
	}
	if !o.HasBody() {
		return nil
	}
	if len(o.Body) > maxItemBody {
		return fmt.Errorf("its body has %d bytes, at most %d", len(o.Body), maxItemBody)
	}
	return canonicalBody(o)
}

// checkKind refuses what is no agent's to tell: where software comes from and who
// vouches for it is read from documents, registries and forges, whose signatures we
// judge ourselves. An agent that may say "verified" could vouch for anything.
func checkKind(subject string) error {
	kind, _, _, ok := twin.CutResource(subject)
	if !ok {
		return nil
	}
	switch kind {
	case twin.KindAttestation, twin.KindBuild, twin.KindImage, twin.KindTag, twin.KindRepository:
		return fmt.Errorf("a thing of kind %s is not an agent's to tell: give the document itself, or let the registry or forge be read", kind)
	}
	return nil
}

// checkContent takes a bill of materials that an agent made: it is about an
// artifact, wherever it was found.
func checkContent(o *twin.Observation) error {
	ref, err := twin.ParseRef(o.Ref)
	if err != nil {
		return err
	}
	if o.Kind != twin.Delta || o.Media != twin.MediaSBOM {
		return errors.New("a bill of materials is a delta of media sbom")
	}
	o.Class, o.Subject, o.Scope = twin.Content, ref.ID(), twin.ScopeArtifacts
	o.Hash = twin.HashBytes(o.Body)
	return nil
}

func canonicalBody(o *twin.Observation) error {
	limits := hostile.Limits{Depth: maxDepth}
	var err error
	var subject string
	switch o.Media {
	case twin.MediaWorkload:
		var w twin.Workload
		if err := hostile.Unmarshal(o.Body, limits, &w); err != nil {
			return err
		}
		if w.Replicas <= 0 {
			return errors.New("a workload without replicas is a tombstone")
		}
		tidy(&w)
		subject = twin.WorkloadSubject(w.Kind, w.Namespace, w.Service)
		o.Body, err = json.Marshal(w)
	case twin.MediaResource:
		var r twin.Resource
		if err := hostile.Unmarshal(o.Body, limits, &r); err != nil {
			return err
		}
		subject = twin.ResourceSubject(r.Kind, r.Namespace, r.Name)
		o.Body, err = canonical(&r)
	case twin.MediaSBOM, twin.MediaDetection:
		return fmt.Errorf("%q is no body of what agents see", o.Media)
	default:
		return fmt.Errorf("%q is no kind of body", o.Media)
	}
	if err != nil {
		return err
	}
	if subject != o.Subject {
		return fmt.Errorf("its body speaks of %s", subject)
	}
	if bytes.Contains(o.Body, []byte(`\u0000`)) || strings.ContainsRune(o.Subject, 0) {
		return errors.New("it holds a zero byte")
	}
	o.Hash = twin.HashBytes(o.Body)
	return nil
}

// beat moves the coverage of the scopes that the source still sees. One of which
// nothing is known yet is rejected by itself.
func (i *Ingest) beat(ctx context.Context, beats []twin.Beat, out *Took) error {
	for _, b := range beats {
		err := i.Agents.Heartbeat(ctx, b)
		if k := fault.KindOf(err); k == fault.NotFound || k == fault.Conflict {
			out.Rejected = append(out.Rejected, twin.Rejection{Where: b.Source + " " + b.Scope, Reason: err.Error()})
			continue
		}
		if err != nil {
			return err
		}
		out.Accepted++
	}
	return nil
}

// endScopes ends what the source saw in scopes that it has no longer.
func (i *Ingest) endScopes(ctx context.Context, b *Batch, out *Took, now time.Time) error {
	if !b.HasScopes {
		return nil
	}
	have, err := i.Agents.SourceScopes(ctx, b.Source)
	if err != nil {
		return err
	}
	at := b.SentAt.Add(-out.Skew).UTC().Truncate(time.Microsecond)
	if at.After(now) {
		at = now
	}
	still := make(map[string]bool, len(b.Scopes))
	for _, s := range b.Scopes {
		still[s] = true
	}
	var ended []twin.Snapshot
	for _, scope := range have {
		if still[scope] || scope == twin.ScopeArtifacts {
			continue
		}
		ended = append(ended, twin.Snapshot{Source: b.Source, Scope: scope, Class: twin.Observed, ObservedAt: at, Every: b.Every})
		out.Ended = append(out.Ended, scope)
	}
	if len(ended) == 0 {
		return nil
	}
	_, err = i.Evidence.AppendSnapshot(ctx, ended, now)
	return err
}

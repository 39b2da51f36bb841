package pipeline

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// RejudgeName is the step's lease name.
const RejudgeName = "judge"

// The bounds of one run, and of what is kept beside a document.
const (
	rejudgeAtOnce = 50
	sweepAtOnce   = 200
	maxNotes      = 256 << 10 // bytes of annotations
)

// Kept is where signed documents are kept.
type Kept interface {
	Unjudged(ctx context.Context, trust string, limit int) ([]twin.Testimony, error)
	NoteVerdicts(ctx context.Context, list []twin.Testimony) error
	DropTestimony(ctx context.Context, source, document string) error
	KeptTestimonies(ctx context.Context, documents []string) (map[[2]string]bool, error)
}

// Turns remembers which trust was noticed.
type Turns interface {
	TrustTurn(ctx context.Context) (twin.TrustTurn, error)
	SetTrustTurn(ctx context.Context, turn twin.TrustTurn) error
}

// Things lists what the twin holds.
type Things interface {
	Things(ctx context.Context, q ctem.ListQuery) (ctem.Page[ctem.Thing], error)
}

// Rejudge is the step that judges known attestations again when the trust has
// changed. All its fields are needed.
type Rejudge struct {
	// Hash names the trust of this moment, as Trust's Hash does. known is false
	// where this process has no trust of its own: then it judges nothing.
	Hash   func() (hash string, known bool)
	Trust  func() Trust
	Kept   Kept
	Turns  Turns
	Things Things
	// Tell stores what is so now as evidence. What is refused of it is no error: it
	// is counted at its source.
	Tell func(ctx context.Context, told []discover.Told) error
	// Left counts what cannot be judged, at its source.
	Left discover.Left
	Log  *slog.Logger
	Now  func() time.Time

	held    string // the trust of this process that was in force last
	holds   bool   // one was
	yielded bool   // to that of another process
}

// Name implements cycle.Step.
func (r *Rejudge) Name() string { return RejudgeName }

// Run notices a change, or judges the next documents again. What it tells is the
// same when it is run again, so it may be stopped anywhere.
func (r *Rejudge) Run(ctx context.Context) (int, error) {
	hash, known := r.Hash()
	if !known {
		return 0, nil
	}
	turn, err := r.Turns.TrustTurn(ctx)
	if err != nil {
		return 0, fault.Wrap(fault.KindOf(err), err, "read the last change of the trust")
	}
	if r.replaced(turn, hash) {
		r.yield(ctx)
		return 0, nil
	}
	r.held, r.holds, r.yielded = hash, true, false
	if turn.Trust != hash {
		return 1, r.Turns.SetTrustTurn(ctx, twin.TrustTurn{Trust: hash, At: r.moment(turn), Swept: turn.At.IsZero()})
	}
	n, err := r.again(ctx, turn)
	if err != nil || n > 0 || turn.Swept {
		return n, err
	}
	return r.sweep(ctx, turn)
}

// replaced reports whether another process put its own trust in the place of this
// one's, which is as it was: who came last, stays. Otherwise the two would take back
// each other's verdicts for ever.
func (r *Rejudge) replaced(turn twin.TrustTurn, hash string) bool {
	return !turn.At.IsZero() && turn.Trust != hash && r.holds && hash == r.held
}

func (r *Rejudge) yield(ctx context.Context) {
	if !r.yielded {
		r.Log.WarnContext(ctx, "another server of this store trusts others: attestations are judged as it does, until the folder trust changes here",
			"what to do", "give all servers the same folder trust")
	}
	r.yielded = true
}

// Waits reports whether the trust of this process has changed since attestations
// were judged, and is not through.
func (r *Rejudge) Waits(ctx context.Context) (bool, error) {
	hash, known := r.Hash()
	if !known {
		return false, nil
	}
	turn, err := r.Turns.TrustTurn(ctx)
	if err != nil || r.replaced(turn, hash) {
		return false, err
	}
	return turn.Trust != hash || !turn.Swept, nil
}

// moment is from when a trust counts for what is known already: from when it was
// noticed. What was believed until then stays as it was believed.
func (r *Rejudge) moment(last twin.TrustTurn) time.Time {
	return later(r.Now().UTC().Truncate(time.Microsecond), last.At)
}

// again judges the next documents that another trust has judged.
func (r *Rejudge) again(ctx context.Context, turn twin.TrustTurn) (int, error) {
	list, err := r.Kept.Unjudged(ctx, turn.Trust, rejudgeAtOnce)
	if err != nil || len(list) == 0 {
		return 0, fault.Wrap(fault.KindOf(err), err, "read documents that are to be judged again")
	}
	trust := r.Trust()
	if trust.Hash() != turn.Trust { // it changes just now: the next run notices
		return 1, nil
	}
	var told []discover.Told
	judged := list[:0]
	for i := range list {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		more, ok := r.one(&list[i], trust, turn.At)
		if !ok { // nothing can be made of it any more: the sweep takes care of what it told
			if err := r.Kept.DropTestimony(ctx, list[i].Source, list[i].Document); err != nil {
				return 0, err
			}
			continue
		}
		told, judged = append(told, more...), append(judged, list[i])
	}
	if err := r.Tell(ctx, told); err != nil {
		return 0, fault.Wrap(fault.KindOf(err), err, "tell how documents were judged again")
	}
	return len(list), r.Kept.NoteVerdicts(ctx, judged)
}

// one judges a document; told is empty where all is as it was.
func (r *Rejudge) one(k *twin.Testimony, trust Trust, turn time.Time) (told []discover.Told, ok bool) {
	p, ok := reopen(k)
	if !ok {
		return nil, false
	}
	a, bom, _ := p.assess(trust, r.Now().UTC().Truncate(time.Microsecond))
	a.Document = k.Document // however names were made when it was given
	res, err := a.Resource()
	if err != nil {
		return nil, false
	}
	before := k.Verdict
	k.Verdict.Trust, k.Verdict.State, k.Verdict.Hash = trust.Hash(), a.Signature.State, twin.HashBytes(res.Spec)
	if k.Verdict.Hash == before.Hash {
		return nil, true
	}
	k.Verdict.At = later(turn, before.At)
	now := retold(k.Source, res, k.Verdict.At)
	if before.State == twin.SignatureFailed && a.Signature.State != twin.SignatureFailed && bom != nil {
		now.SBOMs = attach(a.Subjects, bom)
	}
	return []discover.Told{now}, true
}

// reopen makes the parcel of a document that is kept.
func reopen(k *twin.Testimony) (*Parcel, bool) {
	found, err := open(value{k.Where, k.Body}, maxEnvelopeDepth)
	if err != nil || len(found) != 1 {
		return nil, false
	}
	found[0].Annotations, found[0].artifact = k.Annotations, k.Artifact
	return &found[0], true
}

func retold(source string, res twin.Resource, at time.Time) discover.Told {
	return discover.Told{
		Source: source, Scope: twin.ScopeArtifacts, Apart: true, Class: twin.Declared, At: at, Things: []twin.Resource{res},
	}
}

// later is a time that comes after what was told last.
func later(turn, told time.Time) time.Time {
	if turn.After(told) {
		return turn
	}
	return told.Add(time.Microsecond)
}

// whyNotKept is said of what cannot be judged again.
const whyNotKept = "what is trusted has changed since it was judged, and the document is not kept: give it again"

// sweep goes through the attestations that are verified by a trust that is gone,
// and whose documents are not kept.
func (r *Rejudge) sweep(ctx context.Context, turn twin.TrustTurn) (int, error) {
	page, err := r.Things.Things(ctx, ctem.ListQuery{
		AsOf: ctem.AsOf{Now: r.Now()}, Terms: []ctem.Term{{Key: "kind", Op: ":", Values: []string{twin.KindAttestation}}},
		Limit: sweepAtOnce, After: turn.After,
	})
	if err != nil {
		return 0, fault.Wrap(fault.KindOf(err), err, "read attestations")
	}
	var names []string
	for i := range page.Items {
		names = append(names, document(&page.Items[i]))
	}
	kept, err := r.Kept.KeptTestimonies(ctx, names)
	if err != nil {
		return 0, fault.Wrap(fault.KindOf(err), err, "read which documents are kept")
	}
	var told []discover.Told
	unread := map[string]int64{}
	for i := range page.Items {
		more, ok := distrust(&page.Items[i], kept, turn.At)
		if !ok {
			for _, source := range page.Items[i].Sources {
				unread[source]++
			}
		}
		told = append(told, more...)
	}
	for _, source := range slices.Sorted(maps.Keys(unread)) {
		if err := r.Left.NoteLeft(ctx, source, map[string]int64{leftUnread: unread[source]}, r.Now().UTC().Truncate(time.Microsecond)); err != nil {
			return 0, fault.Wrap(fault.KindOf(err), err, "note which attestations of %s cannot be read", source)
		}
	}
	if err := r.Tell(ctx, told); err != nil {
		return 0, fault.Wrap(fault.KindOf(err), err, "tell what is verified no longer")
	}
	turn.After, turn.Swept = page.Next, page.Next == ""
	return 1, r.Turns.SetTrustTurn(ctx, turn)
}

// document is the hash by which the attestation's document is kept.
func document(t *ctem.Thing) string { return strings.TrimPrefix(t.Name, twin.AttestationName("")) }

// leftUnread is noted at the sources of what is called an attestation, and is none.
const leftUnread = "an attestation cannot be read, so that it cannot be judged again"

// distrust takes back that an attestation is verified, for each source whose
// document is not kept; not ok: it cannot be read, and proves nothing to anybody.
func distrust(t *ctem.Thing, kept map[[2]string]bool, turn time.Time) (out []discover.Told, ok bool) {
	var a twin.Attestation
	if err := json.Unmarshal(t.Spec, &a); err != nil {
		return nil, false
	}
	if a.Signature.State != twin.SignatureVerified || !turn.After(t.Since) {
		return nil, true
	}
	a.Signature.State, a.Signature.Reason, a.Signature.Rule = twin.SignatureUnverified, whyNotKept, ""
	res, err := a.Resource()
	if err != nil {
		return nil, false
	}
	for _, source := range t.Sources {
		if !kept[[2]string{source, document(t)}] {
			out = append(out, retold(source, res, turn))
		}
	}
	return out, true
}

// kept is the document as it is kept to be judged again; nil where no trust could
// ever change what it is worth.
func (p *Parcel) kept(trust Trust, a *twin.Attestation, told *discover.Told) *twin.Testimony {
	notes, ok := proofs(p.Annotations)
	if p.Form == twin.FormStatement || len(p.raw) > MaxParcel || !ok {
		return nil
	}
	k := &twin.Testimony{
		Document: a.Document, Where: Clean(p.where), Body: slices.Clone(p.raw), Annotations: notes, Artifact: p.artifact,
		Verdict: twin.Verdict{State: a.Signature.State, Hash: twin.HashBytes(told.Things[0].Spec), At: told.At},
	}
	if trust != nil {
		k.Verdict.Trust = trust.Hash()
	}
	return k
}

// isProof reports whether an annotation belongs to the signature of its layer.
func isProof(key string) bool {
	return strings.HasPrefix(key, "dev.sigstore.cosign/") || strings.HasPrefix(key, "dev.cosignproject.cosign/")
}

// proofs are the annotations of a layer that belong to its signature; not ok: they
// are too large to be kept.
func proofs(notes map[string]string) (out map[string]string, ok bool) {
	size := 0
	for _, key := range slices.Sorted(maps.Keys(notes)) {
		if !isProof(key) {
			continue
		}
		if size += len(key) + len(notes[key]); size > maxNotes {
			return nil, false
		}
		if out == nil {
			out = map[string]string{}
		}
		out[key] = notes[key]
	}
	return out, true
}

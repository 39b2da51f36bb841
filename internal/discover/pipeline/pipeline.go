// Package pipeline reads what pipelines say of what they built: attestations
// (in-toto statements, bare or in DSSE envelopes and Sigstore bundles) and the
// events of CI systems. Both become things of the twin: an Attestation describes
// artifacts, a Build produced them, and either leads to the commit.
//
// The model of attestations. A file holds parcels: a parcel is one statement with
// what came around it. A parcel is read, then judged by the operator's Trust: a
// folder with trusted roots, public keys, and rules that say which signer is
// expected for which repository. Three results: verified, when the signature, the
// certificate at the time of signing, the log's proof and a rule hold; failed,
// when the document proves itself wrong or another signer is expected;
// unverified, when nothing here can prove it. What failed or is unverified is
// kept, with its reason, and never trusted.
//
// When an attestation is so. It is so from when it was made: the log's time where
// that is proven, else what it says of itself. What the judgement is depends on
// the trust of today, so where that was set later, the attestation is unverified
// from when it was made and as judged from when the trust was set. A changed trust
// thus changes what is said from then on, and reading again changes nothing.
//
// Judged again. A signed document is kept as it was received. When what is trusted
// changes, the step Rejudge judges each one that is kept anew, and tells what is
// otherwise now, from the change on. What was verified and is not kept any more is
// unverified from then on: nothing stays trusted by a trust that is gone.
//
// The model of CI events. An event tells the whole state of one run or one job at
// one moment. The moment is when that state began, with the kind of state as its
// last microsecond: events in any order, and again, give the same history.
//
// Invariants. No network, no clock; trust is read from the file system that it is
// given. Sizes, counts and depths are bounded; what is left out is counted or
// listed. Text is kept without what cannot be shown. Of parameters and variables
// only names are kept: values may be secrets.
package pipeline

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// The kinds of documents that have their reader here.
const (
	KindAttestation = "attestation"
	KindCI          = "ci"
)

// SourceAttestation is the source of all attestations, wherever they were found:
// what they say does not depend on that.
const SourceAttestation = "attestation"

// The bounds of what is read.
const (
	MaxBytes     = 64 << 20 // one file
	MaxParcel    = 32 << 20 // one attestation or event
	maxParcels   = 20_000   // in one file
	maxSubjects  = 2_000    // kept of one statement
	maxMaterials = 50       // kept of one statement
	maxArtifacts = 2_000    // kept of one build
	maxNames     = 100      // parameters, levels
	maxText      = 1_000    // bytes that are kept of a name
	maxSBOMs     = 100      // artifacts that one attested SBOM is filed under
	maxRemarks   = 200
)

// Attestations reads attestations. The zero value trusts nobody.
type Attestations struct {
	// Trust gives the operator's trust of this moment; nil: there is none. It is
	// asked for every document, so that a key that is taken back counts at once.
	Trust func() Trust
}

// Trust is whom the operator trusts.
type Trust interface {
	// Judge says how far the signatures of a parcel are proven, which has one or
	// more, and what the signers may say of a.
	Judge(p *Parcel, a *twin.Attestation) twin.Signature
	// Since is when the trust was last changed; zero: never.
	Since() time.Time
	// Hash names what is trusted: another hash is another trust.
	Hash() string
	// Trouble is what of the trust could not be used, and why.
	Trouble() []twin.Rejection
}

// Document is what may hold attestations: a file, or a layer of a registry.
type Document struct {
	Name string // shown in messages
	Body []byte
	// Annotations are those of the layer, where it is one: cosign keeps the
	// certificate and the log's proof there.
	Annotations map[string]string
	// Artifact is the digest that the document was found attached to. One that
	// speaks of others alone has failed.
	Artifact string
}

// Read is the reader of KindAttestation.
func (a Attestations) Read(ctx context.Context, in discover.DocumentInput, now time.Time) (discover.Reading, error) {
	out, err := a.ReadAll(ctx, []Document{{Name: in.Name, Body: in.Body}}, now)
	said(&out, in.Source)
	if err == nil && len(out.Told) == 0 {
		err = nothing(out.Rejected, "it holds no attestation", "give an in-toto statement, a DSSE envelope or a Sigstore bundle, as JSON or one a line")
	}
	return out, err
}

// said names another source, where the one who gives the document says who says so.
func said(out *discover.Reading, source string) {
	for i := range out.Told {
		if source != "" {
			out.Told[i].Source = source
		}
	}
}

// nothing is the error for a document that held nothing at all.
func nothing(rejected []twin.Rejection, what, hint string) error {
	if len(rejected) > 0 {
		return fault.New(fault.Invalid, "%s: %s", rejected[0].Where, rejected[0].Reason).WithHint("%s", hint)
	}
	return fault.New(fault.Invalid, "%s", what).WithHint("%s", hint)
}

// ReadAll reads documents, of which each may hold several attestations.
func (a Attestations) ReadAll(ctx context.Context, docs []Document, now time.Time) (discover.Reading, error) {
	var out discover.Reading
	var trust Trust
	if a.Trust != nil {
		trust = a.Trust()
		out.Notes = append(out.Notes, trust.Trouble()...)
	}
	for _, doc := range docs {
		found, rejected, err := unwrap(doc.Body)
		if err != nil {
			return out, err
		}
		out.Rejected = append(out.Rejected, rejected...)
		for i := range found {
			if err := ctx.Err(); err != nil {
				return out, err
			}
			found[i].Annotations, found[i].artifact = doc.Annotations, doc.Artifact
			readOne(&found[i], trust, now, &out)
		}
	}
	return out, nil
}

// readOne reads and judges one parcel, and writes what it tells.
func readOne(p *Parcel, trust Trust, now time.Time, out *discover.Reading) {
	since := time.Time{}
	if trust != nil {
		since = trust.Since()
	}
	if since.After(now) { // by a clock that is ahead of ours
		since = now
	}
	a, bom, made := p.assess(trust, now)
	told, err := tell(a, made, since)
	if err != nil {
		out.Rejected = append(out.Rejected, twin.Rejection{Where: p.where, Reason: err.Error()})
		return
	}
	state := a.Signature.State
	if state != twin.SignatureVerified {
		note(out, p.where, string(state)+": "+a.Signature.Reason)
	}
	switch {
	case bom == nil:
	case state == twin.SignatureFailed:
		note(out, p.where, "its SBOM is not taken")
	default:
		told[0].SBOMs = attach(a.Subjects, bom)
	}
	told[len(told)-1].Kept = p.kept(trust, &a, &told[len(told)-1])
	if a.LeftOut > 0 {
		note(out, p.where, fmt.Sprintf("%d more subjects are counted, not kept", a.LeftOut))
	}
	out.Told = append(out.Told, told...)
}

// assess reads and judges the parcel: what it says, the SBOM in it, and from when
// it is so.
func (p *Parcel) assess(trust Trust, now time.Time) (a twin.Attestation, bom []byte, made time.Time) {
	a, bom = p.read()
	a.Document = p.name(&a)
	a.Signature = p.judge(trust, &a)
	if !a.Signature.At.IsZero() {
		a.MadeAt = a.Signature.At
	}
	if a.MadeAt.IsZero() {
		a.MadeAt = p.logged
	}
	made = notAfter(a.MadeAt, now)
	if !made.Equal(a.MadeAt) {
		a.MadeAt = time.Time{}
	}
	return a, bom, made
}

// name is the hash by which the document is known: of all that it is judged by. Else
// who attaches the same bytes once more, with another certificate or to another
// artifact, could take back what the first proves.
func (p *Parcel) name(a *twin.Attestation) string {
	text := p.raw[:len(p.raw):len(p.raw)]
	for _, key := range slices.Sorted(maps.Keys(p.Annotations)) {
		if isProof(key) && p.Annotations[key] != "" {
			text = fmt.Appendf(text, "\x00%q %q", key, p.Annotations[key])
		}
	}
	if p.astray(a) {
		text = fmt.Appendf(text, "\x00%q", p.artifact)
	}
	return twin.HashBytes(text)
}

// astray reports whether the parcel is attached to what it does not speak of.
func (p *Parcel) astray(a *twin.Attestation) bool {
	return p.artifact != "" && !speaksOf(a.Subjects, p.artifact)
}

// note tells whoever gave the document what to know of it; the twin has it all.
func note(out *discover.Reading, where, what string) {
	switch n := len(out.Notes); {
	case n < maxRemarks:
		out.Notes = append(out.Notes, twin.Rejection{Where: where, Reason: what})
	case n == maxRemarks:
		out.Notes = append(out.Notes, twin.Rejection{Where: where, Reason: "and more, as their attestations in the twin say"})
	}
}

// judge says how far the parcel is proven: what it is alone first, then by trust.
func (p *Parcel) judge(trust Trust, a *twin.Attestation) twin.Signature {
	reason, state := "", twin.SignatureUnverified
	switch {
	case p.problem != "":
		reason, state = p.problem, twin.SignatureFailed
	case p.astray(a):
		reason, state = "it does not speak of the artifact that it is attached to", twin.SignatureFailed
	case p.Form == twin.FormStatement:
		reason = "nobody signed it"
	case trust == nil:
		reason = "nobody is trusted here yet"
	default:
		return trust.Judge(p, a)
	}
	return twin.Signature{State: state, Reason: Clean(reason)}
}

func speaksOf(subjects []twin.Subject, digest string) bool {
	for _, s := range subjects {
		if s.Digest == digest {
			return true
		}
	}
	return false
}

// notAfter is the time at which a thing is so: what is not known, or not to be
// believed, is so from now.
func notAfter(at, now time.Time) time.Time {
	if at.IsZero() || at.After(now) || at.Year() < 1990 {
		return now
	}
	return at
}

// tell writes the attestation as it is so over time; see the package comment.
func tell(a twin.Attestation, made, since time.Time) ([]discover.Told, error) {
	judged := discover.Told{Source: SourceAttestation, Scope: twin.ScopeArtifacts, Apart: true, Class: twin.Declared, At: made}
	var before []discover.Told
	if since.After(made) && a.Form != twin.FormStatement {
		first := judged
		early := a
		early.Signature.State, early.Signature.Rule = twin.SignatureUnverified, ""
		early.Signature.Reason = "nobody was trusted yet as today"
		res, err := early.Resource()
		if err != nil {
			return nil, err
		}
		first.Things = []twin.Resource{res}
		before, judged.At = []discover.Told{first}, since
	}
	res, err := a.Resource()
	if err != nil {
		return nil, err
	}
	judged.Things = []twin.Resource{res}
	return append(before, judged), nil
}

// attach files an attested SBOM under the artifacts that it speaks of.
func attach(subjects []twin.Subject, bom []byte) []discover.AttachedSBOM {
	var out []discover.AttachedSBOM
	for _, s := range subjects {
		if s.Digest == "" || len(out) == maxSBOMs {
			continue
		}
		name, _, _ := strings.Cut(s.Name, "@")
		ref, err := twin.ParseRef(name + "@" + s.Digest)
		if err != nil {
			ref = twin.ArtifactRef{Name: "artifact", Digest: s.Digest}
		}
		out = append(out, discover.AttachedSBOM{Artifact: ref, Body: bom})
	}
	return out
}

// Clean is outside text without what cannot be shown, in at most maxText bytes.
func Clean(s string) string {
	s = s[:min(len(s), maxText)]
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(s, string(utf8.RuneError))))
}

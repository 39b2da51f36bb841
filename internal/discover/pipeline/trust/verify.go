package trust

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/fulcio/certificate"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/verify"

	"github.com/tidemark/tidemark/internal/discover/pipeline"
	"github.com/tidemark/tidemark/internal/twin"
)

// The reasons that are said more than once.
const (
	whyChanged = "the signature does not fit the document: it was changed, or somebody else signed it"
	whyNoRoot  = "no trusted root is set"
	whyNoTime  = "it brings no proof of when it was signed"
	whyNoRule  = "no rule expects this signer"
)

func failed(reason string) twin.Signature {
	return twin.Signature{State: twin.SignatureFailed, Reason: pipeline.Clean(reason)}
}

func unverified(reason string) twin.Signature {
	return twin.Signature{State: twin.SignatureUnverified, Reason: pipeline.Clean(reason)}
}

// because is the signature with another result.
func because(s twin.Signature, state twin.SignatureState, reason string) twin.Signature {
	s.State, s.Reason, s.Rule = state, pipeline.Clean(reason), ""
	return s
}

// Judge says how far the parcel's signatures are proven. Of several one that is
// verified is enough.
func (t *Folder) Judge(p *pipeline.Parcel, a *twin.Attestation) twin.Signature {
	best := unverified("it holds no signature")
	for i := range signatures(p) {
		got := t.judgeOne(p, i, a)
		if i == 0 || worth(got.State) > worth(best.State) {
			best = got
		}
	}
	return best
}

func (t *Folder) judgeOne(p *pipeline.Parcel, i int, a *twin.Attestation) twin.Signature {
	s, err := signedOf(p, i)
	if errors.Is(err, bundle.ErrUnsupportedMediaType) {
		return unverified("this kind of bundle is not known: " + err.Error())
	}
	if err != nil {
		return failed("the signature cannot be read: " + err.Error())
	}
	return t.judgeSigned(s, a)
}

func worth(s twin.SignatureState) int {
	switch s {
	case twin.SignatureVerified:
		return 2
	case twin.SignatureFailed:
		return 1
	case twin.SignatureUnverified:
	}
	return 0
}

// signed is one signature of a parcel, ready to be verified.
type signed struct {
	*bundle.Bundle
	content   verify.VerificationContent
	signature verify.SignatureContent
	digests   []verify.ArtifactDigest // where it signs bytes, not a statement
	payload   []byte                  // these bytes, where they are here
	hint      string                  // which key it says that it is signed with
}

func newSigned(body []byte, message string) (signed, error) {
	s := signed{Bundle: &bundle.Bundle{}}
	if err := s.UnmarshalJSON(body); err != nil {
		return s, err
	}
	for _, one := range s.GetDsseEnvelope().GetSignatures() {
		// The library refuses keys whose id is not its own idea of one. An id proves
		// nothing: it is kept as the hint which key was meant.
		s.hint, one.Keyid = one.GetKeyid(), ""
	}
	var err error
	if s.content, err = s.VerificationContent(); err != nil {
		return s, err
	}
	if s.signature, err = s.SignatureContent(); err != nil {
		return s, err
	}
	if message != "" {
		algorithm, hash, _ := strings.Cut(message, ":")
		raw, err := hex.DecodeString(hash)
		if err != nil {
			return s, err
		}
		s.digests = []verify.ArtifactDigest{{Algorithm: algorithm, Digest: raw}}
	}
	return s, nil
}

// fits checks the signature alone, against the key that the document or the
// material gives.
func (s signed) fits(material root.TrustedMaterial) error {
	if s.payload != nil {
		return verify.VerifySignatureWithArtifacts(s.signature, s.content, material, []io.Reader{bytes.NewReader(s.payload)})
	}
	if s.digests != nil {
		return verify.VerifySignatureWithArtifactDigests(s.signature, s.content, material, s.digests)
	}
	return verify.VerifySignature(s.signature, s.content, material)
}

// verify checks everything but who signed.
func (s signed) verify(material root.TrustedMaterial, who verify.PolicyOption, options ...verify.VerifierOption) (*verify.VerificationResult, error) {
	v, err := verify.NewVerifier(material, append(options, verify.WithoutStatementPredicate())...)
	if err != nil {
		return nil, err
	}
	what := verify.WithoutArtifactUnsafe() // the statement's subjects are what is kept
	if s.payload != nil {
		what = verify.WithArtifact(bytes.NewReader(s.payload))
	}
	if s.digests != nil {
		what = verify.WithArtifactDigests(s.digests)
	}
	return v.Verify(s, verify.NewPolicy(what, who))
}

func (t *Folder) judgeSigned(s signed, a *twin.Attestation) twin.Signature {
	if leaf := s.content.Certificate(); leaf != nil {
		summary, err := certificate.SummarizeCertificate(leaf)
		if err != nil {
			return failed("the certificate cannot be read: " + err.Error())
		}
		return t.judgeCertificate(s, summary, a)
	}
	if key := s.content.PublicKey(); key != nil {
		if key.Hint() != "" {
			s.hint = key.Hint()
		}
		return t.judgeKey(s, a)
	}
	return failed("it has neither a certificate nor a key")
}

// judgeCertificate follows a short-lived certificate: signature, authority, log,
// time, then what the certificate and the rules say of the signer.
func (t *Folder) judgeCertificate(s signed, who certificate.Summary, a *twin.Attestation) twin.Signature {
	out := twin.Signature{Identity: pipeline.Clean(who.SubjectAlternativeName), Issuer: pipeline.Clean(who.Issuer)}
	if s.fits(&root.BaseTrustedMaterial{}) != nil {
		return because(out, twin.SignatureFailed, whyChanged)
	}
	if len(t.roots) == 0 {
		return because(out, twin.SignatureUnverified, whyNoRoot)
	}
	var wrong error
	for _, r := range t.roots {
		result, err := s.verify(r, verify.WithoutIdentitiesUnsafe(), demands(r)...)
		if err == nil {
			prove(&out, s, result)
			return t.expect(out, claim{a: a, own: ofCertificate(who), rules: t.rules})
		}
		if knowsAuthority(r, s) && (wrong == nil || knowsLog(r, s)) {
			wrong = err
		}
	}
	return t.whyNot(out, s, wrong)
}

// demands are the proofs that a trusted root can give, all of which are asked for.
func demands(r root.TrustedMaterial) []verify.VerifierOption {
	out := []verify.VerifierOption{verify.WithObserverTimestamps(1)}
	if len(r.RekorLogs()) > 0 {
		out = append(out, verify.WithTransparencyLog(1))
	}
	if len(r.CTLogs()) > 0 {
		out = append(out, verify.WithSignedCertificateTimestamps(1))
	}
	return out
}

// whyNot tells a document that proves itself wrong from one that cannot be proven.
func (t *Folder) whyNot(out twin.Signature, s signed, wrong error) twin.Signature {
	if wrong == nil {
		return because(out, twin.SignatureUnverified, "its certificate is of an authority that no trusted root knows")
	}
	entries, _ := s.TlogEntries() // what is wrong with them is what wrong says
	stamps, _ := s.Timestamps()
	known := false
	for _, r := range t.roots {
		known = known || knowsLog(r, s)
	}
	switch text := wrong.Error(); {
	case len(entries) == 0 && len(stamps) == 0:
		return because(out, twin.SignatureUnverified, whyNoTime)
	case len(entries) > 0 && !known:
		return because(out, twin.SignatureUnverified, "its entry is in a log that no trusted root knows")
	case strings.Contains(text, "outside certificate validity"), strings.Contains(text, "leaf certificate verification failed"):
		return because(out, twin.SignatureFailed, "the certificate was not valid when it was signed")
	default:
		return because(out, twin.SignatureFailed, "the proof of when it was signed does not hold: "+text)
	}
}

func knowsLog(r root.TrustedMaterial, s signed) bool {
	entries, err := s.TlogEntries()
	if err != nil {
		return true // what is there is broken: not a matter of whom we know
	}
	for _, e := range entries {
		if _, ok := r.RekorLogs()[hex.EncodeToString([]byte(e.LogKeyID()))]; ok {
			return true
		}
	}
	return false
}

// knowsAuthority reports whether the certificate was issued by an authority of the
// root, whenever that was.
func knowsAuthority(r root.TrustedMaterial, s signed) bool {
	leaf := s.content.Certificate()
	_, err := verify.VerifyLeafCertificate(leaf.NotBefore.Add(time.Second), leaf, r)
	return err == nil
}

// prove notes what the log and the timestamps have proven.
func prove(out *twin.Signature, s signed, result *verify.VerificationResult) {
	for _, at := range result.VerifiedTimestamps {
		if out.At.IsZero() || at.Timestamp.Before(out.At) {
			out.At = at.Timestamp.UTC().Truncate(time.Microsecond)
		}
	}
	if entries, err := s.TlogEntries(); err == nil && len(entries) > 0 {
		out.LogID, out.LogIndex = hex.EncodeToString([]byte(entries[0].LogKeyID())), entries[0].LogIndex()
	}
}

// judgeKey tries the operator's keys. Where the document names none, all of them.
func (t *Folder) judgeKey(s signed, a *twin.Attestation) twin.Signature {
	out := twin.Signature{KeyID: pipeline.Clean(s.hint)}
	for _, k := range t.keys {
		key := root.NewExpiringKey(k.verifier, time.Time{}, time.Time{})
		material := root.TrustedMaterialCollection{root.NewTrustedPublicKeyMaterial(
			func(string) (root.TimeConstrainedVerifier, error) { return key, nil },
		)}
		if s.fits(material) != nil {
			continue
		}
		out.KeyID = k.name
		demand := []verify.VerifierOption{verify.WithNoObserverTimestamps()}
		for _, r := range t.roots {
			material = append(material, r)
			if knowsLog(r, s) && s.HasInclusionPromise() {
				demand = []verify.VerifierOption{verify.WithTransparencyLog(1), verify.WithObserverTimestamps(1)}
			}
		}
		result, err := s.verify(material, verify.WithKey(), demand...)
		if err != nil {
			return because(out, twin.SignatureFailed, "the proof of the log does not hold: "+err.Error())
		}
		if len(demand) > 1 {
			prove(&out, s, result)
		}
		return t.expect(out, claim{a: a, rules: t.rules, anyway: !t.isRuled(k.name)})
	}
	switch {
	case len(t.keys) == 0:
		return because(out, twin.SignatureUnverified, "no trusted key is set")
	case s.payload == nil && s.hint == "" || t.isKey(s.hint): // of an image others sign too, with keys that are not ours
		return because(out, twin.SignatureFailed, whyChanged)
	}
	return because(out, twin.SignatureUnverified, "it is signed with a key that is not among the trusted ones")
}

func (t *Folder) isKey(id string) bool {
	for _, k := range t.keys {
		for _, known := range k.ids {
			if known == id {
				return true
			}
		}
	}
	return false
}

func (t *Folder) isRuled(key string) bool {
	for _, r := range t.rules {
		if r.Key == key {
			return true
		}
	}
	return false
}

// claim is what a signer who is proven says.
type claim struct {
	a      *twin.Attestation
	own    signer
	rules  []Rule
	anyway bool // a key without rules is expected everywhere
}

// signer is what a certificate proves of where it was issued to.
type signer struct{ repository, commit, run string }

func ofCertificate(c certificate.Summary) signer {
	s := signer{commit: c.SourceRepositoryDigest}
	switch {
	case c.SourceRepositoryURI != "":
		s.repository = twin.RepositoryName(c.SourceRepositoryURI)
	case c.GithubWorkflowRepository != "":
		s.repository = "github.com/" + c.GithubWorkflowRepository
	}
	if s.commit == "" {
		s.commit = c.GithubWorkflowSHA
	}
	if c.RunInvocationURI != "" {
		s.run = twin.BuildName(c.RunInvocationURI)
	}
	return s
}

// contradicts says what the certificate proves that the statement says otherwise.
func (s signer) contradicts(a *twin.Attestation) string {
	differs := func(proven, said string) bool { return proven != "" && said != "" && proven != said }
	switch {
	case differs(s.repository, a.Source.Repository):
		return "it speaks of " + a.Source.Repository + ", and was signed by a workflow of " + s.repository
	case differs(s.commit, a.Source.Commit):
		return "it speaks of commit " + a.Source.Commit + ", and was signed by a workflow at " + s.commit
	case differs(s.run, a.Builder.Build) && strings.Contains(a.Builder.Build, "/actions/runs/"):
		return "it speaks of run " + a.Builder.Build + ", and was signed in " + s.run
	}
	return ""
}

// expect asks the rules whether this signer may say that. Where a rule names the
// repository or the builder, and another signer, the document has failed.
func (t *Folder) expect(out twin.Signature, c claim) twin.Signature {
	repository := c.a.Source.Repository
	if repository == "" {
		repository = c.own.repository
	}
	contradiction := c.own.contradicts(c.a)
	var other *Rule
	for i := range c.rules {
		r := &c.rules[i]
		if !r.holdsFor(repository, c.a) {
			continue
		}
		if r.expects(out) && (contradiction == "" || r.Others) {
			out.State, out.Rule = twin.SignatureVerified, r.Name
			return out
		}
		if r.Repository != "" && r.Repository != "*" || r.Builder != "" || r.Image != "" {
			other = r
		}
	}
	switch {
	case contradiction != "":
		return because(out, twin.SignatureFailed, contradiction)
	case c.anyway:
		out.State = twin.SignatureVerified
		return out
	case other != nil:
		return because(out, twin.SignatureFailed, "rule "+other.Name+" expects another signer")
	}
	return because(out, twin.SignatureUnverified, whyNoRule)
}

// holdsFor reports whether the rule is about documents of the repository and builder,
// or about signatures of the image.
func (r *Rule) holdsFor(repository string, a *twin.Attestation) bool {
	builder := a.Builder.ID
	if r.Image != "" && !(a.Form == twin.FormImage && len(a.Subjects) == 1 && fits(r.Image, a.Subjects[0].Name)) {
		return false
	}
	return (r.Repository == "" || repository != "" && fits(r.Repository, repository)) && (r.Builder == "" || fits(r.Builder, builder))
}

// expects reports whether the rule names this signer.
func (r *Rule) expects(s twin.Signature) bool {
	if r.Key != "" {
		return s.KeyID == r.Key && s.Identity == ""
	}
	return s.Identity != "" && r.Issuer == s.Issuer && fits(r.Identity, s.Identity)
}

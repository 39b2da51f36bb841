package trust

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/testing/ca"
	"github.com/sigstore/sigstore-go/pkg/tlog"

	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/discover/pipeline"
	"github.com/tidemark/tidemark/internal/twin"
)

const (
	ourDigest   = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
	otherDigest = "sha256:2222222222222222222222222222222222222222222222222222222222222222"
	ourCommit   = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00"
	ourIssuer   = "https://issuer.example"
	ourIdentity = "builder@acme.example"
	inToto      = "application/vnd.in-toto+json"
)

// ourStatement is provenance of ourDigest, built from github.com/acme/shop.
const ourStatement = `{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://slsa.dev/provenance/v1",` +
	`"subject":[{"name":"ghcr.io/acme/shop","digest":{"sha256":"1111111111111111111111111111111111111111111111111111111111111111"}}],` +
	`"predicate":{"buildDefinition":{"buildType":"https://actions.github.io/buildtypes/workflow/v1","externalParameters":{"workflow":` +
	`{"ref":"refs/heads/main","repository":"https://github.com/acme/shop","path":".github/workflows/build.yml"}},"resolvedDependencies":` +
	`[{"uri":"git+https://github.com/acme/shop@refs/heads/main","digest":{"gitCommit":"` + ourCommit + `"}}]},"runDetails":{"builder":` +
	`{"id":"https://github.com/actions/runner/github-hosted"},"metadata":{"invocationId":"https://github.com/acme/shop/actions/runs/17/attempts/1",` +
	`"finishedOn":"2026-01-02T03:04:05Z"}}}}`

// ourRule expects ourIdentity to speak of the repositories of acme.
func ourRule() Rule {
	return Rule{Name: "acme", Issuer: ourIssuer, Identity: "*@acme.example", Repository: "github.com/acme/*"}
}

// forge is a Sigstore of our own: an authority, a log and a timestamp authority.
type forge struct {
	*ca.VirtualSigstore
	trust fstest.MapFS // that trusts it and expects ourIdentity
}

func newForge(t testing.TB) *forge {
	t.Helper()
	v, err := ca.NewVirtualSigstore()
	if err != nil {
		t.Fatal(err)
	}
	logs := v.RekorLogs()
	for id, l := range logs { // its id is in hex where a trusted root has bytes
		raw, err := hex.DecodeString(id)
		if err != nil {
			t.Fatal(err)
		}
		l.ID = raw
	}
	r, err := root.NewTrustedRoot(root.TrustedRootMediaType01, v.FulcioCertificateAuthorities(), nil, v.TimestampingAuthorities(), logs)
	if err != nil {
		t.Fatal(err)
	}
	body, err := r.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return &forge{v, fstest.MapFS{"trusted_root.json": {Data: body}, signersFile: signersFileOf(t, ourRule())}}
}

// layer signs a statement as cosign's "attest" does: an envelope, and annotations
// with the certificate and the entry of the log.
func (f *forge) layer(t testing.TB, statement string, at time.Time) pipeline.Document {
	t.Helper()
	e, err := f.AttestAtTime(ourIdentity, ourIssuer, []byte(statement), at, false)
	if err != nil {
		t.Fatal(err)
	}
	content, err := e.VerificationContent()
	if err != nil {
		t.Fatal(err)
	}
	signature, err := e.SignatureContent()
	if err != nil {
		t.Fatal(err)
	}
	entries, err := e.TlogEntries()
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(signature.EnvelopeContent().RawEnvelope())
	if err != nil {
		t.Fatal(err)
	}
	entry := entries[0].TransparencyLogEntry()
	note, err := json.Marshal(map[string]any{
		"SignedEntryTimestamp": f.promise(t, entries[0]),
		"Payload": map[string]any{
			"body": entry.GetCanonicalizedBody(), "integratedTime": entry.GetIntegratedTime(), "logIndex": entry.GetLogIndex(),
			"logID": hex.EncodeToString(entry.GetLogId().GetKeyId()),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return pipeline.Document{Name: "layer", Body: body, Annotations: map[string]string{
		noteCertificate: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: content.Certificate().Raw})),
		noteLog:         string(note),
	}}
}

// promise is the log's signed promise to take the entry in.
func (f *forge) promise(t testing.TB, entry *tlog.Entry) []byte {
	t.Helper()
	e := entry.TransparencyLogEntry()
	signed, err := f.RekorSignPayload(tlog.RekorPayload{
		Body: base64.StdEncoding.EncodeToString(e.GetCanonicalizedBody()), IntegratedTime: e.GetIntegratedTime(),
		LogIndex: e.GetLogIndex(), LogID: hex.EncodeToString(e.GetLogId().GetKeyId()),
	})
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// bundle signs a statement into a Sigstore bundle of version 0.3.
func (f *forge) bundle(t testing.TB, statement string, at time.Time) map[string]any {
	t.Helper()
	e, err := f.AttestAtTime(ourIdentity, ourIssuer, []byte(statement), at, true)
	if err != nil {
		t.Fatal(err)
	}
	return f.bundled(t, e)
}

// bundled writes what was signed as a bundle of the version that it can be.
func (f *forge) bundled(t testing.TB, e *ca.TestEntity) map[string]any {
	t.Helper()
	content, err := e.VerificationContent()
	if err != nil {
		t.Fatal(err)
	}
	signature, err := e.SignatureContent()
	if err != nil {
		t.Fatal(err)
	}
	entries, err := e.TlogEntries()
	if err != nil {
		t.Fatal(err)
	}
	stamps, err := e.Timestamps()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{
		"mediaType": pipeline.MediaBundle + ".v0.3+json",
		"verificationMaterial": map[string]any{
			"certificate":               map[string]any{"rawBytes": content.Certificate().Raw},
			"tlogEntries":               []any{f.entry(t, entries[0])},
			"timestampVerificationData": map[string]any{"rfc3161Timestamps": []any{map[string]any{"signedTimestamp": stamps[0]}}},
		},
	}
	if !entries[0].HasInclusionProof() { // later versions need one
		out["mediaType"] = pipeline.MediaBundle + "+json;version=0.1"
	}
	if envelope := signature.EnvelopeContent(); envelope != nil {
		out["dsseEnvelope"] = envelope.RawEnvelope()
		return out
	}
	message := signature.MessageSignatureContent()
	out["messageSignature"] = map[string]any{
		"messageDigest": map[string]any{"algorithm": "SHA2_256", "digest": message.Digest()}, "signature": message.Signature(),
	}
	return out
}

// entry writes an entry of the log, with what it has of promise and proof.
func (f *forge) entry(t testing.TB, entry *tlog.Entry) map[string]any {
	t.Helper()
	e := entry.TransparencyLogEntry()
	out := map[string]any{
		"logIndex": strconv.FormatInt(e.GetLogIndex(), 10), "logId": map[string]any{"keyId": e.GetLogId().GetKeyId()},
		"kindVersion":    map[string]any{"kind": e.GetKindVersion().GetKind(), "version": e.GetKindVersion().GetVersion()},
		"integratedTime": strconv.FormatInt(e.GetIntegratedTime(), 10), "canonicalizedBody": e.GetCanonicalizedBody(),
	}
	if !entry.IsRekorV2() {
		out["inclusionPromise"] = map[string]any{"signedEntryTimestamp": f.promise(t, entry)}
	}
	if proof := e.GetInclusionProof(); proof != nil {
		out["inclusionProof"] = map[string]any{
			"logIndex": strconv.FormatInt(proof.GetLogIndex(), 10), "treeSize": strconv.FormatInt(proof.GetTreeSize(), 10),
			"rootHash": proof.GetRootHash(), "hashes": proof.GetHashes(), "checkpoint": map[string]any{"envelope": proof.GetCheckpoint().GetEnvelope()},
		}
	}
	return out
}

func toJSON(t testing.TB, v any) []byte {
	t.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// reader reads with a folder of trust.
func reader(folder fstest.MapFS) pipeline.Attestations {
	return pipeline.Attestations{Trust: func() pipeline.Trust { return Load(folder) }}
}

// readOnly reads one document that holds one attestation.
func readOnly(t *testing.T, trust fstest.MapFS, doc pipeline.Document, now time.Time) (twin.Attestation, discover.Reading) {
	t.Helper()
	got, err := reader(trust).ReadAll(t.Context(), []pipeline.Document{doc}, now)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Told) == 0 {
		t.Fatalf("nothing is told: %+v", got)
	}
	return attestationOf(t, got.Told[len(got.Told)-1]), got
}

func attestationOf(t testing.TB, told discover.Told) twin.Attestation {
	t.Helper()
	var a twin.Attestation
	if err := json.Unmarshal(told.Things[0].Spec, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func wantSignature(t *testing.T, got twin.Signature, state twin.SignatureState, reason string) {
	t.Helper()
	if got.State != state || !strings.Contains(got.Reason, reason) || (reason == "") != (got.Reason == "") {
		t.Errorf("%s %q, want %s %q", got.State, got.Reason, state, reason)
	}
}

// soon is a time at which the certificates of a forge are valid.
func soon() time.Time { return time.Now().Add(5 * time.Minute).UTC() }

// A document with everything that is asked for is verified, whichever way it is
// wrapped; the time is that of the log.
func TestVerified(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	at := soon().Truncate(time.Second)
	for name, doc := range map[string]pipeline.Document{
		"layer":  f.layer(t, ourStatement, at),
		"bundle": {Name: "bundle", Body: toJSON(t, f.bundle(t, ourStatement, at))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc.Artifact = ourDigest
			a, got := readOnly(t, f.trust, doc, at.Add(time.Hour))
			wantSignature(t, a.Signature, twin.SignatureVerified, "")
			if a.Signature.Identity != ourIdentity || a.Signature.Issuer != ourIssuer || a.Signature.Rule != "acme" || a.Signature.LogID == "" {
				t.Errorf("%+v", a.Signature)
			}
			if a.Signature.At.After(at) || a.Signature.At.Before(at.Add(-time.Hour)) || !a.MadeAt.Equal(a.Signature.At) {
				t.Errorf("signed at %s, made at %s, want about %s", a.Signature.At, a.MadeAt, at)
			}
			want := twin.Revision{Repository: "github.com/acme/shop", Commit: ourCommit, Ref: "refs/heads/main"}
			if a.Source != want || a.Builder.Build != "github.com/acme/shop/actions/runs/17/attempts/1" {
				t.Errorf("%+v %+v", a.Source, a.Builder)
			}
			if len(got.Told) != 1 || len(got.Notes)+len(got.Rejected) > 0 {
				t.Errorf("%+v", got)
			}
		})
	}
}

// The log's second version has no promise: a timestamp proves the time.
func TestVerifiedBySecondLog(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	e, err := f.AttestAtTimeHashedRekordV2(ourIdentity, ourIssuer, []byte(ourStatement), time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	a, _ := readOnly(t, f.trust, pipeline.Document{Name: "v2", Body: toJSON(t, f.bundled(t, e))}, soon())
	wantSignature(t, a.Signature, twin.SignatureVerified, "")
	if a.Signature.At.IsZero() {
		t.Errorf("%+v", a.Signature)
	}
}

// A bundle that signs bytes says of their digest who signed them; where a rule asks
// for a repository it says too little.
func TestSignedBytes(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	artifact := []byte("the bytes of a release")
	e, err := f.Sign(ourIdentity, ourIssuer, artifact)
	if err != nil {
		t.Fatal(err)
	}
	b := f.bundled(t, e)
	doc := pipeline.Document{Name: "bytes", Body: toJSON(t, b)}
	everywhere := ourRule()
	everywhere.Repository = ""
	trust := maps.Clone(f.trust)
	trust[signersFile] = signersFileOf(t, everywhere)
	a, _ := readOnly(t, trust, doc, soon())
	wantSignature(t, a.Signature, twin.SignatureVerified, "")
	if want := fmt.Sprintf("sha256:%x", sha256.Sum256(artifact)); len(a.Subjects) != 1 || a.Subjects[0].Digest != want {
		t.Errorf("%+v, want %s", a.Subjects, want)
	}
	a, _ = readOnly(t, f.trust, doc, soon())
	wantSignature(t, a.Signature, twin.SignatureUnverified, whyNoRule)
	b["messageSignature"].(map[string]any)["messageDigest"].(map[string]any)["digest"] = make([]byte, sha256.Size)
	a, _ = readOnly(t, trust, pipeline.Document{Name: "changed", Body: toJSON(t, b)}, soon())
	wantSignature(t, a.Signature, twin.SignatureFailed, whyChanged)
}

// Each thing that can be wrong is found, kept and named.
func TestNotVerified(t *testing.T) {
	t.Parallel()
	f, stranger := newForge(t), newForge(t)
	at := soon()
	good := f.bundle(t, ourStatement, at)
	with := func(edit func(bundle, material, entry map[string]any)) pipeline.Document {
		var b map[string]any
		if err := json.Unmarshal(toJSON(t, good), &b); err != nil {
			t.Fatal(err)
		}
		material := b["verificationMaterial"].(map[string]any)
		edit(b, material, material["tlogEntries"].([]any)[0].(map[string]any))
		return pipeline.Document{Name: "bundle", Body: toJSON(t, b)}
	}
	changed := base64.StdEncoding.EncodeToString([]byte(strings.ReplaceAll(ourStatement, "acme/shop", "acme/evil")))
	rules := func(r ...Rule) fstest.MapFS {
		trust := maps.Clone(f.trust)
		trust[signersFile] = signersFileOf(t, r...)
		return trust
	}
	as := func(edit func(*Rule)) fstest.MapFS {
		r := ourRule()
		edit(&r)
		return rules(r)
	}
	asIs := with(func(_, _, _ map[string]any) {})
	for name, test := range map[string]struct {
		trust  fstest.MapFS
		doc    pipeline.Document
		state  twin.SignatureState
		reason string
	}{
		"no-root": {fstest.MapFS{signersFile: f.trust[signersFile]}, asIs, twin.SignatureUnverified, whyNoRoot},
		"no-root-and-changed": {nil, with(func(b, _, _ map[string]any) {
			b["dsseEnvelope"].(map[string]any)["payload"] = changed
		}), twin.SignatureFailed, whyChanged},
		"changed": {f.trust, with(func(b, _, _ map[string]any) {
			b["dsseEnvelope"].(map[string]any)["payload"] = changed
		}), twin.SignatureFailed, whyChanged},
		"authority": {stranger.trust, asIs, twin.SignatureUnverified, "no trusted root knows"},
		"log": {f.trust, with(func(_, _, e map[string]any) {
			e["logId"].(map[string]any)["keyId"] = make([]byte, 32)
		}), twin.SignatureUnverified, "a log that no trusted root knows"},
		"promise": {f.trust, with(func(_, _, e map[string]any) {
			e["inclusionPromise"].(map[string]any)["signedEntryTimestamp"] = []byte("no")
		}), twin.SignatureFailed, "proof of when"},
		"inclusion": {f.trust, with(func(_, _, e map[string]any) {
			e["inclusionProof"].(map[string]any)["rootHash"] = make([]byte, 32)
		}), twin.SignatureFailed, "proof of when"},
		"time": {f.trust, with(func(_, _, e map[string]any) {
			e["integratedTime"] = strconv.FormatInt(at.Add(time.Minute).Unix(), 10)
		}), twin.SignatureFailed, "proof of when"},
		"no-entry": {f.trust, with(func(_, m, _ map[string]any) {
			delete(m, "tlogEntries")
			delete(m, "timestampVerificationData")
		}), twin.SignatureUnverified, whyNoTime},
		"expired": {f.trust, pipeline.Document{Name: "b", Body: toJSON(t, f.bundle(t, ourStatement, at.Add(20*time.Minute)))}, twin.SignatureFailed, "not valid when it was signed"},
		"newer":   {f.trust, with(func(b, _, _ map[string]any) { b["mediaType"] = pipeline.MediaBundle + ".v0.9+json" }), twin.SignatureUnverified, "not known"},
		"odd":     {f.trust, with(func(_, m, _ map[string]any) { m["certificate"] = map[string]any{"rawBytes": "AAAA"} }), twin.SignatureFailed, "cannot be read"},
		"artifact": {f.trust, func() pipeline.Document {
			d := asIs
			d.Artifact = otherDigest
			return d
		}(), twin.SignatureFailed, "does not speak of the artifact"},
		"no-rule":      {rules(), asIs, twin.SignatureUnverified, whyNoRule},
		"issuer":       {as(func(r *Rule) { r.Issuer = "https://other.example" }), asIs, twin.SignatureFailed, "expects another signer"},
		"identity":     {as(func(r *Rule) { r.Identity = "*@other.example" }), asIs, twin.SignatureFailed, "expects another signer"},
		"anywhere":     {as(func(r *Rule) { r.Identity, r.Repository = "*@other.example", "" }), asIs, twin.SignatureUnverified, whyNoRule},
		"repository":   {as(func(r *Rule) { r.Repository = "github.com/other/*" }), asIs, twin.SignatureUnverified, whyNoRule},
		"builder":      {as(func(r *Rule) { r.Builder = "https://other.example/*" }), asIs, twin.SignatureUnverified, whyNoRule},
		"trusted":      {as(func(r *Rule) { r.Builder = "https://github.com/actions/*" }), asIs, twin.SignatureVerified, ""},
		"broken-rules": {fstest.MapFS{"trusted_root.json": f.trust["trusted_root.json"], signersFile: {Data: []byte("{")}}, asIs, twin.SignatureUnverified, whyNoRule},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, _ := readOnly(t, test.trust, test.doc, at.Add(2*time.Hour))
			wantSignature(t, a.Signature, test.state, test.reason)
			if len(a.Subjects) == 0 {
				t.Error("what it speaks of is not kept")
			}
		})
	}
}

// pae is what a signature of an envelope is made over.
func pae(payload string) []byte {
	return fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(inToto), inToto, len(payload), payload)
}

// sealed signs a statement with a key into an envelope.
func sealed(t testing.TB, key crypto.Signer, id, statement string) map[string]any {
	t.Helper()
	message := pae(statement)
	hash, digest := crypto.SHA256, sha256.Sum256(message)
	sum := digest[:]
	switch k := key.(type) {
	case *ecdsa.PrivateKey:
		if k.Curve.Params().BitSize == 384 {
			long := sha512.Sum384(message)
			hash, sum = crypto.SHA384, long[:]
		}
	case ed25519.PrivateKey:
		hash, sum = 0, message
	}
	sig, err := key.Sign(rand.Reader, sum, hash)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{
		"payload": []byte(statement), "payloadType": inToto,
		"signatures": []any{map[string]any{"keyid": id, "sig": sig}},
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	for _, kind := range []string{"P-256", "P-384", "Ed25519", "RSA"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			key, other := newSigner(t, kind), newSigner(t, kind)
			ours, theirs := keyFile(t, key.Public()), keyFile(t, other.Public())
			with := func(rules ...Rule) fstest.MapFS {
				return fstest.MapFS{"release.pem": ours, "other.pem": theirs, signersFile: signersFileOf(t, rules...)}
			}
			doc := sealed(t, key, "", ourStatement)
			changed := maps.Clone(doc)
			changed["payload"] = []byte(strings.ReplaceAll(ourStatement, "acme/shop", "acme/evil"))
			named := maps.Clone(changed)
			named["signatures"] = []any{map[string]any{"keyid": "release", "sig": doc["signatures"].([]any)[0].(map[string]any)["sig"]}}
			stranger := sealed(t, newSigner(t, kind), "somebody", ourStatement)
			both := sealed(t, key, "", ourStatement)
			both["signatures"] = append(stranger["signatures"].([]any), both["signatures"].([]any)...)
			unsigned := maps.Clone(doc)
			unsigned["signatures"] = []any{}
			for name, test := range map[string]struct {
				trust  fstest.MapFS
				doc    any
				state  twin.SignatureState
				reason string
			}{
				"key":         {with(), doc, twin.SignatureVerified, ""},
				"second":      {with(), both, twin.SignatureVerified, ""},
				"no-keys":     {nil, doc, twin.SignatureUnverified, "no trusted key"},
				"changed":     {with(), changed, twin.SignatureFailed, whyChanged},
				"named":       {with(), named, twin.SignatureFailed, whyChanged},
				"stranger":    {with(), stranger, twin.SignatureUnverified, "not among the trusted"},
				"unsigned":    {with(), unsigned, twin.SignatureUnverified, "no signature"},
				"rule":        {with(Rule{Name: "r", Key: "release.pem", Repository: "github.com/acme/*"}), doc, twin.SignatureVerified, ""},
				"other-rule":  {with(Rule{Name: "r", Key: "release.pem", Repository: "github.com/other/*"}), doc, twin.SignatureUnverified, whyNoRule},
				"another-key": {with(Rule{Name: "r", Key: "release.pem", Repository: "github.com/other/*"}, Rule{Name: "o", Key: "other.pem", Repository: "github.com/acme/*"}), doc, twin.SignatureFailed, "rule o expects another signer"},
			} {
				a, _ := readOnly(t, test.trust, pipeline.Document{Name: name, Body: toJSON(t, test.doc)}, now)
				if t.Run(name, func(t *testing.T) { wantSignature(t, a.Signature, test.state, test.reason) }); a.Document == "" {
					t.Error("it has no name")
				}
			}
		})
	}
}

// What was signed before the trust of today was set is verified from then on only,
// so that the past says what was known of it; taking trust back counts at once.
func TestTrustOverTime(t *testing.T) {
	t.Parallel()
	key := newSigner(t, "P-256")
	made := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) // as the statement says
	set, gone := made.AddDate(0, 0, 5), made.AddDate(0, 0, 9)
	file := keyFile(t, key.Public())
	file.ModTime = set
	doc := pipeline.Document{Name: "d", Body: toJSON(t, sealed(t, key, "release", ourStatement))}
	type state struct {
		at    time.Time
		state twin.SignatureState
	}
	told := func(trust fstest.MapFS) (out []state) {
		_, got := readOnly(t, trust, doc, made.AddDate(1, 0, 0))
		for _, told := range got.Told {
			out = append(out, state{told.At, attestationOf(t, told).Signature.State})
		}
		return out
	}
	for name, test := range map[string]struct {
		trust fstest.MapFS
		want  []state
	}{
		"never":      {nil, []state{{made, twin.SignatureUnverified}}},
		"later":      {fstest.MapFS{"release.pem": file}, []state{{made, twin.SignatureUnverified}, {set, twin.SignatureVerified}}},
		"taken-back": {fstest.MapFS{".": {Mode: 0o555 | 1<<31, ModTime: gone}}, []state{{made, twin.SignatureUnverified}, {gone, twin.SignatureUnverified}}},
	} {
		got := told(test.trust)
		if len(got) != len(test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
			continue
		}
		for i := range got {
			if got[i] != test.want[i] {
				t.Errorf("%s: %v, want %v", name, got, test.want)
			}
		}
	}
}

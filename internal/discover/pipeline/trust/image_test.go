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
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tidemark/tidemark/internal/discover/pipeline"
	"github.com/tidemark/tidemark/internal/twin"
)

// imagePayload is what cosign signs of an image.
func imagePayload(name, digest string) string {
	return fmt.Sprintf(`{"critical":{"identity":{"docker-reference":%q},"image":{"docker-manifest-digest":%q},"type":"cosign container image signature"},"optional":null}`, name, digest)
}

// imageLayer signs an image as cosign's "sign" does: the payload is the layer, and
// signature, certificate and the entry of the log are its annotations.
func (f *forge) imageLayer(t testing.TB, payload string, at time.Time) pipeline.Document {
	t.Helper()
	e, err := f.SignAtTime(ourIdentity, ourIssuer, []byte(payload), at)
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
	return pipeline.Document{Name: "layer", Body: []byte(payload), Artifact: ourDigest, Annotations: map[string]string{
		pipeline.NoteSignature: base64.StdEncoding.EncodeToString(signature.Signature()),
		noteCertificate:        string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: content.Certificate().Raw})),
		noteLog:                string(note),
	}}
}

// without is a document with some of its annotations changed; "" takes one away.
func without(doc pipeline.Document, notes ...string) pipeline.Document {
	doc.Annotations = maps.Clone(doc.Annotations)
	for i := 0; i < len(notes); i += 2 {
		if doc.Annotations[notes[i]] = notes[i+1]; notes[i+1] == "" {
			delete(doc.Annotations, notes[i])
		}
	}
	return doc
}

// A signature of an image says that somebody signed just this digest, as far as it
// can be proven.
func TestImageSignature(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	at := soon()
	good := f.imageLayer(t, imagePayload("ghcr.io/acme/shop", ourDigest), at)
	trusting := func(r Rule) fstest.MapFS {
		out := maps.Clone(f.trust)
		r.Name, r.Issuer = "r", ourIssuer
		if r.Identity == "" {
			r.Identity = "*@acme.example"
		}
		out[signersFile] = signersFileOf(t, r)
		return out
	}
	changed := good
	changed.Body = []byte(imagePayload("ghcr.io/acme/evil", ourDigest))
	for name, test := range map[string]struct {
		trust  fstest.MapFS
		doc    pipeline.Document
		state  twin.SignatureState
		reason string
	}{
		"verified":      {trusting(Rule{}), good, twin.SignatureVerified, ""},
		"image":         {trusting(Rule{Image: "ghcr.io/acme/*"}), good, twin.SignatureVerified, ""},
		"other-image":   {trusting(Rule{Image: "ghcr.io/other/*"}), good, twin.SignatureUnverified, whyNoRule},
		"other-signer":  {trusting(Rule{Image: "ghcr.io/acme/*", Identity: "*@other.example"}), good, twin.SignatureFailed, "expects another signer"},
		"nobody":        {nil, good, twin.SignatureUnverified, whyNoRoot},
		"changed":       {trusting(Rule{}), changed, twin.SignatureFailed, whyChanged},
		"other-digest":  {trusting(Rule{}), f.imageLayer(t, imagePayload("ghcr.io/acme/shop", otherDigest), at), twin.SignatureFailed, "does not speak of the artifact"},
		"expired":       {trusting(Rule{}), f.imageLayer(t, imagePayload("ghcr.io/acme/shop", ourDigest), at.Add(20*time.Minute)), twin.SignatureFailed, "not valid when it was signed"},
		"no-log":        {trusting(Rule{}), without(good, noteLog, ""), twin.SignatureUnverified, whyNoTime},
		"no-signature":  {trusting(Rule{}), without(good, pipeline.NoteSignature, ""), twin.SignatureUnverified, "no signature"},
		"odd-signature": {trusting(Rule{}), without(good, pipeline.NoteSignature, "%"), twin.SignatureFailed, "cannot be read"},
		"odd-type":      {trusting(Rule{}), f.imageLayer(t, strings.Replace(imagePayload("a", ourDigest), "cosign container", "atomic container", 1), at), twin.SignatureFailed, "no signature of an image"},
		"no-digest":     {trusting(Rule{}), f.imageLayer(t, imagePayload("a", "sha256:1"), at), twin.SignatureFailed, "no digest"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, _ := readOnly(t, test.trust, test.doc, at.Add(2*time.Hour))
			wantSignature(t, a.Signature, test.state, test.reason)
			if a.Predicate != twin.PredicateImage || a.Form != twin.FormImage {
				t.Errorf("%+v", a)
			}
		})
	}
	other := f.imageLayer(t, imagePayload("ghcr.io/acme/shop", ourDigest), at)
	a, _ := readOnly(t, f.trust, good, at)
	b, _ := readOnly(t, f.trust, other, at)
	if a.Document == b.Document {
		t.Error("two who sign the same bytes are one")
	}
}

// Who attaches a signed layer once more, with other proofs or to another artifact,
// takes nothing back: that is another document, and the first stays what it is.
func TestAttachedOnceMoreIsAnotherDocument(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	at := soon()
	good := f.imageLayer(t, imagePayload("ghcr.io/acme/shop", ourDigest), at)
	a, _ := readOnly(t, f.trust, good, at)
	moved := good
	moved.Artifact = otherDigest
	nul := without(good, noteCertificate, "", pipeline.NoteSignature, good.Annotations[pipeline.NoteSignature]+"\x00"+good.Annotations[noteCertificate])
	for name, doc := range map[string]pipeline.Document{
		"certificate": without(good, noteCertificate, "junk"), "log": without(good, noteLog, "junk"), "timestamp": without(good, noteTimestamp, "junk"),
		"none": without(good, noteCertificate, "", noteLog, ""), "artifact": moved, "zero": nul,
	} {
		if b, _ := readOnly(t, f.trust, doc, at); a.Document == b.Document {
			t.Errorf("%s: one document is %s and %s", name, a.Signature.State, b.Signature.State)
		}
	}
	if b, _ := readOnly(t, f.trust, without(good, "org.example/note", "x"), at); a.Document != b.Document {
		t.Error("a note that proves nothing makes another document")
	}
}

func TestImageSignatureByKey(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"P-256", "P-384", "Ed25519", "RSA"} {
		key := newSigner(t, kind)
		payload := imagePayload("ghcr.io/acme/shop", ourDigest)
		sum := sha256.Sum256([]byte(payload))
		hash, message := crypto.SHA256, sum[:]
		switch k := key.(type) {
		case *ecdsa.PrivateKey:
			if k.Curve.Params().BitSize == 384 {
				long := sha512.Sum384([]byte(payload))
				hash, message = crypto.SHA384, long[:]
			}
		case ed25519.PrivateKey:
			hash, message = 0, []byte(payload)
		}
		sig, err := key.Sign(rand.Reader, message, hash)
		if err != nil {
			t.Fatal(err)
		}
		doc := pipeline.Document{Name: "layer", Body: []byte(payload), Artifact: ourDigest, Annotations: map[string]string{
			pipeline.NoteSignature: base64.StdEncoding.EncodeToString(sig),
		}}
		for name, test := range map[string]struct {
			trust  fstest.MapFS
			state  twin.SignatureState
			reason string
		}{
			"trusted":  {fstest.MapFS{"release.pem": keyFile(t, key.Public())}, twin.SignatureVerified, ""},
			"stranger": {fstest.MapFS{"release.pem": keyFile(t, newSigner(t, kind).Public())}, twin.SignatureUnverified, "not among the trusted"},
			"rule": {fstest.MapFS{
				"release.pem": keyFile(t, key.Public()), signersFile: signersFileOf(t, Rule{Name: "r", Key: "release.pem", Image: "ghcr.io/acme/*"}),
			}, twin.SignatureVerified, ""},
		} {
			t.Run(kind+"/"+name, func(t *testing.T) {
				t.Parallel()
				a, _ := readOnly(t, test.trust, doc, soon())
				wantSignature(t, a.Signature, test.state, test.reason)
			})
		}
	}
}

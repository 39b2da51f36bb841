package trust

import (
	"crypto/ed25519"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tidemark/tidemark/internal/discover/pipeline"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// seeds are a Sigstore of our own, and documents that it has signed.
func seeds(f *testing.F) (good *forge, docs []pipeline.Document) {
	f.Helper()
	good = newForge(f)
	at := soon()
	layer := good.layer(f, ourStatement, at)
	return good, []pipeline.Document{layer, {Name: "bundle", Body: toJSON(f, good.bundle(f, ourStatement, at))}}
}

// FuzzJudge changes a document that is verified: whatever comes out, it is never
// verified for another artifact or commit than the one that was signed.
func FuzzJudge(f *testing.F) {
	good, docs := seeds(f)
	// The key is the same in every process of the fuzzer, as the Sigstore is not.
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	good.trust["release.pem"] = keyFile(f, key.Public())
	for _, d := range append(docs, pipeline.Document{Body: toJSON(f, sealed(f, key, "release", ourStatement))}) {
		f.Add(d.Body, d.Annotations[noteCertificate], d.Annotations[noteLog])
	}
	folder := Load(good.trust)
	trusted := pipeline.Attestations{Trust: func() pipeline.Trust { return folder }}
	f.Fuzz(func(t *testing.T, body []byte, certificate, log string) {
		doc := pipeline.Document{Body: body, Annotations: map[string]string{noteCertificate: certificate, noteLog: log}}
		got, err := trusted.ReadAll(t.Context(), []pipeline.Document{doc}, time.Now().Add(time.Hour))
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatal(err)
			}
			return
		}
		for _, told := range got.Told {
			a := attestationOf(t, told)
			if a.Signature.State != twin.SignatureVerified {
				if a.Signature.Reason == "" {
					t.Fatalf("no reason: %+v", a.Signature)
				}
				continue
			}
			if len(a.Subjects) != 1 || a.Subjects[0].Digest != ourDigest || a.Source.Commit != ourCommit {
				t.Fatalf("verified: %+v", a)
			}
		}
	})
}

// FuzzImageSignature changes the signature of an image: it is never verified for
// another image.
func FuzzImageSignature(f *testing.F) {
	good := newForge(f)
	rule := ourRule()
	rule.Repository = ""
	good.trust[signersFile] = signersFileOf(f, rule)
	doc := good.imageLayer(f, imagePayload("ghcr.io/acme/shop", ourDigest), soon())
	f.Add(doc.Body, doc.Annotations[pipeline.NoteSignature], doc.Annotations[noteCertificate], doc.Annotations[noteLog])
	f.Add([]byte(imagePayload("a", otherDigest)), "AAAA", "", "{}")
	f.Add([]byte(`{"critical":{"image":{"docker-manifest-digest":1}}}`), "", "", "")
	folder := Load(good.trust)
	trusted := pipeline.Attestations{Trust: func() pipeline.Trust { return folder }}
	f.Fuzz(func(t *testing.T, body []byte, signature, certificate, log string) {
		doc := pipeline.Document{Body: body, Artifact: otherDigest, Annotations: map[string]string{
			pipeline.NoteSignature: signature, noteCertificate: certificate, noteLog: log,
		}}
		got, err := trusted.ReadAll(t.Context(), []pipeline.Document{doc}, time.Now().Add(time.Hour))
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Fatal(err)
		}
		for _, told := range got.Told {
			if a := attestationOf(t, told); a.Signature.State == twin.SignatureVerified {
				t.Fatalf("verified: %+v", a)
			}
		}
	})
}

// FuzzLoad reads folders: whatever is in them, rules that are taken are narrow.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(`{"signers":[{"name":"a","issuer":"https://token.actions.githubusercontent.com","identity":"https://github.com/acme/*"}]}`), []byte("{}"), []byte("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"))
	f.Add([]byte(`{"signers":[{"name":"a","key":"a.pem"}]}`), []byte(`{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}`), []byte("x"))
	f.Fuzz(func(t *testing.T, signers, root, key []byte) {
		folder := Load(fstest.MapFS{signersFile: {Data: signers}, "trusted_root.json": {Data: root}, "a.pem": {Data: key}})
		for _, r := range folder.rules {
			if r.check() != nil {
				t.Fatalf("%+v", r)
			}
		}
		for _, trouble := range folder.Trouble() {
			if trouble.Reason == "" || pipeline.Clean(trouble.Reason) != trouble.Reason {
				t.Fatalf("%q", trouble.Reason)
			}
		}
	})
}

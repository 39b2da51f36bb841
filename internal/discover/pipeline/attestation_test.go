package pipeline

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

const (
	digest1 = "1111111111111111111111111111111111111111111111111111111111111111"
	digest2 = "2222222222222222222222222222222222222222222222222222222222222222"
	commit1 = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00"
)

func testNow() time.Time { return time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC) }

// statementOf writes a statement about digest1.
func statementOf(predicateType, predicate string) string {
	return fmt.Sprintf(`{"_type":"https://in-toto.io/Statement/v1","predicateType":%q,"subject":[{"name":"ghcr.io/acme/shop","digest":{"sha256":%q}}],"predicate":%s}`,
		predicateType, digest1, predicate)
}

func sealedBy(statement string) string {
	return fmt.Sprintf(`{"payloadType":"application/vnd.in-toto+json","payload":%q,"signatures":[{"keyid":"","sig":"AAAA"}]}`,
		base64.StdEncoding.EncodeToString([]byte(statement)))
}

func readBody(t *testing.T, body string) discover.Reading {
	t.Helper()
	got, err := Attestations{}.Read(t.Context(), discover.DocumentInput{Kind: KindAttestation, Name: "f", Body: []byte(body)}, testNow())
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func specOf(t *testing.T, told discover.Told) twin.Attestation {
	t.Helper()
	var a twin.Attestation
	if err := json.Unmarshal(told.Things[0].Spec, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// Every version of provenance, and every builder's way of naming its source and
// its run, comes out the same.
func TestProvenance(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	shop := twin.Revision{Repository: "github.com/acme/shop", Commit: commit1, Ref: "refs/heads/main"}
	bare := twin.Revision{Repository: "github.com/acme/shop", Commit: commit1}
	for name, test := range map[string]struct {
		kind, predicate string
		source          twin.Revision
		build           string
		made            time.Time
	}{
		"v0.1-material": {
			"https://slsa.dev/provenance/v0.1", `{"builder":{"id":"https://cloudbuild.googleapis.com/GoogleHostedWorker@v0.2"},"recipe":{"type":"t","definedInMaterial":"1","entryPoint":"x"},` +
				`"metadata":{"buildInvocationId":"b1","buildFinishedOn":"2026-02-03T04:05:06Z"},"materials":[{"uri":"pkg:docker/x"},{"uri":"git+https://github.com/acme/shop@refs/heads/main","digest":{"sha1":"` + commit1 + `"}}]}`,
			shop, "cloudbuild.googleapis.com/b1", at,
		},
		"v0.1-commit-address": {
			"https://slsa.dev/provenance/v0.1", `{"builder":{"id":"b"},"materials":[{"uri":"https://github.com/acme/shop/commit/` + commit1 + `"}]}`,
			bare, "", testNow(),
		},
		"v0.2-github": {
			"https://slsa.dev/provenance/v0.2", `{"builder":{"id":"b"},"buildType":"t","invocation":{"configSource":{"uri":"git+https://github.com/acme/shop@refs/heads/main","digest":{"sha1":"` + commit1 + `"},"entryPoint":"x"},` +
				`"environment":{"github_run_id":"17","github_run_attempt":"2"}},"metadata":{"buildInvocationID":"17-2","buildStartedOn":"2026-02-03T04:05:06Z"}}`,
			shop, "github.com/acme/shop/actions/runs/17/attempts/2", at,
		},
		"v0.2-npm": {
			"https://slsa.dev/provenance/v0.2", `{"builder":{"id":"b"},"invocation":{"configSource":{"uri":"git+https://github.com/acme/shop@refs/heads/main","digest":{"sha1":"` + commit1 + `"}},` +
				`"environment":{"GITHUB_RUN_ID":17,"GITHUB_RUN_ATTEMPT":"1"}}}`,
			shop, "github.com/acme/shop/actions/runs/17/attempts/1", testNow(),
		},
		"v0.2-gitlab": {
			"https://slsa.dev/provenance/v0.2", `{"builder":{"id":"https://gitlab.example/acme/shop/-/runners/7"},"invocation":{"configSource":{"uri":"https://gitlab.example/acme/shop.git","digest":{"sha256":"` + digest2 + `"}}},` +
				`"metadata":{"buildInvocationId":"99"},"materials":[{"uri":"https://gitlab.example/acme/shop.git","digest":{"sha1":"` + commit1 + `"}}]}`,
			twin.Revision{Repository: "gitlab.example/acme/shop", Commit: commit1},
			"gitlab.example/acme/shop/-/jobs/99", testNow(),
		},
		"v1-github": {
			"https://slsa.dev/provenance/v1", `{"buildDefinition":{"buildType":"t","externalParameters":{"workflow":{"ref":"refs/heads/main","repository":"https://github.com/acme/shop","path":"x"}},` +
				`"resolvedDependencies":[{"uri":"git+https://github.com/acme/shop@refs/heads/main","digest":{"gitCommit":"` + commit1 + `"}}]},` +
				`"runDetails":{"builder":{"id":"b"},"metadata":{"invocationId":"https://github.com/acme/shop/actions/runs/17/attempts/1","startedOn":"2026-02-03T04:00:00Z","finishedOn":"2026-02-03T04:05:06Z"}}}`,
			shop, "github.com/acme/shop/actions/runs/17/attempts/1", at,
		},
		"v1-container": {
			"https://slsa.dev/provenance/v1", `{"buildDefinition":{"externalParameters":{"source":{"uri":"git+https://github.com/acme/shop@refs/heads/main","digest":{"sha1":"` + commit1 + `"}}},` +
				`"internalParameters":{"GITHUB_RUN_ID":17,"GITHUB_RUN_ATTEMPT":"1"}},"runDetails":{"builder":{"id":"b"}}}`,
			shop, "github.com/acme/shop/actions/runs/17/attempts/1", testNow(),
		},
		"v1-draft": {
			"https://slsa.dev/provenance/v1.0?draft", `{"buildDefinition":{"externalParameters":{"source":{"artifact":{"uri":"git+https://github.com/acme/shop@refs/heads/main","digest":{"sha1":"` + commit1 + `"}}}}}}`,
			shop, "", testNow(),
		},
		"v1-tekton": {
			"https://slsa.dev/provenance/v1", `{"buildDefinition":{"buildType":"https://tekton.dev/chains/v2/slsa-tekton","resolvedDependencies":[{"uri":"git+https://github.com/acme/shop.git","digest":{"sha1":"` + commit1 + `"}}]},` +
				`"runDetails":{"builder":{"id":"b"},"metadata":{"invocationId":"11111111-2222-3333-4444-555555555555"}}}`,
			bare, "tekton/11111111-2222-3333-4444-555555555555", testNow(),
		},
		"two-repositories": {
			"https://slsa.dev/provenance/v1", `{"buildDefinition":{"resolvedDependencies":[{"uri":"git+https://github.com/acme/shop","digest":{"sha1":"` + commit1 + `"}},` +
				`{"uri":"git+https://github.com/acme/other","digest":{"sha1":"` + commit1 + `"}}]}}`,
			twin.Revision{},
			"", testNow(),
		},
		"no-commit": {
			"https://slsa.dev/provenance/v1", `{"buildDefinition":{"externalParameters":{"workflow":{"repository":"https://github.com/acme/shop"}}}}`,
			twin.Revision{Repository: "github.com/acme/shop"},
			"", testNow(),
		},
		"future": {
			"https://slsa.dev/provenance/v1", `{"runDetails":{"metadata":{"finishedOn":"2099-01-01T00:00:00Z"}}, "buildDefinition":{}}`, twin.Revision{}, "", testNow(),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := readBody(t, statementOf(test.kind, test.predicate))
			a := specOf(t, got.Told[0])
			if diff := cmp.Diff(test.source, a.Source); diff != "" {
				t.Error(diff)
			}
			if a.Builder.Build != test.build {
				t.Errorf("build %q, want %q", a.Builder.Build, test.build)
			}
			if !got.Told[0].At.Equal(test.made) {
				t.Errorf("at %s, want %s", got.Told[0].At, test.made)
			}
			if a.Signature.State != twin.SignatureUnverified || a.Signature.Reason != "nobody signed it" {
				t.Errorf("%+v", a.Signature)
			}
		})
	}
}

func TestAttestedSBOM(t *testing.T) {
	t.Parallel()
	const cyclonedx = `{"bomFormat":"CycloneDX","specVersion":"1.5"}`
	for name, test := range map[string]struct{ kind, predicate, form, body string }{
		"cyclonedx":   {"https://cyclonedx.org/bom", cyclonedx, "CycloneDX 1.5", cyclonedx},
		"early":       {"https://cyclonedx.org/bom", `{"Data":` + cyclonedx + `,"Timestamp":"2026-02-03T04:05:06Z"}`, "CycloneDX 1.5", cyclonedx},
		"spdx":        {"https://spdx.dev/Document", `{"spdxVersion":"SPDX-2.3"}`, "SPDX 2.3", `{"spdxVersion":"SPDX-2.3"}`},
		"spdx-text":   {"https://spdx.dev/Document", `"{\"spdxVersion\":\"SPDX-2.2\"}"`, "SPDX 2.2", `{"spdxVersion":"SPDX-2.2"}`},
		"spdx-values": {"https://spdx.dev/Document/v2.3", `"SPDXVersion: SPDX-2.2\n"`, "SPDX", "SPDXVersion: SPDX-2.2\n"},
		"none":        {"https://spdx.dev/Document", `{"x":1}`, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := readBody(t, sealedBy(statementOf(test.kind, test.predicate)))
			if a := specOf(t, got.Told[0]); a.SBOM != test.form {
				t.Errorf("%q, want %q", a.SBOM, test.form)
			}
			var bodies []string
			for _, s := range got.Told[0].SBOMs {
				bodies = append(bodies, s.Artifact.String()+" "+string(s.Body))
			}
			want := "ghcr.io/acme/shop@sha256:" + digest1 + " " + test.body
			if test.body == "" && bodies != nil || test.body != "" && (len(bodies) != 1 || bodies[0] != want) {
				t.Errorf("%q, want %q", bodies, want)
			}
		})
	}
}

// What cannot hold is kept as failed with its reason, and gives no SBOM.
func TestFailed(t *testing.T) {
	t.Parallel()
	bom := statementOf("https://cyclonedx.org/bom", `{"bomFormat":"CycloneDX","specVersion":"1.5"}`)
	for name, test := range map[string]struct{ body, reason string }{
		"payload":      {`{"payloadType":"application/vnd.in-toto+json","payload":"!","signatures":[]}`, "not base64"},
		"payload-type": {strings.Replace(sealedBy(bom), "in-toto+json", "other+json", 1), "not an in-toto statement"},
		"no-json":      {`{"payloadType":"application/vnd.in-toto+json","payload":"AAAA","signatures":[]}`, "payload cannot be read"},
		"twice":        {sealedBy(`{"_type":"a","_type":"b"}`), "payload cannot be read"},
		"type":         {strings.Replace(bom, "in-toto.io/Statement", "example/Statement", 1), "no in-toto statement"},
		"no-subject":   {`{"_type":"https://in-toto.io/Statement/v1","predicateType":"x","subject":[]}`, "no subject"},
		"predicate":    {statementOf("https://slsa.dev/provenance/v1", `"text"`), "predicate cannot be read"},
		"signatures":   {strings.Replace(sealedBy(bom), `[{"keyid"`, `[`+strings.Repeat(`{"sig":"AAAA"},`, maxSignatures)+`{"keyid"`, 1), "more than"},
		"bundle":       {`{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}`, "neither a statement"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := readBody(t, test.body)
			a := specOf(t, got.Told[0])
			if a.Signature.State != twin.SignatureFailed || !strings.Contains(a.Signature.Reason, test.reason) {
				t.Errorf("%+v, want %q", a.Signature, test.reason)
			}
			if got.Told[0].SBOMs != nil || a.Document == "" {
				t.Errorf("%+v", got.Told[0])
			}
		})
	}
}

// A document that is found attached to an artifact that it does not speak of has failed.
func TestAttachedToAnother(t *testing.T) {
	t.Parallel()
	doc := Document{Name: "d", Body: []byte(statementOf("x", "{}")), Artifact: "sha256:" + digest2}
	got, err := Attestations{}.ReadAll(t.Context(), []Document{doc}, testNow())
	if err != nil {
		t.Fatal(err)
	}
	if a := specOf(t, got.Told[0]); a.Signature.State != twin.SignatureFailed || !strings.Contains(a.Signature.Reason, "attached") {
		t.Errorf("%+v", a.Signature)
	}
}

// Several documents in one file are all read, in whatever way they are put together;
// a line that is none does not stop the others.
func TestFiles(t *testing.T) {
	t.Parallel()
	one, two := statementOf("x", "{}"), statementOf("y", "{}")
	for name, test := range map[string]struct {
		body     string
		read     int
		rejected int
	}{
		"one":        {one, 1, 0},
		"lines":      {one + "\n" + sealedBy(two) + "\n", 2, 0},
		"bad-line":   {one + "\n{\"broken\n" + two + "\n", 2, 1},
		"array":      {"[" + one + "," + two + "]", 2, 0},
		"mark":       {"\xef\xbb\xbf" + one, 1, 0},
		"npm":        {`{"attestations":[{"bundle":{"mediaType":"` + MediaBundle + `.v0.3+json","dsseEnvelope":` + sealedBy(one) + `}},{"bundle":null}]}`, 1, 1},
		"google":     {`{"provenance_summary":{"provenance":[{"envelope":` + sealedBy(one) + `},{"build":{"intotoStatement":` + two + `}},{}]}}`, 2, 1},
		"signature":  {`{"mediaType":"` + MediaBundle + `.v0.3+json","messageSignature":{"messageDigest":{"algorithm":"SHA2_256","digest":"ERERERERERERERERERERERERERERERERERERERERERE="}}}`, 1, 0},
		"with-other": {one + "\n{\"bomFormat\":\"CycloneDX\"}\n{}\n", 1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := readBody(t, test.body)
			if len(got.Told) != test.read || len(got.Rejected) != test.rejected {
				t.Errorf("%d read, %+v rejected; want %d and %d", len(got.Told), got.Rejected, test.read, test.rejected)
			}
			for _, told := range got.Told {
				if a := specOf(t, told); len(a.Subjects) != 1 || a.Subjects[0].Digest != "sha256:"+digest1 {
					t.Errorf("%+v", a)
				}
			}
		})
	}
}

func TestNoAttestation(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"empty": "", "text": "hello", "number": "1", "object": "{}", "sbom": `{"bomFormat":"CycloneDX"}`, "deep": strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200),
		"none": `{"provenance_summary":{"provenance":[]}}`, "array": "[[]]",
	} {
		_, err := Attestations{}.Read(t.Context(), discover.DocumentInput{Body: []byte(body)}, testNow())
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is larger than can be read is kept as that.
func TestOversize(t *testing.T) {
	t.Parallel()
	body := `{"_type":"https://in-toto.io/Statement/v1","x":"` + strings.Repeat("a", MaxParcel) + `"}`
	a := specOf(t, readBody(t, body).Told[0])
	if a.Signature.State != twin.SignatureFailed || !strings.Contains(a.Signature.Reason, "larger than") || a.Document == "" {
		t.Errorf("%+v", a.Signature)
	}
	_, err := Attestations{}.Read(t.Context(), discover.DocumentInput{Body: make([]byte, MaxBytes+1)}, testNow())
	if fault.KindOf(err) != fault.Invalid {
		t.Error(err)
	}
}

// Subjects and materials are bounded, and what is left out is counted; what cannot
// be shown is not kept.
func TestBounds(t *testing.T) {
	t.Parallel()
	subject := fmt.Sprintf(`{"name":"a\u001b[31m\u202e","digest":{"sha512":%q,"md5":"x"}}`, digest1+digest2)
	body := `{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://slsa.dev/provenance/v0.2","subject":[` +
		strings.Repeat(subject+",", maxSubjects) + subject + `],"predicate":{"materials":[` + strings.Repeat(`{"uri":"x"},`, 99) + `{"uri":"x"}]}}`
	got := readBody(t, body)
	a := specOf(t, got.Told[0])
	if len(a.Subjects) != maxSubjects || a.LeftOut != 1 || len(got.Notes) != 2 || a.Materials.Count != 100 || len(a.Materials.Kept) != maxMaterials {
		t.Errorf("%d subjects, %d left out, notes %+v, materials %d of %d", len(a.Subjects), a.LeftOut, got.Notes, len(a.Materials.Kept), a.Materials.Count)
	}
	if want := (twin.Subject{Name: "a\ufffd[31m\ufffd", Digest: "sha512:" + digest1 + digest2}); a.Subjects[0] != want {
		t.Errorf("%q, want %q", a.Subjects[0], want)
	}
	if n := len(got.Told[0].Things[0].Links); n != 1 {
		t.Errorf("%d links", n)
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	got := readBody(t, statementOf("https://slsa.dev/verification_summary/v1", `{"verifier":{"id":"v"},"timeVerified":"2026-02-03T04:05:06Z",`+
		`"resourceUri":"r","policy":{"uri":"p"},"verificationResult":"PASSED","verifiedLevels":["SLSA_BUILD_LEVEL_3"]}`))
	want := &twin.VerifierVerdict{Verifier: "v", Resource: "r", Policy: "p", Result: "PASSED", Levels: []string{"SLSA_BUILD_LEVEL_3"}}
	if diff := cmp.Diff(want, specOf(t, got.Told[0]).Verdict); diff != "" {
		t.Error(diff)
	}
}

// The same document read again tells the same, to the byte.
func TestAgain(t *testing.T) {
	t.Parallel()
	body := sealedBy(statementOf("https://slsa.dev/provenance/v1", `{"buildDefinition":{},"runDetails":{"metadata":{"finishedOn":"2026-02-03T04:05:06Z"}}}`))
	if diff := cmp.Diff(readBody(t, body), readBody(t, body)); diff != "" {
		t.Error(diff)
	}
}

// aheadTrust was set by a clock that is ahead of ours.
type aheadTrust struct{}

func (aheadTrust) Judge(*Parcel, *twin.Attestation) twin.Signature {
	return twin.Signature{State: twin.SignatureVerified, Rule: "r"}
}
func (aheadTrust) Hash() string     { return "ahead" }
func (aheadTrust) Since() time.Time { return testNow().AddDate(0, 0, 9) }
func (aheadTrust) Trouble() []twin.Rejection {
	return []twin.Rejection{{Where: "trust/a.pem", Reason: "it is no PEM"}}
}

// Nothing is so in the future, and what is wrong with the trust is told with every
// document.
func TestTrustAhead(t *testing.T) {
	t.Parallel()
	reader := Attestations{Trust: func() Trust { return aheadTrust{} }}
	body := sealedBy(statementOf("https://slsa.dev/provenance/v1", `{"buildDefinition":{},"runDetails":{"metadata":{"finishedOn":"2026-02-03T04:05:06Z"}}}`))
	got, err := reader.Read(t.Context(), discover.DocumentInput{Body: []byte(body), Source: "mirror"}, testNow())
	if err != nil || len(got.Told) != 2 || len(got.Notes) != 1 {
		t.Fatalf("%+v %v", got, err)
	}
	early, late := specOf(t, got.Told[0]), specOf(t, got.Told[1])
	if early.Signature.State != twin.SignatureUnverified || early.Signature.Rule != "" || late.Signature.State != twin.SignatureVerified || !got.Told[1].At.Equal(testNow()) {
		t.Errorf("%+v %+v at %s", early.Signature, late.Signature, got.Told[1].At)
	}
	if got.Told[0].Source != "mirror" || got.Told[1].Source != "mirror" {
		t.Errorf("the source is not who says so: %+v", got.Told)
	}
}

// A bundle whose time nobody proves is so from when it says that the log saw it: the
// same bundle again says the same.
func TestUnprovenTime(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		time string
		want time.Time
	}{
		"text":   {`"1770091506"`, time.Unix(1770091506, 0).UTC()},
		"number": {`1770091506`, time.Unix(1770091506, 0).UTC()},
		"zero":   {`"0"`, testNow()},
		"future": {`"4000000000"`, testNow()},
		"odd":    {`{}`, testNow()},
	} {
		body := `{"mediaType":"` + MediaBundle + `.v0.3+json","verificationMaterial":{"tlogEntries":[{"integratedTime":` + test.time + `}]},"dsseEnvelope":` + sealedBy(statementOf("x", "{}")) + `}`
		if got := readBody(t, body).Told[0].At; !got.Equal(test.want) {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

// Who gives a document is told what it is worth; of very many, of the first.
func TestNotes(t *testing.T) {
	t.Parallel()
	one := statementOf("x", "{}") + "\n"
	got := readBody(t, one)
	if diff := cmp.Diff([]twin.Rejection{{Where: "the document", Reason: "unverified: nobody signed it"}}, got.Notes); diff != "" {
		t.Error(diff)
	}
	if got := readBody(t, strings.Repeat(one, 2*maxRemarks)); len(got.Notes) != maxRemarks+1 || len(got.Told) != 2*maxRemarks {
		t.Errorf("%d notes of %d", len(got.Notes), len(got.Told))
	}
}

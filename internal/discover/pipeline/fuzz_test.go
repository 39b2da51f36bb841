package pipeline

import (
	"encoding/base64"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// sound checks what must hold of everything that is told, whatever was read.
func sound(t *testing.T, got discover.Reading, err error) {
	t.Helper()
	if err != nil {
		if fault.KindOf(err) != fault.Invalid {
			t.Fatal(err)
		}
		return
	}
	for _, told := range got.Told {
		if told.At.After(testNow()) || told.At.IsZero() || told.Source == "" || told.Scope == "" {
			t.Fatalf("%+v", told)
		}
		for _, thing := range told.Things {
			if thing.Name == "" || Clean(thing.Name) != thing.Name || !utf8.Valid(thing.Spec) || len(thing.Links) > maxSubjects+maxArtifacts+2 {
				t.Fatalf("%q", thing.Name)
			}
		}
	}
}

func FuzzAttestation(f *testing.F) {
	bom := statementOf("https://cyclonedx.org/bom", `{"bomFormat":"CycloneDX","specVersion":"1.5"}`)
	for _, seed := range []string{
		bom, sealedBy(bom), "[" + bom + "]", bom + "\n" + sealedBy(bom) + "\n{",
		`{"mediaType":"` + MediaBundle + `.v0.3+json","dsseEnvelope":` + sealedBy(bom) + `}`,
		`{"mediaType":"` + MediaBundle + `.v0.3+json","messageSignature":{"messageDigest":{"algorithm":"SHA2_256","digest":"AAAA"}}}`,
		`{"attestations":[{"bundle":{"attestations":[{"bundle":{}}]}}]}`, `{"provenance_summary":{"provenance":[{"envelope":{}}]}}`,
		statementOf("https://slsa.dev/verification_summary/v0.2", `{"verification_result":"PASSED","policy_level":"X"}`), "\xef\xbb\xbf{}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := Attestations{}.Read(t.Context(), discover.DocumentInput{Body: body}, testNow())
		sound(t, got, err)
		again, _ := Attestations{}.Read(t.Context(), discover.DocumentInput{Body: body}, testNow())
		if diff := cmp.Diff(got, again); diff != "" {
			t.Fatal(diff)
		}
	})
}

func FuzzProvenance(f *testing.F) {
	for _, seed := range []string{
		`{"builder":{"id":"b"},"recipe":{"definedInMaterial":0},"materials":[{"uri":"git+https://github.com/a/b@refs/heads/main","digest":{"sha1":"` + commit1 + `"}}]}`,
		`{"invocation":{"configSource":{"uri":"git@github.com:a/b.git"},"environment":{"github_run_id":1}},"metadata":{"buildInvocationID":"x"}}`,
		`{"buildDefinition":{"externalParameters":{"source":"https://github.com/a/b/commit/` + commit1 + `"}},"runDetails":{"metadata":{"invocationId":"https://h/x"}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var a twin.Attestation
		if readProvenance(&a, body) != nil {
			return
		}
		if c := a.Source.Commit; c != "" && !isHex(c, 40) && !isHex(c, 64) {
			t.Fatalf("commit %q", c)
		}
		if len(a.Materials.Kept) > maxMaterials || Clean(a.Source.Repository) != a.Source.Repository {
			t.Fatalf("%+v", a)
		}
	})
}

func FuzzCI(f *testing.F) {
	for _, seed := range []string{
		githubRunEvent("completed", `"success"`, "2026-02-03T04:05:06Z"), githubJobEvent("in_progress", "null", "null"),
		`{"action":"published","release":{"tag_name":"v1","assets":[{"name":"a","digest":"sha256:` + digest1 + `"}]},` + githubPlace + `}`,
		gitlabPipelineHook, gitlabJobHook, tektonTask(`[{"name":"IMAGES","value":"a@sha256:` + digest1 + `"}]`),
		`{"kind":"List","items":[{"kind":"PipelineRun","metadata":{"uid":"u","namespace":"n"}}]}`,
		`{"name":"shop","build":{"full_url":"https://ci.example/job/shop/12/","number":12,"phase":"STARTED"}}`,
		`{"schema":"tidemark.build/v1","system":"drone","run":1,"repository":"h/r","artifacts":["a@sha256:` + digest1 + `"]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := ReadCI(t.Context(), discover.DocumentInput{Body: body}, testNow())
		sound(t, got, err)
	})
}

func FuzzDecode64(f *testing.F) {
	f.Add("AAAA")
	f.Add("-_-_")
	f.Add("AA==")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := Decode64(s)
		if err != nil {
			return
		}
		again, err := Decode64(base64.URLEncoding.EncodeToString(got))
		if err != nil || string(again) != string(got) {
			t.Fatalf("%q: %q, %v", s, again, err)
		}
	})
}

func FuzzMoment(f *testing.F) {
	for _, seed := range []string{`"2026-02-03T04:05:06Z"`, `"2026-02-03 04:05:06 UTC"`, `"2026-02-03 04:05:06 +0200"`, "1770091506000", "1770091506", "null", "-1", "1e300", "{}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var m moment
		if err := m.UnmarshalJSON(b); err != nil {
			t.Fatal(err)
		}
	})
}

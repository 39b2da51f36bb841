package trust

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sigstore/sigstore-go/pkg/testing/data"

	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/discover/pipeline"
	"github.com/tidemark/tidemark/internal/realdata"
	"github.com/tidemark/tidemark/internal/twin"
)

const githubIssuer = "https://token.actions.githubusercontent.com"

// publicGood trusts the public Sigstore, and expects what was built on GitHub by
// the owners whose documents the data has.
func publicGood(t *testing.T) fstest.MapFS {
	t.Helper()
	root, err := data.TrustedRoot(t, "public-good.json").MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	rules := signersFileOf(t,
		Rule{Name: "slsa", Issuer: githubIssuer, Identity: "https://github.com/slsa-framework/*"},
		Rule{Name: "sigstore", Issuer: githubIssuer, Identity: "https://github.com/sigstore/sigstore-js/*", Repository: "github.com/sigstore/sigstore-js"},
		Rule{Name: "bazel", Issuer: githubIssuer, Identity: "https://github.com/bazel-contrib/publish-to-bcr/*", Repository: "github.com/aspect-build/rules_lint"},
	)
	return fstest.MapFS{"trusted_root.json": {Data: root}, signersFile: rules}
}

func realNow() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// The bundles of the verifier's own tests, the deliberately wrong ones among them,
// against the public Sigstore.
func TestRealBundles(t *testing.T) {
	t.Parallel()
	trust := publicGood(t)
	root := realdata.Dir(t, "attestations", "slsa-verifier-testdata")
	const cli, gha = "cli/slsa-verifier/testdata/", "verifiers/internal/gha/testdata/"
	for path, want := range map[string]struct {
		state  twin.SignatureState
		reason string
		source string
	}{
		cli + "gha_container-based/v2.1.0/binary-linux-amd64-workflow_dispatch.intoto.build.slsa": {
			twin.SignatureVerified, "", "github.com/slsa-framework/example-package@4d329c75e7ec1725f7c9ce917a8799d408d06be3",
		},
		cli + "gha_go/v2.1.0/binary-linux-amd64-push-v13.0.30.intoto.jsonl": {twin.SignatureVerified, "", "github.com/slsa-framework/example-package@*"},
		gha + "bundle/valid-v0.3.intoto.sigstore":                           {twin.SignatureVerified, "", "github.com/*"},
		cli + "bcr/MODULE.bazel.intoto.jsonl":                               {twin.SignatureVerified, "", "github.com/aspect-build/rules_lint@8f70009fde0c94ade6ce2a054b94718c819126ec"},
		cli + "bcr/MODULE-wrong-signer.bazel.intoto.jsonl":                  {twin.SignatureFailed, "was signed by a workflow of github.com/loosebazooka/aa-test", "github.com/aspect-build/*"},
		gha + "bundle/invalid-set.intoto.sigstore":                          {twin.SignatureFailed, "proof of when", "*"},
		gha + "bundle/mismatch-tlog.intoto.sigstore":                        {twin.SignatureFailed, "transparency log signature does not match", "*"},
		gha + "npm-att-prov-invalid-signature.intoto.sigstore":              {twin.SignatureFailed, whyChanged, "*"},
		gha + "npm-att-mismatch-pub-payloadtype.intoto.sigstore":            {twin.SignatureFailed, "payload is", "*"},
		gha + "npm-stmt-mismatch-pub-type.intoto.sigstore":                  {twin.SignatureFailed, "no in-toto statement", "*"},
		gha + "npm-att-publish-nosubjects.intoto.sigstore":                  {twin.SignatureFailed, "no subject", "*"},
		cli + "binary-linux-amd64-expired-cert.intoto.jsonl":                {twin.SignatureUnverified, whyNoTime, "github.com/*"},
		cli + "binary-linux-amd64-no-tlog-upload.intoto.jsonl":              {twin.SignatureUnverified, whyNoTime, "github.com/*"},
		cli + "vsa/gce/v1/gke-gce-pre.bcid-vsa.jsonl":                       {twin.SignatureUnverified, "no trusted key", "*"},
	} {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			doc := pipeline.Document{Name: path, Body: readFile(t, filepath.Join(root, path))}
			got, err := reader(trust).ReadAll(t.Context(), []pipeline.Document{doc}, realNow())
			if err != nil {
				t.Fatal(err)
			}
			// Several files hold two bundles, of which one is wrong.
			var seen []twin.Signature
			for _, told := range got.Told {
				a := attestationOf(t, told)
				seen = append(seen, a.Signature)
				if a.Signature.State == want.state && strings.Contains(a.Signature.Reason, want.reason) && fits(want.source, a.Source.Name()) {
					return
				}
			}
			t.Errorf("%+v, want %+v", seen, want)
		})
	}
}

// Everything in the folder is read or refused with a reason; the signatures come
// out as they were counted by hand, none of the wrong ones as verified.
func TestRealAttestations(t *testing.T) {
	t.Parallel()
	trust := publicGood(t)
	count := map[string]int{}
	err := filepath.WalkDir(realdata.Dir(t, "attestations", "slsa-verifier-testdata"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) == ".md" || d.Name() == "LICENSE" {
			return err
		}
		doc := pipeline.Document{Name: path, Body: readFile(t, path)}
		got, bad := reader(trust).ReadAll(t.Context(), []pipeline.Document{doc}, realNow())
		if bad != nil {
			count["no JSON"]++
		}
		count["refused"] += len(got.Rejected)
		for _, told := range got.Told {
			a := attestationOf(t, told)
			count[string(a.Form)+" "+string(a.Signature.State)]++
			wrong := strings.Contains(path, "invalid") || strings.Contains(path, "wrong") || strings.Contains(path, "mismatch")
			if wrong && a.Signature.State == twin.SignatureVerified && !strings.HasSuffix(path, "invalidsigpub.tgz.json") {
				t.Errorf("%s is verified", path)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for what, least := range map[string]int{
		"sigstore verified": 35, "sigstore failed": 12, "sigstore unverified": 25, "dsse unverified": 200, "dsse failed": 15, "statement unverified": 2,
		"refused": 10, "no JSON": 3,
	} {
		if count[what] < least {
			t.Errorf("%s: %d, want at least %d (%v)", what, count[what], least, count)
		}
	}
	if count["dsse verified"]+count["statement verified"] > 0 {
		t.Errorf("verified without a proof: %v", count)
	}
}

// The releases of Kubernetes: unsigned provenance of more than a hundred files
// each, with the commit in quotation marks.
func TestRealKubernetes(t *testing.T) {
	t.Parallel()
	for version, commit := range map[string]string{
		"v1.24.1": "aaf024b5e8dc5e08e4414583203968ca0a5ec043", "v1.24.3": "", "v1.24.6": "", "v1.25.1": "", "v1.25.2": "",
	} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			path := realdata.Dir(t, "attestations", "kube-slsa-"+version+".json")
			a, got := readOnly(t, nil, pipeline.Document{Name: version, Body: readFile(t, path)}, realNow())
			wantSignature(t, a.Signature, twin.SignatureUnverified, "nobody signed it")
			if a.Source.Repository != "github.com/kubernetes/kubernetes" || len(a.Source.Commit) != 40 || commit != "" && a.Source.Commit != commit {
				t.Errorf("source %+v", a.Source)
			}
			if len(a.Subjects) < 100 || a.Builder.Finished.IsZero() || !got.Told[0].At.Equal(a.Builder.Finished) {
				t.Errorf("%d subjects, %+v", len(a.Subjects), a.Builder)
			}
			if !strings.HasPrefix(a.Builder.Build, "cloudbuild.googleapis.com/") {
				t.Errorf("build %q", a.Builder.Build)
			}
			for _, s := range a.Subjects {
				if !strings.HasPrefix(s.Digest, "sha256:") || !strings.Contains(s.Name, version) {
					t.Errorf("%+v", s)
				}
			}
		})
	}
}

// The examples of the in-toto specification that are whole statements are read.
func TestRealSpecification(t *testing.T) {
	t.Parallel()
	block := regexp.MustCompile("(?s)```jsonc?\n(.*?)```")
	read := 0
	err := filepath.WalkDir(realdata.Dir(t, "attestations", "in-toto-spec"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".md" {
			return err
		}
		for _, m := range block.FindAllSubmatch(readFile(t, path), -1) {
			var head struct {
				Type    string            `json:"_type"`
				Subject []json.RawMessage `json:"subject"`
			}
			if json.Unmarshal(m[1], &head) != nil || !strings.HasPrefix(head.Type, "https://in-toto.io/Statement/v") || len(head.Subject) == 0 {
				continue
			}
			got, err := pipeline.Attestations{}.Read(t.Context(), discover.DocumentInput{Name: path, Body: m[1]}, realNow())
			if err != nil || len(got.Told) != 1 {
				t.Errorf("%s: %v %+v", path, err, got)
				continue
			}
			if a := attestationOf(t, got.Told[0]); a.Predicate == "" || a.Signature.State == twin.SignatureVerified {
				t.Errorf("%s: %+v", path, a)
			}
			read++
		}
		return nil
	})
	if err != nil || read < 3 {
		t.Errorf("%d examples: %v", read, err)
	}
}

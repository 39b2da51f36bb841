package twin

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestBuildResource(t *testing.T) {
	t.Parallel()
	b := Build{
		System:    "github",
		Run:       Run{ID: "17", Attempt: 2, Of: "github.com/a/b/actions/runs/17/attempts/2", Job: "image"},
		Source:    Revision{Repository: "github.com/a/b", Commit: "c0ffee"},
		Status:    BuildSucceeded,
		Finished:  time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Artifacts: []Built{{Digest: "sha256:2"}, {Digest: "sha256:1"}, {Name: "only-named"}, {Digest: "sha256:1"}},
	}
	got, err := b.Resource("github.com/a/b/actions/runs/17/attempts/2/jobs/3")
	if err != nil {
		t.Fatal(err)
	}
	want := []Link{
		{RelBuiltFrom, End{Kind: KindCommit, Name: "github.com/a/b@c0ffee"}},
		{RelPartOf, End{Kind: KindBuild, Name: "github.com/a/b/actions/runs/17/attempts/2"}},
		{RelProduced, End{Kind: KindArtifact, Name: "sha256:1"}},
		{RelProduced, End{Kind: KindArtifact, Name: "sha256:2"}},
	}
	if diff := cmp.Diff(want, got.Links); diff != "" {
		t.Error(diff)
	}
	var back Build
	if err := json.Unmarshal(got.Spec, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b, back); diff != "" {
		t.Error(diff)
	}
}

// A document whose signature failed is seen at its artifact, and proves no commit.
func TestAttestationResource(t *testing.T) {
	t.Parallel()
	a := Attestation{
		Subjects:  []Subject{{Name: "app", Digest: "sha256:1"}, {Name: "source", Other: "gitCommit:c0ffee"}},
		Builder:   Builder{Build: "github.com/a/b/actions/runs/17/attempts/1"},
		Source:    Revision{Repository: "github.com/a/b", Commit: "c0ffee"},
		Signature: Signature{State: SignatureUnverified},
		Document:  "abcd",
	}
	describes := []Link{
		{RelDescribes, End{Kind: KindArtifact, Name: "sha256:1"}},
		{RelDescribes, End{Kind: KindBuild, Name: "github.com/a/b/actions/runs/17/attempts/1"}},
	}
	builtFrom := Link{RelBuiltFrom, End{Kind: KindCommit, Name: "github.com/a/b@c0ffee"}}
	for state, want := range map[SignatureState][]Link{
		SignatureUnverified: append([]Link{builtFrom}, describes...),
		SignatureVerified:   append([]Link{builtFrom}, describes...),
		SignatureFailed:     describes,
	} {
		a.Signature.State = state
		got, err := a.Resource()
		if err != nil {
			t.Fatal(err)
		}
		if got.Name != "sha256:abcd" {
			t.Errorf("name %q", got.Name)
		}
		if diff := cmp.Diff(want, got.Links); diff != "" {
			t.Errorf("%s: %s", state, diff)
		}
	}
}

func TestBuildName(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://GitHub.com/a/B/actions/runs/17/attempts/1": "github.com/a/B/actions/runs/17/attempts/1",
		"https://ci.example/job/App/12/":                    "ci.example/job/App/12",
		"cloudbuild":                                        "cloudbuild",
	} {
		if got := BuildName(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
	if got, want := GitHubRunName("github.com/a/b", "17", 0), "github.com/a/b/actions/runs/17/attempts/1"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

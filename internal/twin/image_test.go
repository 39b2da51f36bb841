package twin

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestImageResource(t *testing.T) {
	t.Parallel()
	const digest = "sha256:6c3c624b58dbbcd3c0dd82b4c53f04194d1247c6eebdaab7c610cf7d66709b3b"
	i := Image{
		Platforms: []PlatformImage{{"linux/amd64", digest}},
		Claims:    ImageClaims{Source: Revision{Repository: "github.com/a/b", Commit: "c0ffee"}},
		Base:      []BaseImage{{Name: "debian:12", By: BasedByLabel}, {Digest: digest, By: BasedByLayers}, {Name: "a b", By: BasedByLabel}},
	}
	got, err := i.Resource("sha256:x")
	if err != nil {
		t.Fatal(err)
	}
	want := []Link{
		{RelBuiltFrom, End{Kind: KindArtifact, Name: "docker.io/library/debian:12"}},
		{RelBuiltFrom, End{Kind: KindArtifact, Name: digest}},
		{RelBuiltFrom, End{Kind: KindCommit, Name: "github.com/a/b@c0ffee"}},
		{RelContains, End{Kind: KindArtifact, Name: digest}},
	}
	if diff := cmp.Diff(want, got.Links); diff != "" || got.Kind != KindImage || got.Name != "sha256:x" {
		t.Error(diff, got)
	}
	tag, err := Tag{Digest: digest}.Resource("docker.io/library/debian:12")
	if err != nil || len(tag.Links) != 1 || tag.Links[0].Rel != RelDescribes || string(tag.Spec) != `{"digest":"`+digest+`"}` {
		t.Error(tag, err)
	}
}

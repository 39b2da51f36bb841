package discover_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/realdata"
	"github.com/tidemark/tidemark/internal/twin"
)

func TestSBOM(t *testing.T) {
	t.Parallel()
	body := func(component string) string {
		return `{"bomFormat":"CycloneDX","specVersion":"1.4","metadata":{` + component + `},"components":[]}`
	}
	named := body(`"component":{"type":"container","name":"shop/front","version":"` + digest + `"}`)
	other := "sha256:" + strings.Repeat("cd", 32)
	tests := []struct {
		name, body, artifact string
		subject, ref         string
		notes                int
	}{
		{"flag", body(""), "shop/front:2@" + digest, digest, "shop/front:2@" + digest, 0},
		{"flag_without_digest", body(""), "shop/front:2", "docker.io/shop/front:2", "shop/front:2", 0},
		{"document", named, "", digest, "shop/front@" + digest, 0},
		{"flag_wins", named, "shop/front@" + other, other, "shop/front@" + other, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var s shelf
			got, err := door(&s).IngestSBOM(t.Context(), discover.SBOMInput{Name: "f.json", Body: []byte(tt.body), Artifact: tt.artifact})
			if err != nil {
				t.Fatal(err)
			}
			want := []twin.Observation{{
				Source: twin.SourceSBOM, Scope: twin.ScopeArtifacts, Kind: twin.Delta, Class: twin.Content, Media: twin.MediaSBOM,
				Subject: tt.subject, Ref: tt.ref, ObservedAt: noon, Hash: twin.HashBytes([]byte(tt.body)), Body: []byte(tt.body),
			}}
			if diff := cmp.Diff(want, s.list); diff != "" {
				t.Error(diff)
			}
			if got.Accepted != 1 || got.Artifact != tt.ref || got.Quality == nil || len(got.Notes) != tt.notes || got.Kind != discover.KindSBOM {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestSBOMRefuses(t *testing.T) {
	t.Parallel()
	const unnamed = `{"bomFormat":"CycloneDX","specVersion":"1.4","components":[]}`
	tests := []struct {
		name, body, artifact string
		want, hint           string
	}{
		{"broken", `{"bomFormat":`, "", "f.json: ", ""},
		{"unnamed", unnamed, "", "f.json: the document does not say what it describes", "--artifact"},
		{"bad_flag", unnamed, "a@sha256:12", `f.json: artifact "a@sha256:12"`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var s shelf
			_, err := door(&s).IngestSBOM(t.Context(), discover.SBOMInput{Name: "f.json", Body: []byte(tt.body), Artifact: tt.artifact})
			if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), tt.want) || !strings.Contains(fault.HintOf(err), tt.hint) || s.list != nil {
				t.Errorf("got %v (hint %q)", err, fault.HintOf(err))
			}
		})
	}
	i := door(&shelf{})
	i.ParseSBOM = func([]byte) (twin.SBOM, error) { return twin.SBOM{Subject: twin.ArtifactRef{Name: "two words"}}, nil }
	if _, err := i.IngestSBOM(t.Context(), discover.SBOMInput{Name: "f.json"}); fault.KindOf(err) != fault.Invalid || fault.HintOf(err) == "" {
		t.Errorf("got %v", err)
	}
	wrong := errors.New("disk on fire")
	if _, err := door(&shelf{err: wrong, did: make([]twin.Appended, 1)}).IngestSBOM(t.Context(), discover.SBOMInput{Body: []byte(unnamed), Artifact: "a"}); !errors.Is(err, wrong) {
		t.Errorf("got %v", err)
	}
}

// Every real bill of materials can be filed, or says why not.
func TestSBOMsOfRealImages(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(realdata.Dir(t, "sboms/docker-hub"), "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	var s shelf
	i := door(&s)
	for _, name := range files[:min(len(files), 10)] {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := i.IngestSBOM(t.Context(), discover.SBOMInput{Name: name, Body: body})
		if err != nil {
			t.Errorf("%v (%s)", err, fault.HintOf(err))
			continue
		}
		if ref, err := twin.ParseRef(got.Artifact); err != nil || ref.ID() != s.list[len(s.list)-1].Subject {
			t.Errorf("%s: filed as %q", name, got.Artifact)
		}
	}
}

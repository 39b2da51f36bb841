package sbom

import (
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// TestRealDocuments reads every file of the shared SBOMs: it parses, or the
// reason why not is in this table.
func TestRealDocuments(t *testing.T) {
	t.Parallel()
	for name, data := range documents(t, sbomFolder) {
		got, err := Parse(data, Options{})
		reason := expectedRefusal(name)
		if reason == "" && err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if reason != "" {
			if err == nil || !strings.Contains(err.Error(), reason) || fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v, want %q", name, err, reason)
			}
			continue
		}
		if again, _ := Parse(data, Options{}); !cmp.Equal(got, again) {
			t.Errorf("%s: read twice, read differently", name)
		}
		checkGraph(t, name, got)
	}
}

func expectedRefusal(name string) string {
	switch {
	case path.Base(name) == "COPYING", strings.HasSuffix(name, ".yml"):
		return "neither a JSON object nor XML"
	}
	return ""
}

// checkGraph sees that every index is one of a component.
func checkGraph(t *testing.T, name string, s twin.SBOM) {
	t.Helper()
	for _, d := range s.Dependencies {
		if d.From < -1 || d.From >= len(s.Components) || len(d.To) == 0 {
			t.Errorf("%s: dependency %+v of %d components", name, d, len(s.Components))
		}
		for _, to := range d.To {
			if to < 0 || to >= len(s.Components) {
				t.Errorf("%s: dependency %+v of %d components", name, d, len(s.Components))
			}
		}
	}
	if n := s.Quality.NoPurl + s.Quality.BadPurl + s.Quality.UnknownEcosystem; n > len(s.Quality.Issues) {
		t.Errorf("%s: %d counted, %d listed", name, n, len(s.Quality.Issues))
	}
}

// TestKnownDocuments holds figures counted by other means (jq) from the documents.
func TestKnownDocuments(t *testing.T) {
	t.Parallel()
	const sha = "sha256:ac9a82772d377190ec9d7c895cf4feac5e776922af965c313af39879e2c437a1"
	tests := []struct {
		file              string
		components, edges int
		subject           twin.ArtifactRef
		quality           twin.Quality
		extra             int // the subject itself, if it can have advisories
	}{
		{
			"docker-hub/nginx.cdx.json", 144, 0,
			twin.ArtifactRef{Name: "docker.io/library/nginx", Tag: "latest", Digest: sha},
			twin.Quality{NoPurl: 1},
			0,
		},
		{"docker-hub/nginx.spdx.json", 143, 0, twin.ArtifactRef{Name: "docker.io/library/nginx", Tag: "latest"}, twin.Quality{}, 0},
		{"docker-hub/redis.spdx.json", 99, 0, twin.ArtifactRef{Name: "docker.io/library/redis", Tag: "latest"}, twin.Quality{}, 0},
		{"docker-hub/vault.spdx.json", 348, 0, twin.ArtifactRef{Name: "docker.io/library/vault", Tag: "latest"}, twin.Quality{NoVersion: 3}, 0},
		{"kubernetes-releases/kube-apiserver-v1.25.1.spdx.json", 143, 0, twin.ArtifactRef{Name: "k8s.gcr.io/kube-apiserver", Tag: "v1.25.1"}, twin.Quality{}, 0},
		{"apps/keycloak-10.0.2.cdx.json", 903, 994, twin.ArtifactRef{Name: "org.keycloak/keycloak-parent", Tag: "10.0.2"}, twin.Quality{}, 1},
		{"apps/juice-shop-npm-flat-1.6.cdx.json", 1101, 1766, twin.ArtifactRef{Name: "juice-shop", Tag: "14.1.1"}, twin.Quality{Duplicates: 117}, 1},
		{"spdx-examples/software/example11/spdx2.3/sbom.spdx.json", 4, 4, twin.ArtifactRef{Name: "hello-server-src", Tag: "0.1.0"}, twin.Quality{}, 0},
		{
			"cyclonedx-examples/CBOM/Protocol/bom.json", 8, 0,
			twin.ArtifactRef{Name: "my application", Tag: "1.0"},
			twin.Quality{NoPurl: 8, NoVersion: 8, Duplicates: 1},
			0,
		},
		{
			"cyclonedx-examples/SaaSBOM/apigateway-microservices-datastores/bom.json", 0, 0,
			twin.ArtifactRef{Name: "Acme Cloud Example", Tag: "2022-1"},
			twin.Quality{DanglingRefs: 10},
			0,
		},
		{"cyclonedx-examples/VEX/vex.json", 0, 0, twin.ArtifactRef{}, twin.Quality{}, 0},
	}
	files := documents(t, sbomFolder)
	for _, tt := range tests {
		got, err := Parse(files[tt.file], Options{})
		if err != nil {
			t.Errorf("%s: %v", tt.file, err)
			continue
		}
		if extra := len(got.Contents()) - tt.components; extra != tt.extra {
			t.Errorf("%s: %d subjects that can have advisories, want %d", tt.file, extra, tt.extra)
		}
		edges := 0
		for _, d := range got.Dependencies {
			edges += len(d.To)
		}
		if len(got.Components) != tt.components || edges != tt.edges || got.Subject != tt.subject {
			t.Errorf("%s: %d components, %d edges, subject %v", tt.file, len(got.Components), edges, got.Subject)
		}
		tt.quality.Components = tt.components
		got.Quality.Issues, got.Quality.Repeats = nil, nil
		if diff := cmp.Diff(tt.quality, got.Quality); diff != "" {
			t.Errorf("%s: %s", tt.file, diff)
		}
	}
}

// TestConformance reads the CycloneDX project's own documents. All that are
// valid and of a version that we read must parse. Of the invalid ones most
// break a rule of the schema that does not matter here (a licence, a hash): they
// parse, or are refused properly.
func TestConformance(t *testing.T) {
	t.Parallel()
	valid, invalid := 0, 0
	for name, data := range documents(t, conformanceFolder) {
		version, base := path.Dir(name), path.Base(name)
		if strings.HasSuffix(base, ".textproto") || !strings.HasPrefix(version, "1.") {
			continue
		}
		got, err := Parse(data, Options{})
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v is of kind %s", name, err, fault.KindOf(err))
		}
		if !strings.HasPrefix(base, "valid-") {
			invalid++
			continue
		}
		valid++
		old := version == "1.0" || version == "1.1"
		if old && (err == nil || !strings.Contains(err.Error(), "of version")) {
			t.Errorf("%s: %v, want its version refused", name, err)
		}
		if !old && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !old && err == nil && got.SpecVersion != version {
			t.Errorf("%s: read as version %s", name, got.SpecVersion)
		}
	}
	t.Logf("%d valid and %d invalid documents", valid, invalid)
	if valid < 350 || invalid < 300 {
		t.Error("documents are missing")
	}
}

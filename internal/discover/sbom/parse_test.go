package sbom_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/discover/sbom"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

const digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// shop is one bill of materials in every format, and what each must be read as.
const shopJSON = `{
  "$schema": "http://cyclonedx.org/schema/bom-VERSION.schema.json",
  "dependencies": [
    {"ref": "app", "dependsOn": ["web", "gone"]},
    {"ref": "web", "dependsOn": ["log"]},
    {"ref": "nobody", "dependsOn": ["web"]}
  ],
  "components": [
    {"type": "library", "bom-ref": "web", "group": "org.example", "name": "web", "version": "2.0.1",
     "purl": "pkg:maven/org.example/web@2.0.1",
     "components": [
       {"bom-ref": "log", "type": "library", "name": "log", "purl": "pkg:maven/org.example/log@1.0?type=jar"}
     ]},
    {"type": "operating-system", "name": "debian", "version": "11"}
  ],
  "metadata": {
    "timestamp": "2026-03-01T12:00:00.1234567+01:00",
    "tools": [{"vendor": "example", "name": "lister", "version": "3"}],
    "component": {"type": "application", "bom-ref": "app", "group": "org.example", "name": "shop", "version": "7"}
  },
  "specVersion": "VERSION",
  "bomFormat": "CycloneDX"
}`

const shopXML = `<?xml version="1.0" encoding="UTF-8"?>
<!-- a comment with a < in it -->
<bom xmlns="http://cyclonedx.org/schema/bom/VERSION" version="1">
  <metadata>
    <timestamp>2026-03-01T12:00:00.1234567+01:00</timestamp>
    <tools><tool><vendor>example</vendor><name>lister</name><version>3</version></tool></tools>
    <component type="application" bom-ref="app"><group>org.example</group><name>shop</name><version>7</version></component>
  </metadata>
  <components>
    <component type="library" bom-ref="web">
      <group>org.example</group>
      <name>
        web
      </name>
      <version>2.0.1</version>
      <purl>pkg:maven/org.example/web@2.0.1</purl>
      <components>
        <component type="library" bom-ref="log"><name>log</name><purl><![CDATA[pkg:maven/org.example/log@1.0?type=jar]]></purl></component>
      </components>
    </component>
    <component type="operating-system"><name>debian</name><version>11</version></component>
  </components>
  <dependencies>
    <dependency ref="app"><dependency ref="web"/><dependency ref="gone"/></dependency>
    <dependency ref="web"><dependency ref="log"/></dependency>
    <dependency ref="nobody"><dependency ref="web"/></dependency>
  </dependencies>
</bom>
`

func wantShop(version string) twin.SBOM {
	return twin.SBOM{
		Format:      "CycloneDX",
		SpecVersion: version,
		Subject:     twin.ArtifactRef{Name: "org.example/shop", Tag: "7"},
		Root:        &twin.Component{Type: "application", Group: "org.example", Name: "shop", Version: "7", Ref: "app"},
		CreatedAt:   time.Date(2026, 3, 1, 11, 0, 0, 123456000, time.UTC),
		Tools:       []string{"lister 3"},
		Components: []twin.Component{
			{Purl: "pkg:maven/org.example/web@2.0.1", Type: "library", Group: "org.example", Name: "web", Version: "2.0.1", Ref: "web"},
			{Purl: "pkg:maven/org.example/log@1.0?type=jar", Type: "library", Name: "log", Version: "1.0", Ref: "log"},
			{Type: "operating-system", Name: "debian", Version: "11"},
		},
		Dependencies: []twin.Dependency{{From: 0, To: []int{1}}, {From: -1, To: []int{0}}},
		Quality: twin.Quality{
			Components: 3, NoPurl: 1, DanglingRefs: 2,
			Issues: []twin.Issue{{Component: "debian@11", Reason: twin.NoPurl}},
		},
	}
}

func TestParseCycloneDX(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"1.2", "1.3", "1.4", "1.5", "1.6", "1.7"} {
		for name, text := range map[string]string{
			"json":          shopJSON,
			"json-with-bom": "\ufeff" + shopJSON,
			"xml":           shopXML,
			"xml-with-bom":  "\ufeff" + shopXML,
			"xml-prefixed":  prefixed(shopXML),
		} {
			t.Run(version+"-"+name, func(t *testing.T) {
				t.Parallel()
				got, err := sbom.Parse([]byte(strings.ReplaceAll(text, "VERSION", version)), sbom.Options{})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(wantShop(version), got); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// prefixed writes every element of an XML document with a namespace prefix.
func prefixed(text string) string {
	text = strings.NewReplacer("</", "</b:", "<!", "<!", "<?", "<?", "< ", "< ", "<", "<b:").Replace(text)
	return strings.Replace(text, "xmlns=", "xmlns:b=", 1)
}

const shopSPDX = `{
  "spdxVersion": "SPDX-VERSION",
  "SPDXID": "SPDXRef-DOCUMENT",
  "name": "shop-7",
  "documentNamespace": "https://example.org/shop",
  "creationInfo": {"created": "2026-03-01T11:00:00Z", "creators": ["Organization: Example", "Tool: lister-3"]},
  "relationships": [
    {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-app"},
    {"spdxElementId": "SPDXRef-app", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "SPDXRef-web"},
    {"spdxElementId": "SPDXRef-log", "relationshipType": "DEPENDENCY_OF", "relatedSpdxElement": "SPDXRef-web"},
    {"spdxElementId": "SPDXRef-web", "relationshipType": "CONTAINS", "relatedSpdxElement": "SPDXRef-log"},
    {"spdxElementId": "SPDXRef-web", "relationshipType": "CONTAINS", "relatedSpdxElement": "SPDXRef-File-x"},
    {"spdxElementId": "SPDXRef-log", "relationshipType": "CONTAINED_BY", "relatedSpdxElement": "SPDXRef-app"},
    {"spdxElementId": "SPDXRef-web", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "SPDXRef-gone"},
    {"spdxElementId": "SPDXRef-web", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "NOASSERTION"},
    {"spdxElementId": "SPDXRef-web", "relationshipType": "OTHER", "relatedSpdxElement": "SPDXRef-gone"}
  ],
  "packages": [
    {"SPDXID": "SPDXRef-app", "name": "shop", "versionInfo": "7", "primaryPackagePurpose": "APPLICATION"},
    {"SPDXID": "SPDXRef-web", "name": "web", "versionInfo": "2.0.1", "externalRefs": [
      {"referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a:x:y:1:*:*:*:*:*:*:*"},
      {"referenceCategory": "PACKAGE_MANAGER", "referenceType": "purl", "referenceLocator": "pkg:maven/org.example/web@2.0.1"}]},
    {"SPDXID": "SPDXRef-log", "name": "log", "versionInfo": "NOASSERTION", "externalRefs": [
      {"referenceType": "http://spdx.org/rdf/references/PURL", "referenceLocator": "pkg:maven/org.example/log@1.0?type=jar"},
      {"referenceType": "purl", "referenceLocator": "pkg:maven/org.example/log-api@1.0"}]},
    {"SPDXID": "SPDXRef-os", "name": "debian", "primaryPackagePurpose": "OPERATING-SYSTEM"}
  ]
}`

func TestParseSPDX(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"2.2", "2.3"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			got, err := sbom.Parse([]byte(strings.ReplaceAll(shopSPDX, "VERSION", version)), sbom.Options{})
			if err != nil {
				t.Fatal(err)
			}
			want := twin.SBOM{
				Format:      "SPDX",
				SpecVersion: version,
				Subject:     twin.ArtifactRef{Name: "shop", Tag: "7"},
				Root:        &twin.Component{Type: "application", Name: "shop", Version: "7", Ref: "SPDXRef-app"},
				CreatedAt:   time.Date(2026, 3, 1, 11, 0, 0, 0, time.UTC),
				Tools:       []string{"lister-3"},
				Components: []twin.Component{
					{Purl: "pkg:maven/org.example/web@2.0.1", Name: "web", Version: "2.0.1", Ref: "SPDXRef-web"},
					{Purl: "pkg:maven/org.example/log@1.0?type=jar", Name: "log", Version: "1.0", Ref: "SPDXRef-log"},
					{Purl: "pkg:maven/org.example/log-api@1.0", Name: "log", Version: "1.0", Ref: "SPDXRef-log"},
					{Type: "operating-system", Name: "debian", Ref: "SPDXRef-os"},
				},
				Dependencies: []twin.Dependency{{From: -1, To: []int{0, 1}}, {From: 0, To: []int{1}}},
				Quality: twin.Quality{
					Components: 4, NoPurl: 1, NoVersion: 1, DanglingRefs: 1,
					Issues: []twin.Issue{{Component: "debian", Reason: twin.NoPurl}},
				},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSubject(t *testing.T) {
	t.Parallel()
	cdx := func(component string) string {
		return `{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":` + component + `}}`
	}
	spdx := func(head, packages string) string {
		return `{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT",` + head + `,"packages":[` + packages + `]}`
	}
	syft := func(name string) string {
		return spdx(`"name":"`+name+`","documentNamespace":"https://anchore.com/syft/image/x","creationInfo":{"creators":["Tool: syft-0.57.0"]}`, "")
	}
	oci := "pkg:oci/shop@sha256%3A" + strings.TrimPrefix(digest, "sha256:") + "?tag=9"
	tests := []struct {
		name, text string
		want       twin.ArtifactRef
		components int
	}{
		{
			"syft image", cdx(`{"type":"container","name":"docker.io/library/alpine:latest","version":"` + digest + `"}`),
			twin.ArtifactRef{Name: "docker.io/library/alpine", Tag: "latest", Digest: digest},
			0,
		},
		{
			"image with a digest in its name", cdx(`{"type":"container","name":"reg:5000/shop@` + digest + `","version":"7"}`),
			twin.ArtifactRef{Name: "reg:5000/shop", Tag: "7", Digest: digest},
			0,
		},
		{
			"image with a purl", cdx(`{"type":"container","name":"shop:8","purl":"` + oci + `"}`),
			twin.ArtifactRef{Name: "shop", Tag: "8", Digest: digest},
			0,
		},
		{
			"image whose name is no reference", cdx(`{"type":"container","name":"my shop","version":"7"}`),
			twin.ArtifactRef{Name: "my shop", Tag: "7"},
			0,
		},
		{
			"application", cdx(`{"type":"application","group":"org.example","name":"shop","version":"7","purl":"pkg:maven/org.example/shop@7"}`),
			twin.ArtifactRef{Name: "org.example/shop", Tag: "7"},
			0,
		},
		{
			"application with its version in the purl", cdx(`{"type":"application","name":"shop","purl":"pkg:npm/shop@7"}`),
			twin.ArtifactRef{Name: "shop", Tag: "7"},
			0,
		},
		{
			"application with parts", cdx(`{"name":"shop","components":[{"name":"part","purl":"pkg:npm/part@1"}]}`),
			twin.ArtifactRef{Name: "shop"},
			1,
		},
		{"none", `{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":null},"components":null}`, twin.ArtifactRef{}, 0},
		{"syft document", syft("docker.io/library/alpine-latest"), twin.ArtifactRef{Name: "docker.io/library/alpine", Tag: "latest"}, 0},
		{"syft document of a release", syft("k8s.gcr.io/kube-apiserver-v1.24.1"), twin.ArtifactRef{Name: "k8s.gcr.io/kube-apiserver", Tag: "v1.24.1"}, 0},
		{"syft document of a digest", syft("alpine@sha256-" + digest[7:]), twin.ArtifactRef{Name: "alpine", Digest: digest}, 0},
		{"syft document without a tag", syft("my-registry/alpine"), twin.ArtifactRef{Name: "my-registry/alpine"}, 0},
		{"document of another tool", spdx(`"name":"shop-7"`, ""), twin.ArtifactRef{Name: "shop-7"}, 0},
		{
			"described package with a purl stays a component", spdx(`"name":"d","documentDescribes":["a"]`,
				`{"SPDXID":"a","name":"shop","versionInfo":"7","externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:npm/shop@7"}]}`),
			twin.ArtifactRef{Name: "shop", Tag: "7"},
			1,
		},
		{
			"described image is the subject alone", spdx(`"name":"d","documentDescribes":["a"]`,
				`{"SPDXID":"a","name":"shop","versionInfo":"9","primaryPackagePurpose":"CONTAINER","externalRefs":[{"referenceType":"purl","referenceLocator":"`+oci+`"}]}`),
			twin.ArtifactRef{Name: "shop", Tag: "9", Digest: digest},
			0,
		},
		{
			"two described packages", spdx(`"name":"d","documentDescribes":["a","b","gone","SPDXRef-DOCUMENT"]`, `{"SPDXID":"a","name":"x"},{"SPDXID":"b","name":"y"}`),
			twin.ArtifactRef{Name: "d"},
			2,
		},
	}
	for _, tt := range tests {
		t.Run(strings.ReplaceAll(tt.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			got, err := sbom.Parse([]byte(tt.text), sbom.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.Subject); diff != "" {
				t.Error(diff)
			}
			if len(got.Components) != tt.components {
				t.Errorf("%d components, want %d: %v", len(got.Components), tt.components, got.Components)
			}
		})
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	text := strings.ReplaceAll(shopJSON, "VERSION", "1.6")
	got, err := sbom.Read(strings.NewReader(text), sbom.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wantShop("1.6"), got); diff != "" {
		t.Error(diff)
	}
	_, err = sbom.Read(strings.NewReader(text), sbom.Options{Limits: sbom.Limits{Document: 512}})
	if fault.KindOf(err) != fault.Invalid || err.Error() != "the document is larger than 512 bytes" {
		t.Errorf("too large a document: %v", err)
	}
}

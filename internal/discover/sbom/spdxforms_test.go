package sbom_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/discover/sbom"
	"github.com/tidemark/tidemark/internal/twin"
)

// The same document in three forms: a service that contains two packages, of
// which one needs the other and something that is not listed.
const spdx23JSON = `{
  "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "doc", "documentNamespace": "https://example.org/doc",
  "creationInfo": {"created": "2026-03-01T11:00:00Z", "creators": ["Organization: Example", "Tool: lister-3"]},
  "packages": [
    {"SPDXID": "SPDXRef-app", "name": "shop", "versionInfo": "7", "primaryPackagePurpose": "APPLICATION"},
    {"SPDXID": "SPDXRef-web", "name": "web", "versionInfo": "2.0.1", "primaryPackagePurpose": "LIBRARY",
     "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:maven/org.example/web@2.0.1"}]},
    {"SPDXID": "SPDXRef-kernel", "name": "kernel", "versionInfo": "NOASSERTION", "primaryPackagePurpose": "OPERATING_SYSTEM"}
  ],
  "files": [{"SPDXID": "SPDXRef-file", "fileName": "./a"}],
  "relationships": [
    {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-app"},
    {"spdxElementId": "SPDXRef-app", "relationshipType": "CONTAINS", "relatedSpdxElement": "SPDXRef-web"},
    {"spdxElementId": "SPDXRef-web", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "SPDXRef-kernel"},
    {"spdxElementId": "SPDXRef-web", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "SPDXRef-gone"}
  ]
}`

const spdx23Tags = "\ufeff" + `# made by hand
SPDXVersion: SPDX-2.3
DataLicense: CC0-1.0
SPDXID: SPDXRef-DOCUMENT
DocumentName: doc
DocumentNamespace: https://example.org/doc
Creator: Organization: Example
Creator: Tool: lister-3
Created: 2026-03-01T11:00:00Z
DocumentComment: <text>PackageName: this is
PackageName: no package</text>

##### Relationships may come before what they name
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-app
Relationship: SPDXRef-app CONTAINS SPDXRef-web

PackageName: shop
SPDXID: SPDXRef-app
PackageVersion: 7
PrimaryPackagePurpose: APPLICATION

FileName: ./a
SPDXID: SPDXRef-file
FileCopyrightText: <text>NONE</text>

PackageName: <text>web</text>
SPDXID: SPDXRef-web
PackageVersion: 2.0.1
PrimaryPackagePurpose: LIBRARY
ExternalRef: SECURITY cpe23Type cpe:2.3:a:example:web:2.0.1:*:*:*:*:*:*:*
ExternalRef: PACKAGE-MANAGER purl pkg:maven/org.example/web@2.0.1
ExternalRefComment: of the release
PackageName: kernel
SPDXID: SPDXRef-kernel
PackageVersion: NOASSERTION
PrimaryPackagePurpose: OPERATING-SYSTEM
Relationship: SPDXRef-web DEPENDS_ON SPDXRef-kernel
RelationshipComment: always
Relationship: SPDXRef-web DEPENDS_ON SPDXRef-gone
`

const spdx30JSON = `{
  "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
  "@graph": [
    {"type": "Relationship", "spdxId": "r1", "creationInfo": "_:c", "relationshipType": "contains", "from": "SPDXRef-app", "to": ["SPDXRef-web"]},
    {"type": "Relationship", "spdxId": "r2", "relationshipType": "dependsOn", "from": "SPDXRef-web", "to": ["SPDXRef-kernel", "SPDXRef-gone"]},
    {"type": "CreationInfo", "@id": "_:c", "specVersion": "3.0.1", "created": "2026-03-01T11:00:00Z", "createdBy": ["o"], "createdUsing": ["t"]},
    {"type": "Tool", "spdxId": "t", "name": "lister-3"},
    {"type": "SpdxDocument", "spdxId": "d", "name": "doc", "rootElement": ["b"], "element": ["SPDXRef-app"]},
    {"type": "software_Sbom", "spdxId": "b", "rootElement": "SPDXRef-app"},
    {"type": "software_Package", "spdxId": "SPDXRef-app", "name": "shop", "software_packageVersion": "7", "software_primaryPurpose": "application"},
    {"type": "software_Package", "spdxId": "SPDXRef-web", "name": "web", "software_packageVersion": "2.0.1", "software_primaryPurpose": "library",
     "software_packageUrl": "pkg:maven/org.example/web@2.0.1",
     "externalIdentifier": [
       {"type": "ExternalIdentifier", "externalIdentifierType": "packageUrl", "identifier": "pkg:maven/org.example/web@2.0.1"},
       {"type": "ExternalIdentifier", "externalIdentifierType": "cpe23", "identifier": "cpe:2.3:a:example:web:2.0.1:*:*:*:*:*:*:*"}
     ]},
    {"type": "software_Package", "spdxId": "SPDXRef-kernel", "name": "kernel", "software_primaryPurpose": "operatingSystem"},
    {"type": "software_File", "spdxId": "SPDXRef-file", "name": "./a"}
  ]
}`

// TestFormsOfSPDX: what a document says does not depend on how it is written.
func TestFormsOfSPDX(t *testing.T) {
	t.Parallel()
	want := twin.SBOM{
		Format: "SPDX", SpecVersion: "2.3", Subject: twin.ArtifactRef{Name: "shop", Tag: "7"},
		Root:      &twin.Component{Type: "application", Name: "shop", Version: "7", Ref: "SPDXRef-app"},
		CreatedAt: time.Date(2026, 3, 1, 11, 0, 0, 0, time.UTC),
		Tools:     []string{"lister-3"},
		Components: []twin.Component{
			{Purl: "pkg:maven/org.example/web@2.0.1", Type: "library", Name: "web", Version: "2.0.1", Ref: "SPDXRef-web"},
			{Type: "operating-system", Name: "kernel", Ref: "SPDXRef-kernel"},
		},
		Dependencies: []twin.Dependency{{From: -1, To: []int{0}}, {From: 0, To: []int{1}}},
		Quality: twin.Quality{
			Components: 2, NoPurl: 1, NoVersion: 1, DanglingRefs: 1,
			Issues: []twin.Issue{{Component: "kernel", Reason: twin.NoPurl}},
		},
	}
	for name, text := range map[string]string{
		"json": spdx23JSON, "tag-value": spdx23Tags, "tag-value with carriage returns": strings.ReplaceAll(spdx23Tags, "\n", "\r\n"),
		"spdx 3": spdx30JSON, "spdx 3 with colons": strings.NewReplacer("software_", "software:").Replace(spdx30JSON), "wrapped": `{"sbom":` + spdx23JSON + `}`,
	} {
		want := want
		if strings.HasPrefix(name, "spdx 3") {
			want.SpecVersion = "3.0.1"
		}
		got, err := sbom.Parse([]byte(text), sbom.Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestModelsAndData: an AI package and a dataset are components of their kinds.
func TestModelsAndData(t *testing.T) {
	t.Parallel()
	text := `{"@context":"https://spdx.org/rdf/3.0.0/spdx-context.jsonld","@graph":[
		{"type":"SpdxDocument","spdxId":"d","name":"models","creationInfo":{"type":"CreationInfo","specVersion":"3.0.0","created":"2026-01-01T00:00:00Z"}},
		{"type":"ai_AIPackage","spdxId":"m","name":"net","software_packageVersion":"1","software_packageUrl":"pkg:huggingface/org/net@1"},
		{"type":"dataset_DatasetPackage","spdxId":"s","name":"faces","software_primaryPurpose":"data"},
		{"type":"Relationship","spdxId":"r","relationshipType":"trainedOn","from":"m","to":["s"]}]}`
	got, err := sbom.Parse([]byte(text), sbom.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []twin.Component{
		{Type: "machine-learning-model", Name: "net", Version: "1", Ref: "m", Purl: "pkg:huggingface/org/net@1"},
		{Type: "data", Name: "faces", Ref: "s"},
	}
	if diff := cmp.Diff(want, got.Components); diff != "" || got.Subject.Name != "models" || got.SpecVersion != "3.0.0" {
		t.Errorf("%+v %s\n%s", got.Subject, got.SpecVersion, diff)
	}
}

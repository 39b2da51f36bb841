package sbom

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/fault"
)

// FuzzParse sees that no bytes make the reader panic, hang or say two things;
// that a refusal is the input's fault; and that what it accepts is sound.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"timestamp":"2026-01-01T00:00:00Z","tools":{"components":[{"name":"a"}]},` +
			`"component":{"bom-ref":"r","name":"x:1","type":"container","version":"2","components":[{"name":"y"}]}},` +
			`"components":[{"bom-ref":"a","purl":"pkg:npm/%40a/b@1?x=y#z","components":[{"bom-ref":"b"}]}],"dependencies":[{"ref":"r","dependsOn":["a","b"]}]}`,
		`{"bomFormat":"CycloneDX","specVersion":"1.2","components":[{"name":"\ud83d\ude00\u0000","version":null}],"x":[1.5e-3,true,null,{"a":[]}]}`,
		`{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"a-b","documentNamespace":"https://x/image/y","creationInfo":{"creators":["Tool: syft-1"]},` +
			`"packages":[{"SPDXID":"p","name":"n","versionInfo":"1","externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:oci/x@sha256:ab"}]},{"SPDXID":"q"}],` +
			`"documentDescribes":["p"],"relationships":[{"spdxElementId":"p","relationshipType":"CONTAINS","relatedSpdxElement":"q"}]}`,
		`{"spdxVersion":"SPDX-2.2"}`,
		`{"@context":"x","@graph":[]}`,
		"\ufeff" + `<?xml version="1.0" encoding="UTF-8"?><bom xmlns="http://cyclonedx.org/schema/bom/1.6"><metadata><component type="application"><name>a</name></component></metadata>` +
			`<components><component bom-ref="a"><name>b &amp; <![CDATA[c]]></name><!-- x --><components><component/></components></component></components>` +
			`<dependencies><dependency ref="a"><dependency ref="b"/></dependency></dependencies></bom>`,
		`<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>`,
		`{"@context":"x","@graph":[{"@id":"_:c","type":"CreationInfo","specVersion":"3.0.1","createdUsing":["t"]},{"type":"Tool","spdxId":"t","name":"a"},` +
			`{"type":"SpdxDocument","spdxId":"d","rootElement":["s"]},{"type":"software_Sbom","spdxId":"s","rootElement":["p","s"]},` +
			`{"type":"software_Package","spdxId":"p","name":"n","software_packageUrl":"pkg:npm/a@1"},{"type":"Relationship","relationshipType":"dependsOn","from":"p","to":"q"}]}`,
		`{"sbom":{"spdxVersion":"SPDX-2.3","packages":[{"name":"a"}]}}`,
		"SPDXVersion: SPDX-2.3\nCreator: Tool: x\nPackageName: a\nSPDXID: p\nExternalRef: OTHER purl pkg:npm/a@1\nPackageComment: <text>a\nb</text>\nRelationship: p CONTAINS q\nFileName: f\n",
		"SPDXVersion: SPDX-2.2\n", "\x1f\x8b", "[]", "{", "<a", "",
	} {
		f.Add([]byte(seed))
	}
	limits := Limits{Document: 1 << 16, Depth: 32, String: 1 << 12, Components: 100}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Parse(data, Options{Limits: limits})
		if err != nil {
			if fault.KindOf(err) != fault.Invalid || strings.ContainsAny(err.Error(), "\n\r\x00\x1b") || !utf8.ValidString(err.Error()) {
				t.Fatalf("%q is not fit to be shown", err)
			}
			return
		}
		sameOnce(t, "input", data, limits.orDefaults())
		if again, err := Parse(data, Options{Limits: limits}); err != nil || !cmp.Equal(got, again) {
			t.Fatalf("read twice, read differently: %v", err)
		}
		checkGraph(t, "input", got)
		if len(got.Components) > limits.Components {
			t.Fatalf("%d components", len(got.Components))
		}
		for _, c := range got.Components {
			text := c.Purl + c.Type + c.Group + c.Name + c.Version + c.Ref
			if !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\x1b\n\u202e") {
				t.Fatalf("%q holds what it should not", text)
			}
		}
	})
}

// FuzzReader compares which bytes are JSON with the standard library.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{`{"a":[1,-0.5e+3,"x\u00e4\n",true,null,{}]}`, `{"a":01}`, `{"":""}`, `{"a":1}x`, "{\"\xff\":1}", `{"a":"\ud800"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := look(data, Limits{}.orDefaults())
		if err == nil && !json.Valid(data) {
			t.Fatalf("%q is no JSON, but accepted", data)
		}
		var members map[string]json.RawMessage
		// The reader is stricter about encoding, doubles and depth; else it
		// accepts what the standard library accepts.
		strict := err != nil && (strings.Contains(err.Error(), "UTF-8") || strings.Contains(err.Error(), "twice") || strings.Contains(err.Error(), "deeper"))
		if err != nil && !strict && json.Unmarshal(data, &members) == nil {
			t.Fatalf("%q is a JSON object, but: %v", data, err)
		}
	})
}

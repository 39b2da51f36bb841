package sbom_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/discover/sbom"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// cdx16 is a CycloneDX document with these members.
func cdx16(members string) string {
	return `{"bomFormat":"CycloneDX","specVersion":"1.6",` + members + `}`
}

func xml16(inside string) string {
	return `<bom xmlns="http://cyclonedx.org/schema/bom/1.6">` + inside + `</bom>`
}

// manyKeys is n members of an object.
func manyKeys(n int) string {
	members := make([]string, n)
	for i := range members {
		members[i] = fmt.Sprintf(`"k%d":1`, i)
	}
	return strings.Join(members, ",")
}

// TestRefuse holds every refusal with its words: what was found, and where.
func TestRefuse(t *testing.T) {
	t.Parallel()
	const supported = "supported are CycloneDX 1.2 to 1.7 (JSON, XML) and SPDX 2.2 and 2.3 (JSON, tag-value) and 3.0 (JSON)"
	small := sbom.Limits{Document: 40_000, Depth: 8, String: 100, Components: 3, Dependencies: 2, Elements: 9}
	tests := []struct {
		name, text, want string
		hint             string
	}{
		// Formats.
		{"empty", " \n", "the document is empty", ""},
		{"gzip", "\x1f\x8b\x08rest", "this is gzip data, not an SBOM; " + supported, "unpack it first; compressed documents are not opened"},
		{"zip", "PK\x03\x04rest", "this is a zip archive, not an SBOM; " + supported, "unpack it first; compressed documents are not opened"},
		{"utf-16-le", "\xff\xfe{\x00}\x00", "this is UTF-16 text, not an SBOM; " + supported, "convert it to UTF-8"},
		{"utf-16-be", "\xfe\xff\x00{\x00}", "this is UTF-16 text, not an SBOM; " + supported, "convert it to UTF-8"},
		{"utf-16-unmarked", "\x00{\x00}", "this is UTF-16 text, not an SBOM; " + supported, "convert it to UTF-8"},
		{"utf-32", "\xff\xfe\x00\x00{\x00\x00\x00", "this is UTF-32 text, not an SBOM; " + supported, "convert it to UTF-8"},
		{"array", `[{"bomFormat":"CycloneDX"}]`, "this is a JSON array, not an SBOM (which is one object); " + supported, ""},
		{"tag-value-2.0", "# comment\nSPDXVersion: SPDX-2.0\n", `SPDX document (tag-value), line 2: this is an SPDX document of version "SPDX-2.0"; ` + supported, ""},
		{"tag-value-without-tag", "SPDXVersion: SPDX-2.3\nwhat is this\n", `SPDX document (tag-value), line 2: "what is this" is no tag with a value`, ""},
		{"tag-value-latin-1", "SPDXVersion: SPDX-2.3\nPackageName: \xe4\n", "SPDX document (tag-value): the text is not UTF-8", ""},
		{
			"tag-value-cut", "SPDXVersion: SPDX-2.3\nDocumentComment: <text>a\n", "SPDX document (tag-value), line 2: the document ends inside of a <text> (truncated?)", "",
		},
		{
			"tag-value-relation", "SPDXVersion: SPDX-2.3\nDocumentComment: <text>a\nb</text>\nRelationship: a b\n",
			`SPDX document (tag-value), line 4: a Relationship is an element, a type and an element, not "a b"`, "",
		},
		{
			"tag-value-relations", "SPDXVersion: SPDX-2.3\n" + strings.Repeat("Relationship: a CONTAINS b\n", 3), "SPDX document (tag-value), line 4: more than 2 relationships", "",
		},
		{
			"tag-value-reference", "SPDXVersion: SPDX-2.3\nPackageName: a\nExternalRef: purl pkg:npm/a@1\n",
			`SPDX document (tag-value), line 3: an ExternalRef is a category, a type and a locator, not "purl pkg:npm/a@1"`, "",
		},
		{"tag-value-packages", "SPDXVersion: SPDX-2.3\n" + strings.Repeat("PackageName: a\n", 4), "SPDX document (tag-value), line 5: more than 3 components", ""},
		{"tag-value-long", "SPDXVersion: SPDX-2.3\nPackageName: " + strings.Repeat("x", 101), "SPDX document (tag-value), line 2: a value longer than 100 bytes", ""},
		{"tag-value-without-version", "DocumentName: x\nSPDXVersion:x", `SPDX document (tag-value), line 2: this is an SPDX document of version "x"; ` + supported, ""},
		{"spdx-yaml", "name: x\nspdxVersion: \"SPDX-2.3\"\n", "this is an SPDX document in YAML form; " + supported, ""},
		{"cyclonedx-yaml", "bomFormat: CycloneDX\n", "this is a CycloneDX document in YAML form; " + supported, ""},
		{"text", "hello", "this is neither a JSON object nor XML; " + supported, ""},
		{"random-json", `{"a":1}`, "this is a JSON object that is neither CycloneDX (bomFormat) nor SPDX 2 (spdxVersion); " + supported, ""},
		{
			"spdx-3", `{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[]}`,
			"SPDX 3 document: no element says of which version of SPDX the document is (creationInfo.specVersion)", "",
		},
		{
			"spdx-3.1", `{"@context":"x","@graph":[{"type":"CreationInfo","specVersion":"3.1"}]}`,
			`SPDX 3 document: line 1, column 27 (@graph[0]): an element of SPDX "3.1"; ` + supported, "",
		},
		{
			"spdx-3-packages", `{"@context":"x","@graph":[` + strings.Repeat(`{"type":"software_Package"},`, 3) + `{"type":"software_Package"}]}`,
			"SPDX 3 document: line 1, column 111 (@graph[3]): more than 3 components", "",
		},
		{
			"attestation", `{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://spdx.dev/Document","predicate":{}}`,
			"this is an attestation; " + supported, "give the SBOM inside it (the predicate)",
		},
		{
			"wrapped-number", `{"sbom":1}`, `the object under "sbom": this is a JSON object whose "sbom" is no SBOM; ` + supported, "",
		},
		{
			"wrapped-twice", `{"sbom":{"sbom":{"spdxVersion":"SPDX-2.3"}}}`, `the object under "sbom": this is a JSON object whose "sbom" is no SBOM; ` + supported, "",
		},
		{
			"wrapped-broken", `{"sbom":{"spdxVersion":"SPDX-2.3","packages":{}}}`,
			`the object under "sbom": SPDX 2.3 document: line 1, column 38 (packages): an object where an array should be`, "",
		},
		{
			"syft-json", `{"artifacts":[],"schema":{}}`, "this is a document in Syft's own JSON; " + supported,
			"write it anew with: syft convert FILE -o cyclonedx-json",
		},
		{"other-bom-format", `{"bomFormat":"Other"}`, `this is a JSON object whose bomFormat is "Other"; ` + supported, ""},
		{"cyclonedx-without-version", `{"bomFormat":"CycloneDX"}`, "this is a CycloneDX document that does not say its version; " + supported, ""},
		{"cyclonedx-1.8", `{"bomFormat":"CycloneDX","specVersion":"1.8"}`, `this is a CycloneDX document of version "1.8"; ` + supported, ""},
		{
			"cyclonedx-number", `{"bomFormat":"CycloneDX","specVersion":1.6}`,
			"CycloneDX document: line 1, column 40 (specVersion): a number where a string should be", "",
		},
		{"spdx-2.1", `{"spdxVersion":"SPDX-2.1"}`, `this is an SPDX document of version "SPDX-2.1"; ` + supported, ""},
		{"html", "<html></html>", "this is an XML document whose root element is <html>; " + supported, ""},
		{"xml-of-another-namespace", `<bom xmlns="urn:x"/>`, "this is an XML document whose root element is <bom> of urn:x; " + supported, ""},
		{"cyclonedx-xml-1.1", `<bom xmlns="http://cyclonedx.org/schema/bom/1.1"/>`, `this is a CycloneDX document of version "1.1"; ` + supported, ""},
		{"rdf", `<rdf:RDF xmlns:rdf="urn:rdf"></rdf:RDF>`, "this is an RDF/XML document (SPDX, perhaps); " + supported, ""},

		// JSON.
		{
			"truncated", `{"bomFormat":"CycloneDX",` + "\n" + `"components":[{"na`,
			"not valid JSON: line 2, column 19 (components): the document ends inside a string (truncated?)", "",
		},
		{"truncated-at-a-value", `{"bomFormat":`, "not valid JSON: line 1, column 14 (bomFormat): the document ends where a value should be (truncated?)", ""},
		{"truncated-in-an-object", `{"a":{"b":1`, "not valid JSON: line 1, column 12 (a): the document ends where a comma or '}' should be (truncated?)", ""},
		{"garbage-behind", `{"a":1} {"b":2}`, "not valid JSON: line 1, column 9: the document has ended, but more follows", ""},
		{
			"same-key-twice", `{"components":[],"bomFormat":"CycloneDX","comp\u006fnents":[]}`,
			`not valid JSON: line 1, column 42: the key "components" stands twice in one object`, "",
		},
		{
			"same-key-twice-in-a-component", cdx16(`"components":[{"name":"a"},` + "\n" + `{"purl":"pkg:npm/a@1","purl":"pkg:npm/a@2"}]`),
			`CycloneDX 1.6 document: line 2, column 23 (components[1]): the key "purl" stands twice in one object`, "",
		},
		{"too-deep", `{"a":` + strings.Repeat("[", 20), "not valid JSON: line 1, column 13 (a): nested deeper than 8 levels", ""},
		{"too-deep-components", cdx16(strings.Repeat(`"components":[{`, 20)), "not valid JSON: line 1, column 105 (components): nested deeper than 8 levels", ""},
		{"long-string", `{"a":"` + strings.Repeat("x", 101) + `"}`, "not valid JSON: line 1, column 7 (a): a string longer than 100 bytes", ""},
		{"long-key", `{"` + strings.Repeat("x", 101) + `":1}`, "not valid JSON: line 1, column 3: a string longer than 100 bytes", ""},
		{"control-character", "{\"a\":\"x\x00y\"}", "not valid JSON: line 1, column 8 (a): a control character (0x00) inside a string", ""},
		{"line-break-in-a-string", "{\"a\":\"x\ny\"}", "not valid JSON: line 1, column 8 (a): a control character (0x0a) inside a string", ""},
		{"not-utf-8", "{\"ä\":\"ö\xe4\"}", "not valid JSON: line 1, column 8 (ä): the byte 0xe4 is not UTF-8", ""},
		{"bad-escape", `{"a":"\x41"}`, "not valid JSON: line 1, column 7 (a): an escape that JSON does not have", ""},
		{"short-escape", `{"a":"\u12"}`, "not valid JSON: line 1, column 7 (a): an escape that JSON does not have", ""},
		{"bad-number", `{"a":01}`, `not valid JSON: line 1, column 6 (a): "01" is not a number`, ""},
		{"bad-fraction", `{"a":1.}`, `not valid JSON: line 1, column 6 (a): "1." is not a number`, ""},
		{"bad-literal", `{"a":nul}`, "not valid JSON: line 1, column 6 (a): a literal where a value should be", ""},
		{"comma-at-the-end", `{"a":[1,]}`, "not valid JSON: line 1, column 9 (a): ']' where a value should be", ""},
		{"comma-at-the-end-of-an-object", `{"a":1,}`, "not valid JSON: line 1, column 8: '}' where a key should be", ""},
		{"no-colon", `{"a" 1}`, "not valid JSON: line 1, column 6: a number where a colon should be", ""},
		{"key-without-quotes", `{a:1}`, "not valid JSON: line 1, column 2: 'a' where a key should be", ""},
		{"components-not-an-array", cdx16(`"components":{}`), "CycloneDX 1.6 document: line 1, column 59 (components): an object where an array should be", ""},
		{"component-not-an-object", cdx16(`"components":["x"]`), "CycloneDX 1.6 document: line 1, column 60 (components[0]): a string where an object should be", ""},
		{"name-not-a-string", cdx16(`"components":[{"name":["x"]}]`), "CycloneDX 1.6 document: line 1, column 68 (components[0].name): an array where a string should be", ""},
		{
			"too-many-components", cdx16(`"components":[{"components":[{},{}]},{}]`),
			"CycloneDX 1.6 document: line 1, column 83 (components[1]): more than 3 components", "",
		},
		{
			"too-many-packages", `{"spdxVersion":"SPDX-2.3","packages":[{},{},{},{}]}`,
			"SPDX 2.3 document: line 1, column 48 (packages[3]): more than 3 components", "",
		},
		{
			"too-many-purls", `{"spdxVersion":"SPDX-2.3","packages":[{"externalRefs":[` +
				`{"referenceType":"purl","referenceLocator":"a"},{"referenceType":"purl","referenceLocator":"b"},` +
				`{"referenceType":"purl","referenceLocator":"c"},{"referenceType":"purl","referenceLocator":"d"}]}]}`,
			"SPDX 2.3 document: line 1, column 39 (packages[0]): more than 3 components", "",
		},
		{
			"relationships-not-an-array", `{"spdxVersion":"SPDX-2.2","relationships":7}`,
			"SPDX 2.2 document: line 1, column 43 (relationships): a number where an array should be", "",
		},
		{
			"too-many-dependencies", cdx16(`"components":[{"bom-ref":"a"},{"bom-ref":"b"}],"dependencies":[` +
				`{"ref":"a","dependsOn":["b","a","b","gone"]},{"ref":"b","dependsOn":["a"]}]`),
			"CycloneDX 1.6 document: line 1, column 178 (dependencies[1].dependsOn[0]): more than 2 dependencies", "",
		},
		{
			"dependency-not-a-string", cdx16(`"dependencies":[{"dependsOn":["a",7]}]`),
			"CycloneDX 1.6 document: line 1, column 80 (dependencies[0].dependsOn[1]): a number where a string should be", "",
		},
		{"too-many-keys", "{" + manyKeys(1001) + "}", "not valid JSON: line 1, column 8892: more than 1000 keys in one object", ""},
		{
			"too-many-tools", cdx16(`"metadata":{"tools":[` + strings.Repeat(`{"name":"a"},`, 1000) + `{"name":"a"}]}`),
			"CycloneDX 1.6 document: line 1, column 13079 (metadata.tools[1000]): more than 1000 tools", "",
		},
		{
			"too-many-spdx-tools", `{"spdxVersion":"SPDX-2.3","creationInfo":{"creators":[` + strings.Repeat(`"Tool: a",`, 1000) + `"Tool: a"]}}`,
			"SPDX 2.3 document: line 1, column 10064 (creationInfo.creators[1000]): more than 1000 tools", "",
		},
		{"too-large", `{"a":"` + strings.Repeat("x", 40_000) + `"}`, "the document is larger than 40000 bytes", "split it, or leave out its list of files"},

		// XML.
		{
			"document-type", "<?xml version=\"1.0\"?>\n<!DOCTYPE bom [<!ENTITY a \"b\">]>\n" + xml16(""),
			"not acceptable XML: line 2, column 1: a document type or entity declaration, which is not accepted", "",
		},
		{"entity", xml16("<metadata>&a;</metadata>"), "not acceptable XML: line 1, column 60 (bom/metadata): an entity that XML does not define", ""},
		{
			"encoding", "<?xml version='1.0' encoding='ISO-8859-1'?>" + xml16(""),
			`not acceptable XML: line 1, column 1: the document says that its encoding is "ISO-8859-1"; only UTF-8 is read`, "",
		},
		{"xml-not-utf-8", xml16("<a>\xe4</a>"), "not acceptable XML: line 1, column 53: the byte 0xe4 is not UTF-8", ""},
		{"xml-too-deep", xml16(strings.Repeat("<a>", 8)), "not acceptable XML: line 1, column 71 (bom/a/a/a/a/a/a/a): nested deeper than 8 levels", ""},
		{
			"xml-long-text", xml16("<a>" + strings.Repeat("x", 60) + "<!-- -->" + strings.Repeat("x", 41) + "</a>"),
			"not acceptable XML: line 1, column 121 (bom/a): a text longer than 100 bytes", "",
		},
		{
			"xml-long-cdata", xml16("<a><![CDATA[" + strings.Repeat("x", 101) + "]]></a>"),
			"not acceptable XML: line 1, column 53 (bom/a): a text longer than 100 bytes", "",
		},
		{"xml-long-attribute", xml16(`<a b="` + strings.Repeat("x", 101) + `"/>`), "not acceptable XML: line 1, column 50 (bom): a tag longer than 100 bytes", ""},
		{
			"xml-truncated", `<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><components>`,
			"not acceptable XML: line 1, column 62 (bom/components): the document ends inside this element (truncated?)", "",
		},
		{"xml-truncated-tag", `<bom xmlns="http://cyclo`, "not acceptable XML: line 1, column 1: this tag has no end (truncated?)", ""},
		{"xml-truncated-comment", "<!-- ", "not acceptable XML: line 1, column 1: this comment has no end (truncated?)", ""},
		{"xml-two-roots", xml16("") + "<bom/>", "not acceptable XML: line 1, column 56: the document has ended, but another element follows", ""},
		{"xml-text-behind", xml16("") + "x", "not acceptable XML: line 1, column 56: text outside of the root element", ""},
		{"xml-end-without-start", "</a>", "not acceptable XML: line 1, column 1: an end tag without its start", ""},
		{"xml-wrong-end", xml16("<a></b>"), "not acceptable XML: line 1, column 53 (bom/a): the end of <b> where the end of <a> should be", ""},
		{
			"xml-bad-tag", "<bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\">\n<vulnerabilities>\n</vulnerabilities>\n<components b></components></bom>",
			"CycloneDX 1.6 document: line 4: attribute name without = in element", "",
		},
		{"xml-control-character", xml16("<a>\x01</a>"), "not acceptable XML: line 1, column 53 (bom/a): a control character (0x01), which XML does not have", ""},
		{"xml-without-an-element", "<?xml version='1.0'?>", "not acceptable XML: line 1, column 22: the document has no element", ""},
		{
			"xml-too-many-elements", xml16("<dependencies>" + strings.Repeat("<dependency/>", 8) + "</dependencies>"),
			"not acceptable XML: line 1, column 155 (bom/dependencies): more than 9 elements", "",
		},
		{
			"xml-too-many-components", xml16("<components>" + strings.Repeat("<component/>", 4) + "</components>"),
			"not acceptable XML: line 1, column 98 (bom/components): more than 3 components", "",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := sbom.Parse([]byte(tt.text), sbom.Options{Limits: small})
			if err == nil {
				t.Fatalf("accepted: %+v", got)
			}
			if fault.KindOf(err) != fault.Invalid {
				t.Errorf("kind %s, want invalid", fault.KindOf(err))
			}
			if err.Error() != tt.want {
				t.Errorf("got  %s\nwant %s", err, tt.want)
			}
			if hint := fault.HintOf(err); hint != tt.hint {
				t.Errorf("hint %q, want %q", hint, tt.hint)
			}
			if diff := cmp.Diff(twin.SBOM{}, got); diff != "" {
				t.Errorf("something came with the error: %s", diff)
			}
		})
	}
}

// TestDefaultLimits sees that real limits hold without being asked for.
func TestDefaultLimits(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, want string }{
		"depth":    {`{"a":` + strings.Repeat("[", 100_000), "nested deeper than 256 levels"},
		"string":   {`{"a":"` + strings.Repeat("x", 10<<20) + `"}`, "a string longer than 8 MiB"},
		"elements": {xml16(strings.Repeat("<a>", 100_000)), "nested deeper than 256 levels"},
		"text":     {xml16("<a>" + strings.Repeat("x", 10<<20) + "</a>"), "a text longer than 8 MiB"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := sbom.Parse([]byte(tt.text), sbom.Options{})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
}

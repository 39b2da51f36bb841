package sbom_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/discover/sbom"
	"github.com/tidemark/tidemark/internal/twin"
)

func TestQuality(t *testing.T) {
	t.Parallel()
	components := []string{
		`{"name":"fine","version":"1","purl":"pkg:npm/fine@1"}`,
		`{"name":"version in the purl","purl":"pkg:npm/inside@2"}`,
		`{"name":"old alpine","version":"1","purl":"pkg:alpine/musl@1?distro=alpine-3.16"}`,
		`{"type":"file","name":"/etc/passwd"}`,
		`{"group":"g","name":"n","version":"1"}`,
		`{}`,
		`{"name":"no version","purl":"pkg:deb/debian/tar"}`,
		`{"name":"fedora","version":"1","purl":"pkg:rpm/fedora/tar@1"}`,
		`{"name":"generic","purl":"pkg:generic/tar"}`,
		`{"name":"bad","version":"1","purl":"npm/bad@1"}`,
		`{"name":"fine again","version":"1","purl":"pkg:npm/fine@1"}`,
		`{"group":"g","name":"n","version":"1"}`,
		`{}`,
	}
	got, err := sbom.Parse([]byte(cdx16(`"components":[`+strings.Join(components, ",")+`]`)), sbom.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := twin.Quality{
		Components: 13, NoPurl: 5, NoVersion: 5, UnknownEcosystem: 2, BadPurl: 1, Duplicates: 2,
		Issues: []twin.Issue{
			{Component: "/etc/passwd", Reason: twin.NoPurl},
			{Component: "g/n@1", Reason: twin.NoPurl},
			{Component: "component 6 (without a name)", Reason: twin.NoPurl},
			{Component: "pkg:deb/debian/tar", Reason: twin.NoVersion},
			{Component: "pkg:rpm/fedora/tar@1", Reason: twin.UnsupportedEcosystem, Detail: "pkg:rpm/fedora"},
			{Component: "pkg:generic/tar", Reason: twin.UnsupportedEcosystem, Detail: "pkg:generic"},
			{Component: "npm/bad@1", Reason: twin.NoPurl, Detail: `not a package URL: purl scheme is not "pkg": "npm/bad@1"`},
			{Component: "g/n@1", Reason: twin.NoPurl},
			{Component: "component 13 (without a name)", Reason: twin.NoPurl},
		},
		Repeats: []string{"pkg:npm/fine@1", "g/n@1"},
	}
	if diff := cmp.Diff(want, got.Quality); diff != "" {
		t.Error(diff)
	}
	if len(got.Components) != len(components) {
		t.Errorf("%d components of %d", len(got.Components), len(components))
	}
	if v := got.Components[1].Version; v != "2" {
		t.Errorf("version %q is not that of the purl", v)
	}
}

// TestNamesAreData sees that a name is kept as it is, except for what would
// speak to a terminal or stop a database.
func TestNamesAreData(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, json, want string }{
		{"path", `../../etc/passwd`, "../../etc/passwd"},
		{"windows-path", `..\\..\\x`, `..\..\x`},
		{"unicode", `größe \u00e4 \ud83d\ude00`, "größe ä 😀"},
		{"escapes", `\"\/\\`, `"/\`},
		{"nul", `a\u0000b`, "a\uFFFDb"},
		{"terminal", `a\u001b[31mb`, "a\uFFFD[31mb"},
		{"line-breaks", `a\r\n\tb`, "a\uFFFD\uFFFD\uFFFDb"},
		{"rubout-and-c1", `a\u007f\u009bb`, "a\uFFFD\uFFFDb"},
		{"backspace", `a\b\fb`, "a\uFFFD\uFFFDb"},
		{"direction", `a\u202eb\u2066`, "a\uFFFDb\uFFFD"},
		{"half-a-pair", `a\ud83db\udc00`, "a\uFFFDb\uFFFD"},
		{"half-a-pair-and-a-letter", `a\ud83d\u0041`, "a\uFFFDA"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := sbom.Parse([]byte(cdx16(`"components":[{"name":"`+tt.json+`"}]`)), sbom.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if name := got.Components[0].Name; name != tt.want {
				t.Errorf("name %q, want %q", name, tt.want)
			}
		})
	}
}

func TestNotes(t *testing.T) {
	t.Parallel()
	want := []string{
		`"yesterday" is not a time: when the document was made is not known`,
		"2 texts hold control characters; they are shown as \uFFFD",
	}
	tests := map[string]string{
		"json": cdx16(`"metadata":{"timestamp":"yesterday"},"components":[{"name":"a\u0000","version":"1\u0000"}]`),
		"xml": xml16("<metadata><timestamp>yesterday</timestamp></metadata>" +
			"<components><component><name>a\u202e</name><version>1\u0085-</version></component></components>"),
		"spdx": `{"spdxVersion":"SPDX-2.3","creationInfo":{"created":"yesterday"},"packages":[{"name":"a\u0000","versionInfo":"1\u0000"}]}`,
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := sbom.Parse([]byte(text), sbom.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got.Quality.Notes); diff != "" {
				t.Error(diff)
			}
			if !got.CreatedAt.IsZero() {
				t.Errorf("created at %v", got.CreatedAt)
			}
		})
	}
}

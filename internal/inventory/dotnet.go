package inventory

import (
	"bytes"
	"context"
	"encoding/xml"
	"strings"

	"github.com/tidemark/tidemark/internal/twin"
)

// readProject reads the PackageReferences of an MSBuild project. One whose
// version stands elsewhere (a central file, a property) or is a range comes
// without a version, and is undecided; the library would leave it out.
func readProject(_ context.Context, in input) ([]twin.Component, error) {
	type reference struct {
		Include  string `xml:"Include,attr"`
		Update   string `xml:"Update,attr"`
		Version  string `xml:"Version,attr"`
		Override string `xml:"VersionOverride,attr"`
		Inner    string `xml:"Version"`
	}
	var project struct {
		XMLName xml.Name
		Groups  []struct {
			References []reference `xml:"PackageReference"`
		} `xml:"ItemGroup"`
	}
	if err := decodeXML(in.data, &project); err != nil {
		return nil, err
	}
	var out []twin.Component
	for _, g := range project.Groups {
		for _, r := range g.References {
			version := pinned(firstOf(r.Override, r.Version, r.Inner))
			if strings.ContainsAny(version, "$*[(,") {
				version = ""
			}
			if name := firstOf(r.Include, r.Update); name != "" {
				out = append(out, component("nuget", name, version))
			}
		}
	}
	return sorted(out), nil
}

// pinned is the version that a range of one names: "[1.2.3]" of NuGet and Maven
// allows 1.2.3 and no other.
func pinned(version string) string {
	version = strings.TrimSpace(version)
	inner, ok := strings.CutPrefix(version, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	if !ok || !closed || strings.ContainsAny(inner, "[],()") {
		return version
	}
	return strings.TrimSpace(inner)
}

// maxDepth is how deep an XML document may nest.
const maxDepth = 200

// decodeXML decodes a document after a look at how deep it nests. Entities of
// the document's own are not known to the decoder, which fails on them.
func decodeXML(data []byte, v any) error {
	depth := 0
	for d := xml.NewDecoder(bytes.NewReader(data)); ; {
		token, err := d.RawToken()
		if token == nil {
			break // what is broken is said by the decoder below
		}
		if err != nil {
			return err
		}
		switch token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		}
		if depth > maxDepth {
			return errTooDeep
		}
	}
	return xml.Unmarshal(data, v)
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

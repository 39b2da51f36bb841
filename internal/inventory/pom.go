package inventory

import (
	"context"
	"encoding/xml"
	"errors"
	"strings"

	"github.com/tidemark/tidemark/internal/twin"
)

var errTooDeep = errors.New("the document nests too deep")

// pom is what of a Maven project is read. The library's reader would ask
// repositories for parents, and links a client for each; here only the file
// itself is asked.
type pom struct {
	Parent struct {
		Group   string `xml:"groupId"`
		Version string `xml:"version"`
	} `xml:"parent"`
	Group      string         `xml:"groupId"`
	Version    string         `xml:"version"`
	Properties pomProperties  `xml:"properties"`
	Managed    []pomReference `xml:"dependencyManagement>dependencies>dependency"`
	Needs      []pomReference `xml:"dependencies>dependency"`
}

type pomReference struct {
	Group    string `xml:"groupId"`
	Artifact string `xml:"artifactId"`
	Version  string `xml:"version"`
	Scope    string `xml:"scope"`
}

// pomProperties are elements with names of the project's choice.
type pomProperties struct {
	List []struct {
		XMLName xml.Name
		Value   string `xml:",chardata"`
	} `xml:",any"`
}

// readPOM reads the dependencies that a project names itself, without what they
// need in turn. A version that the file does not say (it is a parent's, or a
// range) is left out, and the component is undecided.
func readPOM(_ context.Context, in input) ([]twin.Component, error) {
	var p pom
	if err := decodeXML(in.data, &p); err != nil {
		return nil, err
	}
	known := p.known()
	managed := map[string]string{}
	for _, m := range p.Managed {
		managed[known.fill(m.Group)+":"+known.fill(m.Artifact)] = known.fill(m.Version)
	}
	var out []twin.Component
	for _, n := range p.Needs {
		group, artifact := known.fill(n.Group), known.fill(n.Artifact)
		version := pinned(firstOf(known.fill(n.Version), managed[group+":"+artifact]))
		if strings.ContainsAny(version, "$[(,") {
			version = ""
		}
		if artifact != "" && !strings.Contains(group+artifact, "${") {
			out = append(out, component("maven", group+"/"+artifact, version))
		}
	}
	return sorted(out), nil
}

// properties of a project by name.
type properties map[string]string

func (p pom) known() properties {
	known := properties{}
	for _, e := range p.Properties.List {
		known[e.XMLName.Local] = strings.TrimSpace(e.Value)
	}
	for _, prefix := range []string{"project.", "pom.", ""} {
		known[prefix+"version"] = strings.TrimSpace(firstOf(p.Version, p.Parent.Version))
		known[prefix+"groupId"] = strings.TrimSpace(firstOf(p.Group, p.Parent.Group))
	}
	known["project.parent.version"] = strings.TrimSpace(p.Parent.Version)
	return known
}

// maxFills bounds how often properties may name properties.
const maxFills = 20

// fill puts the values of properties in a text; what is not known stays.
func (p properties) fill(text string) string {
	text = strings.TrimSpace(text)
	for range maxFills {
		start := strings.Index(text, "${")
		if start < 0 {
			return text
		}
		name, rest, ok := strings.Cut(text[start+2:], "}")
		value, found := p[name]
		if !ok || !found || len(text) > maxLine {
			return text
		}
		text = text[:start] + value + rest
	}
	return text
}

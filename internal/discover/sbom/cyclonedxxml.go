package sbom

import (
	"bytes"
	"encoding/xml"
	"errors"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// xmlNamespace begins the namespace of every CycloneDX schema; the version follows.
const xmlNamespace = "http://cyclonedx.org/schema/bom/"

// parseXML reads a CycloneDX XML document: the scan first, then the library
// what the scan leaves of it.
func parseXML(data []byte, limits Limits) (*document, error) {
	data, err := checkXML(data, limits)
	if err != nil {
		return nil, prefix("not acceptable XML", err)
	}
	root, err := rootElement(data)
	if err != nil {
		return nil, prefix("not valid XML", err)
	}
	version, ok := strings.CutPrefix(root.Space, xmlNamespace)
	if !ok || root.Local != "bom" {
		return nil, unknownXML(root)
	}
	if err := checkCycloneDX(version); err != nil {
		return nil, err
	}
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(bytes.NewReader(data), cdx.BOMFileFormatXML).Decode(&bom); err != nil {
		return nil, prefix("CycloneDX "+version+" document", xmlError(err))
	}
	return convert(&bom, version), nil
}

// rootElement returns the name of the first element.
func rootElement(data []byte) (xml.Name, error) {
	decoder := xml.NewDecoder(bytes.NewReader(data))
	for {
		token, err := decoder.Token()
		if err != nil {
			return xml.Name{}, xmlError(err)
		}
		if start, ok := token.(xml.StartElement); ok {
			return start.Name, nil
		}
	}
}

// xmlError says a syntax error in our words.
func xmlError(err error) error {
	if syntax, ok := errors.AsType[*xml.SyntaxError](err); ok {
		return fault.New(fault.Invalid, "line %d: %s", syntax.Line, show(syntax.Msg))
	}
	return fault.New(fault.Invalid, "%s", show(err.Error()))
}

// show makes what a document says fit for a message.
func show(s string) string { return shorten(printable([]byte(s)), 200) }

func unknownXML(root xml.Name) error {
	what := "an XML document whose root element is <" + show(root.Local) + ">"
	if root.Space != "" {
		what += " of " + show(root.Space)
	}
	if root.Local == "RDF" {
		what = "an RDF/XML document (SPDX, perhaps)"
	}
	return fault.New(fault.Invalid, "this is %s; %s", what, supported)
}

// converter makes a document of what the library read.
type converter struct{ doc *document }

func convert(bom *cdx.BOM, version string) *document {
	c := converter{&document{format: formatCycloneDX, version: version}}
	if bom.Metadata != nil {
		c.metadata(bom.Metadata)
	}
	c.components(bom.Components, noParent)
	for _, d := range deref(bom.Dependencies) {
		c.depends(c.text(d.Ref), deref(d.Dependencies))
	}
	return c.doc
}

func (c *converter) metadata(m *cdx.Metadata) {
	c.doc.created = c.text(m.Timestamp)
	if m.Tools != nil {
		c.tools(m.Tools)
	}
	if m.Component == nil {
		return
	}
	root := c.component(m.Component)
	c.components(m.Component.Components, subject)
	c.doc.setRoot(root)
}

func (c *converter) tools(t *cdx.ToolsChoice) {
	for _, tool := range deref(t.Tools) {
		c.doc.addTool(c.text(tool.Name), c.text(tool.Version))
	}
	for _, tool := range deref(t.Components) {
		c.doc.addTool(c.text(tool.Name), c.text(tool.Version))
	}
	for _, tool := range deref(t.Services) {
		c.doc.addTool(c.text(tool.Name), c.text(tool.Version))
	}
}

// components lists components, each before those nested in it.
func (c *converter) components(list *[]cdx.Component, parent int) {
	for _, raw := range deref(list) {
		index := len(c.doc.components)
		component := c.component(&raw)
		c.doc.components = append(c.doc.components, component)
		c.components(raw.Components, index)
		c.doc.graph.name(component.Ref, index)
		if parent != noParent {
			c.doc.graph.link(parent, index)
		}
	}
}

func (c *converter) component(raw *cdx.Component) twin.Component {
	out := twin.Component{
		Purl:    c.text(raw.PackageURL),
		Type:    c.text(string(raw.Type)),
		Group:   c.text(raw.Group),
		Name:    c.text(raw.Name),
		Version: c.text(raw.Version),
		Ref:     c.text(raw.BOMRef),
	}
	var more beside
	for _, p := range deref(raw.Properties) {
		more.property(p.Name, []byte(p.Value))
	}
	addUpstream(&out, &more)
	return out
}

// text makes a text of the document fit to be shown. XML may break lines
// around it, which says nothing.
func (c *converter) text(s string) string {
	s = strings.TrimSpace(s)
	clean := printable([]byte(s))
	if clean != s {
		c.doc.replaced++
	}
	return clean
}

// depends adds what the document says of one component's dependencies.
func (c *converter) depends(ref string, on []string) {
	from, known := c.doc.graph.find(ref)
	for _, r := range on {
		if to, ok := c.doc.graph.find(c.text(r)); ok && known {
			c.doc.graph.link(from, to)
		}
	}
}

// deref spares the library's pointers to slices their nil checks.
func deref[T any](list *[]T) []T {
	if list == nil {
		return nil
	}
	return *list
}

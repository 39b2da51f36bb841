package sbom

import (
	"strings"

	"github.com/tidemark/tidemark/internal/twin"
)

// cyclonedx reads the parts of a CycloneDX JSON document that we keep.
type cyclonedx struct {
	*outline
	r   *reader
	doc *document
}

// newCycloneDX begins a document of a version.
func newCycloneDX(o *outline, version string) format {
	return &cyclonedx{outline: o, r: &o.reader, doc: &document{format: formatCycloneDX, version: version}}
}

// parts implements format.
func (c *cyclonedx) parts() []part {
	return []part{
		{"metadata", false, c.metadata},
		{"components", true, func() error { return c.r.array(func() error { return c.listed(noParent) }) }},
		{"dependencies", true, func() error { return c.r.array(c.dependency) }},
	}
}

// made implements format.
func (c *cyclonedx) made() *document {
	c.doc.replaced = c.r.replaced
	return c.doc
}

// noParent says that a component lies in no other, not even in the subject.
const noParent = -2

func (c *cyclonedx) metadata() error {
	return c.r.object(func(key []byte) (err error) {
		switch string(key) {
		case "timestamp":
			c.doc.created, err = c.r.text()
		case "tools":
			err = c.tools()
		case "component":
			err = c.root()
		default:
			err = c.r.skip()
		}
		return err
	})
}

// tools reads an array of tools, or since 1.5 an object of components and services.
func (c *cyclonedx) tools() error {
	if c.r.peek() == '[' {
		return c.r.array(c.tool)
	}
	return c.r.object(func(key []byte) error {
		switch string(key) {
		case "components", "services":
			return c.r.array(c.tool)
		}
		return c.r.skip()
	})
}

func (c *cyclonedx) tool() error {
	var name, version string
	err := c.r.object(func(key []byte) (err error) {
		switch string(key) {
		case "name":
			name, err = c.r.text()
		case "version":
			version, err = c.r.text()
		default:
			err = c.r.skip()
		}
		return err
	})
	if err == nil && len(c.doc.tools) == maxTools {
		return c.r.fail(c.r.pos, "more than %d tools", maxTools)
	}
	c.doc.addTool(name, version)
	return err
}

// maxTools bounds the tools that a document says it was made by.
const maxTools = 1000

func (d *document) addTool(name, version string) {
	if tool := strings.TrimSpace(name + " " + version); tool != "" {
		d.tools = append(d.tools, tool)
	}
}

// root reads metadata.component: the subject. What is nested in it is listed.
func (c *cyclonedx) root() error {
	if c.r.null() {
		return nil
	}
	component, err := c.component(subject)
	if err != nil {
		return err
	}
	c.doc.setRoot(component)
	return nil
}

// setRoot makes a component the subject.
func (d *document) setRoot(c twin.Component) {
	d.graph.name(c.Ref, subject)
	d.subject = subjectRef(c)
	d.root = &c
}

// listed reads a component into the list, after it those nested in it.
func (c *cyclonedx) listed(parent int) error {
	index := len(c.doc.components)
	if index == c.r.limits.Components {
		return c.r.fail(c.r.pos, "more than %d components", index)
	}
	// It takes its place before those nested in it, whose key may come before
	// its name.
	c.doc.components = append(c.doc.components, twin.Component{})
	component, err := c.component(index)
	if err != nil {
		return err
	}
	c.doc.components[index] = component
	c.doc.graph.name(component.Ref, index)
	if parent != noParent {
		c.doc.graph.link(parent, index)
	}
	return nil
}

// component reads one component object; index is its place, for the graph of
// those nested in it.
func (c *cyclonedx) component(index int) (twin.Component, error) {
	var out twin.Component
	var more beside
	err := c.r.object(func(key []byte) (err error) {
		switch string(key) {
		case "purl":
			out.Purl, err = c.r.text()
		case "type":
			out.Type, err = c.r.text()
		case "group":
			out.Group, err = c.r.text()
		case "name":
			out.Name, err = c.r.text()
		case "version":
			out.Version, err = c.r.text()
		case "bom-ref":
			out.Ref, err = c.r.text()
		case "components":
			err = c.r.array(func() error { return c.listed(index) })
		case "properties":
			err = c.properties(&more)
		default:
			err = c.r.skip()
		}
		return err
	})
	addUpstream(&out, &more)
	return out, err
}

// properties reads the properties of a component. Most say nothing to us, so
// whatever is no list of names and values is passed over.
func (c *cyclonedx) properties(more *beside) error {
	if c.r.peek() != '[' {
		return c.r.skip()
	}
	return c.r.array(func() error {
		if c.r.peek() != '{' {
			return c.r.skip()
		}
		var name, value []byte
		err := c.r.object(func(key []byte) (err error) {
			switch {
			case c.r.peek() == '"' && string(key) == "name":
				name, err = c.r.bytes()
			case c.r.peek() == '"' && string(key) == "value":
				value, err = c.r.bytes()
			default:
				err = c.r.skip()
			}
			return err
		})
		more.property(string(name), value)
		return err
	})
}

// dependency reads one entry of the graph: a ref, then what it depends on,
// wherever in the entry the ref stands.
func (c *cyclonedx) dependency() error {
	ref, list := "", -1
	err := c.r.object(func(key []byte) (err error) {
		switch string(key) {
		case "ref":
			ref, err = c.r.text()
		case "dependsOn":
			c.r.space()
			list = c.r.pos
			err = c.r.skip()
		default:
			err = c.r.skip()
		}
		return err
	})
	if err != nil {
		return err
	}
	from, known := c.doc.graph.find(ref)
	if list < 0 {
		return nil
	}
	end := c.r.pos
	c.r.pos = list
	c.r.path = append(c.r.path, step{key: []byte("dependsOn")})
	err = c.r.array(func() error { return c.dependsOn(from, known) })
	if err != nil {
		return err
	}
	c.r.path = c.r.path[:len(c.r.path)-1]
	c.r.pos = end
	return nil
}

// dependsOn reads one ref on which a component depends; known says that the
// component itself is one.
func (c *cyclonedx) dependsOn(from int, known bool) error {
	at := c.r.pos
	ref, err := c.r.text()
	if err != nil {
		return err
	}
	to, ok := c.doc.graph.find(ref)
	if !ok || !known {
		return nil
	}
	c.doc.graph.link(from, to)
	if len(c.doc.graph.edges) > c.r.limits.Dependencies {
		return c.r.fail(at, "more than %d dependencies", c.r.limits.Dependencies)
	}
	return nil
}

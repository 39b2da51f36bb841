package sbom

import (
	"fmt"
	"time"

	"github.com/tidemark/tidemark/internal/twin"
)

// subject is the index of the subject in the graph.
const subject = -1

// document is what both formats and both syntaxes are read into: components in
// the order of the document, and a graph over them.
type document struct {
	format, version string
	created         string
	tools           []string
	subject         twin.ArtifactRef
	root            *twin.Component // what is said of the subject itself; nil for nothing
	components      []twin.Component
	graph           graph
	replaced        int      // texts with a character replaced
	notes           []string // what else a reader of the quality report should know
}

// finish turns the document into what the rest of the product reads.
func (d *document) finish() twin.SBOM {
	created, err := parseTime(d.created)
	if err != nil {
		d.notes = append(d.notes, fmt.Sprintf("%q is not a time: when the document was made is not known", shorten(d.created, 60)))
	}
	if d.replaced > 0 {
		d.notes = append(d.notes, fmt.Sprintf("%d texts hold control characters; they are shown as \uFFFD", d.replaced))
	}
	if d.components == nil {
		d.components = []twin.Component{}
	}
	for i := range d.components {
		fillVersion(&d.components[i])
	}
	if d.root != nil {
		fillVersion(d.root)
	}
	d.fillQualifiers()
	s := twin.SBOM{
		Format:       d.format,
		SpecVersion:  d.version,
		Subject:      d.subject,
		Root:         d.root,
		CreatedAt:    created,
		Tools:        d.tools,
		Components:   d.components,
		Dependencies: d.graph.dependencies,
		Quality:      assess(d.components),
	}
	s.Quality.DanglingRefs = d.graph.dangling
	s.Quality.Notes = d.notes
	return s
}

// parseTime reads a time as both formats write it; "" is no time.
func parseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		// A time without a zone is common enough, and XML schema allows it.
		t, err = time.Parse("2006-01-02T15:04:05", s)
	}
	if err != nil {
		return time.Time{}, err
	}
	return t.UTC().Truncate(time.Microsecond), nil
}

// graph collects edges between components by their ids inside the document.
type graph struct {
	byRef        map[string]int
	edges        map[edge]struct{}
	position     map[int]int // of a component in dependencies
	dependencies []twin.Dependency
	dangling     int
}

type edge struct{ from, to int }

// name gives a component its id; the first of two with one id keeps it.
func (g *graph) name(ref string, index int) {
	if ref == "" {
		return
	}
	if g.byRef == nil {
		g.byRef = make(map[string]int)
	}
	if _, taken := g.byRef[ref]; !taken {
		g.byRef[ref] = index
	}
}

// find returns the component of an id and counts an id that is nobody's.
func (g *graph) find(ref string) (int, bool) {
	i, ok := g.byRef[ref]
	if !ok {
		g.dangling++
	}
	return i, ok
}

// link adds an edge unless it is there.
func (g *graph) link(from, to int) {
	if g.edges == nil {
		g.edges, g.position = make(map[edge]struct{}), make(map[int]int)
	}
	e := edge{from, to}
	if _, known := g.edges[e]; known {
		return
	}
	g.edges[e] = struct{}{}
	i, known := g.position[from]
	if !known {
		i = len(g.dependencies)
		g.position[from] = i
		g.dependencies = append(g.dependencies, twin.Dependency{From: from})
	}
	g.dependencies[i].To = append(g.dependencies[i].To, to)
}

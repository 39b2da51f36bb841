package sbom

import (
	"bytes"
	"strings"
	"unicode"

	"github.com/tidemark/tidemark/internal/fault"
)

// spdx3 reads SPDX 3.0 (JSON-LD): one list of elements that name each other by
// their ids, in any order. Packages of all kinds (software, AI, datasets) are
// kept, files and licences are not. The subject is the package to which the
// document's root elements lead, through the bills of materials among them.
type spdx3 struct {
	spdxContent
	r     *reader
	roots map[string][]string // documents and bills of materials → their root elements
	texts map[string]string   // names of tools
	used  []string            // ids of the tools that made the document
	links []relation3
	first string // id of the document, else of its first bill of materials
}

// relation3 is a relationship with its many ends.
type relation3 struct {
	kind string
	from []byte
	to   [][]byte
}

// element3 is what an element of any type says that we keep.
type element3 struct {
	spdxPackage
	kind    string
	id      string
	roots   []string
	rel     relation3
	created string
	version string
	used    []string
}

func newSPDX3(o *outline) *spdx3 {
	return &spdx3{
		r: &o.reader, roots: map[string][]string{}, texts: map[string]string{},
		spdxContent: spdxContent{doc: &document{format: formatSPDX}},
	}
}

// graph reads all elements, and makes of them what SPDX 2 says in its way.
func (s *spdx3) graph() error {
	if err := s.r.array(s.element); err != nil {
		return err
	}
	if s.doc.version == "" {
		return fault.New(fault.Invalid, "no element says of which version of SPDX the document is (creationInfo.specVersion)")
	}
	s.relations.document = s.first
	s.relations.index(s.packages)
	for _, id := range s.described(s.first, map[string]bool{}) {
		s.relations.describes([]byte(id))
	}
	for _, l := range s.links {
		for _, to := range l.to {
			s.relate(l.kind, l.from, to)
		}
	}
	for _, id := range s.used {
		if name := s.texts[id]; name != "" && !s.tool("Tool: "+name) {
			return fault.New(fault.Invalid, "more than %d tools", maxTools)
		}
	}
	return nil
}

// described follows root elements to what is no list of them.
func (s *spdx3) described(id string, passed map[string]bool) []string {
	roots, ok := s.roots[id]
	if !ok {
		return []string{id}
	}
	if passed[id] {
		return nil
	}
	passed[id] = true
	var out []string
	for _, r := range roots {
		out = append(out, s.described(r, passed)...)
	}
	return out
}

// relate says a relationship as SPDX 2 did.
func (s *spdx3) relate(kind string, from, to []byte) {
	switch kind {
	case "describes":
		if _, ok := s.roots[string(from)]; ok {
			s.relations.describes(to)
		}
	case "contains", "hasOptionalComponent":
		s.relations.contains(from, to)
	case "dependsOn", "hasDynamicLink", "hasStaticLink", "hasOptionalDependency", "hasProvidedDependency", "hasPrerequisite":
		s.relations.depends(from, to)
	}
}

// element reads one element and files it by its type.
func (s *spdx3) element() error {
	at := s.r.pos
	var e element3
	if err := s.r.object(func(key []byte) error { return s.member(&e, key) }); err != nil {
		return err
	}
	if err := s.info(&e, at); err != nil {
		return err
	}
	switch e.kind {
	case "software_Package":
	case "ai_AIPackage":
		e.Type = "machine-learning-model"
	case "dataset_DatasetPackage":
		e.Type = "data"
	case "SpdxDocument", "software_Sbom", "Bom", "Bundle":
		s.roots[e.id] = e.roots
		if e.kind == "SpdxDocument" || s.first == "" {
			s.first, s.doc.subject.Name = e.id, e.Name
		}
		return nil
	case "Tool", "SoftwareAgent":
		s.texts[e.id] = e.Name
		return nil
	case "Relationship", "LifecycleScopedRelationship":
		s.links = append(s.links, e.rel)
		return nil
	default:
		return nil
	}
	e.Ref = e.id
	s.add(e.spdxPackage)
	if s.count > s.r.limits.Components {
		return s.r.fail(at, "more than %d components", s.r.limits.Components)
	}
	return nil
}

// info keeps what an element says of how the document was made.
func (s *spdx3) info(e *element3, at int) error {
	if e.version != "" && e.version != "3.0" && !strings.HasPrefix(e.version, "3.0.") {
		return s.r.fail(at, "an element of SPDX %q; %s", shorten(e.version, 60), supported)
	}
	if e.version != "" && s.doc.version == "" {
		s.doc.version, s.doc.created, s.used = e.version, e.created, e.used
	}
	return nil
}

// member reads one member of an element. The context's short names may have a
// colon for the underscore.
func (s *spdx3) member(e *element3, key []byte) (err error) {
	switch string(bytes.Replace(key, []byte(":"), []byte("_"), 1)) {
	case "type", "@type":
		e.kind, err = s.r.text()
		e.kind = strings.Replace(e.kind, ":", "_", 1)
	case "spdxId", "@id":
		e.id, err = s.r.text()
	case "name":
		e.Name, err = s.r.text()
	case "software_packageVersion":
		e.Version, err = s.r.text()
	case "software_primaryPurpose":
		var purpose string
		purpose, err = s.r.text()
		e.Type = kebab(purpose)
	case "software_packageUrl":
		err = s.packageURL(e)
	case "software_sourceInfo":
		var text []byte
		text, err = s.r.bytes()
		e.more.sourceInfo(text)
	case "externalIdentifier":
		err = s.many(func() error { return s.identifier(e) })
	case "rootElement":
		err = s.ids(&e.roots)
	case "creationInfo":
		err = s.creation(e)
	default:
		err = s.rare(e, string(key))
	}
	return err
}

// rare are the members of relationships and of the creation.
func (s *spdx3) rare(e *element3, key string) (err error) {
	switch key {
	case "relationshipType":
		e.rel.kind, err = s.r.text()
	case "from":
		e.rel.from, err = s.r.bytes()
	case "to":
		err = s.many(func() error {
			id, err := s.r.bytes()
			e.rel.to = append(e.rel.to, id)
			return err
		})
	case "created":
		e.created, err = s.r.text()
	case "specVersion":
		e.version, err = s.r.text()
	case "createdUsing":
		err = s.ids(&e.used)
	default:
		err = s.r.skip()
	}
	return err
}

func (s *spdx3) packageURL(e *element3) error {
	purl, err := s.r.text()
	e.refer([]byte("purl"), purl)
	return err
}

// identifier reads an external identifier; only package URLs are kept.
func (s *spdx3) identifier(e *element3) error {
	var kind, purl string
	err := s.r.object(func(key []byte) (err error) {
		switch string(key) {
		case "externalIdentifierType":
			kind, err = s.r.text()
		case "identifier":
			purl, err = s.r.text()
		default:
			err = s.r.skip()
		}
		return err
	})
	if kind == "packageUrl" {
		e.refer([]byte("purl"), purl)
	}
	return err
}

// creation is an id, or stands in the element itself.
func (s *spdx3) creation(e *element3) error {
	if s.r.peek() != '{' {
		return s.r.skip()
	}
	return s.r.object(func(key []byte) error { return s.rare(e, string(key)) })
}

// ids reads one id or several.
func (s *spdx3) ids(to *[]string) error {
	return s.many(func() error {
		id, err := s.r.text()
		*to = append(*to, id)
		return err
	})
}

// many reads a list, or the one that stands for a list of one.
func (s *spdx3) many(one func() error) error {
	if s.r.peek() != '[' {
		return one()
	}
	return s.r.array(one)
}

// kebab writes the words of SPDX 3 as those of SPDX 2: "operatingSystem" is
// "operating-system".
func kebab(word string) string {
	var out strings.Builder
	for i, c := range word {
		if unicode.IsUpper(c) && i > 0 {
			out.WriteByte('-')
		}
		out.WriteRune(unicode.ToLower(c))
	}
	return out.String()
}

// parts implements format.
func (s *spdx3) parts() []part { return []part{{"@graph", true, s.graph}} }

// made implements format.
func (s *spdx3) made() *document {
	s.list()
	s.doc.replaced = s.r.replaced
	return s.doc
}

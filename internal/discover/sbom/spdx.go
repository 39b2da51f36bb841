package sbom

import (
	"bytes"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/twin"
)

// spdxDocument is the id by which an SPDX document speaks of itself.
const spdxDocument = "SPDXRef-DOCUMENT"

// spdx reads the parts of an SPDX 2 JSON document that we keep: packages and
// the relationships between them. Files are looked over, not read.
type spdx struct {
	*outline
	r *reader
	spdxContent
}

// spdxContent is what an SPDX document of any form and version is read into.
type spdxContent struct {
	doc       *document
	namespace string
	packages  []spdxPackage
	count     int // components that the packages make
	relations relations
}

// spdxPackage is a package with all of its package URLs.
type spdxPackage struct {
	twin.Component
	purls []string
	known keySet // those in purls
	more  beside
}

// newSPDX begins a document of a version.
func newSPDX(o *outline, version string) format {
	return &spdx{outline: o, r: &o.reader, spdxContent: spdxContent{doc: &document{format: formatSPDX, version: version}}}
}

// parts implements format. The first four are what the document says of itself.
func (s *spdx) parts() []part {
	text := func(to *string) func() error {
		return func() (err error) {
			*to, err = s.r.text()
			return err
		}
	}
	return []part{
		{"SPDXID", false, text(&s.relations.document)},
		{"documentNamespace", false, text(&s.namespace)},
		{"name", false, text(&s.doc.subject.Name)},
		{"creationInfo", false, s.creation},
		{"packages", true, func() error { return s.r.array(s.readPackage) }},
		{"documentDescribes", false, func() error { return s.r.array(s.described) }},
		{"relationships", true, func() error { return s.r.array(s.relationship) }},
	}
}

// made implements format.
func (s *spdx) made() *document {
	s.list()
	s.doc.replaced = s.r.replaced
	return s.doc
}

// described reads the id of a package that the document describes.
func (s *spdx) described() error {
	id, err := s.r.bytes()
	s.relations.index(s.packages)
	s.relations.describes(id)
	return err
}

func (s *spdx) creation() error {
	return s.r.object(func(key []byte) (err error) {
		switch string(key) {
		case "created":
			s.doc.created, err = s.r.text()
		case "creators":
			err = s.r.array(s.creator)
		default:
			err = s.r.skip()
		}
		return err
	})
}

func (s *spdx) creator() error {
	creator, err := s.r.text()
	if err == nil && !s.tool(creator) {
		return s.r.fail(s.r.pos, "more than %d tools", maxTools)
	}
	return err
}

// tool keeps a creator that is a tool; it answers false when there are too many.
func (s *spdxContent) tool(creator string) bool {
	tool, ok := strings.CutPrefix(creator, "Tool:")
	if ok && len(s.doc.tools) == maxTools {
		return false
	}
	if ok {
		s.doc.addTool(strings.TrimSpace(tool), "")
	}
	return true
}

func (s *spdx) readPackage() error {
	at := s.r.pos
	var p spdxPackage
	err := s.r.object(func(key []byte) (err error) {
		switch string(key) {
		case "SPDXID":
			p.Ref, err = s.r.text()
		case "name":
			p.Name, err = s.r.text()
		case "versionInfo":
			p.Version, err = s.r.text()
		case "primaryPackagePurpose":
			p.Type, err = s.r.text()
		case "externalRefs":
			err = s.r.array(func() error { return s.externalRef(&p) })
		case "sourceInfo":
			err = s.sourceInfo(&p.more)
		default:
			err = s.r.skip()
		}
		return err
	})
	if s.add(p); err == nil && s.count > s.r.limits.Components {
		return s.r.fail(at, "more than %d components", s.r.limits.Components)
	}
	return err
}

// add files a package.
func (s *spdxContent) add(p spdxPackage) {
	p.Type = strings.ReplaceAll(strings.ToLower(p.Type), "_", "-")
	if unsaid(p.Version) {
		p.Version = ""
	}
	s.count += max(1, len(p.purls))
	s.packages = append(s.packages, p)
}

// sourceInfo reads where a package comes from, when that is said in words.
func (s *spdx) sourceInfo(more *beside) error {
	if s.r.peek() != '"' {
		return s.r.skip()
	}
	text, err := s.r.bytes()
	more.sourceInfo(text)
	return err
}

// unsaid reports SPDX's two words for a value that is not given.
func unsaid(value string) bool { return value == "NOASSERTION" || value == "NONE" }

func (s *spdx) externalRef(p *spdxPackage) error {
	var kind []byte
	var locator string
	err := s.r.object(func(key []byte) (err error) {
		switch string(key) {
		case "referenceType":
			kind, err = s.r.bytes()
		case "referenceLocator":
			locator, err = s.r.text()
		default:
			err = s.r.skip()
		}
		return err
	})
	p.refer(kind, locator)
	return err
}

// refer keeps an external reference that is a package URL, once. Its type is a
// word, or the address of the word's definition.
func (p *spdxPackage) refer(kind []byte, locator string) {
	word := string(kind[bytes.LastIndexByte(kind, '/')+1:])
	if strings.EqualFold(word, "purl") && locator != "" && p.known.add([]byte(locator)) {
		p.purls = append(p.purls, locator)
	}
}

// relationship reads one relationship. Its ends are looked up as they stand in
// the document's memory: most of them are files, and there are thousands.
func (s *spdx) relationship() error {
	var from, to, kind []byte
	err := s.r.object(func(key []byte) (err error) {
		switch string(key) {
		case "spdxElementId":
			from, err = s.r.bytes()
		case "relatedSpdxElement":
			to, err = s.r.bytes()
		case "relationshipType":
			kind, err = s.r.bytes()
		default:
			err = s.r.skip()
		}
		return err
	})
	if err != nil {
		return err
	}
	s.relations.index(s.packages)
	s.relations.relate(string(kind), from, to)
	return nil
}

// list makes components of packages, and the one described package the subject.
func (s *spdxContent) list() {
	root := s.chooseSubject()
	at := make([]int, len(s.packages)) // package -> component
	for i, p := range s.packages {
		at[i] = len(s.doc.components)
		if i == root && !s.rootIsListed() {
			at[i] = subject
			continue
		}
		s.doc.components = append(s.doc.components, p.components()...)
	}
	s.link(at)
}

// link moves the edges from packages to components.
func (s *spdxContent) link(at []int) {
	g := &s.doc.graph
	g.dangling = s.relations.dangling
	for _, i := range s.relations.described {
		if at[i] != subject {
			g.link(subject, at[i])
		}
	}
	for _, l := range s.relations.links {
		from, to := subject, at[l.to]
		if l.from != subject {
			from = at[l.from]
		}
		if to != subject {
			g.link(from, to)
		}
	}
}

// components are one for each package URL: none of them may be lost.
func (p spdxPackage) components() []twin.Component {
	if len(p.purls) == 0 {
		return []twin.Component{p.Component}
	}
	out := make([]twin.Component, len(p.purls))
	for i, purl := range p.purls {
		out[i] = p.Component
		out[i].Purl = purl
		addUpstream(&out[i], &p.more)
	}
	return out
}

// chooseSubject decides what the document is about, and answers with the index
// of the package that is it: the one that the document describes. Where there
// is none, or several, it is named by the document.
func (s *spdxContent) chooseSubject() (root int) {
	if len(s.relations.described) != 1 {
		s.doc.subject = s.documentRef()
		return noParent
	}
	root = s.relations.described[0]
	c := s.packages[root].components()[0]
	s.doc.root = &c
	if c.Name != "" {
		s.doc.subject = subjectRef(c)
	}
	return root
}

// rootIsListed reports whether the described package stays a component: when it
// has a package URL that its name and digest as the subject do not already say.
func (s *spdxContent) rootIsListed() bool {
	return s.doc.root.Purl != "" && !isImagePurl(s.doc.root.Purl)
}

// documentRef is the subject as the document's name gives it. Syft, before it
// described a root package, named the document after the image and wrote the
// tag's colon as "-".
func (s *spdxContent) documentRef() twin.ArtifactRef {
	name := s.doc.subject.Name
	bySyft := slices.ContainsFunc(s.doc.tools, func(t string) bool { return strings.HasPrefix(t, "syft") })
	if !bySyft || !strings.Contains(s.namespace, "/image/") {
		return twin.ArtifactRef{Name: name}
	}
	return syftImageRef(name)
}

package sbom

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/fault"
)

// outline is the first look at a JSON document: it is well formed to the last
// byte, and here its members stand.
type outline struct {
	members []member
	reader  reader
}

type member struct {
	key   string
	start int // offset of the value
}

// look checks the whole document and notes where its members stand.
func look(data []byte, limits Limits) (outline, error) {
	r := newReader(data, limits)
	var o outline
	err := r.object(func(key []byte) error {
		r.space()
		o.members = append(o.members, member{string(key), r.pos})
		return r.skip()
	})
	if err != nil {
		return o, err
	}
	if r.peek(); r.pos < len(data) {
		return o, r.fail(r.pos, "the document has ended, but more follows")
	}
	o.reader = newReader(data, limits)
	return o, nil
}

func (o outline) has(key string) bool {
	return slices.ContainsFunc(o.members, func(m member) bool { return m.key == key })
}

// member calls read with the reader standing before the value of a key, or not
// at all where the document has no such key.
func (o *outline) member(key string, read func() error) error {
	i := slices.IndexFunc(o.members, func(m member) bool { return m.key == key })
	if i < 0 {
		return nil
	}
	r := &o.reader
	r.pos, r.depth = o.members[i].start, 1
	r.path = append(r.path[:0], step{key: []byte(key)})
	return read()
}

// text returns the string under a key.
func (o *outline) text(key string) (s string, err error) {
	err = o.member(key, func() error {
		s, err = o.reader.text()
		return err
	})
	return s, err
}

// format is one of the two formats: which members of a document are read, in
// the order in which one needs what another says, and what is made of them.
type format interface {
	parts() []part
	made() *document
}

// part is a member that is read.
type part struct {
	key   string
	large bool
	read  func() error // with the reader standing before the value
}

// parseJSON reads a JSON document of either format.
func parseJSON(data []byte, limits Limits) (*document, error) {
	if doc := readOnce(data, limits); doc != nil {
		return doc, nil
	}
	return readTwice(data, limits)
}

// readTwice looks the document over before it reads it.
func readTwice(data []byte, limits Limits) (*document, error) {
	o, err := look(data, limits)
	if err != nil {
		return nil, prefix("not valid JSON", err)
	}
	if inner, err := o.wrapped(); inner != nil || err != nil {
		doc, failed := parseJSON(inner, limits)
		return doc, prefix(`the object under "sbom"`, cmp.Or(err, failed))
	}
	f, name, err := o.format()
	if err != nil {
		return nil, err
	}
	for _, p := range f.parts() {
		if err := o.member(p.key, p.read); err != nil {
			return nil, prefix(name+" document", err)
		}
	}
	return f.made(), nil
}

// wrapped is the document inside of a wrapping, as GitHub's dependency graph
// gives it: the object under "sbom", unless that is wrapped itself.
func (o *outline) wrapped() (inner []byte, err error) {
	if !o.has("sbom") || o.has("bomFormat") || o.has("spdxVersion") {
		return nil, nil
	}
	err = o.member("sbom", func() error {
		from := o.reader.pos
		err := o.reader.skip()
		inner = o.reader.data[from:o.reader.pos]
		return err
	})
	if under, failed := look(inner, o.reader.limits); failed != nil || under.has("sbom") {
		return nil, cmp.Or(err, unknownJSON(*o))
	}
	return inner, err
}

// format says of which format the document is, as far as it was looked over.
func (o *outline) format() (f format, name string, err error) {
	switch {
	case o.has("bomFormat"):
		version, err := o.cycloneDX()
		return newCycloneDX(o, version), "CycloneDX " + version, err
	case o.has("spdxVersion"):
		version, err := o.spdx()
		return newSPDX(o, version), "SPDX " + version, err
	case o.has("@context") && o.has("@graph"):
		return newSPDX3(o), "SPDX 3", nil
	}
	return nil, "", unknownJSON(*o)
}

func (o *outline) cycloneDX() (version string, err error) {
	format, err := o.text("bomFormat")
	if err != nil {
		return "", prefix("CycloneDX document", err)
	}
	if format != formatCycloneDX {
		return "", fault.New(fault.Invalid, "this is a JSON object whose bomFormat is %q; %s", shorten(format, 60), supported)
	}
	version, err = o.text("specVersion")
	if err != nil {
		return "", prefix("CycloneDX document", err)
	}
	return version, checkCycloneDX(version)
}

func (o *outline) spdx() (version string, err error) {
	text, err := o.text("spdxVersion")
	if err != nil {
		return "", prefix("SPDX document", err)
	}
	version, ok := strings.CutPrefix(text, "SPDX-")
	if !ok || (version != "2.2" && version != "2.3") {
		return "", fault.New(fault.Invalid, "this is an SPDX document of version %q; %s", shorten(text, 60), supported)
	}
	return version, nil
}

func prefix(what string, err error) error { return fault.Wrap(fault.Invalid, err, "%s", what) }

// formatCycloneDX and formatSPDX are the names that a twin.SBOM gives the formats.
const (
	formatCycloneDX = "CycloneDX"
	formatSPDX      = "SPDX"
)

// checkCycloneDX refuses the versions that we have not seen: a later one may
// say things in a way that we would misread.
func checkCycloneDX(version string) error {
	switch version {
	case "1.2", "1.3", "1.4", "1.5", "1.6", "1.7":
		return nil
	case "":
		return fault.New(fault.Invalid, "this is a CycloneDX document that does not say its version; %s", supported)
	}
	return fault.New(fault.Invalid, "this is a CycloneDX document of version %q; %s", shorten(version, 60), supported)
}

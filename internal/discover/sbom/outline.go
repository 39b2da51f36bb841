package sbom

import (
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

// array visits the elements of the array under a key.
func (o *outline) array(key string, visit func() error) error {
	return o.member(key, func() error { return o.reader.array(visit) })
}

// parseJSON reads a JSON document of either format.
func parseJSON(data []byte, limits Limits) (*document, error) {
	o, err := look(data, limits)
	if err != nil {
		return nil, prefix("not valid JSON", err)
	}
	switch {
	case o.has("bomFormat"):
		return parseCycloneDX(&o)
	case o.has("spdxVersion"):
		return parseSPDX(&o)
	}
	return nil, unknownJSON(o)
}

func parseCycloneDX(o *outline) (*document, error) {
	format, err := o.text("bomFormat")
	if err != nil {
		return nil, prefix("CycloneDX document", err)
	}
	if format != formatCycloneDX {
		return nil, fault.New(fault.Invalid, "this is a JSON object whose bomFormat is %q; %s", shorten(format, 60), supported)
	}
	version, err := o.text("specVersion")
	if err != nil {
		return nil, prefix("CycloneDX document", err)
	}
	if err := checkCycloneDX(version); err != nil {
		return nil, err
	}
	doc, err := readCycloneDX(o, version)
	return doc, prefix("CycloneDX "+version+" document", err)
}

func parseSPDX(o *outline) (*document, error) {
	text, err := o.text("spdxVersion")
	if err != nil {
		return nil, prefix("SPDX document", err)
	}
	version, ok := strings.CutPrefix(text, "SPDX-")
	if !ok || (version != "2.2" && version != "2.3") {
		return nil, fault.New(fault.Invalid, "this is an SPDX document of version %q; %s", shorten(text, 60), supported)
	}
	doc, err := readSPDX(o, version)
	return doc, prefix("SPDX "+version+" document", err)
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

package sbom

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/tidemark/tidemark/internal/fault"
)

// tagValue reads SPDX 2 in its tag-value form: lines of a tag, a colon and a
// value, which stands between <text> and </text> where it has several lines. A
// tag speaks of what was begun last: the document, a package, a file.
type tagValue struct {
	spdxContent
	rest   []byte
	line   int
	limits Limits

	pack    *spdxPackage // what the tags speak of; nil: the document, or something that is no package
	begun   bool         // something other than the document was begun
	related [][3]string  // relationships, kept until all packages are known
}

// parseTagValue reads a document in tag-value form.
func parseTagValue(data []byte, limits Limits) (*document, error) {
	if !utf8.Valid(data) {
		return nil, fault.New(fault.Invalid, "SPDX document (tag-value): the text is not UTF-8")
	}
	t := tagValue{rest: data, limits: limits, spdxContent: spdxContent{doc: &document{format: formatSPDX}}}
	for len(t.rest) > 0 {
		if err := t.next(); err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "SPDX document (tag-value), line %d", t.line)
		}
	}
	t.end()
	if t.doc.version == "" {
		return nil, fault.New(fault.Invalid, "this is an SPDX document without SPDXVersion; %s", supported)
	}
	t.relations.index(t.packages)
	for _, r := range t.related {
		t.relations.relate(r[1], []byte(r[0]), []byte(r[2]))
	}
	t.list()
	return t.doc, nil
}

// next reads one line, or as many as a value has.
func (t *tagValue) next() error {
	t.line++
	line, rest, _ := bytes.Cut(t.rest, []byte("\n"))
	t.rest = rest
	line = bytes.TrimSpace(line)
	if len(line) == 0 || line[0] == '#' {
		return nil
	}
	tag, value, ok := bytes.Cut(line, []byte(":"))
	if !ok {
		return fault.New(fault.Invalid, "%q is no tag with a value", shorten(printable(line), 60))
	}
	value = bytes.TrimSpace(value)
	if text, ok := bytes.CutPrefix(value, []byte("<text>")); ok {
		var err error
		if value, err = t.lines(text); err != nil {
			return err
		}
	}
	if len(value) > t.limits.String {
		return fault.New(fault.Invalid, "a value longer than %s", size(t.limits.String))
	}
	return t.take(string(bytes.TrimSpace(tag)), value)
}

// lines reads a value up to its </text>.
func (t *tagValue) lines(first []byte) ([]byte, error) {
	mark := []byte("</text>")
	if text, _, ok := bytes.Cut(first, mark); ok {
		return text, nil
	}
	text, rest, ok := bytes.Cut(t.rest, mark)
	if !ok {
		return nil, fault.New(fault.Invalid, "the document ends inside of a <text> (truncated?)")
	}
	t.line += bytes.Count(text, []byte("\n"))
	if _, t.rest, ok = bytes.Cut(rest, []byte("\n")); ok {
		t.line++
	}
	return bytes.Join([][]byte{first, text}, []byte("\n")), nil
}

// take files one tag.
func (t *tagValue) take(tag string, value []byte) error {
	switch tag {
	case "SPDXVersion":
		return t.version(value)
	case "DocumentName":
		t.doc.subject.Name = t.text(value)
	case "DocumentNamespace":
		t.namespace = t.text(value)
	case "Created":
		t.doc.created = t.text(value)
	case "Creator":
		return t.creator(t.text(value))
	case "Relationship":
		return t.relationship(value)
	case "PackageName":
		t.end()
		t.begun, t.pack = true, &spdxPackage{}
		t.pack.Name = t.text(value)
		return t.room()
	case "FileName", "SnippetSPDXID", "LicenseID":
		t.end()
		t.begun = true
	case "SPDXID":
		t.id(value)
	default:
		return t.ofPackage(tag, value)
	}
	return nil
}

// ofPackage files a tag of the package that was begun; there are many that say
// nothing that we keep.
func (t *tagValue) ofPackage(tag string, value []byte) error {
	if t.pack == nil {
		return nil
	}
	switch tag {
	case "PackageVersion":
		t.pack.Version = t.text(value)
	case "PrimaryPackagePurpose":
		t.pack.Type = t.text(value)
	case "PackageSourceInfo":
		t.pack.more.sourceInfo(value)
	case "ExternalRef":
		return t.externalRef(value)
	}
	return nil
}

// id is what relationships call that which was begun last.
func (t *tagValue) id(value []byte) {
	switch {
	case t.pack != nil:
		t.pack.Ref = t.text(value)
	case !t.begun:
		t.relations.document = t.text(value)
	}
}

// version checks the document's version. What we read of 2.1 is as it is in 2.2.
func (t *tagValue) version(value []byte) error {
	version, ok := strings.CutPrefix(string(value), "SPDX-")
	switch {
	case ok && (version == "2.1" || version == "2.2" || version == "2.3"):
		t.doc.version = version
		return nil
	}
	return fault.New(fault.Invalid, "this is an SPDX document of version %q; %s", shorten(printable(value), 60), supported)
}

// externalRef reads a category, a type and a locator; only package URLs are kept.
func (t *tagValue) externalRef(value []byte) error {
	f := bytes.Fields(value)
	if len(f) != 3 {
		return fault.New(fault.Invalid, "an ExternalRef is a category, a type and a locator, not %q", shorten(printable(value), 60))
	}
	t.pack.refer(f[1], t.text(f[2]))
	return t.room()
}

// relationship keeps one until all packages are known.
func (t *tagValue) relationship(value []byte) error {
	f := strings.Fields(string(value))
	if len(f) != 3 {
		return fault.New(fault.Invalid, "a Relationship is an element, a type and an element, not %q", shorten(printable(value), 60))
	}
	if len(t.related) == t.limits.Dependencies {
		return fault.New(fault.Invalid, "more than %d relationships", t.limits.Dependencies)
	}
	t.related = append(t.related, [3]string(f))
	return nil
}

// creator keeps the tools that made the document.
func (t *tagValue) creator(text string) error {
	if !t.tool(text) {
		return fault.New(fault.Invalid, "more than %d tools", maxTools)
	}
	return nil
}

// room refuses more components than a document may have.
func (t *tagValue) room() error {
	if t.count+max(1, len(t.pack.purls)) > t.limits.Components {
		return fault.New(fault.Invalid, "more than %d components", t.limits.Components)
	}
	return nil
}

// end files the package that was begun last.
func (t *tagValue) end() {
	if t.pack == nil {
		return
	}
	t.add(*t.pack)
	t.pack = nil
}

// text is a value that will be shown or stored.
func (t *tagValue) text(value []byte) string {
	clean := printable(value)
	if clean != string(value) {
		t.doc.replaced++
	}
	return clean
}

package sbom

import (
	"errors"
	"slices"
)

// passage reads a document in one pass: what is large is read where it stands,
// when all that it needs has been passed, and the rest is read by going back.
type passage struct {
	*outline
	form  format // nil until the document has said what it is
	parts []part
	done  int // of parts: these were read, or are not there
}

// errOtherOrder ends a passage: the document has to be looked over first.
var errOtherOrder = errors.New("its parts come in another order")

// readOnce reads a document whose parts stand in a usual order, as nearly all
// do. Any other makes it return nil, and so does a fault: it is for the outline
// to say which one comes first.
func readOnce(data []byte, limits Limits) *document {
	o := &outline{reader: newReader(data, limits)}
	p := passage{outline: o}
	if err := o.reader.object(p.visit); err != nil {
		return nil
	}
	if o.reader.peek(); o.reader.pos < len(data) {
		return nil
	}
	if p.form == nil || p.upTo(len(p.parts)) != nil {
		return nil
	}
	return p.form.made()
}

// visit reads or passes a member of the document.
func (p *passage) visit(key []byte) error {
	r := &p.reader
	r.space()
	n := slices.IndexFunc(p.parts, func(m part) bool { return m.key == string(key) })
	switch {
	case n < 0 && p.form == nil && isLarge(key), n >= 0 && n < p.done:
		return errOtherOrder
	case n < 0 || !p.parts[n].large:
		p.members = append(p.members, member{string(key), r.pos})
		if err := r.skip(); err != nil {
			return err
		}
		return p.recognise(key)
	}
	at := r.pos
	if err := p.upTo(n); err != nil {
		return err
	}
	r.pos, r.depth = at, 1
	r.path = append(r.path[:0], step{key: key})
	p.done = n + 1
	return p.parts[n].read()
}

// isLarge names the members that are not to be passed twice.
func isLarge(key []byte) bool {
	switch string(key) {
	case "components", "dependencies", "packages", "files", "relationships":
		return true
	}
	return false
}

// recognise begins the format when the member that was passed completes what
// says which one it is.
func (p *passage) recognise(key []byte) error {
	named := p.has("spdxVersion") || p.has("bomFormat") && p.has("specVersion")
	if p.form != nil || !named {
		if string(key) == "bomFormat" && p.form != nil {
			return errOtherOrder
		}
		return nil
	}
	r := &p.reader
	pos, path := r.pos, slices.Clone(r.path)
	form, _, err := p.format()
	if err != nil {
		return err // found again, in the right words
	}
	r.pos, r.depth, r.path = pos, 1, path
	p.form, p.parts = form, form.parts()
	return nil
}

// upTo reads the parts before the nth that were passed and not read yet.
func (p *passage) upTo(n int) error {
	for ; p.done < n; p.done++ {
		if err := p.member(p.parts[p.done].key, p.parts[p.done].read); err != nil {
			return err
		}
	}
	return nil
}

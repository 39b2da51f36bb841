// Package sbom reads bills of materials: CycloneDX 1.2 to 1.7 (JSON and XML),
// SPDX 2.2 and 2.3 (JSON and tag-value, there 2.1 too) and SPDX 3.0 (JSON)
// become a twin.SBOM.
//
// The model. A document is recognised by its content, never by its name. All of
// it is checked (encoding, depth, length of strings, syntax to the last byte), and
// nothing of it is answered before that; only the parts that say something about
// components are decoded: the subject, the components, the graph. JSON is checked
// and decoded in one pass where its parts stand in the order in which they are
// needed, else it is looked over first, and so it is for every fault.
// Components keep their order and their package URL to the letter. Nested
// components are listed after the one that contains them, and the graph says
// that it does. What cannot be matched is counted and listed in
// twin.SBOM.Quality; nothing that a document lists is dropped.
//
// The subject is CycloneDX's metadata.component, or the one package that an
// SPDX document describes. It is no component, with one exception: SPDX lists
// it among its packages, so there it stays a component if it has a package URL
// of its own (other than an image's, which the subject's name and digest
// already say).
//
// Control and direction-changing characters in any text (a NUL, an escape
// sequence, a bidirectional override) are shown as U+FFFD and counted in a note
// of the quality report: a name is data, it never reaches a terminal or a
// database raw. Path separators in names are left as they are; no name is ever
// used as a path.
//
// Why JSON is not read by the libraries: measured on the project's own data,
// tools-golang v0.5.7 needs 390 ms for an SPDX document of 3.9 MB (nearly all
// of it files), cyclonedx-go v0.12.0 needs 58 ms for 903 components in 2.2 MB
// and refuses three valid documents of the CycloneDX conformance suite
// (attestations, patents: parts we never look at). The reader here needs 5 ms for
// either. XML is read by cyclonedx-go, from which the scan keeps all that says
// nothing about components: 43 instead of 92 ms for the same components. The
// libraries are the oracle of the tests.
//
// Invariants. The same bytes give the same SBOM. An error is fault.Invalid and
// says what was found, at which line and column and in which part of the
// document. The package does no I/O and has no clock.
package sbom

import (
	"bytes"
	"fmt"
	"io"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// Limits bound what a document may ask of us. A zero field means its default.
type Limits struct {
	Document   int // bytes; default 256 MiB
	Depth      int // nesting of objects, arrays, elements; default 256
	String     int // bytes of one text, as written; default 8 MiB
	Components int // default 1,000,000
	// Dependencies bounds the edges of the graph, which are small in a document
	// and large in memory; default 4,000,000.
	Dependencies int
	// Elements bounds the elements of an XML document that the library has to
	// decode; default 2,000,000.
	Elements int
}

// The defaults of Limits.
const (
	DefaultDocument     = 256 << 20
	DefaultDepth        = 256
	DefaultString       = 8 << 20
	DefaultComponents   = 1_000_000
	DefaultDependencies = 4_000_000
	DefaultElements     = 2_000_000
)

func (l Limits) orDefaults() Limits {
	return Limits{
		Document:     orDefault(l.Document, DefaultDocument),
		Depth:        orDefault(l.Depth, DefaultDepth),
		String:       orDefault(l.String, DefaultString),
		Components:   orDefault(l.Components, DefaultComponents),
		Dependencies: orDefault(l.Dependencies, DefaultDependencies),
		Elements:     orDefault(l.Elements, DefaultElements),
	}
}

func orDefault(n, def int) int {
	if n <= 0 {
		return def
	}
	return n
}

// Options are the choices of Parse; the zero value is fit for use.
type Options struct {
	Limits Limits
	// Size is how many bytes Read will find, where that is known: then it reads
	// them in one piece. It need not be right.
	Size int64
}

// Parse reads one document.
func Parse(data []byte, opts Options) (twin.SBOM, error) {
	limits := opts.Limits.orDefaults()
	if len(data) > limits.Document {
		return twin.SBOM{}, tooLarge(limits.Document)
	}
	syntax, data, err := recognise(data)
	if err != nil {
		return twin.SBOM{}, err
	}
	var doc *document
	switch syntax {
	case syntaxXML:
		doc, err = parseXML(data, limits)
	case syntaxTags:
		doc, err = parseTagValue(data, limits)
	case syntaxJSON:
		doc, err = parseJSON(data, limits)
	}
	if err != nil {
		return twin.SBOM{}, err
	}
	return doc.finish(), nil
}

// Read reads one document from r, and no more of r than the limit allows.
func Read(r io.Reader, opts Options) (twin.SBOM, error) {
	limit := opts.Limits.orDefaults().Document
	var buf bytes.Buffer
	if opts.Size > 0 {
		buf.Grow(int(min(opts.Size, int64(limit))) + bytes.MinRead)
	}
	if _, err := buf.ReadFrom(io.LimitReader(r, int64(limit)+1)); err != nil {
		return twin.SBOM{}, fmt.Errorf("reading the document: %w", err)
	}
	return Parse(buf.Bytes(), opts)
}

func tooLarge(limit int) error {
	return fault.New(fault.Invalid, "the document is larger than %s", size(limit)).
		WithHint("split it, or leave out its list of files")
}

// size prints a limit in the largest unit that it fills.
func size(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}

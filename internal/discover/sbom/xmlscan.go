package sbom

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/tidemark/tidemark/internal/fault"
)

// xmlScan looks over the bytes of an XML document before a decoder sees them:
// encoding, depth, size of texts, number of components, no document type (and
// with it no entities), one root element, and an end.
type xmlScan struct {
	data       []byte
	pos        int
	limits     Limits
	open       [][]byte // names of the elements that are open
	root       bool     // the root element was seen
	components int
	elements   int
	text       int // bytes of text since the last tag
}

// checkXML runs the scan.
func checkXML(data []byte, limits Limits) error {
	s := xmlScan{data: data, limits: limits}
	if at := invalidUTF8(data); at >= 0 {
		return s.fail(at, "the byte %#02x is not UTF-8", data[at])
	}
	for s.pos < len(data) {
		if err := s.next(); err != nil {
			return err
		}
	}
	if len(s.open) > 0 {
		return s.fail(len(data), "the document ends inside this element (truncated?)")
	}
	if !s.root {
		return s.fail(len(data), "the document has no element")
	}
	return nil
}

// invalidUTF8 is the offset of the first byte that is not UTF-8, -1 for none.
func invalidUTF8(data []byte) int {
	if utf8.Valid(data) {
		return -1
	}
	for i := 0; i < len(data); {
		char, n := utf8.DecodeRune(data[i:])
		if char == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

func (s *xmlScan) fail(offset int, format string, args ...any) error {
	line, column := place(s.data, offset)
	where := ""
	if len(s.open) > 0 {
		where = " (" + shorten(printable(bytes.Join(s.open, []byte("/"))), 200) + ")"
	}
	return fault.New(fault.Invalid, "line %d, column %d%s: "+format, append([]any{line, column, where}, args...)...)
}

// next reads over one piece of text or one piece of markup.
func (s *xmlScan) next() error {
	rest := s.data[s.pos:]
	n := bytes.IndexByte(rest, '<')
	if n != 0 {
		if n < 0 {
			n = len(rest)
		}
		return s.chars(n)
	}
	switch {
	case bytes.HasPrefix(rest, []byte("<!--")):
		return s.until("<!--", "-->", "comment")
	case bytes.HasPrefix(rest, []byte("<![CDATA[")):
		start := s.pos
		if err := s.until("<![CDATA[", "]]>", "CDATA section"); err != nil {
			return err
		}
		return s.grow(start, s.pos-start)
	case bytes.HasPrefix(rest, []byte("<!")):
		return s.fail(s.pos, "a document type or entity declaration, which is not accepted")
	case bytes.HasPrefix(rest, []byte("<?")):
		return s.instruction()
	case bytes.HasPrefix(rest, []byte("</")):
		return s.closing()
	}
	return s.opening()
}

// chars steps over n bytes of text.
func (s *xmlScan) chars(n int) error {
	start := s.pos
	text := s.data[start : start+n]
	s.pos += n
	if len(s.open) == 0 && len(bytes.TrimSpace(text)) > 0 {
		return s.fail(start, "text outside of the root element")
	}
	return s.grow(start, n)
}

func (s *xmlScan) grow(start, n int) error {
	s.text += n
	if s.text > s.limits.String {
		return s.fail(start, "a text longer than %s", size(s.limits.String))
	}
	return nil
}

// until steps over markup to its end.
func (s *xmlScan) until(begin, end, what string) error {
	n := bytes.Index(s.data[s.pos+len(begin):], []byte(end))
	if n < 0 {
		return s.fail(s.pos, "this %s has no end (truncated?)", what)
	}
	s.pos += len(begin) + n + len(end)
	return nil
}

// instruction steps over <?…?> and refuses an encoding that is not UTF-8.
func (s *xmlScan) instruction() error {
	start := s.pos
	if err := s.until("<?", "?>", "instruction"); err != nil {
		return err
	}
	text := string(s.data[start:s.pos])
	if !strings.HasPrefix(text, "<?xml ") {
		return nil
	}
	_, after, found := strings.Cut(text, "encoding")
	if !found {
		return nil
	}
	after = strings.TrimLeft(after, " \t\r\n=")
	if after == "" {
		return nil
	}
	encoding, _, _ := strings.Cut(after[1:], after[:1])
	if !strings.EqualFold(encoding, "utf-8") {
		return s.fail(start, "the document says that its encoding is %q; only UTF-8 is read", shorten(encoding, 40))
	}
	return nil
}

func (s *xmlScan) closing() error {
	start := s.pos
	if err := s.until("</", ">", "tag"); err != nil {
		return err
	}
	if len(s.open) == 0 {
		return s.fail(start, "an end tag without its start")
	}
	s.open = s.open[:len(s.open)-1]
	s.text = 0
	return nil
}

// opening reads over a start tag; quotes hide its end.
func (s *xmlScan) opening() error {
	start := s.pos
	end, err := s.tagEnd()
	if err != nil {
		return err
	}
	if s.root && len(s.open) == 0 {
		return s.fail(start, "the document has ended, but another element follows")
	}
	s.root = true
	tag := s.data[start+1 : end]
	name := tag[:nameLength(tag)]
	if err := s.count(start, name); err != nil {
		return err
	}
	s.pos, s.text = end+1, 0
	if bytes.HasSuffix(tag, []byte("/")) {
		return nil
	}
	s.open = append(s.open, name)
	if len(s.open) > s.limits.Depth {
		s.open = s.open[:min(8, s.limits.Depth)] // the path shows where it began
		return s.fail(start, "nested deeper than %d levels", s.limits.Depth)
	}
	return nil
}

// count counts an element, and a component once more.
func (s *xmlScan) count(start int, name []byte) error {
	s.elements++
	if s.elements > s.limits.Elements {
		return s.fail(start, "more than %d elements", s.limits.Elements)
	}
	if local := name[bytes.IndexByte(name, ':')+1:]; string(local) != "component" {
		return nil
	}
	s.components++
	if s.components > s.limits.Components {
		return s.fail(start, "more than %d components", s.limits.Components)
	}
	return nil
}

func nameLength(tag []byte) int {
	if n := bytes.IndexAny(tag, " \t\r\n/"); n >= 0 {
		return n
	}
	return len(tag)
}

// tagEnd finds the ">" of the tag that starts here.
func (s *xmlScan) tagEnd() (int, error) {
	quote := byte(0)
	for i := s.pos + 1; i < len(s.data); i++ {
		c := s.data[i]
		if i-s.pos > s.limits.String {
			return 0, s.fail(s.pos, "a tag longer than %s", size(s.limits.String))
		}
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i, nil
		}
	}
	return 0, s.fail(s.pos, "this tag has no end (truncated?)")
}

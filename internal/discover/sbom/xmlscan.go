package sbom

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/tidemark/tidemark/internal/fault"
)

// xmlScan looks over the bytes of an XML document before a decoder sees them:
// encoding, depth, size of texts, tags that match, no document type (and with
// it no entities), one root element, and an end. It hands on only the elements
// that say something about components, in their lines: a decoder is a hundred
// times slower, and holds a licence text or a vulnerability whole.
type xmlScan struct {
	data       []byte
	pos        int
	limits     Limits
	open       [][]byte // names of the elements that are open
	root       bool     // the root element was seen
	components int
	elements   int    // those handed on
	text       int    // bytes of text since the last tag
	left       int    // depth of the element that is left out; 0 for none
	out        []byte // what is handed on
}

// checkXML runs the scan and returns what to decode.
func checkXML(data []byte, limits Limits) ([]byte, error) {
	s := xmlScan{data: data, limits: limits}
	if at := invalidUTF8(data); at >= 0 {
		return nil, s.fail(at, "the byte %#02x is not UTF-8", data[at])
	}
	for s.pos < len(data) {
		start := s.pos
		keep, err := s.next()
		if err != nil {
			return nil, err
		}
		s.hand(data[start:s.pos], keep)
	}
	if len(s.open) > 0 {
		return nil, s.fail(len(data), "the document ends inside this element (truncated?)")
	}
	if !s.root {
		return nil, s.fail(len(data), "the document has no element")
	}
	return s.out, nil
}

// hand hands on a piece of the document, or only its lines.
func (s *xmlScan) hand(piece []byte, keep bool) {
	if keep {
		s.out = append(s.out, piece...)
		return
	}
	for range bytes.Count(piece, []byte("\n")) {
		s.out = append(s.out, '\n')
	}
}

// wanted reports whether an element says something about components, by its
// parent's name and its own.
func wanted(parent, name string) bool {
	children := ""
	switch parent {
	case "bom":
		children = " metadata components dependencies "
	case "metadata":
		children = " timestamp tools component "
	case "tools":
		children = " tool components services "
	case "services":
		children = " service "
	case "tool", "service":
		children = " name version "
	case "components":
		children = " component "
	case "component":
		children = " group name version purl components properties "
	case "properties":
		children = " property "
	case "dependencies", "dependency":
		children = " dependency "
	}
	return strings.Contains(children, " "+name+" ")
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

// next reads over one piece of text or one piece of markup, and says whether it
// is handed on.
func (s *xmlScan) next() (keep bool, err error) {
	rest := s.data[s.pos:]
	keep = s.left == 0
	n := bytes.IndexByte(rest, '<')
	if n != 0 {
		if n < 0 {
			n = len(rest)
		}
		return keep, s.chars(n)
	}
	switch {
	case bytes.HasPrefix(rest, []byte("<!--")):
		return false, s.until("<!--", "-->", "comment")
	case bytes.HasPrefix(rest, []byte("<![CDATA[")):
		return keep, s.cdata()
	case bytes.HasPrefix(rest, []byte("<!")):
		return false, s.fail(s.pos, "a document type or entity declaration, which is not accepted")
	case bytes.HasPrefix(rest, []byte("<?")):
		return keep, s.instruction()
	case bytes.HasPrefix(rest, []byte("</")):
		return keep, s.closing()
	}
	return s.opening()
}

func (s *xmlScan) cdata() error {
	start := s.pos
	if err := s.until("<![CDATA[", "]]>", "CDATA section"); err != nil {
		return err
	}
	return s.grow(start, s.pos-start)
}

// chars steps over n bytes of text.
func (s *xmlScan) chars(n int) error {
	start := s.pos
	text := s.data[start : start+n]
	s.pos += n
	if len(s.open) == 0 && len(bytes.TrimSpace(text)) > 0 {
		return s.fail(start, "text outside of the root element")
	}
	if i := bytes.IndexFunc(text, isNoXML); i >= 0 {
		return s.fail(start+i, "a control character (%#02x), which XML does not have", text[i])
	}
	for i, c := range text {
		if c == '&' && !isReference(text[i:]) {
			return s.fail(start+i, "an entity that XML does not define")
		}
	}
	return s.grow(start, n)
}

func isNoXML(c rune) bool { return c < ' ' && c != '\t' && c != '\n' && c != '\r' }

// isReference reports whether b begins with a character reference or one of the
// five entities that need no declaration.
func isReference(b []byte) bool {
	name, _, found := bytes.Cut(b[1:min(len(b), 12)], []byte(";"))
	if !found {
		return false
	}
	switch string(name) {
	case "amp", "lt", "gt", "quot", "apos":
		return true
	}
	return len(name) > 1 && name[0] == '#'
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
	name := bytes.TrimSpace(s.data[start+len("</") : s.pos-1])
	if last := s.open[len(s.open)-1]; !bytes.Equal(name, last) {
		return s.fail(start, "the end of <%s> where the end of <%s> should be", show(string(name)), show(string(last)))
	}
	if s.left == len(s.open) {
		s.left = 0
	}
	s.open = s.open[:len(s.open)-1]
	s.text = 0
	return nil
}

// opening reads over a start tag; quotes hide its end.
func (s *xmlScan) opening() (keep bool, err error) {
	start := s.pos
	end, err := s.tagEnd()
	if err != nil {
		return false, err
	}
	if s.root && len(s.open) == 0 {
		return false, s.fail(start, "the document has ended, but another element follows")
	}
	tag := s.data[start+1 : end]
	name := tag[:nameLength(tag)]
	keep = s.left == 0 && (!s.root || wanted(local(s.open[len(s.open)-1]), local(name)))
	if keep {
		err = s.count(start, name)
	}
	if err != nil {
		return false, err
	}
	s.root = true
	s.pos, s.text = end+1, 0
	if bytes.HasSuffix(tag, []byte("/")) {
		return keep, nil
	}
	s.open = append(s.open, name)
	if !keep && s.left == 0 {
		s.left = len(s.open)
	}
	if len(s.open) > s.limits.Depth {
		s.open = s.open[:min(8, s.limits.Depth)] // the path shows where it began
		return false, s.fail(start, "nested deeper than %d levels", s.limits.Depth)
	}
	return keep, nil
}

// local is an element's name without its namespace prefix.
func local(name []byte) string { return string(name[bytes.IndexByte(name, ':')+1:]) }

// count counts an element, and a component once more.
func (s *xmlScan) count(start int, name []byte) error {
	s.elements++
	if s.elements > s.limits.Elements {
		return s.fail(start, "more than %d elements", s.limits.Elements)
	}
	if local(name) != "component" {
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

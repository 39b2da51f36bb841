package sbom

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tidemark/tidemark/internal/fault"
)

// scanner steps over the bytes of a JSON document. It is strict (RFC 8259,
// UTF-8 only), keeps to the limits, and knows where in the document it is.
type scanner struct {
	data   []byte
	pos    int
	depth  int
	limits Limits
	path   trail
}

// step is one step of the path: a key, or where it is nil an index.
type step struct {
	key   []byte
	index int
}

// fail returns an error at an offset.
func (s *scanner) fail(offset int, format string, args ...any) error {
	line, column := place(s.data, offset)
	where := ""
	if p := s.path.String(); p != "" {
		where = " (" + p + ")"
	}
	return fault.New(fault.Invalid, "line %d, column %d%s: "+format, append([]any{line, column, where}, args...)...)
}

// place counts lines and columns (in characters) from 1.
func place(data []byte, offset int) (line, column int) {
	before := data[:min(offset, len(data))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(before[start:]) + 1
}

// trail leads from the document to a value.
type trail []step

// String prints the path, "components[2].purl".
func (p trail) String() string {
	var b strings.Builder
	for _, s := range p {
		if s.key == nil {
			b.WriteString("[" + strconv.Itoa(s.index) + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(shorten(printable(s.key), 60))
	}
	return b.String()
}

func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}

func (s *scanner) space() { s.pos = afterSpace(s.data, s.pos) }

// peek returns the first byte of the next value, 0 at the end.
func (s *scanner) peek() byte {
	s.space()
	if s.pos == len(s.data) {
		return 0
	}
	return s.data[s.pos]
}

// unexpected describes what stands where something else should.
func (s *scanner) unexpected(want string) error {
	c := s.peek()
	if s.pos == len(s.data) {
		return s.fail(s.pos, "the document ends where %s should be (truncated?)", want)
	}
	switch {
	case c == '"':
		return s.fail(s.pos, "a string where %s should be", want)
	case c == '{':
		return s.fail(s.pos, "an object where %s should be", want)
	case c == '[':
		return s.fail(s.pos, "an array where %s should be", want)
	case c == '-' || isDigit(c):
		return s.fail(s.pos, "a number where %s should be", want)
	case c == 't' || c == 'f' || c == 'n':
		return s.fail(s.pos, "a literal where %s should be", want)
	}
	char, _ := utf8.DecodeRune(s.data[s.pos:])
	return s.fail(s.pos, "%q where %s should be", char, want)
}

func (s *scanner) enter() error {
	s.depth++
	if s.depth > s.limits.Depth {
		return s.fail(s.pos, "nested deeper than %d levels", s.limits.Depth)
	}
	s.pos++
	return nil
}

// more steps over what separates the members of an object or array, or its end.
func (s *scanner) more(closing byte, first bool) (bool, error) {
	c := s.peek()
	switch {
	case c == closing:
		s.pos++
		s.depth--
		return false, nil
	case first:
		return true, nil
	case c != ',':
		return false, s.unexpected("a comma or '" + string(closing) + "'")
	}
	s.pos++
	return true, nil
}

// skip reads over a value of any kind.
func (s *scanner) skip() error {
	if s.over() {
		return nil
	}
	return s.skipSlowly()
}

// skipSlowly is skip that says what is wrong, and where.
func (s *scanner) skipSlowly() error {
	switch c := s.peek(); {
	case c == '"':
		_, err := s.rawChars()
		return err
	case c == '{':
		return s.skipObject()
	case c == '[':
		return s.skipArray()
	case c == '-' || isDigit(c):
		return s.skipNumber()
	}
	for _, word := range []string{"true", "false", "null"} {
		if bytes.HasPrefix(s.data[s.pos:], []byte(word)) {
			s.pos += len(word)
			return nil
		}
	}
	return s.unexpected("a value")
}

func (s *scanner) skipObject() error {
	if err := s.enter(); err != nil {
		return err
	}
	for first := true; ; first = false {
		more, err := s.more('}', first)
		if err != nil || !more {
			return err
		}
		if s.peek() != '"' {
			return s.unexpected("a key")
		}
		if _, err := s.rawChars(); err != nil {
			return err
		}
		if s.peek() != ':' {
			return s.unexpected("a colon")
		}
		s.pos++
		if err := s.skipSlowly(); err != nil {
			return err
		}
	}
}

func (s *scanner) skipArray() error {
	if err := s.enter(); err != nil {
		return err
	}
	for first := true; ; first = false {
		more, err := s.more(']', first)
		if err != nil || !more {
			return err
		}
		if err := s.skipSlowly(); err != nil {
			return err
		}
	}
}

// skipNumber reads over a number as RFC 8259 writes it.
func (s *scanner) skipNumber() error {
	n, ok := number(s.data[s.pos:])
	if !ok {
		return s.fail(s.pos, "%q is not a number", shorten(string(s.data[s.pos:s.pos+n]), 40))
	}
	s.pos += n
	return nil
}

// number is the length of the number at the start of b, and whether it is one.
func number(b []byte) (n int, ok bool) {
	at := func(chars string) bool {
		if n < len(b) && strings.IndexByte(chars, b[n]) >= 0 {
			n++
			return true
		}
		return false
	}
	at("-")
	whole := digits(b[n:])
	ok = whole == 1 || whole > 1 && b[n] != '0'
	n += whole
	if at(".") {
		fraction := digits(b[n:])
		ok = ok && fraction > 0
		n += fraction
	}
	if at("eE") {
		at("+-")
		exponent := digits(b[n:])
		ok = ok && exponent > 0
		n += exponent
	}
	return n, ok
}

// digits is how many digits b begins with.
func digits(b []byte) (n int) {
	for n < len(b) && isDigit(b[n]) {
		n++
	}
	return n
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

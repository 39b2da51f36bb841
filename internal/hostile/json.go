// Package hostile looks at outside bytes before a decoder does. It is a leaf that
// every reader of outside JSON may use.
//
// encoding/json keeps the last of two equal keys, replaces broken UTF-8 and
// allows any depth and length; each of those lets a document say one thing to
// one reader and another thing to the next, or eat the machine. CheckJSON
// refuses such documents, naming line and column. It allocates only the keys
// of the objects that are open, never the document.
package hostile

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"github.com/tidemark/tidemark/internal/fault"
)

// Limits bounds a document. Zero fields have the defaults.
type Limits struct {
	Depth  int  // how deep arrays and objects may nest; 0: DefaultDepth
	String int  // the longest string in bytes, as written; 0: DefaultString
	Stream bool // several values may follow one another (NDJSON)
}

// The defaults of Limits: far above what real documents need.
const (
	DefaultDepth  = 100
	DefaultString = 1 << 20
)

// CheckJSON returns an error of kind Invalid that names the first place where
// b is no JSON, is not UTF-8, breaks a limit or repeats a key of an object. A
// document without any value is refused.
func CheckJSON(b []byte, limits Limits) error {
	if limits.Depth <= 0 {
		limits.Depth = DefaultDepth
	}
	if limits.String <= 0 {
		limits.String = DefaultString
	}
	s := scanner{b: b, limits: limits}
	if err := s.value(0); err != nil {
		return err
	}
	for s.space(); s.pos < len(b); s.space() {
		if !limits.Stream {
			return s.fail("something follows the end of the document")
		}
		if err := s.value(0); err != nil {
			return err
		}
	}
	return nil
}

// Place returns line and column (in bytes) of an offset in b, both from 1.
func Place(b []byte, offset int) (line, column int) {
	before := b[:min(max(offset, 0), len(b))]
	return bytes.Count(before, []byte{'\n'}) + 1, len(before) - bytes.LastIndexByte(before, '\n')
}

type scanner struct {
	b      []byte
	pos    int
	limits Limits
}

func (s *scanner) fail(format string, args ...any) error {
	line, column := Place(s.b, s.pos)
	return fault.New(fault.Invalid, "%d:%d: "+format, append([]any{line, column}, args...)...)
}

func (s *scanner) space() {
	for s.pos < len(s.b) {
		switch s.b[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// peek skips white space and returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	s.space()
	if s.pos == len(s.b) {
		return 0
	}
	return s.b[s.pos]
}

func (s *scanner) value(depth int) error {
	switch c := s.peek(); {
	case c == 0 && s.pos == len(s.b):
		return s.fail("the document ends where a value is expected")
	case (c == '{' || c == '[') && depth >= s.limits.Depth:
		return s.fail("nested deeper than %d levels", s.limits.Depth)
	case c == '{':
		return s.object(depth)
	case c == '[':
		return s.array(depth)
	case c == '"':
		_, err := s.text()
		return err
	case c == '-' || '0' <= c && c <= '9':
		return s.number()
	}
	return s.word()
}

func (s *scanner) array(depth int) error {
	s.pos++
	if s.peek() == ']' {
		s.pos++
		return nil
	}
	for {
		if err := s.value(depth + 1); err != nil {
			return err
		}
		more, err := s.next(']')
		if err != nil || !more {
			return err
		}
	}
}

func (s *scanner) object(depth int) error {
	s.pos++
	if s.peek() == '}' {
		s.pos++
		return nil
	}
	var keys keySet
	for {
		if err := s.key(&keys); err != nil {
			return err
		}
		if err := s.value(depth + 1); err != nil {
			return err
		}
		more, err := s.next('}')
		if err != nil || !more {
			return err
		}
	}
}

// next consumes a comma (more follows) or the closing byte.
func (s *scanner) next(closing byte) (more bool, err error) {
	switch c := s.peek(); {
	case c == closing:
		s.pos++
		return false, nil
	case c == ',':
		s.pos++
		return true, nil
	case s.pos == len(s.b):
		return false, s.fail("the document ends inside an array or object")
	}
	return false, s.fail("expected ',' or %q", closing)
}

func (s *scanner) key(keys *keySet) error {
	if s.peek() != '"' {
		return s.fail("expected a key in double quotes")
	}
	start := s.pos
	key, err := s.text()
	if err != nil {
		return err
	}
	if !keys.add(key) {
		s.pos = start
		return s.fail("key %.80q appears twice in one object", key)
	}
	if s.peek() != ':' {
		return s.fail("expected ':' after a key")
	}
	s.pos++
	return nil
}

// text reads a string and returns its raw content between the quotes.
func (s *scanner) text() ([]byte, error) {
	start := s.pos + 1
	for s.pos = start; s.pos < len(s.b); {
		if s.pos-start > s.limits.String {
			return nil, s.fail("string is longer than %d bytes", s.limits.String)
		}
		switch c := s.b[s.pos]; {
		case c == '"':
			s.pos++
			return s.b[start : s.pos-1], nil
		case c < ' ':
			return nil, s.fail("control character in a string")
		case c == '\\':
			if err := s.escape(); err != nil {
				return nil, err
			}
		case c < utf8.RuneSelf:
			s.pos++
		default:
			r, size := utf8.DecodeRune(s.b[s.pos:])
			if r == utf8.RuneError && size == 1 {
				return nil, s.fail("not UTF-8")
			}
			s.pos += size
		}
	}
	return nil, s.fail("the document ends inside a string")
}

func (s *scanner) escape() error {
	rest := s.b[s.pos+1:]
	if len(rest) == 0 {
		return s.fail("the document ends inside a string")
	}
	switch rest[0] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.pos += 2
		return nil
	case 'u':
		if len(rest) >= 5 && isHex(rest[1:5]) {
			s.pos += 6
			return nil
		}
	}
	return s.fail("bad escape in a string")
}

func isHex(b []byte) bool {
	for _, c := range b {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F') {
			return false
		}
	}
	return true
}

// number leaves the grammar to encoding/json: what counts here is its extent.
func (s *scanner) number() error {
	end := s.pos
	for end < len(s.b) && bytes.IndexByte([]byte("0123456789+-.eE"), s.b[end]) >= 0 {
		end++
	}
	if end-s.pos > 1000 || !json.Valid(s.b[s.pos:end]) {
		return s.fail("bad number")
	}
	s.pos = end
	return nil
}

func (s *scanner) word() error {
	for _, word := range []string{"true", "false", "null"} {
		if bytes.HasPrefix(s.b[s.pos:], []byte(word)) {
			s.pos += len(word)
			return nil
		}
	}
	return s.fail("unexpected character %q", s.b[s.pos])
}

// keySet holds the keys of one open object: a list while it is short (nearly
// always), a map once it is long.
type keySet struct {
	few  [][]byte
	many map[string]struct{}
}

// fewKeys is up to where comparing with each key is cheaper than a map.
const fewKeys = 16

// add reports whether the key was new. Escapes are resolved first: "a" and
// "\u0061" are one key.
func (k *keySet) add(raw []byte) bool {
	key := raw
	if bytes.IndexByte(raw, '\\') >= 0 {
		key = unescape(raw)
	}
	if k.many == nil && len(k.few) < fewKeys {
		for _, have := range k.few {
			if bytes.Equal(have, key) {
				return false
			}
		}
		k.few = append(k.few, key)
		return true
	}
	if k.many == nil {
		k.many = make(map[string]struct{}, 4*fewKeys)
		for _, have := range k.few {
			k.many[string(have)] = struct{}{}
		}
	}
	before := len(k.many)
	k.many[string(key)] = struct{}{}
	return len(k.many) > before
}

func unescape(raw []byte) []byte {
	quoted := append(append([]byte{'"'}, raw...), '"')
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		return raw // cannot be: text has checked the grammar
	}
	return []byte(s)
}

// Unmarshal checks one document, then decodes it into v. A byte order mark is
// tolerated.
func Unmarshal(b []byte, limits Limits, v any) error {
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	if err := CheckJSON(b, limits); err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}

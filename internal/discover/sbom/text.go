package sbom

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// rawString is what stands between the quotes of a string.
type rawString struct {
	text    []byte
	escaped bool
}

// chars reads a string, the next byte being its quote.
func (s *scanner) chars() ([]byte, error) {
	raw, err := s.rawChars()
	if err != nil || !raw.escaped {
		return raw.text, err
	}
	return unescape(raw.text), nil
}

// rawChars reads over a string and checks it.
func (s *scanner) rawChars() (rawString, error) {
	start := s.pos + 1
	raw := rawString{}
	i := plainUntil(s.data, start)
	for ; i < len(s.data); i = plainUntil(s.data, i) {
		c := s.data[i]
		if c == '"' {
			s.pos = i + 1
			raw.text = s.data[start:i]
			return raw, s.checkLength(start, i)
		}
		n := lengthOf(s.data[i:])
		switch {
		case n > 0:
			raw.escaped = raw.escaped || c == '\\'
			i += n
		case c == '\\':
			return raw, s.fail(i, "an escape that JSON does not have")
		case c < ' ':
			return raw, s.fail(i, "a control character (%#02x) inside a string", c)
		default:
			return raw, s.fail(i, "the byte %#02x is not UTF-8", c)
		}
	}
	if err := s.checkLength(start, i); err != nil {
		return raw, err
	}
	return raw, s.fail(len(s.data), "the document ends inside a string (truncated?)")
}

func (s *scanner) checkLength(start, end int) error {
	if end-start > s.limits.String {
		return s.fail(start, "a string longer than %s", size(s.limits.String))
	}
	return nil
}

// escapeLength is the length of the escape at the start of b, 0 if it is none.
func escapeLength(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	if b[1] != 'u' {
		if bytes.IndexByte([]byte(`"\/bfnrt`), b[1]) < 0 {
			return 0
		}
		return 2
	}
	if _, ok := hex4(b); !ok {
		return 0
	}
	return 6
}

// hex4 reads \uXXXX.
func hex4(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	var v rune
	for _, c := range b[2:6] {
		switch {
		case isDigit(c):
			v = v<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			v = v<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return v, true
}

// unescape resolves the escapes of a string that rawChars has checked. Half a
// surrogate pair becomes U+FFFD.
func unescape(raw []byte) []byte {
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); {
		if raw[i] != '\\' {
			out = append(out, raw[i])
			i++
			continue
		}
		if raw[i+1] != 'u' {
			out = append(out, simpleEscape(raw[i+1]))
			i += 2
			continue
		}
		char, _ := hex4(raw[i:])
		i += 6
		if utf16.IsSurrogate(char) {
			low, ok := hex4(raw[i:])
			char = utf16.DecodeRune(char, low)
			if ok && char != utf8.RuneError {
				i += 6
			}
		}
		out = utf8.AppendRune(out, char)
	}
	return out
}

func simpleEscape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

// printable returns s with every character that is no text shown as U+FFFD.
func printable(s []byte) string {
	for _, c := range s {
		if c < ' ' || c >= 0x7f {
			return string(bytes.Map(showControl, s))
		}
	}
	return string(s)
}

// showControl replaces control characters, line separators, and the characters
// that change the direction in which what follows is shown.
func showControl(c rune) rune {
	switch {
	case c < ' ', 0x7f <= c && c < 0xa0, c == 0x2028, c == 0x2029,
		0x202a <= c && c <= 0x202e, 0x2066 <= c && c <= 0x2069:
		return utf8.RuneError
	}
	return c
}

// keySet finds what comes twice: by comparing while it is little.
type keySet struct {
	few  [][]byte
	many map[string]struct{}
}

const fewKeys = 24

func (k *keySet) len() int { return len(k.few) + len(k.many) }

// add answers false if the key is there already.
func (k *keySet) add(key []byte) bool {
	for _, old := range k.few {
		if bytes.Equal(old, key) {
			return false
		}
	}
	if len(k.few) < fewKeys {
		k.few = append(k.few, key)
		return true
	}
	if _, known := k.many[string(key)]; known {
		return false
	}
	if k.many == nil {
		k.many = make(map[string]struct{})
	}
	k.many[string(key)] = struct{}{}
	return true
}

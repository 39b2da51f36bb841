package sbom

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// walk steps over a value without saying what is wrong with it: a scanner says
// that. It accepts what a scanner accepts, no more and no less.
type walk struct {
	data    []byte
	pos     int
	longest int // bytes of a string
	room    int // levels of nesting that are left
	depth   int
	objects [DefaultDepth / 64]uint64 // by level: it is an object
}

// over reports whether a value stands at the scanner's position, and passes it.
func (s *scanner) over() bool {
	w := walk{data: s.data, pos: s.pos, longest: s.limits.String, room: min(s.limits.Depth-s.depth, DefaultDepth)}
	if !w.value() {
		return false
	}
	s.pos = w.pos
	return true
}

func (w *walk) value() bool {
	for {
		within, ok := w.begin()
		if !ok {
			return false
		}
		for !within {
			if w.depth == 0 {
				return true
			}
			if within, ok = w.another(); !ok {
				return false
			}
		}
	}
}

// begin passes a value, or the beginning of one that has values of its own; it
// stands within it then, before the first.
func (w *walk) begin() (within, ok bool) {
	switch c := w.next(); {
	case c == '"':
		return false, w.text()
	case c == '{', c == '[':
		return w.open(c == '{')
	case c == '-' || isDigit(c):
		n, ok := number(w.data[w.pos:])
		w.pos += n
		return false, ok
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if len(w.data)-w.pos >= len(word) && string(w.data[w.pos:w.pos+len(word)]) == word {
			w.pos += len(word)
			return false, true
		}
	}
	return false, false
}

func (w *walk) open(object bool) (within, ok bool) {
	if w.depth >= w.room {
		return false, false
	}
	w.pos++
	bit := uint64(1) << (w.depth % 64)
	closing := byte(']')
	if object {
		w.objects[w.depth/64] |= bit
		closing = '}'
	} else {
		w.objects[w.depth/64] &^= bit
	}
	w.depth++
	if w.next() == closing {
		w.pos++
		w.depth--
		return false, true
	}
	return true, !object || w.key()
}

// another passes what stands behind a value: a comma, then there is another one
// within, or the end of what it is in.
func (w *walk) another() (within, ok bool) {
	level := w.depth - 1
	object := w.objects[level/64]>>(level%64)&1 == 1
	c := w.next()
	w.pos++
	switch {
	case c == ',':
		return true, !object || w.key()
	case c == '}' && object, c == ']' && !object:
		w.depth--
		return false, true
	}
	return false, false
}

func (w *walk) key() bool {
	if w.next() != '"' || !w.text() || w.next() != ':' {
		return false
	}
	w.pos++
	return true
}

// next passes space and returns the byte behind it, 0 at the end.
func (w *walk) next() byte {
	w.pos = afterSpace(w.data, w.pos)
	if w.pos == len(w.data) {
		return 0
	}
	return w.data[w.pos]
}

// afterSpace is where space that begins at a position ends.
func afterSpace(data []byte, at int) int {
	for at < len(data) {
		switch data[at] {
		case ' ', '\t', '\r':
			at++
		case '\n':
			const spaces = 0x2020202020202020
			for at++; at+8 <= len(data) && binary.LittleEndian.Uint64(data[at:]) == spaces; {
				at += 8
			}
		default:
			return at
		}
	}
	return at
}

// text passes a string.
func (w *walk) text() bool {
	start := w.pos + 1
	for i := start; ; {
		if i = plainUntil(w.data, i); i == len(w.data) {
			return false
		}
		c := w.data[i]
		if c == '"' {
			w.pos = i + 1
			return i-start <= w.longest
		}
		n := lengthOf(w.data[i:])
		if n == 0 {
			return false
		}
		i += n
	}
}

// lengthOf is how long what is no plain character at the start of b is: an
// escape, or a character of several bytes. It is 0 where a string cannot have it.
func lengthOf(b []byte) int {
	if b[0] == '\\' {
		return escapeLength(b)
	}
	char, n := utf8.DecodeRune(b)
	if b[0] < ' ' || char == utf8.RuneError && n == 1 {
		return 0
	}
	return n
}

// plainUntil is where the characters end that stand for themselves.
func plainUntil(data []byte, at int) int {
	for at+8 <= len(data) {
		if odd := notPlain(binary.LittleEndian.Uint64(data[at:])); odd != 0 {
			return at + bits.TrailingZeros64(odd)/8
		}
		at += 8
	}
	for at < len(data) && isPlain(data[at]) {
		at++
	}
	return at
}

// isPlain reports whether a byte of a string is a character by itself.
func isPlain(c byte) bool { return c-' ' < 0x60 && c != '"' && c != '\\' }

// notPlain marks, of eight bytes, the lowest that is not plain by its top bit,
// and is 0 when there is none. Marks above the lowest mean nothing.
func notPlain(w uint64) uint64 {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	quote, slash := w^(ones*'"'), w^(ones*'\\')
	return (w | (w-ones*' ')&^w | (quote-ones)&^quote | (slash-ones)&^slash) & tops
}

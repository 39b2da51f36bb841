// Package strict refuses JSON that two readers could understand differently:
// bytes that are not UTF-8, an object with the same key twice, nesting beyond
// reason. encoding/json accepts all three without a word.
//
// Syntax itself is encoding/json's affair: Check is given bytes that are known
// to be valid JSON and only looks for what that package lets pass.
package strict

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// MaxDepth is the deepest nesting of objects and arrays that is accepted.
const MaxDepth = 100

// manyKeys is the number of keys from which an object's keys are held in a map.
const manyKeys = 24

// Unmarshal decodes one JSON value into v and checks it. A byte order mark is
// tolerated.
func Unmarshal(b []byte, v any) error {
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	if !utf8.Valid(b) {
		return fmt.Errorf("not UTF-8 at byte %d", firstInvalid(b))
	}
	if err := json.Unmarshal(b, v); err != nil {
		return err
	}
	return Check(b)
}

func firstInvalid(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(b)
}

// frame is one open object or array.
type frame struct {
	first int                 // index of the object's first key
	many  map[string]struct{} // the object's keys once they are many
}

type checker struct {
	frames []frame
	keys   [][]byte // of all open objects, innermost last
}

// Check reports a repeated key or too deep nesting in b, which is valid JSON.
func Check(b []byte) error {
	var c checker
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '{', '[':
			if len(c.frames) == MaxDepth {
				return fmt.Errorf("nested deeper than %d at byte %d", MaxDepth, i)
			}
			c.frames = append(c.frames, frame{first: len(c.keys)})
		case '}', ']':
			if len(c.frames) == 0 {
				return fmt.Errorf("unbalanced bracket at byte %d", i)
			}
			c.keys = c.keys[:c.frames[len(c.frames)-1].first]
			c.frames = c.frames[:len(c.frames)-1]
		case '"':
			end := stringEnd(b, i+1)
			if isKey(b, end+1) && !c.add(b[i:end+1]) {
				return fmt.Errorf("key %s is repeated at byte %d", shown(b[i:end+1]), i)
			}
			i = end
		}
	}
	return nil
}

// stringEnd returns the index of the quote that closes the string whose first
// byte is at i.
func stringEnd(b []byte, i int) int {
	for {
		n := bytes.IndexByte(b[min(i, len(b)):], '"')
		if n < 0 {
			return len(b) - 1
		}
		end := i + n
		slashes := 0
		for j := end - 1; j >= i && b[j] == '\\'; j-- {
			slashes++
		}
		if slashes%2 == 0 {
			return end
		}
		i = end + 1
	}
}

func isKey(b []byte, i int) bool {
	for ; i < len(b); i++ {
		switch b[i] {
		case ' ', '\t', '\n', '\r':
		default:
			return b[i] == ':'
		}
	}
	return false
}

// add notes a key of the innermost object; false when it has it already.
func (c *checker) add(quoted []byte) bool {
	if len(c.frames) == 0 {
		return true
	}
	key := unquote(quoted)
	f := &c.frames[len(c.frames)-1]
	if f.many != nil {
		if _, ok := f.many[string(key)]; ok {
			return false
		}
		f.many[string(key)] = struct{}{}
		return true
	}
	for _, k := range c.keys[f.first:] {
		if bytes.Equal(k, key) {
			return false
		}
	}
	c.keys = append(c.keys, key)
	if len(c.keys)-f.first == manyKeys {
		f.many = map[string]struct{}{}
		for _, k := range c.keys[f.first:] {
			f.many[string(k)] = struct{}{}
		}
	}
	return true
}

// unquote resolves escapes, so that "a" and "\u0061" are the same key.
func unquote(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	var s string
	if json.Unmarshal(quoted, &s) != nil {
		return quoted
	}
	return []byte(s)
}

func shown(quoted []byte) string {
	const longest = 60
	if len(quoted) > longest {
		return string(quoted[:longest]) + "…"
	}
	return string(quoted)
}

package osv

import (
	"bytes"
	"path"
	"strings"
)

var nameKey, repoKey = []byte(`"name"`), []byte(`"repo"`)

// Mentions reports whether a record's bytes may name a package, or the
// repository of one, that want asks for. It looks at the strings under every
// "name" and "repo" key without decoding the record, so it errs only towards
// yes: a caller parses what is left.
func Mentions(body []byte, want func(name string) bool) bool {
	return mentions(body, nameKey, want) || mentions(body, repoKey, want)
}

func mentions(body, key []byte, want func(name string) bool) bool {
	for {
		i := bytes.Index(body, key)
		if i < 0 {
			return false
		}
		body = body[i+len(key):]
		name, ok := stringValue(body)
		if !ok {
			continue
		}
		if bytes.IndexByte(name, '\\') >= 0 || want(string(name)) {
			return true
		}
	}
}

// stringValue returns the raw string after a key's colon.
func stringValue(b []byte) ([]byte, bool) {
	b = bytes.TrimLeft(b, " \t\r\n")
	if len(b) == 0 || b[0] != ':' {
		return nil, false
	}
	b = bytes.TrimLeft(b[1:], " \t\r\n")
	if len(b) == 0 || b[0] != '"' {
		return nil, false
	}
	end := bytes.IndexByte(b[1:], '"')
	if end < 0 {
		return nil, false
	}
	return b[1 : end+1], true
}

// EntryID returns the record id that an entry's name stands for: "X.json" is X.
func EntryID(entry string) string {
	return strings.TrimSuffix(path.Base(entry), ".json")
}

var modifiedKey = []byte(`"modified"`)

// Modified returns the raw text of a record's modification time, without
// decoding the record; "" when it has none.
func Modified(body []byte) string {
	i := bytes.Index(body, modifiedKey)
	if i < 0 {
		return ""
	}
	value, _ := stringValue(body[i+len(modifiedKey):])
	return string(value)
}

var ecosystemKey = []byte(`"ecosystem"`)

// Releases calls note with each ecosystem that a record's bytes name together
// with a release ("Debian:12"), without decoding the record. It may name more
// than the record is about, never less.
func Releases(body []byte, note func(ecosystem []byte)) {
	for {
		i := bytes.Index(body, ecosystemKey)
		if i < 0 {
			return
		}
		body = body[i+len(ecosystemKey):]
		if value, ok := stringValue(body); ok && bytes.IndexByte(value, ':') > 0 {
			note(value)
		}
	}
}

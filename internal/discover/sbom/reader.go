package sbom

import (
	"bytes"
	"slices"
)

// reader pulls JSON values from bytes. Every value that is asked for as an
// object has its keys checked for doubles; what is skipped is checked for
// syntax, depth and encoding alone.
type reader struct {
	scanner
	replaced int      // texts in which a character was replaced
	names    [][]byte // room for the keys of the objects that are being read
}

func newReader(data []byte, limits Limits) reader {
	return reader{scanner: scanner{data: data, limits: limits}}
}

// null consumes a null, which means the same as nothing.
func (r *reader) null() bool {
	if r.peek() != 'n' || !bytes.HasPrefix(r.data[r.pos:], []byte("null")) {
		return false
	}
	r.pos += len("null")
	return true
}

// object reads an object and calls visit for each key; visit must consume the
// value. A null is an object without keys.
func (r *reader) object(visit func(key []byte) error) error {
	if r.null() {
		return nil
	}
	if r.peek() != '{' {
		return r.unexpected("an object")
	}
	if err := r.enter(); err != nil {
		return err
	}
	before := r.names
	r.names = slices.Grow(r.names, fewKeys)[:len(before)+fewKeys]
	keys := keySet{few: r.names[len(before):len(before)]}
	err := r.members(&keys, visit)
	r.names = r.names[:len(before)]
	return err
}

func (r *reader) members(keys *keySet, visit func(key []byte) error) error {
	for first := true; ; first = false {
		more, err := r.more('}', first)
		if err != nil || !more {
			return err
		}
		key, err := r.key(keys)
		if err != nil {
			return err
		}
		r.path = append(r.path, step{key: key})
		if err := visit(key); err != nil {
			return err
		}
		r.path = r.path[:len(r.path)-1]
	}
}

// maxKeys bounds the keys of an object that is read: far above any real one.
const maxKeys = 1000

// key reads a key and its colon; a key that came before is an error.
func (r *reader) key(keys *keySet) ([]byte, error) {
	if r.peek() != '"' {
		return nil, r.unexpected("a key")
	}
	at := r.pos
	key, err := r.chars()
	if err != nil {
		return nil, err
	}
	if !keys.add(key) {
		return nil, r.fail(at, "the key %q stands twice in one object", shorten(printable(key), 60))
	}
	if keys.len() > maxKeys {
		return nil, r.fail(at, "more than %d keys in one object", maxKeys)
	}
	if r.peek() != ':' {
		return nil, r.unexpected("a colon")
	}
	r.pos++
	return key, nil
}

// array reads an array and calls visit for each element, which visit must
// consume. A null is an empty array.
func (r *reader) array(visit func() error) error {
	if r.null() {
		return nil
	}
	if r.peek() != '[' {
		return r.unexpected("an array")
	}
	if err := r.enter(); err != nil {
		return err
	}
	for i := 0; ; i++ {
		more, err := r.more(']', i == 0)
		if err != nil || !more {
			return err
		}
		r.path = append(r.path, step{index: i})
		if err := visit(); err != nil {
			return err
		}
		r.path = r.path[:len(r.path)-1]
	}
}

// bytes reads a string; a null is an empty one. The result may share the
// document's memory.
func (r *reader) bytes() ([]byte, error) {
	if r.null() {
		return nil, nil
	}
	if r.peek() != '"' {
		return nil, r.unexpected("a string")
	}
	return r.chars()
}

// text reads a string that will be shown or stored.
func (r *reader) text() (string, error) {
	raw, err := r.bytes()
	if err != nil {
		return "", err
	}
	clean := printable(raw)
	if clean != string(raw) {
		r.replaced++
	}
	return clean, nil
}

// Package rpm reads the databases in which RPM keeps what is installed.
//
// The model. A database of any of the three kinds (SQLite, NDB, Berkeley DB) is
// a store of headers by number; a header has the name, version and source of
// one package. The databases are read as bytes, by what of their formats holds
// the headers: no index, no journal, no lock.
//
// Why not the library of the field: it copies the file to disk, decodes in a
// goroutine of its own, whose panics end the process, and takes the lengths in
// a header as given, so that one small file asks for 32 GB.
//
// Invariants. Nothing is written. A length or offset that leads out of the file
// is an error of kind Invalid; a chain of pages is followed once around at most.
package rpm

import (
	"bytes"
	"encoding/binary"

	"github.com/tidemark/tidemark/internal/fault"
)

// Package is an installed package.
type Package struct {
	Name, Version, Release, Arch string
	Epoch                        uint32
	Source                       string // file name of the source RPM
}

// Read lists the packages of a database.
func Read(data []byte) ([]Package, error) {
	headers, err := headersOf(data)
	if err != nil {
		return nil, err
	}
	out := make([]Package, 0, len(headers))
	for i, h := range headers {
		p, err := parseHeader(h)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "header %d of %d", i+1, len(headers))
		}
		if p.Name != "" && p.Name != "gpg-pubkey" { // keys are kept as packages
			out = append(out, p)
		}
	}
	return out, nil
}

// headersOf recognises the kind of a database.
func headersOf(data []byte) ([][]byte, error) {
	switch {
	case bytes.HasPrefix(data, []byte(sqliteMagic)):
		return readSQLite(data)
	case bytes.HasPrefix(data, []byte(ndbMagic)):
		return readNDB(data)
	case isBerkeley(data):
		return readBerkeley(data)
	}
	return nil, fault.New(fault.Invalid, "no RPM database: neither SQLite, NDB nor Berkeley DB")
}

// The tags of a header that matter here, and how their values are stored.
const (
	tagName, tagVersion, tagRelease, tagEpoch = 1000, 1001, 1002, 1003
	tagArch, tagSource                        = 1022, 1044

	typeInt32, typeString = 4, 6

	headerStart, headerEntry = 8, 16
)

// parseHeader reads a header: the number of its entries, the size of its data,
// the entries (tag, type, offset, count), the data.
func parseHeader(h []byte) (p Package, err error) {
	if len(h) < headerStart {
		return p, broken("a header of %d bytes", len(h))
	}
	entries, size := uint64(binary.BigEndian.Uint32(h)), uint64(binary.BigEndian.Uint32(h[4:]))
	start := headerStart + entries*headerEntry
	if start+size > uint64(len(h)) {
		return p, broken("a header that is longer than its place")
	}
	values := h[start : start+size]
	for e := h[headerStart:start]; len(e) > 0; e = e[headerEntry:] {
		tag, typ, at := binary.BigEndian.Uint32(e), binary.BigEndian.Uint32(e[4:]), binary.BigEndian.Uint32(e[8:])
		if uint64(at) > size {
			continue // of a region's trailer; what matters is checked below
		}
		p.set(tag, typ, values[at:])
	}
	if p.Name == "" || p.Version == "" {
		return p, broken("a header without name or version")
	}
	return p, nil
}

func (p *Package) set(tag, typ uint32, value []byte) {
	if tag == tagEpoch && typ == typeInt32 && len(value) >= 4 {
		p.Epoch = binary.BigEndian.Uint32(value)
	}
	if typ != typeString {
		return
	}
	text, _, _ := bytes.Cut(value, []byte{0})
	switch tag {
	case tagName:
		p.Name = string(text)
	case tagVersion:
		p.Version = string(text)
	case tagRelease:
		p.Release = string(text)
	case tagArch:
		p.Arch = string(text)
	case tagSource:
		p.Source = string(text)
	}
}

func broken(format string, args ...any) error {
	return fault.New(fault.Invalid, "the database is broken: "+format, args...)
}

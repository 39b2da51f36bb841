package rpm

import (
	"bytes"
	"encoding/binary"

	"github.com/tidemark/tidemark/internal/fault"
)

// The tags under which a header keeps the files of its package: the last parts of
// their paths, for each the number of its folder, and the folders.
const (
	tagFolderOf, tagFileNames, tagFolders = 1116, 1117, 1118

	typeStrings = 8
)

// Files goes through the files of the packages of a database, in its order.
func Files(data []byte, each func(p Package, path string)) error {
	headers, err := headersOf(data)
	if err != nil {
		return err
	}
	for i, h := range headers {
		p, err := parseHeader(h)
		if err == nil {
			err = filesOf(h, func(path string) { each(p, path) })
		}
		if err != nil {
			return fault.Wrap(fault.Invalid, err, "header %d of %d", i+1, len(headers))
		}
	}
	return nil
}

// filesOf goes through the files of a header whose frame was checked.
func filesOf(h []byte, each func(path string)) error {
	start := headerStart + uint64(binary.BigEndian.Uint32(h))*headerEntry
	values := h[start : start+uint64(binary.BigEndian.Uint32(h[4:]))]
	var folderOf, names, folders []byte
	var files, dirs uint32
	for e := h[headerStart:start]; len(e) > 0; e = e[headerEntry:] {
		tag, typ, at, count := binary.BigEndian.Uint32(e), binary.BigEndian.Uint32(e[4:]), binary.BigEndian.Uint32(e[8:]), binary.BigEndian.Uint32(e[12:])
		if uint64(at) > uint64(len(values)) {
			continue
		}
		switch {
		case tag == tagFolderOf && typ == typeInt32:
			folderOf = values[at:]
		case tag == tagFileNames && typ == typeStrings:
			names, files = values[at:], count
		case tag == tagFolders && typ == typeStrings:
			folders, dirs = values[at:], count
		}
	}
	dirNames, err := texts(folders, dirs)
	if err != nil {
		return err
	}
	fileNames, err := texts(names, files)
	if err != nil {
		return err
	}
	if len(folderOf) < 4*len(fileNames) {
		return broken("files without folders")
	}
	for i, name := range fileNames {
		dir := binary.BigEndian.Uint32(folderOf[4*i:])
		if dir >= dirs {
			return broken("a file in folder %d of %d", dir, dirs)
		}
		each(string(dirNames[dir]) + string(name))
	}
	return nil
}

// texts cuts so many texts, each ended by a zero.
func texts(data []byte, count uint32) (out [][]byte, err error) {
	if uint64(count) > uint64(len(data)) {
		return nil, broken("%d texts in %d bytes", count, len(data))
	}
	for range count {
		text, rest, ok := bytes.Cut(data, []byte{0})
		if !ok {
			return nil, broken("a text without an end")
		}
		out, data = append(out, text), rest
	}
	return out, nil
}

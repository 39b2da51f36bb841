package rpm

import (
	"bytes"
	"encoding/binary"
)

const sqliteMagic = "SQLite format 3\x00"

// The parts of SQLite's file format that are read: table b-trees and their
// overflow pages (https://www.sqlite.org/fileformat2.html).
const (
	fileHeader                = 100
	interiorPage, leafPage    = 0x05, 0x0d
	interiorHeader, leafStart = 12, 8
)

// sqlite is a database file.
type sqlite struct {
	data       []byte
	page, used int          // size of a page, and of what of it is used
	seen       map[int]bool // pages of the tree: no tree has one twice
	left       budget
}

// readSQLite lists the blobs of the table Packages.
func readSQLite(data []byte) (blobs [][]byte, err error) {
	if len(data) < fileHeader {
		return nil, broken("it ends in its first page")
	}
	s := &sqlite{data: data, page: int(binary.BigEndian.Uint16(data[16:])), seen: map[int]bool{}, left: budget(len(data))}
	if s.page == 1 {
		s.page = 1 << 16
	}
	s.used = s.page - int(data[20])
	if s.page < 512 || s.page&(s.page-1) != 0 || s.used < 480 {
		return nil, broken("pages of %d bytes", s.page)
	}
	root := 0
	err = s.rows(1, func(row [][]byte) {
		if len(row) >= 4 && string(row[0]) == "table" && string(row[1]) == "Packages" {
			root = int(bigEndian(row[3]))
		}
	})
	if err != nil || root == 0 {
		return nil, firstError(err, broken("it has no table Packages"))
	}
	err = s.rows(root, func(row [][]byte) {
		if len(row) >= 2 {
			blobs = append(blobs, row[1])
		}
	})
	return blobs, err
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// rows gives the rows of a table in its order.
func (s *sqlite) rows(number int, row func([][]byte)) error {
	page, head, err := s.at(number)
	if err != nil {
		return err
	}
	if s.seen[number] {
		return broken("page %d stands in it twice", number)
	}
	s.seen[number] = true
	kind, cells, start := page[head], int(binary.BigEndian.Uint16(page[head+3:])), leafStart
	if kind == interiorPage {
		start = interiorHeader
	}
	if kind != interiorPage && kind != leafPage || head+start+2*cells > len(page) {
		return broken("page %d is no page of a table", number)
	}
	for i := range cells {
		at := int(binary.BigEndian.Uint16(page[head+start+2*i:]))
		if at+4 > len(page) {
			return broken("a cell of page %d leads out of it", number)
		}
		if err := s.cell(kind, page[at:], row); err != nil {
			return err
		}
	}
	if kind == interiorPage {
		return s.rows(int(binary.BigEndian.Uint32(page[head+8:])), row)
	}
	return nil
}

// at gives a page, and where in it its header begins.
func (s *sqlite) at(number int) (page []byte, head int, err error) {
	if number < 1 || number > len(s.data)/s.page {
		return nil, 0, broken("page %d is not in it", number)
	}
	if number == 1 {
		head = fileHeader
	}
	start := (number - 1) * s.page
	return s.data[start : start+s.page], head, nil
}

// cell reads a cell: a row, or the page that is left of a key.
func (s *sqlite) cell(kind byte, cell []byte, row func([][]byte)) error {
	if kind == interiorPage {
		return s.rows(int(binary.BigEndian.Uint32(cell)), row)
	}
	size, n := varint(cell)
	_, m := varint(cell[n:])
	if n == 0 || m == 0 {
		return broken("a row without its length")
	}
	if err := s.left.take(size); err != nil {
		return err
	}
	record, err := s.payload(cell[n+m:], int(size))
	if err != nil {
		return err
	}
	values, err := parseRecord(record)
	if err == nil {
		row(values)
	}
	return err
}

// payload joins what of a row stands in its cell and on overflow pages.
func (s *sqlite) payload(cell []byte, size int) ([]byte, error) {
	most, least := s.used-35, (s.used-12)*32/255-23
	local := size
	if size > most {
		if local = least + (size-least)%(s.used-4); local > most {
			local = least
		}
	}
	if local > len(cell) || local < size && local+4 > len(cell) {
		return nil, broken("a row that leads out of its page")
	}
	if local == size {
		return cell[:size], nil
	}
	out := append(make([]byte, 0, size), cell[:local]...)
	next := int(binary.BigEndian.Uint32(cell[local:]))
	for len(out) < size {
		page, _, err := s.at(next)
		if err != nil {
			return nil, err
		}
		out = append(out, page[4:min(s.used, 4+size-len(out))]...)
		next = int(binary.BigEndian.Uint32(page))
	}
	return out, nil
}

// parseRecord splits a row into its values, as bytes.
func parseRecord(record []byte) (values [][]byte, err error) {
	head, n := varint(record)
	if n == 0 || head > uint64(len(record)) || head < uint64(n) {
		return nil, broken("a row without its columns")
	}
	types, body := record[n:head], record[head:]
	for len(types) > 0 {
		serial, n := varint(types)
		if n == 0 {
			return nil, broken("a column without its type")
		}
		types = types[n:]
		size := serialSize(serial)
		if size > uint64(len(body)) {
			return nil, broken("a column that leads out of its row")
		}
		values = append(values, body[:size])
		body = body[size:]
	}
	return values, nil
}

func serialSize(serial uint64) uint64 {
	if serial >= 12 {
		return (serial - 12) / 2
	}
	return [12]uint64{0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0}[serial]
}

// varint reads a number of SQLite's: seven bits of each byte, the highest first,
// and all of the ninth. n is 0 where it does not end.
func varint(b []byte) (v uint64, n int) {
	for n < len(b) && n < 9 {
		c := b[n]
		n++
		if n == 9 {
			return v<<8 | uint64(c), n
		}
		v = v<<7 | uint64(c&0x7f)
		if c < 0x80 {
			return v, n
		}
	}
	return 0, 0
}

func bigEndian(b []byte) (v uint64) {
	for _, c := range bytes.TrimLeft(b, "\x00") {
		v = v<<8 | uint64(c)
	}
	return v
}

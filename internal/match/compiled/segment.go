package compiled

import (
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"math/bits"
	"strconv"

	"github.com/tidemark/tidemark/internal/advisory"
)

// The parts of a segment, in the order of the foot.
const (
	partCards = iota
	partPages
	partNames
	partTable
	partNameTable
	partIDs
	partAbout
	parts
)

// part is where a part is in its segment. The checksum of cards and pages is
// that of the whole part, for Verify; each block has one of its own.
type part struct {
	at, size uint64
	sum      uint32
}

const (
	headSize = 8
	partSize = 20
	footSize = parts*partSize + 8 + 4 + 8 // length of the segment, checksum, magic
	slotSize = 16
)

// A segment ends with a word and the version of its format: another version's
// foot may have another size, so this is read first.
const (
	lastWord  = "TMIDX"
	lastWords = lastWord + "004" // with format
	ending    = len(lastWords)
)

func updateSum(sum uint32, b []byte) uint32 { return crc32.Update(sum, castagnoli, b) }

// footOf writes the foot of a segment of which size bytes are written.
func footOf(list [parts]part, size uint64) []byte {
	var b []byte
	for _, p := range list {
		b = binary.LittleEndian.AppendUint64(b, p.at)
		b = binary.LittleEndian.AppendUint64(b, p.size)
		b = binary.LittleEndian.AppendUint32(b, p.sum)
	}
	b = binary.LittleEndian.AppendUint64(b, size+footSize)
	b = binary.LittleEndian.AppendUint32(b, checksum(b))
	return append(b, lastWords...)
}

// slot is one place of the hash table; an empty one has hash 0.
type slot struct{ hash, at uint64 }

// hashOf is FNV-1a of the ecosystem and the name, never 0.
func hashOf(k advisory.PackageKey) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for i := range len(k.Ecosystem) {
		h = (h ^ uint64(k.Ecosystem[i])) * prime
	}
	h = (h ^ 0xff) * prime
	for i := range len(k.Name) {
		h = (h ^ uint64(k.Name[i])) * prime
	}
	return max(h, 1)
}

// sheetSize is the part of the table that is checked at once: a damaged slot
// must not look like an empty one.
const sheetSize = 4096

// tableOf lays slots out with open addressing, at most two thirds full, in
// sheets; after the last come the checksums of all.
func tableOf(slots []slot) []byte {
	size := max(sheetSize/slotSize, uint64(1)<<bits.Len64(uint64(len(slots))*3/2))
	table := make([]byte, size*slotSize)
	for _, s := range slots {
		i := s.hash & (size - 1)
		for binary.LittleEndian.Uint64(table[i*slotSize:]) != 0 {
			i = (i + 1) & (size - 1)
		}
		binary.LittleEndian.PutUint64(table[i*slotSize:], s.hash)
		binary.LittleEndian.PutUint64(table[i*slotSize+8:], s.at)
	}
	for at := uint64(0); at < size*slotSize; at += sheetSize {
		table = binary.LittleEndian.AppendUint32(table, checksum(table[at:at+sheetSize]))
	}
	return table
}

// tableSlots returns how many slots a table of so many bytes has.
func tableSlots(size int) (slots uint64, ok bool) {
	const whole = sheetSize + 4
	sheets := uint64(size / whole)
	return sheets * (sheetSize / slotSize), size%whole == 0 && bits.OnesCount64(sheets) == 1
}

// directory finds pages by the names on them.
type directory struct {
	table, pages []byte
	slots        uint64
}

// segment is one of a file's, opened.
type segment struct {
	part     [parts][]byte
	sums     [parts]uint32
	packages directory
	names    directory
	ids      map[string]bool // of a delta
	about    About
}

// lastSegment opens the segment at the end of b, and returns what is before it.
func lastSegment(b []byte) (s *segment, before []byte, err error) {
	if len(b) > ending && string(b[len(b)-ending:len(b)-3]) == lastWord && string(b[len(b)-ending:]) != lastWords {
		return nil, nil, otherFormat(string(b[len(b)-3:]))
	}
	if len(b) < headSize+footSize || string(b[len(b)-ending:]) != lastWords {
		return nil, nil, damaged("its end is missing: it was not written to the end, or is another kind of file")
	}
	foot := b[len(b)-footSize:]
	sealed := foot[:parts*partSize+8]
	if binary.LittleEndian.Uint32(foot[len(sealed):]) != checksum(sealed) {
		return nil, nil, damaged("its end has another checksum")
	}
	size := binary.LittleEndian.Uint64(sealed[parts*partSize:])
	if size > uint64(len(b)) || size < headSize+footSize {
		return nil, nil, damaged("a part of it is missing at the beginning")
	}
	body := b[uint64(len(b))-size:]
	if string(body[:6]) != "TMIDX\x00" {
		return nil, nil, damaged("it does not begin as one")
	}
	if v := binary.LittleEndian.Uint16(body[6:]); v != format {
		return nil, nil, otherFormat(strconv.Itoa(int(v)))
	}
	s = &segment{}
	if err := s.cut(body[:size-footSize], sealed); err != nil {
		return nil, nil, err
	}
	return s, b[:uint64(len(b))-size], s.read()
}

// cut finds the parts; those that are read on opening are checked now.
func (s *segment) cut(body, foot []byte) error {
	for i := range s.part {
		at, size := binary.LittleEndian.Uint64(foot[i*partSize:]), binary.LittleEndian.Uint64(foot[i*partSize+8:])
		if at > uint64(len(body)) || size > uint64(len(body))-at {
			return damaged("a part lies outside of it")
		}
		s.part[i] = body[at : at+size]
		s.sums[i] = binary.LittleEndian.Uint32(foot[i*partSize+16:])
	}
	for _, i := range []int{partIDs, partAbout} {
		if checksum(s.part[i]) != s.sums[i] {
			return damaged("its description has another checksum")
		}
	}
	s.packages = directory{table: s.part[partTable], pages: s.part[partPages]}
	s.names = directory{table: s.part[partNameTable], pages: s.part[partNames]}
	for _, d := range []*directory{&s.packages, &s.names} {
		var ok bool
		if d.slots, ok = tableSlots(len(d.table)); !ok {
			return damaged("its table has an odd size")
		}
	}
	return nil
}

// maxAbout bounds the description.
const maxAbout = 1 << 24

func (s *segment) read() error {
	if len(s.part[partAbout]) > maxAbout {
		return damaged("its description is too long")
	}
	if err := json.Unmarshal(s.part[partAbout], &s.about); err != nil {
		return damaged("its description: " + err.Error())
	}
	if len(s.part[partIDs]) == 0 {
		return nil
	}
	d := decoder{rest: string(s.part[partIDs])}
	ids := d.texts()
	if d.err != nil {
		return d.err
	}
	s.ids = make(map[string]bool, len(ids))
	for _, id := range ids {
		s.ids[id] = true
	}
	return nil
}

// find returns the page of a package, an empty one when there is none. Two
// packages of one hash are told apart by the names on their pages.
func (s *directory) find(key advisory.PackageKey) (decoder, error) {
	hash, checked := hashOf(key), s.slots
	for i, tried := hash&(s.slots-1), uint64(0); tried < s.slots; i, tried = (i+1)&(s.slots-1), tried+1 {
		if sheet := i * slotSize / sheetSize; sheet != checked {
			if err := s.checkSheet(sheet); err != nil {
				return decoder{}, err
			}
			checked = sheet
		}
		found := s.table[i*slotSize:]
		h := binary.LittleEndian.Uint64(found)
		if h == 0 {
			return decoder{}, nil
		}
		if h != hash {
			continue
		}
		d, err := s.page(key, binary.LittleEndian.Uint64(found[8:]))
		if err != nil || d.rest != "" {
			return d, err
		}
	}
	return decoder{}, nil
}

func (s *directory) checkSheet(n uint64) error {
	table, sums := s.table[:s.slots*slotSize], s.table[s.slots*slotSize:]
	if checksum(table[n*sheetSize:(n+1)*sheetSize]) != binary.LittleEndian.Uint32(sums[n*4:]) {
		return damaged("its table has another checksum")
	}
	return nil
}

// page opens a page, unless it is that of another package.
func (s *directory) page(key advisory.PackageKey, at uint64) (decoder, error) {
	body, err := blockAt(s.pages, at)
	if err != nil {
		return decoder{}, err
	}
	d := decoder{rest: body}
	if d.text() != key.Ecosystem || d.text() != key.Name {
		return decoder{}, d.err
	}
	return d, d.err
}

// claims calls yield with what the segment's records say of a package, by id,
// leaving out those that skip names.
func (s *segment) claims(key advisory.PackageKey, skip func(id string) bool, yield func(*advisory.Record)) error {
	d, err := s.packages.find(key)
	if err != nil || d.rest == "" {
		return err
	}
	for range d.count(3) {
		id, at, entries := d.text(), d.unsigned(), d.text()
		if d.err != nil {
			return d.err
		}
		if skip(id) {
			continue
		}
		r, err := s.record(key, at, entries)
		if err != nil {
			return err
		}
		yield(r)
	}
	return d.err
}

// record joins a card with the entries of one package.
func (s *segment) record(key advisory.PackageKey, at uint64, entries string) (*advisory.Record, error) {
	body, err := blockAt(s.part[partCards], at)
	if err != nil {
		return nil, err
	}
	d := decoder{rest: body}
	r := d.card()
	if d.err != nil {
		return nil, d.err
	}
	for d.rest = entries; d.rest != ""; {
		r.Affected = append(r.Affected, d.entry(key, key.Name, s.about.Words))
		if d.err != nil {
			return nil, d.err
		}
	}
	return r, nil
}

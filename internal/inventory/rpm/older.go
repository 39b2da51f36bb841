package rpm

import (
	"encoding/binary"
	"slices"
)

// NDB, the kind that SUSE uses: a table of slots in front, each with the place
// of a blob in blocks of 16 bytes
// (https://github.com/rpm-software-management/rpm/blob/rpm-4.17.0-release/lib/backend/ndb/rpmpkg.c).
const (
	ndbMagic            = "RpmP"
	slotMagic           = "Slot"
	blobMagic           = "BlbS"
	ndbBlock            = 16
	ndbPage             = 4096
	ndbSlots, ndbLength = 12, 12 // where the number of slot pages stands, and a blob's length
)

func readNDB(data []byte) (blobs [][]byte, err error) {
	if len(data) < ndbPage {
		return nil, broken("it ends in its first page")
	}
	slots := uint64(binary.LittleEndian.Uint32(data[ndbSlots:])) * ndbPage
	if slots > uint64(len(data)) {
		return nil, broken("it has less than its slots")
	}
	b := budget(len(data))
	for slot := range slices.Chunk(data[2*ndbBlock:max(slots, 2*ndbBlock)], ndbBlock) {
		if string(slot[:4]) != slotMagic {
			return nil, broken("a slot is no slot")
		}
		if binary.LittleEndian.Uint32(slot[4:]) == 0 {
			continue // free
		}
		at := uint64(binary.LittleEndian.Uint32(slot[8:])) * ndbBlock
		if at+ndbBlock > uint64(len(data)) || string(data[at:at+4]) != blobMagic {
			return nil, broken("a slot names no blob")
		}
		size := uint64(binary.LittleEndian.Uint32(data[at+ndbLength:]))
		start := at + ndbBlock
		if start+size > uint64(len(data)) {
			return nil, broken("a blob leads out of it")
		}
		if err := b.take(size); err != nil {
			return nil, err
		}
		blobs = append(blobs, data[start:start+size])
	}
	return blobs, nil
}

// budget is how many bytes the headers of a database may come to: no more than
// it has, or places are used twice.
type budget uint64

func (b *budget) take(size uint64) error {
	if size > uint64(*b) {
		return broken("its headers are larger than it")
	}
	*b -= budget(size)
	return nil
}

// Berkeley DB, the kind of RHEL 8 and before: pages of a hash table, whose
// values are places of chains of overflow pages
// (https://github.com/berkeleydb/libdb/blob/v5.3.28/src/dbinc/db_page.h).
const (
	berkeleyMagic                      = 0x00061561
	magicAt, pageSizeAt, kindAt        = 12, 20, 25
	nextAt, entriesAt, usedAt          = 16, 20, 22
	pageHeader                         = 26
	hashUnsorted, overflow, hashSorted = 2, 7, 13
	offPage, offPageSize               = 3, 12
)

// berkeley is a database and how its numbers are written.
type berkeley struct {
	data  []byte
	page  int
	order binary.ByteOrder
	left  budget
}

func isBerkeley(data []byte) bool {
	return len(data) >= 512 && (binary.LittleEndian.Uint32(data[magicAt:]) == berkeleyMagic || binary.BigEndian.Uint32(data[magicAt:]) == berkeleyMagic)
}

func readBerkeley(data []byte) (blobs [][]byte, err error) {
	b := berkeley{data: data, order: binary.LittleEndian, left: budget(len(data))}
	if binary.BigEndian.Uint32(data[magicAt:]) == berkeleyMagic {
		b.order = binary.BigEndian
	}
	b.page = int(b.order.Uint32(data[pageSizeAt:]))
	if b.page < 512 || b.page > 1<<16 || b.page&(b.page-1) != 0 {
		return nil, broken("pages of %d bytes", b.page)
	}
	for start := b.page; start+b.page <= len(data); start += b.page {
		page := data[start : start+b.page]
		if page[kindAt] != hashSorted && page[kindAt] != hashUnsorted {
			continue
		}
		found, err := b.values(page)
		if err != nil {
			return nil, err
		}
		blobs = append(blobs, found...)
	}
	return blobs, nil
}

// values gives the values on a page that stand on pages of their own: keys and
// values take turns, and small values are no headers.
func (b *berkeley) values(page []byte) (blobs [][]byte, err error) {
	entries := int(b.order.Uint16(page[entriesAt:]))
	if pageHeader+2*entries > len(page) {
		return nil, broken("a page has more entries than room")
	}
	for i := 1; i < entries; i += 2 {
		at := int(b.order.Uint16(page[pageHeader+2*i:]))
		if at >= len(page) {
			return nil, broken("an entry leads out of its page")
		}
		if page[at] != offPage {
			continue
		}
		if at+offPageSize > len(page) {
			return nil, broken("an entry leads out of its page")
		}
		blob, err := b.chain(b.order.Uint32(page[at+4:]))
		if err != nil {
			return nil, err
		}
		blobs = append(blobs, blob)
	}
	return blobs, nil
}

// chain joins overflow pages. It ends, because each takes from the budget.
func (b *berkeley) chain(number uint32) (blob []byte, err error) {
	for number != 0 {
		start := uint64(number) * uint64(b.page)
		if start+uint64(b.page) > uint64(len(b.data)) {
			return nil, broken("page %d is not in it", number)
		}
		page := b.data[start : start+uint64(b.page)]
		if page[kindAt] != overflow {
			return nil, broken("page %d is no part of a value", number)
		}
		if err := b.left.take(uint64(b.page)); err != nil {
			return nil, err
		}
		number = b.order.Uint32(page[nextAt:])
		content := page[pageHeader:]
		if used := int(b.order.Uint16(page[usedAt:])); number == 0 && used <= len(content) {
			content = content[:used]
		}
		blob = append(blob, content...)
	}
	return blob, nil
}

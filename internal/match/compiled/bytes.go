package compiled

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/fault"
)

// castagnoli is the polynomial that processors have an instruction for.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// damaged is the error for bytes that are not what a compiler wrote.
func damaged(what string) error {
	return fault.New(fault.Invalid, "the advisory index is damaged: %s", what).WithHint("compile it again: tidemark intel compile")
}

// blockHead is the checksum and the length before the bytes of a card or page.
const blockHead = 8

// appendBlock writes a card or page.
func appendBlock(to, body []byte) []byte {
	to = binary.LittleEndian.AppendUint32(to, checksum(body))
	to = binary.LittleEndian.AppendUint32(to, uint32(len(body)))
	return append(to, body...)
}

// blockAt returns a checked card or page.
func blockAt(part []byte, at uint64) (string, error) {
	if at > uint64(len(part)) || uint64(len(part))-at < blockHead {
		return "", damaged("a place outside of it")
	}
	rest := part[at:]
	sum, size := binary.LittleEndian.Uint32(rest), uint64(binary.LittleEndian.Uint32(rest[4:]))
	if size > uint64(len(rest))-blockHead {
		return "", damaged("a block is longer than its part")
	}
	body := rest[blockHead : blockHead+size]
	if checksum(body) != sum {
		return "", damaged("a block has another checksum")
	}
	return string(body), nil
}

// encoder appends values to a buffer.
type encoder struct{ buf []byte }

func (e *encoder) number(n int) { e.buf = binary.AppendUvarint(e.buf, uint64(n)) }

func (e *encoder) text(s string) {
	e.number(len(s))
	e.buf = append(e.buf, s...)
}

func (e *encoder) texts(list []string) {
	e.number(len(list))
	for _, s := range list {
		e.text(s)
	}
}

// moment writes microseconds; the zero time is the smallest number.
func (e *encoder) moment(t time.Time) {
	micros := int64(math.MinInt64)
	if !t.IsZero() {
		micros = t.UnixMicro()
	}
	e.buf = binary.AppendVarint(e.buf, micros)
}

func (e *encoder) severities(list []advisory.Severity) {
	e.number(len(list))
	for _, s := range list {
		e.text(s.Type)
		e.text(s.Score)
	}
}

// decoder cuts values off a text that it shares: strings are parts of it. The
// first fault stays, and from then on every value is zero.
type decoder struct {
	rest string
	err  error
}

func (d *decoder) fail() {
	if d.err == nil {
		d.err = damaged("a block ends too early")
	}
	d.rest = ""
}

func (d *decoder) unsigned() uint64 {
	var n uint64
	for shift := uint(0); shift < 64; shift += 7 {
		if d.rest == "" {
			d.fail()
			return 0
		}
		c := d.rest[0]
		d.rest = d.rest[1:]
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return n
		}
	}
	d.fail()
	return 0
}

// count reads how many values follow that take at least so many bytes each: it
// never promises more than what is left.
func (d *decoder) count(each uint64) int {
	n := d.unsigned()
	if n > uint64(len(d.rest))/each {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) text() string {
	n := d.count(1)
	s := d.rest[:n]
	d.rest = d.rest[n:]
	return s
}

func (d *decoder) texts() []string {
	n := d.count(1)
	if n == 0 {
		return nil
	}
	list := make([]string, n)
	for i := range list {
		list[i] = d.text()
	}
	return list
}

func (d *decoder) moment() time.Time {
	u := d.unsigned()
	micros := int64(u>>1) ^ -int64(u&1)
	if micros == math.MinInt64 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

func (d *decoder) severities() []advisory.Severity {
	n := d.count(2)
	if n == 0 {
		return nil
	}
	list := make([]advisory.Severity, n)
	for i := range list {
		list[i] = advisory.Severity{Type: d.text(), Score: d.text()}
	}
	return list
}

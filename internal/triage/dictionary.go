package triage

import (
	"slices"
	"strings"
)

// dictionary gives each text a small number; 0 is the empty text. Texts stay
// until the index is built anew.
type dictionary struct {
	ids   map[string]uint32
	texts []string
	low   []string // the same in lower case, shares the bytes where it can
	bytes int
}

func newDictionary() *dictionary {
	return &dictionary{ids: map[string]uint32{"": 0}, texts: []string{""}, low: []string{""}}
}

func (d *dictionary) id(text string) uint32 {
	if id, ok := d.ids[text]; ok {
		return id
	}
	text = strings.Clone(text)
	id := uint32(len(d.texts))
	low := strings.ToLower(text)
	d.ids[text], d.texts, d.low = id, append(d.texts, text), append(d.low, low)
	d.bytes += len(text) + 72 // the bytes, two headers, the entry of the map
	if low != text {
		d.bytes += len(low)
	}
	return id
}

// hits marks the texts that answer the question.
func (d *dictionary) hits(is func(id int) bool) []uint8 {
	out := make([]uint8, len(d.texts))
	for id := range out {
		if is(id) {
			out[id] = 1
		}
	}
	return out
}

// named marks the texts of the given values: "none" is also the empty text,
// "*" is every other one.
func (d *dictionary) named(values []string) []uint8 {
	out := make([]uint8, len(d.texts))
	for _, v := range values {
		if id, ok := d.ids[v]; ok {
			out[id] = 1
		}
		switch v {
		case none:
			out[0] = 1
		case anything:
			for id := 1; id < len(out); id++ {
				out[id] = 1
			}
		}
	}
	return out
}

// textColumn is a column of texts.
type textColumn struct {
	*dictionary
	codes []uint32
}

func newTextColumn() textColumn { return textColumn{dictionary: newDictionary()} }

func (c *textColumn) put(slot int, text string) { put(&c.codes, slot, c.id(text)) }

// setColumn is a column of sets of texts; equal sets are kept once, 0 is the
// empty one.
type setColumn struct {
	*dictionary // of the members
	ids         map[string]uint32
	sets        [][]uint32
	codes       []uint32
	setBytes    int
}

func newSetColumn() setColumn {
	return setColumn{dictionary: newDictionary(), ids: map[string]uint32{"": 0}, sets: [][]uint32{nil}}
}

func (c *setColumn) put(slot int, texts []string) {
	put(&c.codes, slot, c.setID(texts))
}

func (c *setColumn) setID(texts []string) uint32 {
	members := make([]uint32, 0, len(texts))
	for _, t := range texts {
		if t != "" {
			members = append(members, c.id(t))
		}
	}
	slices.Sort(members)
	members = slices.Clip(slices.Compact(members))
	key := make([]byte, 0, 4*len(members))
	for _, m := range members {
		key = append(key, byte(m), byte(m>>8), byte(m>>16), byte(m>>24))
	}
	if id, ok := c.ids[string(key)]; ok {
		return id
	}
	id := uint32(len(c.sets))
	c.ids[string(key)] = id
	c.sets = append(c.sets, members)
	c.setBytes += 8*len(members) + 72
	return id
}

// setHits marks the sets that have a marked member; the empty set goes by the
// mark of the empty text.
func (c *setColumn) setHits(members []uint8) []uint8 {
	out := make([]uint8, len(c.sets))
	out[0] = members[0]
	for id, set := range c.sets {
		for _, m := range set {
			out[id] |= members[m]
		}
	}
	return out
}

// put writes a value of a column, at its end or in place.
func put[T any](column *[]T, slot int, value T) {
	if slot == len(*column) {
		*column = append(*column, value)
		return
	}
	(*column)[slot] = value
}

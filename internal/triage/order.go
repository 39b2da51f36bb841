package triage

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// SortKey is one key of an order. What has no value (no deadline, no owner)
// comes last either way; all orders end with the id, rising.
type SortKey struct {
	Key  string
	Desc bool
}

// sortKeys are what a list can be sorted by.
var sortKeys = []string{"decision", "score", "sev", "due", "first", "age", "epss", "service", "env", "weakness", "component", "owner"}

// SortKeys lists what a list can be sorted by.
func SortKeys() []string { return slices.Clone(sortKeys) }

const maxSortKeys = 4

// ParseSort reads an order: keys with a comma between, a leading "-" for
// falling, as "-score,service". An empty text is the default order.
func ParseSort(text string) ([]SortKey, error) {
	if text == "" {
		return nil, nil
	}
	var out []SortKey
	for _, key := range strings.Split(text, ",") {
		name, desc := strings.CutPrefix(key, "-")
		out = append(out, SortKey{Key: name, Desc: desc})
	}
	return checkSort(out)
}

// checkSort gives the keys their canonical names, and the default order for none.
func checkSort(sort []SortKey) ([]SortKey, error) {
	if len(sort) == 0 {
		return []SortKey{{"decision", true}, {"score", true}}, nil
	}
	if len(sort) > maxSortKeys {
		return nil, fault.New(fault.Invalid, "a list is sorted by at most %d keys", maxSortKeys)
	}
	out := make([]SortKey, len(sort))
	for i, k := range sort {
		out[i] = SortKey{canonical(k.Key), k.Desc}
		if !slices.Contains(sortKeys, out[i].Key) {
			return nil, ctem.UnknownKey(k.Key, sortKeys)
		}
	}
	return out, nil
}

// sortText is the order as ParseSort reads it.
func sortText(sort []SortKey) string {
	parts := make([]string, len(sort))
	for i, k := range sort {
		parts[i] = k.Key
		if k.Desc {
			parts[i] = "-" + k.Key
		}
	}
	return strings.Join(parts, ",")
}

// A cell is a row's value under one key.
type cell struct {
	None bool    `json:"o,omitempty"`
	Num  float64 `json:"n,omitempty"`
	Text string  `json:"t,omitempty"`
}

// sorter is the table under an order.
type sorter struct {
	*table
	keys []SortKey
}

// cell reads the value of a slot. Times are exact as numbers: they are far
// below 2^53.
func (t sorter) cell(slot uint32, key string) cell {
	switch key {
	case "decision":
		return cell{Num: float64(t.stand.decision[slot])}
	case "score":
		return cell{Num: float64(t.stand.score[slot])}
	case "sev":
		return cell{Num: float64(t.weak.severity[slot])}
	case "due":
		return timeCell(t.clock.deadline[slot])
	case "first":
		return timeCell(t.clock.first[slot])
	case "age": // the older, the more
		c := timeCell(t.clock.first[slot])
		c.Num = -c.Num
		return c
	case "epss":
		if p := t.weak.epss[slot]; !math.IsNaN(p) {
			return cell{Num: p}
		}
		return cell{None: true}
	case "component":
		return textCell(t.component(t.part.locus.codes[slot]))
	}
	c := t.textColumnOf(key)
	return textCell(c.texts[c.codes[slot]])
}

func timeCell(at int64) cell {
	if at == 0 {
		return cell{None: true}
	}
	return cell{Num: float64(at)}
}

func textCell(text string) cell { return cell{None: text == "", Text: text} }

func (t sorter) textColumnOf(key string) *textColumn {
	switch key {
	case "service":
		return &t.place.service
	case "env":
		return &t.place.environment
	case "weakness":
		return &t.weak.name
	}
	return &t.place.owner
}

func compareCells(a, b cell, desc bool) int {
	switch {
	case a.None && b.None:
		return 0
	case a.None:
		return 1
	case b.None:
		return -1
	}
	c := cmp.Or(cmp.Compare(a.Num, b.Num), cmp.Compare(a.Text, b.Text))
	if desc {
		return -c
	}
	return c
}

// compare orders two slots.
func (t sorter) compare(a, b uint32) int {
	for _, k := range t.keys {
		if c := compareCells(t.cell(a, k.Key), t.cell(b, k.Key), k.Desc); c != 0 {
			return c
		}
	}
	return t.compareID(a, b)
}

func (t sorter) compareID(a, b uint32) int {
	return cmp.Or(cmp.Compare(t.key.id[a], t.key.id[b]), cmp.Compare(t.key.num[a], t.key.num[b]))
}

// orders keeps the orders that were asked for, each a list of all slots that
// have a row. An order is never changed, only replaced, under the lock.
type orders struct {
	mu   sync.Mutex
	kept map[string]*order
	uses int
}

type order struct {
	slots []uint32
	epoch int // of the change log
	seen  int // how much of it is in
	used  int
}

const maxOrders = 8

// get returns the slots in order, bringing the order up to date.
func (o *orders) get(t sorter) []uint32 {
	o.mu.Lock()
	defer o.mu.Unlock()
	name := sortText(t.keys)
	held := o.kept[name]
	switch {
	case held == nil:
		o.makeRoom()
		held = &order{slots: t.sorted()}
		o.kept[name] = held
	case held.epoch != t.log.epoch:
		held.slots = t.sorted()
	case held.seen != len(t.log.slots):
		held.slots = t.merged(held.slots, t.log.slots[held.seen:])
	}
	held.epoch, held.seen = t.log.epoch, len(t.log.slots)
	o.uses++
	held.used = o.uses
	return held.slots
}

func (o *orders) makeRoom() {
	if len(o.kept) < maxOrders {
		return
	}
	oldest := ""
	for name, held := range o.kept {
		if oldest == "" || held.used < o.kept[oldest].used {
			oldest = name
		}
	}
	delete(o.kept, oldest)
}

// sorted sorts all rows: by the id, and then by numbers that order as the keys
// do, those of the last keys first, because sorting by rank keeps what is equal
// as it was. What is equal in all of it differs in the end of the id alone.
func (t sorter) sorted() []uint32 {
	ranks := append(t.ranks(), t.idRanks())
	out := make([]uint32, 0, len(t.slots))
	for slot, state := range t.stand.state {
		if state != stateFree {
			out = append(out, uint32(slot))
		}
	}
	for i := len(ranks) - 1; i >= 0; i-- {
		sortByRank(out, ranks[i])
	}
	equal := func(a, b uint32) bool {
		for _, r := range ranks {
			if r[a] != r[b] {
				return false
			}
		}
		return true
	}
	sortEquals(out, equal, t.compareID)
	return out
}

// sortEquals sorts each run of equal slots.
func sortEquals(slots []uint32, equal func(a, b uint32) bool, compare func(a, b uint32) int) {
	for from := 0; from < len(slots); {
		to := from + 1
		for to < len(slots) && equal(slots[from], slots[to]) {
			to++
		}
		if to > from+1 {
			slices.SortFunc(slots[from:to], compare)
		}
		from = to
	}
}

// idRanks are numbers that order as the ids do, as far as eight bytes tell
// them apart; what all ids begin with is left out.
func (t sorter) idRanks() []uint64 {
	const prefix = "EXP-"
	skip := len(prefix)
	for _, id := range t.key.id {
		if id != "" && !strings.HasPrefix(id, prefix) {
			skip = 0
			break
		}
	}
	out := make([]uint64, t.size())
	for slot, id := range t.key.id {
		var head [8]byte
		copy(head[:], id[min(skip, len(id)):])
		out[slot] = binary.BigEndian.Uint64(head[:])
	}
	return out
}

// sortByRank sorts slots by their ranks, eight bits at a time from the lowest
// on, and leaves out the bits that are the same everywhere.
func sortByRank(slots []uint32, ranks []uint64) {
	differ := uint64(0)
	for _, slot := range slots {
		differ |= ranks[slot] ^ ranks[slots[0]]
	}
	spare := make([]uint32, len(slots))
	for shift := 0; shift < 64; shift += 8 {
		if differ>>shift&0xff == 0 {
			continue
		}
		var starts [257]int
		for _, slot := range slots {
			starts[ranks[slot]>>shift&0xff+1]++
		}
		for i := 1; i < len(starts); i++ {
			starts[i] += starts[i-1]
		}
		for _, slot := range slots {
			digit := ranks[slot] >> shift & 0xff
			spare[starts[digit]] = slot
			starts[digit]++
		}
		copy(slots, spare)
	}
}

// ranks packs the keys of each slot into numbers that order as they do, as many
// keys into one as fit.
func (t sorter) ranks() (out [][]uint64) {
	left := 0
	for _, k := range t.keys {
		rank, width := t.rank(k)
		if width > left {
			out, left = append(out, make([]uint64, t.size())), 64
		}
		left -= width
		word := out[len(out)-1]
		for slot := range word {
			word[slot] |= rank(uint32(slot)) << left
		}
	}
	return out
}

// rank gives each value of a key a number of so many bits that orders as the
// key does, the highest for what has no value.
func (t sorter) rank(k SortKey) (rank func(uint32) uint64, width int) {
	flip := uint64(0)
	if k.Desc {
		flip = math.MaxUint64
	}
	switch k.Key {
	case "decision":
		return func(slot uint32) uint64 { return (uint64(t.stand.decision[slot]) ^ flip) & 7 }, 3
	case "sev":
		return func(slot uint32) uint64 { return (uint64(t.weak.severity[slot]) ^ flip) & 7 }, 3
	case "score":
		return func(slot uint32) uint64 { return (uint64(t.stand.score[slot]) ^ flip) & (1<<31 - 1) }, 31
	case "due", "first", "age", "epss":
		return func(slot uint32) uint64 {
			c := t.cell(slot, k.Key)
			if c.None {
				return math.MaxUint64
			}
			return floatRank(c.Num) ^ flip
		}, 64
	}
	codes, ranks := t.textRanks(k)
	return func(slot uint32) uint64 { return uint64(ranks[codes[slot]]) }, 32
}

// floatRank orders as the numbers do.
func floatRank(n float64) uint64 {
	b := math.Float64bits(n + 0) // -0 is 0
	if b>>63 == 1 {
		return ^b
	}
	return b | 1<<63
}

// textRanks are the ranks of a column's texts by their codes.
func (t sorter) textRanks(k SortKey) (codes, ranks []uint32) {
	column := &t.part.locus
	text := t.component
	if k.Key != "component" {
		column = t.textColumnOf(k.Key)
		text = func(code uint32) string { return column.texts[code] }
	}
	order := make([]uint32, len(column.texts))
	for i := range order {
		order[i] = uint32(i)
	}
	compare := func(a, b uint32) int { return compareCells(textCell(text(a)), textCell(text(b)), k.Desc) }
	slices.SortFunc(order, compare)
	ranks = make([]uint32, len(order))
	for i, code := range order {
		ranks[code] = uint32(i)
		if i > 0 && compare(order[i-1], code) == 0 {
			ranks[code] = ranks[order[i-1]]
		}
	}
	return column.codes, ranks
}

// merged takes the changed slots out of an order and puts them where they are now.
func (t sorter) merged(old, changed []uint32) []uint32 {
	moved := newBitset(t.size())
	var add []uint32
	for _, slot := range changed {
		if !moved.has(slot) && t.stand.state[slot] != stateFree {
			add = append(add, slot)
		}
		moved.set(slot)
	}
	slices.SortFunc(add, func(a, b uint32) int { return t.compare(a, b) })
	rest := make([]uint32, 0, len(old))
	for _, slot := range old {
		if !moved.has(slot) {
			rest = append(rest, slot)
		}
	}
	out := make([]uint32, 0, len(rest)+len(add))
	for _, slot := range add {
		at, _ := slices.BinarySearchFunc(rest, slot, func(a, b uint32) int { return t.compare(a, b) })
		out = append(append(out, rest[:at]...), slot)
		rest = rest[at:]
	}
	return append(out, rest...)
}

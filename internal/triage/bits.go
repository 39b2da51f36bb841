package triage

import "math/bits"

// A bitset has one bit for each slot of the table.
type bitset []uint64

func newBitset(n int) bitset { return make(bitset, (n+63)/64) }

func (b bitset) has(i uint32) bool { return b[i>>6]>>(i&63)&1 == 1 }

func (b bitset) set(i uint32) { b[i>>6] |= 1 << (i & 63) }

func (b bitset) and(o bitset) {
	for i := range b {
		b[i] &= o[i]
	}
}

func (b bitset) or(o bitset) {
	for i := range b {
		b[i] |= o[i]
	}
}

// flip also turns the bits after the last slot: it is for sets that are then
// joined with one that has none there.
func (b bitset) flip() {
	for i := range b {
		b[i] = ^b[i]
	}
}

func (b bitset) clone() bitset { return append(bitset(nil), b...) }

func (b bitset) count() (n int) {
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

// each calls fn for the slots of the set, in the order of the slots.
func (b bitset) each(fn func(slot int)) {
	for i, w := range b {
		for ; w != 0; w &= w - 1 {
			fn(i<<6 + bits.TrailingZeros64(w))
		}
	}
}

// pick is the set of slots whose code has a hit. It is the plain loop that all
// filters come down to: what is asked of a text is asked once for each
// different text, and then looked up.
func pick[C uint8 | uint32](column []C, hits []uint8) bitset {
	out := newBitset(len(column))
	for i := range out {
		var w uint64
		for j, code := range column[i<<6 : min(i<<6+64, len(column))] {
			w |= uint64(hits[code]) << j
		}
		out[i] = w
	}
	return out
}

// where is the set of slots whose number answers the question.
func where[N int32 | int64 | float64](column []N, is func(N) bool) bitset {
	out := newBitset(len(column))
	for i, v := range column {
		if is(v) {
			out.set(uint32(i))
		}
	}
	return out
}

// tally counts the codes of the slots in the set.
func tally[C uint8 | uint32](in bitset, column []C, codes int) []int {
	counts := make([]int, codes)
	for i, w := range in {
		if w == ^uint64(0) {
			for _, code := range column[i<<6 : i<<6+64] {
				counts[code]++
			}
			continue
		}
		for ; w != 0; w &= w - 1 {
			counts[column[i<<6+bits.TrailingZeros64(w)]]++
		}
	}
	return counts
}

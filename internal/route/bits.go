package route

import "math/bits"

// bitset is a set of pods by their index.
type bitset []uint64

func newBitset(n int) bitset { return make(bitset, (n+63)/64) }

func full(n int) bitset {
	b := newBitset(n)
	for i := range n {
		b.add(i)
	}
	return b
}

func (b bitset) add(i int)      { b[i/64] |= 1 << (i % 64) }
func (b bitset) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }

func (b bitset) clone() bitset { return append(bitset(nil), b...) }

func (b bitset) or(o bitset) {
	for i, w := range o {
		b[i] |= w
	}
}

func (b bitset) and(o bitset) {
	for i := range b {
		if i >= len(o) {
			b[i] = 0
			continue
		}
		b[i] &= o[i]
	}
}

func (b bitset) remove(o bitset) {
	for i, w := range o {
		b[i] &^= w
	}
}

// each calls visit with every member, ascending.
func (b bitset) each(visit func(int)) {
	for i, w := range b {
		for w != 0 {
			visit(i*64 + bits.TrailingZeros64(w))
			w &= w - 1
		}
	}
}

func (b bitset) count() (n int) {
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

// first are the first members, ascending.
func (b bitset) first(most int) (out []int) {
	for i, w := range b {
		for ; w != 0 && len(out) < most; w &= w - 1 {
			out = append(out, i*64+bits.TrailingZeros64(w))
		}
	}
	return out
}

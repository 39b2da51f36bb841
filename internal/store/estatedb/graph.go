package estatedb

import (
	"encoding/binary"
	"errors"

	"github.com/tidemark/tidemark/internal/twin"
)

// PackGraph writes the components of a document in its order, then its
// dependencies: for each, one more than its index (0: the subject), how many
// it needs, and these. All as variable-length integers.
func PackGraph(parts []int64, deps []twin.Dependency) []byte {
	b := binary.AppendUvarint(nil, uint64(len(parts)))
	prev := int64(0)
	for _, p := range parts {
		b = binary.AppendVarint(b, p-prev)
		prev = p
	}
	b = binary.AppendUvarint(b, uint64(len(deps)))
	for _, d := range deps {
		b = binary.AppendVarint(b, int64(d.From)+1)
		b = binary.AppendUvarint(b, uint64(len(d.To)))
		for _, to := range d.To {
			b = binary.AppendVarint(b, int64(to))
		}
	}
	return b
}

var errGraph = errors.New("a stored dependency graph is damaged")

// graphReader reads what PackGraph wrote; after the first fault it reads zeros.
type graphReader struct {
	b   []byte
	bad bool
}

func (g *graphReader) varint() int64 {
	v, n := binary.Varint(g.b)
	if n <= 0 {
		g.bad, g.b = true, nil
		return 0
	}
	g.b = g.b[n:]
	return v
}

// count reads a number of things, each of which takes at least a byte.
func (g *graphReader) count() int {
	v, n := binary.Uvarint(g.b)
	if n <= 0 || v > uint64(len(g.b)) {
		g.bad, g.b = true, nil
		return 0
	}
	g.b = g.b[n:]
	return int(v) // bounded by the length of the slice
}

// unpackGraph is the inverse of PackGraph.
func unpackGraph(b []byte) (parts []int64, deps []twin.Dependency, err error) {
	g := &graphReader{b: b}
	parts = make([]int64, g.count())
	prev := int64(0)
	for i := range parts {
		prev += g.varint()
		parts[i] = prev
	}
	deps = make([]twin.Dependency, g.count())
	for i := range deps {
		deps[i].From = int(g.varint()) - 1
		deps[i].To = make([]int, g.count())
		for n := range deps[i].To {
			deps[i].To[n] = int(g.varint())
		}
	}
	if g.bad || len(g.b) > 0 {
		return nil, nil, errGraph
	}
	return parts, deps, nil
}

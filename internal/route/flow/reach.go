package flow

import (
	"cmp"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/twin"
)

// Reached is a node of a blast radius.
type Reached struct {
	Node Node
	Hops int
	// How is the weakest mark on the way, of the way whose weakest is strongest:
	// observed means that every step of it was seen.
	How twin.How
	// Seen is when the step of that way was last seen that was seen longest ago;
	// zero where a step has no such time.
	Seen time.Time
	// From is the node before it on the way.
	From twin.End
	// Data are the classes of data that the last step touches.
	Data []string
}

// Radius is what can be got at from a node.
type Radius struct {
	From    []twin.End
	Reached []Reached // nearest first
	Data    []string  // all classes of data that are touched
}

// Reach follows edges from some nodes: those by which they can get at others, or
// where back is set those by which others can get at them. Ways that were seen go before
// ways that are written down, and these before ways that are inferred.
func (g *Graph) Reach(from []twin.End, back bool) Radius {
	found := map[twin.End]Reached{}
	for _, least := range []twin.How{twin.FlowObserved, twin.FlowDocumented, twin.FlowInferred} {
		g.walk(walk{from: from, back: back, least: least}, found)
	}
	r := Radius{From: from}
	for _, to := range found {
		r.Reached = append(r.Reached, to)
		r.Data = append(r.Data, to.Data...)
	}
	slices.SortFunc(r.Reached, func(a, b Reached) int {
		return cmp.Or(cmp.Compare(a.Hops, b.Hops), compareEnds(a.Node.End, b.Node.End))
	})
	r.Data = twin.Sorted(r.Data)
	return r
}

// walk is one search over edges that are at least so strong.
type walk struct {
	from  []twin.End
	back  bool
	least twin.How
}

// walk adds what is reached for the first time. Breadth first: the nearest way.
func (g *Graph) walk(w walk, found map[twin.End]Reached) {
	seen := map[twin.End]Reached{}
	queue := slices.Clone(w.from)
	for _, start := range w.from {
		seen[start] = Reached{}
	}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, e := range g.next(at, w) {
			to := e.To
			if w.back {
				to = e.From
			}
			if _, again := seen[to]; again {
				continue
			}
			seen[to] = g.step(seen[at], at, to, e)
			queue = append(queue, to)
			if _, have := found[to]; !have {
				r := seen[to]
				r.How = w.least
				found[to] = r
			}
		}
	}
}

func (g *Graph) next(at twin.End, w walk) []*Edge {
	list := g.out[at]
	if w.back {
		list = g.in[at]
	}
	var out []*Edge
	for _, i := range list {
		if e := &g.Edges[i]; !e.Denied && !e.Lapsed && strength(e.How) >= strength(w.least) {
			out = append(out, e)
		}
	}
	return out
}

func (g *Graph) step(before Reached, at, to twin.End, e *Edge) Reached {
	r := Reached{Node: *g.nodes[to], Hops: before.Hops + 1, From: at, Data: e.Data, Seen: e.Seen()}
	if before.Hops > 0 && before.Seen.Before(r.Seen) {
		r.Seen = before.Seen
	}
	return r
}

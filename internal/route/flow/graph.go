package flow

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/twin"
)

// Told is a flow with who says so, since when, and when last.
type Told struct {
	Flow      twin.Flow
	Source    string // "": it is inferred from configuration
	Since     time.Time
	Seen      time.Time // when the edge was last seen, where that was measured; else the last sign of life of the source where it looks; zero: not known
	Freshness twin.Freshness
	Traffic   twin.Traffic // of the edge itself; zero: not measured
	Lapsed    bool         // it was not seen for so long that it counts no longer
}

// Holds is what is known of the data at one end: of a data store, of somebody
// else's service.
type Holds struct {
	End    twin.End
	Data   []string
	System string // of a data store, also of one that runs as a workload
	Source string
}

// Edge is a pair of ends with everything that is said of it.
type Edge struct {
	From, To twin.End
	How      twin.How // the strongest
	Told     []Told   // the strongest first
	Data     []string // classes, from the flows and from what the ends hold
	Denied   bool     // nothing but refused attempts
	Lapsed   bool     // nothing but what has lapsed
}

// Seen is when the edge was last seen, as far as it was; else when last told.
func (e *Edge) Seen() time.Time {
	var at time.Time
	for _, t := range e.Told {
		if t.Flow.How == e.How && t.Seen.After(at) {
			at = t.Seen
		}
	}
	return at
}

// Node is an end with what is known of its data.
type Node struct {
	End    twin.End
	System string
	Data   []string
}

// Graph joins all flows.
type Graph struct {
	Edges []Edge // in order of their ends
	nodes map[twin.End]*Node
	out   map[twin.End][]int
	in    map[twin.End][]int
}

type pair struct{ from, to twin.End }

// NewGraph joins flows that were told, those that are inferred, and what ends hold.
func NewGraph(told []Told, holds []Holds) *Graph {
	g := &Graph{nodes: map[twin.End]*Node{}, out: map[twin.End][]int{}, in: map[twin.End][]int{}}
	byPair := map[pair]*Edge{}
	for _, t := range told {
		key := pair{t.Flow.From, t.Flow.To}
		e := byPair[key]
		if e == nil {
			e = &Edge{From: key.from, To: key.to}
			byPair[key] = e
		}
		e.Told = append(e.Told, t)
		for _, end := range []twin.End{key.from, key.to} {
			g.node(end)
		}
	}
	for _, h := range holds {
		n := g.node(h.End)
		n.Data = twin.Sorted(append(n.Data, h.Data...))
		n.System = cmp.Or(n.System, h.System)
	}
	for _, e := range byPair {
		e.finish(g.nodes[e.To])
		g.Edges = append(g.Edges, *e)
	}
	slices.SortFunc(g.Edges, func(a, b Edge) int { return cmp.Or(compareEnds(a.From, b.From), compareEnds(a.To, b.To)) })
	for i, e := range g.Edges {
		g.out[e.From] = append(g.out[e.From], i)
		g.in[e.To] = append(g.in[e.To], i)
	}
	return g
}

func (g *Graph) node(end twin.End) *Node {
	n := g.nodes[end]
	if n == nil {
		n = &Node{End: end}
		g.nodes[end] = n
	}
	return n
}

// finish orders what is said of an edge, and concludes. What only refused
// attempts show is no way, nor what nobody saw for long; what something else shows
// is one.
func (e *Edge) finish(to *Node) {
	slices.SortFunc(e.Told, func(a, b Told) int {
		return cmp.Or(compareFalse(a.Lapsed, b.Lapsed), cmp.Compare(strength(b.Flow.How), strength(a.Flow.How)), b.Seen.Compare(a.Seen),
			cmp.Compare(a.Source, b.Source), cmp.Compare(a.Flow.Name(), b.Flow.Name()))
	})
	e.Denied, e.Lapsed = true, e.Told[0].Lapsed
	for _, t := range e.Told {
		if t.Lapsed && !e.Lapsed {
			continue
		}
		if t.Flow.Denied {
			continue
		}
		e.Denied = false
		if strength(t.Flow.How) > strength(e.How) {
			e.How = t.Flow.How
		}
		e.Data = append(e.Data, t.Flow.Data...)
	}
	if e.Denied {
		e.How = e.Told[0].Flow.How
	}
	if to.End.Kind == twin.KindDataStore || to.End.Kind == twin.KindDataset {
		e.Data = append(e.Data, to.Data...)
	}
	e.Data = twin.Sorted(e.Data)
}

// compareFalse puts false before true.
func compareFalse(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func strength(h twin.How) int {
	switch h {
	case twin.FlowObserved:
		return 3
	case twin.FlowDocumented:
		return 2
	case twin.FlowInferred:
		return 1
	}
	return 0
}

func compareEnds(a, b twin.End) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Name, b.Name))
}

// Nodes are all ends, in order.
func (g *Graph) Nodes() []Node {
	var out []Node
	for _, end := range slices.SortedFunc(maps.Keys(g.nodes), compareEnds) {
		out = append(out, *g.nodes[end])
	}
	return out
}

// Of are the edges that begin or end at one of the ends for which is holds.
func (g *Graph) Of(is func(twin.End) bool) []Edge {
	var out []Edge
	for _, e := range g.Edges {
		if is(e.From) || is(e.To) {
			out = append(out, e)
		}
	}
	return out
}

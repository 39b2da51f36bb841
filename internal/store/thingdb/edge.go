package thingdb

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// Edges returns the edges that some things and workloads have at the time asked
// for, those that they hold and those that lead to them. A flow is given as its
// other edges, with what it says of itself, so that both who begins it and where
// it ends have the other.
func (db *Store) Edges(ctx context.Context, q ctem.ListQuery, ends []twin.End) (list []ctem.Edge, err error) {
	err = db.read(ctx, func(t *tx) error {
		v, err := t.view(q.AsOf)
		if err != nil {
			return err
		}
		g := edges{view: v, about: map[twin.End]bool{}, seen: map[ctem.Edge]bool{}}
		for _, e := range ends {
			g.about[e] = true
		}
		if err := g.gather(ends); err != nil {
			return err
		}
		n, err := v.near(q)
		if err != nil {
			return err
		}
		list = slices.DeleteFunc(g.list, func(e ctem.Edge) bool { return n != nil && !n.edge(e) })
		slices.SortFunc(list, compareEdges)
		return nil
	})
	return list, err
}

// knows reports whether an end may be named to who sees a part: workloads only
// those that may be seen, all else is named by what may be seen.
func (n *near) knows(e twin.End) bool { return e.Kind != twin.KindWorkload || n.ends[e] }

// edge reports whether who sees a part may see an edge: one of its ends is near, and
// none is a workload of others. What a flow's name tells is between its own ends.
func (n *near) edge(e ctem.Edge) bool {
	if !n.knows(e.Holder) || !n.knows(e.To) {
		return false
	}
	return n.stands(e.Holder) || n.stands(e.To) && e.Holder.Kind != twin.KindFlow
}

// stands reports whether a thing is near.
func (n *near) stands(e twin.End) bool { return n.ends[e] || n.led[e] }

func compareEdges(a, b ctem.Edge) int {
	return cmp.Or(cmp.Compare(a.Rel, b.Rel), compareEnds(a.Holder, b.Holder), compareEnds(a.To, b.To), cmp.Compare(a.Source, b.Source))
}

func compareEnds(a, b twin.End) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Scope, b.Scope))
}

// edges gathers the edges of some ends.
type edges struct {
	*view
	about map[twin.End]bool
	list  []ctem.Edge
	seen  map[ctem.Edge]bool
	flows []told // holders whose other edges are wanted
}

func (g *edges) gather(ends []twin.End) error {
	if err := g.outgoing(ends); err != nil {
		return err
	}
	if err := g.incoming(ends); err != nil {
		return err
	}
	return g.expand()
}

const toldColumns = `SELECT c.id, c.watch, h.state, h.valid_from, c.subject, w.source, w.scope, s.class`

func scanTold(r sqldb.Scanner, more ...any) (c told, err error) {
	err = r.Scan(append([]any{&c.claim, &c.watch, &c.state, &c.from, &c.subject, &c.source, &c.scope, &c.class}, more...)...)
	return c, err
}

// claimsOf reads the claims about some things and workloads that hold at the moment.
func (v *view) claimsOf(ends []twin.End) (list []told, err error) {
	var subjects, services []any
	want := map[twin.End]bool{}
	for _, e := range ends {
		want[e] = true
		if e.Kind == twin.KindWorkload {
			services = append(services, e.Name)
			continue
		}
		subjects = append(subjects, sqldb.Anys(subjectsOf(e))...)
	}
	scan := func(r sqldb.Scanner) error {
		c, err := scanTold(r)
		if want[c.end()] {
			list = append(list, c)
		}
		return err
	}
	head := toldColumns + ` FROM claim c JOIN watch w ON w.id = c.watch`
	if err := v.heldBy(keyed{head: head, tail: ` JOIN state s ON s.id = h.state WHERE c.subject IN (?*)`, keys: subjects}, scan); err != nil {
		return nil, err
	}
	return list, v.heldBy(keyed{
		head: head + ` JOIN place p ON p.id = c.place`, tail: ` JOIN state s ON s.id = h.state WHERE p.service IN (?*)`, keys: services,
	}, scan)
}

// subjectsOf are the subjects that an end can stand for: NAMESPACE/NAME or a name
// that has slashes itself.
func subjectsOf(e twin.End) []string {
	out := []string{twin.ResourceSubject(e.Kind, "", e.Name)}
	for i := range len(e.Name) {
		if e.Name[i] == '/' && i > 0 && i < len(e.Name)-1 {
			return append(out, twin.ResourceSubject(e.Kind, e.Name[:i], e.Name[i+1:]))
		}
	}
	return out
}

func (g *edges) outgoing(ends []twin.End) error {
	claims, err := g.claimsOf(ends)
	if err != nil {
		return err
	}
	byState := map[int64][]told{}
	var states []int64
	for _, c := range claims {
		states, byState[c.state] = append(states, c.state), append(byState[c.state], c)
	}
	return g.linked(states, func(state int64, l twin.Link) {
		for _, c := range byState[state] {
			g.add(c, l.Rel, resolved(l.To, c.scope))
		}
	})
}

func (g *edges) incoming(ends []twin.End) error {
	byKind := map[string][]any{}
	for _, e := range ends {
		byKind[e.Kind] = append(byKind[e.Kind], e.Name)
	}
	for _, kind := range sqldb.SortedKeys(byKind) {
		err := g.heldBy(keyed{
			head: toldColumns + `, l.rel, l.kind, l.scope, l.name FROM claim c JOIN watch w ON w.id = c.watch`,
			tail: ` JOIN state s ON s.id = h.state JOIN state_link l ON l.state = h.state WHERE l.name IN (?*) AND l.kind = ?`, keys: byKind[kind], more: []any{kind},
		}, func(r sqldb.Scanner) error {
			var l twin.Link
			c, err := scanTold(r, &l.Rel, &l.To.Kind, &l.To.Scope, &l.To.Name)
			to := resolved(l.To, c.scope)
			if err != nil || !g.about[to] {
				return err
			}
			if c.end().Kind == twin.KindFlow {
				g.flows = append(g.flows, c)
				return nil
			}
			g.add(c, l.Rel, to)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// expand turns the flows that begin or end here into edges between their ends.
func (g *edges) expand() error {
	states := make([]int64, len(g.flows))
	for i := range g.flows {
		states[i] = g.flows[i].state
	}
	bodies, err := g.bodies(states)
	if err != nil {
		return err
	}
	if err := measure(g.view, g.flows); err != nil {
		return err
	}
	done := map[int64]bool{}
	for _, c := range g.flows {
		if done[c.claim] {
			continue
		}
		done[c.claim] = true
		res, err := readResource(c.state, bodies[c.state])
		if err != nil {
			return err
		}
		f := &twin.Flow{}
		if err := json.Unmarshal(res.Spec, f); err != nil {
			return fmt.Errorf("state %d: %w", c.state, err)
		}
		e := g.edge(c, f.Rel(), resolved(f.To, c.scope))
		e.Holder, e.Flow = resolved(f.From, c.scope), f
		g.list = append(g.list, e)
	}
	return nil
}

func (g *edges) edge(c told, rel twin.Rel, to twin.End) ctem.Edge {
	_, seen := alive(g.view, &c)
	return ctem.Edge{Rel: rel, Holder: c.end(), To: to, Source: c.source, Class: c.class, Since: sqldb.FromMicros(c.from), SeenAt: seen}
}

// add notes an edge once, even where both of its ends were asked for.
func (g *edges) add(c told, rel twin.Rel, to twin.End) {
	e := g.edge(c, rel, to)
	if !g.seen[e] {
		g.seen[e] = true
		g.list = append(g.list, e)
	}
}

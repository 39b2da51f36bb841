package thingdb

import (
	"maps"
	"slices"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// near is what stands one step from the workloads that somebody may see: what
// these lead to, what leads to them, and what leads to their artifacts.
type near struct {
	ends   map[twin.End]bool
	claims map[int64]bool
	led    map[twin.End]bool // the things of the claims that lead to workloads and artifacts
}

// sees reports whether the thing of some claims may be seen.
func (n *near) sees(claims []told) bool {
	return n.ends[claims[0].end()] || slices.ContainsFunc(claims, func(c told) bool { return n.claims[c.claim] })
}

// near is nil for who may see all.
func (v *view) near(q ctem.ListQuery) (*near, error) {
	if q.Products == nil && q.Owner == "" {
		return nil, nil
	}
	n := &near{ends: map[twin.End]bool{}, claims: map[int64]bool{}, led: map[twin.End]bool{}}
	allowed := sqldb.Allowed(q, "p.service", "")
	var states []int64
	scopes := map[int64][]string{}
	err := v.held(`SELECT c.id, c.subject, w.scope, h.state FROM place p JOIN claim c ON c.place = p.id JOIN watch w ON w.id = c.watch`,
		` WHERE 1 = 1`+allowed.SQL, allowed.Args, func(r sqldb.Scanner) error {
			var c told
			err := r.Scan(&c.claim, &c.subject, &c.scope, &c.state)
			n.ends[c.end()], n.claims[c.claim] = true, true
			states, scopes[c.state] = append(states, c.state), append(scopes[c.state], c.scope)
			return err
		})
	if err != nil {
		return nil, err
	}
	if err := v.linked(states, func(state int64, l twin.Link) {
		for _, scope := range scopes[state] {
			n.ends[resolved(l.To, scope)] = true
		}
	}); err != nil {
		return nil, err
	}
	return n, v.leading(n, slices.Collect(maps.Keys(n.ends)))
}

// leading adds the claims that lead to workloads and artifacts.
func (v *view) leading(n *near, to []twin.End) error {
	byName := map[string][]any{}
	for _, e := range to {
		if e.Kind == twin.KindWorkload || e.Kind == twin.KindArtifact {
			byName[e.Kind] = append(byName[e.Kind], e.Name)
		}
	}
	for kind, names := range byName {
		err := v.heldBy(keyed{
			head: `SELECT c.id, c.subject, w.scope, l.kind, l.scope, l.name FROM claim c JOIN watch w ON w.id = c.watch`,
			tail: ` JOIN state_link l ON l.state = h.state WHERE l.name IN (?*) AND l.kind = ?`, keys: names, more: []any{kind},
		}, func(r sqldb.Scanner) error {
			var c told
			var e twin.End
			err := r.Scan(&c.claim, &c.subject, &c.scope, &e.Kind, &e.Scope, &e.Name)
			if n.ends[resolved(e, c.scope)] {
				n.claims[c.claim], n.led[c.end()] = true, true
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// resolved is the end of a link whose holder stands in a scope.
func resolved(e twin.End, scope string) twin.End {
	if e.Scope == "" && !twin.Global(e.Kind) {
		e.Scope = scope
	}
	return e
}

// linked gives the links of states.
func (v *view) linked(states []int64, give func(state int64, l twin.Link)) error {
	slices.Sort(states)
	return v.In(`SELECT state, rel, kind, scope, name FROM state_link WHERE state IN (?*)`, sqldb.Anys(slices.Compact(states)), func(r sqldb.Scanner) error {
		var state int64
		var l twin.Link
		err := r.Scan(&state, &l.Rel, &l.To.Kind, &l.To.Scope, &l.To.Name)
		give(state, l)
		return err
	})
}

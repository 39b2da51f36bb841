package thingdb

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// view is the twin at a moment, as it was believed at another.
type view struct {
	*tx
	at, known int64 // µs; known forever: as known now
	when      time.Time
	covers    map[sqldb.Lane]twin.Coverage
}

func (t *tx) view(q ctem.AsOf) (*view, error) {
	if err := t.CheckFloor(q); err != nil {
		return nil, err
	}
	v := &view{tx: t, when: q.Time(), at: sqldb.Micros(q.Time()), known: sqldb.Forever, covers: map[sqldb.Lane]twin.Coverage{}}
	if !q.KnownAt.IsZero() {
		v.known = sqldb.KnownMicros(q.KnownAt)
	}
	return v, t.CoverageAt(min(v.at, v.known), func(watch int64, c twin.Coverage) {
		v.covers[sqldb.Lane{Watch: watch, Class: c.Class}] = c
	})
}

// The stretch h of each claim that holds at the moment and was believed. A history
// row was open until its end was learned.
const (
	holdsNow  = ` JOIN claim_current h ON h.claim = c.id AND h.valid_from <= ? AND h.recorded_from <= ?`
	heldOnce  = ` JOIN claim_history h ON h.claim = c.id AND ` + heldOnceH
	heldOnceH = `h.valid_from <= ? AND h.recorded_from <= ? AND (h.recorded_to = 0 OR h.recorded_to > ?) AND (h.valid_to > ? OR h.ended_at > ?)`
)

func (v *view) nowArgs() []any  { return []any{v.at, v.known} }
func (v *view) onceArgs() []any { return []any{v.at, v.known, v.known, v.at, v.known} }

// held runs a query for both kinds of stretches: head is all before the join of
// the stretches of claim c, tail all after it.
func (v *view) held(head, tail string, args []any, scan func(sqldb.Scanner) error) error {
	if err := v.Query(head+holdsNow+tail, scan, slices.Concat(v.nowArgs(), args)...); err != nil {
		return err
	}
	return v.Query(head+heldOnce+tail, scan, slices.Concat(v.onceArgs(), args)...)
}

// keyed is a query for what holds, by keys: tail holds the key token, and
// placeholders for more after it.
type keyed struct {
	head, tail string
	keys, more []any
}

// heldBy is held for the claims, states or names in keys, in chunks.
func (v *view) heldBy(q keyed, scan func(sqldb.Scanner) error) error {
	for part := range slices.Chunk(q.keys, sqldb.Chunk) {
		if err := v.held(q.head, sqldb.ExpandKeys(q.tail, len(part)), slices.Concat(part, q.more), scan); err != nil {
			return err
		}
	}
	return nil
}

// told is one claim that holds at the moment.
type told struct {
	claim, watch, state, from int64
	subject, source, scope    string
	class                     twin.Class
	traffic                   twin.Traffic // where it was measured
}

// end is what edges call the thing or workload that a claim is about.
func (c *told) end() twin.End { return endOf(c.subject, c.scope) }

// endOf is the end that a subject stands for in a scope.
func endOf(subject, scope string) twin.End {
	if kind, namespace, name, ok := twin.CutResource(subject); ok {
		return twin.Resource{Kind: kind, Namespace: namespace, Name: name}.Self(scope)
	}
	parts := strings.SplitN(subject, "/", 4) // workload/KIND/NAMESPACE/SERVICE
	return twin.End{Kind: twin.KindWorkload, Scope: scope, Name: parts[len(parts)-1]}
}

// freshness is how fresh what a claim says is, and its source's last sign of life.
func (v *view) freshness(watch int64, class twin.Class) (twin.Freshness, time.Time) {
	c, ok := v.covers[sqldb.Lane{Watch: watch, Class: class}]
	if !ok {
		return twin.Lapsed, time.Time{}
	}
	return c.FreshnessAt(v.when), c.Seen
}

// alive is how fresh what a claim says is, and when it was last so: of what was
// measured by itself that, else its source's last sign of life.
func alive(v *view, c *told) (twin.Freshness, time.Time) {
	fresh, seen := v.freshness(c.watch, c.class)
	if !c.traffic.Measured() {
		return fresh, seen
	}
	return c.traffic.FreshnessAt(v.when, fresh), c.traffic.Last
}

// bodies reads the bodies of states.
func (v *view) bodies(states []int64) (map[int64][]byte, error) {
	slices.Sort(states)
	out := make(map[int64][]byte, len(states))
	err := v.In(`SELECT id, body FROM state WHERE id IN (?*)`, sqldb.Anys(slices.Compact(states)), func(r sqldb.Scanner) error {
		var id int64
		var body []byte
		err := r.Scan(&id, &body)
		out[id] = body
		return err
	})
	return out, err
}

func readResource(state int64, body []byte) (r twin.Resource, err error) {
	if err := json.Unmarshal(body, &r); err != nil {
		return r, fmt.Errorf("state %d: %w", state, err)
	}
	return r, nil
}

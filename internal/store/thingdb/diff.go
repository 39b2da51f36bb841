package thingdb

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// ThingChanges returns the things that differ between an earlier time and the
// time of the query, all of them, by kind, name and scope. Both are as known at
// the same time.
func (db *Store) ThingChanges(ctx context.Context, q ctem.ListQuery, from time.Time) (list []ctem.ThingChange, err error) {
	f, err := readFilter(q)
	if err != nil {
		return nil, err
	}
	err = db.read(ctx, func(t *tx) error {
		earlier := q
		earlier.At = from
		d := differ{filter: f}
		if d.before, err = t.moment(earlier, f); err != nil {
			return err
		}
		if d.after, err = t.moment(q, f); err != nil {
			return err
		}
		list, err = d.changes(t)
		return err
	})
	return list, err
}

// States returns the bodies of states.
func (db *Store) States(ctx context.Context, ids []int64) (out map[int64][]byte, err error) {
	err = db.read(ctx, func(t *tx) error {
		out, err = (&view{tx: t}).bodies(slices.Clone(ids))
		return err
	})
	return out, err
}

// moment is what holds at one of the two times: claim → its stretch.
type moment struct {
	*view
	near  *near
	holds map[int64]stretch
}

type stretch struct{ state, from int64 }

func (t *tx) moment(q ctem.ListQuery, f filter) (m moment, err error) {
	if m.view, err = t.view(q.AsOf); err != nil {
		return m, err
	}
	if m.near, err = m.view.near(q); err != nil {
		return m, err
	}
	m.holds = map[int64]stretch{}
	return m, m.held(`SELECT c.id, h.state, h.valid_from FROM claim c JOIN watch w ON w.id = c.watch`, ` WHERE `+f.where.SQL, f.where.Args, func(r sqldb.Scanner) error {
		var claim int64
		var s stretch
		err := r.Scan(&claim, &s.state, &s.from)
		m.holds[claim] = s
		return err
	})
}

func (m *moment) sees(claims []told) bool { return m.near == nil || m.near.sees(claims) }

// differ compares two times.
type differ struct {
	filter        filter
	before, after moment
}

// changes are the things of which a claim differs, with all their claims.
func (d *differ) changes(t *tx) ([]ctem.ThingChange, error) {
	var differing []any
	for claim, s := range d.before.holds {
		if d.after.holds[claim].state != s.state {
			differing = append(differing, claim)
		}
	}
	for claim := range d.after.holds {
		if _, ok := d.before.holds[claim]; !ok {
			differing = append(differing, claim)
		}
	}
	subjects := map[string]bool{}
	err := t.In(`SELECT subject FROM claim WHERE id IN (?*)`, differing, func(r sqldb.Scanner) error {
		var subject string
		err := r.Scan(&subject)
		subjects[subject] = true
		return err
	})
	if err != nil {
		return nil, err
	}
	about := map[twin.End][]told{}
	err = t.In(`SELECT c.id, c.watch, c.subject, w.source, w.scope FROM claim c JOIN watch w ON w.id = c.watch WHERE c.subject IN (?*) ORDER BY w.source, w.scope`,
		sqldb.Anys(sqldb.SortedKeys(subjects)), func(r sqldb.Scanner) error {
			var c told
			err := r.Scan(&c.claim, &c.watch, &c.subject, &c.source, &c.scope)
			about[c.end()] = append(about[c.end()], c)
			return err
		})
	if err != nil {
		return nil, err
	}
	var list []ctem.ThingChange
	for _, end := range slices.SortedFunc(maps.Keys(about), compareEnds) {
		if c, differs := d.change(end, about[end]); differs {
			list = append(list, c)
		}
	}
	return list, nil
}

// change says how one thing differs.
func (d *differ) change(end twin.End, claims []told) (c ctem.ThingChange, differs bool) {
	c.End = end
	before, after := d.before.of(claims), d.after.of(claims)
	for _, x := range before {
		c.Before = append(c.Before, x.state)
	}
	for _, x := range after {
		c.After = append(c.After, x.state)
		if at := sqldb.FromMicros(x.from); at.After(c.At) {
			c.At = at
		}
	}
	if same(c.Before, c.After) || !d.before.sees(claims) && !d.after.sees(claims) {
		return c, false
	}
	now, at := after, &d.after
	if len(now) == 0 {
		now, at = before, &d.before
	}
	for _, x := range now {
		if n := len(c.Sources); n == 0 || c.Sources[n-1] != x.source {
			c.Sources = append(c.Sources, x.source)
		}
	}
	thing, _ := at.thing(now)
	return c, d.filter.keeps(&thing)
}

// same compares what is said, whoever says it, and how many do.
func same(a, b []int64) bool {
	return !slices.ContainsFunc(a, func(s int64) bool { return !slices.Contains(b, s) }) &&
		!slices.ContainsFunc(b, func(s int64) bool { return !slices.Contains(a, s) })
}

// of are the claims that hold at the time, in their order.
func (m *moment) of(claims []told) (out []told) {
	for _, c := range claims {
		if s, ok := m.holds[c.claim]; ok {
			c.state, c.from = s.state, s.from
			out = append(out, c)
		}
	}
	return out
}

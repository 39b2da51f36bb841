package thingdb

import (
	"context"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// Things lists what is no workload at the time asked for, by kind, namespace,
// name and scope.
func (db *Store) Things(ctx context.Context, q ctem.ListQuery) (page ctem.Page[ctem.Thing], err error) {
	order, err := sqldb.OrderOf("things", q.Sort, nil, thingOrder()...)
	if err != nil {
		return page, err
	}
	f, err := readFilter(q)
	if err != nil {
		return page, err
	}
	err = db.read(ctx, func(t *tx) error {
		page = ctem.Page[ctem.Thing]{}
		v, err := t.view(q.AsOf)
		if err != nil {
			return err
		}
		w := walk{view: v, filter: f, order: order, limit: q.Limit, page: &page}
		if w.near, err = v.near(q); err != nil {
			return err
		}
		return w.walk(q.After)
	})
	return page, err
}

func thingOrder() []sqldb.OrderColumn {
	return []sqldb.OrderColumn{{Name: "subject", SQL: "c.subject"}, {Name: "scope", SQL: "w.scope"}}
}

// walk goes through the claims about things in order, and joins those about one.
type walk struct {
	*view
	filter filter
	near   *near // nil: all may be seen
	order  sqldb.Ordering
	limit  int // 0: all
	page   *ctem.Page[ctem.Thing]

	total int
	more  bool
	last  []string // key of the page's last row
	after []any
	rest  []told // claims of a subject that may go on in the next part

	states []int64 // of the page's things
}

// plain reports whether what is live is what is listed: it can be counted.
func (w *walk) plain() bool { return w.near == nil && len(w.filter.keep) == 0 }

func (w *walk) walk(after string) error {
	counting := after == ""
	if !counting {
		row, total, err := w.order.Read(after)
		if err != nil {
			return err
		}
		w.after, w.page.Total = row, total
	}
	for !w.more || counting && !w.plain() {
		n, err := w.part()
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	if err := w.take(w.rest); err != nil {
		return err
	}
	switch {
	case counting && w.more && w.plain():
		if err := w.count(); err != nil {
			return err
		}
		w.page.Total = w.total
	case counting:
		w.page.Total = w.total
	}
	if w.more {
		w.page.Next = w.order.Token(w.page.Total, w.last)
	}
	return w.fill()
}

// part reads the next claims, and takes those whose subject is complete.
func (w *walk) part() (n int, err error) {
	size := sqldb.Chunk
	if w.limit > 0 {
		size = min(sqldb.Chunk, w.limit+w.limit/4+1)
	}
	where := w.filter.where
	if w.after != nil {
		// The comparison of subjects alone is what the index serves.
		beyond := w.order.After(w.after)
		where.SQL += ` AND c.subject >= ?` + beyond.SQL
		where.Args = slices.Concat(where.Args, []any{w.after[0]}, beyond.Args)
	}
	var list []told
	err = w.Query(`SELECT c.id, c.watch, c.subject, w.source, w.scope FROM claim c JOIN watch w ON w.id = c.watch
		WHERE `+where.SQL+` ORDER BY c.subject, w.scope, w.source LIMIT ?`, func(r sqldb.Scanner) error {
		var c told
		err := r.Scan(&c.claim, &c.watch, &c.subject, &c.source, &c.scope)
		list = append(list, c)
		return err
	}, append(slices.Clone(where.Args), size)...)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	end := list[len(list)-1]
	// More rows of the last subject and scope may follow behind the limit, of
	// another source: they are read now, so that the part ends with a scope.
	if len(list) == size {
		if list, err = w.complete(list, end); err != nil {
			return 0, err
		}
	}
	w.after = []any{end.subject, end.scope}
	list = append(w.rest, list...)
	cut := len(list)
	for cut > 0 && list[cut-1].subject == end.subject {
		cut--
	}
	w.rest = slices.Clone(list[cut:])
	return size, w.take(list[:cut])
}

// complete reads all claims of the last subject and scope of a list.
func (w *walk) complete(list []told, end told) ([]told, error) {
	for len(list) > 0 && list[len(list)-1].subject == end.subject && list[len(list)-1].scope == end.scope {
		list = list[:len(list)-1]
	}
	err := w.Query(`SELECT c.id, c.watch, c.subject, w.source, w.scope FROM claim c JOIN watch w ON w.id = c.watch
		WHERE c.subject = ? AND w.scope = ?`+w.filter.narrowed()+` ORDER BY w.source`, func(r sqldb.Scanner) error {
		var c told
		err := r.Scan(&c.claim, &c.watch, &c.subject, &c.source, &c.scope)
		list = append(list, c)
		return err
	}, slices.Concat([]any{end.subject, end.scope}, w.filter.narrowArgs())...)
	return list, err
}

// take joins claims into things, and puts those that are live onto the page.
func (w *walk) take(list []told) error {
	live, err := w.live(list)
	for len(live) > 0 {
		n := 1
		for n < len(live) && live[n].end() == live[0].end() {
			n++
		}
		w.put(live[:n])
		live = live[n:]
	}
	return err
}

// live leaves the claims that hold at the moment, with their states.
func (w *walk) live(list []told) ([]told, error) {
	at := map[int64]int{}
	keys := make([]any, len(list))
	for i := range list {
		at[list[i].claim], keys[i] = i, list[i].claim
	}
	err := w.heldBy(keyed{
		head: `SELECT c.id, h.state, h.valid_from, s.class FROM claim c`, tail: ` JOIN state s ON s.id = h.state WHERE c.id IN (?*)`, keys: keys,
	}, func(r sqldb.Scanner) error {
		var c told
		err := r.Scan(&c.claim, &c.state, &c.from, &c.class)
		to := &list[at[c.claim]]
		to.state, to.from, to.class = c.state, c.from, c.class
		return err
	})
	if err != nil {
		return nil, err
	}
	held := slices.DeleteFunc(slices.Clone(list), func(c told) bool { return c.state == 0 })
	return held, measure(w.view, held)
}

// put makes one thing of its claims.
func (w *walk) put(claims []told) {
	if w.near != nil && !w.near.sees(claims) {
		return
	}
	thing, state := w.thing(claims)
	if !w.filter.keeps(&thing) {
		return
	}
	w.total++
	w.more = w.more || w.limit > 0 && w.total > w.limit
	if w.more {
		return
	}
	last := claims[len(claims)-1]
	w.last = []string{last.subject, last.scope}
	w.page.Items, w.states = append(w.page.Items, thing), append(w.states, state)
}

// fill reads what the things of the page say of themselves.
func (w *walk) fill() error {
	bodies, err := w.bodies(slices.Clone(w.states))
	if err != nil {
		return err
	}
	for i, state := range w.states {
		if w.page.Items[i].Resource, err = readResource(state, bodies[state]); err != nil {
			return err
		}
	}
	return nil
}

// thing joins the claims about one thing: who sees it at run time knows best, of
// these the one seen last. Its own words are those of the state.
func (v *view) thing(claims []told) (t ctem.Thing, state int64) {
	best := -1
	for i := range claims {
		c := &claims[i]
		if !slices.Contains(t.Sources, c.source) {
			t.Sources = append(t.Sources, c.source)
		}
		fresh, seen := alive(v, c)
		if best >= 0 && !better(c.class, seen, claims[best].class, t.SeenAt) {
			continue
		}
		best, t.Freshness, t.SeenAt = i, fresh, seen
	}
	c := &claims[best]
	t.Kind, t.Namespace, t.Name, _ = twin.CutResource(c.subject)
	t.Scope, t.Source, t.Class, t.Since = c.end().Scope, c.source, c.class, sqldb.FromMicros(c.from)
	if c.traffic.Measured() {
		t.Traffic = &c.traffic
	}
	slices.Sort(t.Sources)
	return t, c.state
}

func better(class twin.Class, seen time.Time, than twin.Class, thanSeen time.Time) bool {
	if (class == twin.Observed) != (than == twin.Observed) {
		return class == twin.Observed
	}
	return seen.After(thanSeen)
}

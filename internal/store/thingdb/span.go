package thingdb

import (
	"cmp"
	"context"
	"slices"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// TwinSpans returns what each source said of a thing or workload over time up to the
// time asked for, oldest first. The state of a stretch is its body. Who may not see
// it at that time gets nothing.
func (db *Store) TwinSpans(ctx context.Context, q ctem.ListQuery, end twin.End) (list []ctem.ThingSpan, err error) {
	err = db.read(ctx, func(t *tx) error {
		list = nil
		v, err := t.view(q.AsOf)
		if err != nil {
			return err
		}
		n, err := v.near(q)
		if err != nil {
			return err
		}
		if n != nil && !n.ends[end] {
			claims, err := v.claimsOf([]twin.End{end})
			if err != nil || !slices.ContainsFunc(claims, func(c told) bool { return n.claims[c.claim] }) {
				return err
			}
		}
		list, err = v.spans(end)
		return err
	})
	return list, err
}

// What was believed of a claim up to the moment: its current stretch, and those
// of history, of which one was open until its end was learned.
const (
	spansNow  = ` JOIN claim_current h ON h.claim = c.id WHERE h.valid_from <= ? AND h.recorded_from <= ?`
	spansOnce = ` JOIN claim_history h ON h.claim = c.id WHERE h.valid_from <= ? AND h.recorded_from <= ? AND (h.recorded_to = 0 OR h.recorded_to > ?)`
)

func (v *view) spans(end twin.End) (list []ctem.ThingSpan, err error) {
	head := `SELECT c.watch, c.subject, w.source, w.scope, h.state, h.valid_from, h.recorded_from`
	from := ` FROM claim c JOIN watch w ON w.id = c.watch`
	where, args := ` AND c.subject IN `, sqldb.Anys(subjectsOf(end))
	if end.Kind == twin.KindWorkload {
		where, args = ` AND c.place IN (SELECT p.id FROM place p WHERE p.service = ? AND p.environment = ?)`, []any{end.Name, end.Scope}
	} else {
		where += sqldb.Tuples(1, len(args))
	}
	var claims []told
	scan := func(r sqldb.Scanner) error {
		var s ctem.ThingSpan
		var watch, state, begun, recorded, to, learned int64
		var subject string
		err := r.Scan(&watch, &subject, &s.Source, &s.Scope, &state, &begun, &recorded, &to, &learned)
		if err != nil || endOf(subject, s.Scope) != end {
			return err
		}
		s.From, s.RecordedFrom = sqldb.FromMicros(begun), sqldb.FromMicros(recorded)
		if learned <= v.known && to != 0 && to != sqldb.Forever {
			s.To, s.LearnedTo = sqldb.FromMicros(to), sqldb.FromMicros(learned)
		}
		list, claims = append(list, s), append(claims, told{state: state, watch: watch, subject: subject})
		return nil
	}
	if err := v.Query(head+`, 0, 0`+from+spansNow+where, scan, append([]any{v.at, v.known}, args...)...); err != nil {
		return nil, err
	}
	if err := v.Query(head+`, h.valid_to, h.ended_at`+from+spansOnce+where, scan, append([]any{v.at, v.known, v.known}, args...)...); err != nil {
		return nil, err
	}
	if err := measure(v, claims); err != nil {
		return nil, err
	}
	if err := v.describe(list, claims); err != nil {
		return nil, err
	}
	slices.SortStableFunc(list, func(a, b ctem.ThingSpan) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Scope, b.Scope))
	})
	return list, nil
}

// describe fills in the states of stretches, and how fresh those are that hold.
func (v *view) describe(list []ctem.ThingSpan, claims []told) error {
	type state struct {
		class twin.Class
		media twin.Media
		body  []byte
	}
	byID := map[int64]state{}
	ids := make([]int64, len(claims))
	for i := range claims {
		ids[i] = claims[i].state
	}
	slices.Sort(ids)
	err := v.In(`SELECT id, class, media, body FROM state WHERE id IN (?*)`, sqldb.Anys(slices.Compact(ids)), func(r sqldb.Scanner) error {
		var id int64
		var s state
		err := r.Scan(&id, &s.class, &s.media, &s.body)
		byID[id] = s
		return err
	})
	for i := range list {
		s := byID[claims[i].state]
		claims[i].class = s.class
		list[i].Class, list[i].Media, list[i].Body = s.class, s.media, s.body
		list[i].Freshness, list[i].SeenAt = alive(v, &claims[i])
	}
	return err
}

package evidencedb

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// maxSeen bounds the stretches that are kept of one edge: of more the oldest are
// kept as one.
const maxSeen = 32

// edgeKey names what was seen, by whom.
type edgeKey struct {
	watch   int64
	subject string
}

// seen is one row: times in microseconds.
type seen struct{ since, last, calls, bytes int64 }

// edges writes when single things were seen.
type edges struct{ *tx }

// See moves when things were last seen, and adds what went over them. A sighting
// that does not reach beyond what is known is a repeat, or late: it counts nothing
// twice. They are signs of life of their source. Of what its source has not said that
// it is there nothing is kept: it is returned.
func (m measured) See(ctx context.Context, list []twin.Sighting) (unknown []twin.Sighting, err error) {
	err = m.write(ctx, func(t *tx) error {
		unknown = nil
		if _, _, err := t.Number(ctem.StreamEvidence, 0, time.Time{}); err != nil {
			return err
		}
		watches, err := edges{t}.watchesOf(list)
		if err != nil {
			return err
		}
		known, err := edges{t}.known(list, watches)
		if err != nil {
			return err
		}
		told := map[edgeKey][]seen{}
		signs := map[sqldb.Lane][]sighting{}
		for i := range list {
			s := &list[i]
			key := edgeKey{watches[[2]string{s.Source, s.Scope}], s.Subject}
			if !known[key] {
				unknown = append(unknown, *s)
				continue
			}
			told[key] = append(told[key], seen{sqldb.Micros(s.First), sqldb.Micros(s.Last), s.Calls, s.Bytes})
			l := sqldb.Lane{Watch: key.watch, Class: twin.Observed}
			if sign := (sighting{sqldb.Micros(s.Last), s.Every.Microseconds()}); len(signs[l]) == 0 || signs[l][0].at < sign.at {
				signs[l] = []sighting{sign}
			}
		}
		if err := (coverage{t}).sight(signs); err != nil {
			return err
		}
		return edges{t}.see(told)
	})
	return unknown, err
}

func (t edges) watchesOf(list []twin.Sighting) (map[[2]string]int64, error) {
	sources := map[string]bool{}
	for i := range list {
		sources[list[i].Source] = true
	}
	out := map[[2]string]int64{}
	err := t.In(`SELECT id, source, scope FROM watch WHERE source IN (?*)`, sqldb.Anys(sqldb.SortedKeys(sources)), func(r sqldb.Scanner) error {
		var id int64
		var source, scope string
		err := r.Scan(&id, &source, &scope)
		out[[2]string{source, scope}] = id
		return err
	})
	return out, err
}

// maxTail bounds the newest evidence in which things are looked for that are not
// folded into the twin yet.
const maxTail = 20_000

// known are those of some sightings of which there is a claim, or evidence that is
// to become one.
func (t edges) known(list []twin.Sighting, watches map[[2]string]int64) (map[edgeKey]bool, error) {
	out, asked := map[edgeKey]bool{}, map[edgeKey]bool{}
	var keys []any
	for i := range list {
		watch, ok := watches[[2]string{list[i].Source, list[i].Scope}]
		if k := (edgeKey{watch, list[i].Subject}); ok && !asked[k] && twin.IsMeasured(k.subject) {
			asked[k] = true
			keys = append(keys, k.watch, k.subject)
		}
	}
	mark := func(r sqldb.Scanner) error {
		var k edgeKey
		err := r.Scan(&k.watch, &k.subject)
		if asked[k] {
			out[k] = true
		}
		return err
	}
	err := t.ByKeys("it", `SELECT c.watch, c.subject FROM k CROSS JOIN claim c WHERE c.watch = k.a AND c.subject = k.b`, keys, mark)
	if err != nil || len(out) == len(asked) {
		return out, err
	}
	return out, t.Query(`SELECT watch, subject FROM evidence WHERE seq > (SELECT seq FROM stream WHERE name = ?) - ?`, mark, string(ctem.StreamEvidence), maxTail)
}

// DropSeen drops what was measured before a time of what ended before it too; of
// what is still there the newest stretch stays.
func DropSeen(t *sqldb.Tx, before int64) error {
	_, err := t.Exec(`DELETE FROM edge_seen WHERE seen <= ? AND (
		EXISTS (SELECT 1 FROM edge_seen l WHERE l.watch = edge_seen.watch AND l.subject = edge_seen.subject AND l.since > edge_seen.since)
		OR NOT EXISTS (SELECT 1 FROM claim c WHERE c.watch = edge_seen.watch AND c.subject = edge_seen.subject AND (
			EXISTS (SELECT 1 FROM claim_current h WHERE h.claim = c.id) OR EXISTS (SELECT 1 FROM claim_history h WHERE h.claim = c.id AND h.valid_to > ?))))`,
		before, before)
	return err
}

// see reads, mends and writes the rows of some edges.
func (t edges) see(told map[edgeKey][]seen) error {
	keys := slices.SortedFunc(maps.Keys(told), func(a, b edgeKey) int {
		return cmp.Or(cmp.Compare(a.watch, b.watch), cmp.Compare(a.subject, b.subject))
	})
	args := make([]any, 0, 2*len(keys))
	for _, k := range keys {
		args = append(args, k.watch, k.subject)
	}
	have := map[edgeKey][]seen{}
	err := t.ByKeys("it", `SELECT e.watch, e.subject, e.since, e.seen, e.calls, e.bytes FROM k CROSS JOIN edge_seen e
		WHERE e.watch = k.a AND e.subject = k.b ORDER BY e.watch, e.subject, e.since`, args, func(r sqldb.Scanner) error {
		var k edgeKey
		var s seen
		err := r.Scan(&k.watch, &k.subject, &s.since, &s.last, &s.calls, &s.bytes)
		have[k] = append(have[k], s)
		return err
	})
	if err != nil {
		return err
	}
	const width = 6
	var rows []any
	for _, k := range keys {
		mended := mendSeen(have[k], told[k])
		for _, old := range have[k] {
			if slices.ContainsFunc(mended, func(s seen) bool { return s.since == old.since }) {
				continue
			}
			if _, err := t.Exec(`DELETE FROM edge_seen WHERE watch = ? AND subject = ? AND since = ?`, k.watch, k.subject, old.since); err != nil {
				return err
			}
		}
		for _, s := range mended {
			if !slices.Contains(have[k], s) {
				rows = append(rows, k.watch, k.subject, s.since, s.last, s.calls, s.bytes)
			}
		}
	}
	return t.Insert(`INSERT INTO edge_seen (watch, subject, since, seen, calls, bytes) VALUES`, width, rows,
		`ON CONFLICT (watch, subject, since) DO UPDATE SET seen = excluded.seen, calls = excluded.calls, bytes = excluded.bytes`)
}

// mendSeen adds sightings, the earliest first, to the stretches of one edge.
func mendSeen(have, told []seen) []seen {
	told = slices.SortedFunc(slices.Values(told), func(a, b seen) int { return cmp.Or(cmp.Compare(a.last, b.last), cmp.Compare(a.since, b.since)) })
	out := slices.Clone(have)
	counted := int64(0) // up to when
	if n := len(have); n > 0 {
		counted = have[n-1].last
	}
	for _, s := range told {
		if s.last <= counted {
			s.calls, s.bytes = 0, 0
		}
		counted = max(counted, s.last)
		out = append(out, s)
	}
	slices.SortStableFunc(out, func(a, b seen) int { return cmp.Compare(a.since, b.since) })
	out = joinSeen(out)
	for len(out) > maxSeen {
		out[1] = out[0].and(out[1])
		out = out[1:]
	}
	return out
}

// joinSeen joins neighbours between which there was no long silence.
func joinSeen(in []seen) []seen {
	var out []seen
	for _, s := range in {
		if n := len(out); n > 0 && s.since <= out[n-1].last+gap(twin.EdgeEvery.Microseconds()) {
			out[n-1] = out[n-1].and(s)
			continue
		}
		out = append(out, s)
	}
	return out
}

func (s seen) and(later seen) seen {
	return seen{s.since, max(s.last, later.last), s.calls + later.calls, s.bytes + later.bytes}
}

// Unseen returns things that hold and were last seen before a time, at most so many,
// whose source still looked at their scope after that for so long as an edge may be
// silent: that they are gone is known, and not only that nobody looked.
func (m measured) Unseen(ctx context.Context, before time.Time, limit int) (list []twin.Sighting, err error) {
	err = m.at.Read(ctx, func(t *sqldb.Tx) error {
		list = nil
		return t.Query(`SELECT w.source, w.scope, e.subject, e.since, e.seen
			FROM (SELECT watch, subject, MIN(since) AS since, MAX(seen) AS seen FROM edge_seen GROUP BY watch, subject) e
			JOIN watch w ON w.id = e.watch JOIN claim c ON c.watch = e.watch AND c.subject = e.subject JOIN claim_current h ON h.claim = c.id
			WHERE e.seen < ? AND EXISTS (SELECT 1 FROM coverage v WHERE v.watch = e.watch AND v.class = ? AND v.seen >= e.seen + ?)
			ORDER BY w.source, w.scope, e.subject LIMIT ?`, func(r sqldb.Scanner) error {
			var s twin.Sighting
			var first, last int64
			err := r.Scan(&s.Source, &s.Scope, &s.Subject, &first, &last)
			s.First, s.Last = sqldb.FromMicros(first), sqldb.FromMicros(last)
			list = append(list, s)
			return err
		}, sqldb.Micros(before), string(twin.Observed), twin.EdgeLapse.Microseconds(), limit)
	})
	return list, err
}

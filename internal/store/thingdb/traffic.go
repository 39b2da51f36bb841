package thingdb

import (
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// seenKey names what was measured, by whom.
type seenKey struct {
	watch   int64
	subject string
}

// measure fills in what was measured of claims up to the moment. Of the stretch in
// which the moment lies only its beginning is sure: it was seen then, as its source's
// coverage is, and what it counted is left out.
func measure(v *view, list []told) error {
	byKey := map[seenKey]twin.Traffic{}
	var args []any
	for i := range list {
		if c := &list[i]; twin.IsMeasured(c.subject) {
			args = append(args, c.watch, c.subject)
		}
	}
	upTo := min(v.at, v.known)
	err := v.ByKeys("it", `SELECT e.watch, e.subject, e.since, e.seen, e.calls, e.bytes FROM k CROSS JOIN edge_seen e
		WHERE e.watch = k.a AND e.subject = k.b ORDER BY e.watch, e.subject, e.since`, args, func(r sqldb.Scanner) error {
		var k seenKey
		var since, seen, calls, bytes int64
		err := r.Scan(&k.watch, &k.subject, &since, &seen, &calls, &bytes)
		if err != nil || since > upTo {
			return err
		}
		t := byKey[k]
		if !t.Measured() {
			t.First = sqldb.FromMicros(since)
		}
		t.Last = sqldb.FromMicros(min(seen, upTo))
		if seen <= upTo {
			t.Calls, t.Bytes = t.Calls+calls, t.Bytes+bytes
		}
		byKey[k] = t
		return nil
	})
	for i := range list {
		list[i].traffic = byKey[seenKey{list[i].watch, list[i].subject}]
	}
	return err
}

package evidencedb

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// maxLeft bounds the reasons that are counted of one source; all others are one.
const (
	maxLeft   = 200
	otherLeft = "other reasons"
)

// NoteLeft adds to what was left out of what a source gave, by reason.
func (m measured) NoteLeft(ctx context.Context, source string, counts map[string]int64, at time.Time) error {
	return m.write(ctx, func(t *tx) error {
		known := map[string]bool{}
		err := t.Query(`SELECT reason FROM source_left WHERE source = ?`, func(r sqldb.Scanner) error {
			var reason string
			err := r.Scan(&reason)
			known[reason] = true
			return err
		}, source)
		if err != nil {
			return err
		}
		sums := map[string]int64{}
		for _, reason := range sqldb.SortedKeys(counts) {
			to := reason
			if !known[reason] && len(known) >= maxLeft {
				to = otherLeft
			}
			known[to] = true
			sums[to] += counts[reason]
		}
		const width = 5
		var rows []any
		for _, reason := range sqldb.SortedKeys(sums) {
			rows = append(rows, source, reason, sums[reason], sqldb.Micros(at), sqldb.Micros(at))
		}
		return t.Insert(`INSERT INTO source_left (source, reason, count, since, seen) VALUES`, width, rows,
			`ON CONFLICT (source, reason) DO UPDATE SET count = source_left.count + excluded.count, seen = excluded.seen`)
	})
}

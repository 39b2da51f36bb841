package twindb

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store/evidencedb"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// Compact drops what had ceased to be believed before a time, and raw bodies
// that are older than BodyRetention and not cited, and when single edges were seen
// before it. Evidence keeps its hash and
// times, facts, marks and the intervals still believed stay, however old: that
// an exposure was fixed, or that a run-time source saw a workload end, is
// computed from them, and late evidence mends them. From then on a question
// about a time before the floor is an error.
func (db *Store) Compact(ctx context.Context, before, now time.Time) error {
	if before.After(now) {
		return fault.New(fault.Invalid, "the retention floor %s lies in the future", before.UTC().Format(time.RFC3339))
	}
	return db.write(ctx, func(t *tx) error {
		// No append may be on its way to cite a body that is dropped here.
		if _, _, err := t.Number(ctem.StreamEvidence, 0, time.Time{}); err != nil {
			return err
		}
		floor, err := t.Floor()
		if err != nil {
			return err
		}
		if us := sqldb.Micros(before); us > floor {
			floor = us
		}
		if _, err := t.Exec(`INSERT INTO meta (name, value) VALUES ('retention_floor', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
			sqldb.FromMicros(floor).Format(time.RFC3339Nano)); err != nil {
			return err
		}
		if _, err := t.Exec(`DELETE FROM claim_history WHERE recorded_to > 0 AND recorded_to <= ?`, floor); err != nil {
			return err
		}
		if err := evidencedb.DropSeen(t.Tx, floor); err != nil {
			return err
		}
		return evidencedb.DropBodies(t.Tx, min(floor, sqldb.Micros(now.Add(-evidencedb.BodyRetention))))
	})
}

package store

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// BodyRetention is how long raw evidence bodies are kept at least.
const BodyRetention = 90 * 24 * time.Hour

// Compact drops history that had ended before a time, and raw bodies that are
// older than BodyRetention and not cited. Evidence keeps its hash and times,
// facts and marks stay, so that late evidence still mends what is kept. From
// then on a question about a time before the floor is an error.
func (db *DB) Compact(ctx context.Context, before, now time.Time) error {
	if before.After(now) {
		return fault.New(fault.Invalid, "the retention floor %s lies in the future", before.UTC().Format(time.RFC3339))
	}
	return db.write(ctx, func(t *tx) error {
		// No append may be on its way to cite a body that is dropped here.
		if _, _, err := t.number(ctem.StreamEvidence, 0, time.Time{}); err != nil {
			return err
		}
		floor, err := t.floor()
		if err != nil {
			return err
		}
		if us := micros(before); us > floor {
			floor = us
		}
		if _, err := t.exec(`INSERT INTO meta (name, value) VALUES ('retention_floor', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
			fromMicros(floor).Format(time.RFC3339Nano)); err != nil {
			return err
		}
		if _, err := t.exec(`DELETE FROM claim_history WHERE valid_to <= ? OR recorded_to > 0 AND recorded_to <= ?`, floor, floor); err != nil {
			return err
		}
		return t.dropBodies(min(floor, micros(now.Add(-BodyRetention))))
	})
}

// dropBodies drops bodies of evidence that was recorded before a time. What
// resolve has not read, what it could not read, and the newest SBOM of each
// artifact are still cited.
func (t *tx) dropBodies(before int64) error {
	var read int64
	if _, err := t.get(`SELECT MIN(seq) FROM cursor WHERE step = 'resolve' AND stream = 'evidence' HAVING COUNT(*) > 0`, nil, &read); err != nil {
		return err
	}
	_, err := t.exec(`DELETE FROM body WHERE stored < ?
		AND hash IN (SELECT hash FROM evidence WHERE recorded < ? AND seq <= ?)
		AND hash NOT IN (SELECT hash FROM evidence WHERE recorded >= ? OR seq > ?)
		AND hash NOT IN (SELECT hash FROM evidence_head)
		AND hash NOT IN (SELECT e.hash FROM quarantine q JOIN evidence e ON e.seq > q.from_seq AND e.seq <= q.to_seq WHERE q.stream = 'evidence')`,
		before, before, read, before, read)
	return err
}

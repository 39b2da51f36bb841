package matchdb

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// WriteParts leaves work for later runs of assess.
func WriteParts(base *sqldb.Tx, parts []ctem.Portion) error {
	t := &tx{base}
	if len(parts) == 0 {
		return nil
	}
	next, err := t.IDs("assess_part", len(parts))
	if err != nil {
		return err
	}
	var rows []any
	for i, p := range parts {
		weaknesses, werr := json.Marshal(p.Weaknesses)
		places, perr := json.Marshal(p.Places)
		if werr != nil || perr != nil {
			return fmt.Errorf("write a part: %w, %w", werr, perr)
		}
		rows = append(rows, next+int64(i), string(weaknesses), string(places))
	}
	return t.Insert(`INSERT INTO assess_part (id, weaknesses, places) VALUES`, 3, rows, "")
}

// NextPart returns the part that was left first; ok is false when none is left.
func (db *Store) NextPart(ctx context.Context) (p ctem.Portion, ok bool, err error) {
	err = db.read(ctx, func(t *tx) (err error) {
		var weaknesses, places string
		if ok, err = t.Get(`SELECT id, weaknesses, places FROM assess_part ORDER BY id LIMIT 1`, nil, &p.ID, &weaknesses, &places); err != nil || !ok {
			return err
		}
		if err := json.Unmarshal([]byte(weaknesses), &p.Weaknesses); err != nil {
			return fmt.Errorf("read the weaknesses of part %d: %w", p.ID, err)
		}
		if err := json.Unmarshal([]byte(places), &p.Places); err != nil {
			return fmt.Errorf("read the places of part %d: %w", p.ID, err)
		}
		return nil
	})
	return p, ok, err
}

// ComponentsWith returns the components that match a record about one of these
// weaknesses, given by first name.
func (db *Store) ComponentsWith(ctx context.Context, weaknesses []string) (components []int64, err error) {
	err = db.read(ctx, func(t *tx) error {
		ids, err := WeaknessIDs(t.Tx, weaknesses)
		if err != nil {
			return err
		}
		keys := make([]any, 0, len(ids))
		for _, id := range ids {
			keys = append(keys, id)
		}
		return t.In(`SELECT DISTINCT m.component FROM record_weakness rw JOIN component_match m ON m.record = rw.record
			WHERE rw.weakness IN (?*)`, keys, sqldb.AppendID(&components))
	})
	slices.Sort(components)
	return slices.Compact(components), err
}

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

// NextParts returns the parts that were left first.
func (db *Store) NextParts(ctx context.Context, limit int) (list []ctem.Portion, err error) {
	err = db.read(ctx, func(t *tx) error {
		list = nil
		return t.Query(`SELECT id, weaknesses, places FROM assess_part ORDER BY id LIMIT ?`, func(s sqldb.Scanner) error {
			var p ctem.Portion
			var weaknesses, places string
			if err := s.Scan(&p.ID, &weaknesses, &places); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(weaknesses), &p.Weaknesses); err != nil {
				return fmt.Errorf("read the weaknesses of part %d: %w", p.ID, err)
			}
			if err := json.Unmarshal([]byte(places), &p.Places); err != nil {
				return fmt.Errorf("read the places of part %d: %w", p.ID, err)
			}
			list = append(list, p)
			return nil
		}, limit)
	})
	return list, err
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

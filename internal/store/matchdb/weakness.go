package matchdb

import (
	"context"
	"slices"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// WeaknessesByName returns the weakness that each name belongs to, with all
// its names; a name of none is absent.
func (db *Store) WeaknessesByName(ctx context.Context, names []string) (map[string]ctem.Weakness, error) {
	out := map[string]ctem.Weakness{}
	err := db.read(ctx, func(t *tx) error {
		owner := map[string]int64{}
		err := t.In(`SELECT name, weakness FROM weakness_name WHERE name IN (?*)`, sqldb.Anys(names), func(s sqldb.Scanner) error {
			var n string
			var id int64
			err := s.Scan(&n, &id)
			owner[n] = id
			return err
		})
		if err != nil {
			return err
		}
		ids := make([]int64, 0, len(owner))
		for _, id := range owner {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		weak, err := Weaknesses(t.Tx, slices.Compact(ids))
		for n, id := range owner {
			out[n] = weak[id]
		}
		return err
	})
	return out, err
}

// Weaknesses reads weaknesses with their names, sorted, but for the canonical one.
func Weaknesses(t *sqldb.Tx, ids []int64) (map[int64]ctem.Weakness, error) {
	out := make(map[int64]ctem.Weakness, len(ids))
	keys := sqldb.Anys(ids)
	err := t.In(`SELECT id, first_name, canonical, kind FROM weakness WHERE id IN (?*)`, keys, func(s sqldb.Scanner) error {
		var w ctem.Weakness
		var kind string
		if err := s.Scan(&w.ID, &w.Key, &w.Canonical, &kind); err != nil {
			return err
		}
		w.Kind = ctem.WeaknessKind(kind)
		out[w.ID] = w
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = t.In(`SELECT weakness, name FROM weakness_name WHERE weakness IN (?*) ORDER BY weakness, name`, keys, func(s sqldb.Scanner) error {
		var id int64
		var name string
		if err := s.Scan(&id, &name); err != nil {
			return err
		}
		if w := out[id]; name != w.Canonical {
			w.Aliases = append(w.Aliases, name)
			out[id] = w
		}
		return nil
	})
	return out, err
}

// TouchedWeaknesses returns a name of each weakness that shares a name with a
// record that changed (after < n <= last): its names may have changed too.
func (db *Store) TouchedWeaknesses(ctx context.Context, after, last int64) (names []string, err error) {
	err = db.read(ctx, func(t *tx) error {
		var one int64
		any, err := t.Get(`SELECT id FROM weakness LIMIT 1`, nil, &one)
		if err != nil || !any {
			return err
		}
		return t.Query(`SELECT DISTINCT w.first_name FROM advisory_change c JOIN advisory a ON a.id = c.name
			JOIN advisory_name n ON n.num = a.num JOIN weakness_name wn ON wn.name = n.name JOIN weakness w ON w.id = wn.weakness
			WHERE c.seq > ? AND c.seq <= ? AND c.kind = ? AND n.kind <> ? ORDER BY w.first_name`, func(s sqldb.Scanner) error {
			var n string
			err := s.Scan(&n)
			names = append(names, n)
			return err
		}, after, last, string(advisory.FeedOSV), sqldb.NameCovers)
	})
	return names, err
}

// FormerNames returns those of some names that were the first name of a weakness
// which is redirected to another one now, sorted.
func (db *Store) FormerNames(ctx context.Context, names []string) (former []string, err error) {
	err = db.read(ctx, func(t *tx) error {
		return t.In(`SELECT first_name FROM weakness WHERE first_name IN (?*) AND merged_into <> 0`, sqldb.Anys(names), func(s sqldb.Scanner) error {
			var n string
			err := s.Scan(&n)
			former = append(former, n)
			return err
		})
	})
	slices.Sort(former)
	return former, err
}

// WriteWeaknesses creates weaknesses, sets their names and redirects those that
// turned out to be the same as another one. The places of a redirected
// weakness are left to be computed again.
func WriteWeaknesses(base *sqldb.Tx, changes []ctem.WeaknessChange) error {
	t := &tx{base}
	if len(changes) == 0 {
		return nil
	}
	keys := make([]string, len(changes))
	for i, c := range changes {
		keys[i] = c.Key
	}
	ids, missing, err := t.IDsOf(`SELECT id, first_name FROM weakness WHERE first_name IN (?*)`, keys)
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		next, err := t.IDs("weakness", len(missing))
		if err != nil {
			return err
		}
		for _, k := range missing {
			ids[k] = next
			next++
		}
	}
	var rows, names []any
	for _, c := range changes {
		rows = append(rows, ids[c.Key], c.Key, c.Canonical, string(c.Kind), 0)
		for _, n := range c.Names {
			names = append(names, n, ids[c.Key])
		}
	}
	err = t.Insert(`INSERT INTO weakness (id, first_name, canonical, kind, merged_into) VALUES`, 5, rows,
		`ON CONFLICT (id) DO UPDATE SET canonical = excluded.canonical, kind = excluded.kind, merged_into = excluded.merged_into`)
	if err != nil {
		return err
	}
	for _, c := range changes {
		if err := t.mergeWeaknesses(ids[c.Key], c.Merged); err != nil {
			return err
		}
	}
	// A change has all the names that a weakness has from now on.
	for _, c := range changes {
		if _, err := t.Exec(`DELETE FROM weakness_name WHERE weakness = ?`, ids[c.Key]); err != nil {
			return err
		}
	}
	return t.Insert(`INSERT INTO weakness_name (name, weakness) VALUES`, 2, names, `ON CONFLICT (name) DO UPDATE SET weakness = excluded.weakness`)
}

// mergeWeaknesses redirects each loser; it is rare, so one by one.
func (t *tx) mergeWeaknesses(winner int64, losers []string) error {
	for _, key := range losers {
		var loser int64
		found, err := t.Get(`SELECT id FROM weakness WHERE first_name = ?`, []any{key}, &loser)
		if err != nil {
			return err
		}
		if !found || loser == winner {
			continue
		}
		if err := t.redirect(winner, loser); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) redirect(winner, loser int64) error {
	for _, s := range []struct {
		query string
		args  []any
	}{
		{`UPDATE weakness SET merged_into = ? WHERE id = ? OR merged_into = ?`, []any{winner, loser, loser}},
		{`UPDATE weakness_name SET weakness = ? WHERE weakness = ?`, []any{winner, loser}},
		{`INSERT INTO record_weakness (record, weakness) SELECT r.record, w.id FROM record_weakness r, weakness w
			WHERE w.id = ? AND r.weakness = ? ON CONFLICT DO NOTHING`, []any{winner, loser}},
		{`DELETE FROM record_weakness WHERE weakness = ?`, []any{loser}},
		{`INSERT INTO exposure_dirty (place) SELECT DISTINCT place FROM exposure WHERE weakness = ? ON CONFLICT DO NOTHING`, []any{loser}},
	} {
		if _, err := t.Exec(s.query, s.args...); err != nil {
			return err
		}
	}
	return nil
}

// WeaknessIDs finds weaknesses by their first names.
func WeaknessIDs(t *sqldb.Tx, keys []string) (map[string]int64, error) {
	ids, _, err := t.IDsOf(`SELECT id, first_name FROM weakness WHERE first_name IN (?*)`, keys)
	return ids, err
}

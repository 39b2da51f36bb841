package matchdb

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// WriteMatched replaces what is known about components.
func WriteMatched(base *sqldb.Tx, list []ctem.Matched) error {
	t := &tx{base}
	if len(list) == 0 {
		return nil
	}
	ids := make([]any, len(list))
	for i := range list {
		ids[i] = list[i].Component
	}
	for _, table := range [...]string{"component_match", "component_undecided", "component_package"} {
		for part := range slices.Chunk(ids, sqldb.Chunk) {
			if _, err := t.Exec(`DELETE FROM `+table+` WHERE component IN `+sqldb.Tuples(1, len(part)), part...); err != nil {
				return err
			}
		}
	}
	records, err := t.writeRecords(list)
	if err != nil {
		return err
	}
	return t.insertMatched(list, records)
}

func (t *tx) insertMatched(list []ctem.Matched, records map[string]int64) error {
	var evals, packages, matches, undecided []any
	for i := range list {
		c := &list[i]
		evals = append(evals, c.Component, c.Purl, c.Version, c.Compared, c.Locus, c.Ecosystem, c.Rules, c.Qualifiers)
		for _, p := range c.Packages {
			packages = append(packages, p.Ecosystem, p.Name, c.Component)
		}
		for _, m := range c.Matches {
			detail, err := json.Marshal(matchDetail{Fixed: m.Fixed, Reason: m.Reason})
			if err != nil {
				return fmt.Errorf("write the match of %s: %w", m.Record, err)
			}
			matches = append(matches, c.Component, records[m.Record], string(detail))
		}
		for _, u := range c.Undecided {
			undecided = append(undecided, c.Component, string(u.Reason), u.Detail)
		}
	}
	err := t.Insert(`INSERT INTO component_eval (component, purl, version, compared, locus, ecosystem, rules, qualifiers) VALUES`, 8, evals,
		`ON CONFLICT (component) DO UPDATE SET purl = excluded.purl, version = excluded.version, compared = excluded.compared,
		locus = excluded.locus, ecosystem = excluded.ecosystem, rules = excluded.rules, qualifiers = excluded.qualifiers`)
	if err != nil {
		return err
	}
	if err := t.Insert(`INSERT INTO component_package (ecosystem, name, component) VALUES`, 3, packages, `ON CONFLICT DO NOTHING`); err != nil {
		return err
	}
	if err := t.Insert(`INSERT INTO component_match (component, record, detail) VALUES`, 3, matches, `ON CONFLICT DO NOTHING`); err != nil {
		return err
	}
	return t.Insert(`INSERT INTO component_undecided (component, reason, detail) VALUES`, 3, undecided, `ON CONFLICT DO NOTHING`)
}

// writeRecords brings the matched records up to date and returns their ids.
func (t *tx) writeRecords(list []ctem.Matched) (map[string]int64, error) {
	byName := map[string]*ctem.Match{}
	weak := map[string]bool{}
	for i := range list {
		for j := range list[i].Matches {
			m := &list[i].Matches[j]
			byName[m.Record] = m
			for _, w := range m.Weaknesses {
				weak[w] = true
			}
		}
	}
	names := sqldb.SortedKeys(byName)
	ids, missing, err := t.IDsOf(`SELECT id, record FROM matched_record WHERE record IN (?*)`, names)
	if err != nil || len(names) == 0 {
		return ids, err
	}
	if len(missing) > 0 {
		next, err := t.IDs("matched_record", len(missing))
		if err != nil {
			return nil, err
		}
		for _, n := range missing {
			ids[n] = next
			next++
		}
	}
	weakness, err := WeaknessIDs(t.Tx, sqldb.SortedKeys(weak))
	if err != nil {
		return nil, err
	}
	return ids, t.insertRecords(names, ids, weakness, byName)
}

func (t *tx) insertRecords(names []string, ids, weakness map[string]int64, byName map[string]*ctem.Match) error {
	var rows, links, all []any
	for _, n := range names {
		m := byName[n]
		rows = append(rows, ids[n], n, m.Revision, sqldb.Micros(m.Published), sqldb.Micros(m.Withdrawn))
		all = append(all, ids[n])
		for _, w := range m.Weaknesses {
			if weakness[w] == 0 {
				return fmt.Errorf("%s names the weakness %s, which nobody wrote", n, w)
			}
			links = append(links, ids[n], weakness[w])
		}
	}
	err := t.Insert(`INSERT INTO matched_record (id, record, revision, published, withdrawn) VALUES`, 5, rows,
		`ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, published = excluded.published, withdrawn = excluded.withdrawn`)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(all, sqldb.Chunk) {
		if _, err := t.Exec(`DELETE FROM record_weakness WHERE record IN `+sqldb.Tuples(1, len(part)), part...); err != nil {
			return err
		}
	}
	return t.Insert(`INSERT INTO record_weakness (record, weakness) VALUES`, 2, links, `ON CONFLICT DO NOTHING`)
}

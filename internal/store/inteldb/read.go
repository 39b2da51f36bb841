package inteldb

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// Records returns the records with these ids, those that exist, by id.
func (db *Store) Records(ctx context.Context, ids []string) (records []advisory.Record, err error) {
	err = db.read(ctx, func(t *tx) error {
		records, err = t.records(`a.id IN (?*)`, sqldb.Anys(ids))
		return err
	})
	return records, err
}

// RecordsFor returns every record that speaks of one of these packages, or
// once did, by id; withdrawn ones too. The keys' names are normal
// (advisory.NormalName).
func (db *Store) RecordsFor(ctx context.Context, keys []advisory.PackageKey) (records []advisory.Record, err error) {
	byEcosystem := map[string][]any{}
	for _, k := range keys {
		byEcosystem[k.Ecosystem] = append(byEcosystem[k.Ecosystem], k.Name)
	}
	err = db.read(ctx, func(t *tx) error {
		var nums []any
		for _, e := range sqldb.SortedKeys(byEcosystem) {
			err := t.In(`SELECT num FROM advisory_package WHERE name IN (?*) AND ecosystem = ?`, byEcosystem[e], func(s sqldb.Scanner) error {
				var n int64
				if err := s.Scan(&n); err != nil {
					return err
				}
				nums = append(nums, n)
				return nil
			}, e)
			if err != nil {
				return err
			}
		}
		records, err = t.records(`a.num IN (?*)`, distinctNums(nums))
		return err
	})
	return records, err
}

// distinctNums sorts numbers and drops repeats; they are all int64.
func distinctNums(nums []any) []any {
	slices.SortFunc(nums, func(a, b any) int {
		x, _ := a.(int64)
		y, _ := b.(int64)
		return int(min(max(x-y, -1), 1))
	})
	return slices.Compact(nums)
}

// records reads the records that a condition with the key token selects.
func (t *tx) records(where string, keys []any) ([]advisory.Record, error) {
	var records []advisory.Record
	err := t.In(`SELECT a.revision, d.doc FROM advisory a JOIN advisory_doc d ON d.num = a.num WHERE `+where, keys, func(s sqldb.Scanner) error {
		var revision int64
		var doc []byte
		if err := s.Scan(&revision, &doc); err != nil {
			return err
		}
		r, err := decodeRecord(doc)
		if err != nil {
			return fmt.Errorf("%w: %w", ctem.ErrUnreadable, err)
		}
		r.Revision = revision
		records = append(records, r)
		return nil
	})
	slices.SortFunc(records, func(a, b advisory.Record) int { return strings.Compare(a.ID, b.ID) })
	return slices.CompactFunc(records, func(a, b advisory.Record) bool { return a.ID == b.ID }), err
}

// PackagesOf returns the packages that these records speak of, or once did:
// whatever a change of the records can concern.
func (db *Store) PackagesOf(ctx context.Context, recordIDs []string) (keys []advisory.PackageKey, err error) {
	seen := map[advisory.PackageKey]bool{}
	err = db.read(ctx, func(t *tx) error {
		return t.In(`SELECT DISTINCT p.ecosystem, p.name FROM advisory a JOIN advisory_package p ON p.num = a.num WHERE a.id IN (?*)`,
			sqldb.Anys(recordIDs), func(s sqldb.Scanner) error {
				var k advisory.PackageKey
				if err := s.Scan(&k.Ecosystem, &k.Name); err != nil {
					return err
				}
				if !seen[k] {
					seen[k] = true
					keys = append(keys, k)
				}
				return nil
			})
	})
	sort.Slice(keys, func(i, j int) bool {
		return keys[i].Ecosystem < keys[j].Ecosystem || keys[i].Ecosystem == keys[j].Ecosystem && keys[i].Name < keys[j].Name
	})
	return keys, err
}

// SeverityOf returns, for each name, the vectors of the records in force that
// have it as id, alias or only upstream, in the order of the records' ids. A
// name without any is absent.
func (db *Store) SeverityOf(ctx context.Context, names []string) (map[string][]advisory.Severity, error) {
	type found struct{ id, text string }
	texts := map[string][]found{}
	err := db.read(ctx, func(t *tx) error {
		return t.In(`SELECT n.name, a.id, a.severity FROM advisory_name n JOIN advisory a ON a.num = n.num
			WHERE n.name IN (?*) AND n.kind <> ? AND a.severity <> ? AND a.withdrawn = ?`, sqldb.Anys(names), func(s sqldb.Scanner) error {
			var name string
			var f found
			if err := s.Scan(&name, &f.id, &f.text); err != nil {
				return err
			}
			texts[name] = append(texts[name], f)
			return nil
		}, sqldb.NameCovers, "", 0)
	})
	if err != nil {
		return nil, err
	}
	out := make(map[string][]advisory.Severity, len(texts))
	for name, list := range texts {
		sort.Slice(list, func(i, j int) bool { return list[i].id < list[j].id })
		for _, f := range list {
			var vectors []advisory.Severity
			if err := json.Unmarshal([]byte(f.text), &vectors); err != nil {
				return nil, fmt.Errorf("severity of %s: %w", f.id, err)
			}
			out[name] = appendNew(out[name], vectors)
		}
	}
	return out, nil
}

func appendNew(list, more []advisory.Severity) []advisory.Severity {
	for _, s := range more {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// maxAliases bounds a group of names: a feed that aliases everything with
// everything must not make one weakness of it.
const maxAliases = 64

// AliasGroup returns the names that are connected with a name over ids,
// aliases and single upstreams, sorted, itself included; at most 64.
func (db *Store) AliasGroup(ctx context.Context, name string) ([]string, error) {
	groups, err := db.AliasGroups(ctx, []string{name})
	return groups[name], err
}

// AliasGroups is AliasGroup for many names at once.
func (db *Store) AliasGroups(ctx context.Context, names []string) (map[string][]string, error) {
	g := nameGraph{records: map[string][]int64{}, names: map[int64][]string{}}
	if err := db.read(ctx, func(t *tx) error { return g.grow(t, names) }); err != nil {
		return nil, err
	}
	groups := make(map[string][]string, len(names))
	for _, n := range names {
		groups[n] = g.reach(n)
	}
	return groups, nil
}

// nameGraph joins names and records. Each name and each record is asked for
// once, so that a record with thousands of names costs as many rows, not
// their square.
type nameGraph struct {
	records map[string][]int64 // of a name
	names   map[int64][]string // of a record
}

// grow reads the neighbours of names, then theirs, until there are no new ones
// or more than the groups may hold.
func (g *nameGraph) grow(t *tx, names []string) error {
	for next := names; len(next) > 0 && len(g.records) <= maxAliases*len(names); {
		nums, err := g.recordsOf(t, next)
		if err != nil {
			return err
		}
		if next, err = g.namesOf(t, nums); err != nil {
			return err
		}
	}
	return nil
}

// recordsOf returns the records of names that are new to the graph.
func (g *nameGraph) recordsOf(t *tx, names []string) (fresh []any, err error) {
	for _, n := range names {
		g.records[n] = nil
	}
	err = t.In(`SELECT name, num FROM advisory_name WHERE name IN (?*) AND kind <> ?`, sqldb.Anys(names), func(s sqldb.Scanner) error {
		var name string
		var num int64
		if err := s.Scan(&name, &num); err != nil {
			return err
		}
		g.records[name] = append(g.records[name], num)
		if _, known := g.names[num]; !known {
			g.names[num] = nil
			fresh = append(fresh, num)
		}
		return nil
	}, sqldb.NameCovers)
	return fresh, err
}

// namesOf returns the names of records that are new to the graph, sorted.
func (g *nameGraph) namesOf(t *tx, nums []any) (fresh []string, err error) {
	queued := map[string]bool{}
	err = t.In(`SELECT num, name FROM advisory_name WHERE num IN (?*) AND kind <> ?`, nums, func(s sqldb.Scanner) error {
		var num int64
		var name string
		if err := s.Scan(&num, &name); err != nil {
			return err
		}
		g.names[num] = append(g.names[num], name)
		if _, known := g.records[name]; !known && !queued[name] {
			queued[name] = true
			fresh = append(fresh, name)
		}
		return nil
	}, sqldb.NameCovers)
	sort.Strings(fresh)
	return fresh, err
}

// reach walks breadth first, at each step to the alphabetically first names,
// up to the bound.
func (g *nameGraph) reach(start string) []string {
	seen := map[string]bool{start: true}
	asked := map[int64]bool{}
	group := []string{start}
	for level := group; len(level) > 0; {
		next := g.beyond(level, seen, asked)
		level = next[:min(len(next), maxAliases-len(group))]
		group = append(group, level...)
	}
	sort.Strings(group)
	return group
}

// beyond returns the names one record away from these, sorted.
func (g *nameGraph) beyond(names []string, seen map[string]bool, asked map[int64]bool) (next []string) {
	for _, n := range names {
		for _, num := range g.records[n] {
			if !asked[num] {
				asked[num] = true
				next = appendUnseen(next, g.names[num], seen)
			}
		}
	}
	sort.Strings(next)
	return next
}

func appendUnseen(list, names []string, seen map[string]bool) []string {
	for _, n := range names {
		if !seen[n] {
			seen[n] = true
			list = append(list, n)
		}
	}
	return list
}

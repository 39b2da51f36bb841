package matchdb

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// matchDetail is the stored form of what a match says beside its record.
type matchDetail struct {
	Fixed  []string `json:"fixed,omitempty"`
	Reason string   `json:"reason,omitempty"`
}

// Matched returns what is known about these components. A component that was
// never evaluated is absent.
func (db *Store) Matched(ctx context.Context, components []int64) (map[int64]ctem.Matched, error) {
	out := make(map[int64]ctem.Matched, len(components))
	err := db.read(ctx, func(t *tx) error {
		keys := sqldb.Anys(components)
		err := t.In(`SELECT component, purl, version, compared, locus, ecosystem, rules, qualifiers FROM component_eval WHERE component IN (?*)`, keys,
			func(s sqldb.Scanner) error {
				var m ctem.Matched
				err := s.Scan(&m.Component, &m.Purl, &m.Version, &m.Compared, &m.Locus, &m.Ecosystem, &m.Rules, &m.Qualifiers)
				out[m.Component] = m
				return err
			})
		if err != nil {
			return err
		}
		if err := t.readMatches(keys, out); err != nil {
			return err
		}
		return t.readUndecided(keys, out)
	})
	return out, err
}

// MatchReasons says why records name components, which are given by purl, in
// the order of purl, version and record.
func (db *Store) MatchReasons(ctx context.Context, purls, records []string) (list []ctem.MatchReason, err error) {
	err = db.read(ctx, func(t *tx) error {
		list = nil
		return t.In(`SELECT k.purl, k.version, r.record, r.revision, m.detail FROM component k JOIN component_match m ON m.component = k.id
			JOIN matched_record r ON r.id = m.record WHERE k.purl IN (?*) ORDER BY k.purl, k.version, r.record`, sqldb.Anys(purls),
			func(s sqldb.Scanner) error {
				var r ctem.MatchReason
				var text string
				if err := s.Scan(&r.Purl, &r.Version, &r.Record, &r.Revision, &text); err != nil || !slices.Contains(records, r.Record) {
					return err
				}
				var d matchDetail
				if err := json.Unmarshal([]byte(text), &d); err != nil {
					return fmt.Errorf("read the match of %s: %w", r.Record, err)
				}
				r.Reason = d.Reason
				list = append(list, r)
				return nil
			})
	})
	return list, err
}

func (t *tx) readMatches(keys []any, out map[int64]ctem.Matched) error {
	names, err := t.recordWeaknesses(keys)
	if err != nil {
		return err
	}
	return t.In(`SELECT m.component, m.record, r.record, r.revision, r.published, r.withdrawn, m.detail
		FROM component_match m JOIN matched_record r ON r.id = m.record WHERE m.component IN (?*) ORDER BY m.component, r.record`, keys,
		func(s sqldb.Scanner) error {
			var component, record, published, withdrawn int64
			var m ctem.Match
			var text string
			if err := s.Scan(&component, &record, &m.Record, &m.Revision, &published, &withdrawn, &text); err != nil {
				return err
			}
			var d matchDetail
			if err := json.Unmarshal([]byte(text), &d); err != nil {
				return fmt.Errorf("read the match of %s: %w", m.Record, err)
			}
			m.Published, m.Withdrawn, m.Weaknesses = sqldb.FromMicros(published), sqldb.FromMicros(withdrawn), names[record]
			m.Fixed, m.Reason = d.Fixed, d.Reason
			c := out[component]
			c.Matches = append(c.Matches, m)
			out[component] = c
			return nil
		})
}

// recordWeaknesses returns the first names of the weaknesses of every record
// that matches one of the components.
func (t *tx) recordWeaknesses(components []any) (map[int64][]string, error) {
	names := map[int64][]string{}
	done := map[[2]int64]bool{}
	err := t.In(`SELECT DISTINCT rw.record, w.id, w.first_name FROM component_match m JOIN record_weakness rw ON rw.record = m.record
		JOIN weakness w ON w.id = rw.weakness WHERE m.component IN (?*) ORDER BY rw.record, w.first_name`, components, func(s sqldb.Scanner) error {
		var record, id int64
		var name string
		if err := s.Scan(&record, &id, &name); err != nil {
			return err
		}
		if key := [2]int64{record, id}; !done[key] {
			done[key] = true
			names[record] = append(names[record], name)
		}
		return nil
	})
	return names, err
}

func (t *tx) readUndecided(keys []any, out map[int64]ctem.Matched) error {
	return t.In(`SELECT component, reason, detail FROM component_undecided WHERE component IN (?*) ORDER BY component, reason`, keys,
		func(s sqldb.Scanner) error {
			var component int64
			var reason string
			var u ctem.Undecided
			if err := s.Scan(&component, &reason, &u.Detail); err != nil {
				return err
			}
			u.Reason = twin.Reason(reason)
			c := out[component]
			c.Undecided = append(c.Undecided, u)
			out[component] = c
			return nil
		})
}

// ConcernedBy returns the components that changes of advisories (after < n <=
// last) may concern: those whose packages the records speak of or once did,
// those that they match, and those that waited for a feed of their ecosystem, or
// for one that speaks of their release.
func (db *Store) ConcernedBy(ctx context.Context, after, last int64) (components []int64, err error) {
	seen := map[int64]bool{}
	collect := func(s sqldb.Scanner) error {
		var c int64
		if err := s.Scan(&c); err != nil {
			return err
		}
		if !seen[c] {
			seen[c] = true
			components = append(components, c)
		}
		return nil
	}
	err = db.read(ctx, func(t *tx) error {
		var one int64
		any, err := t.Get(`SELECT component FROM component_eval LIMIT 1`, nil, &one)
		if err != nil || !any {
			return err
		}
		err = t.Query(`SELECT DISTINCT cp.component FROM advisory_change c JOIN advisory a ON a.id = c.name
			JOIN advisory_package ap ON ap.num = a.num
			JOIN component_package cp ON cp.ecosystem = ap.ecosystem AND cp.name = ap.name
			WHERE c.seq > ? AND c.seq <= ? AND c.kind = ?`, collect, after, last, string(advisory.FeedOSV))
		if err != nil {
			return err
		}
		return t.waiting(after, last, collect)
	})
	return components, err
}

// waiting finds the components without a feed of ecosystems that have one for
// the first time, or one that speaks of another release.
func (t *tx) waiting(after, last int64, collect func(sqldb.Scanner) error) error {
	var ecosystems []any
	err := t.Query(`SELECT DISTINCT ecosystem FROM advisory_release WHERE seq > ? AND seq <= ?`, func(s sqldb.Scanner) error {
		var e string
		err := s.Scan(&e)
		ecosystems = append(ecosystems, e)
		return err
	}, after, last)
	if err != nil {
		return err
	}
	return t.In(`SELECT u.component FROM component_undecided u JOIN component_eval e ON e.component = u.component
		WHERE e.ecosystem IN (?*) AND u.reason = ?`, ecosystems, collect, string(twin.NoFeed))
}

// DirtyPlaces returns places that an earlier run left to be computed.
func (db *Store) DirtyPlaces(ctx context.Context, limit int) (places []int64, err error) {
	err = db.read(ctx, func(t *tx) error {
		return t.Query(`SELECT place FROM exposure_dirty ORDER BY place LIMIT ?`, func(s sqldb.Scanner) error {
			var p int64
			err := s.Scan(&p)
			places = append(places, p)
			return err
		}, limit)
	})
	return places, err
}

// UndecidedByReason counts the components about which nothing, or not
// everything, can be said, by the reason why.
func (db *Store) UndecidedByReason(ctx context.Context) (map[string]int, error) {
	out := map[string]int{}
	err := db.read(ctx, func(t *tx) error {
		return t.Query(`SELECT reason, COUNT(*) FROM component_undecided GROUP BY reason`, func(rows sqldb.Scanner) error {
			var reason string
			var n int
			err := rows.Scan(&reason, &n)
			out[reason] = n
			return err
		})
	})
	return out, err
}

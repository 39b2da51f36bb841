package sightdb

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// DetectionChanges returns the exposures at the places of detections that changed
// after a number, and the last number read.
func (db *Store) DetectionChanges(ctx context.Context, after int64, limit int) (nums []int64, last int64, err error) {
	last = after
	err = db.read(ctx, func(t *tx) error {
		var ids []int64
		err := t.Query(`SELECT seq, detection FROM detection_change WHERE seq > ? ORDER BY seq LIMIT ?`, func(s sqldb.Scanner) error {
			var id int64
			err := s.Scan(&last, &id)
			ids = append(ids, id)
			return err
		}, after, limit)
		if err != nil {
			return err
		}
		rows, err := t.rows(`WHERE d.id IN (?*)`, sqldb.Anys(ids))
		if err != nil {
			return err
		}
		spots, _, err := t.locate(rows)
		if err != nil {
			return err
		}
		places := map[int64]bool{}
		for _, p := range spots {
			places[p.ID] = true
		}
		return t.In(`SELECT num FROM exposure WHERE place IN (?*)`, sqldb.Anys(slices.Sorted(maps.Keys(places))), sqldb.AppendID(&nums))
	})
	slices.Sort(nums)
	return slices.Compact(nums), last, err
}

func (t *tx) rows(where string, keys []any, more ...any) (rows []row, err error) {
	err = t.In(columns+where, keys, func(s sqldb.Scanner) error {
		r, err := scan(s)
		rows = append(rows, r)
		return err
	}, more...)
	return rows, err
}

// Detections returns what was seen at places and counts since a time, newest first.
func (db *Store) Detections(ctx context.Context, places []int64, since time.Time) (map[int64][]twin.Sighted, error) {
	out := map[int64][]twin.Sighted{}
	err := db.read(ctx, func(t *tx) error {
		clear(out)
		ids, err := t.near(places)
		if err != nil || len(ids) == 0 {
			return err
		}
		rows, err := t.rows(`WHERE d.id IN (?*) AND d.last_at > ?`, sqldb.Anys(ids), sqldb.Micros(since))
		if err != nil {
			return err
		}
		spots, _, err := t.locate(rows)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if p, ok := spots[r.id]; ok && slices.Contains(places, p.ID) {
				out[p.ID] = append(out[p.ID], r.Sighted)
			}
		}
		return nil
	})
	for _, list := range out {
		slices.SortFunc(list, newestFirst)
	}
	return out, err
}

func newestFirst(a, b twin.Sighted) int {
	if c := b.Detection.Last.Compare(a.Detection.Last); c != 0 {
		return c
	}
	if a.Subject < b.Subject {
		return -1
	}
	return 1
}

// near are the detections that have a clue of one of the places.
func (t *tx) near(places []int64) (ids []int64, err error) {
	keys := sqldb.Anys(places)
	for _, from := range []string{
		`place_image p ON c.clue = 'd:' || p.digest WHERE p.digest <> '' AND p.place`,
		`place_image p ON c.clue = 'i:' || p.nametag WHERE p.nametag <> '' AND p.place`,
		`place p ON c.clue = 'n:' || p.service WHERE p.id`,
	} {
		if err := t.In(`SELECT DISTINCT c.detection FROM detection_clue c JOIN `+from+` IN (?*)`, keys, sqldb.AppendID(&ids)); err != nil {
			return nil, err
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// locate finds the place of each detection, by its id, or why it has none.
func (t *tx) locate(rows []row) (map[int64]twin.Spot, map[int64]string, error) {
	fits := map[string][]twin.Spot{}
	want := map[string][]any{}
	for i := range rows {
		for _, c := range cluesOf(&rows[i].Detection) {
			if _, asked := fits[c]; !asked {
				fits[c] = nil
				want[c[:2]] = append(want[c[:2]], c[2:])
			}
		}
	}
	for kind, query := range map[string]string{
		byDigest: `SELECT i.digest, p.id, p.service, p.environment FROM place_image i JOIN place p ON p.id = i.place WHERE i.digest IN (?*)`,
		byTag:    `SELECT i.nametag, p.id, p.service, p.environment FROM place_image i JOIN place p ON p.id = i.place WHERE i.nametag IN (?*)`,
		byName:   `SELECT p.service, p.id, p.service, p.environment FROM place p WHERE p.service IN (?*)`,
	} {
		err := t.In(query, want[kind], func(s sqldb.Scanner) error {
			var clue string
			var p twin.Spot
			err := s.Scan(&clue, &p.ID, &p.Service, &p.Environment)
			fits[kind+clue] = append(fits[kind+clue], p)
			return err
		})
		if err != nil {
			return nil, nil, err
		}
	}
	spots, reasons := map[int64]twin.Spot{}, map[int64]string{}
	for i := range rows {
		d := &rows[i].Detection
		c := twin.Clues{ByDigest: fits[byDigest+d.Digest], ByTag: fits[byTag+tagOf(d)]}
		for _, n := range d.Names {
			if c.ByName = fits[byName+n]; len(c.ByName) > 0 {
				break
			}
		}
		spot, reason := rows[i].Locate(c)
		if reason != "" {
			reasons[rows[i].id] = reason
			continue
		}
		spots[rows[i].id] = spot
	}
	return spots, reasons, nil
}

// maxUnplaced bounds the detections that are listed as seen nowhere.
const maxUnplaced = 1000

// Unplaced returns the detections that count since a time and are about no known
// place, newest first, with their reasons; of very many the newest.
func (db *Store) Unplaced(ctx context.Context, since time.Time) (out []twin.Unplaced, err error) {
	err = db.read(ctx, func(t *tx) error {
		out = nil
		var rows []row
		err := t.Query(columns+`WHERE d.last_at > ? ORDER BY d.last_at DESC, d.id`, func(s sqldb.Scanner) error {
			r, err := scan(s)
			rows = append(rows, r)
			return err
		}, sqldb.Micros(since))
		if err != nil {
			return err
		}
		_, reasons, err := t.locate(rows)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if why, nowhere := reasons[r.id]; nowhere && len(out) < maxUnplaced {
				out = append(out, twin.Unplaced{Sighted: r.Sighted, Reason: why})
			}
		}
		return nil
	})
	return out, err
}

package exposuredb

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store/matchdb"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/store/workdb"
	"github.com/tidemark/tidemark/internal/twin"
)

// Exposures returns exposures as they are, in the order of the numbers, for
// steps: from evidence alone, whatever its age. One that does not exist is left out.
func (db *Store) Exposures(ctx context.Context, nums []int64) (list []ctem.Exposure, err error) {
	err = db.read(ctx, func(t *tx) error {
		v := &exposureView{tx: t, known: nowKnown}
		v.columns()
		list, err = v.details(nums)
		return err
	})
	return list, err
}

// ExposureKeys returns the identities of the exposures of places: to these
// weaknesses, given by first name, or with nil to any.
func (db *Store) ExposureKeys(ctx context.Context, places []int64, only []string) (keys []ctem.ExposureKey, err error) {
	err = db.read(ctx, func(t *tx) error {
		about := exposureWriter{only: only}
		if only != nil {
			if about.weak, err = matchdb.WeaknessIDs(t.Tx, only); err != nil {
				return err
			}
		}
		condition, args := about.about()
		var rows [][2]int64 // weakness and locus of each key
		keys = nil
		err := t.In(`SELECT e.num, e.place, e.first_from, e.weakness, e.locus FROM exposure e WHERE e.place IN (?*)`+condition, sqldb.Anys(places), func(s sqldb.Scanner) error {
			var k ctem.ExposureKey
			var r [2]int64
			var from int64
			err := s.Scan(&k.Num, &k.Place, &from, &r[0], &r[1])
			k.From = sqldb.FromMicros(from)
			keys, rows = append(keys, k), append(rows, r)
			return err
		}, args...)
		if err != nil || len(keys) == 0 {
			return err
		}
		return t.nameKeys(keys, rows)
	})
	slices.SortFunc(keys, func(a, b ctem.ExposureKey) int { return cmp.Compare(a.Num, b.Num) })
	return keys, err
}

// nameKeys writes the names of weaknesses and loci into keys. It is no join: a
// planner that knows of few exposures would go from these to every exposure that
// they have, wherever it is.
func (t *tx) nameKeys(keys []ctem.ExposureKey, rows [][2]int64) error {
	weaknesses, loci := map[int64][2]string{}, map[int64]string{}
	for _, r := range rows {
		weaknesses[r[0]], loci[r[1]] = [2]string{}, ""
	}
	err := t.In(`SELECT w.id, w.first_name, COALESCE(m.canonical, '') FROM weakness w LEFT JOIN weakness m ON m.id = w.merged_into
		WHERE w.id IN (?*)`, sqldb.Anys(sortedIDs(weaknesses)), func(s sqldb.Scanner) error {
		var id int64
		var names [2]string
		err := s.Scan(&id, &names[0], &names[1])
		weaknesses[id] = names
		return err
	})
	if err != nil {
		return err
	}
	err = t.In(`SELECT id, purl FROM locus WHERE id IN (?*)`, sqldb.Anys(sortedIDs(loci)), func(s sqldb.Scanner) error {
		var id int64
		var purl string
		err := s.Scan(&id, &purl)
		loci[id] = purl
		return err
	})
	for i, r := range rows {
		names := weaknesses[r[0]]
		keys[i].Weakness, keys[i].MergedInto, keys[i].Locus = names[0], names[1], loci[r[1]]
	}
	return err
}

// ExposureChanges returns the exposures that changed after a number, each
// once, and the last number read.
func (db *Store) ExposureChanges(ctx context.Context, after int64, limit int) (nums []int64, last int64, err error) {
	last = after
	seen := map[int64]bool{}
	err = db.read(ctx, func(t *tx) error {
		return t.Query(`SELECT seq, exposure FROM exposure_change WHERE seq > ? ORDER BY seq LIMIT ?`, func(s sqldb.Scanner) error {
			var num int64
			if err := s.Scan(&last, &num); err != nil {
				return err
			}
			if !seen[num] {
				seen[num] = true
				nums = append(nums, num)
			}
			return nil
		}, after, limit)
	})
	return nums, last, err
}

// ExposuresByWeaknessNames returns the exposures to weaknesses that have one
// of these names, or that a record with such an id is about, in the order of
// their numbers.
func (db *Store) ExposuresByWeaknessNames(ctx context.Context, names []string) (nums []int64, err error) {
	err = db.read(ctx, func(t *tx) error {
		err := t.In(`SELECT DISTINCT e.num FROM weakness_name n JOIN exposure e ON e.weakness = n.weakness WHERE n.name IN (?*)`,
			sqldb.Anys(names), sqldb.AppendID(&nums))
		if err != nil {
			return err
		}
		return t.In(`SELECT DISTINCT e.num FROM matched_record r JOIN record_weakness w ON w.record = r.id
			JOIN exposure e ON e.weakness = w.weakness WHERE r.record IN (?*)`, sqldb.Anys(names), sqldb.AppendID(&nums))
	})
	slices.Sort(nums)
	return slices.Compact(nums), err
}

// ExposuresOfServices returns the exposures of services, in the order of their numbers.
func (db *Store) ExposuresOfServices(ctx context.Context, services []string) (nums []int64, err error) {
	err = db.read(ctx, func(t *tx) error {
		return t.In(`SELECT num FROM exposure WHERE service IN (?*)`, sqldb.Anys(services), sqldb.AppendID(&nums))
	})
	slices.Sort(nums)
	return nums, err
}

// FindExposure returns one exposure as it was at a time.
func (db *Store) FindExposure(ctx context.Context, id string, at ctem.AsOf) (e ctem.Exposure, err error) {
	if err := ctem.PlainText("the id", id); err != nil {
		return e, err
	}
	err = db.viewExposures(ctx, at, func(v *exposureView) error {
		var num, from int64
		found, err := v.Get(`SELECT num, first_from FROM exposure WHERE id = ?`, []any{id}, &num, &from)
		if err != nil {
			return err
		}
		if !found {
			return fault.New(fault.NotFound, "no exposure %s", id).WithHint("see tidemark exposures list -q is:open,unknown,fixed,retired,withdrawn")
		}
		list, err := v.details([]int64{num})
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return fault.New(fault.NotFound, "the exposure %s was not there at %s", id, v.at.Format(time.RFC3339)).
				WithHint("as is known now it began at %s", sqldb.FromMicros(from).Format(time.RFC3339))
		}
		e = list[0]
		return nil
	})
	return e, err
}

// ExposureHistory returns everything that was ever believed about an exposure
// until the record time of the question: by valid time, then by record time.
func (db *Store) ExposureHistory(ctx context.Context, num int64, at ctem.AsOf) (list []ctem.HistoryPiece, err error) {
	known := nowKnown
	if !at.KnownAt.IsZero() {
		known = sqldb.KnownMicros(at.KnownAt)
	}
	err = db.read(ctx, func(t *tx) error {
		if err := t.CheckFloor(at); err != nil {
			return err
		}
		return t.Query(`SELECT h.valid_from, h.valid_to, h.recorded_from, h.recorded_to, h.ended_at, h.state, b.body
			FROM exposure_history h JOIN exposure_body b ON b.exposure = h.exposure AND b.hash = h.body
			WHERE h.exposure = ? AND h.recorded_from <= ? ORDER BY h.valid_from, h.recorded_from`, func(s sqldb.Scanner) error {
			var from, to, recorded, superseded, ended, state int64
			var text string
			if err := s.Scan(&from, &to, &recorded, &superseded, &ended, &state, &text); err != nil {
				return err
			}
			if ended > known {
				to, ended = sqldb.Forever, 0
			}
			if superseded > known {
				superseded = sqldb.Forever
			}
			var e ctem.Exposure
			if err := decodeBody(text, &e); err != nil {
				return err
			}
			list = append(list, ctem.HistoryPiece{
				From: sqldb.FromMicros(from), To: sqldb.FromMicros(to), State: sqldb.StateOf(state), Reason: e.StateReason,
				RecordedFrom: sqldb.FromMicros(recorded), RecordedTo: sqldb.FromMicros(superseded), EndedAt: sqldb.FromMicros(ended),
			})
			return nil
		}, num, known)
	})
	return list, err
}

// details reads exposures in full, in the order of the numbers.
func (v *exposureView) details(nums []int64) ([]ctem.Exposure, error) {
	byNum := make(map[int64]*ctem.Exposure, len(nums))
	query := fmt.Sprintf(`SELECT e.num, e.id, e.revision, e.weakness, l.purl, e.place, e.service, e.environment, e.treatment, e.first_seen,
		%[1]s.state, %[1]s.running, %[1]s.reachable, %[1]s.basis, %[1]s.since, %[1]s.regressions, b.body FROM `, v.row)
	join := fmt.Sprintf(` JOIN locus l ON l.id = e.locus JOIN exposure_body b ON b.exposure = e.num AND b.hash = %s.body WHERE e.num IN (?*)`, v.row)
	if v.historic {
		query += `exposure_history h JOIN exposure e ON e.num = h.exposure` + join +
			` AND h.valid_from <= ? AND (h.valid_to > ? OR h.ended_at > ?) AND h.recorded_from <= ? AND h.recorded_to > ?`
	} else {
		query += `exposure e` + join
	}
	var more []any
	if v.historic {
		more = v.args[2:]
	}
	weak := map[int64]bool{}
	err := v.In(query, sqldb.Anys(nums), func(s sqldb.Scanner) error {
		e, err := v.scan(s)
		if err == nil {
			byNum[e.Num] = e
			weak[e.Weakness.ID] = true
		}
		return err
	}, more...)
	if err != nil {
		return nil, err
	}
	if err := v.attach(byNum, sortedIDs(weak)); err != nil {
		return nil, err
	}
	list := make([]ctem.Exposure, 0, len(byNum))
	for _, n := range nums {
		if e, ok := byNum[n]; ok {
			list = append(list, *e)
			delete(byNum, n)
		}
	}
	return list, nil
}

func (v *exposureView) scan(s sqldb.Scanner) (*ctem.Exposure, error) {
	var e ctem.Exposure
	var treatment, body string
	var state, running, reachable, basis, since, firstSeen int64
	if err := s.Scan(&e.Num, &e.ID, &e.Revision, &e.Weakness.ID, &e.Locus, &e.Place, &e.Service, &e.Environment, &treatment, &firstSeen,
		&state, &running, &reachable, &basis, &since, &e.Regressions, &body); err != nil {
		return nil, err
	}
	e.Treatment, e.FirstSeen, e.Since = ctem.Treatment(treatment), sqldb.FromMicros(firstSeen), sqldb.FromMicros(since)
	e.State, e.Running, e.Reachable = sqldb.StateOf(state), sqldb.TriOf(running), sqldb.TriOf(reachable)
	if err := decodeBody(body, &e); err != nil {
		return nil, err
	}
	e.Freshness = twin.Fresh
	if age, ok := v.ages[basis]; ok {
		e.Freshness, e.SeenAt = age.freshness, age.seen
	}
	return &e, nil
}

// attachDecisions adds the newest decisions. Which they are is asked first, and
// by exposure: of one question about all, PostgreSQL made one look through every
// decision for each few of them.
func attachDecisions(v *exposureView, byNum map[int64]*ctem.Exposure) error {
	until, bounds := "", []any(nil)
	if v.historic {
		until, bounds = ` AND q.valid_from <= ? AND q.recorded_at <= ?`, []any{sqldb.Micros(v.at), v.known}
	}
	newest := `SELECT COALESCE((SELECT MAX(q.seq) FROM decision q WHERE q.exposure = e.num` + until + `), 0) FROM exposure e WHERE e.num IN `
	var seqs []int64
	for part := range slices.Chunk(sortedIDs(byNum), sqldb.Chunk) {
		if err := v.Query(newest+sqldb.Tuples(1, len(part)), sqldb.AppendID(&seqs), append(slices.Clone(bounds), sqldb.Anys(part)...)...); err != nil {
			return err
		}
	}
	slices.Sort(seqs)
	seqs = slices.DeleteFunc(seqs, func(seq int64) bool { return seq == 0 })
	return v.In(`SELECT `+workdb.DecisionColumns+` FROM decision d JOIN decision_body b ON b.seq = d.seq WHERE d.seq IN (?*)`,
		sqldb.Anys(seqs), func(s sqldb.Scanner) error {
			d, err := workdb.ScanDecision(s)
			if err == nil {
				byNum[d.Num].Decision = &d
			}
			return err
		})
}

// attach adds weaknesses and decisions, then what the age of the evidence
// makes of them.
func (v *exposureView) attach(byNum map[int64]*ctem.Exposure, weak []int64) error {
	weaknesses, err := matchdb.Weaknesses(v.Tx, weak)
	if err != nil {
		return err
	}
	if err := attachDecisions(v, byNum); err != nil {
		return err
	}
	for _, e := range byNum {
		e.Weakness = weaknesses[e.Weakness.ID]
		if e.Treatment = ctem.TreatNone; e.Decision != nil {
			e.Treatment = e.Decision.Treatment
		}
		v.age(e)
	}
	return nil
}

// age says about an item what the columns of the view say.
func (v *exposureView) age(e *ctem.Exposure) {
	if e.Freshness == twin.Fresh {
		return
	}
	if e.Freshness == twin.Lapsed && e.State == ctem.Open {
		e.State = ctem.StateUnknown
		e.StateReason = fmt.Sprintf("evidence is %s old", v.at.Sub(e.SeenAt).Round(time.Hour))
	}
	if e.Running == ctem.No && e.Decision != nil {
		e.Decision.Word, e.Decision.Score, e.Decision.Deadline = e.Decision.Lapsed, e.Decision.LapsedScore, e.Decision.LapsedDeadline
	}
	e.Running = ctem.Unknown
}

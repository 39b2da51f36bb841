package exposuredb

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/matchdb"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/store/workdb"
	"github.com/tidemark/tidemark/internal/twin"
)

// briefBatch is how many exposures EachExposure hands out at once.
const briefBatch = 2000

// EachExposure hands out all exposures that there were at a time, whatever their
// state, briefly, in the order of their numbers, a batch at a time. All are of
// one moment of the database.
func (x indexing) EachExposure(ctx context.Context, at ctem.AsOf, each func([]ctem.Exposure) error) error {
	return x.store.viewExposures(ctx, at, func(v *exposureView) error {
		b := newBriefing(v)
		for after := int64(0); ; {
			list, err := b.after(after)
			if err != nil || len(list) == 0 {
				return err
			}
			if err := each(list); err != nil {
				return err
			}
			after = list[len(list)-1].Num
		}
	})
}

// BriefExposures returns exposures by number as an index of a list needs them,
// in the order of the numbers: of the reasons of a decision and of the words of
// an exposure only what lists filter by. One that was not there is left out.
func (x indexing) BriefExposures(ctx context.Context, nums []int64, at ctem.AsOf) (list []ctem.Exposure, err error) {
	err = x.store.viewExposures(ctx, at, func(v *exposureView) error {
		b := newBriefing(v)
		for part := range slices.Chunk(nums, sqldb.Chunk) {
			some, err := b.numbered(part)
			if err != nil {
				return err
			}
			list = append(list, some...)
		}
		return nil
	})
	byNum := make(map[int64]int, len(list))
	for i := range list {
		byNum[list[i].Num] = i
	}
	ordered := make([]ctem.Exposure, 0, len(list))
	for _, n := range nums {
		if i, ok := byNum[n]; ok {
			ordered = append(ordered, list[i])
			delete(byNum, n)
		}
	}
	return ordered, err
}

// briefing reads a view's exposures with their decisions in one pass along their
// numbers. What many of them share is read once.
type briefing struct {
	*exposureView
	query string // up to the condition that says which
	args  []any
	loci  map[int64]string
	weak  map[int64]ctem.Weakness
	row   briefRow
}

// cell takes a value of a row as it comes, without reflection: there are tens of
// them in each of a hundred thousand rows. What is NULL is the zero value.
type cell[T int64 | float64 | string] struct{ is T }

// Scan takes a value from the driver.
func (c *cell[T]) Scan(from any) error {
	switch v := from.(type) {
	case T:
		c.is = v
	case nil:
		c.is = *new(T)
	default:
		return fmt.Errorf("%T where %T was expected", from, c.is)
	}
	return nil
}

// briefRow is where a row is read into.
type briefRow struct {
	key   [4]cell[int64]  // num, revision, weakness, locus
	place cell[int64]     //
	names [4]cell[string] // id, service, environment, body
	says  [7]cell[int64]  // first seen, state, running, reachable, basis, since, regressions
	made  decidedRow
	dest  []any
}

// decidedRow is the decision of a row, if it has one.
type decidedRow struct {
	seq   cell[int64]
	says  [11]cell[int64]
	names [3]cell[string]
	epss  cell[float64]
}

// briefDecision are the columns of decidedRow, and how a row finds its decision.
const (
	briefDecision = `, d.seq, d.word, d.computed, d.lapsed, d.score, d.lapsed_score, d.deadline, d.exploitable, d.matters, d.severity, d.kev, d.attack,
		d.decided_by, d.owner, d.treatment, d.epss FROM `
	newestDecision = ` LEFT JOIN decision d ON d.seq = (SELECT MAX(q.seq) FROM decision q WHERE q.exposure = e.num`
)

func newBriefing(v *exposureView) *briefing {
	b := &briefing{exposureView: v, loci: map[int64]string{}, weak: map[int64]ctem.Weakness{}}
	b.query = strings.ReplaceAll(`SELECT e.num, e.revision, e.weakness, e.locus, e.place, e.id, e.service, e.environment, b.body,
		e.first_seen, h.state, h.running, h.reachable, h.basis, h.since, h.regressions`, "h.", v.row+".") + briefDecision
	body := ` JOIN exposure_body b ON b.exposure = e.num AND b.hash = ` + v.row + `.body`
	if v.historic {
		b.query += `exposure e JOIN exposure_history h ON h.exposure = e.num` + body + newestDecision + ` AND q.valid_from <= ? AND q.recorded_at <= ?)
			WHERE h.valid_from <= ? AND (h.valid_to > ? OR h.ended_at > ?) AND h.recorded_from <= ? AND h.recorded_to > ? AND `
		b.args = v.args
	} else {
		b.query += `exposure e` + body + newestDecision + `) WHERE `
	}
	r := &b.row
	r.dest = append(dests(r.key[:]), &r.place)
	r.dest = append(append(r.dest, dests(r.names[:])...), dests(r.says[:])...)
	r.dest = append(append(append(r.dest, &r.made.seq), dests(r.made.says[:])...), append(dests(r.made.names[:]), &r.made.epss)...)
	return b
}

func dests[T int64 | float64 | string](cells []cell[T]) []any {
	out := make([]any, len(cells))
	for i := range cells {
		out[i] = &cells[i]
	}
	return out
}

// after reads the next ones behind a number.
func (b *briefing) after(num int64) ([]ctem.Exposure, error) {
	return b.read(make([]ctem.Exposure, 0, briefBatch), "e.num > ? ORDER BY e.num LIMIT "+strconv.Itoa(briefBatch), num)
}

// numbered reads those with some numbers.
func (b *briefing) numbered(nums []int64) ([]ctem.Exposure, error) {
	return b.read(make([]ctem.Exposure, 0, len(nums)), "e.num IN "+sqldb.Tuples(1, len(nums)), sqldb.Anys(nums)...)
}

func (b *briefing) read(list []ctem.Exposure, where string, args ...any) ([]ctem.Exposure, error) {
	loci, weak := []int64{}, []int64{}
	locus := make([]int64, 0, cap(list))
	err := b.Query(b.query+where, func(s sqldb.Scanner) error {
		if err := s.Scan(b.row.dest...); err != nil {
			return err
		}
		list = append(list, ctem.Exposure{})
		e := &list[len(list)-1]
		if err := b.row.exposure(e); err != nil {
			return err
		}
		at := b.row.key[3].is
		locus = append(locus, at)
		loci, weak = unread(loci, b.loci, at), unread(weak, b.weak, e.Weakness.ID)
		e.Freshness = twin.Fresh
		if age, ok := b.ages[b.row.says[4].is]; ok {
			e.Freshness, e.SeenAt = age.freshness, age.seen
		}
		return nil
	}, append(slices.Clone(b.args), args...)...)
	if err != nil {
		return nil, err
	}
	if err := b.learn(loci, weak); err != nil {
		return nil, err
	}
	for i := range list {
		e := &list[i]
		e.Locus, e.Weakness = b.loci[locus[i]], b.weak[e.Weakness.ID]
		b.age(e)
	}
	return list, nil
}

// unread notes what was not read yet, and that it will be.
func unread[T any](list []int64, known map[int64]T, id int64) []int64 {
	if _, ok := known[id]; ok {
		return list
	}
	known[id] = *new(T)
	return append(list, id)
}

// learn reads loci and weaknesses.
func (b *briefing) learn(loci, weak []int64) error {
	err := b.In(`SELECT id, purl FROM locus WHERE id IN (?*)`, sqldb.Anys(loci), func(s sqldb.Scanner) error {
		var id int64
		var purl string
		err := s.Scan(&id, &purl)
		b.loci[id] = purl
		return err
	})
	if err != nil || len(weak) == 0 {
		return err
	}
	slices.Sort(weak)
	more, err := matchdb.Weaknesses(b.Tx, weak)
	maps.Copy(b.weak, more)
	return err
}

// exposure is the row, but for what it only names by number.
func (r *briefRow) exposure(e *ctem.Exposure) error {
	e.Num, e.Revision, e.Weakness.ID, e.Place = r.key[0].is, r.key[1].is, r.key[2].is, r.place.is
	e.ID, e.Service, e.Environment = r.names[0].is, r.names[1].is, r.names[2].is
	e.FirstSeen, e.Since = sqldb.FromMicros(r.says[0].is), sqldb.FromMicros(r.says[5].is)
	e.State, e.Running, e.Reachable = sqldb.StateOf(r.says[1].is), sqldb.TriOf(r.says[2].is), sqldb.TriOf(r.says[3].is)
	e.Regressions, e.Treatment = int(r.says[6].is), ctem.TreatNone
	if r.made.seq.is != 0 {
		e.Decision = r.made.decision(e.Num)
		e.Treatment = e.Decision.Treatment
	}
	return briefBody(r.names[3].is, e)
}

func (r *decidedRow) decision(num int64) *ctem.Decision {
	d := &ctem.Decision{Num: num, Score: int(r.says[3].is), LapsedScore: int(r.says[4].is), DecidedBy: r.names[0].is, Owner: r.names[1].is}
	d.Word, d.Computed, d.Lapsed = sqldb.WordOf(r.says[0].is), sqldb.WordOf(r.says[1].is), sqldb.WordOf(r.says[2].is)
	d.Deadline = sqldb.FromMicros(r.says[5].is)
	d.LapsedDeadline = d.Deadline
	if d.Computed == ctem.NoAction {
		d.Deadline = time.Time{}
	}
	d.Gates.Exploitable, d.Gates.Matters = sqldb.TriOf(r.says[6].is), sqldb.TriOf(r.says[7].is)
	d.Severity, d.KEV, d.EPSS = sqldb.SeverityOf(r.says[8].is), sqldb.TriOf(r.says[9].is), workdb.EPSSOf(r.epss.is)
	d.Attack = sqldb.AttackOf(r.says[10].is)
	d.Treatment = ctem.Treatment(r.names[2].is)
	return d
}

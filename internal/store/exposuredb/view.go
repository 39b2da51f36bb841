package exposuredb

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// exposureView is the table of exposures as it was at one time, as believed at
// another, with what the age of the evidence makes of it. The columns that
// lists filter, sort and show by are expressions, so that totals and pages see
// what the items show.
type exposureView struct {
	*tx
	at       time.Time
	known    int64 // record time; nowKnown for now
	historic bool
	ages     map[int64]basisAge

	allowed sqldb.Condition // which rows the asker may see

	from string // FROM and WHERE that select the rows
	args []any
	arms []arm

	shown
}

// shown are the columns that say what an item shows, the age of the evidence
// included. row is the alias of the table that has the states; aged and gone are
// the conditions by which age changes what they say ("": it changes none).
type shown struct{ row, live, closed, state, running, aged, gone string }

// arm is a part of the rows with one way to rank them. What counts as not
// running is ranked by another decision once the evidence for that is old.
type arm struct {
	where           string
	decision, score string
}

// nowKnown is the record time of "as known now": before forever, which bounds
// what is still believed.
const nowKnown = sqldb.Forever - 1

// basisAge is how old a basis is at the time of the question.
type basisAge struct {
	freshness twin.Freshness
	seen      time.Time // newest sign of life among its sources
}

// viewExposures runs fn on the view that a question asks for.
func (db *Store) viewExposures(ctx context.Context, at ctem.AsOf, fn func(*exposureView) error) error {
	return db.read(ctx, func(t *tx) error {
		v := &exposureView{tx: t, at: at.Time(), known: nowKnown}
		if !at.KnownAt.IsZero() {
			v.known = sqldb.KnownMicros(at.KnownAt)
		}
		if err := v.prepare(at); err != nil {
			return err
		}
		return fn(v)
	})
}

func (v *exposureView) prepare(at ctem.AsOf) error {
	err := v.CheckFloor(ctem.AsOf{At: v.at, KnownAt: at.KnownAt})
	if err != nil {
		return err
	}
	if v.historic, err = v.needsHistory(at); err != nil {
		return err
	}
	if v.ages, err = v.basisAges(v.at, at.KnownAt); err != nil {
		return fmt.Errorf("measure the age of the evidence: %w", err)
	}
	v.columns()
	return nil
}

// needsHistory: the current rows answer a question about a time after which
// nothing was so that they say, and nothing was decided; now is such a time.
func (v *exposureView) needsHistory(at ctem.AsOf) (bool, error) {
	if !at.KnownAt.IsZero() {
		return true, nil
	}
	var begins, decided int64
	_, err := v.Get(`SELECT valid_from FROM exposure_newest`, nil, &begins)
	if err == nil && begins > sqldb.Micros(v.at) && at.At.IsZero() { // a clock went wrong, and may have been put right
		_, err = v.Get(`SELECT MAX(valid_from) FROM exposure`, nil, &begins)
	}
	if later := begins > sqldb.Micros(v.at); err != nil || later || at.At.IsZero() {
		return later, err
	}
	_, err = v.Get(`SELECT recorded FROM stream WHERE name = ?`, []any{string(ctem.StreamDecision)}, &decided)
	return decided > sqldb.Micros(v.at), err
}

// allow narrows the view to what the asker of a query may see.
func allow(v *exposureView, q ctem.ListQuery) {
	owner := "e.owner"
	if v.historic {
		owner = "COALESCE(d.owner, '')"
	}
	v.allowed = sqldb.Allowed(q, "e.service", owner)
}

func (v *exposureView) columns() {
	plain := arm{decision: "e.decision", score: "e.score"}
	lapsed := arm{decision: "e.lapsed", score: "e.lapsed_score"}
	v.row, v.from = "e", "FROM exposure e WHERE 1 = 1"
	v.live, v.closed = "e.live = 1", "e.live = 0"
	if v.historic {
		v.row, v.live, v.closed = "h", "h.state <= 2", "h.state > 2"
		plain = arm{decision: "COALESCE(d.word, 0)", score: "COALESCE(d.score, 0)"}
		lapsed = arm{decision: "COALESCE(d.lapsed, 0)", score: "COALESCE(d.lapsed_score, 0)"}
		v.from = `FROM exposure_history h JOIN exposure e ON e.num = h.exposure
			LEFT JOIN decision d ON d.seq = (SELECT MAX(q.seq) FROM decision q WHERE q.exposure = h.exposure AND q.valid_from <= ? AND q.recorded_at <= ?)
			WHERE h.valid_from <= ? AND (h.valid_to > ? OR h.ended_at > ?) AND h.recorded_from <= ? AND h.recorded_to > ?`
		at := sqldb.Micros(v.at)
		v.args = []any{at, v.known, at, at, v.known, v.known, v.known}
	}
	aged := v.basisWhere(func(f twin.Freshness) bool { return f != twin.Fresh })
	gone := v.basisWhere(func(f twin.Freshness) bool { return f == twin.Lapsed })
	v.aged, v.gone = aged, gone
	v.state = override(v.row+".state", v.row+".state = 1 AND "+gone, "2", gone)
	v.running = override(v.row+".running", aged, "0", aged)
	v.arms = []arm{plain}
	if aged != "" {
		plain.where = " AND NOT (" + v.row + ".running = 2 AND " + aged + ")"
		lapsed.where = " AND " + v.row + ".running = 2 AND " + aged
		v.arms = []arm{plain, lapsed}
	}
}

// stateIs compares what an item shows: column by column, so that an index can
// answer, and not as the expression that shows it.
func (s shown) stateIs(code int64) string {
	plain := s.row + ".state = " + strconv.FormatInt(code, 10)
	switch {
	case s.gone == "":
		return plain
	case code == sqldb.CodeOpen:
		return plain + " AND NOT " + s.gone
	case code == sqldb.CodeStateUnknown:
		return "(" + plain + " OR " + s.row + ".state = 1 AND " + s.gone + ")"
	}
	return plain
}

// runningIs does the same for what runs.
func (s shown) runningIs(code int64) string {
	plain := s.row + ".running = " + strconv.FormatInt(code, 10)
	switch {
	case s.aged == "":
		return plain
	case code == sqldb.TriCode(ctem.Unknown):
		return "(" + plain + " OR " + s.aged + ")"
	}
	return plain + " AND NOT " + s.aged
}

// override is the column, unless the age of some basis changes it.
func override(column, when, then, needed string) string {
	if needed == "" {
		return column
	}
	return "CASE WHEN " + when + " THEN " + then + " ELSE " + column + " END"
}

// basisWhere is the condition for rows whose basis is of some age; "" when
// there is none. What stands on the absence from run-time sources loses its
// answer with them, never its state.
func (v *exposureView) basisWhere(is func(twin.Freshness) bool) string {
	var ids []string
	for _, id := range sortedIDs(v.ages) {
		if is(v.ages[id].freshness) {
			ids = append(ids, strconv.FormatInt(id, 10))
		}
	}
	if len(ids) == 0 {
		return ""
	}
	return v.row + ".basis IN (" + strings.Join(ids, ",") + ")"
}

func sortedIDs[V any](m map[int64]V) []int64 {
	ids := make([]int64, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// basisAges measures every basis once; there are as many as there are sets of
// sources, not as exposures. What was not known yet at known (zero: now) is no
// sign of life.
func (t *tx) basisAges(at, known time.Time) (map[int64]basisAge, error) {
	until := sqldb.Micros(at)
	if !known.IsZero() {
		until = min(until, sqldb.KnownMicros(known))
	}
	var coverage []twin.Coverage
	if err := t.CoverageAt(until, func(_ int64, c twin.Coverage) { coverage = append(coverage, c) }); err != nil {
		return nil, err
	}
	seen := map[ctem.SourceScope]basisAge{}
	runtime := basisAge{freshness: twin.Stale} // nobody looks: "not running" cannot be said
	for _, c := range coverage {
		if c.Class != twin.Observed {
			continue
		}
		age := basisAge{c.FreshnessAt(at), c.Seen}
		seen[ctem.SourceScope{Source: c.Source, Scope: c.Scope}] = age
		if age.freshness == twin.Fresh {
			runtime.freshness = twin.Fresh
		}
		if age.seen.After(runtime.seen) {
			runtime.seen = age.seen
		}
	}
	ages := map[int64]basisAge{}
	err := t.Query(`SELECT id, sources FROM exposure_basis`, func(s sqldb.Scanner) error {
		var id int64
		var text string
		if err := s.Scan(&id, &text); err != nil {
			return err
		}
		if text == anyRuntime {
			ages[id] = runtime
			return nil
		}
		sources, err := basisSources(text)
		ages[id] = youngest(sources, seen)
		return err
	})
	return ages, err
}

// youngest is the age of the best of some sources. A source without run-time
// coverage says nothing that could grow old.
func youngest(sources []ctem.SourceScope, seen map[ctem.SourceScope]basisAge) basisAge {
	best := basisAge{freshness: twin.Fresh}
	found := false
	for _, s := range sources {
		a, ok := seen[s]
		if !ok {
			continue
		}
		if !found || freshRank(a.freshness) < freshRank(best.freshness) {
			best.freshness = a.freshness
		}
		if a.seen.After(best.seen) {
			best.seen = a.seen
		}
		found = true
	}
	return best
}

func freshRank(f twin.Freshness) int {
	switch f {
	case twin.Fresh:
		return 0
	case twin.Stale:
		return 1
	case twin.Lapsed:
	}
	return 2
}

package estatedb

import (
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// twinView is the twin at a moment, as it was believed at another.
type twinView struct {
	*tx
	asked     ctem.AsOf
	at, known int64 // µs; known forever: as known now
	when      time.Time
	states    map[int64]workloadState
	covers    map[sqldb.Lane]twin.Coverage
	named     map[coverName]twin.Coverage
	closed    map[int64][]ctem.Closed // by place: doors that policies keep closed
	hasSBOM   map[string]bool         // digest or name and tag → an SBOM is there
	parts     bool                    // it is asked how much of workloads is known
	traced    map[string]bool         // digest → something tells where it comes from
}

// coverName is a lane by the names of its watch.
type coverName struct {
	source, scope string
	class         twin.Class
}

// view begins a question about the twin.
func (t *tx) view(q ctem.AsOf) (*twinView, error) {
	if err := t.CheckFloor(q); err != nil {
		return nil, err
	}
	v := &twinView{
		tx: t, asked: q, when: q.Time(), at: sqldb.Micros(q.Time()), known: sqldb.Forever, states: map[int64]workloadState{},
		covers: map[sqldb.Lane]twin.Coverage{}, named: map[coverName]twin.Coverage{}, hasSBOM: map[string]bool{}, traced: map[string]bool{},
	}
	if !q.KnownAt.IsZero() {
		v.known = sqldb.KnownMicros(q.KnownAt)
	}
	return v, t.CoverageAt(min(v.at, v.known), func(watch int64, c twin.Coverage) {
		v.covers[sqldb.Lane{Watch: watch, Class: c.Class}] = c
		v.named[coverName{c.Source, c.Scope, c.Class}] = c
	})
}

// seen is one claim's last stretch that had begun at the moment.
type seen struct {
	claimRow
	claim, watch int64
}

// The stretch of each claim that had begun at the moment and was believed: the
// current one, else the last of history. A history row was open until its end was
// learned.
const (
	viewCurrent = `SELECT c.place, c.id, c.watch, h.state, h.valid_from, 0
		FROM claim c JOIN claim_current h ON h.claim = c.id
		WHERE c.place IN (?*) AND h.valid_from <= ? AND h.recorded_from <= ?`
	viewHistory = `SELECT c.place, c.id, c.watch, h.state, h.valid_from, CASE WHEN h.ended_at > ? THEN 0 ELSE h.valid_to END
		FROM claim c JOIN claim_history h ON h.claim = c.id AND h.valid_from = (
			SELECT x.valid_from FROM claim_history x WHERE x.claim = c.id AND x.valid_from <= ? AND x.recorded_from <= ?
				AND (x.recorded_to = 0 OR x.recorded_to > ?) ORDER BY x.valid_from DESC LIMIT 1)
		WHERE h.recorded_from <= ? AND (h.recorded_to = 0 OR h.recorded_to > ?) AND c.place IN (?*)`
)

// claimsAt reads the stretches of the places' claims, by place.
func (v *twinView) claimsAt(places []int64) (map[int64][]seen, error) {
	out := map[int64][]seen{}
	at := map[int64]int{} // claim → index in its place's list
	scan := func(r sqldb.Scanner) error {
		var s seen
		if err := r.Scan(&s.place, &s.claim, &s.watch, &s.state, &s.from, &s.to); err != nil {
			return err
		}
		if s.to == sqldb.Forever {
			s.to = 0
		}
		if i, ok := at[s.claim]; ok {
			if old := &out[s.place][i]; old.from < s.from {
				*old = s
			}
			return nil
		}
		at[s.claim] = len(out[s.place])
		out[s.place] = append(out[s.place], s)
		return nil
	}
	for part := range slices.Chunk(places, sqldb.Chunk) {
		if err := v.In(viewCurrent, sqldb.Anys(part), scan, v.at, v.known); err != nil {
			return nil, err
		}
		head := []any{v.known, v.at, v.known, v.known, v.known, v.known}
		if err := v.Query(sqldb.ExpandKeys(viewHistory, len(part)), scan, append(head, sqldb.Anys(part)...)...); err != nil {
			return nil, err
		}
	}
	return out, v.loadStates(out)
}

func (v *twinView) loadStates(rows map[int64][]seen) error {
	var want []int64
	for _, list := range rows {
		for _, s := range list {
			if _, ok := v.states[s.state]; !ok {
				want = append(want, s.state)
			}
		}
	}
	slices.Sort(want)
	states, err := v.workloadStates(slices.Compact(want))
	for id, s := range states {
		v.states[id] = s
	}
	return err
}

// claims turns stored stretches into claims; their source is the watch's.
func (v *twinView) claims(rows []seen) []twin.Claim {
	out := make([]twin.Claim, 0, len(rows))
	for _, s := range rows {
		st := v.states[s.state]
		c := twin.Claim{Class: st.class, From: sqldb.FromMicros(s.from), To: sqldb.FromMicros(s.to), Workload: st.workload}
		if cov, ok := v.covers[sqldb.Lane{Watch: s.watch, Class: st.class}]; ok {
			c.Source, c.Scope = cov.Source, cov.Scope
		}
		out = append(out, c)
	}
	slices.SortFunc(out, compareClaims)
	return out
}

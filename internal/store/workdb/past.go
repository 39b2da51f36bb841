package workdb

import (
	"context"
	"maps"
	"slices"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// maxPast bounds how many decisions on one exposure are gone through: the newest.
const maxPast = 10_000

// PastDecisions returns how the decision on an exposure became what it was at the
// time of the question: each decision that says something else than the one
// before it, oldest first, as is believed by then. With a limit only the newest;
// the total counts all.
func (db deciding) PastDecisions(ctx context.Context, exposure int64, q ctem.ListQuery) (page ctem.Page[ctem.DecisionChange], err error) {
	when, known := sqldb.Forever, sqldb.Forever
	if !q.At.IsZero() || !q.KnownAt.IsZero() {
		when = sqldb.Micros(q.Time())
	}
	if !q.KnownAt.IsZero() {
		known = sqldb.KnownMicros(q.KnownAt)
	}
	err = db.read(ctx, func(t *tx) error {
		if err := t.CheckFloor(q.AsOf); err != nil {
			return err
		}
		rows, err := t.briefly(exposure, when, known)
		if err != nil {
			return err
		}
		changes := turns(standing(rows))
		page = ctem.Page[ctem.DecisionChange]{Total: len(changes)}
		if q.Limit > 0 && len(changes) > q.Limit {
			changes = changes[len(changes)-q.Limit:]
		}
		page.Items, err = t.changes(changes)
		return err
	})
	return page, err
}

// pastDecision is what of a decision says whether it differs from another.
type pastDecision struct {
	seq, from      int64
	word, computed int64
	by             string
}

func (d pastDecision) says(other pastDecision) bool {
	return d.word == other.word && d.computed == other.computed && d.by == other.by
}

// briefly reads the newest decisions that had been recorded and spoke by then, in
// their order.
func (t *tx) briefly(exposure, when, known int64) (rows []pastDecision, err error) {
	err = t.Query(`SELECT seq, valid_from, word, computed, decided_by FROM decision
		WHERE exposure = ? AND valid_from <= ? AND recorded_at <= ? ORDER BY seq DESC LIMIT ?`, func(r sqldb.Scanner) error {
		var d pastDecision
		err := r.Scan(&d.seq, &d.from, &d.word, &d.computed, &d.by)
		rows = append(rows, d)
		return err
	}, exposure, when, known, maxPast)
	slices.Reverse(rows)
	return rows, err
}

// standing leaves the decisions that still count: one that speaks from an earlier
// time on takes the place of those after that time.
func standing(rows []pastDecision) (out []pastDecision) {
	for _, d := range rows {
		for len(out) > 0 && out[len(out)-1].from >= d.from {
			out = out[:len(out)-1]
		}
		out = append(out, d)
	}
	return out
}

// turn is a decision that says something else than the one before it; was is 0
// for the first.
type turn struct{ seq, was int64 }

func turns(rows []pastDecision) (out []turn) {
	for i, d := range rows {
		switch {
		case i == 0:
			out = append(out, turn{seq: d.seq})
		case !d.says(rows[i-1]):
			out = append(out, turn{seq: d.seq, was: rows[i-1].seq})
		}
	}
	return out
}

// changes reads turns in full.
func (t *tx) changes(list []turn) ([]ctem.DecisionChange, error) {
	bySeq := map[int64]*ctem.Decision{}
	for _, x := range list {
		bySeq[x.seq], bySeq[x.was] = nil, nil
	}
	delete(bySeq, 0)
	err := t.In(`SELECT d.seq, `+DecisionColumns+` FROM decision d JOIN decision_body b ON b.seq = d.seq WHERE d.seq IN (?*)`,
		sqldb.Anys(slices.Sorted(maps.Keys(bySeq))), func(r sqldb.Scanner) error {
			var seq int64
			d, err := ScanDecision(ahead{r, &seq})
			bySeq[seq] = &d
			return err
		})
	out := make([]ctem.DecisionChange, 0, len(list))
	for _, x := range list {
		if d := bySeq[x.seq]; d != nil {
			out = append(out, ctem.DecisionChange{Before: bySeq[x.was], Decision: *d})
		}
	}
	return out, err
}

// ahead scans a number that stands before what else is scanned.
type ahead struct {
	sqldb.Scanner
	first *int64
}

// Scan reads the row.
func (a ahead) Scan(to ...any) error { return a.Scanner.Scan(append([]any{a.first}, to...)...) }

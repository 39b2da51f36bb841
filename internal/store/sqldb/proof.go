package sqldb

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
)

// ProofAsOf is the condition on a row h of proof_history that it held at a time,
// as it was believed at another. A row was open until its end was learned.
const ProofAsOf = `h.valid_from <= ? AND (h.valid_to > ? OR h.ended_at > ?) AND h.recorded_from <= ? AND h.recorded_to > ?`

// ProofAsOfArgs are the values of ProofAsOf.
func ProofAsOfArgs(q ctem.AsOf) []any {
	at, known := Micros(q.Time()), Forever-1
	if !q.KnownAt.IsZero() {
		known = KnownMicros(q.KnownAt)
	}
	return []any{at, at, known, known, known}
}

// ClosedAt returns, by place, which doors policies kept closed at a time, as it
// was believed at another.
func ClosedAt(t *Tx, places []int64, q ctem.AsOf) (map[int64][]ctem.Closed, error) {
	out, err := ClosedDoors(t, places, Condition{SQL: ProofAsOf, Args: ProofAsOfArgs(q)})
	for _, list := range out {
		for i := range list {
			list[i].From, list[i].To = time.Time{}, time.Time{} // it holds at the time asked for
		}
	}
	return out, err
}

// ClosedDoors returns, by place, what policies kept from its pods in the rows h of
// proof_history that a condition keeps: that of a door, or of any.
func ClosedDoors(t *Tx, places []int64, when Condition) (map[int64][]ctem.Closed, error) {
	out := map[int64][]ctem.Closed{}
	err := t.In(`SELECT p.place, p.about, h.valid_from, h.valid_to, b.body FROM proof p JOIN proof_history h ON h.proof = p.id JOIN proof_body b ON b.hash = h.body
		WHERE p.place IN (?*) AND p.checked IN ('door', 'outside') AND h.finding = 2 AND `+when.SQL+` ORDER BY p.place, p.about, h.valid_from`,
		Anys(places), func(r Scanner) error {
			var place, from, to int64
			var text string
			var c ctem.Closed
			if err := r.Scan(&place, &c.Door, &from, &to, &text); err != nil {
				return err
			}
			var body ctem.ProofBody
			if err := json.Unmarshal([]byte(text), &body); err != nil {
				return fmt.Errorf("the words of a closed door of place %d: %w: %w", place, ctem.ErrUnreadable, err)
			}
			c.From, c.To, c.Why = FromMicros(from), FromMicros(to), body.Why
			out[place] = append(out[place], c)
			return nil
		}, when.Args...)
	return out, err
}

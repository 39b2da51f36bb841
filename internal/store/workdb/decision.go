package workdb

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// CommitDecisions moves the cursors and appends decisions to their stream. The
// columns of the exposure that show the decision in force follow in the same
// transaction. The first decision on an exposure speaks from the exposure's
// beginning, a later one from the step's present: its record time is that or, at
// one reading of the clock, some microseconds later.
func (db *Store) CommitDecisions(ctx context.Context, adv ctem.Advance, decisions []ctem.Decision) error {
	bodies := make([]string, len(decisions))
	for i := range decisions {
		body, err := json.Marshal(newDecisionBody(&decisions[i]))
		if err != nil {
			return fmt.Errorf("write the reasons of %s: %w", decisions[i].Exposure, err)
		}
		bodies[i] = string(body)
	}
	return db.write(ctx, func(t *tx) error {
		if err := t.Advance(adv); err != nil {
			return err
		}
		if len(decisions) == 0 {
			return nil
		}
		first, at, err := t.Number(ctem.StreamDecision, len(decisions), adv.Now)
		if err != nil {
			return err
		}
		from := at
		if now := sqldb.Micros(adv.Now); now > 0 {
			from = min(at, now)
		}
		if err := t.insertDecisions(decisions, decisionTimes{first, from, at}); err != nil {
			return err
		}
		if err := t.insertDecisionBodies(bodies, first); err != nil {
			return err
		}
		return t.spreadDecisions(decisions, first)
	})
}

// decisionTimes are a batch's first number, from when it speaks, and when it was
// recorded.
type decisionTimes struct{ first, from, at int64 }

func (t *tx) insertDecisions(decisions []ctem.Decision, b decisionTimes) error {
	began, err := t.speakFrom(decisions)
	if err != nil {
		return err
	}
	args := make([]any, 0, 25*len(decisions))
	for i := range decisions {
		d := &decisions[i]
		from, ok := began[d.Num]
		if !ok {
			from = b.from
		}
		args = append(args, b.first+int64(i), d.Num, d.Revision, from, b.at, sqldb.WordCode(d.Word), sqldb.WordCode(d.Computed), sqldb.WordCode(d.Lapsed),
			d.Score, d.LapsedScore, d.Low, d.High, sqldb.Micros(storedDeadline(d)), sqldb.TriCode(d.Gates.Exploitable), sqldb.TriCode(d.Gates.Matters),
			sqldb.Micros(d.NextChange), d.Risk, d.DecidedBy, d.Owner, d.OwnerRule, treatmentOf(d), sqldb.SeverityCode(d.Severity), sqldb.TriCode(d.KEV), epssOf(d), sqldb.AttackCode(d.Attack))
	}
	return t.Insert(`INSERT INTO decision (seq, exposure, revision, valid_from, recorded_at, word, computed, lapsed,
		score, lapsed_score, low, high, deadline, exploitable, matters, next_change, risk, decided_by,
		owner, owner_rule, treatment, severity, kev, epss, attack) VALUES`, 25, args, "")
}

// speakFrom gives the times from which decisions speak when that is not their
// record time. The first one speaks from the exposure's beginning. One about a
// state that was learned after the decision before it speaks from when that
// state began: late evidence changes what was so, and what had to be done then.
func (t *tx) speakFrom(decisions []ctem.Decision) (map[int64]int64, error) {
	began := map[int64]int64{}
	nums := make([]any, len(decisions))
	for i := range decisions {
		nums[i] = decisions[i].Num
	}
	err := t.In(`SELECT num, CASE WHEN decided_revision = 0 THEN first_from ELSE valid_from END FROM exposure
		WHERE (decided_revision = 0 OR recorded_from > decided_at) AND num IN (?*)`, nums, func(rows sqldb.Scanner) error {
		var num, from int64
		if err := rows.Scan(&num, &from); err != nil {
			return err
		}
		began[num] = from
		return nil
	})
	return began, err
}

func (t *tx) insertDecisionBodies(bodies []string, first int64) error {
	args := make([]any, 0, 2*len(bodies))
	for i, b := range bodies {
		args = append(args, first+int64(i), b)
	}
	return t.Insert(`INSERT INTO decision_body (seq, body) VALUES`, 2, args, "")
}

// spreadDecisions brings what hangs on the newest decision up to date.
func (t *tx) spreadDecisions(decisions []ctem.Decision, first int64) error {
	last := first + int64(len(decisions)) - 1
	_, err := t.Exec(`UPDATE exposure SET decision = d.word, computed = d.computed, lapsed = d.lapsed, score = d.score, lapsed_score = d.lapsed_score,
		low = d.low, high = d.high, exploitable = d.exploitable, matters = d.matters, deadline = d.deadline, risk = d.risk,
		decided_revision = d.revision, decided_at = d.recorded_at,
		owner = d.owner, owner_rule = d.owner_rule, treatment = d.treatment, severity = d.severity, attack = d.attack
		FROM decision AS d WHERE d.seq >= ? AND d.seq <= ? AND exposure.num = d.exposure`, first, last)
	if err != nil {
		return err
	}
	_, err = t.Exec(`DELETE FROM decision_due WHERE exposure IN (SELECT exposure FROM decision WHERE seq >= ? AND seq <= ?)`, first, last)
	if err != nil {
		return err
	}
	_, err = t.Exec(`INSERT INTO decision_due (exposure, at)
		SELECT exposure, next_change FROM decision WHERE seq >= ? AND seq <= ? AND next_change > 0`, first, last)
	return err
}

// DueDecisions returns exposures whose decision time alone has changed, those
// that are due longest first.
func (db deciding) DueDecisions(ctx context.Context, now time.Time, limit int) (nums []int64, err error) {
	err = db.read(ctx, func(t *tx) error {
		return t.Query(`SELECT exposure FROM decision_due WHERE at <= ? ORDER BY at, exposure LIMIT ?`, func(rows sqldb.Scanner) error {
			var num int64
			if err := rows.Scan(&num); err != nil {
				return err
			}
			nums = append(nums, num)
			return nil
		}, sqldb.Micros(now), limit)
	})
	return nums, err
}

// DecisionColumns are what ScanDecision reads, from decision d and decision_body b.
const DecisionColumns = `d.exposure, d.revision, d.valid_from, d.recorded_at, d.word, d.computed, d.lapsed, d.score, d.lapsed_score, d.low, d.high,
	d.deadline, d.next_change, d.risk, d.decided_by, d.owner, d.owner_rule, d.treatment, d.severity, d.kev, d.epss, d.attack, b.body`

// DecisionAt returns the decision on an exposure that was in force at a time.
// Now is whatever was decided last: a decision made in the same microsecond as
// the question is recorded after it.
func (db deciding) DecisionAt(ctx context.Context, exposure int64, at ctem.AsOf) (d ctem.Decision, found bool, err error) {
	when, known := sqldb.Forever, sqldb.Forever
	if !at.At.IsZero() || !at.KnownAt.IsZero() {
		when = sqldb.Micros(at.Time())
	}
	if !at.KnownAt.IsZero() {
		known = sqldb.KnownMicros(at.KnownAt)
	}
	err = db.read(ctx, func(t *tx) error {
		if err := t.CheckFloor(at); err != nil {
			return err
		}
		return t.Query(`SELECT `+DecisionColumns+` FROM decision d JOIN decision_body b ON b.seq = d.seq
			WHERE d.exposure = ? AND d.valid_from <= ? AND d.recorded_at <= ? ORDER BY d.seq DESC LIMIT 1`, func(rows sqldb.Scanner) error {
			found = true
			d, err = ScanDecision(rows)
			return err
		}, exposure, when, known)
	})
	return d, found, err
}

// DecisionChanges returns the exposures that decisions after a number are
// about, and the last number read.
func (db deciding) DecisionChanges(ctx context.Context, after int64, limit int) (nums []int64, last int64, err error) {
	last = after
	err = db.read(ctx, func(t *tx) error {
		return t.Query(`SELECT seq, exposure FROM decision WHERE seq > ? ORDER BY seq LIMIT ?`, func(rows sqldb.Scanner) error {
			var num int64
			if err := rows.Scan(&last, &num); err != nil {
				return err
			}
			nums = append(nums, num)
			return nil
		}, after, limit)
	})
	return nums, last, err
}

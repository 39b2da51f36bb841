package workdb

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// CommitActions moves the cursors and writes actions: a new row of history for
// each, and what it counts of its exposures.
func (db *Store) CommitActions(ctx context.Context, adv ctem.Advance, actions []ctem.Action) error {
	bodies := make([]string, len(actions))
	for i := range actions {
		body, err := json.Marshal(actionBody{actions[i].Exposures, actions[i].Environments})
		if err != nil {
			return fmt.Errorf("write the exposures of %s: %w", actions[i].ID, err)
		}
		bodies[i] = string(body)
	}
	return db.write(ctx, func(t *tx) error {
		if err := t.Advance(adv); err != nil {
			return err
		}
		if len(actions) == 0 {
			return nil
		}
		first, at, err := t.Number(ctem.StreamAction, len(actions), adv.Now)
		if err != nil {
			return err
		}
		if err := t.unmoved(actions); err != nil {
			return err
		}
		nums, err := t.numberActions(actions)
		if err != nil {
			return err
		}
		if err := t.upsertActions(actions, nums, first, at); err != nil {
			return err
		}
		if err := t.insertActionHistory(actions, bodies, actionNumbers{nums, first, at}); err != nil {
			return err
		}
		return t.upsertActionExposures(actions, nums)
	})
}

// actionBody is the row form of what an action's history says in lists.
type actionBody struct {
	Exposures    []string `json:"exposures"`
	Environments []string `json:"environments"`
}

// peopleBody is the row form of what says whose an action is.
type peopleBody struct {
	OwnerRule string    `json:"owner_rule,omitempty"`
	Hand      ctem.Hand `json:"hand"`
}

// unmoved loses the race for a plan that was made before a person moved the
// action. The stream's lock is held: nobody moves it now.
func (t *tx) unmoved(actions []ctem.Action) error {
	was := map[int64]int64{}
	var nums []any
	for i := range actions {
		if a := &actions[i]; a.Num != 0 && a.Change != 0 {
			was[a.Num], nums = a.Change, append(nums, a.Num)
		}
	}
	return t.In(`SELECT num, seq FROM action WHERE num IN (?*)`, nums, func(rows sqldb.Scanner) error {
		var num, seq int64
		if err := rows.Scan(&num, &seq); err != nil {
			return err
		}
		if was[num] != seq {
			return ctem.ErrRaced
		}
		return nil
	})
}

// MoveAction writes an action as a person moved it, with what the log says of it.
// It is refused when the action has changed since it was read.
func (db *Store) MoveAction(ctx context.Context, a ctem.Action, log ctem.AuditEntry, now time.Time) (ctem.Action, error) {
	body, err := json.Marshal(actionBody{a.Exposures, a.Environments})
	if err != nil {
		return a, fmt.Errorf("write the exposures of %s: %w", a.ID, err)
	}
	err = db.write(ctx, func(t *tx) error {
		seq, at, err := t.Number(ctem.StreamAction, 1, now)
		if err != nil {
			return err
		}
		n, err := t.Exec(`UPDATE action SET seq = ? WHERE num = ? AND seq = ?`, seq, a.Num, a.Change)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "%s has just changed", a.ID).WithHint("look at it again, then decide")
		}
		moved := a
		moved.Change, moved.ChangedAt = seq, sqldb.FromMicros(at)
		if err := t.insertActionHistory([]ctem.Action{moved}, []string{string(body)}, actionNumbers{[]int64{a.Num}, seq, at}); err != nil {
			return err
		}
		if err := sqldb.AppendAudit(t.Tx, log); err != nil {
			return err
		}
		a = moved
		return nil
	})
	return a, err
}

// actionNumbers are the ids and stream numbers of a batch of actions.
type actionNumbers struct {
	nums      []int64
	first, at int64
}

// numberActions gives an id to each action that has none.
func (t *tx) numberActions(actions []ctem.Action) ([]int64, error) {
	nums := make([]int64, len(actions))
	fresh := 0
	for i := range actions {
		if nums[i] = actions[i].Num; nums[i] == 0 {
			fresh++
		}
	}
	if fresh == 0 {
		return nums, nil
	}
	next, err := t.IDs("action", fresh)
	if err != nil {
		return nil, err
	}
	for i := range nums {
		if nums[i] == 0 {
			nums[i] = next
			next++
		}
	}
	return nums, nil
}

func (t *tx) upsertActions(actions []ctem.Action, nums []int64, first, at int64) error {
	args := make([]any, 0, 7*len(actions))
	for i := range actions {
		a := &actions[i]
		args = append(args, nums[i], first+int64(i), at, a.ID, a.Locus, a.Service, a.TargetBasis)
	}
	return t.Insert(`INSERT INTO action (num, seq, created, id, locus, service, basis) VALUES`, 7, args,
		`ON CONFLICT (num) DO UPDATE SET seq = excluded.seq, basis = excluded.basis`)
}

func (t *tx) insertActionHistory(actions []ctem.Action, bodies []string, n actionNumbers) error {
	args := make([]any, 0, 17*len(actions))
	for i := range actions {
		a := &actions[i]
		people, err := json.Marshal(peopleBody{a.OwnerRule, a.Hand})
		if err != nil {
			return fmt.Errorf("write what people did to %s: %w", a.ID, err)
		}
		args = append(args, n.first+int64(i), n.nums[i], n.at, sqldb.WordCode(a.Word), a.Score, sqldb.Micros(a.Due), a.OpenCount, a.FixedCount,
			a.Reopened, a.Risk, a.Removed, string(a.State), a.Reason, a.Target, bodies[i], a.Owner, string(people))
	}
	return t.Insert(`INSERT INTO action_history (seq, action, recorded_at, word, score, due, open_count, fixed_count,
		reopened, risk, removed, state, reason, target, body, owner, people) VALUES`, 17, args, "")
}

func (t *tx) upsertActionExposures(actions []ctem.Action, nums []int64) error {
	var args []any
	for i := range actions {
		for _, m := range actions[i].Members {
			args = append(args, nums[i], m.Num, sqldb.BoolCode(m.Round), sqldb.BoolCode(m.Open), m.Risk)
		}
	}
	return t.Insert(`INSERT INTO action_exposure (action, exposure, in_round, open, risk) VALUES`, 5, args,
		`ON CONFLICT (action, exposure) DO UPDATE SET in_round = excluded.in_round, open = excluded.open, risk = excluded.risk`)
}

// ActionChanges returns the actions that changes after a number are about, and
// the last number read.
func (db *Store) ActionChanges(ctx context.Context, after int64, limit int) (nums []int64, last int64, err error) {
	last = after
	err = db.read(ctx, func(t *tx) error {
		return t.Query(`SELECT seq, action FROM action_history WHERE seq > ? ORDER BY seq LIMIT ?`, func(rows sqldb.Scanner) error {
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

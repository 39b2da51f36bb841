package workdb

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// ActionGroups returns, for exposures, the groups that share their locus and
// service: all exposures of each as decided now, and its action if there is one.
func (db *Store) ActionGroups(ctx context.Context, exposures []int64) ([]ctem.ActionGroup, error) {
	var groups []ctem.ActionGroup
	err := db.read(ctx, func(t *tx) error {
		byID, err := t.groupMembers(exposures)
		if err != nil {
			return fmt.Errorf("read the exposures: %w", err)
		}
		if err := t.groupActions(byID); err != nil {
			return fmt.Errorf("read the actions: %w", err)
		}
		for _, g := range byID {
			groups = append(groups, *g)
		}
		return nil
	})
	slices.SortFunc(groups, func(a, b ctem.ActionGroup) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Locus, b.Locus))
	})
	return groups, err
}

// groupMembers reads the exposures of the groups, by the id of their action. The
// groups come first: else SQLite goes through all exposures of a locus for each.
func (t *tx) groupMembers(exposures []int64) (map[string]*ctem.ActionGroup, error) {
	groups, seen := map[string]*ctem.ActionGroup{}, map[int64]bool{}
	err := t.In(`SELECT e.num, e.id, l.purl, e.service, e.environment, e.revision, e.state, e.running, e.decision, e.deadline, e.risk,
		e.owner, e.owner_rule, e.treatment, e.computed
		FROM (SELECT DISTINCT service, locus FROM exposure WHERE num IN (?*)) k
		CROSS JOIN exposure e CROSS JOIN locus l
		WHERE e.service = k.service AND e.locus = k.locus AND l.id = e.locus ORDER BY e.num`, sqldb.Anys(exposures), func(rows sqldb.Scanner) error {
		var m ctem.ActionMember
		var locus, service, treatment string
		var state, running, word, deadline, computed int64
		if err := rows.Scan(&m.Num, &m.ID, &locus, &service, &m.Environment, &m.Revision, &state, &running, &word, &deadline, &m.Risk,
			&m.Owner, &m.OwnerRule, &treatment, &computed); err != nil {
			return err
		}
		if seen[m.Num] {
			return nil
		}
		seen[m.Num] = true
		m.State, m.Running, m.Word, m.Deadline = sqldb.StateOf(state), sqldb.TriOf(running), sqldb.WordOf(word), sqldb.FromMicros(deadline)
		m.Excepted = treatment == string(ctem.TreatExcepted)
		if sqldb.WordOf(computed) == ctem.NoAction {
			m.Deadline = time.Time{} // the column has the one for when the evidence is too old
		}
		id := ctem.ActionID(locus, service)
		if groups[id] == nil {
			groups[id] = &ctem.ActionGroup{Locus: locus, Service: service}
		}
		groups[id].Members = append(groups[id].Members, m)
		return nil
	})
	return groups, err
}

// groupActions adds the actions as they are, and what they counted of the
// members: an exposure that is closed keeps the risk it had while it was open.
func (t *tx) groupActions(groups map[string]*ctem.ActionGroup) error {
	actions, byNum := map[string]*ctem.Action{}, map[int64]*ctem.Action{}
	var nums []any
	err := t.In(`SELECT `+actionColumns+` FROM action a JOIN action_history h ON h.seq = a.seq WHERE a.id IN (?*)`,
		sqldb.Anys(sqldb.SortedKeys(groups)), func(rows sqldb.Scanner) error {
			a, err := scanAction(rows)
			if err != nil {
				return err
			}
			actions[a.ID], byNum[a.Num], nums = &a, &a, append(nums, a.Num)
			return nil
		})
	if err != nil {
		return err
	}
	counted := map[int64]map[int64]ctem.ActionMember{}
	err = t.In(`SELECT action, exposure, in_round, open, risk FROM action_exposure WHERE action IN (?*) ORDER BY action, exposure`,
		nums, func(rows sqldb.Scanner) error {
			var action, round, open int64
			var m ctem.ActionMember
			if err := rows.Scan(&action, &m.Num, &round, &open, &m.Risk); err != nil {
				return err
			}
			m.Round, m.Open = round == 1, open == 1
			if counted[action] == nil {
				counted[action] = map[int64]ctem.ActionMember{}
			}
			counted[action][m.Num] = m
			byNum[action].Members = append(byNum[action].Members, m)
			return nil
		})
	for id, a := range actions {
		groups[id].Before = a
		for i := range groups[id].Members {
			m := &groups[id].Members[i]
			was, ok := counted[a.Num][m.Num]
			if !ok {
				continue
			}
			m.Open, m.Round = was.Open, was.Round
			if !m.State.Live() || m.Word == ctem.NoAction {
				m.Risk = was.Risk
			}
		}
	}
	return err
}

package workdb

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// actionColumns are what scanAction reads, from action a and action_history h.
const actionColumns = `a.num, a.id, a.locus, a.service, a.basis, a.created, h.recorded_at, h.word, h.score, h.due, h.open_count,
	h.fixed_count, h.reopened, h.risk, h.removed, h.state, h.reason, h.target, h.owner, h.people, h.seq, h.body`

func scanAction(rows sqldb.Scanner) (a ctem.Action, err error) {
	var created, changed, word, due int64
	var state, people, text string
	if err := rows.Scan(&a.Num, &a.ID, &a.Locus, &a.Service, &a.TargetBasis, &created, &changed, &word, &a.Score, &due, &a.OpenCount,
		&a.FixedCount, &a.Reopened, &a.Risk, &a.Removed, &state, &a.Reason, &a.Target, &a.Owner, &people, &a.Change, &text); err != nil {
		return a, err
	}
	var body actionBody
	if err := json.Unmarshal([]byte(text), &body); err != nil {
		return a, fmt.Errorf("read the exposures of %s: %w", a.ID, err)
	}
	var hands peopleBody
	if err := json.Unmarshal([]byte(people), &hands); err != nil {
		return a, fmt.Errorf("read what people did to %s: %w", a.ID, err)
	}
	a.OwnerRule, a.Hand = hands.OwnerRule, hands.Hand
	a.Exposures, a.Environments = body.Exposures, body.Environments
	a.CreatedAt, a.ChangedAt, a.Due = sqldb.FromMicros(created), sqldb.FromMicros(changed), sqldb.FromMicros(due)
	a.State, a.Word = ctem.Work(state), sqldb.WordOf(word)
	return a, nil
}

// Actions returns a page of actions, the most urgent first.
func (db *Store) Actions(ctx context.Context, q ctem.ListQuery) (page ctem.ActionPage, err error) {
	from, args := actionsAt(q.AsOf)
	allowed := sqldb.Allowed(q, "a.service", "h.owner")
	from, args = from+allowed.SQL, append(args, allowed.Args...)
	for _, term := range q.Terms {
		where, more, err := actionTerm(term)
		if err != nil {
			return page, err
		}
		from, args = from+" AND "+where, append(args, more...)
	}
	return page, db.read(ctx, func(t *tx) error {
		if err := t.CheckFloor(q.AsOf); err != nil {
			return err
		}
		count := from
		if len(args) == 0 && len(q.Terms) == 0 && allowed.SQL == "" {
			count = "FROM action" // each has a row of history now
		}
		if _, err := t.Get(`SELECT COUNT(*) `+count, args, &page.Total); err != nil {
			return err
		}
		if q.After != "" {
			after, more, err := actionsAfter(q.After)
			if err != nil {
				return err
			}
			from, args = from+after, append(args, more...)
		}
		limit := ""
		if q.Limit > 0 {
			limit = " LIMIT " + strconv.Itoa(q.Limit+1)
		}
		err := t.Query(`SELECT `+actionColumns+" "+from+` ORDER BY h.word DESC, h.score DESC, a.id`+limit, func(rows sqldb.Scanner) error {
			a, err := scanAction(rows)
			page.Items = append(page.Items, a)
			return err
		}, args...)
		if err == nil && q.Limit > 0 && len(page.Items) > q.Limit {
			page.Items = page.Items[:q.Limit]
			last := &page.Items[q.Limit-1]
			page.Next = fmt.Sprintf("%d.%d.%s", sqldb.WordCode(last.Word), last.Score, last.ID)
		}
		return err
	})
}

// FindAction returns one action as it was at a time.
func (db *Store) FindAction(ctx context.Context, id string, at ctem.AsOf) (a ctem.Action, err error) {
	from, args := actionsAt(at)
	found := false
	err = db.read(ctx, func(t *tx) error {
		if err := t.CheckFloor(at); err != nil {
			return err
		}
		return t.Query(`SELECT `+actionColumns+" "+from+` AND a.id = ?`, func(rows sqldb.Scanner) error {
			found = true
			a, err = scanAction(rows)
			return err
		}, append(args, id)...)
	})
	if err == nil && !found {
		return a, fault.New(fault.NotFound, "no action %q", id).WithHint("list them with: tidemark actions list")
	}
	return a, err
}

// actionsAt selects each action's row of history at a time. Actions are known
// when they are so: both times of the question bound the record time.
func actionsAt(at ctem.AsOf) (from string, args []any) {
	const join = `FROM action a JOIN action_history h ON h.action = a.num WHERE `
	if at.At.IsZero() && at.KnownAt.IsZero() {
		return join + `h.seq = a.seq`, nil
	}
	when := at.Time()
	if !at.KnownAt.IsZero() && at.KnownAt.Before(when) {
		when = at.KnownAt
	}
	return join + `h.seq IN (SELECT MAX(seq) FROM action_history WHERE recorded_at <= ? GROUP BY action)`, []any{sqldb.KnownMicros(when)}
}

// actionsAfter continues a list after the row that the token names.
func actionsAfter(token string) (string, []any, error) {
	parts := strings.SplitN(token, ".", 3)
	if len(parts) != 3 {
		return "", nil, fault.New(fault.Invalid, "%q does not continue a list of actions", token)
	}
	word, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil {
		return "", nil, fault.Wrap(fault.Invalid, err, "%q does not continue a list of actions", token)
	}
	score, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return "", nil, fault.Wrap(fault.Invalid, err, "%q does not continue a list of actions", token)
	}
	return ` AND (h.word < ? OR h.word = ? AND (h.score < ? OR h.score = ? AND a.id > ?))`, []any{word, word, score, score, parts[2]}, nil
}

// actionKeys are the keys that a query over actions may use.
func actionKeys() map[string]string {
	return map[string]string{
		"state": "h.state", "is": "h.state", "decision": "h.word", "svc": "a.service", "service": "a.service",
		"owner": "h.owner", "component": "a.locus", "purl": "a.locus", "id": "a.id", "score": "h.score", "env": "e.environment", "exposure": "e.id",
		ctem.TextKey: "",
	}
}

// actionTerm turns a term into a condition.
func actionTerm(term ctem.Term) (where string, args []any, err error) {
	column, ok := actionKeys()[term.Key]
	switch {
	case !ok:
		return "", nil, ctem.UnknownKey(term.Key, sqldb.SortedKeys(actionKeys()))
	case term.Key == "score":
		where, args, err = actionScore(term)
	case term.Op != ":":
		return "", nil, fault.New(fault.Invalid, "%s cannot be compared with %s", term.Key, term.Op)
	case term.Key == ctem.TextKey || term.Key == "component" || term.Key == "purl":
		where, args = actionText(term)
	case term.Key == "decision":
		where, args, err = actionWord(term)
	case strings.HasPrefix(column, "e."):
		where = `a.num IN (SELECT m.action FROM action_exposure m JOIN exposure e ON e.num = m.exposure
			WHERE m.in_round = 1 AND ` + column + ` IN ` + sqldb.Tuples(1, len(term.Values)) + `)`
		args = sqldb.Anys(term.Values)
	default:
		where, args = column+` IN `+sqldb.Tuples(1, len(term.Values)), sqldb.Anys(term.Values)
	}
	if term.Negate {
		where = "NOT (" + where + ")"
	}
	return where, args, err
}

func actionWord(term ctem.Term) (string, []any, error) {
	args := make([]any, len(term.Values))
	for i, v := range term.Values {
		w, ok := ctem.ParseWord(v)
		if !ok {
			return "", nil, fault.New(fault.Invalid, "no decision %q", v).WithHint("decisions are act, schedule, watch, none")
		}
		args[i] = sqldb.WordCode(w)
	}
	return `h.word IN ` + sqldb.Tuples(1, len(args)), args, nil
}

func actionScore(term ctem.Term) (string, []any, error) {
	args := make([]any, len(term.Values))
	for i, v := range term.Values {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return "", nil, fault.New(fault.Invalid, "score %q is not a whole number", v)
		}
		args[i] = n
	}
	switch term.Op {
	case "..":
		return `h.score >= ? AND h.score <= ?`, args, nil
	case ":":
		return `h.score IN ` + sqldb.Tuples(1, len(args)), args, nil
	}
	return `h.score ` + term.Op + ` ?`, args, nil
}

// actionText finds a part of a component's or service's name, whatever its case.
func actionText(term ctem.Term) (string, []any) {
	var parts []string
	var args []any
	columns := []string{"lower(a.locus)"}
	if term.Key == ctem.TextKey {
		columns = append(columns, "lower(a.service)", "lower(a.id)")
	}
	for _, v := range term.Values {
		for _, column := range columns {
			c := sqldb.Contains(column, strings.ToLower(v))
			parts, args = append(parts, c.SQL), append(args, c.Args...)
		}
	}
	return "(" + strings.Join(parts, " OR ") + ")", args
}

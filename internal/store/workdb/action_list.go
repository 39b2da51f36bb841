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

// scanAction reads a row, and what stands in it behind those columns into more.
func scanAction(rows sqldb.Scanner, more ...*string) (a ctem.Action, err error) {
	var created, changed, word, due int64
	var state, people, text string
	to := []any{
		&a.Num, &a.ID, &a.Locus, &a.Service, &a.TargetBasis, &created, &changed, &word, &a.Score, &due, &a.OpenCount,
		&a.FixedCount, &a.Reopened, &a.Risk, &a.Removed, &state, &a.Reason, &a.Target, &a.Owner, &people, &a.Change, &text,
	}
	for _, m := range more {
		to = append(to, m)
	}
	if err := rows.Scan(to...); err != nil {
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

// Actions returns a page of actions, the most urgent first where the question
// has no order.
func (db *Store) Actions(ctx context.Context, q ctem.ListQuery) (page ctem.ActionPage, err error) {
	order, err := actionOrder(q.Sort)
	if err != nil {
		return page, err
	}
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
			row, _, err := order.Read(q.After)
			if err != nil {
				return err
			}
			after := order.After(row)
			from, args = from+after.SQL, append(args, after.Args...)
		}
		return t.actionPage(&page, order, sqldb.Condition{SQL: from, Args: args}, q.Limit)
	})
}

// actionPage reads the rows of a page and where it ends.
func (t *tx) actionPage(page *ctem.ActionPage, order sqldb.Ordering, from sqldb.Condition, most int) error {
	limit := ""
	if most > 0 {
		limit = " LIMIT " + strconv.Itoa(most+1)
	}
	last, into, read := make([]string, len(order)), make([]*string, len(order)), 0
	for i := range last {
		into[i] = &last[i]
	}
	err := t.Query(`SELECT `+actionColumns+", "+order.Columns()+" "+from.SQL+" ORDER BY "+order.By()+limit, func(rows sqldb.Scanner) error {
		if read++; most > 0 && read > most {
			return nil // there is more, and the page ends before it
		}
		a, err := scanAction(rows, into...)
		page.Items = append(page.Items, a)
		return err
	}, from.Args...)
	if err == nil && most > 0 && read > most {
		page.Next = order.Token(page.Total, last)
	}
	return err
}

// actionOrder reads an order of actions; the most urgent are first, else and among equals.
func actionOrder(sort []ctem.SortKey) (sqldb.Ordering, error) {
	word := sqldb.OrderColumn{Name: "decision", SQL: "h.word", Number: true, Desc: true}
	score := sqldb.OrderColumn{Name: "score", SQL: "h.score", Number: true, Desc: true}
	service, owner := sqldb.OrderColumn{Name: "service", SQL: "a.service"}, sqldb.OrderColumn{Name: "owner", SQL: "h.owner"}
	id := sqldb.OrderColumn{Name: "id", SQL: "a.id"}
	by := map[string]sqldb.OrderColumn{
		"decision": word, "score": score, "service": service, "svc": service, "owner": owner, "id": id,
		"component": {Name: "component", SQL: "a.locus"}, "state": {Name: "state", SQL: "h.state"},
		"due":  {Name: "due", SQL: "CASE WHEN h.due = 0 THEN " + neverDue + " ELSE h.due END", Number: true},
		"open": {Name: "open", SQL: "h.open_count", Number: true},
	}
	return sqldb.OrderOf("actions", sort, by, word, score, id)
}

// neverDue sorts what has no deadline after what has one.
const neverDue = "9223372036854775807"

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

package proofdb

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// order is that of a list of proofs: by what they are about.
func order() sqldb.Ordering {
	return sqldb.Ordering{
		{Name: "scope", SQL: "p.scope"},
		{Name: "kind", SQL: "p.kind"},
		{Name: "name", SQL: "p.name"},
		{Name: "check", SQL: "p.checked"},
		{Name: "about", SQL: "p.about"},
	}
}

// Proofs lists what is so at the time asked for, by scope, kind and name.
func (db *Store) Proofs(ctx context.Context, q ctem.ProofQuery) (page ctem.Page[ctem.Proof], err error) {
	err = db.read(ctx, func(t *tx) error {
		page = ctem.Page[ctem.Proof]{}
		if err := t.CheckFloor(q.AsOf); err != nil {
			return err
		}
		where, err := t.condition(q)
		if err != nil {
			return err
		}
		return t.page(q, where, &page)
	})
	return page, err
}

// page reads a page; the first one counts.
func (t *tx) page(q ctem.ProofQuery, where sqldb.Condition, page *ctem.Page[ctem.Proof]) error {
	const from = ` FROM proof p JOIN proof_history h ON h.proof = p.id WHERE ` + sqldb.ProofAsOf
	args := append(sqldb.ProofAsOfArgs(q.AsOf), where.Args...)
	by := order()
	if q.After == "" {
		if _, err := t.Get(`SELECT COUNT(*)`+from+where.SQL, args, &page.Total); err != nil {
			return err
		}
	} else {
		row, total, err := by.Read(q.After)
		if err != nil {
			return err
		}
		c := by.After(row)
		page.Total, where.SQL, args = total, where.SQL+c.SQL, append(args, c.Args...)
	}
	limit := sqldb.Forever
	if q.Limit > 0 {
		limit = int64(q.Limit) + 1
	}
	err := t.Query(`SELECT p.id, p.scope, p.kind, p.name, p.checked, p.about, p.place, h.finding, h.valid_from,
			CASE WHEN h.ended_at > ? THEN 0 ELSE h.valid_to END, h.recorded_from, b.body
		FROM proof p JOIN proof_history h ON h.proof = p.id JOIN proof_body b ON b.hash = h.body WHERE `+sqldb.ProofAsOf+where.SQL+`
		ORDER BY `+by.By()+` LIMIT ?`, func(r sqldb.Scanner) error {
		p, err := scanProof(r)
		page.Items = append(page.Items, p)
		return err
	}, append(append([]any{args[2]}, args...), limit)...)
	if err != nil {
		return err
	}
	if q.Limit > 0 && len(page.Items) > q.Limit {
		page.Items = page.Items[:q.Limit]
		k := &page.Items[q.Limit-1].ProofKey
		page.Next = by.Token(page.Total, []string{k.Scope, k.Kind, k.Name, string(k.Check), k.About})
	}
	return nil
}

func scanProof(r sqldb.Scanner) (p ctem.Proof, err error) {
	var id, finding, from, to, recorded int64
	var body string
	if err := r.Scan(&id, &p.Scope, &p.Kind, &p.Name, &p.Check, &p.About, &p.Place, &finding, &from, &to, &recorded, &body); err != nil {
		return p, err
	}
	p.ID, p.Finding = ctem.ProofID(p.ProofKey), findingOf(finding)
	p.From, p.To, p.Recorded = sqldb.FromMicros(from), sqldb.FromMicros(to), sqldb.FromMicros(recorded)
	if err := json.Unmarshal([]byte(body), &p.Body); err != nil {
		return p, fmt.Errorf("the words of proof %d: %w: %w", id, ctem.ErrUnreadable, err)
	}
	return p, nil
}

// condition turns a query into SQL. An account is visible to whoever may see one
// of the workloads that run as it.
func (t *tx) condition(q ctem.ProofQuery) (sqldb.Condition, error) {
	var c sqldb.Condition
	if len(q.Checks) > 0 {
		c.SQL += ` AND p.checked IN ` + sqldb.Tuples(1, len(q.Checks))
		for _, x := range q.Checks {
			c.Args = append(c.Args, string(x))
		}
	}
	if may := sqldb.Allowed(q.ListQuery, "p.name", ""); may.SQL != "" {
		c.SQL += ` AND p.kind = 'Workload'` + may.SQL
		c.Args = append(c.Args, may.Args...)
	}
	for _, term := range q.Terms {
		add, err := termOf(term)
		if err != nil {
			return c, err
		}
		not := ""
		if term.Negate {
			not = "NOT "
		}
		c.SQL += " AND " + not + "(" + add.SQL + ")"
		c.Args = append(c.Args, add.Args...)
	}
	return c, nil
}

func termOf(term ctem.Term) (sqldb.Condition, error) {
	if term.Op != ":" {
		return sqldb.Condition{}, fault.New(fault.Invalid, "%s cannot be compared with %s", term.Key, term.Op)
	}
	values := sqldb.Anys(term.Values)
	in := sqldb.Tuples(1, len(values))
	switch term.Key {
	case "service", "svc":
		return sqldb.Condition{SQL: "p.kind = 'Workload' AND p.name IN " + in, Args: values}, nil
	case "environment", "env":
		return sqldb.Condition{SQL: "p.scope IN " + in, Args: values}, nil
	case "account":
		return accountTerm(term.Values), nil
	case "verdict":
		var codes []any
		for _, v := range term.Values {
			f := ctem.Finding(strings.ToLower(v))
			if findingOf(codeOf(f)) != f {
				return sqldb.Condition{}, fault.New(fault.Invalid, "%q is no verdict", v).WithHint("policy-allowed, policy-denied, unknown, yes, no")
			}
			codes = append(codes, codeOf(f))
		}
		return sqldb.Condition{SQL: "h.finding IN " + in, Args: codes}, nil
	case ctem.TextKey:
		var parts []string
		var args []any
		for _, v := range term.Values {
			for _, column := range []string{"p.name", "p.scope", "p.about"} {
				has := sqldb.Contains(column, v)
				parts, args = append(parts, has.SQL), append(args, has.Args...)
			}
		}
		return sqldb.Condition{SQL: strings.Join(parts, " OR "), Args: args}, nil
	}
	return sqldb.Condition{}, ctem.UnknownKey(term.Key, []string{"service", "environment", "account", "verdict"})
}

// accountTerm finds accounts by NAMESPACE/NAME, or by their name in any namespace.
func accountTerm(names []string) sqldb.Condition {
	parts := []string{}
	c := sqldb.Condition{}
	for _, n := range names {
		if strings.Contains(n, "/") {
			parts, c.Args = append(parts, "p.name = ?"), append(c.Args, n)
			continue
		}
		has := sqldb.Contains("p.name || '\n'", "/"+n+"\n")
		parts, c.Args = append(parts, has.SQL), append(c.Args, has.Args...)
	}
	c.SQL = "p.kind = 'ServiceAccount' AND (" + strings.Join(parts, " OR ") + ")"
	return c
}

// ProofChanges returns the places whose doors were closed or opened by the proofs
// after a number, each once, and the number up to which they were read.
func (db *Store) ProofChanges(ctx context.Context, after int64, limit int) (places []int64, last int64, err error) {
	err = db.read(ctx, func(t *tx) error {
		places, last = nil, after
		err := t.Query(`SELECT seq, place FROM proof_change WHERE seq > ? ORDER BY seq LIMIT ?`, func(r sqldb.Scanner) error {
			var place int64
			err := r.Scan(&last, &place)
			if place != 0 {
				places = append(places, place)
			}
			return err
		}, after, limit)
		slices.Sort(places)
		places = slices.Compact(places)
		return err
	})
	return places, last, err
}

// ClosedDoors returns, by place, when policies kept what comes in through doors
// from its pods, as is believed now.
func (db *Store) ClosedDoors(ctx context.Context, places []int64) (out map[int64][]ctem.Closed, err error) {
	err = db.read(ctx, func(t *tx) error {
		out, err = sqldb.ClosedDoors(t.Tx, places, sqldb.Condition{SQL: `h.recorded_to = ?`, Args: []any{sqldb.Forever}})
		return err
	})
	return out, err
}

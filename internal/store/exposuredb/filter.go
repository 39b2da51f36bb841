package exposuredb

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// exposureKeys are the keys of the query language that this list has.
var exposureKeys = []string{
	"is", "state", "decision", "score", "running", "reach", "exploit", "matters", "treatment", "svc", "service", "env",
	"environment", "cve", "vuln", "weakness", "alias", "purl", "component", "image", "digest", "id", "kev", "epss", "fix", "first", "age", "due", "text", "owner", "product", "sev", "attack",
}

// exposureFilter turns the terms of a query into conditions on one arm of a view.
type exposureFilter struct {
	*exposureView
	arm arm
}

// where joins all terms. A query that says nothing about the state asks for
// what is live: open and unknown.
func (f exposureFilter) where(terms []ctem.Term) (sqldb.Condition, error) {
	all := sqldb.Condition{SQL: f.arm.where + f.side(terms) + f.allowed.SQL, Args: slices.Clone(f.allowed.Args)}
	for _, t := range terms {
		c, err := f.term(t)
		if err != nil {
			return all, err
		}
		not := ""
		if t.Negate {
			not = "NOT "
		}
		all.SQL += " AND " + not + "(" + c.SQL + ")"
		all.Args = append(all.Args, c.Args...)
	}
	return all, nil
}

// pointed are the keys that name few exposures, which have indexes of their
// own: the engine is kept from going by rank ("+" hides a column from it).
func pointed(terms []ctem.Term) string {
	for _, t := range terms {
		switch t.Key {
		case "cve", "vuln", "weakness", "alias", "purl", "component", "id", "svc", "service":
			if !t.Negate {
				return "+"
			}
		}
	}
	return ""
}

// side is live, closed or both: the first column of the index that lists go
// by. "is:regressed" alone still asks for what is live, and an id for that one.
func (f exposureFilter) side(terms []ctem.Term) string {
	live, closed := false, false
	for _, t := range terms {
		switch {
		case t.Key == "id":
			return ""
		case t.Key != "is" && t.Key != "state" || t.Negate:
			continue
		}
		for _, value := range t.Values {
			state := ctem.State(strings.ToLower(value))
			live = live || state.Live() || state == "live"
			closed = closed || sqldb.StateCode(state) != 0 && !state.Live() || state == "closed"
		}
	}
	switch {
	case live && closed:
		return ""
	case closed:
		return " AND " + pointed(terms) + f.closed
	}
	return " AND " + pointed(terms) + f.live
}

func (f exposureFilter) term(t ctem.Term) (sqldb.Condition, error) {
	switch t.Key {
	case "is", "state":
		return anyOf(t, f.isTerm)
	case "decision":
		return anyOf(t, f.decisionTerm)
	case "running", "reach", "exploit", "matters":
		return anyOf(t, func(value string) (sqldb.Condition, error) { return f.gateTerm(t.Key, value) })
	case "score":
		return numberTerm(t, f.arm.score, wholeNumber)
	case "epss":
		c, err := numberTerm(t, "s.score", realNumber)
		c.SQL = "e.weakness IN (SELECT n.weakness FROM epss s JOIN weakness_name n ON n.name = s.cve WHERE " + c.SQL + ")"
		return c, err
	case "first", "age", "due":
		return f.timeTerm(t)
	}
	return f.textTerm(t)
}

// textTerm has the keys whose values are plain texts.
func (f exposureFilter) textTerm(t ctem.Term) (sqldb.Condition, error) {
	if !slices.Contains(exposureKeys, t.Key) {
		return sqldb.Condition{}, ctem.UnknownKey(t.Key, exposureKeys)
	}
	if t.Op != ":" {
		return sqldb.Condition{}, badTerm(t, "the key takes no comparison")
	}
	switch t.Key {
	case "treatment":
		return oneOf(f.decided("treatment", "'none'"), t.Values), nil
	case "owner":
		return oneOf(f.decided("owner", "''"), none(t.Values)), nil
	case "product":
		c := oneOf("product", none(t.Values))
		c.SQL = "e.service IN (SELECT service FROM scope_service WHERE " + c.SQL + ")"
		return c, nil
	case "sev":
		return severityTerm(f, t)
	case "attack":
		return attackTerm(f, t)
	case "svc", "service":
		return oneOf("e.service", t.Values), nil
	case "env", "environment":
		return oneOf("e.environment", t.Values), nil
	case "id":
		return oneOf("e.id", upper(t.Values)), nil
	case "cve", "vuln", "weakness", "alias":
		c := oneOf("name", spellings(t.Values))
		c.SQL = "e.weakness IN (SELECT weakness FROM weakness_name WHERE " + c.SQL + ")"
		return c, nil
	case "component":
		c := oneOf("name", t.Values)
		c.SQL = "e.locus IN (SELECT id FROM locus WHERE " + c.SQL + ")"
		return c, nil
	}
	return anyOf(t, func(value string) (sqldb.Condition, error) { return f.valueTerm(t, value) })
}

// decided is a column of the decision that the exposure shows.
func (f exposureFilter) decided(column, without string) string {
	if f.historic {
		return "COALESCE(d." + column + ", " + without + ")"
	}
	return "e." + column
}

// none gives the value "none" its row form.
func none(values []string) []string {
	out := slices.Clone(values)
	for i := range out {
		if out[i] == "none" {
			out[i] = ""
		}
	}
	return out
}

func severityTerm(f exposureFilter, t ctem.Term) (sqldb.Condition, error) {
	codes := make([]any, len(t.Values))
	for i, v := range t.Values {
		s := ctem.Severity(strings.ToLower(v))
		code := sqldb.SeverityCode(s)
		if code == 0 && s != ctem.SeverityUnknown {
			return sqldb.Condition{}, badTerm(t, "use critical, high, medium, low, none or unknown")
		}
		codes[i] = code
	}
	return sqldb.Condition{SQL: f.decided("severity", "0") + " IN " + sqldb.Tuples(1, len(codes)), Args: codes}, nil
}

func attackTerm(f exposureFilter, t ctem.Term) (sqldb.Condition, error) {
	var codes []any
	for _, v := range t.Values {
		list, ok := ctem.ParseAttack(v)
		if !ok {
			return sqldb.Condition{}, badTerm(t, "use seen, weakness, workload or none")
		}
		for _, a := range list {
			codes = append(codes, sqldb.AttackCode(a))
		}
	}
	return sqldb.Condition{SQL: f.decided("attack", "0") + " IN " + sqldb.Tuples(1, len(codes)), Args: codes}, nil
}

func (f exposureFilter) valueTerm(t ctem.Term, value string) (sqldb.Condition, error) {
	switch t.Key {
	case "purl":
		return f.purlTerm(value), nil
	case "image", "digest":
		return f.bodyTerm(value), nil
	case "text":
		return f.freeText(value)
	case "fix":
		return yesNo(t, value, sqldb.Condition{SQL: f.row + ".fixable = 1"})
	case "kev":
		return yesNo(t, value, sqldb.Condition{SQL: "e.weakness IN (SELECT n.weakness FROM kev k JOIN weakness_name n ON n.name = k.cve WHERE k.removed = 0)"})
	}
	return sqldb.Condition{}, ctem.UnknownKey(t.Key, exposureKeys)
}

// anyOf joins the values of a term with OR.
func anyOf(t ctem.Term, one func(string) (sqldb.Condition, error)) (sqldb.Condition, error) {
	var all sqldb.Condition
	if t.Op != ":" {
		return all, badTerm(t, "the key takes no comparison")
	}
	parts := make([]string, 0, len(t.Values))
	for _, value := range t.Values {
		c, err := one(value)
		if err != nil {
			return all, err
		}
		parts = append(parts, c.SQL)
		all.Args = append(all.Args, c.Args...)
	}
	all.SQL = strings.Join(parts, " OR ")
	return all, nil
}

func (f exposureFilter) isTerm(value string) (sqldb.Condition, error) {
	switch value = strings.ToLower(value); value {
	case "live":
		return sqldb.Condition{SQL: f.live}, nil
	case "closed":
		return sqldb.Condition{SQL: f.closed}, nil
	case "regressed":
		return sqldb.Condition{SQL: f.row + ".regressions > 0"}, nil
	case "excepted":
		return sqldb.Condition{SQL: f.decided("treatment", "'none'") + " = 'excepted'"}, nil
	}
	code := sqldb.StateCode(ctem.State(value))
	if code == 0 {
		return sqldb.Condition{}, fault.New(fault.Invalid, "is:%s is no state of an exposure", value).
			WithHint("use open, unknown, fixed, retired, withdrawn, live, closed, regressed or excepted")
	}
	return sqldb.Condition{SQL: f.stateIs(code)}, nil
}

func (f exposureFilter) decisionTerm(value string) (sqldb.Condition, error) {
	code := int64(0)
	if !slices.Contains([]string{"unknown", "undecided"}, strings.ToLower(value)) {
		w, ok := ctem.ParseWord(value)
		if !ok {
			return sqldb.Condition{}, fault.New(fault.Invalid, "%q is no decision", value).WithHint("use act, schedule, watch, none or undecided")
		}
		code = sqldb.WordCode(w)
	}
	return sqldb.Condition{SQL: f.arm.decision + " = " + strconv.FormatInt(code, 10)}, nil
}

func (f exposureFilter) gateTerm(key, value string) (sqldb.Condition, error) {
	answer := ctem.Tri(strings.ToLower(value))
	if !slices.Contains([]ctem.Tri{ctem.Yes, ctem.No, ctem.Unknown}, answer) {
		return sqldb.Condition{}, fault.New(fault.Invalid, "%s:%s is no answer of a gate", key, value).WithHint("use yes, no or unknown")
	}
	if key == "running" {
		return sqldb.Condition{SQL: f.runningIs(sqldb.TriCode(answer))}, nil
	}
	column := map[string]string{"reach": f.row + ".reachable", "exploit": "e.exploitable", "matters": "e.matters"}[key]
	if f.historic && (key == "exploit" || key == "matters") {
		column = "COALESCE(d." + strings.TrimPrefix(column, "e.") + ", 0)"
	}
	return sqldb.Condition{SQL: column + " = " + strconv.FormatInt(sqldb.TriCode(answer), 10)}, nil
}

func yesNo(t ctem.Term, value string, yes sqldb.Condition) (sqldb.Condition, error) {
	switch strings.ToLower(value) {
	case "yes", "*", "true":
		return yes, nil
	case "no", "none", "false":
		yes.SQL = "NOT (" + yes.SQL + ")"
		return yes, nil
	}
	return sqldb.Condition{}, badTerm(t, "use yes or no")
}

func badTerm(t ctem.Term, hint string) error {
	return fault.New(fault.Invalid, "the query cannot use %s", t.String()).WithHint("%s", hint)
}

func oneOf(column string, values []string) sqldb.Condition {
	return sqldb.Condition{SQL: column + " IN " + sqldb.Tuples(1, len(values)), Args: sqldb.Anys(values)}
}

func upper(values []string) []string {
	out := make([]string, len(values))
	for i, s := range values {
		out[i] = strings.ToUpper(s)
	}
	return out
}

// spellings adds to each name of a weakness the way it is written by those
// who give it, so that cve-2021-44228 is found.
func spellings(names []string) []string {
	var out []string
	for _, n := range names {
		out = append(out, n)
		up := strings.ToUpper(n)
		if rest, ok := strings.CutPrefix(up, "GHSA-"); ok {
			up = "GHSA-" + strings.ToLower(rest)
		}
		if up != n {
			out = append(out, up)
		}
	}
	return out
}

// numberTerm compares a column with numbers that parse reads.
func numberTerm(t ctem.Term, column string, parse func(string) (any, error)) (sqldb.Condition, error) {
	c := sqldb.Condition{Args: make([]any, len(t.Values))}
	for i, value := range t.Values {
		n, err := parse(value)
		if err != nil {
			return c, badTerm(t, "the value is a number")
		}
		c.Args[i] = n
	}
	switch t.Op {
	case ":":
		c.SQL = column + " IN " + sqldb.Tuples(1, len(t.Values))
	case "..":
		c.SQL = column + " >= ? AND " + column + " <= ?"
	default:
		c.SQL = column + " " + t.Op + " ?"
	}
	return c, nil
}

func wholeNumber(s string) (any, error) { return strconv.ParseInt(s, 10, 64) }

func realNumber(s string) (any, error) { return strconv.ParseFloat(s, 64) }

// timeTerm compares times: with a date, or with a distance from the time of
// the question (first:<7d is younger than a week, due:<7d within a week).
func (f exposureFilter) timeTerm(t ctem.Term) (sqldb.Condition, error) {
	column, past := "e.first_seen", true
	if t.Key == "due" {
		column, past = "e.deadline", false
		if f.historic {
			column = "COALESCE(d.deadline, 0)"
		}
	}
	if t.Op == ":" && len(t.Values) == 1 && t.Key == "due" {
		switch t.Values[0] {
		case "none":
			return sqldb.Condition{SQL: column + " = 0"}, nil
		case "*":
			return sqldb.Condition{SQL: column + " > 0"}, nil
		case "late":
			return sqldb.Condition{SQL: column + " > 0 AND " + column + " < ?", Args: []any{sqldb.Micros(f.at)}}, nil
		}
	}
	ops := map[string][]string{"..": {">=", "<="}, ">": {">"}, ">=": {">="}, "<": {"<"}, "<=": {"<="}}[t.Op]
	if len(ops) != len(t.Values) {
		return sqldb.Condition{}, badTerm(t, "compare with a date or a number of days, as first:<7d or due:<=2026-12-31")
	}
	c := sqldb.Condition{SQL: column + " > 0"}
	for i, value := range t.Values {
		at, relative, err := f.moment(value, past)
		if err != nil {
			return c, badTerm(t, "the value is a date (2026-12-31) or a number of days (7d) or hours (12h)")
		}
		op := ops[i]
		if relative && past {
			op = strings.NewReplacer("<", ">", ">", "<").Replace(op)
		}
		c.SQL += " AND " + column + " " + op + " ?"
		c.Args = append(c.Args, sqldb.Micros(at))
	}
	return c, nil
}

func (f exposureFilter) moment(value string, past bool) (at time.Time, relative bool, err error) {
	if at, err = time.Parse(time.DateOnly, value); err == nil {
		return at, false, nil
	}
	if at, err = time.Parse(time.RFC3339, value); err == nil {
		return at, false, nil
	}
	var d time.Duration
	if days, ok := strings.CutSuffix(value, "d"); ok {
		n, perr := strconv.Atoi(days)
		if perr != nil || n < 0 || n > 36500 {
			return at, true, fault.New(fault.Invalid, "%q is no number of days", value)
		}
		d = time.Duration(n) * 24 * time.Hour
	} else if d, err = time.ParseDuration(value); err != nil {
		return at, true, err
	}
	if past {
		d = -d
	}
	return f.at.Add(d), true, nil
}

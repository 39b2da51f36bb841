package exposuredb

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// ListExposures returns a page of exposures, the most urgent first: by
// decision, score and id. Without an is: or state: term it lists what is live
// (open and unknown). Totals are exact, and filters see what the items show,
// the age of the evidence included.
func (db *Store) ListExposures(ctx context.Context, q ctem.ListQuery) (page ctem.ExposurePage, err error) {
	err = db.viewExposures(ctx, q.AsOf, func(v *exposureView) error {
		allow(v, q)
		page, err = v.page(q)
		return err
	})
	return page, err
}

// ranked is a row of a page, as it is sorted.
type ranked struct {
	num, decision, score, running int64
	id                            string
}

func compareRanked(a, b ranked) int {
	return cmp.Or(cmp.Compare(b.decision, a.decision), cmp.Compare(b.score, a.score), cmp.Compare(a.id, b.id))
}

// rank reads one arm's rows in their order, as many as limit (0: all).
func (v *exposureView) rank(a arm, where sqldb.Condition, limit int) (rows []ranked, err error) {
	query := `SELECT e.num, ` + a.decision + `, ` + a.score + `, e.id, ` + v.running + ` ` + v.from + where.SQL + ` ORDER BY 2 DESC, 3 DESC, 4`
	if limit > 0 {
		query += ` LIMIT ` + strconv.Itoa(limit)
	}
	err = v.Query(query, func(s sqldb.Scanner) error {
		var r ranked
		err := s.Scan(&r.num, &r.decision, &r.score, &r.id, &r.running)
		rows = append(rows, r)
		return err
	}, append(slices.Clone(v.args), where.Args...)...)
	return rows, err
}

// page merges the arms.
func (v *exposureView) page(q ctem.ListQuery) (page ctem.ExposurePage, err error) {
	var rows []ranked
	wheres := make([]sqldb.Condition, len(v.arms))
	for i, a := range v.arms {
		if wheres[i], err = (exposureFilter{v, a}).where(q.Terms); err != nil {
			return page, err
		}
		after, err := a.after(q.After)
		if err != nil {
			return page, err
		}
		where := sqldb.Condition{SQL: wheres[i].SQL + after.SQL, Args: append(slices.Clone(wheres[i].Args), after.Args...)}
		more, err := v.rank(a, where, max(q.Limit+1, 1)*min(q.Limit, 1))
		if err != nil {
			return page, err
		}
		rows = append(rows, more...)
	}
	slices.SortFunc(rows, compareRanked)
	more := q.Limit > 0 && len(rows) > q.Limit
	page.Total = len(rows)
	if more {
		rows = rows[:q.Limit]
		page.Next = rows[len(rows)-1].token()
	}
	if more || q.After != "" {
		if page.Total, err = v.total(q.Terms, wheres); err != nil {
			return page, err
		}
	}
	page.Items, err = v.details(numsOf(rows))
	return page, err
}

// total counts what answers the terms. Unless they ask for the decision or the
// score, the arms need not be told apart for that.
func (v *exposureView) total(terms []ctem.Term, wheres []sqldb.Condition) (int, error) {
	ranks := func(t ctem.Term) bool { return t.Key == "decision" || t.Key == "score" }
	if len(wheres) > 1 && !slices.ContainsFunc(terms, ranks) {
		whole, err := (exposureFilter{exposureView: v}).where(terms)
		if err != nil {
			return 0, err
		}
		wheres = []sqldb.Condition{whole}
	}
	return v.count(wheres)
}

// count is the exact total over all arms.
func (v *exposureView) count(wheres []sqldb.Condition) (total int, err error) {
	for _, w := range wheres {
		var n int
		if _, err := v.Get(`SELECT COUNT(*) `+v.from+w.SQL, append(slices.Clone(v.args), w.Args...), &n); err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

func numsOf(rows []ranked) []int64 {
	nums := make([]int64, len(rows))
	for i, r := range rows {
		nums[i] = r.num
	}
	return nums
}

// token is where the next page goes on.
func (r ranked) token() string {
	return strconv.FormatInt(r.decision, 10) + "." + strconv.FormatInt(r.score, 10) + "." + r.id
}

func (a arm) after(token string) (sqldb.Condition, error) {
	if token == "" {
		return sqldb.Condition{}, nil
	}
	parts := strings.SplitN(token, ".", 3)
	if len(parts) != 3 {
		return sqldb.Condition{}, badToken(token)
	}
	decision, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil {
		return sqldb.Condition{}, badToken(token)
	}
	score, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return sqldb.Condition{}, badToken(token)
	}
	return sqldb.Condition{
		SQL:  " AND " + a.decision + " <= ? AND (" + a.decision + " < ? OR " + a.score + " < ? OR (" + a.score + " = ? AND e.id > ?))",
		Args: []any{decision, decision, score, score, parts[2]},
	}, nil
}

func badToken(token string) error {
	return fault.New(fault.Invalid, "%q is not where a page of this list ended", token).WithHint("give the next of the page before")
}

// purlTerm finds a locus by its whole purl, with or without version, by the
// beginning of it, or by a part of it.
func (f exposureFilter) purlTerm(value string) sqldb.Condition {
	c := sqldb.Contains("purl", value)
	if locus := twin.Locus(value); locus != "" {
		c = sqldb.Condition{SQL: "purl = ? OR substr(purl, 1, ?) = ?", Args: []any{locus, len([]rune(locus)), locus}}
		if strings.HasSuffix(value, "/") {
			c.Args = []any{locus, len([]rune(locus)) + 1, locus + "/"}
		}
	}
	c.SQL = "e.locus IN (SELECT id FROM locus WHERE " + c.SQL + ")"
	if version := twin.PurlVersion(value); version != "" {
		body := f.bodyTerm(`"version":"` + version + `"`)
		if plain, err := url.PathUnescape(version); err == nil && plain != version {
			or := f.bodyTerm(`"version":"` + plain + `"`)
			body = sqldb.Condition{SQL: "(" + body.SQL + " OR " + or.SQL + ")", Args: append(body.Args, or.Args...)}
		}
		c = sqldb.Condition{SQL: c.SQL + " AND " + body.SQL, Args: append(c.Args, body.Args...)}
	}
	return c
}

// bodyTerm finds what an exposure's words mention: an image or a digest.
func (f exposureFilter) bodyTerm(value string) sqldb.Condition {
	c := sqldb.Contains("b.body", value)
	c.SQL = "EXISTS (SELECT 1 FROM exposure_body b WHERE b.exposure = e.num AND b.hash = " + f.row + ".body AND " + c.SQL + ")"
	return c
}

// freeText finds a text in what identifies an exposure, ignoring case. What it
// names is looked up first: mostly it is few things of one kind, which have an
// index, and not something to be asked of each row.
func (f exposureFilter) freeText(value string) (sqldb.Condition, error) {
	all := sqldb.Condition{SQL: "e.id = ?", Args: []any{strings.ToUpper(value)}}
	low := strings.ToLower(value)
	for _, part := range []struct{ column, query, text string }{
		{"e.place", "SELECT id FROM place WHERE ", "lower(service || ' ' || environment)"},
		{"e.locus", "SELECT id FROM locus WHERE ", "lower(purl)"},
		{"e.weakness", "SELECT weakness FROM weakness_name WHERE ", "lower(name)"},
	} {
		c := sqldb.Contains(part.text, low)
		var ids []int64
		if err := f.Query(part.query+c.SQL+" LIMIT "+strconv.Itoa(sqldb.Chunk), sqldb.AppendID(&ids), c.Args...); err != nil {
			return all, err
		}
		switch len(ids) {
		case 0:
			continue
		case sqldb.Chunk: // there may be more of them
			all.SQL += " OR " + part.column + " IN (" + part.query + c.SQL + ")"
			all.Args = append(all.Args, c.Args...)
			continue
		}
		all.SQL += " OR " + part.column + " IN " + sqldb.Tuples(1, len(ids))
		all.Args = append(all.Args, sqldb.Anys(ids)...)
	}
	return all, nil
}

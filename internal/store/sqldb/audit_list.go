package sqldb

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// AuditLog lists the entries of the log that a query asks for, newest first.
func (db *DB) AuditLog(ctx context.Context, q ctem.AuditQuery) (page ctem.AuditPage, err error) {
	where, args := auditWhere(q)
	before, err := auditAfter(q.After)
	if err != nil {
		return page, err
	}
	limit := Forever
	if q.Limit > 0 {
		limit = int64(q.Limit) + 1 // one more tells whether a page follows
	}
	err = db.Read(ctx, func(t *Tx) error {
		page = ctem.AuditPage{}
		if _, err := t.Get(`SELECT COUNT(*) FROM audit WHERE `+where, args, &page.Total); err != nil {
			return err
		}
		return t.Query(`SELECT seq, at, actor, verb, object, detail, prev, hash FROM audit WHERE `+where+` AND seq < ? ORDER BY seq DESC LIMIT ?`,
			func(r Scanner) error {
				e, _, err := scanAudit(r)
				page.Items = append(page.Items, e)
				return err
			}, append(args[:len(args):len(args)], before, limit)...)
	})
	if err == nil && q.Limit > 0 && len(page.Items) > q.Limit {
		page.Items = page.Items[:q.Limit]
		page.Next = strconv.FormatInt(page.Items[q.Limit-1].Seq, 10)
	}
	return page, err
}

// auditAfter is the number that a page begins below.
func auditAfter(after string) (int64, error) {
	if after == "" {
		return Forever, nil
	}
	seq, err := strconv.ParseInt(after, 10, 64)
	if err != nil || seq < 1 {
		return 0, fault.New(fault.Invalid, "no page of the audit log goes on after %q", after).WithHint("give the next of the page before, as it was")
	}
	return seq, nil
}

func auditWhere(q ctem.AuditQuery) (string, []any) {
	parts, args := []string{"1 = 1"}, []any{}
	add := func(asked bool, sql string, values ...any) {
		if asked {
			parts, args = append(parts, sql), append(args, values...)
		}
	}
	object := Contains("object", q.Object)
	add(q.Actor != "", "actor = ?", q.Actor)
	add(q.Verb != "", "(verb = ? OR substr(verb, 1, ?) = ?)", q.Verb, utf8.RuneCountInString(q.Verb)+1, q.Verb+" ")
	add(q.Object != "", object.SQL, object.Args...)
	add(!q.From.IsZero(), "at >= ?", Micros(q.From))
	add(!q.To.IsZero(), "at < ?", Micros(q.To.Truncate(time.Microsecond)))
	return strings.Join(parts, " AND "), args
}

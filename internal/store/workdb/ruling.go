package workdb

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// AppendRulings writes what people decided and what the log says of it, all or
// nothing. Each says after which ruling on its exposure it was made: when another
// one has come between, nothing is written.
func (db *Store) AppendRulings(ctx context.Context, list []ctem.Ruling, log []ctem.AuditEntry, now time.Time) (out []ctem.Ruling, err error) {
	if len(list) == 0 {
		return nil, nil
	}
	err = db.write(ctx, func(t *tx) error {
		first, at, err := t.Number(ctem.StreamRuling, len(list), now)
		if err != nil {
			return err
		}
		out = make([]ctem.Ruling, len(list))
		args := make([]any, 0, 13*len(list))
		for i, r := range list {
			if err := t.follows(r); err != nil {
				return err
			}
			r.Seq, r.At = first+int64(i), sqldb.FromMicros(at)
			out[i] = r
			args = append(args, r.Seq, r.Num, at, sqldb.Micros(r.Until), sqldb.WordCode(r.Word), sqldb.WordCode(r.Computed), r.Answers, r.Undoes,
				string(r.Kind), r.Owner, r.Reason, r.By, r.ApprovedBy)
		}
		if err := t.Insert(`INSERT INTO ruling (seq, exposure, at, until, word, computed, answers, undoes, kind, owner, reason, by_whom, approved_by) VALUES`, 13, args, ""); err != nil {
			return err
		}
		return sqldb.AppendAudit(t.Tx, log...)
	})
	return out, err
}

// follows reports a ruling that was made without knowing the newest one.
func (t *tx) follows(r ctem.Ruling) error {
	var newest int64
	if _, err := t.Get(`SELECT seq FROM ruling WHERE exposure = ? ORDER BY seq DESC LIMIT 1`, []any{r.Num}, &newest); err != nil {
		return err
	}
	if newest != r.After {
		return fault.New(fault.Conflict, "somebody else has just decided about %s", r.Exposure).WithHint("look at it again, then decide")
	}
	return nil
}

// Rulings returns what people decided about exposures, in their order, as far
// as it had been said at the time asked for.
func (db *Store) Rulings(ctx context.Context, nums []int64, at ctem.AsOf) (out map[int64][]ctem.Ruling, err error) {
	until := sqldb.Forever
	if !at.At.IsZero() || !at.KnownAt.IsZero() {
		until = sqldb.KnownMicros(at.Time())
	}
	if !at.KnownAt.IsZero() {
		until = min(until, sqldb.KnownMicros(at.KnownAt))
	}
	out = map[int64][]ctem.Ruling{}
	return out, db.read(ctx, func(t *tx) error {
		return t.In(`SELECT r.seq, r.exposure, e.id, r.at, r.until, r.word, r.computed, r.answers, r.undoes, r.kind, r.owner, r.reason, r.by_whom, r.approved_by
			FROM ruling r JOIN exposure e ON e.num = r.exposure WHERE r.exposure IN (?*) AND r.at <= ? ORDER BY r.exposure, r.seq`,
			sqldb.Anys(nums), func(rows sqldb.Scanner) error {
				r, err := scanRuling(rows)
				if n := len(out[r.Num]); n > 0 {
					r.After = out[r.Num][n-1].Seq
				}
				out[r.Num] = append(out[r.Num], r)
				return err
			}, until)
	})
}

func scanRuling(rows sqldb.Scanner) (r ctem.Ruling, err error) {
	var at, until, word, computed int64
	err = rows.Scan(&r.Seq, &r.Num, &r.Exposure, &at, &until, &word, &computed, &r.Answers, &r.Undoes, &r.Kind, &r.Owner, &r.Reason, &r.By, &r.ApprovedBy)
	r.At, r.Until = sqldb.FromMicros(at), sqldb.FromMicros(until)
	r.Word, r.Computed = sqldb.WordOf(word), sqldb.WordOf(computed)
	return r, err
}

// RulingChanges returns the exposures that rulings after a number are about,
// and the last number read.
func (db *Store) RulingChanges(ctx context.Context, after int64, limit int) (nums []int64, last int64, err error) {
	last = after
	err = db.read(ctx, func(t *tx) error {
		return t.Query(`SELECT seq, exposure FROM ruling WHERE seq > ? ORDER BY seq LIMIT ?`, func(rows sqldb.Scanner) error {
			var num int64
			err := rows.Scan(&last, &num)
			nums = append(nums, num)
			return err
		}, after, limit)
	})
	return nums, last, err
}

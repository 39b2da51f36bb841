package sqldb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
)

// Audit appends an entry to the hash-chained log of mutations. Each entry's
// hash covers its fields and the hash before it, so that a changed, removed or
// reordered entry breaks the chain from there on.
func (db *DB) Audit(ctx context.Context, e ctem.AuditEntry) error {
	return db.Write(ctx, func(t *Tx) error { return AppendAudit(t, e) })
}

// AppendAudit appends entries in a transaction that does what they tell of: both
// are written, or neither. All have the time of the first.
func AppendAudit(t *Tx, list ...ctem.AuditEntry) error {
	if len(list) == 0 {
		return nil
	}
	first, at, err := t.Number(ctem.StreamAudit, len(list), list[0].At)
	if err != nil {
		return err
	}
	var prev string
	if _, err := t.Get(`SELECT hash FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT 1`, []any{first}, &prev); err != nil {
		return err
	}
	args := make([]any, 0, 8*len(list))
	for i, e := range list {
		e.Seq, e.At, e.Prev = first+int64(i), FromMicros(at), prev
		prev = auditHash(e)
		args = append(args, e.Seq, at, e.Actor, e.Verb, e.Object, e.Detail, e.Prev, prev)
	}
	return t.Insert(`INSERT INTO audit (seq, at, actor, verb, object, detail, prev, hash) VALUES`, 8, args, "")
}

// LockAudit takes the log's lock ahead of others, for transactions that would
// otherwise wait for each other in a circle.
func LockAudit(t *Tx) error {
	_, err := t.Exec(`UPDATE stream SET seq = seq WHERE name = 'audit'`)
	return err
}

// auditHash covers every field; lengths keep two fields from running together.
func auditHash(e ctem.AuditEntry) string {
	var b strings.Builder
	for _, f := range []string{fmt.Sprint(e.Seq), fmt.Sprint(Micros(e.At)), e.Actor, e.Verb, e.Object, e.Detail, e.Prev} {
		fmt.Fprintf(&b, "%d:%s", len(f), f)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}

// VerifyAudit walks the chain and returns how many entries hold. The first one
// that does not is returned as broken with the reason; the head's hash lets a
// copy kept elsewhere prove that nothing was cut off the end.
func (db *DB) VerifyAudit(ctx context.Context) (v ctem.AuditVerdict, err error) {
	err = db.Read(ctx, func(t *Tx) error {
		v = ctem.AuditVerdict{}
		var last int64
		if _, err := t.Get(`SELECT seq FROM stream WHERE name = 'audit'`, nil, &last); err != nil {
			return err
		}
		err := t.Query(`SELECT seq, at, actor, verb, object, detail, prev, hash FROM audit ORDER BY seq`, func(r Scanner) error {
			e, hash, err := scanAudit(r)
			if err != nil || v.Broken != 0 {
				return err
			}
			return chain(&v, e, hash)
		})
		if err == nil && v.Broken == 0 && v.Last != last {
			v.Broken, v.Reason = last, fmt.Sprintf("the log ends at entry %d, but %d were written", v.Last, last)
		}
		return err
	})
	return v, err
}

func scanAudit(r Scanner) (e ctem.AuditEntry, hash string, err error) {
	var at int64
	err = r.Scan(&e.Seq, &at, &e.Actor, &e.Verb, &e.Object, &e.Detail, &e.Prev, &hash)
	e.At = FromMicros(at)
	return e, hash, err
}

func chain(v *ctem.AuditVerdict, e ctem.AuditEntry, hash string) error {
	switch {
	case e.Seq != v.Last+1:
		v.Broken, v.Reason = e.Seq, fmt.Sprintf("entry %d is followed by %d", v.Last, e.Seq)
	case e.Prev != v.Head:
		v.Broken, v.Reason = e.Seq, "it does not follow the entry before it"
	case auditHash(e) != hash:
		v.Broken, v.Reason = e.Seq, "its contents do not match its hash"
	default:
		v.Entries, v.Last, v.Head = v.Entries+1, e.Seq, hash
	}
	return nil
}

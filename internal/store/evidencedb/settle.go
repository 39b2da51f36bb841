package evidencedb

import (
	"fmt"
	"slices"

	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// settlement decides about rows whose keys are taken.
type settlement struct{ *tx }

// settle finds out, for rows of which some had a key that was taken, which
// these are, and whether they say the same as the evidence that has the key.
func (t settlement) settle(rows []*evidenceRow, at int64) error {
	counted, timed := map[[3]int64]*evidenceRow{}, map[[3]int64]*evidenceRow{}
	if err := t.holders(rows, counted, timed); err != nil {
		return err
	}
	for _, r := range rows {
		key, m := r.key(), timed
		if r.SourceSeq > 0 {
			m = counted
		}
		holder := m[key]
		if holder == nil {
			return fmt.Errorf("evidence %d of %s was neither written nor is its key taken", r.Seq, where(&r.Observation))
		}
		if holder.Seq == r.Seq {
			continue
		}
		if sameContent(&holder.Observation, &r.Observation) {
			r.known = true
			continue
		}
		r.refused = fmt.Sprintf("evidence %d has the same key and other content: a forged replay", holder.Seq)
		if err := t.reject(r, holder.Seq, at); err != nil {
			return err
		}
	}
	return nil
}

// key is the natural key of the index that the row stands in.
func (r *evidenceRow) key() [3]int64 {
	if r.SourceSeq > 0 {
		return [3]int64{r.watch, r.Epoch, r.SourceSeq}
	}
	return [3]int64{r.watch, sqldb.Micros(r.ObservedAt), r.ident}
}

const holderColumns = `SELECT e.seq, e.watch, e.kind, e.class, e.media, e.subject, e.ref, e.epoch, e.source_seq, e.snapshot, e.members,
	e.observed, e.ident, e.hash FROM k CROSS JOIN evidence e `

// holders reads the evidence that has the rows' keys.
func (t settlement) holders(rows []*evidenceRow, counted, timed map[[3]int64]*evidenceRow) error {
	for part := range slices.Chunk(rows, sqldb.Chunk) {
		var withSeq, without []any
		for _, r := range part {
			k := r.key()
			if r.SourceSeq > 0 {
				withSeq = append(withSeq, k[0], k[1], k[2])
				continue
			}
			without = append(without, k[0], k[1], k[2])
		}
		if err := t.holdersBy(`WHERE e.source_seq > 0 AND e.watch = k.a AND e.epoch = k.b AND e.source_seq = k.c`, withSeq, counted); err != nil {
			return err
		}
		if err := t.holdersBy(`WHERE e.source_seq = 0 AND e.watch = k.a AND e.observed = k.b AND e.ident = k.c`, without, timed); err != nil {
			return err
		}
	}
	return nil
}

func (t settlement) holdersBy(where string, keys []any, into map[[3]int64]*evidenceRow) error {
	return t.ByKeys("iii", holderColumns+where, keys, func(r sqldb.Scanner) error {
		var e evidenceRow
		var observed int64
		err := r.Scan(&e.Seq, &e.watch, &e.Kind, &e.Class, &e.Media, &e.Subject, &e.Ref, &e.Epoch, &e.SourceSeq, &e.Snapshot, &e.Count,
			&observed, &e.ident, &e.Hash)
		e.ObservedAt = sqldb.FromMicros(observed)
		into[e.key()] = &e
		return err
	})
}

// sameContent compares everything that a source says; the number, the record
// time and the expected interval are not part of it. Nor is the time of what has
// a sequence: what an agent's clock is off is taken off its times, and is not the
// same to the microsecond when a batch is sent again.
func sameContent(a, b *twin.Observation) bool {
	return a.Kind == b.Kind && a.Class == b.Class && a.Media == b.Media && a.Subject == b.Subject && a.Ref == b.Ref &&
		a.Snapshot == b.Snapshot && a.Count == b.Count && a.Hash == b.Hash &&
		(a.SourceSeq > 0 || a.ObservedAt.UnixMicro() == b.ObservedAt.UnixMicro())
}

// reject keeps a forged replay to be shown, once however often it is sent.
func (t settlement) reject(r *evidenceRow, holder, at int64) error {
	id, err := t.IDs("evidence_rejected", 1)
	if err != nil {
		return err
	}
	_, err = t.Exec(`INSERT INTO evidence_rejected (id, watch, holds, subject, observed, recorded, hash, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`, id, r.watch, holder, r.Subject, sqldb.Micros(r.ObservedAt), at, r.Hash, r.refused)
	return err
}

package evidencedb

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// Append writes observations to the evidence stream. It returns after a
// durable commit, which concurrent callers share. An observation that is
// already there counts as unchanged; one with the key of another and other
// content is a forged replay: rejected, and kept to be shown.
func (db *Store) Append(ctx context.Context, list []twin.Observation, now time.Time) (twin.Appended, error) {
	r := &appendRequest{now: now, done: make(chan struct{})}
	for i := range list {
		if reason := unfit(&list[i]); reason != "" {
			r.did.Rejected = append(r.did.Rejected, twin.Rejection{Where: where(&list[i]), Reason: reason})
			continue
		}
		r.rows = append(r.rows, evidenceRow{Observation: list[i], ident: ident(&list[i])})
	}
	if len(r.rows) == 0 {
		return r.did, nil
	}
	return db.appends.do(ctx, r, db.appendTogether)
}

// where names an observation for the person who sent it.
func where(o *twin.Observation) string {
	s := o.Source + " " + o.Scope
	if o.Subject != "" {
		s += " " + o.Subject
	}
	if o.SourceSeq > 0 {
		s += fmt.Sprintf(" (epoch %d, sequence %d)", o.Epoch, o.SourceSeq)
	}
	return s
}

// maxName bounds the names in a row: far above any real one.
const maxName = 4096

// unfit says why an observation cannot be stored, or "".
func unfit(o *twin.Observation) string {
	mark := o.Kind == twin.Marker || o.Kind == twin.Repeat
	switch {
	case o.Source == "" || o.Scope == "":
		return "it has no source or no scope"
	case o.ObservedAt.IsZero():
		return "it does not say when it was observed"
	case mark != (o.Subject == ""):
		return "a marker has no subject, and all else has one"
	case mark && (o.Snapshot == "" || o.Count < 0):
		return "a marker needs the snapshot it ends and the number of its members"
	case max(len(o.Source), len(o.Scope), len(o.Subject), len(o.Ref), len(o.Snapshot)) > maxName:
		return fmt.Sprintf("a name in it is longer than %d bytes", maxName)
	case o.SourceSeq < 0 || o.Epoch < 0:
		return "its epoch or sequence is negative"
	case o.Class != twin.Declared && o.Class != twin.Observed && o.Class != twin.Content && o.Class != twin.Detected:
		return fmt.Sprintf("%q is no class of evidence", o.Class)
	}
	return unfitBody(o)
}

func unfitBody(o *twin.Observation) string {
	switch o.Kind {
	case twin.Member, twin.Delta:
		if o.Media != twin.MediaSBOM && o.Media != twin.MediaWorkload && o.Media != twin.MediaResource && o.Media != twin.MediaDetection {
			return fmt.Sprintf("%q is no kind of body", o.Media)
		}
		if o.Body == nil || o.Hash != twin.HashBytes(o.Body) {
			return "its hash is not that of its body"
		}
		return ""
	case twin.Marker, twin.Repeat, twin.Tombstone:
		if o.Body != nil {
			return "a marker and a tombstone have no body"
		}
		return ""
	case twin.Heartbeat: // it moves the coverage (see Store.Heartbeat), and is no row
	}
	return fmt.Sprintf("%q is no kind of evidence that is stored", o.Kind)
}

// evidenceRow is an observation on its way into the table.
type evidenceRow struct {
	twin.Observation
	watch, ident int64
	known        bool   // it was there before: nothing is written
	still        bool   // it says what the newest said: written, for late evidence may fall between
	refused      string // why it is a forged replay
}

func (r *evidenceRow) written() bool { return !r.known && r.refused == "" }

func (r *evidenceRow) reset() { r.known, r.still, r.refused = false, false, "" }

// ident is the natural key of an observation without a sequence, within its
// watch and time. A member belongs to its snapshot: the same state may be a
// member of two that speak of one moment.
func ident(o *twin.Observation) int64 {
	h := sha256.New()
	snapshot := o.Snapshot
	if o.Kind == twin.Repeat {
		snapshot = "" // it is known by what it repeats
	}
	for _, s := range []string{string(o.Kind), o.Subject, snapshot, o.Hash} {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	return first8(h.Sum(nil))
}

func first8(sum []byte) int64 {
	return int64(binary.BigEndian.Uint64(sum)) // any 64 bits will do
}

// errAllKnown ends a transaction in which nothing was new: it is rolled back,
// so that a rerun leaves no trace, not even used numbers.
var errAllKnown = errors.New("all of it is there already")

// appendTogether writes the rows of several callers in one transaction.
func (db *Store) appendTogether(ctx context.Context, reqs []*appendRequest) error {
	var rows []*evidenceRow
	now := reqs[0].now
	for _, r := range reqs {
		if r.now.After(now) {
			now = r.now
		}
	}
	err := db.write(ctx, func(t *tx) error {
		rows = rows[:0]
		for _, r := range reqs {
			for i := range r.rows {
				r.rows[i].reset()
				rows = append(rows, &r.rows[i])
			}
		}
		if err := t.putBodies(rows, now); err != nil {
			return err
		}
		first, at, err := t.Number(ctem.StreamEvidence, len(rows), now)
		if err != nil {
			return err
		}
		if err := t.appendRows(rows, first, at); err != nil {
			return err
		}
		return giveBack(t, first)
	})
	if err != nil && !errors.Is(err, errAllKnown) {
		return err
	}
	if err == nil {
		db.appends.remember(rows)
	}
	for _, r := range reqs {
		r.account()
	}
	return nil
}

// appendRows writes rows under the stream's lock and everything that follows
// from them: rejections, heads, coverage.
func (t *tx) appendRows(rows []*evidenceRow, first, at int64) error {
	if err := t.watches(rows); err != nil {
		return err
	}
	for i, r := range rows {
		r.Seq, r.RecordedAt = first+int64(i), sqldb.FromMicros(at)
	}
	n, err := t.insertEvidence(rows, at)
	if err != nil {
		return err
	}
	if n < int64(len(rows)) {
		if err := (settlement{t}).settle(rows, at); err != nil {
			return err
		}
	}
	fresh := slices.DeleteFunc(slices.Clone(rows), func(r *evidenceRow) bool { return !r.written() })
	if len(fresh) == 0 && !slices.ContainsFunc(rows, func(r *evidenceRow) bool { return r.refused != "" }) {
		return errAllKnown
	}
	if err := (coverage{t}).cover(fresh); err != nil {
		return err
	}
	return t.moveHeads(fresh)
}

func (t *tx) insertEvidence(rows []*evidenceRow, at int64) (written int64, err error) {
	const head = `INSERT INTO evidence (seq, watch, kind, class, media, subject, ref, epoch, source_seq, snapshot, members,
		observed, recorded, every, ident, hash) VALUES `
	const width = 16
	args := make([]any, 0, min(len(rows), sqldb.Chunk)*width)
	for part := range slices.Chunk(rows, sqldb.Chunk) {
		args = args[:0]
		for _, r := range part {
			args = append(args, r.Seq, r.watch, string(r.Kind), string(r.Class), string(r.Media), r.Subject, r.Ref, r.Epoch, r.SourceSeq,
				r.Snapshot, r.Count, sqldb.Micros(r.ObservedAt), at, r.Every.Microseconds(), r.ident, r.Hash)
		}
		n, err := t.Exec(head+sqldb.Tuples(len(part), width)+` ON CONFLICT DO NOTHING`, args...)
		if err != nil {
			return written, err
		}
		written += n
	}
	return written, nil
}

// watches gives each row the id of its source and scope, new where needed. The
// stream's lock is held, so no other append makes the same one.
func (t *tx) watches(rows []*evidenceRow) error {
	known := map[[2]string]int64{}
	var names []any
	for _, r := range rows {
		key := [2]string{r.Source, r.Scope}
		if _, ok := known[key]; ok {
			continue
		}
		if known[key] = t.db.appends.watchID(key); known[key] == 0 {
			names = append(names, r.Source, r.Scope)
		}
	}
	err := t.ByKeys("tt", `SELECT w.id, w.source, w.scope FROM k CROSS JOIN watch w WHERE w.source = k.a AND w.scope = k.b`, names,
		func(r sqldb.Scanner) error {
			var id int64
			var key [2]string
			err := r.Scan(&id, &key[0], &key[1])
			known[key] = id
			return err
		})
	if err != nil {
		return err
	}
	for _, r := range rows {
		key := [2]string{r.Source, r.Scope}
		if known[key] == 0 {
			id, err := t.newWatch(r.Source, r.Scope)
			if err != nil {
				return err
			}
			known[key] = id
		}
		r.watch = known[key]
	}
	return nil
}

func (t *tx) newWatch(source, scope string) (id int64, err error) {
	if id, err = t.IDs("watch", 1); err != nil {
		return 0, err
	}
	_, err = t.Exec(`INSERT INTO watch (id, source, scope) VALUES (?, ?, ?)`, id, source, scope)
	return id, err
}

// moveHeads remembers the newest snapshot of each watch and the newest SBOM of
// each artifact. An SBOM that says what the newest said is unchanged, though
// its row stays: late evidence may fall between the two.
func (t *tx) moveHeads(rows []*evidenceRow) error {
	heads := slices.DeleteFunc(slices.Clone(rows), func(r *evidenceRow) bool {
		return r.Subject != "" && (r.Media != twin.MediaSBOM || r.Kind != twin.Delta)
	})
	slices.SortStableFunc(heads, func(a, b *evidenceRow) int { return a.ObservedAt.Compare(b.ObservedAt) })
	for _, r := range heads {
		h, err := t.head(r.watch, r.Subject)
		if err != nil {
			return err
		}
		if h.observed > sqldb.Micros(r.ObservedAt) {
			continue
		}
		r.still = r.Subject != "" && h.hash == r.Hash
		if err := t.setHead(r.watch, r.Subject, &r.Observation); err != nil {
			return err
		}
	}
	return nil
}

// evidenceHead is the newest snapshot of a watch, or SBOM of an artifact.
type evidenceHead struct {
	observed              int64
	hash, class, snapshot string
}

func (t *tx) head(watch int64, subject string) (h evidenceHead, err error) {
	_, err = t.Get(`SELECT observed, hash, class, snapshot FROM evidence_head WHERE watch = ? AND subject = ?`, []any{watch, subject},
		&h.observed, &h.hash, &h.class, &h.snapshot)
	return h, err
}

func (t *tx) setHead(watch int64, subject string, o *twin.Observation) error {
	_, err := t.Exec(`INSERT INTO evidence_head (watch, subject, observed, hash, class, snapshot) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (watch, subject) DO UPDATE SET observed = excluded.observed, hash = excluded.hash,
			class = excluded.class, snapshot = excluded.snapshot`,
		watch, subject, sqldb.Micros(o.ObservedAt), o.Hash, string(o.Class), o.Snapshot)
	return err
}

// sortedByHash returns the distinct bodies of rows in the order of their hash,
// so that two appends never wait for each other crosswise.
func sortedByHash(rows []*evidenceRow) []*evidenceRow {
	var out []*evidenceRow
	for _, r := range rows {
		if r.Body != nil {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b *evidenceRow) int { return cmp.Compare(a.Hash, b.Hash) })
	return slices.CompactFunc(out, func(a, b *evidenceRow) bool { return a.Hash == b.Hash })
}

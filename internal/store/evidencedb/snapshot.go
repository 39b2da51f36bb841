package evidencedb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// AppendSnapshot writes complete states of scopes: members, then a marker with
// their count. Under the stream's lock it decides for each whether it is new,
// a repeat of the newest one (one row, and the coverage moves), or already
// there (nothing is written).
func (db *Store) AppendSnapshot(ctx context.Context, list []twin.Snapshot, now time.Time) ([]twin.Appended, error) {
	drafts := make([]*draft, len(list))
	for i := range list {
		drafts[i] = newDraft(&list[i])
	}
	err := db.write(ctx, func(t *tx) error { return t.appendDrafts(drafts, now) })
	if err != nil && !errors.Is(err, errAllKnown) {
		return nil, fmt.Errorf("append %d snapshots: %w", len(list), err)
	}
	out := make([]twin.Appended, len(drafts))
	for i, d := range drafts {
		out[i] = d.did()
	}
	return out, nil
}

func (t *tx) appendDrafts(drafts []*draft, now time.Time) error {
	var rows []*evidenceRow
	for _, d := range drafts {
		if err := t.recognise(d); err != nil {
			return err
		}
		if !d.known {
			rows = append(rows, d.rows...)
		}
	}
	if len(rows) == 0 {
		return errAllKnown
	}
	if err := t.putBodies(rows, now); err != nil {
		return err
	}
	first, at, err := t.Number(ctem.StreamEvidence, len(rows), now)
	if err != nil {
		return err
	}
	next := first
	for _, d := range drafts {
		if d.known {
			continue
		}
		if err := t.appendDraft(d, next, at); err != nil && !errors.Is(err, errAllKnown) {
			return err
		}
		next += int64(len(d.rows))
	}
	return giveBack(t, first)
}

// giveBack gives the numbers from first on back that no row took, as long as the
// stream's lock is held: a repeat takes one row where its members had numbers. A
// head that no row has would look like evidence that is never read.
func giveBack(t *tx, first int64) error {
	_, err := t.Exec(`UPDATE stream SET seq = COALESCE((SELECT MAX(seq) FROM evidence WHERE seq >= ?), ?) WHERE name = ?`,
		first, first-1, string(ctem.StreamEvidence))
	return err
}

// draft is a snapshot on its way into the stream: the rows of its members,
// and the marker last.
type draft struct {
	rows    []*evidenceRow
	refused []twin.Rejection // any of them refuses the whole snapshot
	known   bool             // it is there already: nothing is written
	still   bool             // it repeats the newest: one row
	last    int64
}

// newDraft fills in what all members share. The snapshot's id follows from its
// source, scope, time and content, so that a rerun makes the same rows.
func newDraft(s *twin.Snapshot) *draft {
	d := &draft{}
	members := d.distinct(s)
	hash := contentHash(s.Class, members)
	id := twin.HashBytes([]byte(strings.Join([]string{s.Source, s.Scope, s.ObservedAt.UTC().Format(time.RFC3339Nano), hash}, "\x00")))[:16]
	for _, o := range members {
		o.Source, o.Scope, o.Class, o.Kind, o.Snapshot, o.Every = s.Source, s.Scope, s.Class, twin.Member, id, s.Every
		if o.ObservedAt.IsZero() {
			o.ObservedAt = s.ObservedAt
		}
		reason := unfit(&o)
		if reason == "" && o.ObservedAt.After(s.ObservedAt) {
			reason = "it was observed after the snapshot that it is a member of"
		}
		d.add(o, reason)
	}
	marker := twin.Observation{
		Source: s.Source, Scope: s.Scope, Class: s.Class, Kind: twin.Marker, Snapshot: id, Hash: hash,
		Count: len(members), ObservedAt: s.ObservedAt, Every: s.Every,
	}
	d.add(marker, unfit(&marker))
	if len(d.refused) > 0 {
		d.rows = nil
	}
	return d
}

func (d *draft) add(o twin.Observation, reason string) {
	if reason != "" {
		d.refused = append(d.refused, twin.Rejection{Where: where(&o), Reason: reason})
		return
	}
	d.rows = append(d.rows, &evidenceRow{Observation: o, ident: ident(&o)})
}

func (d *draft) marker() *evidenceRow { return d.rows[len(d.rows)-1] }

// distinct leaves out a member that is said twice, and refuses two that say
// different things of one subject.
func (d *draft) distinct(s *twin.Snapshot) []twin.Observation {
	out := make([]twin.Observation, 0, len(s.Members))
	said := make(map[string]string, len(s.Members))
	for _, o := range s.Members {
		hash, twice := said[o.Subject]
		if !twice {
			said[o.Subject] = o.Hash
			out = append(out, o)
			continue
		}
		if hash != o.Hash {
			o.Source, o.Scope = s.Source, s.Scope
			d.refused = append(d.refused, twin.Rejection{Where: where(&o), Reason: "two members of the snapshot differ about it"})
		}
	}
	return out
}

// contentHash covers class, subjects and bodies, in no particular order.
func contentHash(class twin.Class, members []twin.Observation) string {
	lines := make([]string, 0, len(members))
	for i := range members {
		lines = append(lines, members[i].Subject+"\x00"+members[i].Hash)
	}
	slices.Sort(lines)
	h := sha256.New()
	_, _ = io.WriteString(h, string(class)+"\n"+strings.Join(lines, "\n")) // a hash never fails
	return hex.EncodeToString(h.Sum(nil))
}

// recognise finds out, without the lock, whether a snapshot is there already:
// evidence never goes away again.
func (t *tx) recognise(d *draft) error {
	d.known, d.still, d.last = len(d.refused) > 0, false, 0
	if d.known {
		return nil
	}
	for _, r := range d.rows {
		r.reset()
	}
	m := d.marker()
	found, err := t.Get(`SELECT id FROM watch WHERE source = ? AND scope = ?`, []any{m.Source, m.Scope}, &m.watch)
	if err != nil || !found {
		return err
	}
	d.known, err = t.alreadyThere(m)
	return err
}

// appendDraft decides under the lock what a snapshot is, and writes that.
func (t *tx) appendDraft(d *draft, first, at int64) error {
	m := d.marker()
	if err := t.watches([]*evidenceRow{m}); err != nil {
		return err
	}
	var err error
	if d.known, err = t.alreadyThere(m); err != nil || d.known {
		return err
	}
	head, err := t.head(m.watch, "")
	if err != nil {
		return err
	}
	rows := d.rows
	if head.hash == m.Hash && head.observed < sqldb.Micros(m.ObservedAt) {
		d.still = true
		rows = []*evidenceRow{repeatOf(m, head.snapshot)}
	}
	d.last = first + int64(len(rows)) - 1
	return t.appendRows(rows, first, at)
}

// repeatOf turns a marker into one whose membership is the earlier snapshot's.
func repeatOf(m *evidenceRow, base string) *evidenceRow {
	o := m.Observation
	o.Kind, o.Snapshot = twin.Repeat, base
	return &evidenceRow{Observation: o, ident: ident(&o), watch: m.watch}
}

// alreadyThere finds a marker or repeat of the same time and content.
func (t *tx) alreadyThere(m *evidenceRow) (bool, error) {
	var seq int64
	return t.Get(`SELECT seq FROM evidence WHERE source_seq = 0 AND watch = ? AND observed = ? AND ident IN (?, ?) LIMIT 1`,
		[]any{m.watch, sqldb.Micros(m.ObservedAt), m.ident, repeatOf(m, "").ident}, &seq)
}

// did is the receipt: it counts members; the marker counts only where it
// stands alone, for a scope that is empty.
func (d *draft) did() twin.Appended {
	if len(d.refused) > 0 {
		return twin.Appended{Rejected: d.refused}
	}
	out := twin.Appended{LastSeq: d.last}
	n := max(len(d.rows)-1, 1)
	if d.known || d.still {
		out.Unchanged = n
		return out
	}
	for _, r := range d.rows[:len(d.rows)-1] {
		switch {
		case r.refused != "":
			out.Rejected = append(out.Rejected, twin.Rejection{Where: where(&r.Observation), Reason: r.refused})
		case r.known || r.still:
			out.Unchanged++
		default:
			out.Accepted++
		}
	}
	if len(d.rows) == 1 {
		out.Accepted = 1
	}
	return out
}

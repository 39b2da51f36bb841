package inteldb

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// A change of the stream is told with what it was where somebody may want to hear
// of it: what it was can be seen only when it is stored, as the record is
// overwritten then.

// told is what a change was; the zero value is one that nobody is told of.
type told struct {
	did      advisory.Did
	detail   string
	feed     string
	said     time.Time
	from, to float64
}

const (
	insertChange = `INSERT INTO advisory_change (seq, kind, name, revision, recorded, did, detail, feed, said, was, score, exposures_at, decisions_at) VALUES`
	changeWidth  = 13
)

// teller writes changes of one commit.
type teller struct {
	first                bool // the feed has never been read to its end
	feed                 string
	exposures, decisions int64
	rows                 []any
}

// newTeller says how far what follows from the feed's changes is now.
func newTeller(t *sqldb.Tx, kind advisory.FeedKind, name string) (*teller, error) {
	w := &teller{feed: feedLabel(kind, name)}
	var loaded int64
	known, err := t.Get(`SELECT loaded FROM feed WHERE kind = ? AND name = ?`, []any{string(kind), name}, &loaded)
	if err != nil {
		return nil, err
	}
	w.first = !known
	err = t.Query(`SELECT name, recorded FROM stream WHERE name IN (?, ?)`, func(s sqldb.Scanner) error {
		var name string
		var at int64
		err := s.Scan(&name, &at)
		if name == string(ctem.StreamExposure) {
			w.exposures = at
			return err
		}
		w.decisions = at
		return err
	}, string(ctem.StreamExposure), string(ctem.StreamDecision))
	return w, err
}

// feedLabel names a feed in one word.
func feedLabel(kind advisory.FeedKind, name string) string {
	if name == "" {
		return string(kind)
	}
	return string(kind) + "/" + name
}

// changed is a change on its way into its row.
type changed struct {
	seq, at  int64
	kind     advisory.FeedKind
	name     string
	revision int64
}

func (w *teller) add(c changed, what told) {
	if what.did == "" {
		w.rows = append(w.rows, c.seq, string(c.kind), c.name, c.revision, c.at, "", "", "", 0, 0.0, 0.0, 0, 0)
		return
	}
	if w.first && (what.did == advisory.DidNew || what.did == advisory.DidAdded || what.did == advisory.DidPublished) {
		what.did = advisory.DidFirst
	}
	w.rows = append(w.rows, c.seq, string(c.kind), c.name, c.revision, c.at, string(what.did), what.detail,
		cmp.Or(what.feed, w.feed), sqldb.Micros(what.said), what.from, what.to, w.exposures, w.decisions)
}

func (w *teller) write(t *sqldb.Tx) error { return t.Insert(insertChange, changeWidth, w.rows, "") }

// differences says what a record says now that it did not say before.
func differences(was *advisory.Record, is *advisory.Record) told {
	if was == nil {
		if !is.Withdrawn.IsZero() {
			return told{}
		}
		return told{did: advisory.DidNew, said: is.Published}
	}
	switch {
	case was.Withdrawn.IsZero() && !is.Withdrawn.IsZero():
		if is.Rejected() {
			return told{did: advisory.DidWithdrawn, detail: "rejected by its numbering authority", said: is.Withdrawn}
		}
		return told{did: advisory.DidWithdrawn, said: is.Withdrawn}
	case !was.Withdrawn.IsZero() && is.Withdrawn.IsZero():
		return told{did: advisory.DidBack, detail: "its withdrawal was taken back", said: is.Modified}
	case !is.Withdrawn.IsZero():
		return told{}
	}
	var parts []string
	if !slices.EqualFunc(was.Affected, is.Affected, sameRange) {
		parts = append(parts, "range")
	}
	if !sameSeverity(was, is) {
		parts = append(parts, "severity")
	}
	if !sameNames(was, is) {
		parts = append(parts, "names")
	}
	if len(parts) == 0 {
		return told{}
	}
	return told{did: advisory.DidChanged, detail: strings.Join(parts, ", "), said: is.Modified}
}

func sameRange(a, b advisory.Affected) bool {
	return a.Ecosystem == b.Ecosystem && a.Release == b.Release && a.Name == b.Name && slices.Equal(a.Versions, b.Versions) &&
		slices.EqualFunc(a.Ranges, b.Ranges, func(x, y advisory.Range) bool {
			return x.Type == y.Type && x.Repo == y.Repo && slices.Equal(x.Events, y.Events)
		})
}

func sameSeverity(a, b *advisory.Record) bool {
	return slices.Equal(a.Severity, b.Severity) && slices.EqualFunc(a.Affected, b.Affected, func(x, y advisory.Affected) bool {
		return slices.Equal(x.Severity, y.Severity)
	})
}

func sameNames(a, b *advisory.Record) bool {
	sorted := func(list []string) []string { return slices.Sorted(slices.Values(list)) }
	return slices.Equal(sorted(a.Aliases), sorted(b.Aliases)) && slices.Equal(sorted(a.Upstream), sorted(b.Upstream))
}

// before reads the records that rows are about to replace, by number.
func (t *tx) before(rows []*advisoryRow) (map[int64]*advisory.Record, error) {
	var nums []any
	for _, r := range rows {
		if r.num != 0 {
			nums = append(nums, r.num)
		}
	}
	out := make(map[int64]*advisory.Record, len(nums))
	err := t.In(`SELECT num, doc FROM advisory_doc WHERE num IN (?*)`, nums, func(s sqldb.Scanner) error {
		var num int64
		var doc []byte
		if err := s.Scan(&num, &doc); err != nil {
			return err
		}
		if r, err := decodeRecord(doc); err == nil { // one that cannot be read is replaced, and nothing is told of it
			out[num] = &r
		}
		return nil
	})
	return out, err
}

// noteLoaded makes the end of reading a feed a change of its own, where anything
// changed since it was read before.
func (t *tx) noteLoaded(f advisory.Feed, w *teller) error {
	var before int64
	if _, err := t.Get(`SELECT COALESCE(MAX(seq), 0) FROM advisory_change WHERE kind = 'loaded' AND feed = ?`, []any{w.feed}, &before); err != nil {
		return err
	}
	var one int64
	moved, err := t.Get(`SELECT seq FROM advisory_change WHERE seq > ? AND feed = ? LIMIT 1`, []any{before, w.feed}, &one)
	if err != nil || !moved {
		return err
	}
	seq, at, err := t.Number(ctem.StreamAdvisory, 1, f.LoadedAt)
	if err != nil {
		return err
	}
	what := told{did: advisory.DidLoaded, said: f.DataTime}
	if w.first {
		what.detail = string(advisory.DidFirst)
	}
	w.add(changed{seq: seq, at: at, kind: advisory.FeedLoaded, name: w.feed}, what)
	return w.write(t.Tx)
}

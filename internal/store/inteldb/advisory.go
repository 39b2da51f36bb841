package inteldb

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sort"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// advisoryRow is a record on its way into its rows.
type advisoryRow struct {
	record   *advisory.Record
	doc      []byte
	hash     string
	num      int64
	revision int64
}

// known is what the store has of a record.
type known struct {
	num, revision, modified int64
	feed, hash              string
}

// CommitAdvisories stores a batch of one feed's records. A record that is as
// it was writes nothing; a changed one becomes a new revision and one row of
// the advisory stream. Where two feeds give the same record, the one that gave
// it first keeps it until the other has a newer one.
func (db *Store) CommitAdvisories(ctx context.Context, b advisory.Batch) (advisory.Committed, error) {
	rows := advisoryRows(b.Records)
	var done advisory.Committed
	var todo []*advisoryRow
	err := db.read(ctx, func(t *tx) (err error) {
		todo, done, err = t.compareAdvisories(b.Feed, rows)
		return err
	})
	if err != nil || len(todo) == 0 {
		return done, err
	}
	// Another writer may have been faster: compare again under the stream's lock.
	err = db.write(ctx, func(t *tx) error {
		seq, at, err := t.Number(ctem.StreamAdvisory, len(todo), b.Now)
		if err != nil {
			return err
		}
		left, again, err := t.compareAdvisories(b.Feed, todo)
		if err != nil {
			return err
		}
		done = advisory.Committed{
			New: again.New, Changed: again.Changed,
			Unchanged: len(rows) - len(left) - done.Older - again.Older, Older: done.Older + again.Older,
		}
		return t.writeAdvisories(b.Feed, left, seq, at)
	})
	return done, err
}

// advisoryRows encodes records; of those with the same id the newest is taken.
func advisoryRows(records []advisory.Record) []*advisoryRow {
	rows := make([]*advisoryRow, 0, len(records))
	at := make(map[string]int, len(records))
	for i := range records {
		r := &records[i]
		doc := encodeRecord(r)
		row := &advisoryRow{record: r, doc: doc, hash: twin.HashBytes(doc)}
		j, twice := at[r.ID]
		if !twice {
			at[r.ID] = len(rows)
			rows = append(rows, row)
			continue
		}
		if !r.Modified.Before(rows[j].record.Modified) {
			rows[j] = row
		}
	}
	return rows
}

// compareAdvisories returns the rows to write, with their revision, and the
// num of those that exist.
func (t *tx) compareAdvisories(feed string, rows []*advisoryRow) ([]*advisoryRow, advisory.Committed, error) {
	var done advisory.Committed
	have, err := t.knownAdvisories(rows)
	if err != nil {
		return nil, done, err
	}
	var todo []*advisoryRow
	for _, r := range rows {
		k, ok := have[r.record.ID]
		switch {
		case !ok:
			done.New++
		case k.hash == r.hash:
			done.Unchanged++
			continue
		case k.feed != feed && sqldb.Micros(r.record.Modified) <= k.modified:
			done.Older++
			continue
		default:
			done.Changed++
		}
		r.num, r.revision = k.num, k.revision+1
		todo = append(todo, r)
	}
	return todo, done, nil
}

func (t *tx) knownAdvisories(rows []*advisoryRow) (map[string]known, error) {
	ids := make([]any, len(rows))
	for i, r := range rows {
		ids[i] = r.record.ID
	}
	have := make(map[string]known, len(rows))
	err := t.In(`SELECT id, num, revision, modified, feed, hash FROM advisory WHERE id IN (?*)`, ids, func(s sqldb.Scanner) error {
		var id string
		var k known
		if err := s.Scan(&id, &k.num, &k.revision, &k.modified, &k.feed, &k.hash); err != nil {
			return err
		}
		have[id] = k
		return nil
	})
	return have, err
}

// writeAdvisories writes rows and their changes, numbered from seq.
func (t *tx) writeAdvisories(feed string, rows []*advisoryRow, seq, at int64) error {
	if len(rows) == 0 {
		return nil
	}
	stream, err := newTeller(t.Tx, advisory.FeedOSV, feed)
	if err != nil {
		return err
	}
	was, err := t.before(rows)
	if err != nil {
		return err
	}
	old, err := t.giveNums(rows)
	if err != nil {
		return err
	}
	var heads, docs, packages, names []any
	for i, r := range rows {
		rec := r.record
		severity, err := severityText(rec)
		if err != nil {
			return fmt.Errorf("record %s: %w", rec.ID, err)
		}
		heads = append(heads, r.num, rec.ID, feed, r.revision, sqldb.Micros(rec.Modified), sqldb.Micros(rec.Published), sqldb.Micros(rec.Withdrawn), at, r.hash, severity)
		docs = append(docs, r.num, r.doc)
		for _, k := range packagesIn(rec) {
			packages = append(packages, k.Ecosystem, k.Name, r.num)
		}
		for _, n := range namesIn(rec) {
			names = append(names, n[0], r.num, n[1])
		}
		what := told{}
		if before := was[r.num]; before != nil || r.revision == 1 {
			what = differences(before, rec)
		}
		stream.add(changed{seq + int64(i), at, advisory.FeedOSV, rec.ID, r.revision}, what)
	}
	if err := (releaseList{t}).listReleases(rows, seq); err != nil {
		return err
	}
	for part := range slices.Chunk(old, sqldb.Chunk) {
		if _, err := t.Exec(`DELETE FROM advisory_name WHERE num IN `+sqldb.Tuples(1, len(part)), part...); err != nil {
			return err
		}
	}
	for _, w := range []struct {
		head  string
		width int
		args  []any
		tail  string
	}{
		{
			`INSERT INTO advisory (num, id, feed, revision, modified, published, withdrawn, recorded, hash, severity) VALUES`, 10, heads,
			`ON CONFLICT (num) DO UPDATE SET feed = excluded.feed, revision = excluded.revision, modified = excluded.modified,
				published = excluded.published, withdrawn = excluded.withdrawn, recorded = excluded.recorded, hash = excluded.hash, severity = excluded.severity`,
		},
		{`INSERT INTO advisory_doc (num, doc) VALUES`, 2, docs, `ON CONFLICT (num) DO UPDATE SET doc = excluded.doc`},
		{`INSERT INTO advisory_package (ecosystem, name, num) VALUES`, 3, packages, `ON CONFLICT DO NOTHING`},
		{`INSERT INTO advisory_name (name, num, kind) VALUES`, 3, names, ``},
	} {
		if err := t.Insert(w.head, w.width, w.args, w.tail); err != nil {
			return err
		}
	}
	return stream.write(t.Tx)
}

// giveNums numbers the new records and returns the numbers of the others.
func (t *tx) giveNums(rows []*advisoryRow) (old []any, err error) {
	n := 0
	for _, r := range rows {
		if r.num == 0 {
			n++
		}
	}
	var next int64
	if n > 0 {
		if next, err = t.IDs("advisory", n); err != nil {
			return nil, err
		}
	}
	for _, r := range rows {
		if r.num != 0 {
			old = append(old, r.num)
			continue
		}
		r.num = next
		next++
	}
	return old, nil
}

// severityText is the JSON of a record's vectors, those of its packages
// included; "" for none.
func severityText(r *advisory.Record) (string, error) {
	var list []advisory.Severity
	seen := map[advisory.Severity]bool{}
	add := func(from []advisory.Severity) {
		for _, s := range from {
			if !seen[s] {
				seen[s] = true
				list = append(list, s)
			}
		}
	}
	add(r.Severity)
	for i := range r.Affected {
		add(r.Affected[i].Severity)
	}
	if len(list) == 0 {
		return "", nil
	}
	b, err := json.Marshal(list)
	return string(b), err
}

// packagesIn lists the keys under which a record is found, each once.
func packagesIn(r *advisory.Record) []advisory.PackageKey {
	var keys []advisory.PackageKey
	seen := map[advisory.PackageKey]bool{{}: true}
	for i := range r.Affected {
		a := &r.Affected[i]
		k := advisory.PackageKey{Ecosystem: a.Ecosystem, Name: advisory.NormalName(a.Ecosystem, a.Name)}
		if !seen[k] {
			seen[k] = true
			keys = append(keys, k)
		}
	}
	return keys
}

// namesIn lists a record's names with their kinds, each name once.
func namesIn(r *advisory.Record) [][2]string {
	names := [][2]string{{r.ID, sqldb.NameID}}
	seen := map[string]bool{r.ID: true}
	add := func(list []string, kind string) {
		for _, n := range list {
			if !seen[n] {
				seen[n] = true
				names = append(names, [2]string{n, kind})
			}
		}
	}
	add(r.Aliases, sqldb.NameAlias)
	if len(r.Upstream) == 1 {
		add(r.Upstream, sqldb.NameUpstream)
		return names
	}
	add(r.Upstream, sqldb.NameCovers)
	return names
}

// AdvisoryChanges returns up to limit rows of the advisory stream after a
// number, and the number of the last of them.
func (db *Store) AdvisoryChanges(ctx context.Context, after int64, limit int) (changes []advisory.Change, last int64, err error) {
	last = after
	err = db.read(ctx, func(t *tx) error {
		return t.Query(`SELECT seq, kind, name FROM advisory_change WHERE seq > ? ORDER BY seq LIMIT ?`, func(s sqldb.Scanner) error {
			var c advisory.Change
			if err := s.Scan(&c.Seq, &c.Kind, &c.Name); err != nil {
				return err
			}
			changes, last = append(changes, c), c.Seq
			return nil
		}, after, limit)
	})
	return changes, last, err
}

// FinishFeed notes that a feed has been read to its end: its freshness, and
// the hash by which the same input is known again. present are the ids of all
// its records; those that the feed once gave and no longer has are returned.
// They stay as they are: only a record itself can say that it is withdrawn.
func (db *Store) FinishFeed(ctx context.Context, f advisory.Feed, present []string) (gone []string, err error) {
	err = db.write(ctx, func(t *tx) error {
		gone = nil
		stream, err := newTeller(t.Tx, f.Kind, f.Name)
		if err != nil {
			return err
		}
		if f.Kind == advisory.FeedOSV {
			if gone, err = t.absent(f.Name, present); err != nil {
				return err
			}
			if err := (releaseList{t}).firstFeed(f); err != nil {
				return err
			}
		}
		if err := t.noteLoaded(f, stream); err != nil {
			return err
		}
		_, err = t.Exec(`INSERT INTO feed (kind, name, data_time, loaded, records, withdrawn, origin, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (kind, name) DO UPDATE SET data_time = excluded.data_time, loaded = excluded.loaded, records = excluded.records,
				withdrawn = excluded.withdrawn, origin = excluded.origin, hash = excluded.hash`,
			string(f.Kind), f.Name, sqldb.Micros(f.DataTime), sqldb.Micros(f.LoadedAt), f.Records, f.Withdrawn, f.Origin, f.Hash)
		return err
	})
	return gone, err
}

func (t *tx) absent(feed string, present []string) (gone []string, err error) {
	here := make(map[string]bool, len(present))
	for _, id := range present {
		here[id] = true
	}
	err = t.Query(`SELECT id FROM advisory WHERE feed = ?`, func(s sqldb.Scanner) error {
		var id string
		if err := s.Scan(&id); err != nil {
			return err
		}
		if !here[id] {
			gone = append(gone, id)
		}
		return nil
	}, feed)
	sort.Strings(gone)
	return gone, err
}

// Feeds returns the freshness of every feed that was ever loaded.
func (db *Store) Feeds(ctx context.Context) (feeds []advisory.Feed, err error) {
	err = db.read(ctx, func(t *tx) error {
		return t.Query(`SELECT kind, name, data_time, loaded, records, withdrawn, origin, hash FROM feed ORDER BY kind DESC, name`, func(s sqldb.Scanner) error {
			var f advisory.Feed
			var data, loaded int64
			if err := s.Scan(&f.Kind, &f.Name, &data, &loaded, &f.Records, &f.Withdrawn, &f.Origin, &f.Hash); err != nil {
				return err
			}
			f.DataTime, f.LoadedAt = sqldb.FromMicros(data), sqldb.FromMicros(loaded)
			feeds = append(feeds, f)
			return nil
		})
	})
	return feeds, err
}

package inteldb

import (
	"context"
	"fmt"
	"slices"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// anyFeed stands in the list of releases for the first feed of an ecosystem.
const anyFeed = "*"

// releaseList is the part of a transaction about which releases there are.
type releaseList struct{ *tx }

// archive tells what there is, for those who keep copies of it.
type archive struct{ db *sqldb.DB }

func (x archive) read(ctx context.Context, fn func(*tx) error) error {
	return x.db.Read(ctx, func(t *sqldb.Tx) error { return fn(&tx{t}) })
}

// releaseKey is a release of an ecosystem.
type releaseKey struct{ ecosystem, release string }

// listReleases notes the releases that records speak of for the first time.
// Their changes are numbered from seq.
func (t releaseList) listReleases(rows []*advisoryRow, seq int64) error {
	first := map[releaseKey]int64{}
	for i, r := range rows {
		noteReleases(r.record, seq+int64(i), first)
	}
	if err := t.oldReleases(seq, first); err != nil {
		return err
	}
	var args []any
	for k, seq := range first {
		args = append(args, k.ecosystem, k.release, seq)
	}
	return t.Insert(`INSERT INTO advisory_release (ecosystem, release, seq) VALUES`, 3, args, `ON CONFLICT DO NOTHING`)
}

func noteReleases(r *advisory.Record, seq int64, first map[releaseKey]int64) {
	for i := range r.Affected {
		k := releaseKey{r.Affected[i].Ecosystem, r.Affected[i].Release}
		if _, ok := first[k]; !ok {
			first[k] = seq
		}
	}
}

// oldReleases adds, once, those of records that are older than the list.
func (t releaseList) oldReleases(seq int64, first map[releaseKey]int64) error {
	done, err := t.releasesListed()
	if err != nil || done {
		return err
	}
	err = t.Query(`SELECT doc FROM advisory_doc`, func(s sqldb.Scanner) error {
		var doc []byte
		if err := s.Scan(&doc); err != nil {
			return err
		}
		r, err := decodeRecord(doc)
		if err != nil {
			return fmt.Errorf("%w: %w", ctem.ErrUnreadable, err)
		}
		noteReleases(&r, seq, first)
		return nil
	})
	if err != nil {
		return err
	}
	return t.Insert(`INSERT INTO meta (name, value) VALUES`, 2, []any{"advisory_releases", "complete"}, `ON CONFLICT DO NOTHING`)
}

func (t releaseList) releasesListed() (bool, error) {
	var value string
	return t.Get(`SELECT value FROM meta WHERE name = 'advisory_releases'`, nil, &value)
}

// firstFeed makes the first feed of an ecosystem a change of its own: what
// waited for one is looked at again.
func (t releaseList) firstFeed(f advisory.Feed) error {
	ecosystem, _ := advisory.SplitEcosystem(f.Name)
	known, err := t.hasFeed(ecosystem)
	if err != nil || known {
		return err
	}
	seq, at, err := t.Number(ctem.StreamAdvisory, 1, f.LoadedAt)
	if err != nil {
		return err
	}
	// Another writer may have been faster: look again under the stream's lock.
	if known, err = t.hasFeed(ecosystem); err != nil || known {
		return err
	}
	var stream teller
	stream.add(changed{seq: seq, at: at, kind: advisory.NewFeed, name: ecosystem}, told{})
	if err := stream.write(t.Tx); err != nil {
		return err
	}
	return t.Insert(`INSERT INTO advisory_release (ecosystem, release, seq) VALUES`, 3, []any{ecosystem, anyFeed, seq}, ``)
}

func (t releaseList) hasFeed(ecosystem string) (bool, error) {
	var seq int64
	return t.Get(`SELECT seq FROM advisory_release WHERE ecosystem = ? AND release = ?`, []any{ecosystem, anyFeed}, &seq)
}

// Releases returns the releases that the records of each ecosystem speak of,
// sorted; nil when that is not known.
func (x archive) Releases(ctx context.Context) (releases map[string][]string, err error) {
	err = x.read(ctx, func(t *tx) error {
		releases = nil
		listed, err := releaseList{t}.releasesListed()
		if err != nil || !listed {
			return err
		}
		releases = map[string][]string{}
		return t.Query(`SELECT ecosystem, release FROM advisory_release WHERE release <> ?`, func(s sqldb.Scanner) error {
			var k releaseKey
			err := s.Scan(&k.ecosystem, &k.release)
			releases[k.ecosystem] = append(releases[k.ecosystem], k.release)
			return err
		}, anyFeed)
	})
	for _, list := range releases {
		slices.Sort(list)
	}
	return releases, err
}

// RecordsAfter returns records in the order in which they were first stored,
// after a number, and the number of the last of them: what is to be compiled.
func (x archive) RecordsAfter(ctx context.Context, num int64, limit int) (records []advisory.Record, last int64, err error) {
	err = x.read(ctx, func(t *tx) error {
		records, last = nil, num
		return t.Query(`SELECT a.num, a.revision, d.doc FROM advisory a JOIN advisory_doc d ON d.num = a.num WHERE a.num > ? ORDER BY a.num LIMIT ?`,
			func(s sqldb.Scanner) error {
				var revision int64
				var doc []byte
				if err := s.Scan(&last, &revision, &doc); err != nil {
					return err
				}
				r, err := decodeRecord(doc)
				if err != nil {
					return fmt.Errorf("%w: %w", ctem.ErrUnreadable, err)
				}
				r.Revision = revision
				records = append(records, r)
				return nil
			}, num, limit)
	})
	return records, last, err
}

// ChangedRecords returns the ids of the records that changed after a number, by
// their changes, at most limit of these, and up to which number it looked: to
// the newest, unless there are more.
func (x archive) ChangedRecords(ctx context.Context, after int64, limit int) (ids []string, last int64, err error) {
	err = x.read(ctx, func(t *tx) error {
		ids = nil
		if _, err := t.Get(`SELECT seq FROM stream WHERE name = ?`, []any{string(ctem.StreamAdvisory)}, &last); err != nil || last <= after {
			return err
		}
		head, seen := last, map[string]bool{}
		rows := 0
		err := t.Query(`SELECT seq, name FROM advisory_change WHERE seq > ? AND kind = ? ORDER BY seq LIMIT ?`, func(s sqldb.Scanner) error {
			var id string
			err := s.Scan(&last, &id)
			if rows++; !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
			return err
		}, after, string(advisory.FeedOSV), limit)
		if rows < limit {
			last = head
		}
		return err
	})
	return ids, last, err
}

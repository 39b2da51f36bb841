package inteldb

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

var advisoryNow = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)

func npmRecord(id string, more ...func(*advisory.Record)) advisory.Record {
	r := advisory.Record{
		ID:        id,
		Modified:  time.Date(2026, 7, 1, 0, 0, 0, 1000, time.UTC),
		Published: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC),
		Affected: []advisory.Affected{{
			Ecosystem: "npm", Name: "Left-Pad", Versions: []string{"1.0.0"},
			Ranges: []advisory.Range{{Type: "SEMVER", Events: []advisory.Event{{Introduced: "0"}, {Fixed: "1.1.0"}}}},
		}},
	}
	for _, m := range more {
		m(&r)
	}
	return r
}

func aliases(names ...string) func(*advisory.Record) {
	return func(r *advisory.Record) { r.Aliases = names }
}

func upstream(names ...string) func(*advisory.Record) {
	return func(r *advisory.Record) { r.Upstream = names }
}

func vector(score string) func(*advisory.Record) {
	return func(r *advisory.Record) {
		r.Severity = []advisory.Severity{{Type: "CVSS_V3", Score: score}}
	}
}

func modified(t time.Time) func(*advisory.Record) {
	return func(r *advisory.Record) { r.Modified = t }
}

func commitRecords(t *testing.T, db *Store, feed string, records ...advisory.Record) advisory.Committed {
	t.Helper()
	did, err := db.CommitAdvisories(context.Background(), advisory.Batch{Feed: feed, Records: records, Now: advisoryNow})
	if err != nil {
		t.Fatal(err)
	}
	return did
}

func advisoryChanges(t *testing.T, db *Store, after int64) (names []string, last int64) {
	t.Helper()
	changes, last, err := db.AdvisoryChanges(context.Background(), after, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		names = append(names, string(c.Kind)+" "+c.Name)
	}
	return names, last
}

func TestAdvisoryRevisions(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
	a, b := npmRecord("A", aliases("CVE-1")), npmRecord("B")
	changed := npmRecord("A", aliases("CVE-1"), vector("x"))
	withdrawn := changed
	withdrawn.Withdrawn = advisoryNow
	steps := []struct {
		name     string
		records  []advisory.Record
		want     advisory.Committed
		changes  []string
		revision int64 // of A
	}{
		{"new", []advisory.Record{a, b}, advisory.Committed{New: 2}, []string{"osv A", "osv B"}, 1},
		{"again", []advisory.Record{a, b}, advisory.Committed{Unchanged: 2}, nil, 1},
		{"one changed", []advisory.Record{b, changed}, advisory.Committed{Changed: 1, Unchanged: 1}, []string{"osv A"}, 2},
		{"back again", []advisory.Record{a}, advisory.Committed{Changed: 1}, []string{"osv A"}, 3},
		{"withdrawn", []advisory.Record{withdrawn}, advisory.Committed{Changed: 1}, []string{"osv A"}, 4},
		{"nothing", nil, advisory.Committed{}, nil, 4},
	}
	var seq int64
	for _, s := range steps {
		if got := commitRecords(t, db, "npm", s.records...); got != s.want {
			t.Errorf("%s: did %+v, want %+v", s.name, got, s.want)
		}
		var names []string
		if names, seq = advisoryChanges(t, db, seq); !slices.Equal(names, s.changes) {
			t.Errorf("%s: changes %v, want %v", s.name, names, s.changes)
		}
		got, err := db.Records(ctx, []string{"A", "none"})
		if err != nil || len(got) != 1 || got[0].Revision != s.revision {
			t.Errorf("%s: got %+v, %v, want revision %d", s.name, got, err, s.revision)
		}
	}
	withdrawn.Revision = 4
	got, err := db.RecordsFor(ctx, []advisory.PackageKey{{Ecosystem: "npm", Name: "left-pad"}, {Ecosystem: "PyPI", Name: "left-pad"}})
	b.Revision = 1
	if diff := cmp.Diff([]advisory.Record{withdrawn, b}, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestAdvisoryOfTwoFeeds(t *testing.T) {
	t.Parallel()
	db := openTest(t)
	day := func(d int) func(*advisory.Record) { return modified(time.Date(2026, 7, d, 0, 0, 0, 0, time.UTC)) }
	steps := []struct {
		feed   string
		record advisory.Record
		want   advisory.Committed
	}{
		{"npm", npmRecord("A", day(5)), advisory.Committed{New: 1}},
		{"Maven", npmRecord("A", day(5)), advisory.Committed{Unchanged: 1}},
		{"Maven", npmRecord("A", day(4), vector("old")), advisory.Committed{Older: 1}},
		{"Maven", npmRecord("A", day(5), vector("same day")), advisory.Committed{Older: 1}},
		{"npm", npmRecord("A", day(3), vector("its own feed may go back")), advisory.Committed{Changed: 1}},
		{"Maven", npmRecord("A", day(6), vector("newer")), advisory.Committed{Changed: 1}},
		{"npm", npmRecord("A", day(3), vector("its own feed may go back")), advisory.Committed{Older: 1}},
	}
	for i, s := range steps {
		if got := commitRecords(t, db, s.feed, s.record); got != s.want {
			t.Errorf("step %d: did %+v, want %+v", i, got, s.want)
		}
	}
}

func TestAdvisoryTwiceInABatch(t *testing.T) {
	t.Parallel()
	db := openTest(t)
	old, newer := npmRecord("A"), npmRecord("A", modified(advisoryNow))
	if got := commitRecords(t, db, "npm", newer, old); got != (advisory.Committed{New: 1}) {
		t.Errorf("did %+v", got)
	}
	got, err := db.Records(context.Background(), []string{"A"})
	if err != nil || len(got) != 1 || !got[0].Modified.Equal(advisoryNow) {
		t.Errorf("got %+v, %v, want the newer one", got, err)
	}
}

func TestPackagesOfRemembersFormerOnes(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
	commitRecords(t, db, "npm", npmRecord("A"))
	moved := npmRecord("A", func(r *advisory.Record) {
		r.Affected = []advisory.Affected{{Ecosystem: "PyPI", Name: "A.b"}, {Ecosystem: "PyPI", Name: "a_B"}, {}}
	})
	commitRecords(t, db, "npm", moved)
	got, err := db.PackagesOf(ctx, []string{"A", "none"})
	want := []advisory.PackageKey{{Ecosystem: "PyPI", Name: "a-b"}, {Ecosystem: "npm", Name: "left-pad"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestAliasGroup(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
	commitRecords(t, db, "npm",
		npmRecord("GHSA-1", aliases("CVE-1")),
		npmRecord("PYSEC-1", aliases("GHSA-1", "CVE-1"), upstream("CVE-1")),
		npmRecord("DEBIAN-CVE-1", upstream("CVE-1")),
		npmRecord("DSA-1", upstream("CVE-1", "CVE-2")),
		npmRecord("DEBIAN-CVE-2", upstream("CVE-2")),
		npmRecord("LONELY"),
	)
	one := []string{"CVE-1", "DEBIAN-CVE-1", "GHSA-1", "PYSEC-1"}
	tests := map[string][]string{
		"CVE-1":        one,
		"DEBIAN-CVE-1": one,
		"CVE-2":        {"CVE-2", "DEBIAN-CVE-2"},
		"DSA-1":        {"DSA-1"},
		"LONELY":       {"LONELY"},
		"unheard":      {"unheard"},
	}
	all, err := db.AliasGroups(ctx, sqldb.SortedKeys(tests))
	if diff := cmp.Diff(tests, all); diff != "" || err != nil {
		t.Error(err, diff)
	}
	for name, want := range tests {
		if got, err := db.AliasGroup(ctx, name); err != nil || !slices.Equal(got, want) {
			t.Errorf("AliasGroup(%s) = %v, %v, want %v", name, got, err, want)
		}
	}
	// An alias that a new revision drops no longer joins.
	commitRecords(t, db, "npm", npmRecord("PYSEC-1"))
	if got, err := db.AliasGroup(ctx, "PYSEC-1"); err != nil || len(got) != 1 {
		t.Errorf("after the aliases were dropped: %v, %v", got, err)
	}
}

func TestAliasGroupIsBounded(t *testing.T) {
	t.Parallel()
	db := openTest(t)
	var hub []string
	for i := range 3000 {
		hub = append(hub, fmt.Sprintf("CVE-%04d", i))
	}
	commitRecords(t, db, "npm", npmRecord("HUB", aliases(hub...)))
	for range 2 {
		got, err := db.AliasGroup(context.Background(), "HUB")
		if err != nil || len(got) != maxAliases || got[len(got)-1] != "HUB" || got[0] != hub[0] {
			t.Errorf("%d names from %v to %v, %v", len(got), got[0], got[len(got)-1], err)
		}
	}
}

func TestSeverityOf(t *testing.T) {
	t.Parallel()
	db := openTest(t)
	inAffected := npmRecord("C", aliases("CVE-1"))
	inAffected.Affected[0].Severity = []advisory.Severity{{Type: "CVSS_V3", Score: "a"}, {Type: "CVSS_V4", Score: "c"}}
	gone := npmRecord("D", aliases("CVE-1"), vector("withdrawn"))
	gone.Withdrawn = advisoryNow
	commitRecords(t, db, "npm", inAffected, gone,
		npmRecord("A", upstream("CVE-1"), vector("a")), npmRecord("B", aliases("CVE-1")),
		npmRecord("DSA", upstream("CVE-1", "CVE-2"), vector("of several")))
	got, err := db.SeverityOf(context.Background(), []string{"CVE-1", "CVE-2", "A", "D", "none"})
	want := map[string][]advisory.Severity{
		"CVE-1": {{Type: "CVSS_V3", Score: "a"}, {Type: "CVSS_V4", Score: "c"}},
		"A":     {{Type: "CVSS_V3", Score: "a"}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestKEV(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
	day := time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	one := advisory.KEV{CVE: "CVE-1", Added: day, Due: day.AddDate(0, 0, 3), Ransomware: true, Name: "one"}
	two := advisory.KEV{CVE: "CVE-2", Added: day, Name: "two"}
	renamed := two
	renamed.Name = "2"
	steps := []struct {
		name    string
		entries []advisory.KEV
		want    advisory.Committed
		changes []string
		listed  []string
	}{
		{"new", []advisory.KEV{one, two}, advisory.Committed{New: 2}, []string{"kev CVE-1", "kev CVE-2"}, []string{"CVE-1", "CVE-2"}},
		{"again", []advisory.KEV{two, one}, advisory.Committed{Unchanged: 2}, nil, []string{"CVE-1", "CVE-2"}},
		{"one left", []advisory.KEV{renamed}, advisory.Committed{Changed: 1, Removed: 1}, []string{"kev CVE-2", "kev CVE-1"}, []string{"CVE-2"}},
		{"still", []advisory.KEV{renamed}, advisory.Committed{Unchanged: 1}, nil, []string{"CVE-2"}},
		{"came back", []advisory.KEV{one, renamed}, advisory.Committed{Changed: 1, Unchanged: 1}, []string{"kev CVE-1"}, []string{"CVE-1", "CVE-2"}},
	}
	var seq int64
	for _, s := range steps {
		did, err := db.CommitKEV(ctx, advisory.KEVBatch{Entries: s.entries, Now: advisoryNow})
		if err != nil || did != s.want {
			t.Errorf("%s: did %+v, %v, want %+v", s.name, did, err, s.want)
		}
		var names []string
		if names, seq = advisoryChanges(t, db, seq); !slices.Equal(names, s.changes) {
			t.Errorf("%s: changes %v, want %v", s.name, names, s.changes)
		}
		signals, err := db.Signals(ctx, []string{"CVE-1", "CVE-2", "CVE-3"})
		if got := sqldb.SortedKeys(signals); err != nil || !slices.Equal(got, s.listed) {
			t.Errorf("%s: listed %v, %v, want %v", s.name, got, err, s.listed)
		}
	}
	signals, err := db.Signals(ctx, []string{"CVE-1"})
	if diff := cmp.Diff(map[string]advisory.Signal{"CVE-1": {Name: "CVE-1", KEV: &one}}, signals); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestEPSS(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
	commitRecords(t, db, "npm", npmRecord("A", aliases("CVE-1")), npmRecord("B", aliases("CVE-2")))
	_, seq := advisoryChanges(t, db, 0)
	score := func(cve string, p float64, day int) advisory.EPSS {
		return advisory.EPSS{CVE: cve, Score: p, Percentile: p / 2, Date: time.Date(2026, 8, day, 0, 0, 0, 0, time.UTC), Model: "v1"}
	}
	steps := []struct {
		name    string
		entries []advisory.EPSS
		want    advisory.Committed
		changes []string
	}{
		{"new", []advisory.EPSS{score("CVE-2", 0.2, 1), score("CVE-1", 0.1, 1), score("CVE-9", 0.9, 1)}, advisory.Committed{New: 3}, []string{"epss CVE-1", "epss CVE-2"}},
		{"again", []advisory.EPSS{score("CVE-1", 0.1, 1)}, advisory.Committed{Unchanged: 1}, nil},
		{"a day later", []advisory.EPSS{score("CVE-1", 0.1, 2), score("CVE-2", 0.3, 2)}, advisory.Committed{Changed: 1, Unchanged: 1}, []string{"epss CVE-2"}},
		{"a score nobody names moved", []advisory.EPSS{score("CVE-9", 0.8, 2)}, advisory.Committed{Changed: 1}, nil},
	}
	for _, s := range steps {
		did, err := db.CommitEPSS(ctx, advisory.EPSSBatch{Entries: s.entries, Now: advisoryNow})
		if err != nil || did != s.want {
			t.Errorf("%s: did %+v, %v, want %+v", s.name, did, err, s.want)
		}
		var names []string
		if names, seq = advisoryChanges(t, db, seq); !slices.Equal(names, s.changes) {
			t.Errorf("%s: changes %v, want %v", s.name, names, s.changes)
		}
	}
	one, nine := score("CVE-1", 0.1, 2), score("CVE-9", 0.8, 2)
	want := map[string]advisory.Signal{"CVE-1": {Name: "CVE-1", EPSS: &one}, "CVE-9": {Name: "CVE-9", EPSS: &nine}}
	got, err := db.Signals(ctx, []string{"CVE-1", "CVE-9", "none"})
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestFeeds(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
	commitRecords(t, db, "npm", npmRecord("A"), npmRecord("B"), npmRecord("C"))
	commitRecords(t, db, "Maven", npmRecord("M"))
	feed := advisory.Feed{Kind: advisory.FeedOSV, Name: "npm", DataTime: advisoryNow, LoadedAt: advisoryNow.Add(time.Hour), Records: 3, Withdrawn: 1, Origin: "/x", Hash: "h"}
	if gone, err := db.FinishFeed(ctx, feed, []string{"C", "A", "other"}); err != nil || !slices.Equal(gone, []string{"B"}) {
		t.Errorf("gone %v, %v, want B", gone, err)
	}
	kev := advisory.Feed{Kind: advisory.FeedKEV, Records: 2}
	for range 2 {
		if gone, err := db.FinishFeed(ctx, kev, nil); err != nil || gone != nil {
			t.Errorf("gone %v, %v, want none", gone, err)
		}
	}
	got, err := db.Feeds(ctx)
	if diff := cmp.Diff([]advisory.Feed{feed, kev}, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if records, err := db.Records(ctx, []string{"B"}); err != nil || len(records) != 1 || !records[0].Withdrawn.IsZero() {
		t.Errorf("a record that left its feed: %+v, %v, want it as it was", records, err)
	}
}

func TestAdvisoryChangesPages(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
	var records []advisory.Record
	for i := range 1200 {
		records = append(records, npmRecord(fmt.Sprintf("R-%04d", i)))
	}
	if did := commitRecords(t, db, "npm", records...); did.New != 1200 {
		t.Errorf("did %+v", did)
	}
	var last int64
	n := 0
	for {
		changes, to, err := db.AdvisoryChanges(ctx, last, 500)
		if err != nil {
			t.Fatal(err)
		}
		if len(changes) == 0 {
			break
		}
		for _, c := range changes {
			if c.Seq <= last {
				t.Fatalf("number %d after %d", c.Seq, last)
			}
			last = c.Seq
		}
		n += len(changes)
		if to != last {
			t.Fatalf("last is %d, want %d", to, last)
		}
	}
	got, err := db.RecordsFor(ctx, []advisory.PackageKey{{Ecosystem: "npm", Name: "left-pad"}})
	if n != 1200 || err != nil || len(got) != 1200 {
		t.Errorf("%d changes, %d records, %v; want 1,200 of each", n, len(got), err)
	}
}

func TestDocForm(t *testing.T) {
	t.Parallel()
	full := npmRecord("A", aliases("x", "y"), upstream("u"), vector("v"), func(r *advisory.Record) {
		r.Withdrawn, r.Related, r.Summary = advisoryNow, []string{"r"}, "é"
		r.Affected = append(r.Affected, advisory.Affected{
			Ecosystem: "Debian", Release: "11", Name: "é", Severity: r.Severity,
			Ranges: []advisory.Range{{Type: "GIT", Repo: "https://x", Events: []advisory.Event{{LastAffected: "1"}, {Limit: "2"}}}, {}},
		})
	})
	for _, want := range []advisory.Record{full, npmRecord("B"), {}} {
		b := encodeRecord(&want)
		got, err := decodeRecord(b)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Error(err, diff)
		}
		for i := range b {
			if _, err := decodeRecord(b[:i]); err == nil {
				t.Errorf("the first %d of %d bytes were taken", i, len(b))
			}
		}
		if _, err := decodeRecord(append(b, 0)); err == nil {
			t.Error("a byte too many was taken")
		}
	}
}

func FuzzDecodeRecord(f *testing.F) {
	r := npmRecord("A", aliases("x"), vector("v"))
	f.Add(encodeRecord(&r))
	f.Add([]byte{docVersion, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decodeRecord(b)
		if err != nil {
			return
		}
		again, err := decodeRecord(encodeRecord(&r))
		if diff := cmp.Diff(r, again); diff != "" || err != nil {
			t.Error(err, diff)
		}
	})
}

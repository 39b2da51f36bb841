package intel_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

// TestAdvisoryLaws proves on both engines what a load must be.
func TestAdvisoryLaws(t *testing.T) {
	t.Parallel()
	crashes := map[string]storetest.Crash{"load_killed": {Prepare: commitFirst, Work: commitSecond}}
	if storetest.Child(t, crashes) {
		return
	}
	laws := map[string]func(*testing.T, *storetest.Engine){
		"rerun":       lawRerun,
		"two_writers": lawTwoWriters,
		"questions":   lawQuestions,
		"load_killed": func(t *testing.T, e *storetest.Engine) { crashes["load_killed"].Suite(t, e, "load_killed") },
	}
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		for name, law := range laws {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				law(t, e)
			})
		}
	})
}

// given makes n records; each odd one is an alias of the one before.
func given(n int, summary string) []advisory.Record {
	var list []advisory.Record
	for i := range n {
		list = append(list, advisory.Record{
			ID: fmt.Sprintf("R-%04d", i), Summary: summary, Modified: now, Aliases: []string{fmt.Sprintf("CVE-2026-%04d", i/2)},
			Severity: []advisory.Severity{{Type: "CVSS_V3", Score: "x"}},
			Affected: []advisory.Affected{{Ecosystem: "npm", Name: fmt.Sprintf("Pkg%d", i%7)}},
		})
	}
	return list
}

// load commits one of everything, as an update does.
func load(ctx context.Context, db *store.DB, records []advisory.Record, kev []advisory.KEV, epss []advisory.EPSS) error {
	if _, err := db.CommitAdvisories(ctx, advisory.Batch{Feed: "npm", Records: records, Now: now}); err != nil {
		return err
	}
	if _, err := db.CommitKEV(ctx, advisory.KEVBatch{Entries: kev, Now: now}); err != nil {
		return err
	}
	if _, err := db.CommitEPSS(ctx, advisory.EPSSBatch{Entries: epss, Now: now}); err != nil {
		return err
	}
	_, err := db.FinishFeed(ctx, advisory.Feed{Kind: advisory.FeedOSV, Name: "npm", LoadedAt: now, Records: len(records), Hash: "h"}, nil)
	return err
}

func commitFirst(ctx context.Context, db *store.DB) error {
	return load(ctx, db, given(6, "first"), []advisory.KEV{{CVE: "CVE-2026-0000", Added: now}, {CVE: "CVE-2026-0001", Added: now}},
		[]advisory.EPSS{{CVE: "CVE-2026-0000", Score: 0.1, Date: now}})
}

func commitSecond(ctx context.Context, db *store.DB) error {
	return load(ctx, db, append(given(9, "first")[4:], given(2, "second")...), []advisory.KEV{{CVE: "CVE-2026-0001", Added: now, Name: "n"}, {CVE: "CVE-2026-0002", Added: now}},
		[]advisory.EPSS{{CVE: "CVE-2026-0000", Score: 0.2, Date: now}, {CVE: "CVE-2026-0001", Score: 0.3, Date: now}})
}

func lawRerun(t *testing.T, e *storetest.Engine) {
	f, db := feeds(t), e.Fresh(t)
	u := updater(db)
	update(t, u, f.dir)
	update(t, u, f.dir)
	// The same content in other files is read, and still writes no record and no change.
	f.zip("deep/er/npm/all.zip", "B.json", record("B", "npm", "b", "2026-07-02T00:00:00Z"), "A.json", record("A", "npm", "left-pad", "2026-07-01T00:00:00Z"), "bad.json", "{")
	f.write("epss.csv", scores("2026-08-02T00:00:00Z", "CVE-2026-0001,0.50,0.90", "nonsense,1,1"))
	update(t, u, f.dir)
	changes, _, err := db.AdvisoryChanges(context.Background(), 0, 1000)
	if err != nil || len(changes) != 10 { // three records, two KEV entries, two feeds, three read to their end; nobody names the scored CVE
		t.Errorf("changes %+v, %v; want those of the first load only", changes, err)
	}
}

func lawTwoWriters(t *testing.T, e *storetest.Engine) {
	cfg := e.New(t)
	a, b := e.Open(t, cfg), e.Open(t, cfg)
	var wg sync.WaitGroup
	errs := make([]error, 2)
	for i, db := range []*store.DB{a, b} {
		wg.Add(1)
		go func() {
			defer wg.Done()
			errs[i] = load(context.Background(), db, given(1500, "same"), nil, nil)
		}()
	}
	wg.Wait()
	if errs[0] != nil || errs[1] != nil {
		t.Fatal(errs)
	}
	changes, last, err := a.AdvisoryChanges(context.Background(), 0, 10_000)
	changes = slices.DeleteFunc(changes, func(c advisory.Change) bool { return c.Kind == advisory.NewFeed || c.Kind == advisory.FeedLoaded })
	if err != nil || len(changes) != 1500 {
		t.Errorf("%d changes up to %d, %v; want 1,500", len(changes), last, err)
	}
	var ids []string
	for _, c := range changes {
		ids = append(ids, c.Name)
	}
	records, err := b.Records(context.Background(), ids)
	if err != nil || len(records) != 1500 || records[0].Revision != 1 || records[1499].Revision != 1 {
		t.Errorf("%d records, %v; want 1,500 of revision 1", len(records), err)
	}
}

func lawQuestions(t *testing.T, e *storetest.Engine) {
	db, ctx := e.Fresh(t), context.Background()
	for _, work := range []func(context.Context, *store.DB) error{commitFirst, commitSecond} {
		if err := work(ctx, db); err != nil {
			t.Fatal(err)
		}
	}
	records, err := db.RecordsFor(ctx, []advisory.PackageKey{{Ecosystem: "npm", Name: "pkg0"}, {Ecosystem: "npm", Name: "pkg1"}})
	got := map[string]string{}
	for _, r := range records {
		got[r.ID] = fmt.Sprint(r.Summary, r.Revision)
	}
	want := map[string]string{"R-0000": "second2", "R-0001": "second2", "R-0007": "first1", "R-0008": "first1"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	packages, err := db.PackagesOf(ctx, []string{"R-0000", "R-0007", "R-0001"})
	if diff := cmp.Diff([]advisory.PackageKey{{Ecosystem: "npm", Name: "pkg0"}, {Ecosystem: "npm", Name: "pkg1"}}, packages); diff != "" || err != nil {
		t.Error(err, diff)
	}
	groups, err := db.AliasGroups(ctx, []string{"R-0000", "CVE-2026-0002"})
	wantGroups := map[string][]string{"R-0000": {"CVE-2026-0000", "R-0000", "R-0001"}, "CVE-2026-0002": {"CVE-2026-0002", "R-0004", "R-0005"}}
	if diff := cmp.Diff(wantGroups, groups); diff != "" || err != nil {
		t.Error(err, diff)
	}
	vectors, err := db.SeverityOf(ctx, []string{"CVE-2026-0000"})
	if diff := cmp.Diff(map[string][]advisory.Severity{"CVE-2026-0000": {{Type: "CVSS_V3", Score: "x"}}}, vectors); diff != "" || err != nil {
		t.Error(err, diff)
	}
	signals, err := db.Signals(ctx, []string{"CVE-2026-0000", "CVE-2026-0001", "CVE-2026-0009"})
	wantSignals := map[string]advisory.Signal{
		"CVE-2026-0000": {Name: "CVE-2026-0000", EPSS: &advisory.EPSS{CVE: "CVE-2026-0000", Score: 0.2, Date: now}},
		"CVE-2026-0001": {Name: "CVE-2026-0001", KEV: &advisory.KEV{CVE: "CVE-2026-0001", Added: now, Name: "n"}, EPSS: &advisory.EPSS{CVE: "CVE-2026-0001", Score: 0.3, Date: now}},
	}
	if diff := cmp.Diff(wantSignals, signals); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

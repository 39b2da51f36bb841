package local

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/assess"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/cycle"
	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/prioritize"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/store/storetest"
	"github.com/tidemark/tidemark/internal/twin"
)

var newsDay = time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)

// newsHome is a session on an open store whose clock is at a day.
func newsHome(db *store.DB, now time.Time) *Session {
	h := Home{Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler), Err: io.Discard}
	return h.On(db)
}

const newsSBOM = `{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":{"type":"application","name":"shop","version":"1.0"}},"components":[
	{"type":"library","name":"left","version":"1.2.0","purl":"pkg:npm/left@1.2.0"},
	{"type":"library","name":"right","version":"1.2.0","purl":"pkg:npm/right@1.2.0"},
	{"type":"library","name":"deep","version":"1.2.0","purl":"pkg:npm/deep@1.2.0"}]}`

const newsImage = "example.org/shop:1.0@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

// newsEstate has a service that runs three packages, and a record about each of
// two of them.
func newsEstate(ctx context.Context, db *store.DB) error {
	s := newsHome(db, newsDay)
	if _, err := s.Ingest().IngestSBOM(ctx, discover.SBOMInput{Name: "sbom", Body: []byte(newsSBOM), Artifact: newsImage}); err != nil {
		return err
	}
	if err := s.records(ctx, newsRecord("GHSA-1", "CVE-2026-0001", "left"), newsRecord("GHSA-2", "CVE-2026-0002", "right")); err != nil {
		return err
	}
	if err := s.finish(ctx, advisory.FeedOSV, "npm"); err != nil {
		return err
	}
	return s.Drain(ctx)
}

func newsRecord(id, cve, pkg string) advisory.Record {
	return advisory.Record{
		ID: id, Aliases: []string{cve}, Published: newsDay, Modified: newsDay,
		Affected: []advisory.Affected{{Ecosystem: "npm", Name: pkg, Ranges: []advisory.Range{{Type: "SEMVER", Events: []advisory.Event{{Introduced: "0"}}}}}},
	}
}

func (s *Session) records(ctx context.Context, list ...advisory.Record) error {
	_, err := s.DB.CommitAdvisories(ctx, advisory.Batch{Feed: "npm", Records: list, Now: s.Now()})
	return err
}

func (s *Session) finish(ctx context.Context, kind advisory.FeedKind, name string) error {
	_, err := s.DB.FinishFeed(ctx, advisory.Feed{Kind: kind, Name: name, LoadedAt: s.Now(), Records: 1, Hash: "h"}, nil)
	return err
}

// world changes: a record says something else, and one is listed as exploited.
func worldChanges(ctx context.Context, s *Session) error {
	r := newsRecord("GHSA-1", "CVE-2026-0001", "left")
	r.Affected[0].Ranges[0].Events = append(r.Affected[0].Ranges[0].Events, advisory.Event{Fixed: "3.0.0"})
	if err := s.records(ctx, r, newsRecord("GHSA-3", "CVE-2026-0003", "deep")); err != nil {
		return err
	}
	if err := s.finish(ctx, advisory.FeedOSV, "npm"); err != nil {
		return err
	}
	_, err := s.DB.CommitKEV(ctx, advisory.KEVBatch{Now: s.Now(), Entries: []advisory.KEV{{CVE: "CVE-2026-0002", Added: newsDay}, {CVE: "CVE-1999-0001", Added: newsDay}}})
	if err != nil {
		return err
	}
	return s.finish(ctx, advisory.FeedKEV, "")
}

// sentences are all events, oldest first.
func sentences(ctx context.Context, db *store.DB) ([]string, error) {
	list, _, err := db.EventsAfter(ctx, 0, 1000)
	var out []string
	for i := range list {
		out = append(out, string(list[i].Kind)+" "+list[i].Subject)
	}
	return out, err
}

// tellAll runs the step of news alone, until it is quiet.
func tellAll(ctx context.Context, db *store.DB) error {
	for _, x := range newsHome(db, newsDay.AddDate(0, 0, 1)).Runner.Steps {
		for n := 1; x.Name() == "news" && n > 0; {
			var err error
			if n, err = x.Run(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// An event is there once: also when the work is killed between any two
// statements, and when two servers do it at the same time.
func TestEventsOnBothEngines(t *testing.T) {
	t.Parallel()
	crash := storetest.Crash{Prepare: func(ctx context.Context, db *store.DB) error {
		if err := newsEstate(ctx, db); err != nil {
			return err
		}
		s := newsHome(db, newsDay.AddDate(0, 0, 1))
		if err := worldChanges(ctx, s); err != nil {
			return err
		}
		s.Runner.Steps = slices.DeleteFunc(s.Runner.Steps, func(x cycle.Step) bool { return x.Name() == "news" })
		return s.Drain(ctx)
	}, Work: tellAll}
	if storetest.Child(t, map[string]storetest.Crash{"news": crash}) {
		return
	}
	want := []string{
		"advisory.new CVE-2026-0001", "advisory.new CVE-2026-0002", "feed.updated osv/npm",
		"advisory.changed CVE-2026-0001", "advisory.new CVE-2026-0003", "feed.updated osv/npm", "kev.added CVE-2026-0002", "feed.updated kev",
	}
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		t.Run("killed", func(t *testing.T) { crash.Suite(t, e, "news") })
		t.Run("two_servers", func(t *testing.T) {
			ctx, cfg := t.Context(), e.New(t)
			a, b := e.Open(t, cfg), e.Open(t, cfg)
			if err := newsEstate(ctx, a); err != nil {
				t.Fatal(err)
			}
			if err := worldChanges(ctx, newsHome(a, newsDay.AddDate(0, 0, 1))); err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			errs := make([]error, 2)
			for i, db := range []*store.DB{a, b} {
				s := newsHome(db, newsDay.AddDate(0, 0, 1))
				s.Runner.Owner = fmt.Sprint("server ", i)
				wg.Add(1)
				go func() {
					defer wg.Done()
					errs[i] = s.Drain(ctx)
				}()
			}
			wg.Wait()
			got, err := sentences(ctx, b)
			if d := cmp.Diff(want, got); d != "" || err != nil || errs[0] != nil || errs[1] != nil {
				t.Errorf("%v %v (-want +got)\n%s", errs, err, d)
			}
		})
	})
}

// seen notes what the steps look at.
type seen struct {
	assess.Twin
	prioritize.Facts
	components []int64
	exposures  []int64
}

func (s *seen) Components(ctx context.Context, ids []int64) (map[int64]twin.Component, error) {
	s.components = append(s.components, ids...)
	return s.Twin.Components(ctx, ids)
}

func (s *seen) Exposures(ctx context.Context, nums []int64) ([]ctem.Exposure, error) {
	s.exposures = append(s.exposures, nums...)
	return s.Facts.Exposures(ctx, nums)
}

// look makes a session's steps tell what they look at.
func look(s *Session) *seen {
	n := &seen{Twin: s.assess.Twin}
	s.assess.Twin = &seenTwin{s.DB, n}
	for _, step := range s.Runner.Steps {
		if p, ok := step.(*prioritize.Step); ok {
			n.Facts = p.Facts
			p.Facts = &seenFacts{s.DB, n}
		}
	}
	return n
}

type seenTwin struct {
	*store.DB
	n *seen
}

func (s *seenTwin) Components(ctx context.Context, ids []int64) (map[int64]twin.Component, error) {
	return s.n.Components(ctx, ids)
}

type seenFacts struct {
	*store.DB
	n *seen
}

func (s *seenFacts) Exposures(ctx context.Context, nums []int64) ([]ctem.Exposure, error) {
	return s.n.Exposures(ctx, nums)
}

// A change in the world makes nothing be evaluated or decided again but what it
// can change.
func TestOnlyWhatCanChangeIsEvaluated(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		ctx, db := t.Context(), e.Fresh(t)
		if err := newsEstate(ctx, db); err != nil {
			t.Fatal(err)
		}
		if err := newsHome(db, newsDay).kev(ctx, "CVE-1999-0001"); err != nil { // a first catalogue decides all again
			t.Fatal(err)
		}
		left, right := exposureOf(t, db, "CVE-2026-0001"), exposureOf(t, db, "CVE-2026-0002")
		for i, x := range []struct {
			name       string
			change     func(s *Session) error
			components int
			exposures  []int64
		}{
			{"nothing", func(s *Session) error { return s.kev(ctx, "CVE-1999-0001") }, 0, nil},
			{"a_listing", func(s *Session) error { return s.kev(ctx, "CVE-1999-0001", "CVE-2026-0001") }, 0, []int64{left}},
			{"of_nothing_here", func(s *Session) error { return s.kev(ctx, "CVE-1999-0001", "CVE-2026-0001", "CVE-1999-0002") }, 0, nil},
			{"a_listing_taken_back", func(s *Session) error { return s.kev(ctx, "CVE-1999-0001") }, 0, []int64{left}},
			{"a_score", func(s *Session) error {
				_, err := s.DB.CommitEPSS(ctx, advisory.EPSSBatch{Now: s.Now(), Entries: []advisory.EPSS{{CVE: "CVE-2026-0002", Score: 0.5, Date: s.Now()}}})
				return err
			}, 0, []int64{right}},
			{"a_record", func(s *Session) error {
				r := newsRecord("GHSA-2", "CVE-2026-0002", "right")
				r.Modified, r.Severity = s.Now(), []advisory.Severity{{Type: "CVSS_V3", Score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}}
				return s.records(ctx, r)
			}, 1, []int64{right}},
			{"a_record_of_nothing_here", func(s *Session) error { return s.records(ctx, newsRecord("GHSA-9", "CVE-2026-0009", "nobody-has-it")) }, 0, nil},
			{"a_record_taken_back", func(s *Session) error {
				r := newsRecord("GHSA-1", "CVE-2026-0001", "left")
				r.Withdrawn = s.Now()
				return s.records(ctx, r)
			}, 1, []int64{left}},
		} {
			s := newsHome(db, newsDay.Add(time.Duration(i+1)*time.Hour))
			n := look(s)
			if err := x.change(s); err != nil {
				t.Fatal(err)
			}
			if err := s.Drain(ctx); err != nil {
				t.Fatal(err)
			}
			slices.Sort(n.exposures)
			slices.Sort(n.components)
			if got := slices.Compact(n.exposures); !slices.Equal(got, x.exposures) {
				t.Errorf("%s: decided %v again, want %v", x.name, got, x.exposures)
			}
			if got := slices.Compact(n.components); len(got) != x.components {
				t.Errorf("%s: evaluated components %v again, want %d", x.name, got, x.components)
			}
		}
	})
}

// kev is a catalogue, followed by the steps.
func (s *Session) kev(ctx context.Context, cves ...string) error {
	var list []advisory.KEV
	for _, c := range cves {
		list = append(list, advisory.KEV{CVE: c, Added: newsDay})
	}
	if _, err := s.DB.CommitKEV(ctx, advisory.KEVBatch{Now: s.Now(), Entries: list}); err != nil {
		return err
	}
	if err := s.finish(ctx, advisory.FeedKEV, ""); err != nil {
		return err
	}
	return s.Drain(ctx)
}

func exposureOf(t *testing.T, db *store.DB, name string) int64 {
	t.Helper()
	nums, err := db.ExposuresByWeaknessNames(t.Context(), []string{name})
	if err != nil || len(nums) != 1 {
		t.Fatalf("%s has exposures %v, %v", name, nums, err)
	}
	return nums[0]
}

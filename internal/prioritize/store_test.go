package prioritize

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

func stepOn(db *store.DB, now time.Time) *Step {
	return &Step{Streams: db, Facts: db, Said: db, Sensors: db, Writer: db, Now: func() time.Time { return now }}
}

// discover puts one exposure into the store, as assess would.
func discover(ctx context.Context, db *store.DB, state ctem.State, now time.Time) error {
	e := log4shell()
	piece := ctem.Piece{
		From: today.AddDate(0, 0, -3), Since: today.AddDate(0, 0, -3), State: ctem.Open, Running: ctem.Yes, Reachable: ctem.Yes,
		Instances: e.Instances, Advisories: e.Advisories, Fix: e.Fix, Doors: e.Doors,
	}
	pieces := []ctem.Piece{piece}
	if state != ctem.Open {
		pieces[0].To = now
		piece.From, piece.Since, piece.State, piece.Reason, piece.Running, piece.Doors = now, now, state, "replaced by 2.17.1", ctem.No, nil
		pieces = append(pieces, piece)
	}
	_, err := db.CommitExposures(ctx, ctem.Advance{Step: "assess", Now: now}, ctem.AssessedBatch{
		Weaknesses: []ctem.WeaknessChange{{
			Key: e.Weakness.Key, Canonical: e.Weakness.Canonical, Kind: e.Weakness.Kind, Names: e.Weakness.Aliases,
		}},
		Places: []ctem.Assessed{{
			Place: 1, Service: e.Service, Environment: e.Environment,
			Timelines: []ctem.Timeline{{Weakness: e.Weakness.Key, Locus: e.Locus, Pieces: pieces}},
		}},
	})
	return err
}

// learn loads what is known about its weakness, as intel would.
func learn(ctx context.Context, db *store.DB, now time.Time) error {
	_, err := db.CommitAdvisories(ctx, advisory.Batch{Feed: "Maven", Now: now, Records: []advisory.Record{{
		ID: "GHSA-jfh8", Modified: now, Aliases: []string{"CVE-2021-44228"},
		Severity: []advisory.Severity{{Type: "CVSS_V3", Score: worstVector}},
	}}})
	if err != nil {
		return err
	}
	_, err = db.CommitKEV(ctx, advisory.KEVBatch{Now: now, Entries: []advisory.KEV{{CVE: "CVE-2021-44228", Added: today.AddDate(0, 0, -360)}}})
	if err != nil {
		return err
	}
	_, err = db.FinishFeed(ctx, advisory.Feed{Kind: advisory.FeedKEV, DataTime: now, LoadedAt: now, Records: 1}, nil)
	return err
}

func drainOn(ctx context.Context, db *store.DB, now time.Time) error {
	for {
		n, err := stepOn(db, now).Run(ctx)
		if n == 0 || err != nil {
			return err
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestDecisionsOnBothEngines holds the laws of the decision aggregate.
func TestDecisionsOnBothEngines(t *testing.T) {
	t.Parallel()
	if storetest.Child(t, crashes()) {
		return
	}
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		t.Run("life", func(t *testing.T) { testLife(t, e) })
		t.Run("rerun", func(t *testing.T) { testRerun(t, e) })
		for name, c := range crashes() {
			t.Run(name, func(t *testing.T) { c.Suite(t, e, name) })
		}
	})
}

// testLife: decided before anything is known of the weakness, again when the
// feeds come, when time passes, and when it is fixed.
func testLife(t *testing.T, e *storetest.Engine) {
	ctx, db := context.Background(), e.Fresh(t)
	must(t, discover(ctx, db, ctem.Open, today))
	must(t, drainOn(ctx, db, today))
	must(t, learn(ctx, db, today.Add(time.Hour)))
	must(t, drainOn(ctx, db, today.Add(time.Hour)))
	must(t, drainOn(ctx, db, today.AddDate(0, 0, 7))) // the listing is a year old now
	must(t, discover(ctx, db, ctem.Fixed, today.AddDate(0, 0, 8)))
	must(t, drainOn(ctx, db, today.AddDate(0, 0, 8)))
	for _, c := range []struct {
		at    time.Time
		word  ctem.Word
		score int
		bar   string
	}{
		{today.AddDate(0, 0, -2), ctem.Schedule, 439, "T of no data"}, // as known now, from the exposure's beginning
		{today.Add(2 * time.Hour), ctem.ActNow, 810, "T .95"},
		{today.AddDate(0, 0, 7).Add(time.Hour), ctem.ActNow, 788, "T .70"},
		{today.AddDate(0, 0, 8).Add(time.Hour), ctem.NoAction, 0, "closed"},
	} {
		at := ctem.AsOf{At: c.at, Now: today.AddDate(0, 1, 0)}
		page, err := db.ListExposures(ctx, ctem.ListQuery{AsOf: at, Terms: []ctem.Term{{Key: "is", Op: ":", Values: []string{"open", "fixed"}}}})
		must(t, err)
		if len(page.Items) != 1 {
			t.Fatalf("%d exposures at %v", len(page.Items), c.at)
		}
		x, err := Explainer{History: db}.Explain(ctx, page.Items[0], at)
		must(t, err)
		if d := x.Decision; d.Word != c.word || d.Score != c.score {
			t.Errorf("%s at %v: %s with %d, want %s with %d", c.bar, c.at, d.Word, d.Score, c.word, c.score)
		}
		if d := page.Items[0].Decision; d == nil || d.Word != x.Decision.Word || d.Score != x.Decision.Score || !d.Deadline.Equal(x.Decision.Deadline) {
			t.Errorf("at %v the list says %+v, explain %s with %d", c.at, d, x.Decision.Word, x.Decision.Score)
		}
	}
}

func testRerun(t *testing.T, e *storetest.Engine) {
	ctx, cfg := context.Background(), e.New(t)
	db := e.Open(t, cfg)
	must(t, learn(ctx, db, today))
	must(t, discover(ctx, db, ctem.Open, today))
	must(t, drainOn(ctx, db, today))
	before := e.Dump(t, cfg)
	must(t, drainOn(ctx, db, today.AddDate(0, 0, 1)))
	if diff := cmp.Diff(before, e.Dump(t, cfg)); diff != "" {
		t.Errorf("a rerun changed the store: %s", diff)
	}
	raw := e.Raw(t, cfg)
	_, err := raw.ExecContext(ctx, `DELETE FROM cursor WHERE step = 'prioritize'`)
	must(t, err)
	must(t, drainOn(ctx, db, today.AddDate(0, 0, 1)))
	if diff := cmp.Diff(before, e.Dump(t, cfg)); diff != "" {
		t.Errorf("all of it again changed the store: %s", diff)
	}
}

// crashes kill the step between any two statements.
func crashes() map[string]storetest.Crash {
	return map[string]storetest.Crash{"ruling_killed": crashRulings(), "prioritize_killed": {
		Prepare: func(ctx context.Context, db *store.DB) error {
			if err := learn(ctx, db, today); err != nil {
				return err
			}
			return discover(ctx, db, ctem.Open, today)
		},
		Work: func(ctx context.Context, db *store.DB) error { return drainOn(ctx, db, today) },
	}}
}

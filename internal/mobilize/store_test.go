package mobilize

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/store/storetest"
	"github.com/tidemark/tidemark/internal/twin"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// estate is what assess and prioritize would have written: x of npm in shop
// with two weaknesses, from the states given.
func estate(ctx context.Context, db *store.DB, now time.Time, states ...ctem.State) error {
	place := ctem.Assessed{Place: 1, Service: "shop", Environment: "prod"}
	batch := ctem.AssessedBatch{}
	for i, state := range states {
		id := []string{"GHSA-1", "GHSA-2"}[i]
		batch.Weaknesses = append(batch.Weaknesses, ctem.WeaknessChange{Key: id, Canonical: id, Kind: ctem.Vulnerability, Names: []string{id}})
		piece := ctem.Piece{
			From: monday, Since: monday, State: ctem.Open, Running: ctem.Yes, Reachable: ctem.Unknown, Advisories: []string{id},
			Instances: []ctem.Instance{{Purl: "pkg:npm/x@1.2.0", Version: "1.2.0", Class: twin.Observed, Source: "records", Proven: true}},
		}
		pieces := []ctem.Piece{piece}
		if state != ctem.Open {
			pieces[0].To = now
			piece.From, piece.Since, piece.State, piece.Running = now, now, state, ctem.No
			pieces = append(pieces, piece)
		}
		place.Timelines = append(place.Timelines, ctem.Timeline{Weakness: id, Locus: "pkg:npm/x", Pieces: pieces})
	}
	batch.Places = []ctem.Assessed{place}
	if _, err := db.CommitExposures(ctx, ctem.Advance{Step: "assess", Now: now}, batch); err != nil {
		return err
	}
	nums, _, err := db.ExposureChanges(ctx, 0, 100)
	if err != nil {
		return err
	}
	list, err := db.Exposures(ctx, nums)
	if err != nil {
		return err
	}
	var decisions []ctem.Decision
	for _, e := range list {
		d := ctem.Decision{Num: e.Num, Exposure: e.ID, Revision: e.Revision, Word: ctem.NoAction}
		if e.State.Live() {
			d.Word, d.Risk, d.Deadline = ctem.Schedule, 0.1, monday.AddDate(0, 0, int(e.Num))
		}
		decisions = append(decisions, d)
	}
	return db.CommitDecisions(ctx, ctem.Advance{Step: "prioritize", Now: now}, decisions)
}

func drainOn(ctx context.Context, db *store.DB, now time.Time) error {
	s := &Step{Streams: db, Facts: db, Writer: db, Now: func() time.Time { return now }}
	for {
		n, err := s.Run(ctx)
		if n == 0 || err != nil {
			return err
		}
	}
}

func advise(ctx context.Context, db *store.DB) error {
	w := theWorld()
	_, err := db.CommitAdvisories(ctx, advisory.Batch{Feed: "npm", Records: w.records, Now: monday})
	return err
}

// crashes kill the step between any two statements.
func crashes() map[string]storetest.Crash {
	return map[string]storetest.Crash{"move_killed": crashMove(), "mobilize_killed": {
		Prepare: func(ctx context.Context, db *store.DB) error {
			if err := advise(ctx, db); err != nil {
				return err
			}
			return estate(ctx, db, monday, ctem.Open, ctem.Open)
		},
		Work: func(ctx context.Context, db *store.DB) error { return drainOn(ctx, db, monday) },
	}}
}

// TestActionsOnBothEngines holds the laws of the action aggregate.
func TestActionsOnBothEngines(t *testing.T) {
	t.Parallel()
	if storetest.Child(t, crashes()) {
		return
	}
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		t.Run("life", func(t *testing.T) { testLife(t, e) })
		for name, c := range crashes() {
			t.Run(name, func(t *testing.T) { c.Suite(t, e, name) })
		}
	})
}

// testLife: proposed, half fixed, verified, back again; lists, filters, as-of.
func testLife(t *testing.T, e *storetest.Engine) {
	ctx, cfg := context.Background(), e.New(t)
	db := e.Open(t, cfg)
	must(t, advise(ctx, db))
	id := ctem.ActionID("pkg:npm/x", "shop")
	for day, c := range []struct {
		states   []ctem.State
		want     ctem.Work
		target   string
		reopened int
	}{
		{[]ctem.State{ctem.Open, ctem.Open}, ctem.Proposed, "1.4.1", 0},
		{[]ctem.State{ctem.Fixed, ctem.Open}, ctem.InProgress, "1.2.5", 0},
		{[]ctem.State{ctem.Fixed, ctem.Fixed}, ctem.Verified, "1.2.5", 0},
		{[]ctem.State{ctem.Open, ctem.Open}, ctem.Proposed, "1.4.1", 1},
		{[]ctem.State{ctem.Retired, ctem.Retired}, ctem.Rejected, "1.4.1", 1},
	} {
		now := monday.AddDate(0, 0, day)
		must(t, estate(ctx, db, now, c.states...))
		must(t, drainOn(ctx, db, now))
		a, err := db.FindAction(ctx, id, ctem.AsOf{Now: now.Add(time.Hour)})
		must(t, err)
		if a.State != c.want || a.Target != c.target || a.Reopened != c.reopened || len(a.Exposures) != 2 {
			t.Errorf("day %d: %s (%s) to %q, reopened %d, %v", day, a.State, a.Reason, a.Target, a.Reopened, a.Exposures)
		}
	}
	for day, want := range []ctem.Work{ctem.Proposed, ctem.InProgress, ctem.Verified, ctem.Proposed, ctem.Rejected} {
		at := ctem.AsOf{At: monday.AddDate(0, 0, day).Add(time.Hour), Now: monday.AddDate(0, 1, 0)}
		for query, n := range map[string]int{"": 1, "state:proposed": 0, `env:prod exposure:` + ctem.ExposureID("GHSA-1", "pkg:npm/x", "shop", "prod") + " NPM/x": 1} {
			if query == "state:proposed" && want == ctem.Proposed {
				n = 1
			}
			terms, err := ctem.ParseQuery(query)
			must(t, err)
			page, err := db.Actions(ctx, ctem.ListQuery{AsOf: at, Terms: terms, Limit: 5, Sort: []ctem.SortKey{{Key: "due"}, {Key: "open", Descending: true}}})
			must(t, err)
			if page.Total != n || len(page.Items) != n || n == 1 && page.Items[0].State != want {
				t.Errorf("as of day %d, %q: %+v, want %s", day, query, page, want)
			}
		}
	}
	before := e.Dump(t, cfg)
	_, err := e.Raw(t, cfg).ExecContext(ctx, `DELETE FROM cursor WHERE step = 'mobilize'`)
	must(t, err)
	must(t, drainOn(ctx, db, monday.AddDate(0, 0, 9)))
	if diff := cmp.Diff(before, e.Dump(t, cfg)); diff != "" {
		t.Errorf("all of it again changed the store: %s", diff)
	}
}

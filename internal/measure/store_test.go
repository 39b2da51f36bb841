package measure

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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

// live puts three exposures of two services into the store, as assess and
// prioritize would: one of them ends on the second day.
func live(ctx context.Context, t *testing.T, db *store.DB) {
	t.Helper()
	records := ctem.Basis{Sources: []ctem.SourceScope{{Source: "records", Scope: "prod"}}}
	open := func(running, reachable ctem.Tri) ctem.Piece {
		return ctem.Piece{From: at(-3), Since: at(-3), State: ctem.Open, Running: running, Reachable: reachable, Basis: records}
	}
	ended := open(ctem.Yes, ctem.No)
	ended.To = at(-1)
	fixed := ctem.Piece{From: at(-1), Since: at(-1), State: ctem.Fixed, Running: ctem.No, Reachable: ctem.No}
	covers := func(covered bool) []ctem.Cover {
		return []ctem.Cover{{From: at(-3), Live: true, Covered: covered, Sources: records.Sources}}
	}
	_, err := db.CommitExposures(ctx, ctem.Advance{Step: "assess", Now: at(-3)}, ctem.AssessedBatch{
		Weaknesses: []ctem.WeaknessChange{
			{Key: "CVE-1", Canonical: "CVE-1", Kind: ctem.Vulnerability, Names: []string{"CVE-1"}},
			{Key: "CVE-2", Canonical: "CVE-2", Kind: ctem.Vulnerability, Names: []string{"CVE-2"}},
		},
		Places: []ctem.Assessed{
			{Place: 1, Service: "cart", Environment: "prod", Covers: covers(true), Timelines: []ctem.Timeline{
				{Weakness: "CVE-1", Locus: "pkg:npm/x", Pieces: []ctem.Piece{open(ctem.Yes, ctem.Yes)}},
				{Weakness: "CVE-2", Locus: "pkg:npm/x", Pieces: []ctem.Piece{ended, fixed}},
			}},
			{Place: 2, Service: "queue", Environment: "prod", Covers: covers(false), Timelines: []ctem.Timeline{
				{Weakness: "CVE-1", Locus: "pkg:npm/x", Pieces: []ctem.Piece{open(ctem.No, ctem.Unknown)}},
			}},
		},
	})
	must(t, err)
	var decisions []ctem.Decision
	for num, word := range map[int64]ctem.Word{1: ctem.ActNow, 2: ctem.NoAction, 3: ctem.NoAction} {
		d := ctem.Decision{Num: num, Revision: 1, Word: word, Lapsed: word, Risk: 0.5, Score: 950, Gates: ctem.Gates{Exploitable: ctem.Yes, Matters: ctem.Unknown}}
		if num == 3 {
			d.Lapsed, d.Gates.Exploitable = ctem.ActNow, ctem.No
		}
		decisions = append(decisions, d)
	}
	must(t, db.CommitDecisions(ctx, ctem.Advance{Step: "prioritize", Now: at(-3)}, decisions))
	_, err = db.AppendSnapshot(ctx, []twin.Snapshot{{Source: "records", Scope: "prod", Class: twin.Observed, ObservedAt: at(-0.25)}}, at(-0.25))
	must(t, err)
}

// TestMeasuresOnBothEngines: a number counts what the list shows.
func TestMeasuresOnBothEngines(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		ctx, cfg := context.Background(), e.New(t)
		db := e.Open(t, cfg)
		_, err := e.Raw(t, cfg).ExecContext(ctx, `INSERT INTO place (id, service, environment) VALUES (1, 'cart', 'prod'), (2, 'queue', 'prod')`)
		must(t, err)
		live(ctx, t, db)
		m := Measures{Exposures: db, Estate: db}
		for name, c := range map[string]struct {
			at   ctem.AsOf
			want ctem.Funnel
		}{
			"now": {ctem.AsOf{Now: noon}, ctem.Funnel{
				Total: 2, Found: ctem.GateCount{Yes: 2}, Running: ctem.GateCount{Yes: 1, No: 1}, Reachable: ctem.GateCount{Yes: 1, Unknown: 1},
				Exploitable: ctem.GateCount{Yes: 1, No: 1}, Matters: ctem.GateCount{Unknown: 2}, ActNowOutside: 1,
			}},
			"two-days-ago": {ctem.AsOf{At: at(-2), Now: noon}, ctem.Funnel{
				Total: 3, Found: ctem.GateCount{Yes: 3}, Running: ctem.GateCount{Yes: 2, No: 1}, Reachable: ctem.GateCount{Yes: 1, No: 1, Unknown: 1},
				Exploitable: ctem.GateCount{Yes: 2, No: 1}, Matters: ctem.GateCount{Unknown: 3}, ActNowOutside: 1,
			}},
			// Nobody has looked for two days: what runs is not known any more.
			"silence": {ctem.AsOf{Now: at(2)}, ctem.Funnel{
				Total: 2, Found: ctem.GateCount{Yes: 2}, Running: ctem.GateCount{Unknown: 2}, Reachable: ctem.GateCount{Yes: 1, Unknown: 1},
				Exploitable: ctem.GateCount{Yes: 1, No: 1}, Matters: ctem.GateCount{Unknown: 2}, ActNowOutside: 2,
			}},
		} {
			f, err := m.Funnel(ctx, ctem.ListQuery{AsOf: c.at})
			must(t, err)
			if diff := cmp.Diff(c.want, f); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
			page, err := db.ListExposures(ctx, ctem.ListQuery{AsOf: c.at, Terms: []ctem.Term{{Key: "decision", Op: ":", Values: []string{"act"}}}})
			must(t, err)
			if page.Total != f.ActNow+f.ActNowOutside {
				t.Errorf("%s: the list has %d, the funnel %+v", name, page.Total, f)
			}
		}
		days, err := m.Trend(ctx, ctem.ListQuery{AsOf: ctem.AsOf{Now: noon}}, 30)
		must(t, err)
		var open []int
		for _, d := range days {
			open = append(open, d.Open)
		}
		if diff := cmp.Diff([]int{3, 3, 2, 2}, open); diff != "" {
			t.Error(diff)
		}
		if days[3].Risk != 0.75 || days[3].Score != 979 {
			t.Errorf("today %+v", days[3])
		}
		cover, err := m.Coverage(ctx, ctem.AsOf{Now: noon})
		must(t, err)
		want := ctem.MeasuredCoverage{
			Workloads: 2, WithSBOM: 1, WithoutSBOM: []string{"queue (prod)"}, Dated: 2, MedianAge: 6 * time.Hour, OldestSeen: at(-0.25), ByReason: map[string]int{},
		}
		if diff := cmp.Diff(want, cover); diff != "" {
			t.Error(diff)
		}
	})
}

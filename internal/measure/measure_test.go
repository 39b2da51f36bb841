package measure

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestFunnelOf(t *testing.T) {
	t.Parallel()
	all := ctem.Gates{Found: ctem.Yes, Running: ctem.Yes, Reachable: ctem.Yes, Exploitable: ctem.Yes, Matters: ctem.Yes}
	unscoped, stopped := all, all
	unscoped.Matters, unscoped.Reachable = ctem.Unknown, ctem.Unknown
	stopped.Running = ctem.No
	got := FunnelOf([]ctem.FunnelRow{
		{Gates: all, Word: ctem.ActNow, Count: 2},
		{Gates: unscoped, Word: ctem.ActNow, Count: 3},
		{Gates: all, Word: ctem.Schedule, Count: 5},
		{Gates: stopped, Word: ctem.NoAction, Count: 7},
		{Gates: ctem.Gates{}, Count: 1},
	})
	want := ctem.Funnel{
		Total: 18, Found: ctem.GateCount{Yes: 17, No: 0, Unknown: 1}, Running: ctem.GateCount{Yes: 10, No: 7, Unknown: 1}, Reachable: ctem.GateCount{Yes: 14, No: 0, Unknown: 4}, Exploitable: ctem.GateCount{Yes: 17, No: 0, Unknown: 1},
		Matters: ctem.GateCount{Yes: 14, No: 0, Unknown: 4}, ActNow: 2, ActNowOutside: 3,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func at(days float64) time.Time { return noon.Add(time.Duration(days * float64(day))) }

func TestTrendOf(t *testing.T) {
	t.Parallel()
	got := TrendOf([]ctem.Span{
		{Num: 1, From: at(-2), State: ctem.Open, Risk: 0.5},
		{Num: 2, From: at(-1), To: at(-0.25), State: ctem.StateUnknown, Risk: 0.5}, // ends today, before now
		{Num: 3, From: at(-30), To: at(-1.5), State: ctem.Open, Risk: 0.25},        // ends at the midnight after the 20th
		{Num: 4, From: at(-2), State: ctem.Fixed, Risk: 1},
		{Num: 5, From: at(1), State: ctem.Open, Risk: 1},
	}, noon, 3)
	date := func(d int) time.Time { return time.Date(2026, 11, d, 0, 0, 0, 0, time.UTC) }
	want := []ctem.TrendDay{
		{Day: date(20), Open: 2, Risk: 0.625, Score: 966},
		{Day: date(21), Open: 2, Risk: 0.75, Score: 979},
		{Day: date(22), Open: 1, Risk: 0.5, Score: 950},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := TrendOf([]ctem.Span{{From: at(-1), State: ctem.Open}}, noon, 90); len(got) != 2 {
		t.Errorf("begins %v, want with the first exposure", got)
	}
	if got := TrendOf(nil, noon, 90); len(got) != 0 {
		t.Errorf("nothing gives %v", got)
	}
}

// Every day counts what a look at its last moment would have counted.
func TestTrendLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var spans []ctem.Span
		for range rapid.IntRange(0, 8).Draw(rt, "spans") {
			s := ctem.Span{State: rapid.SampledFrom([]ctem.State{ctem.Open, ctem.StateUnknown, ctem.Fixed}).Draw(rt, "state")}
			s.From = noon.Add(time.Duration(rapid.IntRange(-200, 20).Draw(rt, "from")) * time.Hour)
			s.Risk = rapid.Float64Range(0, 1).Draw(rt, "risk")
			if rapid.Bool().Draw(rt, "ends") {
				s.To = s.From.Add(time.Duration(rapid.IntRange(1, 100).Draw(rt, "hours")) * time.Hour)
			}
			spans = append(spans, s)
		}
		for _, d := range TrendOf(spans, noon, 7) {
			moment := d.Day.Add(day - time.Nanosecond)
			if moment.After(noon) {
				moment = noon
			}
			open, left := 0, 1.0
			for _, s := range spans {
				if s.State.Live() && !s.From.After(moment) && (s.To.IsZero() || s.To.After(moment)) {
					open++
					left *= 1 - s.Risk
				}
			}
			if d.Open != open || math.Abs(d.Risk-(1-left)) > 1e-9 {
				rt.Fatalf("%v: %d open at risk %g, counted %d at %g", d.Day, d.Open, d.Risk, open, 1-left)
			}
		}
	})
}

// estate is a store in memory.
type estate struct{}

func (estate) FunnelRows(context.Context, ctem.ListQuery) ([]ctem.FunnelRow, error) {
	return []ctem.FunnelRow{{Word: ctem.ActNow, Count: 4}}, nil
}

func (estate) Spans(_ context.Context, from time.Time, q ctem.ListQuery) ([]ctem.Span, error) {
	return []ctem.Span{{From: from, To: q.AsOf.Time().Add(time.Microsecond), State: ctem.Open, Risk: 0.5}}, nil
}

func (estate) UndecidedByReason(context.Context) (map[string]int, error) {
	return map[string]int{"no-purl": 3, "no-feed": 4}, nil
}

func (estate) WorkloadCovers(context.Context, ctem.AsOf) ([]ctem.WorkloadCover, error) {
	return []ctem.WorkloadCover{
		{Place: 1, Service: "cart", Environment: "prod", Covered: true, Seen: at(-1)},
		{Place: 2, Service: "front", Environment: "prod", Covered: true, Seen: at(-3)},
		{Place: 3, Service: "queue", Environment: "prod", Seen: at(-0.5)},
		{Place: 4, Service: "web", Environment: "dev"},
	}, nil
}

func (estate) Places(context.Context, []int64) ([]twin.Place, error) {
	runs := func(class twin.Class, images ...twin.ArtifactRef) twin.Claim {
		c := twin.Claim{Class: class, From: at(-9)}
		for _, i := range images {
			c.Workload.Containers = append(c.Workload.Containers, twin.Container{Image: i})
		}
		return c
	}
	named, other := twin.ArtifactRef{Name: "shop/a", Tag: "1"}, twin.ArtifactRef{Name: "shop/b", Tag: "1"}
	proven := twin.ArtifactRef{Name: "shop/a", Tag: "1", Digest: "sha256:x"}
	gone := runs(twin.Observed, named)
	gone.To = at(-8)
	return []twin.Place{
		{ID: 1, Claims: []twin.Claim{runs(twin.Observed, proven), runs(twin.Declared, named)}},
		{ID: 2, Claims: []twin.Claim{runs(twin.Observed, named, proven)}},
		{ID: 3, Claims: []twin.Claim{runs(twin.Observed, other), gone}},
		{ID: 4, Claims: []twin.Claim{runs(twin.Declared, other, named)}},
	}, nil
}

func (estate) ArtifactsByNameTag(_ context.Context, names []string) (map[string][]twin.Artifact, error) {
	out := map[string][]twin.Artifact{}
	for _, n := range names {
		a := twin.Artifact{ID: n}
		if n == "docker.io/shop/a:1" {
			a.Contents = []twin.Contents{{SBOM: 1}}
		}
		out[n] = []twin.Artifact{a}
	}
	return out, nil
}

func (estate) Coverage(context.Context, time.Time) ([]twin.Coverage, error) {
	return []twin.Coverage{
		{Source: "a", Scope: "prod", Class: twin.Observed, Seen: at(-0.5)},
		{Source: "b", Scope: "prod", Class: twin.Observed, Seen: at(-2)},
		{Source: "c", Scope: "prod", Class: twin.Observed, Seen: at(-9)},
		{Source: "d", Scope: "prod", Class: twin.Declared, Seen: at(-99)},
	}, nil
}

func (estate) Feeds(context.Context) ([]advisory.Feed, error) {
	return []advisory.Feed{{Kind: advisory.FeedKEV}}, nil
}

func TestCoverage(t *testing.T) {
	t.Parallel()
	got, err := Measures{Exposures: estate{}, Estate: estate{}}.Coverage(context.Background(), ctem.AsOf{At: noon})
	if err != nil {
		t.Fatal(err)
	}
	want := ctem.MeasuredCoverage{
		Workloads: 4, WithSBOM: 2, WithoutSBOM: []string{"queue (prod)", "web (dev)"}, Unproven: 2,
		Dated: 3, MedianAge: day, OldestSeen: at(-3), StaleSources: []string{"b (prod)"}, LapsedSources: []string{"c (prod)"},
		Undecided: 7, ByReason: map[string]int{"no-purl": 3, "no-feed": 4}, Feeds: []advisory.Feed{{Kind: advisory.FeedKEV}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReads(t *testing.T) {
	t.Parallel()
	m := Measures{Exposures: estate{}, Estate: estate{}}
	days, err := m.Trend(context.Background(), ctem.ListQuery{AsOf: ctem.AsOf{At: noon}}, 5)
	if err != nil || len(days) != 5 || slices.ContainsFunc(days, func(d ctem.TrendDay) bool { return d.Open != 1 }) {
		t.Errorf("%v, %v", days, err)
	}
	if f, err := m.Funnel(context.Background(), ctem.ListQuery{AsOf: ctem.AsOf{Now: noon}}); err != nil || f.ActNowOutside != 4 {
		t.Errorf("%v, %v", f, err)
	}
	for _, bad := range []func() ([]ctem.TrendDay, error){
		func() ([]ctem.TrendDay, error) {
			return m.Trend(context.Background(), ctem.ListQuery{AsOf: ctem.AsOf{At: noon, KnownAt: noon}}, maxDays+1)
		},
		func() ([]ctem.TrendDay, error) {
			return m.Trend(context.Background(), ctem.ListQuery{AsOf: ctem.AsOf{At: noon}}, 0)
		},
	} {
		if _, err := bad(); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%v", err)
		}
	}
}

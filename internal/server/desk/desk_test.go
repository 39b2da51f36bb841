package desk

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/server/estate"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/twin"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// stocked answers with what it was given, and keeps what it was asked.
type stocked struct {
	Exposures
	page  ctem.ExposurePage
	found ctem.Exposure
	asked []ctem.ListQuery
}

func (e *stocked) ListExposures(_ context.Context, q ctem.ListQuery) (ctem.ExposurePage, error) {
	e.asked = append(e.asked, q)
	return e.page, nil
}

func (e *stocked) FindExposure(context.Context, string, ctem.AsOf) (ctem.Exposure, error) {
	return e.found, nil
}

func (e *stocked) ExposureHistory(context.Context, int64, ctem.AsOf) ([]ctem.HistoryPiece, error) {
	return nil, nil
}

func (e *stocked) Rulings(context.Context, []int64, ctem.AsOf) (map[int64][]ctem.Ruling, error) {
	return map[int64][]ctem.Ruling{0: {{Kind: ctem.RuleDecide, By: "ann", Word: ctem.Watch, Reason: "behind a wall"}}}, nil
}

// told explains nothing, and knows of one change.
type told struct{ Explainer }

func (told) Changes(context.Context, ctem.Exposure, ctem.AsOf) (ctem.Page[ctem.DecisionChange], error) {
	before := ctem.Decision{Word: ctem.Watch}
	c := ctem.DecisionChange{Before: &before, Decision: ctem.Decision{Word: ctem.ActNow, Score: 700, Rules: "1"}, Because: "it is exploited"}
	return ctem.Page[ctem.DecisionChange]{Items: []ctem.DecisionChange{c}, Total: 3}, nil
}

// behind is a store that has read 7 of 9 pieces of evidence.
type behind struct{ err error }

func (b behind) Head(context.Context, ctem.Stream) (int64, time.Time, error) { return 9, noon, b.err }

func (b behind) Cursor(context.Context, string, ctem.Stream) (int64, error) { return 7, nil }

// world knows of an attack on the place, and of one that fits nowhere.
type world struct{ estate.Proved }

func (world) Lore(context.Context, []string) (map[string]advisory.Lore, error) {
	said := advisory.Statement{CVE: "CVE-1", Verdict: advisory.VerdictFixed, Purl: "pkg:npm/a@2"}
	about := said
	about.Purl = "pkg:npm/a@1"
	return map[string]advisory.Lore{"CVE-1": {
		Uses: []advisory.Use{{CVE: "CVE-1", Role: advisory.RoleExploitation, Technique: "T1190"}}, Said: []advisory.Statement{said, about},
	}}, nil
}

func (world) Detections(_ context.Context, places []int64, _ time.Time) (map[int64][]twin.Sighted, error) {
	seen := twin.Detection{Tool: "falco", Rule: "r", Weaknesses: []string{"CVE-1"}, First: noon.Add(-time.Hour), Last: noon}
	later := seen
	later.First = noon.Add(time.Hour)
	return map[int64][]twin.Sighted{places[0]: {{Source: "s", Detection: seen}, {Source: "s", Detection: later}}}, nil
}

func (world) Unplaced(context.Context, time.Time) ([]twin.Unplaced, error) {
	return []twin.Unplaced{{Sighted: twin.Sighted{Source: "falco", Scope: "prod", Detection: twin.Detection{Rule: "r", Image: "i"}}, Reason: "why"}}, nil
}

// runs knows what is loaded of one artifact.
type runs struct{ estate.Twin }

func (runs) Records(context.Context, []string) ([]advisory.Record, error) { return nil, nil }

func (runs) TwinSpans(context.Context, ctem.ListQuery, twin.End) ([]ctem.ThingSpan, error) {
	return nil, nil
}

func (runs) LoadedOf(context.Context, ctem.AsOf, []string) (map[string][]twin.SeenLoaded, error) {
	spec := twin.Loaded{
		Since: noon.Add(-48 * time.Hour), Window: 3600 * 24, Loaded: []twin.LoadedPart{{Purl: "pkg:npm/a@1", How: twin.LoadedMapped, By: []string{"node"}}},
		NotSeen: twin.LoadedParts{"pkg:npm": {"b@1"}},
	}
	return map[string][]twin.SeenLoaded{"one": {{Source: "host/h", Spec: spec, Seen: noon, Freshness: twin.Fresh}}}, nil
}

func TestWhetherAComponentIsLoaded(t *testing.T) {
	t.Parallel()
	of := func(purl, artifact string) ctem.Instance { return ctem.Instance{Purl: purl, Artifact: artifact} }
	for name, c := range map[string]struct {
		instances []ctem.Instance
		want      string
		each      []string
	}{
		"loaded_in_one":   {[]ctem.Instance{of("pkg:npm/b@1", "one"), of("pkg:npm/a@1", "one")}, "loaded", []string{"not-seen", "loaded"}},
		"not_seen":        {[]ctem.Instance{of("pkg:npm/b@1", "one")}, "not-seen", []string{"not-seen"}},
		"one_not_watched": {[]ctem.Instance{of("pkg:npm/b@1", "one"), of("pkg:npm/b@1", "two")}, "unknown", []string{"not-seen", "unknown"}},
		"none":            {nil, "unknown", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := deskOf(&stocked{found: ctem.Exposure{State: ctem.Open, Instances: c.instances}}, behind{}).Exposure(context.Background(), "EXP-1", api.Moment{})
			if err != nil {
				t.Fatal(err)
			}
			var each []string
			for _, in := range got.Instances {
				each = append(each, in.Loaded.Answer)
			}
			if diff := cmp.Diff(c.each, each); got.Loaded.Answer != c.want || diff != "" {
				t.Errorf("%+v, want %s; each %s", got.Loaded, c.want, diff)
			}
			if got.Loaded.Answer == "not-seen" && (got.Loaded.Window != 3600*24 || !got.Loaded.To.Equal(noon)) {
				t.Errorf("the window is %+v", got.Loaded)
			}
		})
	}
}

func TestWhatIsKnownAroundAnExposure(t *testing.T) {
	t.Parallel()
	e := &stocked{found: ctem.Exposure{
		State: ctem.Open, Place: 3, Weakness: ctem.Weakness{Canonical: "CVE-1"}, Instances: []ctem.Instance{{Purl: "pkg:npm/a@1?x=y"}},
	}}
	got, err := deskOf(e, behind{}).Exposure(context.Background(), "EXP-1", api.Moment{})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Attacks) != 1 || !got.Attacks[0].OnWeakness || !got.Attacks[0].Until.Equal(noon.Add(twin.DetectionCounts)) {
		t.Errorf("%+v", got.Attacks)
	}
	if len(got.UsedAs) != 1 || got.UsedAs[0].Technique != "T1190" || len(got.Suppliers) != 1 || got.Suppliers[0].Product != "pkg:npm/a@1" {
		t.Errorf("%+v, %+v", got.UsedAs, got.Suppliers)
	}
}

func deskOf(e *stocked, b behind) *Desk {
	return New(Parts{Exposed: e, Streams: b, World: world{}, Explains: told{}, Twin: runs{}, First: "resolve", Now: func() time.Time { return noon }})
}

func TestAListSaysHowManyThereAreAndHowFarItIsComputed(t *testing.T) {
	t.Parallel()
	e := &stocked{page: ctem.ExposurePage{Items: []ctem.Exposure{{ID: "EXP-1", State: ctem.Open}}, Total: 12, Next: "on"}}
	got, err := deskOf(e, behind{}).Exposures(context.Background(), api.Query{Query: "env:prod", Sort: "-score,due", Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if got.Total != 12 || !got.Truncated || got.Next == nil || *got.Next != "on" || got.Computed.Behind != 2 || got.Query != "env:prod" {
		t.Errorf("the envelope is %+v", got)
	}
	want := []ctem.SortKey{{Key: "score", Descending: true}, {Key: "due"}}
	if d := cmp.Diff(want, e.asked[0].Sort); d != "" {
		t.Error(d)
	}
}

func TestAFailureIsNoEmptyList(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is gone")
	if _, err := deskOf(&stocked{}, behind{broken}).Exposures(context.Background(), api.Query{}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// TestWhatAViewerMayNotSeeDoesNotExist: the same answer as for an id that was
// never given out, so that ids cannot be probed.
func TestWhatAViewerMayNotSeeDoesNotExist(t *testing.T) {
	t.Parallel()
	e := &stocked{found: ctem.Exposure{ID: "EXP-1", Service: "checkout"}}
	d := deskOf(e, behind{}).As(reply.Viewer{Products: []string{"shop"}})
	if _, err := d.Exposure(context.Background(), "EXP-1", api.Moment{}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("got %v", err)
	}
	if d := cmp.Diff([]string{"shop"}, e.asked[0].Products); d != "" {
		t.Error(d)
	}
	e.page.Total = 1
	if got, err := d.Exposure(context.Background(), "EXP-1", api.Moment{}); err != nil || len(got.Rulings) != 1 || got.Rulings[0].By != "ann" {
		t.Errorf("what may be seen: %+v, %v", got.Rulings, err)
	}
	got, err := deskOf(e, behind{}).Exposure(context.Background(), "EXP-1", api.Moment{})
	if err != nil {
		t.Fatalf("who sees all: %v", err)
	}
	want := []api.DecisionChange{{Decision: "Act now", Was: "Watch", DecidedBy: "rules", Score: 700, Rules: "1", Because: "it is exploited"}}
	if d := cmp.Diff(want, got.Decisions); d != "" || got.EarlierDecisions != 2 {
		t.Errorf("%d earlier, %s", got.EarlierDecisions, d)
	}
}

func TestTheTimeOfAQuestion(t *testing.T) {
	t.Parallel()
	e := &stocked{}
	then := noon.Add(-time.Hour)
	got, err := deskOf(e, behind{}).Exposures(context.Background(), api.Query{AsOf: &then})
	if err != nil || !got.AsOf.Equal(then) || !e.asked[0].At.Equal(then) || !e.asked[0].Now.Equal(noon) {
		t.Errorf("as of %v, asked %+v, %v", got.AsOf, e.asked, err)
	}
}

// TestAnUndecidedExposureHasNoWordOfCalm: empty words, and unknown gates.
func TestAnUndecidedExposureHasNoWordOfCalm(t *testing.T) {
	t.Parallel()
	it := ExposureItem(ctem.Exposure{State: ctem.Open, Running: ctem.Yes, Freshness: twin.Fresh})
	if it.Decision != "" || it.Gates.Exploitable != "unknown" || it.Gates.Found != "yes" || it.Aliases == nil {
		t.Errorf("got %+v", it)
	}
}

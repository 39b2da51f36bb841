package desk

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// estate answers with what it was given, and keeps what it was asked.
type estate struct {
	Exposures
	page  ctem.ExposurePage
	found ctem.Exposure
	asked []ctem.ListQuery
}

func (e *estate) ListExposures(_ context.Context, q ctem.ListQuery) (ctem.ExposurePage, error) {
	e.asked = append(e.asked, q)
	return e.page, nil
}

func (e *estate) FindExposure(context.Context, string, ctem.AsOf) (ctem.Exposure, error) {
	return e.found, nil
}

func (e *estate) ExposureHistory(context.Context, int64, ctem.AsOf) ([]ctem.HistoryPiece, error) {
	return nil, nil
}

func (e *estate) Rulings(context.Context, []int64, ctem.AsOf) (map[int64][]ctem.Ruling, error) {
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

func deskOf(e *estate, b behind) *Desk {
	return New(Parts{Exposed: e, Streams: b, Explains: told{}, First: "resolve", Now: func() time.Time { return noon }})
}

func TestAListSaysHowManyThereAreAndHowFarItIsComputed(t *testing.T) {
	t.Parallel()
	e := &estate{page: ctem.ExposurePage{Items: []ctem.Exposure{{ID: "EXP-1", State: ctem.Open}}, Total: 12, Next: "on"}}
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
	if _, err := deskOf(&estate{}, behind{broken}).Exposures(context.Background(), api.Query{}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// TestWhatAViewerMayNotSeeDoesNotExist: the same answer as for an id that was
// never given out, so that ids cannot be probed.
func TestWhatAViewerMayNotSeeDoesNotExist(t *testing.T) {
	t.Parallel()
	e := &estate{found: ctem.Exposure{ID: "EXP-1", Service: "checkout"}}
	d := deskOf(e, behind{}).As(Viewer{Products: []string{"shop"}})
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
	e := &estate{}
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

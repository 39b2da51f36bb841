package mobilize

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
)

// world is a store in memory with one group.
type world struct {
	cursors   map[ctem.Stream]int64
	changes   []int64
	group     ctem.ActionGroup
	exposures map[int64]ctem.Exposure
	records   []advisory.Record
	actions   []ctem.Action
	asked     int // how often records were read
}

func (w *world) Cursor(_ context.Context, _ string, s ctem.Stream) (int64, error) {
	return w.cursors[s], nil
}

func (w *world) ExposureChanges(_ context.Context, after int64, _ int) ([]int64, int64, error) {
	return w.changes[after:], int64(len(w.changes)), nil
}

func (w *world) DecisionChanges(_ context.Context, after int64, _ int) ([]int64, int64, error) {
	return w.changes[after:], int64(len(w.changes)), nil
}

func (w *world) ActionGroups(context.Context, []int64) ([]ctem.ActionGroup, error) {
	g := w.group
	g.Members = slices.Clone(g.Members)
	if n := len(w.actions); n > 0 {
		before := w.actions[n-1]
		g.Before = &before
		for i := range g.Members {
			g.Members[i].Open, g.Members[i].Round = before.Members[i].Open, before.Members[i].Round
			if !g.Members[i].State.Live() {
				g.Members[i].Risk = before.Members[i].Risk
			}
		}
	}
	return []ctem.ActionGroup{g}, nil
}

func (w *world) Exposures(_ context.Context, nums []int64) (list []ctem.Exposure, err error) {
	for _, n := range nums {
		list = append(list, w.exposures[n])
	}
	return list, nil
}

func (w *world) Records(context.Context, []string) ([]advisory.Record, error) {
	w.asked++
	return w.records, nil
}

func (w *world) CommitActions(_ context.Context, adv ctem.Advance, list []ctem.Action) error {
	for _, m := range adv.Moves {
		w.cursors[m.Stream] = m.To
	}
	w.actions = append(w.actions, list...)
	return nil
}

// npmRecord says that versions below fixed are affected, from introduced on.
func npmRecord(id string, bounds ...string) advisory.Record {
	r := advisory.Range{Type: "SEMVER"}
	for i, b := range bounds {
		e := advisory.Event{Introduced: b}
		if i%2 == 1 {
			e = advisory.Event{Fixed: b}
		}
		r.Events = append(r.Events, e)
	}
	return advisory.Record{ID: id, Affected: []advisory.Affected{{Ecosystem: "npm", Name: "x", Ranges: []advisory.Range{r}}}}
}

func theWorld() *world {
	w := &world{cursors: map[ctem.Stream]int64{}, exposures: map[int64]ctem.Exposure{}, changes: []int64{1, 2}}
	w.group = ctem.ActionGroup{Locus: "pkg:npm/x", Service: "shop", Members: []ctem.ActionMember{member(1, ctem.Open), member(2, ctem.Open)}}
	for n, id := range map[int64]string{1: "GHSA-1", 2: "GHSA-2"} {
		w.exposures[n] = ctem.Exposure{Num: n, Advisories: []string{id}, Instances: []ctem.Instance{{Purl: "pkg:npm/x@1.2.0", Version: "1.2.0"}}}
	}
	// 1.3.0 fixes the first, but lies in the second's later range.
	w.records = []advisory.Record{npmRecord("GHSA-1", "0", "1.3.0"), npmRecord("GHSA-2", "0", "1.2.5", "1.3.0", "1.4.1")}
	return w
}

func run(t *testing.T, w *world) int {
	t.Helper()
	s := &Step{Streams: w, Facts: w, Writer: w, Now: func() time.Time { return monday }}
	n, err := s.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestStep(t *testing.T) {
	t.Parallel()
	w := theWorld()
	if n := run(t, w); n == 0 || len(w.actions) != 1 {
		t.Fatalf("did %d, %d actions", n, len(w.actions))
	}
	if a := w.actions[0]; a.Target != "1.4.1" || a.State != ctem.Proposed || a.Word != ctem.Schedule {
		t.Errorf("%+v", a)
	}
	if n := run(t, w); n != 0 {
		t.Errorf("a quiet step did %d", n)
	}
	w.changes = append(w.changes, 1)
	if run(t, w); len(w.actions) != 1 || w.asked != 1 {
		t.Errorf("%d actions, records read %d times: a rerun must change nothing", len(w.actions), w.asked)
	}
	w.group.Members[1] = member(2, ctem.Fixed)
	w.changes = append(w.changes, 2)
	if run(t, w); len(w.actions) != 2 || w.actions[1].State != ctem.InProgress || w.actions[1].Target != "1.3.0" {
		t.Errorf("%+v", w.actions[len(w.actions)-1])
	}
	w.group.Members[0] = member(1, ctem.Fixed)
	w.changes = append(w.changes, 1)
	run(t, w)
	done := w.actions[len(w.actions)-1]
	if done.State != ctem.Verified || done.Removed == 0 || done.ID != w.actions[0].ID {
		t.Errorf("%+v", done)
	}
}

func TestTargetNeedsEveryComponent(t *testing.T) {
	t.Parallel()
	w := theWorld()
	e := w.exposures[2]
	e.Instances = []ctem.Instance{{Purl: "pkg:npm/x@1.2.0", Version: "1.2.0"}, {Purl: "pkg:npm/x@1.3.5", Version: "1.3.5"}}
	first := w.exposures[1]
	records := map[string]*advisory.Record{"GHSA-1": &w.records[0], "GHSA-2": &w.records[1]}
	if got := Target([]*ctem.Exposure{&first, &e}, records); got != "1.4.1" {
		t.Errorf("target %q", got)
	}
	e.Instances = append(e.Instances, ctem.Instance{Purl: "pkg:unknown/x@1"})
	if got := Target([]*ctem.Exposure{&first, &e}, records); got != "" {
		t.Errorf("target %q although one component has none", got)
	}
	if got := Target(nil, records); got != "" {
		t.Errorf("target %q of nothing", got)
	}
}

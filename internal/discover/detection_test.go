package discover

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/storetest"
	"github.com/tidemark/tidemark/internal/twin"
)

// raised gives the detections of a test, whatever the document says.
func (e *estate) raised(list ...twin.Detection) Receipt {
	e.t.Helper()
	door := Ingest{Evidence: e.db, Now: func() time.Time { return e.now }, ReadDetections: func(io.Reader, time.Time) (Raised, error) {
		return Raised{Detections: list}, nil
	}}
	r, err := door.IngestDetections(e.ctx, DetectionInput{Name: "test", Body: strings.NewReader(""), Source: "falco-1"})
	if err != nil {
		e.t.Fatal(err)
	}
	e.drain()
	return r
}

func (e *estate) sightings() (placed map[string]string, unplaced map[string]string, changes int64) {
	e.t.Helper()
	since := e.now.Add(-twin.DetectionCounts)
	_, changes, err := e.db.DetectionChanges(e.ctx, 0, 1000)
	if err != nil {
		e.t.Fatal(err)
	}
	places, err := e.db.Places(e.ctx, []int64{1, 2, 3, 4})
	if err != nil {
		e.t.Fatal(err)
	}
	placed, unplaced = map[string]string{}, map[string]string{}
	for _, p := range places {
		got, err := e.db.Detections(e.ctx, []int64{p.ID}, since)
		if err != nil {
			e.t.Fatal(err)
		}
		for _, s := range got[p.ID] {
			placed[s.Detection.Rule] += p.Service + " in " + p.Environment + " until " + s.Detection.Last.Format("15h")
		}
	}
	lost, err := e.db.Unplaced(e.ctx, since)
	if err != nil {
		e.t.Fatal(err)
	}
	for _, u := range lost {
		unplaced[u.Detection.Rule] = u.Reason
	}
	return placed, unplaced, changes
}

func TestDetectionsAreKeptAndPlaced(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, engine *storetest.Engine) {
		t.Parallel()
		e := newEstate(t, engine.Fresh(t))
		if _, err := e.db.AppendSnapshot(e.ctx, []twin.Snapshot{snapshotAt(1, "cart=shop/cart:1", "pay=shop/pay:1")}, e.now); err != nil {
			t.Fatal(err)
		}
		at := e.now.Add(-time.Hour)
		shell := twin.Detection{Tool: "falco", Rule: "shell", Image: "shop/cart:1", First: at, Last: at}
		later := twin.Detection{Tool: "falco", Rule: "later", Names: []string{"mail", "mail-0"}, First: at, Last: at}
		old := twin.Detection{Tool: "falco", Rule: "old", Image: "shop/pay:1", First: at.AddDate(0, -2, 0), Last: at.AddDate(0, -2, 0)}
		if r := e.raised(shell, later, old); r.Accepted != 3 || len(r.Notes) != 1 {
			t.Errorf("%+v", r)
		}
		placed, lost, changes := e.sightings()
		if diff := cmp.Diff(map[string]string{"shell": "cart in prod until " + at.Format("15h")}, placed); diff != "" || changes != 3 {
			t.Error(changes, diff)
		}
		if len(lost) != 1 || !strings.Contains(lost["later"], "nothing that is known to be deployed") {
			t.Errorf("%v", lost)
		}

		if r := e.raised(later, shell); r.Accepted != 0 || r.Unchanged != 2 {
			t.Errorf("the same again: %+v", r)
		}
		shell.Last = e.now
		e.raised(shell)
		shell.Last = at
		shell.First = at.Add(-time.Hour)
		e.raised(shell)
		if placed, _, changes = e.sightings(); placed["shell"] != "cart in prod until "+e.now.Format("15h") || changes != 5 {
			t.Errorf("it only grows: %v, %d changes", placed, changes)
		}

		if _, err := e.db.AppendSnapshot(e.ctx, []twin.Snapshot{snapshotAt(2, "cart=shop/cart:1", "pay=shop/pay:1", "mail=shop/mail:1")}, e.now); err != nil {
			t.Fatal(err)
		}
		e.drain()
		if placed, lost, _ = e.sightings(); placed["later"] == "" || len(lost) != 0 {
			t.Errorf("a workload that is learned of later has it: %v, %v", placed, lost)
		}
		sources, err := e.db.Sources(e.ctx, ctem.AsOf{Now: e.now})
		if err != nil || len(sources) != 2 || sources[1].Class != twin.Detected && sources[0].Class != twin.Detected {
			t.Errorf("%v %+v", err, sources)
		}
	})
}

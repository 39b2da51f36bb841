package discover

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/storetest"
	"github.com/tidemark/tidemark/internal/twin"
)

func edge(t *testing.T, from, to string) twin.Resource {
	t.Helper()
	r, err := twin.Flow{
		From: twin.End{Kind: twin.KindWorkload, Scope: "prod/shop", Name: from}, To: twin.End{Kind: twin.KindWorkload, Scope: "prod/shop", Name: to},
		How: twin.FlowObserved,
	}.Resource()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func subjectOf(r twin.Resource) string { return twin.ResourceSubject(r.Kind, r.Namespace, r.Name) }

// measured says what is known of an edge at a time.
func (a *agentEstate) measured(at, known time.Time, name string) string {
	a.t.Helper()
	page, err := a.db.Things(a.ctx, ctem.ListQuery{AsOf: ctem.AsOf{At: at, KnownAt: known, Now: a.now}})
	if err != nil {
		a.t.Fatal(err)
	}
	for _, th := range page.Items {
		if th.Name != name {
			continue
		}
		if th.Traffic == nil {
			return fmt.Sprintf("%s %s", th.SeenAt.Format("02 15:04"), th.Freshness)
		}
		return fmt.Sprintf("%s-%s %d/%d %s", th.Traffic.First.Format("02 15:04"), th.SeenAt.Format("02 15:04"), th.Traffic.Calls, th.Traffic.Bytes, th.Freshness)
	}
	return "gone"
}

// Each edge has its own last-seen, whatever else its source sees; what was measured
// is no history, is asked for at any time, and ends with a word.
func TestEdgesAreSeenOneByOne(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		a := newAgent(t, e)
		busy, rare := edge(t, "web", "db"), edge(t, "web", "cron")
		see := func(at time.Time, r twin.Resource, calls int64) {
			t.Helper()
			a.now = at
			told := []Told{{
				Source: "otlp", Scope: "prod/shop", Class: twin.Observed, At: at, Every: time.Hour,
				Seen: []twin.Sighting{{Subject: subjectOf(r), First: at.Add(-time.Minute), Last: at, Calls: calls, Bytes: 10 * calls}},
			}}
			if at.Equal(hour(1)) {
				told[0].Things = []twin.Resource{r}
			}
			var got Receipt
			if err := a.ingest().IngestTold(a.ctx, &got, told); err != nil || len(got.Rejected) > 0 {
				t.Fatal(got, err)
			}
			a.drain()
		}
		see(hour(1), busy, 1)
		see(hour(1), rare, 1)
		before := a.rows()
		see(hour(2), busy, 5)
		see(hour(2), busy, 5) // the same again counts once
		see(hour(3), busy, 5)
		see(hour(9), busy, 7) // after a silence: another stretch
		see(hour(5), busy, 0) // late
		if after := a.rows(); after != before {
			t.Errorf("%d rows of history more", after-before)
		}
		a.now = hour(9)
		for _, c := range []struct {
			at, known time.Time
			edge      twin.Resource
			want      string
		}{
			{hour(9), time.Time{}, busy, "01 00:59-01 09:00 18/180 fresh"},
			{hour(9), time.Time{}, rare, "01 00:59-01 01:00 1/10 unknown"},
			{hour(2), time.Time{}, busy, "01 00:59-01 02:00 0/0 fresh"}, // within the stretch: what it counted is not known for then
			{hour(5), time.Time{}, rare, "01 00:59-01 01:00 1/10 stale"},
		} {
			if got := a.measured(c.at, c.known, c.edge.Name); got != c.want {
				t.Errorf("at %s: %s, want %s", c.at, got, c.want)
			}
		}
		// A week later the source still looks, and the rare one ends when it was seen last.
		for day := 1; day <= 8; day++ {
			see(hour(24*day), busy, 1)
		}
		endings := &Endings{Seen: a.db, Ingest: a.ingest(), Now: func() time.Time { return a.now }}
		did, err := endings.Run(a.ctx)
		if err != nil || did != 1 {
			t.Fatalf("%d ended (%v)", did, err)
		}
		a.drain()
		if got := a.measured(a.now, time.Time{}, rare.Name); got != "gone" {
			t.Errorf("the rare one: %s", got)
		}
		if got := a.measured(hour(1).Add(time.Minute), time.Time{}, rare.Name); got == "gone" {
			t.Error("it was there once")
		}
		if got := a.measured(a.now, time.Time{}, busy.Name); got == "gone" {
			t.Error("the busy one is gone")
		}
		if did, err := (&Endings{Seen: a.db, Ingest: a.ingest(), Now: func() time.Time { return a.now }}).Run(a.ctx); did != 0 || err != nil {
			t.Errorf("again: %d ended (%v)", did, err)
		}
		// Nobody looks any more: nothing ends.
		a.now = a.now.Add(60 * 24 * time.Hour)
		if did, err := endings.Run(a.ctx); did != 0 || err != nil {
			t.Errorf("nobody looked, and %d ended (%v)", did, err)
		}
	})
}

// rows counts the evidence.
func (a *agentEstate) rows() int {
	a.t.Helper()
	list, err := a.db.Evidence(a.ctx, 0, 1000)
	if err != nil {
		a.t.Fatal(err)
	}
	return len(list)
}

// An agent says with a heartbeat about a thing that it was seen.
func TestAgentSeesAnEdge(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		a := newAgent(t, e)
		a.now = hour(3)
		r := edge(t, "web", "db")
		body, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		beat := func(scope, subject, body string) twin.Observation {
			a.seq++
			return twin.Observation{SourceSeq: a.seq, Kind: twin.Heartbeat, Scope: scope, Subject: subject, ObservedAt: hour(3), Body: []byte(body)}
		}
		a.seq++
		got := a.send(Batch{Items: []twin.Observation{
			{SourceSeq: a.seq, Kind: twin.Delta, Class: twin.Observed, Scope: "prod/shop", Subject: subjectOf(r), Media: twin.MediaResource, ObservedAt: hour(1), Body: body},
			beat("prod/shop", subjectOf(r), `{"since":"`+hour(1).Format(time.RFC3339)+`","calls":3,"bytes":70}`),
			beat("prod/shop", subjectOf(r), `{"calls":-1}`),
			beat("prod/shop", "workload/Deployment/shop/web", ""),
			beat("nowhere", subjectOf(r), ""),
			beat("prod/shop", subjectOf(edge(t, "web", "nobody")), ""),
			beat("prod/shop", "resource/Node//n1", ""),
		}})
		if got.Accepted != 2 || len(got.Rejected) != 5 {
			t.Errorf("took %+v", got)
		}
		if diff := cmp.Diff("01 01:00-01 03:00 3/70 fresh", a.measured(hour(3), time.Time{}, r.Name)); diff != "" {
			t.Error(diff)
		}
	})
}

// When edges were seen is dropped with the history that is as old; of what is still
// there the newest is kept.
func TestSightingsAreDropped(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		a := newAgent(t, e)
		stays, ends := edge(t, "web", "db"), edge(t, "web", "cron")
		see := func(at time.Time, told Told) {
			t.Helper()
			a.now = at
			told.Source, told.Scope, told.Class, told.At, told.Every = "otlp", "prod/shop", twin.Observed, at, time.Hour
			var got Receipt
			if err := a.ingest().IngestTold(a.ctx, &got, []Told{told}); err != nil || len(got.Rejected) > 0 {
				t.Fatal(got, err)
			}
			a.drain()
		}
		seen := func(r twin.Resource, at time.Time) twin.Sighting {
			return twin.Sighting{Subject: subjectOf(r), First: at, Last: at, Calls: 1}
		}
		see(hour(1), Told{Things: []twin.Resource{stays, ends}, Seen: []twin.Sighting{seen(stays, hour(1)), seen(ends, hour(1))}})
		see(hour(9), Told{Seen: []twin.Sighting{seen(stays, hour(9))}})
		see(hour(10), Told{Gone: []string{subjectOf(ends)}})
		if list, err := a.db.Unseen(a.ctx, hour(30), 9); err != nil || len(list) != 0 {
			t.Fatal(list, err)
		}
		if err := a.db.Compact(a.ctx, hour(20), hour(40)); err != nil {
			t.Fatal(err)
		}
		a.now = hour(40)
		if diff := cmp.Diff("01 09:00-01 09:00 1/0 unknown", a.measured(a.now, time.Time{}, stays.Name)); diff != "" {
			t.Error(diff)
		}
		see(hour(41), Told{Things: []twin.Resource{ends}})
		if diff := cmp.Diff("02 17:00 fresh", a.measured(a.now, time.Time{}, ends.Name)); diff != "" {
			t.Error("what ended long ago was seen: ", diff)
		}
	})
}

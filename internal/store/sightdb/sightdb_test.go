package sightdb_test

import (
	"context"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/storetest"
	"github.com/tidemark/tidemark/internal/twin"
)

func TestPut(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		t.Parallel()
		db, ctx, now := e.Fresh(t), context.Background(), time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
		body := []byte("{}")
		_, err := db.Append(ctx, []twin.Observation{{
			Source: "falco", Scope: "prod", Kind: twin.Delta, Class: twin.Detected, Media: twin.MediaDetection, Subject: "detection/a",
			ObservedAt: now, Hash: twin.HashBytes(body), Body: body,
		}}, now)
		if err != nil {
			t.Fatal(err)
		}
		evidence, err := db.Evidence(ctx, 0, 10)
		if err != nil || len(evidence) != 1 {
			t.Fatal(err, evidence)
		}
		put := func(list ...twin.Sighted) int64 {
			for i := range list {
				list[i].Watch = evidence[0].Watch
			}
			if err := db.CommitTwin(ctx, ctem.Advance{Step: "resolve", Now: now}, &twin.Resolution{Seen: list}); err != nil {
				t.Fatal(err)
			}
			_, last, err := db.DetectionChanges(ctx, 0, 100)
			if err != nil {
				t.Fatal(err)
			}
			return last
		}
		seen := func(subject string, at time.Time) twin.Sighted {
			return twin.Sighted{Subject: subject, Detection: twin.Detection{Tool: "falco", Rule: subject, Image: "shop:1", First: at, Last: at}}
		}
		if n := put(seen("a", now), seen("b", now), seen("a", now.Add(time.Hour))); n != 2 {
			t.Errorf("two of one subject in a batch are one: %d changes", n)
		}
		if n := put(seen("a", now), seen("b", now)); n != 2 {
			t.Errorf("the same again is a change: %d", n)
		}
		lost, err := db.Unplaced(ctx, now)
		if err != nil || len(lost) != 1 || lost[0].Subject != "a" || lost[0].Source != "falco" || lost[0].Reason == "" {
			t.Errorf("%v %+v", err, lost)
		}
	})
}

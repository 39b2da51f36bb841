package main

import (
	"context"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
)

// A command that stored evidence ends with it computed, whoever held the steps:
// a process that was killed, or one that runs and had been quiet before.
func TestHeldStepsAreTakenOver(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	s := opened(t, c.where)
	hold := func(step, owner string, d time.Duration) {
		t.Helper()
		now := time.Now()
		if _, ok, err := s.DB.Acquire(context.Background(), ctem.Lease{Name: step, Owner: owner, Expires: now.Add(d)}, now); err != nil || !ok {
			t.Fatalf("lease %s: %v, %v", step, ok, err)
		}
	}
	c.now = on(11, 0)
	for _, step := range []string{"resolve", "assess", "prioritize", "mobilize"} {
		hold(step, s.Runner.Owner, time.Hour) // killed: nobody gives it back
	}
	c.run(0, "ingest", "deploy", file(t, "r.json", record("shop", weakImg, "")), "--source", "s")
	if e := c.only("svc:shop env:prod"); e.State != "open" {
		t.Errorf("after a killed process: %s", e.State)
	}
	c.now = on(12, 0)
	hold("assess", "another/1", time.Second)
	c.run(0, "ingest", "deploy", file(t, "r.json", record("shop", mendedImg, "")), "--source", "s")
	if e := c.only("svc:shop env:prod is:fixed,open"); e.State != "fixed" {
		t.Errorf("after another process: %s", e.State)
	}
}

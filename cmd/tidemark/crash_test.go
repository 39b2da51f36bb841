package main

import (
	"bytes"
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
	a := &app{
		streams: streams{out: &bytes.Buffer{}, err: &bytes.Buffer{}, env: func(string) string { return "" }},
		clock:   time.Now, flags: flags{data: c.where[1], output: formatTable, limit: "all"},
	}
	if err := a.prepare(); err != nil {
		t.Fatal(err)
	}
	s, err := a.open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.db.Close() }()
	hold := func(step, owner string, d time.Duration) {
		t.Helper()
		now := time.Now()
		if _, ok, err := s.db.Acquire(context.Background(), ctem.Lease{Name: step, Owner: owner, Expires: now.Add(d)}, now); err != nil || !ok {
			t.Fatalf("lease %s: %v, %v", step, ok, err)
		}
	}
	c.now = on(11, 0)
	for _, step := range []string{"resolve", "assess", "prioritize", "mobilize"} {
		hold(step, s.runner.Owner, time.Hour) // killed: nobody gives it back
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

package main

import (
	"strings"
	"testing"

	"github.com/tidemark/tidemark/api"
)

// before the floor nothing is answered, by no command.
func TestNothingIsAnsweredBeforeTheRetentionFloor(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	c.now = on(11, 0)
	c.run(0, "ingest", "deploy", file(t, "r.json", record("shop", weakImg, "")), "--source", "s")
	e := c.only("svc:shop env:prod")
	act := read[api.List[api.Action]](c, "actions", "list").Items[0].ID
	c.now = on(20, 0)
	c.run(0, "compact", "--keep", "5d")
	for _, when := range [][]string{{"--as-of", "2026-01-12"}, {"--known-at", "2026-01-12"}, {"--as-of", "2026-01-19", "--known-at", "2026-01-12"}} {
		for _, cmd := range []string{
			"exposures list", "exposures show " + e.ID, "explain " + e.ID, "actions list", "actions show " + act, "affected left",
			"measure funnel", "measure coverage", "measure trend", "twin get workloads", "twin get artifacts", "twin get components",
			"twin get services", "twin get sources",
		} {
			if out := c.run(2, append(strings.Fields(cmd), when...)...); out != "" {
				t.Errorf("%s %v answers %q", cmd, when, out)
			}
		}
	}
	if again := c.only("svc:shop env:prod", "--as-of", "2026-01-16"); again.ID != e.ID {
		t.Errorf("after the floor: %s, not %s", again.ID, e.ID)
	}
}

// What had been fixed before the floor stays fixed when its place is computed
// anew, and what had ended is not declared back.
func TestCompactionDoesNotRewriteWhatWasFixed(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	deploy := func(day int, image string) {
		t.Helper()
		c.now = on(day, 0)
		c.run(0, "ingest", "deploy", file(t, "r.json", record("shop", image, "")), "--source", "s")
	}
	deploy(11, weakImg)
	deploy(12, mendedImg)
	was := c.only("svc:shop env:prod is:fixed")
	act := read[api.List[api.Action]](c, "actions", "list", "-q", "svc:shop state:verified").Items[0].ID
	c.now = on(20, 0)
	c.run(0, "compact", "--keep", "5d")
	deploy(21, mendedImg+"") // still so
	c.now = on(22, 0)
	c.run(0, "ingest", "deploy", file(t, "r.json", record("shop", mendedImg, `,"doors":[],"doors_complete":true`)), "--source", "s")
	if is := c.only("svc:shop env:prod is:fixed,withdrawn,retired"); is.State != "fixed" || is.ID != was.ID {
		t.Errorf("after compaction it is %s (%s)", is.State, is.StateReason)
	}
	if got := c.action(act); got.State != "verified" {
		t.Errorf("the action is %s (%s)", got.State, got.Reason)
	}
	deploy(23, weakImg)
	if is := c.only("svc:shop env:prod"); is.ID != was.ID || !is.FirstSeen.Equal(*was.FirstSeen) {
		t.Errorf("it came back as %s, first seen %v", is.ID, is.FirstSeen)
	} else if n := c.exposure(is.ID).Regressions; n != 1 {
		t.Errorf("it came back %d times", n)
	}
}

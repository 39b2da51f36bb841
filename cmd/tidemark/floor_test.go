package main

import (
	"strings"
	"testing"
)

// before the floor nothing is answered, by no command.
func TestNothingIsAnsweredBeforeTheRetentionFloor(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	c.now = on(11, 0)
	c.run(0, "ingest", "deploy", file(t, "r.json", record("shop", weakImg, "")), "--source", "s")
	e := c.only("svc:shop env:prod")
	act := read[struct {
		Items []struct {
			ID      string `json:"id"`
			Service string `json:"service"`
		} `json:"items"`
	}](lenient(c), "actions", "list").Items[0].ID
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

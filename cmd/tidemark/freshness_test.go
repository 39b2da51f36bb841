package main

import (
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
)

// What a source says goes stale after three of its own intervals and unknown
// after seven, at the time asked for; it is never fixed by silence, and what
// was seen later is not seen then.
func TestFreshnessOfASourceWithAnInterval(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	deploy := func(day, hour int) {
		t.Helper()
		c.now = on(day, hour)
		c.run(0, "ingest", "deploy", file(t, "r.json", record("shop", weakImg, "")), "--source", "s", "--every", "1h")
	}
	check := func(fresh, running, state string, more ...string) {
		t.Helper()
		src := read[api.List[api.Source]](c, append([]string{"twin", "get", "sources"}, more...)...)
		for _, s := range src.Items {
			if s.Source != "s" {
				continue
			}
			if s.Freshness != fresh || s.SeenAt.After(src.AsOf) {
				t.Errorf("%v %v: the source is %s, seen at %v", c.now, more, s.Freshness, s.SeenAt)
			}
		}
		if e := c.only("svc:shop env:prod is:open,unknown,fixed,retired,withdrawn", more...); e.Gates.Running != running || e.State != state {
			t.Errorf("%v %v: running %s, %s; want %s, %s", c.now, more, e.Gates.Running, e.State, running, state)
		}
	}
	deploy(11, 0)
	check("fresh", "yes", "open")
	for _, at := range []struct {
		age                   time.Duration
		fresh, running, state string
	}{
		{3 * time.Hour, "fresh", "yes", "open"},
		{3*time.Hour + time.Second, "stale", "unknown", "open"},
		{7 * time.Hour, "stale", "unknown", "open"},
		{7*time.Hour + time.Second, "unknown", "unknown", "unknown"},
	} {
		c.now = on(11, 0).Add(at.age)
		check(at.fresh, at.running, at.state)
	}
	deploy(12, 0) // it is back
	deploy(12, 3)
	check("fresh", "yes", "open")
	check("stale", "unknown", "open", "--as-of", "2026-01-11T05:00:00Z")
	check("unknown", "unknown", "unknown", "--as-of", "2026-01-11T12:00:00Z")
	check("fresh", "yes", "open", "--as-of", "2026-01-12T02:00:00Z")
}

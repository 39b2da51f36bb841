package main

import (
	"testing"

	"github.com/tidemark/tidemark/api"
)

// A decision goes with the state that it was made for, also where evidence came
// late: as of a time, as known now, they say the same.
func TestDecisionsSpeakFromWhenTheirStateBegan(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	const any = "svc:shop env:prod is:open,fixed"
	deploy := func(day int, image, at string) {
		t.Helper()
		c.now = on(day, 0)
		c.run(0, "ingest", "deploy", file(t, "r.json", record("shop", image, "")), "--source", "s", "--every", "30d", "--at", at)
	}
	deploy(11, weakImg, "2026-01-11")
	deploy(14, mendedImg, "2026-01-12") // learned two days late
	check := func(state, word string, more ...string) {
		t.Helper()
		e := c.only(any, more...)
		x := read[api.Explanation](c, append([]string{"explain", e.ID}, more...)...)
		if e.State != state || e.Decision != word || x.Decision != word {
			t.Errorf("%v: %s, %s, explained as %s; want %s, %s", more, e.State, e.Decision, x.Decision, state, word)
		}
	}
	check("fixed", "No action", "--as-of", "2026-01-13")
	check("open", "Act now", "--as-of", "2026-01-13", "--known-at", "2026-01-13")
	check("open", "Act now", "--as-of", "2026-01-11T12:00:00Z")
	deploy(16, weakImg, "2026-01-15") // a rollback, learned a day late
	check("open", "Act now", "--as-of", "2026-01-15T12:00:00Z")
	check("fixed", "No action", "--as-of", "2026-01-14T12:00:00Z")
	check("open", "Act now")
	if f := read[api.Funnel](c, "measure", "funnel", "--as-of", "2026-01-15T12:00:00Z"); f.ActNow+f.ActNowOutside != 1 {
		t.Errorf("the funnel has %d to act on now", f.ActNow+f.ActNowOutside)
	}
}

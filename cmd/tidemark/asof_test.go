package main

import (
	"os"
	"path/filepath"
	"strings"
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

// What several commands wrote at one reading of the clock is there at that
// reading, also while an advisory that is not in force yet makes the present a
// question about history.
func TestOneReadingOfTheClockSeesAllThatItWrote(t *testing.T) {
	t.Parallel()
	c := &cli{t: t, where: []string{"--data", t.TempDir()}, now: on(10, 0)}
	left := leftRecord("GHSA-left-left-left", "2026-01-03T00:00:00Z", `,"aliases":["CVE-2026-0001"]`, "1.2.5")
	later := strings.ReplaceAll(strings.ReplaceAll(left, "GHSA-left-left-left", "GHSA-late-late-late"), "CVE-2026-0001", "CVE-2026-2")
	c.run(0, "intel", "update", "--from", osvFolder(t, "npm", map[string]string{
		"GHSA-left-left-left": left, "GHSA-late-late-late": strings.Replace(later, "2026-01-02T", "2026-02-02T", 1),
	}))
	c.run(0, "ingest", "sbom", file(t, "weak.json", weakSBOM), "--artifact", weakImg)
	c.run(0, "ingest", "deploy", file(t, "r.json", record("shop", weakImg, "")), "--source", "s")
	if e := c.only("svc:shop env:prod"); e.Gates.Exploitable != "unknown" {
		t.Errorf("without the catalogue: exploitable %s", e.Gates.Exploitable)
	}
	feeds := smallIntel(t)
	if err := os.RemoveAll(filepath.Join(feeds, "npm")); err != nil {
		t.Fatal(err)
	}
	c.run(0, "intel", "update", "--from", feeds) // the catalogue and the scores
	for _, more := range [][]string{nil, {"--as-of", "2026-01-10"}} {
		e := c.only("svc:shop env:prod", more...)
		x := read[api.Explanation](c, append([]string{"explain", e.ID}, more...)...)
		f := read[api.Funnel](c, append([]string{"measure", "funnel"}, more...)...)
		if e.Gates.Exploitable != "yes" || x.Gates.Exploitable != "yes" || f.Gates["exploitable"].Yes != 1 {
			t.Errorf("%v: exploitable %s, explained as %s, funnel %+v", more, e.Gates.Exploitable, x.Gates.Exploitable, f.Gates["exploitable"])
		}
	}
}

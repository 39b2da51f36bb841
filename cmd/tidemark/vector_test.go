package main

import (
	"slices"
	"testing"

	"github.com/tidemark/tidemark/api"
)

// A record without a vector is of unknown severity from the feed to the decision:
// never low, and what is assumed in its place is said.
func TestNoVectorIsUnknown(t *testing.T) {
	t.Parallel()
	c := &cli{t: t, where: []string{"--data", t.TempDir()}, now: on(10, 0)}
	f := newFeeds(t)
	f.records["GHSA-0003"] = f.record("GHSA-0003", "CVE-2026-0003", "2.0.0")
	f.records["GHSA-0003"]["severity"] = []any{map[string]string{"type": "CVSS_V3", "score": "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"}}
	f.records["GHSA-0004"] = f.record("GHSA-0004", "CVE-2026-0004", "2.0.0")
	f.records["GHSA-0004"]["severity"] = []any{map[string]string{"type": "CVSS_V3", "score": "high"}}
	c.run(0, "ingest", "sbom", file(t, "weak.json", weakSBOM), "--artifact", weakImg)
	c.run(0, "ingest", "deploy", file(t, "r.json", record("shop", weakImg, `,"doors":[{"address":"shop:443","public":true}]`)), "--source", "s")
	c.run(0, "intel", "update", "--from", f.write("2026-01-10"))
	of := func(query string) (names []string) {
		for _, e := range c.exposures(query + " env:prod").Items {
			names = append(names, e.Weakness)
		}
		slices.Sort(names)
		return names
	}
	if got := of("sev:unknown"); !slices.Equal(got, []string{"CVE-2026-0001", "CVE-2026-0004"}) { // no vector, and one that says nothing
		t.Errorf("unknown: %v", got)
	}
	if got := of("sev:low,none"); !slices.Equal(got, []string{"CVE-2026-0003"}) {
		t.Errorf("low: %v", got)
	}
	for _, name := range []string{"CVE-2026-0001", "CVE-2026-0004"} {
		e := c.only("weakness:" + name + " env:prod")
		if e.Severity != "unknown" {
			t.Errorf("%s is of severity %q", name, e.Severity)
		}
		assumed := 0
		for _, in := range read[api.Explanation](c, "explain", e.ID).Deadline.Inputs {
			if in.Assumed && (in.Name == "automatable" || in.Name == "technical impact") {
				assumed++
			}
		}
		if assumed != 2 {
			t.Errorf("%s: %d inputs are said to be assumed, want 2: %+v", name, assumed, read[api.Explanation](c, "explain", e.ID).Deadline.Inputs)
		}
	}
}

package main

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/api"
)

// osvFolder writes OSV records into one ecosystem's archive.
func osvFolder(t testing.TB, ecosystem string, records map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, ecosystem), 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, ecosystem, "all.zip"))
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	for id, text := range records {
		w, err := z.Create(id + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func leftRecord(id, modified, more, fixed string) string {
	return `{"schema_version":"1.7.3","id":"` + id + `","modified":"` + modified + `","published":"2026-01-02T00:00:00Z"` + more +
		`,"affected":[{"package":{"ecosystem":"npm","name":"left"},"ranges":[{"type":"SEMVER","events":[{"introduced":"1.0.0"},{"fixed":"` + fixed + `"}]}]}]}`
}

// Nothing can be found of what no advisory is loaded about.
func TestAffectedByWhatNoFeedKnows(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	c.run(0, "intel", "update", "--from", osvFolder(t, "npm", map[string]string{
		"GHSA-aaaa-aaaa-aaaa": strings.ReplaceAll(leftRecord("GHSA-aaaa-aaaa-aaaa", "2026-01-03T00:00:00Z", `,"aliases":["CVE-2026-7"]`, "1.2.5"), `"left"`, `"right"`),
	}))
	c.now = on(11, 0)
	c.run(0, "ingest", "deploy", file(t, "r.json", record("shop", mendedImg, "")), "--source", "s")
	for query, want := range map[string]string{
		"CVE-2099-1": "cannot-say", "cve-2099-1": "cannot-say", "GHSA-zzzz-zzzz-zzzz": "cannot-say", "DSA-5000-1": "cannot-say",
		"RHSA-2021:1": "cannot-say", "CVE-2026-7": "not-found", "GHSA-aaaa-aaaa-aaaa": "not-found", "cve-2026-7": "not-found",
		"right": "not-found", "pkg:npm/right": "not-found", "left-pad-2": "not-found",
	} {
		a := read[api.Affected](c, "affected", query)
		if a.Verdict != want || (want == "cannot-say") != strings.Contains(a.Sentence, "no advisory that is loaded") {
			t.Errorf("affected %s: %s (%s), want %s", query, a.Verdict, a.Sentence, want)
		}
	}
}

// A folder of one release is a feed of its ecosystem, for the store as for scan,
// and what waited for a feed is looked at again when there is one.
func TestAFolderOfOneReleaseIsAFeed(t *testing.T) {
	t.Parallel()
	c := &cli{t: t, where: []string{"--data", t.TempDir()}, now: on(10, 0)}
	c.run(0, "intel", "update", "--from", osvFolder(t, "npm", map[string]string{
		"GHSA-aaaa-aaaa-aaaa": leftRecord("GHSA-aaaa-aaaa-aaaa", "2026-01-03T00:00:00Z", "", "1.2.5"),
	}))
	bom := strings.ReplaceAll(weakSBOM, "pkg:npm/left@1.2.0", "pkg:deb/debian/other@1.2.0?distro=debian-11")
	c.run(0, "ingest", "sbom", file(t, "weak.json", bom), "--artifact", weakImg)
	undecided := func() map[string]int { return read[api.MeasureCoverage](c, "measure", "coverage").UndecidedReason }
	if got := undecided(); got["no-feed"] != 1 {
		t.Errorf("without a feed of Debian: %v", got)
	}
	c.run(0, "intel", "update", "--from", osvFolder(t, "Debian:11", map[string]string{
		"DSA-1": strings.ReplaceAll(leftRecord("DSA-1", "2026-01-03T00:00:00Z", "", "1.2.5"), `"npm"`, `"Debian:11"`),
	}))
	if got := undecided(); len(got) != 0 {
		t.Errorf("with a feed of Debian 11: %v", got)
	}
}

package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/fault"
)

// The small world of these tests: one npm package with one weakness, which is
// in the catalogue of known exploited ones.
const (
	weakSBOM  = `{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":{"type":"application","name":"shop","version":"1.0"}},"components":[{"type":"library","name":"left","version":"1.2.0","purl":"pkg:npm/left@1.2.0"}]}`
	mendedBOM = `{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":{"type":"application","name":"shop","version":"1.1"}},"components":[{"type":"library","name":"left","version":"1.2.5","purl":"pkg:npm/left@1.2.5"}]}`
	weakImg   = "example.org/shop:1.0@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	mendedImg = "example.org/shop:1.1@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

// smallIntel writes a folder of feeds.
func smallIntel(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{
		"kev.json": `{"title":"CISA Catalog of Known Exploited Vulnerabilities","catalogVersion":"2026.01.05","dateReleased":"2026-01-05T00:00:00Z","count":1,"vulnerabilities":[{"cveID":"CVE-2026-0001","vendorProject":"v","product":"p","vulnerabilityName":"n","dateAdded":"2026-01-04","shortDescription":"d","requiredAction":"a","dueDate":"2026-01-25","knownRansomwareCampaignUse":"Unknown","notes":""}]}`,
		"epss.csv": "#model_version:v2026.01.01,score_date:2026-01-05T00:00:00Z\ncve,epss,percentile\nCVE-2026-0001,0.5,0.9\n",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("GHSA-left-left-left.json")
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Write([]byte(`{"schema_version":"1.7.3","id":"GHSA-left-left-left","modified":"2026-01-03T00:00:00Z","published":"2026-01-02T00:00:00Z","aliases":["CVE-2026-0001"],"summary":"left is weak","severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],"affected":[{"package":{"ecosystem":"npm","name":"left"},"ranges":[{"type":"SEMVER","events":[{"introduced":"1.0.0"},{"fixed":"1.2.5"}]}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "npm"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "npm", "all.zip"), b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func file(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func on(day, hour int) time.Time { return time.Date(2026, 1, day, hour, 0, 0, 0, time.UTC) }

// smallWorld has the feeds loaded and both builds listed on 10 January.
func smallWorld(t testing.TB) *cli {
	t.Helper()
	c := &cli{t: t, where: []string{"--data", t.TempDir()}, now: on(10, 0)}
	c.run(0, "intel", "update", "--from", smallIntel(t))
	c.run(0, "ingest", "sbom", file(t, "weak.json", weakSBOM), "--artifact", weakImg)
	c.run(0, "ingest", "sbom", file(t, "mended.json", mendedBOM), "--artifact", mendedImg)
	return c
}

func record(service, image string, more string) string {
	return `[{"service":"` + service + `","environment":"prod","artifact":"` + image + `","replicas":1` + more + `}]`
}

// only returns the one exposure of a query.
func (c *cli) only(query string, more ...string) api.Exposure {
	c.t.Helper()
	list := c.exposures(query, more...)
	if len(list.Items) != 1 {
		c.t.Fatalf("%q has %d exposures, want 1", query, len(list.Items))
	}
	return list.Items[0]
}

func TestEvidenceFirstThenDecision(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	e := c.only(`env:"(none)"`)
	if e.Weakness != "CVE-2026-0001" || e.Gates.Running != "unknown" || e.Decision != "Act now" || e.Deadline == nil {
		t.Errorf("with no run-time source: %+v", e)
	}
	if acts := read[api.List[api.Action]](c, "actions", "list"); len(acts.Items) != 1 || acts.Items[0].Decision != "Act now" {
		t.Errorf("with no run-time source the actions are %+v", acts.Items)
	}
	c.now = on(11, 0)
	c.run(0, "ingest", "deploy", file(t, "r.json", record("shop", weakImg, `,"doors":[],"doors_complete":true`)), "--source", "s")
	e = c.only("svc:shop env:prod")
	if e.Gates != (api.Gates{Found: "yes", Running: "yes", Reachable: "no", Exploitable: "yes", Matters: "unknown"}) {
		t.Errorf("gates %+v", e.Gates)
	}
	// In KEV, not exposed, automatable, total: 3 days from when we knew.
	if e.Decision != "Act now" || e.Deadline == nil || !e.Deadline.Equal(e.FirstSeen.AddDate(0, 0, 3)) {
		t.Errorf("decision %s, deadline %v, first seen %v", e.Decision, e.Deadline, e.FirstSeen)
	}
	if old := c.only(`env:"(none)" is:retired`); !strings.Contains(old.StateReason, "deployed") {
		t.Errorf("the undeployed one ended as %s (%s)", old.State, old.StateReason)
	}
	if again := c.only("svc:shop env:prod", "--as-of", "2026-01-11"); again.ID != e.ID {
		t.Errorf("as of the same moment: %s, not %s", again.ID, e.ID)
	}
}

func TestAsOfAndKnownAt(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	c.now = on(20, 0)
	c.run(0, "ingest", "deploy", file(t, "r.json", record("shop", mendedImg, "")), "--source", "s", "--at", "2026-01-18")
	c.now = on(21, 0)
	c.run(0, "ingest", "deploy", file(t, "r.json", record("shop", weakImg, "")), "--source", "s", "--at", "2026-01-15")
	for _, q := range []struct {
		asOf, knownAt string
		want          string
	}{
		{"2026-01-14", "", ""},                               // not deployed yet
		{"2026-01-16", "", "open"},                           // late evidence tells so
		{"2026-01-16", "2026-01-20T12:00:00Z", ""},           // but it was not known then
		{"2026-01-19", "", "fixed"},                          // the mended build runs
		{"2026-01-21T12:00:00Z", "", "fixed"},                // and still does
		{"2026-01-01", "", ""},                               // the advisory was not published
		{"2026-01-16", "2026-01-21T06:00:00Z", "open"},       // known from the moment of the late evidence
		{"2026-01-10T12:00:00Z", "2026-01-10T12:00:00Z", ""}, // nothing was deployed
	} {
		args := []string{"--as-of", q.asOf}
		if q.knownAt != "" {
			args = append(args, "--known-at", q.knownAt)
		}
		list := c.exposures("svc:shop env:prod is:open,fixed,retired,withdrawn,unknown", args...)
		got := ""
		for _, e := range list.Items {
			got += e.State
		}
		if got != q.want {
			t.Errorf("as of %s, known at %q: %q, want %q", q.asOf, q.knownAt, got, q.want)
		}
	}
}

// Several writes and reads at one reading of the clock: what is recorded some
// microseconds later belongs to that reading, and all answers agree.
func TestReadsAtTheReadingOfTheWrite(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	c.now = on(11, 0)
	c.run(0, "ingest", "deploy", file(t, "r.json", record("other", mendedImg, "")), "--source", "s")
	c.run(0, "ingest", "deploy", file(t, "r.json", record("third", mendedImg, "")), "--source", "s2")
	if e := c.only(`env:"(none)" is:live`); e.Gates.Running != "no" || e.Decision != "No action" {
		t.Errorf("right after: running %s, %s", e.Gates.Running, e.Decision)
	}
	c.now = on(12, 0)
	for _, when := range [][]string{{"--as-of", "2026-01-11"}, {"--known-at", "2026-01-11"}, {"--as-of", "2026-01-11", "--known-at", "2026-01-11"}} {
		e := c.only(`env:"(none)" is:live`, when...)
		why := read[api.Explanation](c, append([]string{"explain", e.ID}, when...)...)
		act := read[api.List[api.Action]](c, append([]string{"actions", "list"}, when...)...)
		if e.Decision != "No action" || why.Decision != e.Decision || why.Score != e.Score || act.Items[0].Decision != e.Decision {
			t.Errorf("%v: the list says %s (%d), explain %s (%d), the action %s", when, e.Decision, e.Score, why.Decision, why.Score, act.Items[0].Decision)
		}
	}
}

// What was not yet recorded was not known.
func TestCatalogueAsKnownAt(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	c.now = on(12, 0)
	c.run(0, "ingest", "sbom", file(t, "next.json", strings.ReplaceAll(weakSBOM, "1.2.0", "1.3.0")), "--artifact", "example.org/next:1")
	for when, want := range map[string][2]int{"2026-01-09": {0, 0}, "2026-01-10": {2, 2}, "2026-01-12": {3, 3}} {
		artifacts := read[api.List[api.Artifact]](c, "twin", "get", "artifacts", "--known-at", when)
		components := read[api.List[api.Component]](c, "twin", "get", "components", "--known-at", when)
		if got := [2]int{artifacts.Total, components.Total}; got != want {
			t.Errorf("known at %s: %v artifacts and components, want %v", when, got, want)
		}
		sources := read[api.List[api.Source]](c, "twin", "get", "sources", "--known-at", when)
		if (sources.Total > 0) != (want[0] > 0) {
			t.Errorf("known at %s: %d sources", when, sources.Total)
		}
	}
}

// A trend as known before late evidence is the one that was shown then.
func TestTrendAsKnownAt(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	c.now = on(12, 0)
	c.run(0, "ingest", "deploy", file(t, "r.json", record("shop", weakImg, "")), "--source", "s")
	c.now = on(14, 0)
	c.run(0, "ingest", "deploy", file(t, "r.json", record("shop", mendedImg, "")), "--source", "s", "--at", "2026-01-13")
	opened := func(want string, args ...string) {
		t.Helper()
		got := ""
		for _, d := range read[api.Trend](c, append([]string{"measure", "trend", "--days", "3", "--as-of", "2026-01-13T12:00:00Z"}, args...)...).Items {
			got += d.Day[8:] + ":" + strconv.Itoa(d.Open) + " "
		}
		if got != want {
			t.Errorf("%v: %q, want %q", args, got, want)
		}
	}
	opened("11:1 12:1 13:0 ")
	opened("11:1 12:1 13:1 ", "--known-at", "2026-01-13T12:00:00Z")
}

func TestDeployIsOneCompleteSnapshot(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	deploy := func(want int, text string, more ...string) {
		t.Helper()
		c.now = c.now.Add(time.Hour)
		c.run(want, append([]string{"ingest", "deploy", file(t, "r.json", text)}, more...)...)
	}
	deploy(0, record("shop", weakImg, ""), "--source", "a")
	deploy(0, record("other", weakImg, ""), "--source", "b")
	if n := c.exposures("env:prod").Total; n != 2 {
		t.Fatalf("%d exposures of two sources", n)
	}
	deploy(2, record("shop", weakImg, ""), "--source", "a", "--environment", "stage") // unequal
	deploy(2, `[]`, "--source", "a")                                                  // which environment?
	deploy(2, `[{"service":"shop","environment":"prod"}]`, "--source", "a")           // no artifact
	deploy(2, record("shop", weakImg, `,"replicas":-1`), "--source", "a")
	if n := c.exposures("env:prod").Total; n != 2 {
		t.Fatalf("a refused call changed something: %d exposures", n)
	}
	deploy(0, strings.Replace(record("shop", weakImg, ""), `"replicas":1`, `"replicas":0`, 1), "--source", "a")
	if e := c.only("svc:shop env:prod is:retired"); e.State != "retired" {
		t.Errorf("replicas 0: %s", e.State)
	}
	if e := c.only("svc:other env:prod"); e.State != "open" {
		t.Errorf("another source's workload: %s", e.State)
	}
	deploy(0, `[]`, "--source", "b", "--environment", "prod")
	if n := c.exposures("env:prod").Total; n != 0 {
		t.Errorf("an empty snapshot leaves %d exposures", n)
	}
}

func TestABuildWithoutSBOMIsAGap(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	c.now = on(11, 0)
	c.run(0, "ingest", "deploy", file(t, "r.json", record("shop", weakImg, "")), "--source", "s")
	c.now = on(11, 1)
	c.run(0, "ingest", "deploy", file(t, "r.json", record("shop", strings.Replace(weakImg, "aaaa", "cccc", 1), "")), "--source", "s")
	if e := c.only("svc:shop env:prod"); e.State != "unknown" || !strings.Contains(e.StateReason, "SBOM") {
		t.Errorf("after a build without SBOM: %s (%s)", e.State, e.StateReason)
	}
	if a := read[api.Affected](c, "affected", "CVE-2026-0001"); a.Verdict != "cannot-say" || a.Coverage.Searched != 0 || a.Coverage.Total != 1 {
		t.Errorf("affected: %+v", a)
	}
}

func TestAffectedVerdicts(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	c.now = on(11, 0)
	c.run(0, "ingest", "deploy", file(t, "r.json", record("shop", weakImg, "")), "--source", "s")
	for _, q := range []struct{ query, want string }{
		{"CVE-2026-0001", "affected-running"},
		{"GHSA-left-left-left", "affected-running"},
		{"left", "affected-running"},
		{"pkg:npm/left", "affected-running"},
		{"pkg:npm/left@1.2.0", "affected-running"},
		{strings.Split(weakImg, "@")[1], "affected-running"},
		{"pkg:npm/right", "not-found"},
		{"cve-2026-0001", "affected-running"},
	} {
		if a := read[api.Affected](c, "affected", q.query); a.Verdict != q.want {
			t.Errorf("affected %s: %s, want %s (%s)", q.query, a.Verdict, q.want, a.Sentence)
		}
	}
}

func TestScanAndGate(t *testing.T) {
	t.Parallel()
	intel := smallIntel(t)
	c := &cli{t: t, where: []string{"--data", t.TempDir()}, now: on(10, 0)}
	weak, mended, junk := file(t, "weak.json", weakSBOM), file(t, "mended.json", mendedBOM), file(t, "junk.json", `{"a":`)
	m := read[api.Matches](c, "scan", weak, mended, "--intel", intel)
	if len(m.Items) != 1 || m.Items[0].Advisory != "GHSA-left-left-left" || m.Items[0].SBOM != weak || m.Items[0].Fixed[0] != "1.2.5" {
		t.Errorf("scan: %+v", m.Items)
	}
	var partial api.Matches
	if err := json.Unmarshal([]byte(c.run(7, "scan", weak, junk, "--intel", intel, "-o", "json")), &partial); err != nil || len(partial.Rejected) != 1 || len(partial.Items) != 1 {
		t.Errorf("scan of a bad file: %+v, %v", partial.Rejected, err)
	}
	c.run(2, "scan", filepath.Join(t.TempDir(), "absent.json"), "--intel", intel)
	for _, g := range []struct {
		want int
		args []string
	}{
		{1, []string{"--sbom", weak}},
		{0, []string{"--sbom", mended}},
		{1, []string{"--sbom", weak, "--fail-on", "kev"}},
		{0, []string{"--sbom", weak, "--fail-on", "score>=1000"}},
		{1, []string{"--sbom", weak, "--max-age", "1h"}},   // a failure wins over a doubt
		{6, []string{"--sbom", mended, "--max-age", "1h"}}, // data of 5 January
		{6, []string{"--sbom", file(t, "go.json", strings.ReplaceAll(weakSBOM, "pkg:npm/left", "pkg:golang/left"))}},
		{2, []string{"--sbom", weak, "--fail-on", "nonsense"}},
		{2, []string{"--sbom", junk}},
		{2, []string{"--sbom", weak, "--service", "shop"}},
	} {
		c.run(g.want, append([]string{"gate", "--intel", intel}, g.args...)...)
	}
}

func TestIngestOfBadDocuments(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	before := c.run(0, "twin", "get", "artifacts", "-o", "json")
	for name, text := range map[string]string{
		"truncated": weakSBOM[:40], "deep": strings.Repeat(`{"a":`, 5000), "twice": strings.Replace(weakSBOM, `"components"`, `"bomFormat":"CycloneDX","components"`, 1),
		"latin1": "{\"bomFormat\":\"CycloneDX\",\"x\":\"\xe9\"}", "huge": `{"bomFormat":"` + strings.Repeat("x", 10<<20) + `"}`,
	} {
		c.run(2, "ingest", "sbom", file(t, name+".json", text))
	}
	if after := c.run(0, "twin", "get", "artifacts", "-o", "json"); after != before {
		t.Error("a refused document left something behind")
	}
	c.run(7, "ingest", "sbom", file(t, "good.json", mendedBOM), file(t, "bad.json", `[]`))
}

func TestIngestOfAFolder(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	dir := folderOf(t, map[string]string{"one/a.cdx.json": weakSBOM, "b.json": mendedBOM, "notes.txt": "no SBOM"})
	var got api.Receipts
	if err := json.Unmarshal([]byte(c.run(0, "ingest", "sbom", dir, "-o", "json")), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Items) != 2 || !strings.HasSuffix(got.Items[0].Input, "b.json") || !strings.HasSuffix(got.Items[1].Input, filepath.Join("one", "a.cdx.json")) {
		t.Errorf("the folder gave %+v", got.Items)
	}
	c.run(2, "ingest", "sbom", t.TempDir())
	c.run(2, "ingest", "sbom", dir, "--artifact", "example.org/shop:1")
	c.run(2, "ingest", "sbom", filepath.Join(dir, "missing.json"), dir)
}

func TestWritersExcludeEachOtherAndReadersWork(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	open := opened(t, c.where)
	release, err := open.DB.Lock(context.Background(), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	c.exposures("") // a reader does not wait
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := open.DB.Lock(ctx, time.Minute); err == nil {
		t.Error("two writers at once")
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	c.run(0, "ingest", "sbom", file(t, "weak.json", weakSBOM))
}

func TestOutputForms(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	if out := c.run(0, "exposures", "list", "-o", "ndjson"); strings.Count(out, "\n") != 1 || !json.Valid([]byte(out)) {
		t.Errorf("ndjson: %q", out)
	}
	if out := c.run(0, "exposures", "list", "-o", "csv"); !strings.HasPrefix(out, "DECISION,SCORE,WEAKNESS") {
		t.Errorf("csv: %q", out)
	}
	if out := c.run(0, "exposures", "list", "-q", "svc:nobody", "-o", "json"); !strings.Contains(out, `"items": []`) {
		t.Errorf("an empty list: %q", out)
	}
	var e api.Error
	if err := json.Unmarshal([]byte(c.run(5, "exposures", "show", "EXP-0", "-o", "json")), &e); err != nil || e.Error.Code != "not-found" || e.Error.Exit != 5 {
		t.Errorf("error document %+v, %v", e, err)
	}
	c.run(2, "exposures", "list", "-o", "yaml")
	c.run(2, "exposures", "list", "-q", "sevrity:high")
	c.run(2, "exposures", "list", "--as-of", "tomorrow")
	c.run(2, "exposures", "list", "--limit", "0")
	c.run(2, "explode")
	for _, cmd := range [][]string{
		{"doctor"},
		{"version"},
		{"audit", "verify"},
		{"measure", "trend"},
		{"measure", "coverage"},
		{"measure", "funnel"},
		{"twin", "get", "workloads"},
		{"twin", "get", "components"},
		{"twin", "get", "services"},
		{"twin", "get", "sources"},
		{"actions", "list"},
		{"intel", "status"},
	} {
		if out := c.run(0, append(cmd, "-o", "json")...); !json.Valid([]byte(out)) {
			t.Errorf("%v: not JSON", cmd)
		}
		c.run(0, cmd...)
	}
}

func TestSecretsAreMasked(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"connect to postgres://me:geheim@db/x failed": "connect to postgres://me:***@db/x failed",
		"https://user@host/ and https://a:b@c":        "https://user:***@host/ and https://a:***@c",
		"no address":                                  "no address",
	} {
		if got := fault.Mask(in); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestPagesContinue(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	c.now = on(11, 0)
	c.run(0, "ingest", "deploy", file(t, "a.json", record("a", weakImg, "")), "--source", "a")
	c.run(0, "ingest", "deploy", file(t, "b.json", record("b", weakImg, "")), "--source", "b")
	whole := c.exposures("env:prod")
	var pages []string
	for args := []string{"exposures", "list", "-q", "env:prod", "--limit", "1"}; len(pages) < 5; {
		page := read[api.List[api.Exposure]](c, args...)
		if page.Total != 2 || len(page.Items) != 1 || page.Truncated != (page.Next != nil) {
			t.Fatalf("page %+v", page)
		}
		pages = append(pages, page.Items[0].ID)
		if page.Next == nil {
			break
		}
		args = append(args[:6:6], "--cursor", *page.Next)
	}
	if len(pages) != 2 || pages[0] != whole.Items[0].ID || pages[1] != whole.Items[1].ID {
		t.Errorf("pages %v of %v", pages, whole.Items)
	}
	c.run(2, "exposures", "list", "--cursor", "nonsense")
	c.run(2, "twin", "get", "services", "--cursor", "x")
}

func TestKnownAtForgetsLaterSignsOfLife(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	c.now = on(11, 0)
	c.run(0, "ingest", "deploy", file(t, "r.json", record("shop", weakImg, "")), "--source", "s")
	c.now = on(14, 0)
	c.run(0, "ingest", "deploy", file(t, "r.json", record("shop", weakImg, "")), "--source", "s")
	for known, want := range map[string]string{"": "fresh", "2026-01-12": "unknown"} {
		args := []string{"--as-of", "2026-01-14"}
		if known != "" {
			args = append(args, "--known-at", known)
		}
		if e := c.only("svc:shop env:prod", args...); e.Freshness != want {
			t.Errorf("known at %q the evidence is %s, want %s", known, e.Freshness, want)
		}
		w := read[api.List[api.Workload]](c, append([]string{"twin", "get", "workloads"}, args...)...)
		if len(w.Items) != 1 || w.Items[0].Freshness != want {
			t.Errorf("known at %q the workload is %+v", known, w.Items)
		}
	}
}

package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/server/reply"
)

// feedsOf is a folder of feeds that a test changes.
type feedsOf struct {
	t       testing.TB
	dir     string
	records map[string]map[string]any
	kev     []map[string]string
	epss    string
}

// newFeeds has one record about left.
func newFeeds(t testing.TB) *feedsOf {
	f := &feedsOf{t: t, dir: t.TempDir(), records: map[string]map[string]any{}}
	f.records["GHSA-0001"] = f.record("GHSA-0001", "CVE-2026-0001", "2.0.0")
	f.kev = []map[string]string{{"cveID": "CVE-2020-9999", "dateAdded": "2020-01-01", "vulnerabilityName": "n", "knownRansomwareCampaignUse": "Unknown"}}
	f.epss = "0.02"
	return f
}

func (f *feedsOf) record(id, alias, fixed string) map[string]any {
	return map[string]any{
		"id": id, "aliases": []string{alias}, "published": "2026-01-01T00:00:00Z", "modified": "2026-01-02T00:00:00Z", "summary": id,
		"affected": []any{map[string]any{
			"package": map[string]any{"ecosystem": "npm", "name": "left"},
			"ranges":  []any{map[string]any{"type": "SEMVER", "events": []any{map[string]string{"introduced": "0"}, map[string]string{"fixed": fixed}}}},
		}},
	}
}

// write makes the folder anew and returns it. day dates what is in it.
func (f *feedsOf) write(day string) string {
	f.t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, id := range slices.Sorted(mapKeys(f.records)) {
		w, err := z.Create(id + ".json")
		if err != nil {
			f.t.Fatal(err)
		}
		if err := json.NewEncoder(w).Encode(f.records[id]); err != nil {
			f.t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		f.t.Fatal(err)
	}
	kev := map[string]any{"title": "t", "catalogVersion": "1", "dateReleased": day + "T00:00:00Z", "count": len(f.kev), "vulnerabilities": f.kev}
	for name, body := range map[string][]byte{
		"osv/npm/all.zip": b.Bytes(), "kev.json": []byte(mustJSON(f.t, kev)),
		"epss.csv": []byte("#model_version:v2025.03.14,score_date:" + day + "T00:00:00Z\ncve,epss,percentile\nCVE-2026-0001," + f.epss + ",0.5\n"),
	} {
		path := filepath.Join(f.dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			f.t.Fatal(err)
		}
		if err := os.WriteFile(path, body, 0o600); err != nil {
			f.t.Fatal(err)
		}
	}
	return f.dir
}

func mapKeys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

const newsScope = `schema: tidemark.scope/v1
environments:
  - {name: prod, kind: production}
products:
  - {name: shopping, title: Shopping, tier: 1}
  - {name: other, title: Other, tier: 1}
services:
  - {name: shop, products: [shopping]}
  - {name: till, products: [other]}
`

// told are the sentences of events after one, oldest first.
func (c *cli) told(after int, args ...string) []string {
	c.t.Helper()
	list := read[api.List[api.IntelEvent]](c, append([]string{"intel", "events"}, args...)...)
	var out []string
	for _, e := range list.Items {
		out = append(out, e.Kind+" | "+e.Sentence)
	}
	slices.Reverse(out)
	return out[min(after, len(out)):]
}

// What changes in the world becomes an event once, with what it meant here; what
// concerns nothing here, or changes nothing, becomes none.
func TestWhatChangesInTheWorldIsTold(t *testing.T) {
	t.Parallel()
	c := &cli{t: t, where: []string{"--data", t.TempDir()}, now: on(10, 0)}
	f := newFeeds(t)
	delete(f.records, "GHSA-0001")
	f.records["GHSA-9999"] = f.record("GHSA-9999", "CVE-2020-9999", "0.0.1")
	f.records["GHSA-9999"]["affected"].([]any)[0].(map[string]any)["package"] = map[string]any{"ecosystem": "npm", "name": "nobody-has-it"}
	c.run(0, "scope", "apply", file(t, "scope.yaml", newsScope))
	c.run(0, "ingest", "sbom", file(t, "weak.json", weakSBOM), "--artifact", weakImg)
	deploy := func() {
		for _, service := range []string{"shop", "till"} {
			c.run(0, "ingest", "deploy", file(t, "r.json", record(service, weakImg, `,"doors":[],"doors_complete":true`)), "--source", "s-"+service)
		}
	}
	seen := 0
	step := func(day int, want []string, change func()) {
		t.Helper()
		c.now = on(day, 0)
		deploy()
		change()
		c.run(0, "intel", "update", "--from", f.write(c.now.Format("2006-01-02")))
		if d := cmp.Diff(want, c.told(seen)); d != "" {
			t.Errorf("on the %d.: (-want +got)\n%s", day, d)
		}
		seen = len(c.told(0))
		c.run(0, "intel", "update", "--from", f.dir)
		if n := len(c.told(0)); n != seen {
			t.Errorf("on the %d.: %d events more for the same feeds", day, n-seen)
		}
	}
	step(10, []string{
		"feed.updated | osv/npm was loaded for the first time: 1 entry; 0 weaknesses here",
		"feed.updated | kev was loaded for the first time: 1 entry; 0 weaknesses here",
	}, func() {})
	step(11, []string{
		"advisory.new | CVE-2026-0001 was published: running in 2 production services; 2 exposures opened",
		"feed.updated | osv/npm was updated: 1 new, 0 changed, 0 withdrawn; 1 weakness here",
	}, func() { f.records["GHSA-0001"] = f.record("GHSA-0001", "CVE-2026-0001", "2.0.0") })
	step(12, []string{
		"epss.jump | EPSS of CVE-2026-0001 went from 2.0 % to 41.0 %: running in 2 production services",
		"feed.updated | epss was updated: 0 new, 1 changed, 0 withdrawn; 1 weakness here",
	}, func() { f.epss = "0.41" })
	step(13, []string{
		"kev.added | KEV added CVE-2026-0001: running in 2 production services; 2 exposures now more urgent, 2 to act on now",
		"feed.updated | kev was updated: 1 new, 0 changed, 0 withdrawn; 1 weakness here",
	}, func() {
		f.kev = append(f.kev, map[string]string{"cveID": "CVE-2026-0001", "dateAdded": "2026-01-13", "vulnerabilityName": "n", "knownRansomwareCampaignUse": "Unknown"})
	})
	step(14, []string{
		"kev.ransomware | KEV says that CVE-2026-0001 is used for ransom: running in 2 production services",
		"feed.updated | kev was updated: 0 new, 1 changed, 0 withdrawn; 1 weakness here",
	}, func() { f.kev[1]["knownRansomwareCampaignUse"] = "Known" })
	// Another record of the same weakness is no new weakness; its words alone are no news.
	step(15, []string{
		"advisory.changed | CVE-2026-0001 changed (another record): running in 2 production services",
		"feed.updated | osv/npm was updated: 1 new, 0 changed, 0 withdrawn; 1 weakness here",
	}, func() {
		f.records["GHSA-0002"] = f.record("GHSA-0002", "CVE-2026-0001", "2.0.0")
		f.records["GHSA-0001"]["summary"], f.records["GHSA-0001"]["modified"] = "other words", "2026-01-15T00:00:00Z"
	})
	step(16, []string{
		"advisory.withdrawn | CVE-2026-0001 was withdrawn (only GHSA-0002: others still say so): running in 2 production services",
		"feed.updated | osv/npm was updated: 0 new, 0 changed, 1 withdrawn; 1 weakness here",
	}, func() {
		f.records["GHSA-0002"]["withdrawn"], f.records["GHSA-0002"]["modified"] = "2026-01-16T00:00:00Z", "2026-01-16T00:00:00Z"
	})
	step(17, []string{
		"advisory.changed | CVE-2026-0001 changed (range): was running in 2 production services; 2 exposures closed",
	}, func() {
		f.records["GHSA-0001"] = f.record("GHSA-0001", "CVE-2026-0001", "0.0.1")
		f.records["GHSA-0001"]["modified"] = "2026-01-17T00:00:00Z"
	})
	step(18, []string{
		"advisory.changed | CVE-2026-0001 changed (range): running in 2 production services; 2 exposures opened, 2 to act on now",
		"feed.updated | osv/npm was updated: 0 new, 1 changed, 0 withdrawn; 1 weakness here",
	}, func() {
		f.records["GHSA-0001"] = f.record("GHSA-0001", "CVE-2026-0001", "3.0.0")
		f.records["GHSA-0001"]["modified"] = "2026-01-18T00:00:00Z"
	})
	step(19, []string{
		"kev.removed | KEV removed CVE-2026-0001: running in 2 production services; 2 exposures now less urgent",
		"feed.updated | kev was updated: 0 new, 0 changed, 1 withdrawn; 1 weakness here",
	}, func() { f.kev = f.kev[:1] })
	step(20, []string{
		"advisory.withdrawn | CVE-2026-0001 was withdrawn (rejected by its numbering authority): was running in 2 production services; 2 exposures closed",
	}, func() {
		f.records["GHSA-0001"]["details"] = "Rejected reason: This CVE record has been withdrawn due to a duplicate entry CVE-2025-23083."
		f.records["GHSA-0001"]["modified"] = "2026-01-20T00:00:00Z"
	})
	if list := c.told(0, "--kind", "kev.added,kev.removed", "--since", "2026-01-14"); len(list) != 1 || !strings.HasPrefix(list[0], "kev.removed") {
		t.Errorf("by kind and time: %q", list)
	}
}

// Who sees a part of the estate is told of what concerns that part, with the
// counts of that part, and of nothing else.
func TestEventsAreNarrowed(t *testing.T) {
	t.Parallel()
	c := &cli{t: t, where: []string{"--data", t.TempDir()}, now: on(10, 0)}
	f := newFeeds(t)
	c.run(0, "scope", "apply", file(t, "scope.yaml", newsScope))
	c.run(0, "ingest", "sbom", file(t, "weak.json", weakSBOM), "--artifact", weakImg)
	for _, service := range []string{"shop", "till"} {
		c.run(0, "ingest", "deploy", file(t, "r.json", record(service, weakImg, "")), "--source", "s-"+service)
	}
	c.run(0, "intel", "update", "--from", f.write("2026-01-10"))
	sees := opened(t, c.where).Desk()
	for name, x := range map[string]struct {
		v    reply.Viewer
		want []string
	}{
		"all":     {reply.Viewer{}, []string{"feed.updated", "feed.updated", "CVE-2026-0001 was published: running in 2 production services; 2 exposures opened"}},
		"product": {reply.Viewer{Products: []string{"other"}}, []string{"CVE-2026-0001 was published: running in 1 production service; 1 exposure opened"}},
		"none":    {reply.Viewer{Products: []string{}}, nil},
		"owner":   {reply.Viewer{Owner: "nobody"}, nil},
	} {
		list, err := sees.As(x.v).Events(t.Context(), api.EventQuery{})
		var got []string
		for _, e := range list.Items {
			if got = append(got, e.Sentence); e.Kind == "feed.updated" {
				got[len(got)-1] = e.Kind
			}
		}
		slices.Sort(got)
		slices.Sort(x.want)
		if d := cmp.Diff(x.want, got); d != "" || err != nil || list.Total != len(x.want) {
			t.Errorf("%s: %v, total %d (-want +got)\n%s", name, err, list.Total, d)
		}
	}
}

// Whoever listens is told what changed in the world, with what it meant here; who
// sees a part is told to look.
func TestEventsAreToldAsTheyCome(t *testing.T) {
	t.Parallel()
	c := people(t)
	s := beating(t, c)
	wide, narrow := s.follow(s.signIn("ann")), s.follow(s.signIn("sam"))
	wide.until(t, "heartbeat", beat)
	narrow.until(t, "heartbeat", beat)
	s.ask("POST", "/api/v1/evidence/sboms?artifact="+weakImg, weakSBOM)
	s.computed(want[api.ReceiptStatus](s, 202, "POST", "/api/v1/evidence/deployments?source=c1", record("shop", weakImg, "")))
	f := newFeeds(t)
	delete(f.records, "GHSA-0001")
	f.records["GHSA-left-left-left"] = f.record("GHSA-left-left-left", "CVE-2026-0001", "9.0.0")
	f.kev = append(f.kev, map[string]string{"cveID": "CVE-2026-0001", "dateAdded": "2026-01-04", "vulnerabilityName": "n", "knownRansomwareCampaignUse": "Known"})
	through := &far{cli: c, url: s.url, env: map[string]string{"TIDEMARK_TOKEN": s.token, "XDG_CONFIG_HOME": t.TempDir()}}
	if code, out, errs := through.ask("", "intel", "update", "--from", f.write("2026-02-01")); code != 0 {
		t.Fatalf("exit %d\n%s%s", code, out, errs)
	}
	told := wide.until(t, "the ransomware flag", func(e string) bool {
		return strings.HasPrefix(e, "intel ") && strings.Contains(e, `"kind":"kev.ransomware"`)
	})
	if e := told[len(told)-1]; !strings.Contains(e, "KEV says that CVE-2026-0001 is used for ransom: running in 1 service in prod") {
		t.Errorf("told %s", e)
	}
	narrow.until(t, "an event", func(e string) bool { return e == "intel {}" })
}

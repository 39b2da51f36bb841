package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/internal/realdata"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

// estate is the mapping file: what of the shared data makes up the two shops.
type estate struct {
	Environment string
	Source      string
	Manifests   []string
	SBOMs       []struct{ File, Artifact string }
	Running     []map[string]any
}

// cli runs commands in process, on one store.
type cli struct {
	t     testing.TB
	where []string // --data or --db
	now   time.Time
}

// run executes a command and wants an exit code; it returns standard output.
func (c *cli) run(want int, args ...string) string {
	c.t.Helper()
	var out, errs bytes.Buffer
	s := command.Streams{In: strings.NewReader(""), Out: &out, Err: &errs, Env: func(string) string { return "" }}
	full := append(append([]string{}, c.where...), args...)
	if !c.now.IsZero() {
		full = append(full, "--now", c.now.Format(time.RFC3339))
	}
	if got := run(context.Background(), s, time.Now, full); got != want {
		c.t.Fatalf("tidemark %s: exit %d, want %d\n%s%s", strings.Join(args, " "), got, want, out.String(), errs.String())
	}
	return out.String()
}

// read runs a command that succeeds and decodes its JSON strictly: a field
// that the wire types do not have is an error.
func read[T any](c *cli, args ...string) T {
	c.t.Helper()
	var doc T
	dec := json.NewDecoder(strings.NewReader(c.run(0, append(args, "-o", "json")...)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil {
		c.t.Fatalf("tidemark %s: %v", strings.Join(args, " "), err)
	}
	return doc
}

func (c *cli) exposures(query string, more ...string) api.List[api.Exposure] {
	c.t.Helper()
	args := append([]string{"exposures", "list", "--limit", "all"}, more...)
	if query != "" {
		args = append(args, "-q", query)
	}
	return read[api.List[api.Exposure]](c, args...)
}

func (c *cli) exposure(id string, more ...string) api.ExposureDetail {
	c.t.Helper()
	return read[api.ExposureDetail](c, append([]string{"exposures", "show", id}, more...)...)
}

func (c *cli) action(id string) api.ActionDetail {
	c.t.Helper()
	return read[api.ActionDetail](c, "actions", "show", id)
}

func (c *cli) funnel() api.Funnel {
	c.t.Helper()
	return read[api.Funnel](c, "measure", "funnel")
}

// write stores a document in a temporary file and returns its path.
func write(t testing.TB, name string, doc any) string {
	t.Helper()
	b, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func decode[T any](t testing.TB, path string) T {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var doc T
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(path, err)
	}
	return doc
}

// TestTheLoop is the main job of the product on real data: discover, assess,
// prioritize, mobilize, fix by evidence, regress, retire, go stale, withdraw.
func TestTheLoop(t *testing.T) {
	data := realdata.Dir(t)
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		loop(t, data, []string{"--data", t.TempDir()})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		url := storetest.StartServer(t).Database(t)
		loop(t, data, []string{"--data", t.TempDir(), "--db", url})
	})
}

// story is the state that the chapters of the loop hand on.
type story struct {
	cli
	data    string
	estate  estate
	records []map[string]any
	picked  api.Exposure // the exposure that is fixed, comes back and is retired
}

func loop(t *testing.T, data string, where []string) {
	s := &story{
		cli: cli{t: t, where: where, now: time.Date(2026, 8, 22, 9, 0, 0, 0, time.UTC)}, data: data,
		estate: decode[estate](t, filepath.Join("testdata", "estate.json")),
	}
	s.discover()
	s.prioritize()
	s.fix()
	s.rollBack()
	s.retire()
	s.fallSilent()
	s.withdraw()
	if v := read[api.Audit](&s.cli, "audit", "verify"); !v.OK || v.Entries < 20 {
		t.Errorf("audit log: %+v", v)
	}
}

// later moves the clock.
func (s *story) later(d time.Duration) { s.now = s.now.Add(d) }

func (s *story) deploy(records []map[string]any) {
	s.t.Helper()
	s.records = records
	s.run(0, "ingest", "deploy", write(s.t, "records.json", records), "--environment", s.estate.Environment, "--source", s.estate.Source)
}

func (s *story) discover() {
	t := s.t
	intel := read[api.IntelReport](&s.cli, "intel", "update", "--from", s.data)
	if intel.Changed < 54_000 {
		t.Errorf("intel changed %d records", intel.Changed)
	}
	for _, m := range s.estate.Manifests {
		s.run(0, "ingest", "deploy", filepath.Join(s.data, m), "--environment", s.estate.Environment)
	}
	for _, b := range s.estate.SBOMs {
		args := []string{"ingest", "sbom", filepath.Join(s.data, b.File)}
		if b.Artifact != "" {
			args = append(args, "--artifact", b.Artifact)
		}
		s.run(0, args...)
	}
	s.later(time.Hour)
	s.deploy(s.estate.Running)
	if n := s.exposures("env:prod running:yes").Total; n < 50 {
		t.Errorf("only %d exposures run in prod", n)
	}
	cover := read[api.MeasureCoverage](&s.cli, "measure", "coverage")
	if cover.WithSBOM < 7 || cover.WithSBOM >= cover.Workloads || len(cover.WithoutSBOM) == 0 {
		t.Errorf("coverage %+v: want the seven with SBOM, and the others named as gaps", cover)
	}
	if again := s.exposures("").Total; again != s.rerun().Total {
		t.Errorf("the same evidence again changed the number of exposures")
	}
}

// rerun gives the same evidence again: nothing may change.
func (s *story) rerun() api.List[api.Exposure] {
	before := s.funnel()
	s.deploy(s.estate.Running)
	after := s.funnel()
	before.AsOf, after.AsOf = time.Time{}, time.Time{}
	if b, a := mustJSON(s.t, before), mustJSON(s.t, after); b != a {
		s.t.Errorf("a rerun changed the funnel:\n%s\n%s", b, a)
	}
	return s.exposures("")
}

func mustJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// prioritize checks every decision and picks one exposure to follow.
func (s *story) prioritize() {
	t := s.t
	all := s.exposures("svc:front-end env:prod")
	for _, e := range all.Items {
		if e.Decision == "" || e.Gates.Reachable != "yes" || e.Gates.Running != "yes" {
			t.Fatalf("%s is undecided, or its NodePort or its run-time record went unseen: %+v", e.ID, e)
		}
		if e.Fix != nil && s.picked.ID == "" {
			s.picked = e
		}
	}
	if s.picked.ID == "" {
		t.Fatal("no exposure of front-end has a fix")
	}
	for _, e := range s.exposures("").Items[:20] {
		x := read[api.Explanation](&s.cli, "explain", e.ID)
		sum := 0
		for _, f := range x.Factors {
			sum += f.Points
		}
		if sum != x.Score || x.Score != e.Score || x.Factors[0].Name != "start" || x.Factors[0].Points != 1000 || x.Sentence == "" {
			t.Errorf("%s: the factors add up to %d, score %d, list %d: %+v", e.ID, sum, x.Score, e.Score, x.Factors)
		}
		if len(x.Matches) == 0 || !strings.Contains(x.Matches[0].Reason, x.Matches[0].Record) {
			t.Errorf("%s: no advisory says why it names the component: %+v", e.ID, x.Matches)
		}
	}
	for _, e := range s.exposures("svc:orders env:prod").Items {
		if e.Gates.Reachable != "no" {
			t.Errorf("%s: all doors of orders are known and none is public, but reachable is %s", e.ID, e.Gates.Reachable)
		}
	}
}

// patched is the front-end's SBOM with the picked component in its fixed version.
func (s *story) patched() string {
	doc := decode[map[string]any](s.t, filepath.Join(s.data, "sboms/apps/juice-shop-11.1.2.cdx.json"))
	fix, n := *s.picked.Fix, 0
	for _, c := range doc["components"].([]any) {
		part := c.(map[string]any)
		purl, _ := part["purl"].(string)
		if base, _, _ := strings.Cut(purl, "@"); base == strings.Split(s.picked.Component, "@")[0] || purl == s.picked.Component {
			at := strings.LastIndex(purl, "@")
			part["purl"], part["version"] = purl[:at]+"@"+fix, fix
			n++
		}
	}
	if n == 0 {
		s.t.Fatalf("no component %s in the SBOM", s.picked.Component)
	}
	return write(s.t, "patched.cdx.json", doc)
}

const patchedImage = "weaveworksdemos/front-end:0.3.13@sha256:5555555555555555555555555555555555555555555555555555555555555555"

// with returns the records with another artifact for a service; an empty one
// leaves the service out.
func (s *story) with(service, artifact string) []map[string]any {
	var out []map[string]any
	for _, r := range s.records {
		c := map[string]any{}
		for k, v := range r {
			c[k] = v
		}
		if c["service"] == service {
			if artifact == "" {
				continue
			}
			c["artifact"] = artifact
		}
		out = append(out, c)
	}
	return out
}

func (s *story) fix() {
	t := s.t
	before := s.funnel()
	actions := read[api.List[api.Action]](&s.cli, "actions", "list", "--limit", "all")
	act := actionFor(t, actions.Items, s.picked)
	s.later(time.Hour)
	s.run(0, "ingest", "sbom", s.patched(), "--artifact", patchedImage)
	if e := s.exposure(s.picked.ID); e.State != "open" {
		t.Errorf("a build that runs nowhere changed the state to %s", e.State)
	}
	s.later(time.Hour)
	s.deploy(s.with("front-end", patchedImage))
	e := s.exposure(s.picked.ID)
	if e.State != "fixed" {
		t.Fatalf("after the rollout the exposure is %s (%s)", e.State, e.StateReason)
	}
	for _, id := range act.Exposures {
		if x := s.exposure(id); x.State == "open" {
			t.Logf("%s of the action is still open: %s", id, x.Weakness)
		}
	}
	done := s.action(act.ID)
	if done.Open == 0 && done.State != "verified" || done.Open > 0 && done.State != "in progress" {
		t.Errorf("action with %d open exposures is %s (%s)", done.Open, done.State, done.Reason)
	}
	if after := s.funnel(); after.Gates["running"].Yes >= before.Gates["running"].Yes {
		t.Errorf("the funnel did not fall: %d, then %d run", before.Gates["running"].Yes, after.Gates["running"].Yes)
	}
	if then := s.exposure(s.picked.ID, "--as-of", s.now.Add(-90*time.Minute).Format(time.RFC3339)); then.State != "open" {
		t.Errorf("as of before the rollout the exposure is %s", then.State)
	}
}

// actionFor finds the action that fixes an exposure.
func actionFor(t testing.TB, actions []api.Action, e api.Exposure) api.Action {
	t.Helper()
	for _, a := range actions {
		for _, id := range a.Exposures {
			if id == e.ID {
				return a
			}
		}
	}
	t.Fatalf("no action for %s", e.ID)
	return api.Action{}
}

func (s *story) rollBack() {
	t := s.t
	s.later(time.Hour)
	s.deploy(s.with("front-end", s.estate.Running[3]["artifact"].(string)))
	e := s.exposure(s.picked.ID)
	if e.State != "open" || e.Regressions != 1 {
		t.Errorf("after the rollback: state %s, %d regressions", e.State, e.Regressions)
	}
	act := actionFor(t, read[api.List[api.Action]](&s.cli, "actions", "list", "--limit", "all").Items, s.picked)
	if act.State == "verified" || act.Open == 0 {
		t.Errorf("the action is still %s with %d open", act.State, act.Open)
	}
	if n := s.exposures("is:regressed svc:front-end").Total; n == 0 {
		t.Error("no exposure of front-end is said to have regressed")
	}
}

func (s *story) retire() {
	s.later(time.Hour)
	s.deploy(s.with("front-end", ""))
	if e := s.exposure(s.picked.ID); e.State != "retired" {
		s.t.Errorf("after the workload is gone the exposure is %s (%s)", e.State, e.StateReason)
	}
	if n := s.exposures("svc:front-end env:prod is:fixed").Total; n > 0 {
		for _, e := range s.exposures("svc:front-end env:prod is:fixed").Items {
			s.t.Errorf("%s counts as fixed, but nobody fixed it (%s)", e.ID, e.StateReason)
		}
	}
}

func (s *story) fallSilent() {
	t := s.t
	pick := s.exposures("svc:orders env:prod running:yes").Items[0]
	for _, c := range []struct {
		hours            int
		state, run, word string
	}{{1, "open", "yes", "fresh"}, {25, "open", "unknown", "stale"}, {57, "unknown", "unknown", "unknown"}} {
		when := s.now.Add(time.Duration(c.hours) * time.Hour)
		late := cli{t: t, where: s.where, now: when}
		e := late.exposure(pick.ID)
		if e.State != c.state || e.Gates.Running != c.run || e.Freshness != c.word {
			t.Errorf("after %d h of silence: state %s, running %s, %s; want %s, %s, %s", c.hours, e.State, e.Gates.Running, e.Freshness, c.state, c.run, c.word)
		}
		if c.state == "unknown" && late.exposures("is:fixed svc:orders").Total != 0 {
			t.Error("silence fixed something")
		}
	}
	s.later(100 * time.Hour)
	s.deploy(s.records)
	if e := s.exposure(pick.ID); e.State != "open" || e.Freshness != "fresh" {
		t.Errorf("after the source came back: %s, %s", e.State, e.Freshness)
	}
}

func (s *story) withdraw() {
	t := s.t
	pick := s.exposures("svc:orders env:prod").Items[0]
	dir := t.TempDir()
	withdrawn(t, s.data, dir, pick.Advisories, s.now)
	s.later(time.Hour)
	s.run(0, "intel", "update", "--from", dir)
	if e := s.exposure(pick.ID); e.State != "withdrawn" {
		t.Errorf("after the advisories %v were withdrawn the exposure is %s (%s)", pick.Advisories, e.State, e.StateReason)
	}
}

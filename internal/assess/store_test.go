package assess

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/store/storetest"
	"github.com/tidemark/tidemark/internal/twin"
	"pgregory.net/rapid"
)

var (
	one   = "shop/app:1@" + digest("1")
	two   = "shop/app:2@" + digest("2")
	three = "shop/app:3@" + digest("3")
)

const (
	lodash17 = "pkg:npm/lodash@4.17.20"
	lodash21 = "pkg:npm/lodash@4.17.21"
)

// TestExposuresOnBothEngines holds the laws of the exposure aggregate.
func TestExposuresOnBothEngines(t *testing.T) {
	t.Parallel()
	crashes := killed(t)
	if storetest.Child(t, crashes) {
		return
	}
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		for _, law := range []struct {
			name string
			test func(*testing.T, *storetest.Engine)
		}{
			{"life", testLife},
			{"rerun", testRerun},
			{"intel_later", testIntelLater},
			{"withdrawn", testWithdrawn},
			{"deployed", testDeployed},
			{"corrected", testCorrected},
			{"merged", testMerged},
			{"alias_added", testAliasAdded},
			{"as_of", testAsOf},
			{"silence", testSilence},
			{"late", testLate},
			{"queries", testQueries},
			{"any_query", testAnyQuery},
			{"pages", testPages},
			{"affected", testAffected},
			{"decided", testDecided},
			{"spans", testSpans},
			{"fans_out", testFansOut},
		} {
			t.Run(law.name, func(t *testing.T) { law.test(t, e) })
		}
		t.Run("killed", func(t *testing.T) { crashes["assess"].Suite(t, e, "assess") })
	})
}

// begun has lodash with a flaw in shop, seen from day 2 on.
func begun(t *testing.T, e *storetest.Engine) *estate {
	x := newEstate(t, e.Fresh(t))
	x.advise(npm("GHSA-1", "lodash", "4.17.21", aka("CVE-2021-23337")))
	x.sbom(one, 1, lodash17, "pkg:npm/left-pad@1.0.0")
	x.sbom(two, 1, lodash21)
	x.runs("shop", seen(one, 2, 0))
	x.drain()
	return x
}

// testLife: open, fixed by a rollout, back again with the same id, gone.
func testLife(t *testing.T, e *storetest.Engine) {
	x := begun(t, e)
	first := x.only("shop")
	if first.State != ctem.Open || first.Running != ctem.Yes || first.Fix != "4.17.21" || !first.Since.Equal(day(2)) || first.Weakness.Canonical != "CVE-2021-23337" {
		t.Errorf("opened as %+v", first)
	}
	if want := ctem.ExposureID("CVE-2021-23337", "pkg:npm/lodash", "shop", "prod"); first.ID != want {
		t.Errorf("id %s, want %s on every engine", first.ID, want)
	}
	for _, step := range []struct {
		claims []twin.Claim
		want   string
	}{
		{[]twin.Claim{seen(one, 2, 5), seen(two, 5, 0)}, "fixed replaced by " + two + " 0"},
		{[]twin.Claim{seen(one, 2, 5), seen(two, 5, 8), seen(one, 8, 0)}, "open  1"},
		{[]twin.Claim{seen(one, 2, 5), seen(two, 5, 8), seen(one, 8, 9)}, "retired workload ended 1"},
	} {
		x.runs("shop", step.claims...)
		x.drain()
		got := x.only("shop")
		if s := string(got.State) + " " + got.StateReason + " " + string(rune('0'+got.Regressions)); s != step.want {
			t.Errorf("%q, want %q", s, step.want)
		}
		if got.ID != first.ID || !got.FirstSeen.Equal(first.FirstSeen) || got.Num != first.Num {
			t.Errorf("identity changed: %s seen %v, was %s seen %v", got.ID, got.FirstSeen, first.ID, first.FirstSeen)
		}
	}
	history, err := x.db.ExposureHistory(x.ctx, first.Num, ctem.AsOf{})
	if err != nil {
		t.Fatal(err)
	}
	if len(history) != 4 {
		t.Errorf("%d rows of history, want one for each change: %+v", len(history), history)
	}
}

func testRerun(t *testing.T, e *storetest.Engine) {
	cfg := e.New(t)
	x := newEstate(t, e.Open(t, cfg))
	x.advise(npm("GHSA-1", "lodash", "4.17.21"))
	x.sbom(one, 1, lodash17)
	x.runs("shop", seen(one, 2, 0))
	x.drain()
	before := e.Dump(t, cfg, "cursor")
	x.runs("shop", seen(one, 2, 0))
	x.drain()
	if diff := cmp.Diff(before, e.Dump(t, cfg, "cursor")); diff != "" {
		t.Errorf("the same again changed the store:\n%s", diff)
	}
}

func testIntelLater(t *testing.T, e *storetest.Engine) {
	x := newEstate(t, e.Fresh(t))
	x.sbom(one, 1, lodash17)
	x.runs("shop", seen(one, 2, 0))
	x.drain()
	m, err := x.db.Matched(x.ctx, []int64{1})
	if err != nil || len(m[1].Undecided) != 1 || m[1].Undecided[0].Reason != twin.NoFeed {
		t.Errorf("without a feed: %+v, %v; want no-feed", m, err)
	}
	x.advise(npm("GHSA-0", "other", "2.0.0"))
	x.drain()
	if m, err = x.db.Matched(x.ctx, []int64{1}); err != nil || len(m[1].Undecided) != 0 {
		t.Errorf("with a feed: %+v, %v; want decided", m, err)
	}
	x.advise(npm("GHSA-1", "lodash", "4.17.21"))
	x.drain()
	if diff := cmp.Diff([]string{"GHSA-1 lodash shop open run:yes"}, x.list(ctem.AsOf{}, "")); diff != "" {
		t.Error(diff)
	}
}

func testWithdrawn(t *testing.T, e *storetest.Engine) {
	x := begun(t, e)
	x.advise(npm("GHSA-1", "lodash", "4.17.21", aka("CVE-2021-23337"), withdrawn(10)))
	x.drain()
	got := x.only("shop")
	if got.State != ctem.Withdrawn || !got.Since.Equal(day(10)) {
		t.Errorf("%s since %v, want withdrawn since day 10", got.State, got.Since)
	}
	if diff := cmp.Diff([]string{"CVE-2021-23337 lodash shop open run:yes"}, x.list(ctem.AsOf{At: day(9)}, "")); diff != "" {
		t.Error(diff)
	}
}

// testDeployed: what was deployed nowhere is retired when it is deployed, even
// when that turns out to have been before its contents were listed.
func testDeployed(t *testing.T, e *storetest.Engine) {
	for _, at := range []int{2, 9} {
		x := newEstate(t, e.Fresh(t))
		x.advise(npm("GHSA-1", "lodash", "4.17.21"))
		x.sbom(one, 5, lodash17)
		kept := twin.Place{ID: 9, Service: "shop/app", Environment: twin.NoEnvironment, Artifacts: []twin.Artifact{x.twin.artifacts[digest("1")]}}
		x.twin.places[9] = &kept
		x.twin.changes = append(x.twin.changes, 9)
		x.drain()
		if got := x.only("shop/app"); got.State != ctem.Open || got.Running != ctem.Unknown || got.Environment != twin.NoEnvironment {
			t.Errorf("kept: %s in %s, running %s", got.State, got.Environment, got.Running)
		}
		kept.Artifacts[0].Deployed, kept.Artifacts[0].DeployedAt = true, day(at)
		x.twin.changes = append(x.twin.changes, 9)
		x.runs("shop", seen(one, at, 0))
		x.drain()
		if got := x.only("shop/app"); got.State != ctem.Retired || got.StateReason != "deployed" {
			t.Errorf("deployed on day %d: %s (%s)", at, got.State, got.StateReason)
		}
		x.twin.changes = append(x.twin.changes, 9)
		x.drain()
		if got := x.only("shop/app"); got.Revision != 2 || x.only("shop").State != ctem.Open {
			t.Errorf("deployed on day %d: revision %d after a rerun, shop %s", at, got.Revision, x.only("shop").State)
		}
	}
}

// testCorrected: a record that never should have named the version.
func testCorrected(t *testing.T, e *storetest.Engine) {
	x := begun(t, e)
	believed := x.now
	x.advise(npm("GHSA-1", "lodash", "4.17.0", aka("CVE-2021-23337"), changed(12)))
	x.drain()
	got := x.only("shop")
	if got.State != ctem.Withdrawn || len(got.Instances) != 1 {
		t.Errorf("%s with %d instances, want withdrawn with what it was", got.State, len(got.Instances))
	}
	if diff := cmp.Diff([]string(nil), x.list(ctem.AsOf{At: day(9)}, "")); diff != "" {
		t.Errorf("as known now it never was: %s", diff)
	}
	if diff := cmp.Diff([]string{"CVE-2021-23337 lodash shop open run:yes"}, x.list(ctem.AsOf{At: day(9), KnownAt: believed}, "")); diff != "" {
		t.Errorf("it was believed: %s", diff)
	}
}

// testMerged: two weaknesses turn out to be one; the younger is redirected.
func testMerged(t *testing.T, e *storetest.Engine) {
	x := newEstate(t, e.Fresh(t))
	x.advise(npm("GHSA-a", "lodash", "4.17.21"))
	x.sbom(one, 1, lodash17, "pkg:npm/left-pad@1.0.0")
	x.runs("shop", seen(one, 2, 0))
	x.drain()
	x.advise(npm("GHSA-b", "left-pad", "1.1.0"))
	x.drain()
	x.advise(npm("GHSA-b", "left-pad", "1.1.0", aka("GHSA-a", "CVE-2026-1"), changed(9)))
	x.drain()
	want := []string{"CVE-2026-1 left-pad shop open run:yes", "CVE-2026-1 lodash shop open run:yes"}
	if diff := cmp.Diff(want, x.list(ctem.AsOf{}, "")); diff != "" {
		t.Errorf("after the merge (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(1, len(x.list(ctem.AsOf{}, "is:withdrawn"))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, x.list(ctem.AsOf{}, "cve:ghsa-A,cve-2026-1")); diff != "" {
		t.Errorf("by its names (-want +got):\n%s", diff)
	}
}

// testAliasAdded: a GHSA that gains a CVE keeps the exposure's id.
func testAliasAdded(t *testing.T, e *storetest.Engine) {
	x := newEstate(t, e.Fresh(t))
	x.advise(npm("GHSA-1", "lodash", "4.17.21"))
	x.sbom(one, 1, lodash17)
	x.runs("shop", seen(one, 2, 0))
	x.drain()
	before := x.only("shop")
	x.advise(npm("GHSA-1", "lodash", "4.17.21", aka("CVE-2021-23337"), changed(9)))
	x.drain()
	after := x.only("shop")
	if after.ID != before.ID || after.Revision != before.Revision || after.Weakness.Canonical != "CVE-2021-23337" {
		t.Errorf("%s revision %d %s, was %s revision %d", after.ID, after.Revision, after.Weakness.Canonical, before.ID, before.Revision)
	}
}

func testAsOf(t *testing.T, e *storetest.Engine) {
	x := begun(t, e)
	early := x.now
	x.now = day(21)
	x.runs("shop", seen(one, 2, 5), seen(two, 5, 0))
	x.drain()
	for _, c := range []struct {
		name  string
		at    ctem.AsOf
		query string
		want  []string
	}{
		{"before", ctem.AsOf{At: day(1)}, "", nil},
		{"open", ctem.AsOf{At: day(4)}, "", []string{"CVE-2021-23337 lodash shop open run:yes"}},
		{"fixed", ctem.AsOf{At: day(6)}, "", nil},
		{"fixed_asked", ctem.AsOf{At: day(6)}, "is:fixed", []string{"CVE-2021-23337 lodash shop fixed run:no"}},
		{"believed_open", ctem.AsOf{At: day(6), KnownAt: early}, "", []string{"CVE-2021-23337 lodash shop open run:yes"}},
		{"not_yet_known", ctem.AsOf{At: day(6), KnownAt: day(3)}, "", nil},
	} {
		if diff := cmp.Diff(c.want, x.list(c.at, c.query)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	id := x.only("shop").ID
	if _, err := x.db.FindExposure(x.ctx, id, ctem.AsOf{At: day(1)}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("found before it began: %v", err)
	}
	got, err := x.db.FindExposure(x.ctx, id, ctem.AsOf{At: day(4)})
	if err != nil || got.State != ctem.Open {
		t.Errorf("as of day 4: %s, %v", got.State, err)
	}
}

// sighted makes the agent a fresh run-time source as of a time.
func (e *estate) sighted(at time.Time) {
	e.t.Helper()
	b := []byte(`{"service":"shop"}`)
	_, err := e.db.AppendSnapshot(e.ctx, []twin.Snapshot{{
		Source: "agent", Scope: "prod", Class: twin.Observed, ObservedAt: at, Every: time.Hour,
		Members: []twin.Observation{{Subject: "workload/Record//shop", Media: twin.MediaWorkload, Body: b, Hash: twin.HashBytes(b)}},
	}}, e.now)
	if err != nil {
		e.t.Fatal(err)
	}
}

// decide decides exposures as prioritize would.
func (e *estate) decide(list ...ctem.Decision) {
	e.t.Helper()
	e.now = e.now.Add(time.Second)
	if err := e.db.CommitDecisions(e.ctx, ctem.Advance{Step: "prioritize", Now: e.now}, list); err != nil {
		e.t.Fatal(err)
	}
}

// testDecided: lists go by decision and score, and by those of the lapsed
// case where the evidence that something does not run is missing or old.
func testDecided(t *testing.T, e *storetest.Engine) {
	x := begun(t, e)
	x.twin.places[9] = &twin.Place{ID: 9, Service: "kept", Environment: twin.NoEnvironment, Artifacts: []twin.Artifact{x.twin.artifacts[digest("1")]}}
	x.twin.changes = append(x.twin.changes, 9)
	x.drain()
	shop, kept := x.only("shop"), x.only("kept")
	x.decide(ctem.Decision{Exposure: shop.ID, Num: shop.Num, Revision: 1, Word: ctem.Schedule, Computed: ctem.Schedule, Lapsed: ctem.Schedule, Score: 300, LapsedScore: 300},
		ctem.Decision{Exposure: kept.ID, Num: kept.Num, Revision: 1, Word: ctem.NoAction, Computed: ctem.NoAction, Lapsed: ctem.ActNow, LapsedScore: 800})
	check := func(at ctem.AsOf, query string, want ...string) {
		t.Helper()
		terms, err := ctem.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		q := ctem.ListQuery{AsOf: at, Terms: terms, Limit: 1}
		for {
			page, err := x.db.ListExposures(x.ctx, q)
			if err != nil || page.Total != len(want) {
				t.Fatalf("%q: total %d of %d, %v", query, page.Total, len(want), err)
			}
			for _, i := range page.Items {
				got = append(got, fmt.Sprintf("%s %s %d %s", i.Service, i.Decision.Word, i.Decision.Score, i.Running))
			}
			if q.After = page.Next; q.After == "" {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", query, diff)
		}
	}
	blind := ctem.AsOf{Now: x.now}
	check(blind, "", "kept Act now 800 unknown", "shop Schedule 300 yes")
	check(blind, "decision:act", "kept Act now 800 unknown")
	check(blind, "score:<=300", "shop Schedule 300 yes")
	x.sighted(x.now)
	x.drain()
	for _, at := range []ctem.AsOf{{Now: x.now}, {At: x.now}, {At: day(19)}} {
		if at.At.Equal(day(19)) {
			check(at, "running:yes", "shop Schedule 300 yes")
			continue
		}
		check(at, "", "shop Schedule 300 yes", "kept No action 0 no")
		check(at, "decision:none running:no", "kept No action 0 no")
	}
}

// testFansOut: a distribution's advisory about several weaknesses is one
// exposure for each, and is found by its own id.
func testFansOut(t *testing.T, e *storetest.Engine) {
	x := newEstate(t, e.Fresh(t))
	x.advise(npm("DSA-1", "lodash", "4.17.21", func(r *advisory.Record) { r.Upstream = []string{"CVE-1", "CVE-2"} }),
		npm("GHSA-2", "lodash", "4.17.22", aka("CVE-2")))
	x.sbom(one, 1, lodash17)
	x.sbom(two, 1, lodash21)
	x.runs("shop", seen(one, 2, 0))
	x.runs("cart", seen(two, 2, 0))
	x.drain()
	want := []string{"CVE-1 lodash shop open run:yes", "CVE-2 lodash cart open run:yes", "CVE-2 lodash shop open run:yes"}
	if diff := cmp.Diff(want, x.list(ctem.AsOf{}, "")); diff != "" {
		t.Errorf("exposures (-want +got):\n%s", diff)
	}
	a, err := x.db.Affected(x.ctx, ctem.ListQuery{AsOf: ctem.AsOf{Now: x.now}}, "dsa-1")
	if err != nil || a.Page.Total != 2 {
		t.Errorf("affected DSA-1: %d exposures, %v; want the two in shop", a.Page.Total, err)
	}
	nums, err := x.db.ExposuresByWeaknessNames(x.ctx, []string{"DSA-1"})
	if err != nil || len(nums) != 3 {
		t.Errorf("by the record's id: %v, %v", nums, err)
	}
}

// upTo asks about a time.
func upTo(at time.Time) ctem.ListQuery { return ctem.ListQuery{AsOf: ctem.AsOf{At: at, Now: at}} }

// testSpans: what the trend is drawn from.
func testSpans(t *testing.T, e *storetest.Engine) {
	x := begun(t, e)
	num := x.only("shop").Num
	x.decide(ctem.Decision{Num: num, Revision: 1, Word: ctem.Schedule, Risk: 0.25})
	x.runs("shop", seen(one, 2, 5), seen(two, 5, 0))
	x.drain()
	got, err := x.db.Spans(x.ctx, day(1), upTo(day(28)))
	if err != nil {
		t.Fatal(err)
	}
	want := []ctem.Span{{Num: num, From: day(2), To: day(5), State: ctem.Open, Risk: 0.25}, {Num: num, From: day(5), State: ctem.Fixed, Risk: 0.25}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
	if got, err = x.db.Spans(x.ctx, day(5), upTo(day(28))); err != nil || len(got) != 1 {
		t.Errorf("spans after the fix: %+v, %v", got, err)
	}
}

// testSilence: a source that falls silent makes stale, then unknown, never fixed.
func testSilence(t *testing.T, e *storetest.Engine) {
	x := begun(t, e)
	x.sighted(day(20))
	for _, c := range []struct {
		hours int
		want  string
	}{
		{1, "CVE-2021-23337 lodash shop open run:yes"},
		{5, "CVE-2021-23337 lodash shop open run:unknown"},
		{9, "CVE-2021-23337 lodash shop unknown run:unknown"},
	} {
		at := day(20).Add(time.Duration(c.hours) * time.Hour)
		for _, asked := range []ctem.AsOf{{Now: at}, {At: at}} {
			if diff := cmp.Diff([]string{c.want}, x.list(asked, "")); diff != "" {
				t.Errorf("after %d h of silence (-want +got):\n%s", c.hours, diff)
			}
		}
	}
	late := ctem.AsOf{Now: day(20).Add(9 * time.Hour)}
	if got := x.list(late, "is:open"); got != nil {
		t.Errorf("is:open finds %v", got)
	}
	if got := x.list(late, "is:unknown running:unknown"); len(got) != 1 {
		t.Errorf("is:unknown finds %v", got)
	}
}

// testLate: evidence that comes late and out of order tells the same story.
func testLate(t *testing.T, e *storetest.Engine) {
	x := begun(t, e)
	x.runs("shop", seen(one, 2, 8), seen(two, 8, 0))
	x.drain()
	x.runs("shop", seen(one, 2, 4), seen(two, 4, 6), seen(one, 6, 8), seen(two, 8, 0))
	x.drain()
	if got := x.only("shop"); got.State != ctem.Fixed || got.Regressions != 1 || !got.Since.Equal(day(8)) {
		t.Errorf("%s since %v, %d regressions", got.State, got.Since, got.Regressions)
	}
	if diff := cmp.Diff([]string(nil), x.list(ctem.AsOf{At: day(5)}, "")); diff != "" {
		t.Errorf("between the two (-want +got):\n%s", diff)
	}
}

func testQueries(t *testing.T, e *storetest.Engine) {
	x := begun(t, e)
	x.sbom(three, 1, "pkg:npm/%40scope/tool@1.0.0")
	x.advise(npm("MAL-1", "@scope/tool", "9.9.9"))
	x.runs("tools", claim(twin.Declared, "git", three, 3, 0))
	x.drain()
	shop, tools := "CVE-2021-23337 lodash shop open run:yes", "MAL-1 tool tools open run:unknown"
	for query, want := range map[string][]string{
		"": {shop, tools}, "svc:shop": {shop}, "-svc:shop": {tools}, "env:prod": {shop, tools}, "env:dev": nil,
		"cve:cve-2021-23337": {shop}, "weakness:GHSA-1": {shop}, "purl:pkg:npm/lodash": {shop}, "pkg:npm/lodash@4.17.20": {shop},
		"pkg:npm/lodash@4.17.19": nil, "purl:scope": {tools}, "component:lodash": {shop}, "running:yes": {shop}, "running:unknown": {tools},
		"reach:unknown": {shop, tools}, "is:fixed": nil, "is:open,unknown": {shop, tools}, "is:closed": nil, "is:regressed": nil,
		"decision:undecided": {shop, tools}, "score:>=1": nil, "score:0..10": {shop, tools}, "fix:yes": {shop, tools}, "fix:none": nil,
		"kev:yes": nil, "kev:no": {shop, tools}, "epss:>0.1": nil, digest("1"): {shop}, "image:shop/app": {shop, tools}, "LODASH": {shop},
		"first:<7d": {shop, tools}, "first:>7d": nil, "due:none": {shop, tools}, "due:<7d": nil, "exploit:unknown matters:unknown": {shop, tools},
		"is:withdrawn,retired": nil, "-is:fixed": {shop, tools}, "treatment:none": {shop, tools}, "is:excepted": nil,
	} {
		if diff := cmp.Diff(want, x.list(ctem.AsOf{}, query)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", query, diff)
		}
		if diff := cmp.Diff(want, x.list(ctem.AsOf{At: day(19)}, query)); diff != "" && query != "first:<7d" && query != "first:>7d" {
			t.Errorf("%q as of day 19 (-want +got):\n%s", query, diff)
		}
	}
	for _, query := range []string{"sevrity:high", "is:opne", "score:>a", "running:maybe", "decision:soon", "first:<soon", "svc:>1", "kev:perhaps"} {
		terms, err := ctem.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		_, err = x.db.ListExposures(x.ctx, ctem.ListQuery{AsOf: ctem.AsOf{Now: x.now}, Terms: terms})
		if fault.KindOf(err) != fault.Invalid || fault.HintOf(err) == "" {
			t.Errorf("%q: %v, hint %q; want invalid with a hint", query, err, fault.HintOf(err))
		}
	}
}

// testAnyQuery: whatever is asked is answered or refused as the asker's fault.
func testAnyQuery(t *testing.T, e *storetest.Engine) {
	x := begun(t, e)
	keys := []string{"is", "state", "decision", "score", "running", "reach", "svc", "env", "cve", "purl", "component", "image", "digest", "id", "kev", "epss", "fix", "first", "due", "treatment", "nope"}
	rapid.Check(t, func(r *rapid.T) {
		term := ctem.Term{Key: rapid.SampledFrom(keys).Draw(r, "key"), Op: rapid.SampledFrom([]string{":", ":", ">", "<=", ".."}).Draw(r, "op"), Negate: rapid.Bool().Draw(r, "not")}
		values := 1
		if term.Op == ".." {
			values = 2
		}
		for range values {
			term.Values = append(term.Values, rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"open", "act", "yes", "700", "7d", "pkg:npm/lodash@1", "*", "none", "2026-01-01", "'; --", "99999999999999999999"})).Draw(r, "value"))
		}
		terms, err := ctem.ParseQuery(term.String())
		for _, at := range []ctem.AsOf{{Now: x.now}, {At: day(9), KnownAt: x.now}} {
			if err == nil {
				_, err = x.db.ListExposures(x.ctx, ctem.ListQuery{AsOf: at, Terms: terms, Limit: 10})
			}
		}
		if err != nil && fault.KindOf(err) != fault.Invalid {
			r.Fatalf("%s: %v", term, err)
		}
		if _, err := x.db.Affected(x.ctx, ctem.ListQuery{AsOf: ctem.AsOf{Now: x.now}, Limit: 10}, term.Values[0]); err != nil && fault.KindOf(err) != fault.Invalid {
			r.Fatalf("affected %q: %v", term.Values[0], err)
		}
	})
}

func testPages(t *testing.T, e *storetest.Engine) {
	x := newEstate(t, e.Fresh(t))
	x.advise(npm("GHSA-1", "lodash", "4.17.21"))
	x.sbom(one, 1, lodash17)
	for _, s := range []string{"a", "b", "c", "d", "e"} {
		x.runs(s, seen(one, 2, 0))
	}
	x.drain()
	var ids []string
	q := ctem.ListQuery{AsOf: ctem.AsOf{Now: x.now}, Limit: 2}
	for range 3 {
		page, err := x.db.ListExposures(x.ctx, q)
		if err != nil || page.Total != 5 {
			t.Fatalf("total %d, %v", page.Total, err)
		}
		for _, i := range page.Items {
			ids = append(ids, i.ID)
		}
		q.After = page.Next
	}
	all, err := x.db.ListExposures(x.ctx, ctem.ListQuery{AsOf: ctem.AsOf{At: x.now}})
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, i := range all.Items {
		want = append(want, i.ID)
	}
	if diff := cmp.Diff(want, ids); diff != "" || q.After != "" {
		t.Errorf("pages (-whole +pages), next %q:\n%s", q.After, diff)
	}
	if _, err := x.db.ListExposures(x.ctx, ctem.ListQuery{AsOf: q.AsOf, After: "junk"}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("junk continuation: %v", err)
	}
}

func testAffected(t *testing.T, e *storetest.Engine) {
	x := begun(t, e)
	check := func(query string, verdict ctem.Verdict, items int) {
		t.Helper()
		a, err := x.db.Affected(x.ctx, ctem.ListQuery{AsOf: ctem.AsOf{Now: x.now}}, query)
		if err != nil {
			t.Fatal(err)
		}
		if a.Verdict() != verdict || len(a.Page.Items) != items {
			t.Errorf("%s: %s with %d items, coverage %+v; want %s with %d", query, a.Verdict(), len(a.Page.Items), a.Coverage, verdict, items)
		}
	}
	for _, q := range []string{"CVE-2021-23337", "ghsa-1", "pkg:npm/lodash", lodash17, "lodash", "lodash@4.17.20"} {
		check(q, ctem.AffectedRunning, 1)
	}
	check("right-pad", ctem.NotFound, 0)
	check("CVE-1999-1", ctem.CannotSay, 0) // no record is about it
	check(lodash21, ctem.NotFound, 0)
	x.runs("blind", seen("shop/unlisted:1@"+digest("9"), 3, 0))
	x.drain()
	check("right-pad", ctem.CannotSay, 0)
	x.runs("shop", seen(two, 2, 0))
	x.drain()
	check("CVE-2021-23337", ctem.CannotSay, 0)
}

// killed proves that the step may be killed anywhere.
func killed(t *testing.T) map[string]storetest.Crash {
	work := func(ctx context.Context, db *store.DB) error {
		x := newEstate(t, db)
		x.sbom(one, 1, lodash17)
		x.sbom(two, 1, lodash21)
		x.runs("shop", seen(one, 2, 0))
		x.runs("cart", seen(one, 2, 5), seen(two, 5, 0))
		s := x.step()
		for {
			n, err := s.Run(ctx)
			if err != nil || n == 0 {
				return err
			}
		}
	}
	return map[string]storetest.Crash{"assess": {Work: work, Prepare: func(_ context.Context, db *store.DB) error {
		newEstate(t, db).advise(npm("GHSA-1", "lodash", "4.17.21", aka("CVE-2021-23337")))
		return nil
	}}}
}

package assess

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// day is a time that tables can name by a number; day 0 is "none".
func day(n int) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC)
}

func digest(c string) string { return "sha256:" + strings.Repeat(c, 64) }

// claim builds a claim of one container; image is a reference.
func claim(class twin.Class, source, image string, from, to int) twin.Claim {
	ref, err := twin.ParseRef(image)
	if err != nil {
		panic(err)
	}
	return twin.Claim{Source: source, Scope: "prod", Class: class, From: day(from), To: day(to), Workload: twin.Workload{
		Service: "shop", Replicas: 1, Containers: []twin.Container{{Name: "main", Image: ref, Replicas: 1}},
	}}
}

func seen(image string, from, to int) twin.Claim {
	return claim(twin.Observed, "agent", image, from, to)
}

func artifact(image string, contents ...twin.Contents) twin.Artifact {
	ref, err := twin.ParseRef(image)
	if err != nil {
		panic(err)
	}
	return twin.Artifact{ID: ref.ID(), Ref: ref, NameTag: ref.NameTag(), Contents: contents}
}

func made(from, to int, components ...int64) twin.Contents {
	return twin.Contents{From: day(from), To: day(to), Components: components}
}

func world(artifacts ...twin.Artifact) World {
	w := World{
		Artifacts: map[string]twin.Artifact{}, ByNameTag: map[string][]twin.Artifact{},
		Components: map[int64]ctem.Matched{},
	}
	for _, a := range artifacts {
		w.Artifacts[a.ID] = a
		if a.NameTag != "" {
			w.ByNameTag[a.NameTag] = append(w.ByNameTag[a.NameTag], a)
		}
	}
	return w
}

// flawed makes a component version with records "ID:published:withdrawn".
func (w *World) flawed(id int64, version string, records ...string) {
	c := ctem.Matched{Component: id, Purl: "pkg:npm/x@" + version, Version: version, Compared: version, Locus: "pkg:npm/x", Ecosystem: "npm"}
	for _, r := range records {
		var from, to int
		name, times, _ := strings.Cut(r, "@")
		if _, err := fmt.Sscanf(times, "%d-%d", &from, &to); err != nil {
			panic(err)
		}
		c.Matches = append(c.Matches, ctem.Match{
			Record: name, Revision: 1, Published: day(from), Withdrawn: day(to),
			Weaknesses: []string{"CVE-1"}, Fixed: []string{"2.0"},
		})
	}
	w.Components[id] = c
}

// told prints the pieces of the only timeline: "day state reason".
func told(a ctem.Assessed) []string {
	var out []string
	for _, tl := range a.Timelines {
		for _, p := range tl.Pieces {
			s := fmt.Sprintf("%d %s run:%s", p.From.Day(), p.State, p.Running)
			if p.Reason != "" {
				s += " " + p.Reason
			}
			if p.Regressions > 0 {
				s += fmt.Sprintf(" regressed:%d", p.Regressions)
			}
			out = append(out, s)
		}
	}
	return out
}

func TestTimelines(t *testing.T) {
	t.Parallel()
	v1, v2, v3 := "shop/app:1@"+digest("1"), "shop/app:2@"+digest("2"), "shop/app:3@"+digest("3")
	arts := []twin.Artifact{artifact(v1, made(9, 0, 1, 2)), artifact(v2, made(9, 0, 2)), artifact("shop/plain:1", made(9, 0, 1))}
	tests := []struct {
		name   string
		claims []twin.Claim
		more   []twin.Artifact
		record string
		want   []string
	}{
		{"runs", []twin.Claim{seen(v1, 2, 0)}, nil, "GHSA-1@1-0", []string{"2 open run:yes"}},
		{"published_later", []twin.Claim{seen(v1, 2, 0)}, nil, "GHSA-1@5-0", []string{"5 open run:yes"}},
		{
			"fixed_by_rollout",
			[]twin.Claim{seen(v1, 2, 4), seen(v2, 4, 0)},
			nil, "GHSA-1@0-0",
			[]string{"2 open run:yes", "4 fixed run:no replaced by " + v2},
		},
		{
			"comes_back",
			[]twin.Claim{seen(v1, 2, 4), seen(v2, 4, 6), seen(v1, 6, 0)},
			nil, "GHSA-1@0-0",
			[]string{"2 open run:yes", "4 fixed run:no replaced by " + v2, "6 open run:yes regressed:1"},
		},
		{
			"comes_back_through_unknown",
			[]twin.Claim{seen(v1, 2, 4), seen(v2, 4, 6), seen(v3, 6, 8), seen(v1, 8, 0)},
			nil, "GHSA-1@0-0",
			[]string{"2 open run:yes", "4 fixed run:no replaced by " + v2, "6 unknown run:unknown no SBOM for " + v3, "8 open run:yes regressed:1"},
		},
		{"retired", []twin.Claim{seen(v1, 2, 4)}, nil, "GHSA-1@0-0", []string{"2 open run:yes", "4 retired run:no workload ended"}},
		{
			"fixed_stays_fixed_when_gone",
			[]twin.Claim{seen(v1, 2, 4), seen(v2, 4, 6)},
			nil, "GHSA-1@0-0",
			[]string{"2 open run:yes", "4 fixed run:no replaced by " + v2},
		},
		{
			"no_sbom",
			[]twin.Claim{seen(v1, 2, 4), seen(v3, 4, 0)},
			nil, "GHSA-1@0-0",
			[]string{"2 open run:yes", "4 unknown run:unknown no SBOM for " + v3},
		},
		{"withdrawn", []twin.Claim{seen(v1, 2, 0)}, nil, "GHSA-1@1-5", []string{"2 open run:yes", "5 withdrawn run:yes withdrawn: GHSA-1"}},
		{"withdrawn_before", []twin.Claim{seen(v1, 7, 0)}, nil, "GHSA-1@1-5", nil},
		{"declared_only", []twin.Claim{claim(twin.Declared, "git", v1, 2, 0)}, nil, "GHSA-1@0-0", []string{"2 open run:unknown"}},
		{
			"declared_gone",
			[]twin.Claim{claim(twin.Declared, "git", v1, 2, 3)},
			nil, "GHSA-1@0-0",
			[]string{"2 open run:unknown", "3 retired run:unknown workload ended"},
		},
		{
			"observed_wins",
			[]twin.Claim{claim(twin.Declared, "git", v1, 2, 0), seen(v2, 4, 0)},
			nil, "GHSA-1@0-0",
			[]string{"2 open run:unknown", "4 fixed run:no replaced by " + v2},
		},
		{
			"older_declaration_does_not_outlive_run_time",
			[]twin.Claim{claim(twin.Declared, "git", v1, 2, 0), seen(v1, 3, 5)},
			nil, "GHSA-1@0-0",
			[]string{"2 open run:unknown", "3 open run:yes", "5 retired run:no workload ended"},
		},
		{
			"newer_declaration_counts",
			[]twin.Claim{seen(v1, 3, 5), claim(twin.Declared, "git", v1, 6, 0)},
			nil, "GHSA-1@0-0",
			[]string{"3 open run:yes", "5 retired run:no workload ended", "6 open run:unknown"},
		},
		{"unproven", []twin.Claim{seen("shop/plain:1", 2, 0)}, nil, "GHSA-1@0-0", []string{"2 open run:unknown"}},
		{"other_digest_is_not_linked", []twin.Claim{seen("shop/app:1@"+digest("9"), 2, 0)}, nil, "GHSA-1@0-0", nil},
		{
			"new_sbom_of_the_same_artifact",
			[]twin.Claim{seen(v3, 2, 0)},
			[]twin.Artifact{artifact(v3, made(3, 5, 1), made(5, 0, 2))},
			"GHSA-1@0-0",
			[]string{"2 open run:yes", "5 fixed run:no no longer contained in " + v3},
		},
		{
			"two_sources_disagree",
			[]twin.Claim{seen(v1, 2, 0), claim(twin.Observed, "other", v2, 3, 0)},
			nil, "GHSA-1@0-0",
			[]string{"2 open run:yes"},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := world(append(append([]twin.Artifact{}, arts...), tc.more...)...)
			w.flawed(1, "1.0", tc.record)
			got := Timelines(twin.Place{ID: 1, Service: "shop", Environment: "prod", Claims: tc.claims}, w)
			if diff := cmp.Diff(tc.want, told(got)); diff != "" {
				t.Errorf("timeline (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUndeployedEndsAsDeployed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		deployed int
		want     []string
	}{
		{"nowhere", 0, []string{"3 open run:no"}},
		{"later", 6, []string{"3 open run:no", "6 retired run:unknown deployed"}},
		{"before_its_sbom", 2, nil},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a, other := artifact("shop/app:1@"+digest("1"), made(3, 0, 1)), artifact("shop/app:2@"+digest("2"), made(4, 0, 2))
			a.DeployedAt = day(tc.deployed)
			w := world()
			w.flawed(1, "1.0", "GHSA-1@0-0")
			place := twin.Place{ID: 7, Service: "shop/app", Environment: twin.NoEnvironment, Artifacts: []twin.Artifact{a, other}}
			if diff := cmp.Diff(tc.want, told(Timelines(place, w))); diff != "" {
				t.Errorf("timeline (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReachable(t *testing.T) {
	t.Parallel()
	image := "shop/app:1@" + digest("1")
	public := []twin.Door{{Address: "shop.example", Public: true}}
	private := []twin.Door{{Address: "10.0.0.1"}}
	tests := []struct {
		name     string
		observed []twin.Door
		complete bool
		declared []twin.Door
		want     ctem.Tri
	}{
		{"nothing_known", nil, false, nil, ctem.Unknown},
		{"public", public, false, nil, ctem.Yes},
		{"declared_door_of_an_observed_workload", nil, true, public, ctem.Yes},
		{"all_doors_known_none_public", private, true, nil, ctem.No},
		{"some_doors_known", private, false, private, ctem.Unknown},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := world(artifact(image, made(1, 0, 1)))
			w.flawed(1, "1.0", "GHSA-1@0-0")
			o, d := seen(image, 2, 0), claim(twin.Declared, "git", image, 2, 0)
			o.Workload.Doors, o.Workload.DoorsComplete, d.Workload.Doors = tc.observed, tc.complete, tc.declared
			got := Timelines(twin.Place{Claims: []twin.Claim{o, d}}, w)
			if r := got.Timelines[0].Pieces[0].Reachable; r != tc.want {
				t.Errorf("reachable %s, want %s", r, tc.want)
			}
		})
	}
}

func TestFixClearsEveryInstance(t *testing.T) {
	t.Parallel()
	image := "shop/app:1@" + digest("1")
	w := world(artifact(image, made(1, 0, 1, 2)))
	w.flawed(1, "1.0.0", "GHSA-1@0-0", "CVE-1@0-0")
	w.flawed(2, "2.5.0", "GHSA-1@0-0")
	c := w.Components[1]
	c.Matches[0].Fixed = []string{"1.2.0", "3.0.0"}
	c = w.Components[2]
	c.Matches[0].Fixed = []string{"1.2.0", "3.0.0"}
	got := Timelines(twin.Place{Claims: []twin.Claim{seen(image, 2, 0)}}, w).Timelines[0].Pieces[0]
	if got.Fix != "3.0.0" || len(got.Instances) != 2 {
		t.Errorf("fix %q over %d instances, want 3.0.0 over 2", got.Fix, len(got.Instances))
	}
	if diff := cmp.Diff([]string{"GHSA-1", "CVE-1"}, got.Advisories); diff != "" {
		t.Errorf("advisories (-want +got):\n%s", diff)
	}
}

func TestCoversSayWhatCouldNotBeLookedInto(t *testing.T) {
	t.Parallel()
	v1, v2 := "shop/app:1@"+digest("1"), "shop/app:2@"+digest("2")
	got := Timelines(twin.Place{Claims: []twin.Claim{seen(v1, 2, 4), seen(v2, 4, 6)}}, world(artifact(v1, made(1, 0))))
	agent := []ctem.SourceScope{{Source: "agent", Scope: "prod"}}
	want := []ctem.Cover{
		{From: day(2), To: day(4), Live: true, Covered: true, Sources: agent},
		{From: day(4), To: day(6), Live: true, Sources: agent},
		{From: day(6)},
	}
	if diff := cmp.Diff(want, got.Covers); diff != "" {
		t.Errorf("covers (-want +got):\n%s", diff)
	}
}

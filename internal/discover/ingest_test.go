package discover_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/discover/deploy"
	"github.com/tidemark/tidemark/internal/discover/sbom"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/realdata"
	"github.com/tidemark/tidemark/internal/twin"
)

var (
	noon   = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	digest = "sha256:" + strings.Repeat("ab", 32)
)

// shelf is a store of evidence that keeps everything it is given.
type shelf struct {
	snapshots []twin.Snapshot
	list      []twin.Observation
	did       []twin.Appended // answers for the next snapshots; nil: all accepted
	err       error
}

func (s *shelf) AppendSnapshot(_ context.Context, list []twin.Snapshot, _ time.Time) ([]twin.Appended, error) {
	s.snapshots = append(s.snapshots, list...)
	if s.did != nil || s.err != nil {
		return s.did, s.err
	}
	out := make([]twin.Appended, len(list))
	for i := range list {
		out[i].Accepted = max(len(list[i].Members), 1)
	}
	return out, nil
}

func (s *shelf) Append(_ context.Context, list []twin.Observation, _ time.Time) (twin.Appended, error) {
	s.list = append(s.list, list...)
	if len(s.did) > 0 || s.err != nil {
		return s.did[0], s.err
	}
	return twin.Appended{Accepted: len(list)}, nil
}

func door(s *shelf) *discover.Ingest {
	return &discover.Ingest{
		Evidence:   s,
		ParseSBOM:  func(b []byte) (twin.SBOM, error) { return sbom.Parse(b, sbom.Options{}) },
		ReadDeploy: deploy.Read,
		Now:        func() time.Time { return noon },
	}
}

// given makes an Ingest whose reader answers with these deployments.
func given(s *shelf, list ...twin.Deployments) *discover.Ingest {
	i := door(s)
	i.ReadDeploy = func(context.Context, []string) ([]twin.Deployments, error) { return list, nil }
	return i
}

func records(input string, list ...twin.DeploymentRecord) twin.Deployments {
	for i := range list {
		list[i].Where = input
		if list[i].Artifact.Name == "" {
			list[i].Artifact = twin.ArtifactRef{Name: "shop/" + list[i].Service, Tag: "1"}
		}
	}
	return twin.Deployments{Input: input, Origin: "/abs/" + input, Class: twin.Observed, Records: list}
}

func manifests(input string, services ...string) twin.Deployments {
	d := twin.Deployments{Input: input, Origin: "/abs/" + input, Class: twin.Declared}
	for _, s := range services {
		d.Workloads = append(d.Workloads, twin.Workload{
			Service: s, Kind: "Deployment", Replicas: 1,
			Containers: []twin.Container{{Name: "main", Image: twin.ArtifactRef{Name: s, Tag: "1"}, Replicas: 1}},
		})
	}
	return d
}

// outline says a snapshot in a few words.
func outline(list []twin.Snapshot) []string {
	var out []string
	for _, s := range list {
		line := []string{s.Source, s.Scope, string(s.Class), s.ObservedAt.Format("15:04:05")}
		for _, m := range s.Members {
			line = append(line, m.Subject+" "+m.ObservedAt.Format("15:04:05"))
		}
		out = append(out, strings.Join(line, " | "))
	}
	return out
}

func TestDeployRules(t *testing.T) {
	t.Parallel()
	at := func(hour int) time.Time { return time.Date(2026, 11, 22, hour, 0, 0, 0, time.UTC) }
	tests := []struct {
		name string
		in   discover.DeployInput
		list []twin.Deployments
		want []string
	}{
		{
			"manifests_of_a_path",
			discover.DeployInput{Environment: "prod"},
			[]twin.Deployments{manifests("a", "x", "y")},
			[]string{"/abs/a | prod | declared | 12:00:00 | workload/Deployment//x 12:00:00 | workload/Deployment//y 12:00:00"},
		},
		{
			"manifests_with_flags",
			discover.DeployInput{Environment: "prod", Source: "git", At: at(8)},
			[]twin.Deployments{manifests("a", "x")},
			[]string{"git | prod | declared | 08:00:00 | workload/Deployment//x 08:00:00"},
		},
		{
			"two_paths_are_two_sources",
			discover.DeployInput{Environment: "prod"},
			[]twin.Deployments{manifests("b", "x"), manifests("a", "x")},
			[]string{"/abs/a | prod | declared | 12:00:00 | workload/Deployment//x 12:00:00", "/abs/b | prod | declared | 12:00:00 | workload/Deployment//x 12:00:00"},
		},
		{
			"one_source_is_one_snapshot",
			discover.DeployInput{Environment: "prod", Source: "git"},
			[]twin.Deployments{manifests("b", "x"), manifests("a", "y")},
			[]string{"git | prod | declared | 12:00:00 | workload/Deployment//x 12:00:00 | workload/Deployment//y 12:00:00"},
		},
		{
			"no_workloads_left",
			discover.DeployInput{Environment: "prod"},
			[]twin.Deployments{manifests("a")},
			[]string{"/abs/a | prod | declared | 12:00:00"},
		},
		{
			"records_say_it",
			discover.DeployInput{},
			[]twin.Deployments{records("r",
				twin.DeploymentRecord{Service: "x", Environment: "prod", Source: "s", Replicas: 1, ObservedAt: at(9)},
				twin.DeploymentRecord{Service: "y", Environment: "prod", Source: "s", Replicas: 1, ObservedAt: at(10)},
				twin.DeploymentRecord{Service: "x", Environment: "test", Source: "s", Replicas: 1},
				twin.DeploymentRecord{Service: "x", Environment: "test", Replicas: 1})},
			[]string{
				"/abs/r | test | observed | 12:00:00 | workload/Record//x 12:00:00",
				"s | prod | observed | 10:00:00 | workload/Record//x 09:00:00 | workload/Record//y 10:00:00",
				"s | test | observed | 12:00:00 | workload/Record//x 12:00:00",
			},
		},
		{
			"flags_win",
			discover.DeployInput{Environment: "prod", Source: "flag", At: at(7)},
			[]twin.Deployments{records("r",
				twin.DeploymentRecord{Service: "x", Environment: "prod", Source: "s", Replicas: 1, ObservedAt: at(9)},
				twin.DeploymentRecord{Service: "y", Replicas: 1})},
			[]string{"flag | prod | observed | 07:00:00 | workload/Record//x 07:00:00 | workload/Record//y 07:00:00"},
		},
		{
			"no_replicas_is_absent",
			discover.DeployInput{},
			[]twin.Deployments{records("r",
				twin.DeploymentRecord{Service: "x", Environment: "prod", Replicas: 0, ObservedAt: at(9)},
				twin.DeploymentRecord{Service: "x", Environment: "test", Replicas: 1, ObservedAt: at(9)},
				twin.DeploymentRecord{Service: "x", Environment: "test", Replicas: 0, ObservedAt: at(10)})},
			[]string{"/abs/r | prod | observed | 09:00:00", "/abs/r | test | observed | 10:00:00 | workload/Record//x 09:00:00"},
		},
		{
			"empty_array_ends_all",
			discover.DeployInput{Environment: "prod"},
			[]twin.Deployments{records("r")},
			[]string{"/abs/r | prod | observed | 12:00:00"},
		},
		{
			"empty_array_beside_records",
			discover.DeployInput{Environment: "prod", Source: "s"},
			[]twin.Deployments{records("r"), records("q", twin.DeploymentRecord{Service: "x", Replicas: 1})},
			[]string{"s | prod | observed | 12:00:00 | workload/Record//x 12:00:00"},
		},
		{
			"a_clock_may_be_ahead",
			discover.DeployInput{Environment: "prod", At: noon.Add(24 * time.Hour)},
			[]twin.Deployments{records("r")},
			[]string{"/abs/r | prod | observed | 12:00:00"},
		},
		{
			"both_classes_from_two_sources",
			discover.DeployInput{Environment: "prod"},
			[]twin.Deployments{manifests("a", "x"), records("r", twin.DeploymentRecord{Service: "x", Replicas: 1})},
			[]string{"/abs/a | prod | declared | 12:00:00 | workload/Deployment//x 12:00:00", "/abs/r | prod | observed | 12:00:00 | workload/Record//x 12:00:00"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var s shelf
			receipts, err := given(&s, tt.list...).IngestDeploy(t.Context(), tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, outline(s.snapshots)); diff != "" {
				t.Error(diff)
			}
			if len(receipts) != len(tt.list) {
				t.Errorf("%d receipts for %d inputs", len(receipts), len(tt.list))
			}
			checkMembers(t, s.snapshots)
		})
	}
}

// checkMembers holds what the store and resolve rely on.
func checkMembers(t *testing.T, list []twin.Snapshot) {
	t.Helper()
	for _, s := range list {
		for _, m := range s.Members {
			if m.Kind != twin.Member || m.Hash != twin.HashBytes(m.Body) || m.ObservedAt.After(s.ObservedAt) || m.Source != s.Source || m.Scope != s.Scope || m.Class != s.Class {
				t.Errorf("bad member %+v of %s", m, s.Source)
			}
			var w twin.Workload
			if m.Media == twin.MediaWorkload && (json.Unmarshal(m.Body, &w) != nil || w.Replicas < 1 || len(w.Containers) == 0) {
				t.Errorf("bad body %s", m.Body)
			}
		}
	}
}

func TestDeployRefuses(t *testing.T) {
	t.Parallel()
	good := manifests("a", "x")
	tests := []struct {
		name string
		in   discover.DeployInput
		list []twin.Deployments
		want string
		hint string
	}{
		{"manifests_need_the_flag", discover.DeployInput{}, []twin.Deployments{good}, "a: manifests do not say which environment", "--environment"},
		{"record_without_environment", discover.DeployInput{}, []twin.Deployments{records("r", twin.DeploymentRecord{Service: "x", Replicas: 1})}, "r: environment is missing", "--environment"},
		{
			"unequal_environments",
			discover.DeployInput{Environment: "prod"},
			[]twin.Deployments{good, records("r", twin.DeploymentRecord{Service: "x", Environment: "test", Replicas: 1})},
			`r: environment "test" is not the one that was asked for, "prod"`, "",
		},
		{"empty_array_without_environment", discover.DeployInput{}, []twin.Deployments{records("r")}, "nothing says which environment is empty", "--environment"},
		{
			"two_classes_of_one_source",
			discover.DeployInput{Environment: "prod", Source: "s"},
			[]twin.Deployments{good, records("r")},
			`source "s" says what is declared and what is observed in environment "prod" (a, r)`, "--source",
		},
		{"record_from_the_future", discover.DeployInput{}, []twin.Deployments{good, records("r", twin.DeploymentRecord{Service: "x", Environment: "prod", Replicas: 1, ObservedAt: noon.Add(25 * time.Hour)})}, "", ""},
		{"flag_from_the_future", discover.DeployInput{Environment: "prod", At: noon.Add(24*time.Hour + time.Second)}, []twin.Deployments{good}, "--at: observed at 2026-11-23T12:00:01Z, which is in the future", ""},
		{"flag_from_long_ago", discover.DeployInput{Environment: "prod", At: time.Unix(1, 0)}, []twin.Deployments{good}, "too long ago", ""},
		{"reserved_environment", discover.DeployInput{Environment: "(none)"}, []twin.Deployments{good}, "deployed nowhere", ""},
		{"environment_elsewhere", discover.DeployInput{Environment: "../x"}, []twin.Deployments{good}, "steps out of its folder", ""},
		{"reserved_source", discover.DeployInput{Environment: "prod", Source: "sbom"}, []twin.Deployments{good}, "bills of materials", ""},
		{"bad_source", discover.DeployInput{Environment: "prod", Source: "a\x00b"}, []twin.Deployments{good}, "cannot be shown", ""},
		{"bad_environment", discover.DeployInput{Environment: " "}, []twin.Deployments{good}, "white space", ""},
		{"long_environment", discover.DeployInput{Environment: strings.Repeat("x", 5000)}, []twin.Deployments{good}, "longer than", ""},
		{"record_reserved_environment", discover.DeployInput{}, []twin.Deployments{records("r", twin.DeploymentRecord{Service: "x", Environment: "(none)", Replicas: 1})}, "r: environment", ""},
		{"record_reserved_source", discover.DeployInput{}, []twin.Deployments{records("r", twin.DeploymentRecord{Service: "x", Environment: "prod", Source: "sbom", Replicas: 1})}, "r: source", ""},
		{"negative_interval", discover.DeployInput{Environment: "prod", Every: -time.Hour}, []twin.Deployments{good}, "interval", ""},
		{"tiny_interval", discover.DeployInput{Environment: "prod", Every: time.Millisecond}, []twin.Deployments{good}, "interval", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var s shelf
			_, err := given(&s, tt.list...).IngestDeploy(t.Context(), tt.in)
			if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), tt.want) || !strings.Contains(fault.HintOf(err), tt.hint) {
				t.Errorf("got %v (hint %q), want %q (hint %q)", err, fault.HintOf(err), tt.want, tt.hint)
			}
			if s.snapshots != nil {
				t.Errorf("something was stored: %v", outline(s.snapshots))
			}
		})
	}
}

// Several records of one service are containers of one workload; several
// declarations of one workload are united.
func TestDeployUnites(t *testing.T) {
	t.Parallel()
	one, two := twin.ArtifactRef{Name: "x", Tag: "1"}, twin.ArtifactRef{Name: "x", Digest: digest}
	var s shelf
	_, err := given(&s,
		records("r",
			twin.DeploymentRecord{Service: "x", Artifact: two, Replicas: 2, DoorsComplete: true, Doors: []twin.Door{{Address: "b"}}},
			twin.DeploymentRecord{Service: "x", Artifact: one, Replicas: 1, DoorsComplete: true, Doors: []twin.Door{{Address: "b", Public: true}, {Address: "a"}}}),
		records("q",
			twin.DeploymentRecord{Service: "x", Artifact: one, Replicas: 5, DoorsComplete: true},
			twin.DeploymentRecord{Service: "y", Artifact: one, Replicas: 1, DoorsComplete: true},
			twin.DeploymentRecord{Service: "y", Artifact: two, Replicas: 1},
			twin.DeploymentRecord{Service: "y", Artifact: two, Replicas: 0, Doors: []twin.Door{{Address: "gone"}}}),
	).IngestDeploy(t.Context(), discover.DeployInput{Environment: "prod", Source: "s", Every: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range s.snapshots[0].Members {
		got = append(got, string(m.Body))
	}
	want := []string{
		`{"service":"x","kind":"Record","replicas":5,"containers":[{"image":{"name":"x","tag":"1"},"replicas":5},{"image":{"name":"x","digest":"` + digest + `"},"replicas":2}],"doors":[{"address":"a","public":false},{"address":"b","public":true}],"doors_complete":true}`,
		`{"service":"y","kind":"Record","replicas":1,"containers":[{"image":{"name":"x","tag":"1"},"replicas":1},{"image":{"name":"x","digest":"` + digest + `"},"replicas":1}]}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if s.snapshots[0].Every != time.Hour {
		t.Errorf("interval %s", s.snapshots[0].Every)
	}
}

// What is told in another order has the same bytes, so that a repeat is known.
func TestDeployIsCanonical(t *testing.T) {
	t.Parallel()
	list := []twin.DeploymentRecord{
		{Service: "x", Artifact: twin.ArtifactRef{Name: "b"}, Replicas: 1, Doors: []twin.Door{{Address: "1"}, {Address: "2"}}},
		{Service: "x", Artifact: twin.ArtifactRef{Name: "a"}, Replicas: 3, Doors: []twin.Door{{Address: "2", Public: true}}},
		{Service: "y", Replicas: 1},
	}
	in := discover.DeployInput{Environment: "prod", Source: "s"}
	var forth, back shelf
	if _, err := given(&forth, records("r", list...)).IngestDeploy(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if _, err := given(&back, records("r", list[2], list[1], list[0])).IngestDeploy(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(forth.snapshots, back.snapshots); diff != "" {
		t.Error(diff)
	}
}

func TestDeployReceipts(t *testing.T) {
	t.Parallel()
	seen := func(members int) []discover.SnapshotSeen {
		return []discover.SnapshotSeen{{Source: "s", Environment: "prod", ObservedAt: noon, Members: members}}
	}
	noted := manifests("a", "x", "x")
	noted.Ignored = []twin.Rejection{{Where: "a", Reason: "not read"}}
	noted.Notes = []twin.Rejection{{Where: "a", Reason: "odd"}}
	noted.Resources = []twin.Resource{{Kind: "Service", Name: "x", Spec: []byte(`1`)}, {Kind: "Service", Name: "x", Spec: []byte(`2`)}}
	none := []discover.Remark{}
	tests := []struct {
		name string
		list []twin.Deployments
		did  []twin.Appended
		want []discover.Receipt
	}{
		{"one_input", []twin.Deployments{noted}, []twin.Appended{{Accepted: 2}}, []discover.Receipt{{
			Input: "a", Kind: discover.KindManifests, Accepted: 2, Rejected: none, Ignored: []discover.Remark{{Where: "a", Reason: "not read"}},
			Notes: []discover.Remark{
				{Where: "a", Reason: "odd"},
				{Where: "a", Reason: "Deployment/x is declared more than once: its containers and doors are united"},
				{Where: "a", Reason: "Service/x is declared more than once, and differently: the last one counts"},
			},
			Snapshots: seen(2),
		}}},
		{"shared_and_unchanged", []twin.Deployments{manifests("a", "x", "y"), manifests("b", "y", "z")}, []twin.Appended{{Unchanged: 3}}, []discover.Receipt{
			{Input: "a", Kind: discover.KindManifests, Unchanged: 2, Rejected: none, Ignored: none, Notes: none, Snapshots: seen(3)},
			{
				Input: "b", Kind: discover.KindManifests, Unchanged: 2, Rejected: none, Ignored: none, Snapshots: seen(3),
				Notes: []discover.Remark{{Where: "b", Reason: "Deployment/y is declared more than once: its containers and doors are united"}},
			},
		}},
		{"shared_and_new", []twin.Deployments{manifests("a", "x"), manifests("b", "z")}, []twin.Appended{{Accepted: 2}}, []discover.Receipt{
			{Input: "a", Kind: discover.KindManifests, Accepted: 1, Rejected: none, Ignored: none, Notes: none, Snapshots: seen(2)},
			{Input: "b", Kind: discover.KindManifests, Accepted: 1, Rejected: none, Ignored: none, Notes: none, Snapshots: seen(2)},
		}},
		{"forged", []twin.Deployments{manifests("a", "x")}, []twin.Appended{{Rejected: []twin.Rejection{{Where: "s prod", Reason: "forged"}}}}, []discover.Receipt{
			{Input: "a", Kind: discover.KindManifests, Rejected: []discover.Remark{{Where: "s prod", Reason: "forged"}}, Ignored: none, Notes: none, Snapshots: seen(1)},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := shelf{did: tt.did}
			got, err := given(&s, tt.list...).IngestDeploy(t.Context(), discover.DeployInput{Environment: "prod", Source: "s"})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDeployPassesErrorsOn(t *testing.T) {
	t.Parallel()
	wrong := errors.New("disk on fire")
	in := discover.DeployInput{Environment: "prod"}
	if _, err := given(&shelf{err: wrong}, manifests("a", "x")).IngestDeploy(t.Context(), in); !errors.Is(err, wrong) {
		t.Errorf("got %v", err)
	}
	if _, err := given(&shelf{did: []twin.Appended{}}, manifests("a", "x")).IngestDeploy(t.Context(), in); err == nil {
		t.Error("a store that answers for nothing was believed")
	}
	in.Paths = []string{filepath.Join(t.TempDir(), "missing")}
	if _, err := door(&shelf{}).IngestDeploy(t.Context(), in); fault.KindOf(err) != fault.Invalid {
		t.Errorf("got %v", err)
	}
}

func TestDeployOfRealProduct(t *testing.T) {
	t.Parallel()
	path := realdata.Dir(t, "products/sock-shop/deploy/kubernetes/complete-demo.yaml")
	var s shelf
	got, err := door(&s).IngestDeploy(t.Context(), discover.DeployInput{Paths: []string{path}, Environment: "prod"})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].Accepted != 29 || len(s.snapshots) != 1 || s.snapshots[0].Source != path {
		t.Fatalf("got %+v, %v", got, outline(s.snapshots))
	}
	checkMembers(t, s.snapshots)
	for _, m := range s.snapshots[0].Members {
		if m.Subject == "workload/Deployment/sock-shop/front-end" && strings.Contains(string(m.Body), `"doors":[{"address":"node:30001/TCP","public":true,`) {
			return
		}
	}
	t.Error("the front end has no door")
}

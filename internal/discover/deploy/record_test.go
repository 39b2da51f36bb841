package deploy

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

var (
	digest = "sha256:" + strings.Repeat("ab", 32)
	full   = `{"service":"carts","environment":"prod","artifact":"shop/carts:1@` + digest + `","replicas":3,` +
		`"observed_at":"2026-11-22T10:00:00.1234567+01:00","source":"cluster-1",` +
		`"doors":[{"address":"b:80","public":true},{"address":"a:80","public":false}],"doors_complete":true}`
	fullRecord = twin.DeploymentRecord{
		Where: "in:1 (item 1)", Service: "carts", Environment: "prod", Source: "cluster-1",
		Artifact: twin.ArtifactRef{Name: "shop/carts", Tag: "1", Digest: digest}, Replicas: 3,
		ObservedAt:    time.Date(2026, 11, 22, 9, 0, 0, 123456000, time.UTC),
		Doors:         []twin.Door{{Address: "a:80"}, {Address: "b:80", Public: true}},
		DoorsComplete: true,
	}
)

func TestRecords(t *testing.T) {
	t.Parallel()
	second := twin.DeploymentRecord{Where: "in:2 (item 2)", Service: "user", Artifact: twin.ArtifactRef{Name: "shop/user", Tag: "2"}, Replicas: 1}
	const small = `{"service":"user","artifact":"shop/user:2"}`
	first := second
	first.Where = "in:1 (item 1)"
	gone := first
	gone.Replicas = 0
	open := first
	open.Doors = []twin.Door{{Address: "a", Public: true}}
	tests := []struct {
		name, in string
		want     []twin.DeploymentRecord
		notes    []twin.Rejection
	}{
		{"array", "[" + full + ",\n" + small + "]", []twin.DeploymentRecord{fullRecord, second}, nil},
		{"ndjson", full + "\n" + small + "\n", []twin.DeploymentRecord{fullRecord, second}, nil},
		{"byte_order_mark", "\xef\xbb\xbf" + full, []twin.DeploymentRecord{fullRecord}, nil},
		{"empty_array", " [ ]\n", nil, nil},
		{"null_is_missing", `{"service":"user","artifact":"shop/user:2","replicas":null,"source":null,"observed_at":null,"doors":null}`, []twin.DeploymentRecord{first}, nil},
		{"none_left", `{"service":"user","artifact":"shop/user:2","replicas":0}`, []twin.DeploymentRecord{gone}, nil},
		{
			"unknown_field", `{"service":"user","artifact":"shop/user:2","Replicas":9,"x":1,"doors":[{"address":"a","public":true,"Via":"b"}]}`,
			[]twin.DeploymentRecord{open},
			[]twin.Rejection{{Where: "in:1 (item 1)", Reason: `unknown field "doors[0].Via"`}, {Where: "in:1 (item 1)", Reason: `unknown field "Replicas"`}, {Where: "in:1 (item 1)", Reason: `unknown field "x"`}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, notes, err := Records("in", strings.NewReader(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.notes, notes); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBadRecords(t *testing.T) {
	t.Parallel()
	with := func(field string) string {
		return `[` + full + ",\n" + `{"service":"user","artifact":"shop/user:2",` + field + `}]`
	}
	var many []string
	for i := range 12 {
		many = append(many, fmt.Sprintf(`{"service":"s%d"}`, i))
	}
	tests := []struct {
		name, in string
		want     []string
	}{
		{"empty", "", []string{"in: 1:1: the document ends"}},
		{"truncated", "[" + full, []string{"the document ends inside"}},
		{"duplicate_key", with(`"replicas":1,"replicas":2`), []string{`in: 2:57: key "replicas" appears twice`}},
		{"trailing", "[" + full + "] x", []string{"unexpected character 'x'"}},
		{"no_service", `[{"artifact":"a"}]`, []string{"in: 1 (item 1): service is missing"}},
		{"no_artifact", `[{"service":"a"}]`, []string{"in: 1 (item 1): artifact is missing"}},
		{"several_at_once", `[{"service":1},` + "\n" + `{"artifact":"a@b"}]`, []string{
			"1 (item 1): service is not a string", "1 (item 1): artifact is missing", "2 (item 2): service is missing", `"b" is not a digest`,
		}},
		{"not_all_are_said", strings.Join(many, "\n"), []string{"10 (item 10): artifact is missing", "; and 2 more"}},
		{"negative", with(`"replicas":-1`), []string{"2 (item 2): replicas -1 is no whole number between 0 and 1000000"}},
		{"absurd", with(`"replicas":99999999999999999999`), []string{"replicas 9999"}},
		{"fraction", with(`"replicas":1.5`), []string{"replicas 1.5"}},
		{"text_number", with(`"replicas":"1"`), []string{`replicas "1"`}},
		{"time", with(`"observed_at":"yesterday"`), []string{`observed_at "yesterday" is no time`}},
		{"time_zero", with(`"observed_at":"0001-01-01T00:00:00Z"`), []string{"is no time"}},
		{"time_number", with(`"observed_at":5`), []string{"observed_at is not a string"}},
		{"doors", with(`"doors":{}`), []string{"doors is not a list"}},
		{"door_address", with(`"doors":[{"public":true}]`), []string{"doors[0]: address is missing"}},
		{"door_public", with(`"doors":[{"address":"a","public":true},{"address":"a"}]`), []string{"2 (item 2): doors[1]: public is needed"}},
		{"doors_complete", with(`"doors_complete":"yes"`), []string{"doors_complete is not true or false"}},
		{"control_character", with(`"environment":"a\u0007"`), []string{"environment", "cannot be shown"}},
		{"direction_override", with(`"source":"a\u202eb"`), []string{"source", "cannot be shown"}},
		{"path", with(`"environment":"../../etc"`), []string{"environment", "steps out"}},
		{"space", with(`"environment":" prod"`), []string{"white space"}},
		{"long", with(`"environment":"` + strings.Repeat("x", 600) + `"`), []string{"longer than 512"}},
		{"artifact_placeholder", `[{"service":"a","artifact":"<image>"}]`, []string{"no artifact reference"}},
		{"other_thing_later", "[" + full + `,{"name":"x"}]`, []string{"(item 2): neither"}},
		{"other_thing", `{"name":"x"}`, []string{"in: no deployment records in it"}},
		{"numbers", `[1,2,3]`, []string{"no deployment records"}},
		{"manifest", `{"apiVersion":"v1","kind":"ConfigMap"}`, []string{"no deployment records"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, _, err := Records("in", strings.NewReader(tt.in))
			if err == nil {
				t.Fatalf("accepted: %+v", got)
			}
			if fault.KindOf(err) != fault.Invalid || got != nil {
				t.Errorf("kind %s, records %v", fault.KindOf(err), got)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q", err, want)
				}
			}
		})
	}
}

func TestRecordsBounds(t *testing.T) {
	t.Parallel()
	body := strings.Repeat(`{"service":"a","artifact":"b"}`+"\n", maxObjects+1)
	if _, _, err := Records("in", strings.NewReader(body)); err == nil || !strings.Contains(err.Error(), "100001: more than 100000") {
		t.Errorf("got %v", err)
	}
	if got, _, err := Records("in", strings.NewReader(body[:len(body)-31])); err != nil || len(got) != maxObjects {
		t.Errorf("got %d, %v", len(got), err)
	}
	wrong := errors.New("disk on fire")
	if _, _, err := Records("in", iotest.ErrReader(wrong)); !errors.Is(err, wrong) {
		t.Errorf("got %v", err)
	}
}

func FuzzRecords(f *testing.F) {
	for _, seed := range []string{
		full, "[" + full + "]", "[]", full + "\n" + full, `[{"service":"a","artifact":"b","replicas":0}]`,
		`[] {"service":"a","artifact":"b"}`, `{"service":"a","artifact":"b","doors":[{"address":"x","public":false}]}`, "[[]]",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		records, _, err := Records("in", strings.NewReader(string(body)))
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("%s: %v", fault.KindOf(err), err)
			}
			return
		}
		for _, r := range records {
			if r.Service == "" || r.Artifact.ID() == "" || r.Replicas < 0 || r.Replicas > maxReplicas {
				t.Fatalf("bad record %+v", r)
			}
		}
	})
}

package lineage

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/twin"
)

func TestFields(t *testing.T) {
	t.Parallel()
	a := twin.Workload{
		Service: "front", Kind: "Deployment", Replicas: 2, Doors: []twin.Door{{Address: "shop.example"}},
		Containers: []twin.Container{{Name: "web", Image: twin.ArtifactRef{Name: "shop/web", Tag: "1"}, Replicas: 2}},
		Pod:        &twin.Pod{Labels: map[string]string{"app": "front"}},
	}
	b := a
	b.Replicas, b.Doors = 3, []twin.Door{{Address: "shop.example", Public: true}}
	b.Containers = []twin.Container{
		{Name: "side", Image: twin.ArtifactRef{Name: "mesh"}, Replicas: 1},
		{Name: "web", Image: twin.ArtifactRef{Name: "shop/web", Tag: "2", Digest: "sha256:1"}, Replicas: 2, Security: &twin.Security{Added: []string{"NET_ADMIN", "SYS_TIME"}}},
	}
	want := []Field{
		{"containers[side].image.name", "", "mesh"},
		{"containers[side].name", "", "side"},
		{"containers[side].replicas", "", "1"},
		{"containers[web].image", "shop/web:1", "shop/web:2@sha256:1"},
		{"containers[web].security.added", "", "NET_ADMIN, SYS_TIME"},
		{"doors[shop.example].public", "false", "true"},
		{"replicas", "2", "3"},
	}
	if diff := cmp.Diff(want, Fields(body(t, a), body(t, b))); diff != "" {
		t.Error(diff)
	}
	if got := Fields(body(t, a), body(t, a)); got != nil {
		t.Errorf("the same differs: %v", got)
	}
	thing := twin.Resource{Kind: twin.KindTag, Name: "a:1", Spec: json.RawMessage(`{"digest":"sha256:1"}`)}
	moved := thing
	moved.Spec = json.RawMessage(`{"digest":"sha256:2"}`)
	if diff := cmp.Diff([]Field{{"digest", "sha256:1", "sha256:2"}}, Fields(body(t, thing), body(t, moved))); diff != "" {
		t.Error(diff)
	}
}

func body(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// FuzzFields: states are what others sent. Whatever they are, a state does not
// differ from itself, and a difference has the same fields both ways.
func FuzzFields(f *testing.F) {
	f.Add([]byte(`{"spec":{"a":[{"name":"x","v":1},{"name":"x"}]}}`), []byte(`{"spec":[[1],[2]]}`))
	f.Add([]byte(`{"a":`), []byte(`[]`))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		if got := Fields(a, a); len(got) > 0 {
			t.Errorf("it differs from itself: %v", got)
		}
		there, back := Fields(a, b), Fields(b, a)
		if len(there) != len(back) {
			t.Fatalf("%v, and back %v", there, back)
		}
		for i := range there {
			if there[i].Path != back[i].Path || there[i].Before != back[i].After {
				t.Errorf("%v, and back %v", there[i], back[i])
			}
		}
	})
}

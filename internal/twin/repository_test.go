package twin

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCodeOwnersOf(t *testing.T) {
	t.Parallel()
	c := CodeOwners{Rules: []OwnerRule{
		{Pattern: "*", Owners: []string{"@all"}, Line: 1},
		{Pattern: "/docs/", Owners: []string{"@writers"}, Line: 2},
		{Pattern: "*.go", Owners: []string{"@gophers"}, Line: 3},
		{Pattern: "/docs/secret", Line: 4},
		{Pattern: "*", Owners: []string{"@sec"}, Section: "Security", Line: 6},
	}}
	for name, want := range map[string][]int{"": {1, 6}, "a/b.txt": {1, 6}, "docs/a": {2, 6}, "docs/x.go": {3, 6}, "docs/secret/y": {4, 6}} {
		var got []int
		for _, r := range c.Of(name) {
			got = append(got, r.Line)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", name, diff)
		}
	}
	r, err := Repository{Forge: "github", Owners: &c}.Resource("github.com/a/b")
	want := []Link{{RelOwnedBy, End{Kind: KindTeam, Name: "@all"}}, {RelOwnedBy, End{Kind: KindTeam, Name: "@sec"}}}
	if diff := cmp.Diff(want, r.Links); diff != "" || err != nil || r.Name != "github.com/a/b" {
		t.Error(diff, err)
	}
}

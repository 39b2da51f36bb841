package ctem

import (
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tidemark/tidemark/internal/twin"
)

func TestOwnerOf(t *testing.T) {
	t.Parallel()
	s := Scope{
		Products: []ScopeProduct{{Name: "shop", Owner: "retail", Tier: 3}},
		Services: []ScopeService{{Name: "cart", Products: []string{"shop"}}, {Name: "front", Owner: "web", Products: []string{"shop"}}},
		Ownership: []OwnershipRule{
			{Service: "*", Environment: "lab/*", Owner: "lab"},
			{Namespace: "pay*", Owner: "payments"},
			{Label: "tier=db*", Owner: "data"},
			{Service: "orphan"},
		},
	}
	pod := func(namespace string, labels, marks map[string]string) twin.Workload {
		return twin.Workload{Service: "x", Kind: "Deployment", Namespace: namespace, Pod: &twin.Pod{Labels: labels, Marks: marks}}
	}
	code := []CodeOwner{{Repository: "github.com/a/b", Path: "CODEOWNERS", Rule: "* @a/core", Owner: "@a/core"}}
	for name, c := range map[string]struct {
		facts       OwnerFacts
		owner, kind string
	}{
		"service":          {OwnerFacts{Service: "front", Environment: "lab/1"}, "web", OwnedByService},
		"environment":      {OwnerFacts{Service: "cart", Environment: "lab/1"}, "lab", OwnedByRule},
		"product":          {OwnerFacts{Service: "cart", Environment: "prod", Code: code}, "retail", OwnedByProduct},
		"namespace":        {OwnerFacts{Service: "cart", Environment: "lab/1", Workloads: []twin.Workload{pod("payments", nil, nil)}}, "payments", OwnedByRule},
		"last_wins":        {OwnerFacts{Service: "cart", Workloads: []twin.Workload{pod("pay", map[string]string{"tier": "db-1"}, nil)}}, "data", OwnedByRule},
		"mark":             {OwnerFacts{Service: "cart", Workloads: []twin.Workload{pod("x", nil, map[string]string{"team": "a", "owner": "b"})}}, "b", OwnedByMark},
		"mark_of_label":    {OwnerFacts{Service: "other", Workloads: []twin.Workload{pod("x", map[string]string{"team": "a"}, nil)}}, "a", OwnedByMark},
		"managed_by_is_no": {OwnerFacts{Service: "other", Workloads: []twin.Workload{pod("x", nil, map[string]string{"app.kubernetes.io/managed-by": "Helm"})}}, "", ""},
		"code":             {OwnerFacts{Service: "other", Code: code}, "@a/core", OwnedByCode},
		"nobody_by_rule":   {OwnerFacts{Service: "orphan", Code: code}, "", OwnedByRule},
		"nobody":           {OwnerFacts{Service: "other"}, "", ""},
	} {
		owner, _, tried := s.OwnerOf(&c.facts)
		kind, won := "", 0
		for _, x := range tried {
			if x.Won {
				kind = x.Kind
				won++
			}
		}
		if owner != c.owner || kind != c.kind || won > 1 {
			t.Errorf("%s: %q by %q, want %q by %q", name, owner, kind, c.owner, c.kind)
		}
	}
}

// Without rules, marks and code the answer is that of the scope alone, as it
// always was.
func TestOwnerOfIsOwner(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"", "a", "b"})
		s := Scope{
			Products: []ScopeProduct{{Name: "p", Owner: name.Draw(t, "p"), Tier: 1}, {Name: "q", Owner: name.Draw(t, "q"), Tier: 2}},
			Services: []ScopeService{{Name: "s", Owner: name.Draw(t, "s"), Products: []string{"p", "q"}}},
		}
		want, _ := s.Owner("s")
		if got, _, _ := s.OwnerOf(&OwnerFacts{Service: "s"}); got != want {
			t.Fatalf("%q, want %q", got, want)
		}
	})
}

// A glob without the characters that only path.Match knows is one of path.Match,
// as long as no text has a slash.
func TestGlob(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`[ab?*]{0,8}`).Draw(t, "pattern")
		text := rapid.StringMatching(`[ab]{0,8}`).Draw(t, "text")
		want, err := path.Match(pattern, text)
		if err != nil {
			t.Skip(err)
		}
		if got := Glob(pattern, text); got != want {
			t.Fatalf("Glob(%q, %q) = %v", pattern, text, got)
		}
	})
	if !Glob("prod/*", "prod/eu/1") || Glob("prod", "prod/eu") {
		t.Error("a pattern fits the whole text, slashes too")
	}
	if diff := cmp.Diff("service a*, label team=x", OwnershipRule{Service: "a*", Label: "team=x", Owner: "o"}.String()); diff != "" {
		t.Error(diff)
	}
	if Glob(strings.Repeat("*a", 30)+"b", strings.Repeat("a", 5000)) {
		t.Error("it fits")
	}
}

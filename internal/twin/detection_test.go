package twin

import (
	"strings"
	"testing"
	"time"
)

func TestLocate(t *testing.T) {
	t.Parallel()
	prod, staging, other := Spot{1, "shop", "prod"}, Spot{2, "shop", "staging"}, Spot{3, "pay", "prod"}
	undeployed := Spot{4, "shop", NoEnvironment}
	image := Detection{Image: "shop:1", Names: []string{"shop"}}
	for name, c := range map[string]struct {
		scope string
		clues Clues
		want  Spot
		why   string
	}{
		"by digest":            {"prod", Clues{ByDigest: []Spot{prod, staging}}, prod, ""},
		"digest before tag":    {ScopeAnywhere, Clues{ByDigest: []Spot{prod}, ByTag: []Spot{prod, staging}}, prod, ""},
		"by name":              {"prod", Clues{ByName: []Spot{staging, prod, prod}}, prod, ""},
		"image narrowed":       {ScopeAnywhere, Clues{ByTag: []Spot{prod, other}, ByName: []Spot{other}}, other, ""},
		"two environments":     {ScopeAnywhere, Clues{ByName: []Spot{prod, staging}}, Spot{}, "it fits 2 places: shop in prod, shop in staging"},
		"two opinions":         {"prod", Clues{ByTag: []Spot{prod}, ByName: []Spot{other}}, Spot{}, "its image is that of shop in prod, its name that of pay in prod"},
		"elsewhere":            {"test", Clues{ByTag: []Spot{prod}}, Spot{}, "nothing that is known to be deployed in test has its image or its name"},
		"deployed nowhere":     {ScopeAnywhere, Clues{ByTag: []Spot{undeployed}}, Spot{}, "nothing that is known to be deployed has its image or its name"},
		"undeployed and there": {ScopeAnywhere, Clues{ByTag: []Spot{undeployed, staging}}, staging, ""},
	} {
		got, why := Sighted{Scope: c.scope, Detection: image}.Locate(c.clues)
		if got != c.want || why != c.why {
			t.Errorf("%s: %+v, %q", name, got, why)
		}
	}
	if _, why := (Sighted{}).Locate(Clues{}); !strings.Contains(why, "names no image") {
		t.Error(why)
	}
}

func TestDetectionKey(t *testing.T) {
	t.Parallel()
	at := time.Unix(100, 0)
	a := Detection{Tool: "falco", Rule: "r", Image: "shop:1", Host: "node-1", First: at, Last: at}
	b := a
	b.Host, b.First, b.Last = "node-2", at.Add(-time.Hour), at.Add(time.Hour)
	if a.Key() != b.Key() {
		t.Error("the same on another node is another detection")
	}
	a.Join(b)
	a.Join(b)
	if !a.First.Equal(b.First) || !a.Last.Equal(b.Last) {
		t.Errorf("%v to %v", a.First, a.Last)
	}
	if b.Rule = "other"; a.Key() == b.Key() {
		t.Error("two rules are one")
	}
	if (Detection{Host: "a"}).Key() == (Detection{Host: "b"}).Key() {
		t.Error("two hosts that run no container are one")
	}
}

package ctem

import (
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/twin"
)

// A door is closed only while a proof says so, never because a source does.
func TestReachable(t *testing.T) {
	t.Parallel()
	at := func(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }
	a := twin.Door{Address: "a", Public: true, Via: "Ingress/x/a", Closed: "a source says so"}
	b := twin.Door{Address: "b", Public: true}
	shut := []Closed{{From: at(3), To: at(5), Door: "a by Ingress/x/a", Why: "deny"}}
	all := append([]Closed{{From: at(4), Door: AnyDoor, Why: "deny"}}, Closed{From: at(4), Door: "b", Why: "deny"})
	for name, x := range map[string]struct {
		doors    []twin.Door
		closed   []Closed
		at       int
		complete bool
		want     Tri
	}{
		"no_policies":      {[]twin.Door{a}, nil, 3, true, Yes},
		"before":           {[]twin.Door{a}, shut, 2, true, Yes},
		"while":            {[]twin.Door{a}, shut, 3, true, No},
		"after":            {[]twin.Door{a}, shut, 5, true, Yes},
		"not_all_known":    {[]twin.Door{a}, shut, 3, false, Unknown},
		"another_is_open":  {[]twin.Door{a, b}, shut, 3, true, Yes},
		"sealed":           {[]twin.Door{b}, all, 4, false, No},
		"sealed_no_doors":  {nil, all, 4, false, No},
		"nothing_is_known": {nil, nil, 4, false, Unknown},
	} {
		doors, sealed := Shut(x.doors, x.closed, at(x.at))
		if got := Reachable(doors, x.complete, sealed != ""); got != x.want {
			t.Errorf("%s: %s, want %s", name, got, x.want)
		}
	}
	if a.Closed == "" {
		t.Error("the doors that were given were changed")
	}
}

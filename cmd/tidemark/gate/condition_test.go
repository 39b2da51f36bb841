package gate

import (
	"testing"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

func TestConditions(t *testing.T) {
	t.Parallel()
	act, schedule := ctem.Decision{Word: ctem.ActNow, Score: 800}, ctem.Decision{Word: ctem.Schedule, Score: 400}
	for _, x := range []struct {
		given string
		d     ctem.Decision
		kev   bool
		want  bool
	}{
		{"act", act, false, true},
		{"act", schedule, false, false},
		{"schedule", act, false, true},
		{" Schedule", schedule, false, true},
		{"kev", schedule, true, true},
		{"kev", act, false, false},
		{"score>=400", schedule, false, true},
		{"score>=401", schedule, true, false},
	} {
		list, err := ParseConditions([]string{x.given})
		if err != nil || len(list) != 1 {
			t.Fatalf("%q: %d conditions, %v", x.given, len(list), err)
		}
		if got := list[0].meets(x.d, x.kev); got != x.want {
			t.Errorf("%q meets %s, kev %t: %t", x.given, x.d.Word, x.kev, got)
		}
	}
	for _, bad := range []string{"", "now", "score>=-1", "score>=1001", "score>400", "act,"} {
		if _, err := ParseConditions([]string{bad}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestPlaceOf(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		given              []api.Workload
		running, reachable ctem.Tri
	}{
		"nothing":      {nil, ctem.Unknown, ctem.Unknown},
		"all_say_no":   {[]api.Workload{{Running: "no", Reachable: "no"}}, ctem.Unknown, ctem.No},
		"one_says_yes": {[]api.Workload{{Running: "yes", Reachable: "no"}, {Running: "unknown", Reachable: "yes"}}, ctem.Yes, ctem.Yes},
	} {
		if p := PlaceOf("s", "e", x.given); p.Running != x.running || p.Reachable != x.reachable {
			t.Errorf("%s: running %s, reachable %s", name, p.Running, p.Reachable)
		}
	}
}

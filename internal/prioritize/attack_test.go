package prioritize

import (
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

func TestAttackSeenHere(t *testing.T) {
	t.Parallel()
	w, now := theWorld(), today
	clear(w.signals)
	e := w.exposures[1]
	e.Place = 7
	w.exposures[1] = e
	drain(t, w.step(&now))
	calm, _ := w.last(1)
	saw := func(rule string, weaknesses ...string) twin.Sighted {
		at := today.Add(-time.Hour)
		return twin.Sighted{Source: "cluster-1", Scope: "prod", Detection: twin.Detection{Tool: "falco", Rule: rule, Weaknesses: weaknesses, First: at, Last: at}}
	}

	w.seen = map[int64][]twin.Sighted{7: {saw("Terminal shell in container")}}
	w.sensed = []int64{1}
	drain(t, w.step(&now))
	shell, _ := w.last(1)
	if shell.Attack != ctem.AttackWorkload || shell.Word != calm.Word || shell.Score != calm.Score || shell.NextChange.IsZero() {
		t.Errorf("what names no weakness decides nothing: %s %d, attack %q, until %v", shell.Word, shell.Score, shell.Attack, shell.NextChange)
	}

	w.seen[7] = append(w.seen[7], saw("Log4Shell (CVE-2021-44228)", "CVE-2021-44228"))
	w.sensed = append(w.sensed, 1)
	drain(t, w.step(&now))
	hit, _ := w.last(1)
	if hit.Attack != ctem.AttackWeakness || hit.Word != ctem.ActNow || hit.Gates.Exploitable != ctem.Yes || hit.Score <= calm.Score {
		t.Errorf("%s %d (before %d), attack %q, gates %+v", hit.Word, hit.Score, calm.Score, hit.Attack, hit.Gates)
	}
	if !strings.Contains(hit.Sentence, "attacked here") || !strings.Contains(hit.Inputs[0].Source, "falco of cluster-1") || hit.Inputs[0].Assumed {
		t.Errorf("%q, %+v", hit.Sentence, hit.Inputs[0])
	}
	if due := today.Add(-time.Hour).Add(twin.DetectionCounts); !hit.NextChange.Equal(due) {
		t.Errorf("counts until %v, not %v", hit.NextChange, due)
	}

	commits := w.commits
	if drain(t, w.step(&now)); w.commits != commits {
		t.Error("a quiet step committed")
	}
	now = hit.NextChange
	drain(t, w.step(&now))
	if after, _ := w.last(1); after.Attack != ctem.NoAttack || after.Word != calm.Word || after.Score != calm.Score {
		t.Errorf("after 30 days: %s %d, attack %q", after.Word, after.Score, after.Attack)
	}
}

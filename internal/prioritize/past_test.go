package prioritize

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
)

func (w *world) PastDecisions(_ context.Context, num int64, _ ctem.ListQuery) (page ctem.Page[ctem.DecisionChange], err error) {
	var before *ctem.Decision
	for i := range w.decisions {
		if d := &w.decisions[i]; d.Num == num {
			page.Items = append(page.Items, ctem.DecisionChange{Before: before, Decision: *d})
			before = d
		}
	}
	page.Total = len(page.Items)
	return page, nil
}

// TestAChangeSaysWhatItCameFrom: the sentence at first, then what is known that
// was not.
func TestAChangeSaysWhatItCameFrom(t *testing.T) {
	t.Parallel()
	w, now := theWorld(), today
	kev := w.signals["CVE-2021-44228"]
	delete(w.signals, "CVE-2021-44228")
	drain(t, w.step(&now))
	w.signals["CVE-2021-44228"] = kev
	w.advisories = append(w.advisories, advisory.Change{Seq: 1, Kind: advisory.FeedKEV, Name: "CVE-2021-44228"})
	drain(t, w.step(&now))
	page, err := Explainer{History: w}.Changes(t.Context(), ctem.Exposure{Num: w.decisions[0].Num}, ctem.AsOf{Now: now})
	if err != nil || len(page.Items) != 2 {
		t.Fatal(page, err)
	}
	if first := page.Items[0]; first.Because != first.Sentence || first.Sentence == "" {
		t.Errorf("at first: %q", first.Because)
	}
	if got := page.Items[1].Because; !strings.HasPrefix(got, "exploitable is yes, it was unknown (") {
		t.Errorf("then: %q", got)
	}
}

func TestBecause(t *testing.T) {
	t.Parallel()
	grounds := func(by, running, kev, rules string) ctem.Decision {
		return ctem.Decision{
			Word: ctem.ActNow, Computed: ctem.Watch, DecidedBy: by, Rules: rules, Sentence: "It runs.",
			Reasons: []ctem.GateReason{{Gate: "running", Value: ctem.Tri(running), Reason: "seen by a"}}, Inputs: []ctem.Input{{Name: "in KEV", Value: kev}},
		}
	}
	before := grounds("", "no", "no", "1")
	for want, after := range map[string]ctem.Decision{
		"running is yes, it was no (seen by a)": grounds("", "yes", "yes", "2"),
		"in KEV is yes, it was no":              grounds("", "no", "yes", "2"),
		"the rules changed from 1 to 2":         grounds("", "no", "no", "2"),
		"It runs.":                              grounds("", "no", "no", "1"),
		"decided by ann; the rules say: Watch":  grounds("ann", "no", "no", "1"),
	} {
		if diff := cmp.Diff(want, because(&ctem.DecisionChange{Before: &before, Decision: after})); diff != "" {
			t.Error(diff)
		}
	}
	ruled := grounds("ann", "no", "no", "1")
	if diff := cmp.Diff("what ann decided counts no more", because(&ctem.DecisionChange{Before: &ruled, Decision: before})); diff != "" {
		t.Error(diff)
	}
}

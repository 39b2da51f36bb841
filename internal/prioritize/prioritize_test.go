package prioritize

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

func TestFirstDecision(t *testing.T) {
	t.Parallel()
	w, now := theWorld(), today
	drain(t, w.step(&now))
	if len(w.decisions) != 1 {
		t.Fatalf("%d decisions", len(w.decisions))
	}
	d := w.decisions[0]
	want := "Act now: CVE-2021-44228 in log4j-core 2.14.1 runs in checkout (prod), reachable from the internet and known to be exploited; fix: 2.17.1 by 2026-11-25."
	if d.Sentence != want {
		t.Errorf("says %q", d.Sentence)
	}
	gates := ctem.Gates{Found: ctem.Yes, Running: ctem.Yes, Reachable: ctem.Yes, Exploitable: ctem.Yes, Matters: ctem.Unknown}
	if diff := cmp.Diff(gates, d.Gates); diff != "" {
		t.Error(diff)
	}
	if d.Word != ctem.ActNow || d.Lapsed != ctem.ActNow || !d.NextChange.IsZero() || d.Row == "" || d.Grade != "C" {
		t.Errorf("decided %+v", d)
	}
	// T .94358 (EPSS above the .70 of an old listing) · X .9 · U .7 · C .6 · A 1 · TI·B .2
	if d.Score != 810 {
		t.Errorf("score %d, factors %v", d.Score, d.Factors)
	}
}

func TestRerunChangesNothing(t *testing.T) {
	t.Parallel()
	w, now := theWorld(), today
	drain(t, w.step(&now))
	again := w.exposures[1]
	again.Revision, again.SeenAt = 2, today.Add(time.Hour)
	w.exposures[1] = again
	w.changed = append(w.changed, 1, 1)
	epss := *w.signals["CVE-2021-44228"].EPSS
	epss.Date = today.AddDate(0, 0, 1)
	s := w.signals["CVE-2021-44228"]
	s.EPSS = &epss
	w.signals["CVE-2021-44228"] = s
	now = now.Add(24 * time.Hour)
	drain(t, w.step(&now))
	if len(w.decisions) != 1 {
		t.Errorf("a decision that says the same was written again: %s", cmp.Diff(w.decisions[0], w.decisions[1]))
	}
	commits := w.commits
	if n := drain(t, w.step(&now)); n != 0 || w.commits != commits {
		t.Errorf("a quiet step committed")
	}
}

func TestSignalsDecideAgain(t *testing.T) {
	t.Parallel()
	w, now := theWorld(), today
	kev := w.signals["CVE-2021-44228"]
	delete(w.signals, "CVE-2021-44228")
	drain(t, w.step(&now))
	if got := w.decisions[0].Gates.Exploitable; got != ctem.Unknown {
		t.Errorf("exploitable is %s without signals", got)
	}
	w.signals["CVE-2021-44228"] = kev
	for i := range 3000 { // most of a feed is about what nobody here runs
		w.advisories = append(w.advisories, advisory.Change{Seq: int64(i + 1), Kind: advisory.FeedKEV, Name: fmt.Sprint("CVE-X-", i)})
	}
	w.advisories = append(w.advisories, advisory.Change{Seq: 3001, Kind: advisory.FeedKEV, Name: "CVE-2021-44228"})
	if rounds := drain(t, w.step(&now)); rounds != 1 {
		t.Errorf("%d rounds", rounds)
	}
	if len(w.decisions) != 2 || w.decisions[1].Gates.Exploitable != ctem.Yes || w.cursors[ctem.StreamAdvisory] != 3001 {
		t.Errorf("decisions %v", w.decisions)
	}
}

func TestTimeAloneDecidesAgain(t *testing.T) {
	t.Parallel()
	w, now := theWorld(), today
	kev := &advisory.KEV{CVE: "CVE-2021-44228", Added: today.AddDate(0, -11, 0)}
	w.signals["CVE-2021-44228"] = advisory.Signal{Name: "CVE-2021-44228", KEV: kev}
	drain(t, w.step(&now))
	due := w.decisions[0].NextChange
	if want := kev.Added.Add(365*24*time.Hour + time.Microsecond); !due.Equal(want) {
		t.Fatalf("changes at %v, want %v", due, want)
	}
	now = due
	drain(t, w.step(&now))
	if len(w.decisions) != 2 || !w.decisions[1].NextChange.IsZero() || w.decisions[1].Score >= w.decisions[0].Score {
		t.Errorf("decisions %+v", w.decisions)
	}
}

func TestDecideByState(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*ctem.Exposure)
		word   ctem.Word
		lapsed ctem.Word
		says   string
		bar    string
	}{
		"fixed": {func(e *ctem.Exposure) {
			e.State, e.StateReason = ctem.Fixed, "replaced by 2.17.1"
		}, ctem.NoAction, ctem.NoAction, "No action: CVE-2021-44228 in log4j-core 2.14.1 is fixed in checkout (prod): replaced by 2.17.1.", "closed"},
		"stopped": {func(e *ctem.Exposure) {
			e.Running = ctem.No
		}, ctem.NoAction, ctem.ActNow, "is in checkout (prod) but does not run", "not running"},
		"declared": {func(e *ctem.Exposure) {
			e.Running, e.Reachable = ctem.Unknown, ctem.Unknown
		}, ctem.ActNow, ctem.ActNow, "may run in checkout (prod), perhaps reachable from the internet and known to be exploited", "validation"},
		"nowhere": {func(e *ctem.Exposure) {
			e.Environment, e.Service, e.Running, e.Reachable = twin.NoEnvironment, "shop/checkout", ctem.No, ctem.Unknown
		}, ctem.NoAction, ctem.ActNow, "is in the image shop/checkout, which is deployed nowhere", "not running"},
		"internal": {func(e *ctem.Exposure) {
			e.Reachable, e.Fix = ctem.No, ""
		}, ctem.ActNow, ctem.ActNow, "not reachable from outside but known to be exploited; no fix is known, act by 2026-11-25.", "validation"},
		"no-sbom": {func(e *ctem.Exposure) {
			e.State, e.StateReason, e.Running = ctem.StateUnknown, "no SBOM for shop/checkout:2", ctem.Unknown
		}, ctem.ActNow, ctem.ActNow, "may run in checkout (prod)", "validation"},
		"malicious": {func(e *ctem.Exposure) {
			e.Weakness = ctem.Weakness{Key: "MAL-2024-1", Canonical: "MAL-2024-1", Kind: ctem.Malicious}
			e.Reachable, e.Fix, e.Advisories = ctem.No, "", []string{"MAL-2024-1"}
		}, ctem.ActNow, ctem.ActNow, "Act now: malicious package log4j-core 2.14.1 (MAL-2024-1) runs in checkout (prod), not reachable from outside but an attack in itself; remove it.", "validation"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := theWorld()
			e := w.exposures[1]
			c.change(&e)
			d := Decide(newCase(e, w.signals, w.severities).at(today))
			if d.Word != c.word || d.Lapsed != c.lapsed || !strings.Contains(d.Sentence, c.says) {
				t.Errorf("%s (lapsed %s): %s", d.Word, d.Lapsed, d.Sentence)
			}
			if last := d.Factors[len(d.Factors)-1].Name; last != c.bar {
				t.Errorf("last bar is %s, want %s", last, c.bar)
			}
			if d.Word == ctem.NoAction && (d.Score != 0 || !d.Deadline.IsZero()) {
				t.Errorf("score %d, deadline %v", d.Score, d.Deadline)
			}
		})
	}
}

func (c Case) at(now time.Time) Case {
	c.Now, c.HaveKEV, c.Watched = now, true, true
	return c
}

func TestJunkVectorIsShown(t *testing.T) {
	t.Parallel()
	w := theWorld()
	w.severities["GHSA-jfh8"] = []advisory.Severity{{Type: "CVSS_V3", Score: "CVSS:3.1/rubbish"}}
	d := Decide(newCase(w.exposures[1], w.signals, w.severities).at(today))
	if got := d.Factors[5].Evidence; !strings.Contains(got, "rubbish") || !d.Factors[5].Assumed {
		t.Errorf("evidence %q", got)
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	w, now := theWorld(), today
	stopped := w.exposures[1]
	stopped.Running = ctem.No
	w.exposures[1] = stopped
	drain(t, w.step(&now))
	x := Explainer{History: w}
	fresh, err := x.Explain(context.Background(), stopped, ctem.AsOf{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if fresh.Decision.Score != 0 || fresh.Decision.Word != ctem.NoAction || fresh.Question == "" {
		t.Errorf("explained %+v", fresh)
	}
	stopped.Freshness, stopped.SeenAt = twin.Lapsed, today.Add(-100*time.Hour)
	aged, err := x.Explain(context.Background(), stopped, ctem.AsOf{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	d := aged.Decision
	if d.Word != ctem.ActNow || d.Gates.Running != ctem.Unknown || d.Score == 0 || d.Score != d.LapsedScore || !strings.Contains(d.Sentence, "may run") {
		t.Errorf("when its evidence is too old: %s, running %s, score %d, %s", d.Word, d.Gates.Running, d.Score, d.Sentence)
	}
	if d.Reasons[1].At != stopped.SeenAt || !strings.Contains(d.Reasons[1].Reason, "too old") {
		t.Errorf("running because %+v", d.Reasons[1])
	}
	if w.decisions[0].Gates.Running != ctem.No || w.decisions[0].Factors[3].Value != 0 {
		t.Errorf("the stored decision was changed: %+v", w.decisions[0])
	}
}

func TestExplainBeforeAnyDecision(t *testing.T) {
	t.Parallel()
	_, err := Explainer{History: newWorld()}.Explain(context.Background(), log4shell(), ctem.AsOf{Now: today})
	if fault.KindOf(err) != fault.NotFound {
		t.Errorf("%v", err)
	}
}

// Whatever the facts are: the points add up, the gates are answered, and
// explaining gives the decision back.
func TestDecideLaws(t *testing.T) {
	t.Parallel()
	tri := rapid.SampledFrom([]ctem.Tri{ctem.Yes, ctem.No, ctem.Unknown})
	rapid.Check(t, func(rt *rapid.T) {
		w := theWorld()
		e := w.exposures[1]
		e.Running, e.Reachable = tri.Draw(rt, "running"), tri.Draw(rt, "reachable")
		e.State = rapid.SampledFrom([]ctem.State{ctem.Open, ctem.Fixed, ctem.Retired, ctem.Withdrawn, ctem.StateUnknown}).Draw(rt, "state")
		e.Weakness.Kind = rapid.SampledFrom([]ctem.WeaknessKind{ctem.Vulnerability, ctem.Malicious}).Draw(rt, "kind")
		e.Freshness = rapid.SampledFrom([]twin.Freshness{twin.Fresh, twin.Stale, twin.Lapsed}).Draw(rt, "freshness")
		if rapid.Bool().Draw(rt, "no signals") {
			clear(w.signals)
		}
		if rapid.Bool().Draw(rt, "no vector") {
			clear(w.severities)
		}
		d := Decide(newCase(e, w.signals, w.severities).at(today))
		sum := 0
		for _, f := range d.Factors {
			sum += f.Points
		}
		if sum != d.Score {
			rt.Fatalf("points %d, score %d", sum, d.Score)
		}
		if d.Word == ctem.NoAction && d.Score != 0 || d.Word.Urgency() > d.Lapsed.Urgency() {
			rt.Fatalf("%s with score %d, lapsed %s", d.Word, d.Score, d.Lapsed)
		}
		w.decisions = []ctem.Decision{d}
		x, err := Explainer{History: w}.Explain(context.Background(), e, ctem.AsOf{Now: today})
		if err != nil {
			rt.Fatal(err)
		}
		if e.Freshness == twin.Fresh && !same(x.Decision, d) {
			rt.Fatal(cmp.Diff(d, x.Decision))
		}
	})
}

func TestSpoken(t *testing.T) {
	t.Parallel()
	for locus, want := range map[string]string{
		"pkg:maven/org.apache.logging.log4j/log4j-core": "log4j-core",
		"pkg:npm/%40angular/core":                       "@angular/core",
		"pkg:golang/golang.org/x/net":                   "golang.org/x/net",
		"pkg:deb/debian/openssl":                        "openssl",
		"pkg:pypi/django":                               "django",
		"openssl":                                       "openssl",
	} {
		if got := spoken(locus); got != want {
			t.Errorf("%s: %s", locus, got)
		}
	}
}

// A first catalogue decides again what was decided without one.
func TestFirstCatalogueDecidesAgain(t *testing.T) {
	t.Parallel()
	w, now := theWorld(), today
	w.feeds = nil
	clear(w.signals)
	drain(t, w.step(&now))
	if in := w.decisions[0].Inputs[0]; in.Value != "no" || !in.Assumed {
		t.Errorf("without a catalogue: %+v", in)
	}
	w.feeds = []advisory.Feed{{Kind: advisory.FeedKEV}}
	drain(t, w.step(&now))
	if len(w.decisions) != 2 || w.decisions[1].Inputs[0].Assumed {
		t.Errorf("with a catalogue that does not list it: %+v", w.decisions)
	}
	w.changed = append(w.changed, 1)
	drain(t, w.step(&now))
	if len(w.decisions) != 2 || w.cursors[shadow(Case{HaveKEV: true, Watched: true})] != w.cursors[ctem.StreamExposure] {
		t.Errorf("%d decisions, cursors %v", len(w.decisions), w.cursors)
	}
}

func TestFirstRunTimeSourceDecidesAgain(t *testing.T) {
	t.Parallel()
	w, now := theWorld(), today
	e := w.exposures[1]
	e.Environment, e.Service, e.Running = twin.NoEnvironment, "shop/checkout", ctem.No
	w.exposures[1] = e
	w.sources = []twin.Coverage{{Source: "git", Class: twin.Declared}}
	drain(t, w.step(&now))
	if d := w.decisions[0]; d.Word != ctem.ActNow || d.Gates.Running != ctem.Unknown || d.Deadline.IsZero() {
		t.Errorf("while nobody looks at what runs: %s, running %s, due %v", d.Word, d.Gates.Running, d.Deadline)
	}
	w.sources = append(w.sources, twin.Coverage{Source: "cluster", Class: twin.Observed})
	drain(t, w.step(&now))
	if len(w.decisions) != 2 || w.decisions[1].Word != ctem.NoAction || w.decisions[1].Lapsed != ctem.ActNow {
		t.Errorf("once somebody looks: %+v", w.decisions)
	}
}

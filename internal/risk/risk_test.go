package risk

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// worked is one of the published values with its full input vector: T, X, U,
// C, A, M, TI, B, K.
type worked struct {
	name                       string
	t, x, u, c, a, m, ti, b, k float64
	proof                      Proof
	want                       int
}

func workedValues() []worked {
	return []worked{
		// The table's T of a current KEV listing is .95; the published 990 and what
		// is derived from it needs an EPSS of .97.
		{"kev-by-the-table", .95, .9, 1, 1, 1, 1, 1, 1, 0, Unproven, 989},
		{"kev-internet-loaded-tier5", .97, .9, 1, 1, 1, 1, 1, 1, 0, Unproven, 990},
		{"same-virtual-patch", .97, .9, 1, 1, 1, .1, 1, 1, 0, Unproven, 824},
		{"same-internal", .97, .05, 1, 1, 1, 1, 1, 1, 0, Unproven, 782},
		{"same-never-loaded", .97, .9, .05, 1, 1, 1, 1, 1, 0, Unproven, 774},
		{"same-not-deployed", .97, .9, 0, 1, 1, 1, 1, 1, 0, Unproven, 0},
		{"weaponised-tier4-partial", .30, .9, 1, 1, 1, 1, .4, .5, 0, Unproven, 789},
		{"epss.002-open-unknown-reach-tier5", .002, .9, .7, .6, 1, 1, 1, 1, 0, Unproven, 482},
		{"epss.002-internal-tier3", .002, .05, 1, 1, 1, 1, 1, .2, 0, Unproven, 220},
		{"epss.3-edge-tier2", .3, .9, 1, 1, 1, 1, 1, .08, 0, Unproven, 723},
		{"epss.3-edge-tier2-cascade.6", .3, .9, 1, 1, 1, 1, 1, .08, .6, Unproven, 872},
		{"epss.01-validated-tier5", .01, .9, .7, .6, 1, 1, 1, 1, 0, Exploitable, 902},
	}
}

func (w worked) inputs() Inputs {
	known := func(v float64) Estimate { return Known(v, "given", "test", time.Time{}) }
	in := Inputs{
		Threat: known(w.t), Exposure: known(w.x), RunTime: known(w.u), Code: known(w.c), Preconditions: known(w.a),
		Controls: known(w.m), Impact: Impact(known(w.ti), known(w.b)), Cascade: known(w.k),
	}
	in.Validation = Validated(in, w.proof)
	return in
}

func TestWorkedValues(t *testing.T) {
	t.Parallel()
	for _, w := range workedValues() {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			got := Score(w.inputs())
			if got.Score != w.want {
				t.Errorf("score %d, want %d", got.Score, w.want)
			}
			if sum := pointsOf(got.Factors); sum != got.Score {
				t.Errorf("points add up to %d, score is %d", sum, got.Score)
			}
			if got.Low != got.Score || got.High != got.Score || got.Grade != "A" {
				t.Errorf("known inputs give interval %d..%d and grade %s", got.Low, got.High, got.Grade)
			}
		})
	}
}

func pointsOf(factors []ctem.Factor) int {
	sum := 0
	for _, f := range factors {
		sum += f.Points
	}
	return sum
}

func names(factors []ctem.Factor) []string {
	var out []string
	for _, f := range factors {
		out = append(out, f.Name)
	}
	return out
}

func TestWaterfallOrder(t *testing.T) {
	t.Parallel()
	base := []string{"start", "threat", "exposure", "run time", "code", "preconditions", "controls", "impact", "cascade", "validation"}
	in := workedValues()[1].inputs()
	stopped, tiny, closed := in, in, in
	stopped.RunTime = RunTime(RunTimeFacts{Running: ctem.No, Words: "scaled to 0"})
	tiny.Threat = Known(0.0005, "", "", time.Time{})
	tiny.Impact = Known(0.001, "", "", time.Time{})
	closed.Closed = "fixed"
	for name, c := range map[string]struct {
		in   Inputs
		last []string
	}{
		"open":        {in, nil},
		"not-running": {stopped, []string{"not running"}},
		"closed":      {closed, []string{"closed"}},
		"floor":       {tiny, []string{"floor"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Score(c.in)
			if diff := cmp.Diff(append(append([]string{}, base...), c.last...), names(got.Factors)); diff != "" {
				t.Error(diff)
			}
			if got.Factors[0].Points != 1000 || pointsOf(got.Factors) != got.Score {
				t.Errorf("start %d, sum %d, score %d", got.Factors[0].Points, pointsOf(got.Factors), got.Score)
			}
			if c.last != nil && (got.Score != 0 || got.Low != 0) {
				t.Errorf("score %d from %d", got.Score, got.Low)
			}
		})
	}
}

// nothingKnown are the factors of an exposure about which only the workload is known.
func nothingKnown(now time.Time) Inputs {
	in := Inputs{
		Threat: Threat(ThreatFacts{Now: now}), Exposure: Exposure(ExposureFacts{Reachable: ctem.Unknown}),
		RunTime: RunTime(RunTimeFacts{Running: ctem.Unknown, Words: "declared only"}),
		Code:    Code(ctem.Unknown, ""), Preconditions: Preconditions(nil), Controls: Controls(),
		Impact: Impact(Technical(nil), Business(0)), Cascade: Cascade(),
	}
	in.Validation = Validated(in, Unproven)
	return in
}

func TestDefaultsSaySo(t *testing.T) {
	t.Parallel()
	got := Score(nothingKnown(time.Now()))
	type row struct {
		Name             string
		Low, Value, High float64
	}
	var rows []row
	for _, f := range got.Factors[1:9] {
		if !f.Assumed {
			t.Errorf("%s does not say that it is assumed", f.Name)
		}
		rows = append(rows, row{f.Name, f.Low, f.Value, f.High})
	}
	want := []row{
		{"threat", .0005, .01, .05},
		{"exposure", .005, .15, .9},
		{"run time", .05, .7, 1},
		{"code", .05, .6, 1},
		{"preconditions", .1, 1, 1},
		{"controls", 1, 1, 1},
		{"impact", rows[6].Low, .2, 1},
		{"cascade", 0, 0, 0},
	}
	if diff := cmp.Diff(want, rows, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Error(diff)
	}
	if got.Grade != "D" || got.Low >= got.Score || got.High <= got.Score {
		t.Errorf("grade %s, %d..%d..%d", got.Grade, got.Low, got.Score, got.High)
	}
}

func anyEstimate(rt *rapid.T, label string) Estimate {
	vs := []float64{rapid.Float64Range(0, 1).Draw(rt, label), rapid.Float64Range(0, 1).Draw(rt, label), rapid.Float64Range(0, 1).Draw(rt, label)}
	low, high := math.Min(vs[0], math.Min(vs[1], vs[2])), math.Max(vs[0], math.Max(vs[1], vs[2]))
	return Estimate{Low: low, Mode: vs[0], High: high, Assumed: rapid.Bool().Draw(rt, label)}
}

func anyInputs(rt *rapid.T) Inputs {
	in := Inputs{
		Threat: anyEstimate(rt, "T"), Exposure: anyEstimate(rt, "X"), RunTime: anyEstimate(rt, "U"), Code: anyEstimate(rt, "C"),
		Preconditions: anyEstimate(rt, "A"), Controls: anyEstimate(rt, "M"), Impact: anyEstimate(rt, "L"), Cascade: anyEstimate(rt, "K"),
	}
	in.Validation = Validated(in, rapid.SampledFrom([]Proof{Unproven, Blocked, Exploitable}).Draw(rt, "proof"))
	in.Closed = rapid.SampledFrom([]string{"", "", "", "fixed"}).Draw(rt, "closed")
	return in
}

func TestPointsAlwaysAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		in := anyInputs(rt)
		got := Score(in)
		if sum := pointsOf(got.Factors); sum != got.Score {
			rt.Fatalf("points add up to %d, score is %d", sum, got.Score)
		}
		if got.Score < 0 || got.Score > MaxScore || got.Low > got.Score || got.High < got.Score {
			rt.Fatalf("score %d in %d..%d", got.Score, got.Low, got.High)
		}
		if want := int(math.Round(Points(got.Risk))); math.Abs(float64(want-got.Score)) > 1 {
			rt.Fatalf("score %d, but r %g gives %d", got.Score, got.Risk, want)
		}
		back, err := FromFactors(got.Factors)
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(got, Score(back)); diff != "" {
			rt.Fatalf("read back from its waterfall: %s", diff)
		}
	})
}

func TestFromFactorsNeedsAll(t *testing.T) {
	t.Parallel()
	factors := Score(nothingKnown(time.Now())).Factors
	if _, err := FromFactors(factors[:5]); err == nil {
		t.Error("half a waterfall was accepted")
	}
}

func TestWidest(t *testing.T) {
	t.Parallel()
	name, points := Widest(nothingKnown(time.Now()))
	if name != "exposure" || points != 375 {
		t.Errorf("widest is %s by %d", name, points)
	}
}

func TestThreat(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 8, 10, 0, 0, 0, 0, time.UTC)
	kev := func(days int) *advisory.KEV { return &advisory.KEV{CVE: "CVE-1", Added: now.AddDate(0, 0, -days)} }
	epss := func(v float64) *advisory.EPSS { return &advisory.EPSS{CVE: "CVE-1", Score: v, Date: now} }
	signal := func(k *advisory.KEV, e *advisory.EPSS) []advisory.Signal {
		return []advisory.Signal{{Name: "CVE-1", KEV: k, EPSS: e}}
	}
	for name, c := range map[string]struct {
		facts   ThreatFacts
		want    float64
		assumed bool
	}{
		"nothing":         {ThreatFacts{}, .01, true},
		"names-only":      {ThreatFacts{Signals: signal(nil, nil)}, .01, true},
		"epss":            {ThreatFacts{Signals: signal(nil, epss(.3))}, .3, false},
		"epss-floor":      {ThreatFacts{Signals: signal(nil, epss(.0001))}, .0005, false},
		"kev-a-year":      {ThreatFacts{Signals: signal(kev(365), epss(.3))}, .95, false},
		"kev-older":       {ThreatFacts{Signals: signal(kev(366), epss(.3))}, .70, false},
		"kev-older-epss":  {ThreatFacts{Signals: signal(kev(366), epss(.9))}, .9, false},
		"kev-below-epss":  {ThreatFacts{Signals: signal(kev(1), epss(.97))}, .97, false},
		"second-name":     {ThreatFacts{Signals: append(signal(nil, epss(.2)), signal(kev(1), nil)...)}, .95, false},
		"malicious":       {ThreatFacts{Malicious: true}, 1, false},
		"attacked":        {ThreatFacts{Seen: &twin.Sighted{}, Signals: signal(kev(1), nil)}, 1, false},
		"weaponised":      {ThreatFacts{Weaponised: true, PoC: true}, .3, false},
		"poc":             {ThreatFacts{PoC: true, Signals: signal(nil, epss(.001))}, .05, false},
		"half-of-lev":     {ThreatFacts{LEV: .8}, .4, false},
		"poc-beaten-by-e": {ThreatFacts{PoC: true, Signals: signal(nil, epss(.06))}, .06, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.facts.Now = now
			if got := Threat(c.facts); got.Mode != c.want || got.Assumed != c.assumed {
				t.Errorf("T is %v (assumed %v), want %v (%v)", got.Mode, got.Assumed, c.want, c.assumed)
			}
		})
	}
}

func TestExposure(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		facts   ExposureFacts
		want    float64
		assumed bool
	}{
		"automatable": {ExposureFacts{Reachable: ctem.Yes, Automatable: true}, .9, false},
		"open":        {ExposureFacts{Reachable: ctem.Yes}, .5, false},
		"guessed":     {ExposureFacts{Reachable: ctem.Yes, Guessed: true}, .5, true},
		"internal":    {ExposureFacts{Reachable: ctem.No, Automatable: true}, .05, false},
		"unknown":     {ExposureFacts{Reachable: ctem.Unknown}, .15, true},
		"zero":        {ExposureFacts{}, .15, true},
		"inside":      {ExposureFacts{Reachable: ctem.No, Inside: true}, .9, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Exposure(c.facts); got.Mode != c.want || got.Assumed != c.assumed {
				t.Errorf("X is %v (assumed %v), want %v (%v)", got.Mode, got.Assumed, c.want, c.assumed)
			}
		})
	}
}

func TestControlsAndCascade(t *testing.T) {
	t.Parallel()
	patch := Controls(Control{"virtual patch", .9, 1, 1}, Control{"policy", .5, .5, 1})
	if math.Abs(patch.Mode-.075) > 1e-12 || patch.Assumed {
		t.Errorf("M is %v", patch)
	}
	if k := Cascade(.5, .5); math.Abs(k.Mode-.75) > 1e-12 || k.Assumed {
		t.Errorf("K is %v", k)
	}
	if b := Business(4); b.Mode != .5 || b.Assumed {
		t.Errorf("B is %v", b)
	}
	blocked := nothingKnown(time.Now())
	if v := Validated(blocked, Blocked); v.Mode != .05 {
		t.Errorf("blocked is %v", v)
	}
}

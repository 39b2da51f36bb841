package risk

import (
	"fmt"
	"math"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// Estimate is one factor: the value used, its 10th and 90th percentile, and
// where it comes from. Assumed says that there is no evidence for it.
type Estimate struct {
	Low, Mode, High float64
	Evidence        string
	Source          string
	At              time.Time // of the evidence; zero when it has no date
	Assumed         bool
}

// Known is a value that its evidence gives exactly.
func Known(v float64, evidence, source string, at time.Time) Estimate {
	return Estimate{Low: v, Mode: v, High: v, Evidence: evidence, Source: source, At: at}
}

func assumed(low, mode, high float64, evidence string) Estimate {
	return Estimate{Low: low, Mode: mode, High: high, Evidence: evidence, Assumed: true}
}

// Values of T that no feed gives.
const (
	threatAttacked   = 1.0
	threatKEV        = 0.95
	threatOldKEV     = 0.70
	threatWeaponised = 0.30
	threatPoC        = 0.05
	threatNoData     = 0.01
	threatFloor      = 0.0005
	// A mark that three of four have can raise what is expected by a third at most.
	threatMentioned = threatNoData / 0.75
	// That CISA states exploitation counts as a listing without a date.
	threatActive = threatOldKEV
)

// KEVRecent is for how long a listing counts as current exploitation.
const KEVRecent = 365 * 24 * time.Hour

// ThreatFacts is what is known about the exploitation of a weakness.
type ThreatFacts struct {
	Signals    []advisory.Signal // under all its names
	Malicious  bool              // the package itself is the attack
	Weaponised bool
	PoC        bool
	LEV        float64       // probability of exploitation in the past; 0 when not computed
	Seen       *twin.Sighted // an attack on it was seen here; nil: none that counts
	Now        time.Time
}

// Threat is T: the greatest of what the signals say.
func Threat(f ThreatFacts) Estimate {
	var found []Estimate
	add := func(on bool, e Estimate) {
		if on {
			found = append(found, e)
		}
	}
	add(f.Malicious, Known(threatAttacked, "the package itself is an attack", "osv", time.Time{}))
	if s := f.Seen; s != nil {
		add(true, Known(threatAttacked, "an attack on it was seen here: "+s.Words(), s.Source, s.Detection.Last))
	}
	add(f.Weaponised, Known(threatWeaponised, "a weaponised exploit is public", "exploits", time.Time{}))
	add(f.PoC, Known(threatPoC, "a proof of concept is public", "exploits", time.Time{}))
	add(f.LEV > 0, Known(f.LEV/2, "likely exploited before (LEV)", "epss", time.Time{}))
	for _, s := range f.Signals {
		found = append(found, signalThreats(s, f.Now)...)
	}
	public := advisory.Public(f.Signals)
	found = append(found, publicThreats(public)...)
	if p := advisory.Attacked(f.Signals); p != nil {
		found = append(found, Known(threatActive, "CISA states that "+p.CVE+" is being exploited", "ssvc", p.Date))
	}
	switch {
	case len(found) == 0 && public != nil:
		return assumed(threatFloor, threatMentioned, threatPoC, public.Words()+", as most weaknesses have")
	case len(found) == 0:
		return assumed(threatFloor, threatNoData, threatPoC, "no exploitation data")
	}
	best := found[0]
	for _, e := range found[1:] {
		if e.Mode > best.Mode {
			best = e
		}
	}
	if best.Mode < threatFloor {
		best.Low, best.Mode, best.High = threatFloor, threatFloor, threatFloor
		best.Evidence += ", held at the floor"
	}
	return best
}

// publicThreats reads the strongest public exploit. A mention counts only where
// nothing else is known: a probability has seen it.
func publicThreats(x *advisory.Exploit) []Estimate {
	if x == nil || x.Weight < advisory.Proven {
		return nil
	}
	v := threatPoC
	if x.Weight == advisory.Weaponised {
		v = threatWeaponised
	}
	return []Estimate{Known(v, x.Words(), string(x.Source), x.Date)}
}

// signalThreats reads one signal. A score is stated to six digits, as its feed
// does, so that the same score on another day is the same evidence.
func signalThreats(s advisory.Signal, now time.Time) []Estimate {
	var found []Estimate
	if s.KEV != nil {
		v, words := threatKEV, s.Name+" is known to be exploited"
		if now.Sub(s.KEV.Added) > KEVRecent {
			v, words = threatOldKEV, words+", listed more than a year ago"
		}
		if s.KEV.Ransomware {
			words += ", also by ransomware"
		}
		found = append(found, Known(v, words, "kev", s.KEV.Added))
	}
	if s.EPSS != nil {
		words := fmt.Sprintf("EPSS of %s is %.6g", s.Name, s.EPSS.Score)
		if at := s.EPSS.BeforeDate; !at.IsZero() {
			words += fmt.Sprintf(", before its last jump %.6g (%s)", s.EPSS.Before, at.Format(time.DateOnly))
		}
		found = append(found, Known(s.EPSS.Score, words, "epss", s.EPSS.Date))
	}
	return found
}

// ExposureFacts is what is known about the ways to a workload.
type ExposureFacts struct {
	Reachable   ctem.Tri
	Automatable bool
	Guessed     bool   // Automatable is only assumed
	Inside      bool   // malicious code: it needs no door
	Door        string // the public door, when Reachable is yes
	Source      string
	At          time.Time
}

// Exposure is X.
func Exposure(f ExposureFacts) Estimate {
	switch {
	case f.Inside:
		return Known(0.9, "malicious code inside needs no way in", "osv", time.Time{})
	case f.Reachable == ctem.No:
		return Known(0.05, "all its doors are known and none is public", f.Source, f.At)
	case f.Reachable != ctem.Yes:
		return assumed(0.005, 0.15, 0.9, "not known whether it can be reached")
	}
	e := Known(0.5, "public door "+f.Door+"; an attack cannot be automated", f.Source, f.At)
	if f.Automatable {
		e = Known(0.9, "public door "+f.Door+"; an attack can be automated", f.Source, f.At)
	}
	if f.Guessed {
		e.Low, e.High, e.Assumed = 0.5, 0.9, true
		e.Evidence += " (assumed)"
	}
	return e
}

// RunTimeFacts is what is known about the weak code's life at run time.
type RunTimeFacts struct {
	Running ctem.Tri
	Loaded  ctem.Tri // seen loaded into a process; No only after a watch window
	Source  string
	At      time.Time
	Words   string // why Running is what it is
}

// RunTime is U. That a workload runs does not say that the weak part is loaded.
func RunTime(f RunTimeFacts) Estimate {
	switch {
	case f.Running == ctem.No:
		return Known(0, f.Words, f.Source, f.At)
	case f.Loaded == ctem.Yes:
		return Known(1, "loaded", f.Source, f.At)
	case f.Loaded == ctem.No:
		return Known(0.05, "never seen loaded", f.Source, f.At)
	}
	e := assumed(0.05, 0.7, 1, f.Words+"; not known whether it is loaded")
	e.Source, e.At = f.Source, f.At
	return e
}

// Code is C: whether the weak code can be reached from the program's own.
func Code(reached ctem.Tri, source string) Estimate {
	switch reached {
	case ctem.Yes:
		return Known(1, "the weak code is reached", source, time.Time{})
	case ctem.No:
		return Known(0.05, "the weak code cannot be reached from the program", source, time.Time{})
	case ctem.Unknown:
	}
	return assumed(0.05, 0.6, 1, "not known whether the weak code is called")
}

// preconditionsFloor is the least that A can be.
const preconditionsFloor = 0.1

// Preconditions is A: what an attacker needs besides a way in. A nil vector is
// no evidence.
func Preconditions(v *advisory.Vector) Estimate {
	if v == nil {
		return assumed(preconditionsFloor, 1, 1, "no CVSS vector")
	}
	privileges := map[string]float64{"N": 1, "L": 0.5, "H": 0.2}[v.Privileges]
	// Version 3 does not tell passive (.7) from active (.5) interaction.
	low, high := 1.0, 1.0
	switch v.Interaction {
	case "P", "M":
		low, high = 0.7, 0.7
	case "R":
		low, high = 0.5, 0.7
	case "A":
		low, high = 0.5, 0.5
	}
	if v.Hard {
		privileges *= 0.4
	}
	floor := func(x float64) float64 { return math.Max(preconditionsFloor, x) }
	return Estimate{
		Low: floor(privileges * low), Mode: floor(privileges * low), High: floor(privileges * high),
		Evidence: v.Text, Source: "cvss of " + v.Name,
	}
}

// Control is a measure that stands in an attack's way.
type Control struct {
	Name                            string
	Efficacy, Coverage, Reliability float64
}

// Controls is M: what is left of the risk behind all controls.
func Controls(controls ...Control) Estimate {
	if len(controls) == 0 {
		return assumed(1, 1, 1, "no control is known")
	}
	left, words := 1.0, "behind"
	for _, c := range controls {
		left *= 1 - c.Efficacy*c.Coverage*c.Reliability
		words += " " + c.Name
	}
	return Known(left, words, "controls", time.Time{})
}

// Technical is TI: total, or partial loss of the component. A nil vector is no
// evidence.
func Technical(v *advisory.Vector) Estimate {
	if v == nil {
		return assumed(0.4, 1, 1, "technical impact not known")
	}
	if v.Total {
		return Known(1, "total technical impact (inferred)", "cvss of "+v.Name, time.Time{})
	}
	return Known(0.4, "partial technical impact (inferred)", "cvss of "+v.Name, time.Time{})
}

// TechnicalStated is TI as CISA states it.
func TechnicalStated(total bool, source string) Estimate {
	if total {
		return Known(1, "total technical impact", source, time.Time{})
	}
	return Known(0.4, "partial technical impact", source, time.Time{})
}

// Business is B by the criticality tier of the service, 5 the highest; any
// other number means that nobody has said.
func Business(tier int) Estimate {
	v, ok := map[int]float64{5: 1, 4: 0.5, 3: 0.2, 2: 0.08, 1: 0.03}[tier]
	if !ok {
		return assumed(0.03, 0.2, 1, "business value not scoped")
	}
	return Known(v, fmt.Sprintf("criticality tier %d", tier), "scope", time.Time{})
}

// Impact is L = TI·B. The percentiles of a product of independent factors are
// at the root of the summed squares of their distances, on the scale of logarithms.
func Impact(technical, business Estimate) Estimate {
	mode := technical.Mode * business.Mode
	down := math.Hypot(math.Log2(technical.Mode/technical.Low), math.Log2(business.Mode/business.Low))
	up := math.Hypot(math.Log2(technical.High/technical.Mode), math.Log2(business.High/business.Mode))
	return Estimate{
		Low: tidy(mode * math.Exp2(-down)), Mode: mode, High: tidy(math.Min(1, mode*math.Exp2(up))),
		Evidence: technical.Evidence + "; " + business.Evidence, Source: join(technical.Source, business.Source),
		Assumed: technical.Assumed || business.Assumed,
	}
}

// tidy drops the digits that only rounding made.
func tidy(x float64) float64 { return math.Round(x*1e12) / 1e12 }

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + ", " + b
}

// Cascade is K: the chance that the attack spreads to a crown jewel, weighted
// by its value; one product P·B for each jewel that can be reached.
func Cascade(jewels ...float64) Estimate {
	if len(jewels) == 0 {
		return assumed(0, 0, 0, "no crown jewel is scoped")
	}
	k := combine(jewels)
	return Known(k, fmt.Sprintf("paths to %d crown jewels", len(jewels)), "paths", time.Time{})
}

// Proof is what a validation found.
type Proof string

// What a validation can find.
const (
	Unproven    Proof = ""
	Exploitable Proof = "exploitable"
	Blocked     Proof = "blocked"
)

// Validated is the multiplier that a proof puts on the factors before it: a
// working exploit lifts T to at least .30 and U·C·A to at least .95; a blocked
// attack leaves a twentieth.
func Validated(in Inputs, p Proof) Estimate {
	switch p {
	case Blocked:
		return Known(0.05, "an attack was tried and blocked", "proof", time.Time{})
	case Exploitable:
		if in.RunTime.Mode == 0 {
			return Known(1, "an exploit exists, but nothing runs", "proof", time.Time{})
		}
		t := math.Max(in.Threat.Mode, nothing)
		uca := math.Max(in.RunTime.Mode*in.Code.Mode*in.Preconditions.Mode, nothing)
		lift := math.Max(t, threatWeaponised) / t * math.Max(uca, 0.95) / uca
		return Known(lift, "a working exploit exists", "proof", time.Time{})
	case Unproven:
	}
	return Known(1, "not validated", "", time.Time{})
}

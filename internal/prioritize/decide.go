package prioritize

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/policy"
	"github.com/tidemark/tidemark/internal/risk"
	"github.com/tidemark/tidemark/internal/twin"
)

// Rules is the version of everything that a decision follows from.
const Rules = risk.Rules + " " + policy.Rules

// Case is one exposure with all that is known about its weakness.
type Case struct {
	Exposure ctem.Exposure
	Signals  []advisory.Signal // those that say something, in the order of Names
	HaveKEV  bool              // a KEV catalogue was loaded
	Watched  bool              // some run-time source has ever reported
	Vector   *advisory.Vector  // nil: none is known
	Junk     []risk.Junk       // vectors that could not be read
	Scope    ctem.Scope
	Rulings  []ctem.Ruling  // about this exposure, in their order
	Seen     []twin.Sighted // at its place, and still counting; newest first
	Now      time.Time
}

// Decide is the decision for one exposure.
func Decide(c Case) ctem.Decision {
	e := &c.Exposure
	if !c.Watched && e.Environment == twin.NoEnvironment && e.Running == ctem.No {
		e.Running = ctem.Unknown // nobody looks at what runs, so nobody says that it does not
	}
	asked := policy.Case{
		Kind: e.Weakness.Kind, Closed: closed(e), Running: e.Running, Reachable: e.Reachable,
		Seen: c.attack(), Signals: c.Signals, HaveKEV: c.HaveKEV, Vector: c.Vector, FirstSeen: e.FirstSeen,
	}
	verdict := policy.Decide(asked)
	asked.Running = ctem.Unknown
	lapsed := policy.Decide(asked)
	in := c.inputs()
	score := risk.Score(in)
	d := ctem.Decision{
		Exposure: e.ID, Num: e.Num, Revision: e.Revision,
		Word: verdict.Word, Computed: verdict.Word, Lapsed: lapsed.Word, LapsedScore: risk.Score(aged(e, in)).Score,
		LapsedDeadline: lapsed.Deadline,
		Score:          score.Score, Band: score.Band, Low: score.Low, High: score.High, Grade: score.Grade,
		Deadline: verdict.Deadline, Table: policy.Table, Row: verdict.Row.String(), Inputs: verdict.Inputs,
		Reasons: c.gates(), Factors: score.Factors, Rules: Rules, Risk: score.Risk, NextChange: c.nextChange(),
	}
	d.Gates = gatesOf(d.Reasons)
	c.describe(&d)
	c.people(&d)
	d.Sentence = sentence(e, &d)
	return d
}

// closed says why nothing is left to decide; "" while the exposure is live.
func closed(e *ctem.Exposure) string {
	if e.State.Live() {
		return ""
	}
	if e.StateReason == "" {
		return string(e.State)
	}
	return string(e.State) + ": " + e.StateReason
}

// inputs gathers the factors of the score.
func (c *Case) inputs() risk.Inputs {
	e := &c.Exposure
	traits := policy.Stated(policy.Infer(c.Vector, policy.Listed(c.Signals) != nil || c.attack() != nil), c.Signals)
	technical := risk.Technical(c.Vector)
	if traits.ImpactStated {
		technical = risk.TechnicalStated(traits.Total, traits.ImpactSource)
	}
	door := publicDoor(e)
	in := risk.Inputs{
		Threat: risk.Threat(c.threat(c.Now)),
		Exposure: risk.Exposure(risk.ExposureFacts{
			Reachable: e.Reachable, Automatable: traits.Automatable, Guessed: traits.Assumed,
			Inside: e.Weakness.Kind == ctem.Malicious, Door: door, Source: sources(e), At: e.SeenAt,
		}),
		RunTime: risk.RunTime(risk.RunTimeFacts{
			Running: e.Running, Loaded: ctem.Unknown, Source: sources(e), At: e.SeenAt, Words: runningWords(e),
		}),
		Code: risk.Code(ctem.Unknown, ""), Preconditions: risk.Preconditions(c.Vector), Controls: risk.Controls(),
		Impact: risk.Impact(technical, risk.Business(c.Scope.Tier(e.Service))), Cascade: risk.Cascade(),
		Closed: closed(e),
	}
	if e.Weakness.Kind == ctem.Malicious && c.Vector == nil {
		in.Preconditions = risk.Known(1, "malicious code needs nothing more", "osv", time.Time{})
	}
	if n := len(c.Junk); n > 0 {
		in.Preconditions.Evidence += fmt.Sprintf(" (%d vectors could not be read, the first is %q of %s)", n, c.Junk[0].Score, c.Junk[0].Name)
	}
	in.Validation = risk.Validated(in, risk.Unproven)
	return in
}

func (c *Case) threat(at time.Time) risk.ThreatFacts {
	return risk.ThreatFacts{Seen: c.attack(), Signals: c.Signals, Malicious: c.Exposure.Weakness.Kind == ctem.Malicious, Now: at}
}

// attack is the newest detection that is about the exposure's weakness, or nil.
func (c *Case) attack() *twin.Sighted {
	names := Names(&c.Exposure)
	for i := range c.Seen {
		if c.Seen[i].Until().After(c.Now) && c.Seen[i].Names(names) {
			return &c.Seen[i]
		}
	}
	return nil
}

// attacked says whether an attack was seen, and on what.
func (c *Case) attacked() ctem.Attack {
	switch {
	case !c.Exposure.State.Live():
		return ctem.NoAttack
	case c.attack() != nil:
		return ctem.AttackWeakness
	case slices.ContainsFunc(c.Seen, func(s twin.Sighted) bool { return s.Until().After(c.Now) }):
		return ctem.AttackWorkload
	}
	return ctem.NoAttack
}

// nextChange is when a KEV listing turns a year old, if T will then differ, or
// when something that was seen here no longer counts.
func (c *Case) nextChange() time.Time {
	var next time.Time
	for _, s := range c.Seen {
		if s.Until().After(c.Now) {
			next = sooner(next, s.Until())
		}
	}
	for _, s := range c.Signals {
		if s.KEV == nil {
			continue
		}
		at := s.KEV.Added.Add(risk.KEVRecent + time.Microsecond)
		if !at.After(c.Now) || (!next.IsZero() && next.Before(at)) {
			continue
		}
		if risk.Threat(c.threat(at)) != risk.Threat(c.threat(c.Now)) {
			next = at
		}
	}
	return next
}

// gates answers the five questions with their reasons.
func (c *Case) gates() []ctem.GateReason {
	e := &c.Exposure
	exploit := policy.Exploitable(policy.Exploit{Seen: c.attack(), Kind: e.Weakness.Kind, Signals: c.Signals})
	if exploit.Value == ctem.Unknown && !c.HaveKEV {
		exploit.Reason = "no KEV catalogue is loaded, and no EPSS score is known"
	}
	return []ctem.GateReason{
		found(e),
		{Gate: "running", Value: known(e.Running), Source: sources(e), At: e.SeenAt, Reason: runningWords(e)},
		{Gate: "reachable", Value: known(e.Reachable), Source: sources(e), At: e.SeenAt, Reason: reachableWords(e)},
		exploit,
		policy.Matters(policy.Scope{
			Known: c.Scope.Known(e.Service), Tier: c.Scope.Tier(e.Service), Data: c.Scope.Data(e.Service),
		}),
	}
}

func found(e *ctem.Exposure) ctem.GateReason {
	r := ctem.GateReason{Gate: "found", Value: ctem.Yes, Source: strings.Join(e.Advisories, ", ")}
	switch {
	case !e.State.Live():
		r.Value, r.Reason = ctem.No, closed(e)
	case e.State == ctem.StateUnknown:
		r.Value, r.Reason = ctem.Unknown, e.StateReason
	default:
		r.Reason = "the bill of materials has " + component(e)
	}
	return r
}

func gatesOf(reasons []ctem.GateReason) ctem.Gates {
	var g ctem.Gates
	into := map[string]*ctem.Tri{
		"found": &g.Found, "running": &g.Running, "reachable": &g.Reachable, "exploitable": &g.Exploitable, "matters": &g.Matters,
	}
	for _, r := range reasons {
		*into[r.Gate] = r.Value
	}
	return g
}

// known keeps an answer that nobody gave from looking like one.
func known(t ctem.Tri) ctem.Tri {
	if t == ctem.Yes || t == ctem.No {
		return t
	}
	return ctem.Unknown
}

func runningWords(e *ctem.Exposure) string {
	deployedNowhere := e.Environment == twin.NoEnvironment
	switch {
	case e.Running == ctem.Yes:
		return "seen running by " + sources(e)
	case e.Running == ctem.No && deployedNowhere:
		return "deployed nowhere, and a run-time source is looking"
	case e.Running == ctem.No:
		return "not running: no replicas, and the source is looking"
	case e.State == ctem.StateUnknown && e.StateReason != "":
		return e.StateReason
	case deployedNowhere:
		return "deployed nowhere that we know of"
	case slices.ContainsFunc(e.Instances, func(i ctem.Instance) bool { return i.Class == twin.Observed && !i.Proven }):
		return "something of that name and tag runs, but its digest is not known"
	}
	return "declared, but no run-time source has seen it"
}

func reachableWords(e *ctem.Exposure) string {
	switch e.Reachable {
	case ctem.Yes:
		return "public door " + publicDoor(e)
	case ctem.No:
		if shut := closedDoors(e); shut != "" {
			return "policy-denied: " + shut
		}
		return "all its doors are known, and none is public"
	case ctem.Unknown:
	}
	if shut := closedDoors(e); shut != "" {
		return "policy-denied: " + shut + "; not known whether there are other doors"
	}
	return "not known whether a public door leads to it"
}

// closedDoors says of the doors that policies keep closed which these are, and by
// what: of a public one, or of any.
func closedDoors(e *ctem.Exposure) string {
	var parts []string
	for _, d := range e.Doors {
		if d.Closed != "" && (d.Public || d.Address == ctem.AnyDoor) {
			parts = append(parts, cmp.Or(d.Via, d.Address)+": "+d.Closed)
		}
	}
	if len(parts) > 1 {
		return fmt.Sprintf("%s, and %d more", parts[0], len(parts)-1)
	}
	return strings.Join(parts, "")
}

// publicDoor names the public door; the first in order of text.
func publicDoor(e *ctem.Exposure) string {
	var doors []string
	for _, d := range e.Doors {
		if d.Public && d.Closed == "" {
			doors = append(doors, cmp.Or(d.Via, d.Address))
		}
	}
	if len(doors) == 0 {
		return ""
	}
	return slices.Min(doors)
}

// sources are those that say that the affected artifacts are there.
func sources(e *ctem.Exposure) string {
	var names []string
	for _, i := range e.Instances {
		names = append(names, i.Source)
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// same reports whether two decisions say the same, whatever the age of what
// they rest on, by whichever rules and for whichever revision of the exposure
// they were made.
func same(a, b ctem.Decision) bool { return canonical(a) == canonical(b) }

// canonical is a decision as JSON without ages.
func canonical(d ctem.Decision) string {
	d.Revision, d.At, d.ValidFrom, d.Rules = 0, time.Time{}, time.Time{}, ""
	d.Reasons, d.Factors = slices.Clone(d.Reasons), slices.Clone(d.Factors)
	for i := range d.Reasons {
		d.Reasons[i].At = time.Time{}
	}
	for i := range d.Factors {
		d.Factors[i].At = time.Time{}
	}
	text, err := json.Marshal(d)
	if err != nil { // only a number that JSON has no form for: never the same as another
		return fmt.Sprintf("%p %v", &d, err)
	}
	return string(text)
}

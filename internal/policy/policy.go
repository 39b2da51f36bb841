// Package policy turns facts about an exposure into a decision word and a
// deadline.
//
// The model. A table (CISA BOD 26-04) has a row for each answer to four
// questions: known to be exploited, publicly exposed, automatable, technical
// impact. What nobody knows is answered on the safe side, and the answer says
// that it is assumed. The rule for the word, in this order: malicious and not
// known to be stopped is Act now; closed, not running, or a valid VEX is No
// action; then a 3-day row is Act now, a 14- or 60-day row Schedule, a row
// without days Watch.
//
// Invariants. The score orders the queue inside a deadline and never moves it;
// a listing in the catalogue, or an attack seen here, never makes a deadline later. Days are calendar
// days. No I/O, no clock.
package policy

import (
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// Rules is the version of the rules: it changes when a decision could.
const Rules = "bod-26-04/4"

// EPSSYes is the probability from which a weakness counts as exploitable.
const EPSSYes = advisory.EPSSHigh

// Case is what the rules ask about one exposure.
type Case struct {
	Kind      ctem.WeaknessKind
	Closed    string   // why nothing is left to do; "" while it is live
	Running   ctem.Tri // no: known to be stopped
	Reachable ctem.Tri
	VEX       bool          // a valid statement that it is not affected
	Seen      *twin.Sighted // an attack on it was seen here; nil: none that counts
	Signals   []advisory.Signal
	HaveKEV   bool             // a KEV catalogue was loaded: not listed means no
	Vector    *advisory.Vector // nil: none known
	FirstSeen time.Time        // when we first knew
}

// Verdict is the decision and everything it rests on.
type Verdict struct {
	Word     ctem.Word
	Why      string // the rule that decided, in words
	Row      Row
	Inputs   []ctem.Input
	Deadline time.Time // zero: none
}

// Decide applies the rule.
func Decide(c Case) Verdict {
	kev := Listed(c.Signals)
	row, inputs := c.row(kev)
	since := c.exploited(kev)
	v := Verdict{Row: row, Inputs: inputs}
	v.Word, v.Why = c.word(row)
	if v.Word != ctem.NoAction {
		v.Deadline = c.deadline(row, since)
	}
	return v
}

func (c Case) word(row Row) (ctem.Word, string) {
	switch {
	case c.Closed != "":
		return ctem.NoAction, c.Closed
	case c.Kind == ctem.Malicious && c.Running != ctem.No:
		return ctem.ActNow, "the package is malicious and not known to be stopped"
	case c.Running == ctem.No:
		return ctem.NoAction, "it is not running"
	case c.VEX:
		return ctem.NoAction, "a valid VEX statement says that it is not affected"
	case row.Days == 0:
		return ctem.Watch, "the table says: " + row.Outcome
	case row.Days <= 3:
		return ctem.ActNow, "the table says: " + row.Outcome
	}
	return ctem.Schedule, "the table says: " + row.Outcome
}

// exploited is from when it is known that it is attacked: listed in the catalogue
// or, which is the nearer proof of the same, seen to be attacked here. Zero: it is
// not known to be.
func (c Case) exploited(kev *advisory.KEV) time.Time {
	var since time.Time
	if kev != nil {
		since = kev.Added
	}
	if c.Seen != nil && (since.IsZero() || c.Seen.Detection.First.Before(since)) {
		since = c.Seen.Detection.First
	}
	return since
}

// row answers the table's four questions.
func (c Case) row(kev *advisory.KEV) (Row, []ctem.Input) {
	exposed, attacked := c.Reachable != ctem.No, kev != nil || c.Seen != nil
	inputs := []ctem.Input{
		{Name: "in KEV", Value: yesNo(attacked), Source: "kev", Assumed: !attacked && !c.HaveKEV},
		{Name: "publicly exposed", Value: yesNo(exposed), Source: "doors", Assumed: c.Reachable != ctem.Yes && c.Reachable != ctem.No},
	}
	if kev != nil && kev.Ransomware {
		inputs[0].Source = "kev, also used by ransomware"
	}
	if kev == nil && c.Seen != nil {
		inputs[0].Source = "an attack on it was seen here, which counts as a listing: " + c.Seen.Words()
	}
	traits := Stated(Infer(c.Vector, attacked), c.Signals)
	inputs = append(inputs,
		ctem.Input{Name: "automatable", Value: yesNo(traits.Automatable), Source: traits.Source, Assumed: traits.Assumed},
		ctem.Input{Name: "technical impact", Value: impact(traits.Total), Source: traits.ImpactSource, Assumed: traits.ImpactAssumed},
	)
	for i := range inputs {
		if inputs[i].Assumed && i < 2 {
			inputs[i].Source = "nothing known"
		}
	}
	return Lookup(attacked, exposed, traits.Automatable, traits.Total), inputs
}

// deadline counts the row's days from when we first knew or, where only the
// catalogue's listing or an attack seen here makes the row so short, from that if
// it came later. It never ends after what the row without it gives.
func (c Case) deadline(row Row, since time.Time) time.Time {
	due := after(c.FirstSeen, row.Days)
	if since.IsZero() || row.Days == 0 {
		return due
	}
	before := Lookup(false, row.Exposed, row.Automatable, row.Total)
	if before.Days == row.Days || !since.After(c.FirstSeen) {
		return due
	}
	due = after(since, row.Days)
	if old := after(c.FirstSeen, before.Days); !old.IsZero() && old.Before(due) {
		return old
	}
	return due
}

func after(start time.Time, days int) time.Time {
	if days == 0 {
		return time.Time{}
	}
	return start.AddDate(0, 0, days)
}

// Listed is the catalogue's earliest listing under any of the names, or nil.
func Listed(signals []advisory.Signal) *advisory.KEV {
	var first *advisory.KEV
	for _, s := range signals {
		if s.KEV != nil && (first == nil || s.KEV.Added.Before(first.Added)) {
			first = s.KEV
		}
	}
	return first
}

// Traits are the two answers that are stated for a weakness, or come from a
// vector, each with where it is from.
type Traits struct {
	Automatable   bool
	Source        string
	Assumed       bool
	Total         bool
	ImpactSource  string
	ImpactAssumed bool
	ImpactStated  bool // by CISA, not inferred
}

// Stated puts the answers that CISA states in the place of inferred ones. Where
// several names of the weakness have one, the worse counts.
func Stated(t Traits, signals []advisory.Signal) Traits {
	if auto := worstAnswer(signals, func(p *advisory.SSVC) string { return p.Automatable }, advisory.AnswerYes); auto != nil {
		t.Automatable, t.Source, t.Assumed = auto.Automatable == advisory.AnswerYes, stated(auto), false
	}
	if total := worstAnswer(signals, func(p *advisory.SSVC) string { return p.Impact }, advisory.ImpactTotal); total != nil {
		t.Total, t.ImpactSource, t.ImpactAssumed, t.ImpactStated = total.Impact == advisory.ImpactTotal, stated(total), false, true
	}
	return t
}

func stated(p *advisory.SSVC) string {
	if p.Date.IsZero() {
		return "stated by CISA for " + p.CVE
	}
	return "stated by CISA for " + p.CVE + " on " + p.Date.Format(time.DateOnly)
}

// worstAnswer is the first statement with the worst answer, else the first with any;
// nil where there is none.
func worstAnswer(signals []advisory.Signal, answer func(*advisory.SSVC) string, bad string) *advisory.SSVC {
	var found *advisory.SSVC
	for _, s := range signals {
		if s.SSVC == nil || answer(s.SSVC) == "" {
			continue
		}
		if answer(s.SSVC) == bad {
			return s.SSVC
		}
		if found == nil {
			found = s.SSVC
		}
	}
	return found
}

// Infer reads Automatable and Technical Impact from a vector. Automatable: over
// the network, without privileges, interaction or conditions; a version 4
// vector's own answer wins. Total: confidentiality and integrity lost
// completely. Without a vector: no and partial, or yes and total for what is
// known to be exploited, assumed.
func Infer(v *advisory.Vector, inKEV bool) Traits {
	if v == nil {
		return Traits{Automatable: inKEV, Total: inKEV, Source: "no vector", Assumed: true, ImpactSource: "no vector", ImpactAssumed: true}
	}
	auto := v.Attack == "N" && v.Privileges == "N" && v.Interaction == "N" && !v.Hard
	if v.Automatable != "" {
		auto = v.Automatable == "Y"
	}
	source := "inferred from " + v.Text + " of " + v.Name
	return Traits{Automatable: auto, Total: v.Total, Source: source, ImpactSource: source}
}

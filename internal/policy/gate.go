package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// Exploit is what is known about exploitation, for the gate.
type Exploit struct {
	Kind    ctem.WeaknessKind
	Seen    *twin.Sighted     // an attack on it was seen here; nil: none that counts
	Signals []advisory.Signal // under all names
	VEX     bool              // a valid proof or statement against it
}

// Exploitable is the gate: yes for what is seen to be attacked here, known to be
// exploited, weaponised, or has an EPSS of at least .1; no for a known lower EPSS or a valid statement
// against it; else unknown.
func Exploitable(x Exploit) ctem.GateReason {
	answer := func(v ctem.Tri, source string, at time.Time, reason string) ctem.GateReason {
		return ctem.GateReason{Gate: "exploitable", Value: v, Source: source, At: at, Reason: reason}
	}
	if x.Kind == ctem.Malicious {
		return answer(ctem.Yes, "osv", time.Time{}, "the package itself is an attack")
	}
	if s := x.Seen; s != nil {
		return answer(ctem.Yes, s.Source, s.Detection.Last, "an attack on it was seen here: "+s.Words())
	}
	if kev := Listed(x.Signals); kev != nil {
		words := kev.CVE + " is known to be exploited"
		if kev.Ransomware {
			words += ", also by ransomware"
		}
		return answer(ctem.Yes, "kev", kev.Added, words)
	}
	if p := advisory.Attacked(x.Signals); p != nil {
		return answer(ctem.Yes, "ssvc", p.Date, "CISA states that "+p.CVE+" is being exploited")
	}
	best := advisory.Public(x.Signals)
	if best != nil && best.Weight == advisory.Weaponised {
		return answer(ctem.Yes, string(best.Source), best.Date, best.Words())
	}
	top := topEPSS(x.Signals)
	switch {
	case top != nil && top.Score >= EPSSYes:
		return answer(ctem.Yes, "epss", top.Date, fmt.Sprintf("EPSS is %.6g, at least %g", top.Score, EPSSYes))
	case x.VEX:
		return answer(ctem.No, "vex", time.Time{}, "a valid statement says that it is not affected")
	case top != nil:
		return answer(ctem.No, "epss", top.Date, fmt.Sprintf("EPSS is %.6g, below %g", top.Score, EPSSYes)+besides(best))
	}
	return answer(ctem.Unknown, "", time.Time{}, "not listed as exploited, and no EPSS score is known"+besides(best))
}

func besides(x *advisory.Exploit) string {
	if x == nil || x.Weight < advisory.Proven {
		return ""
	}
	return "; " + x.Words()
}

func topEPSS(signals []advisory.Signal) *advisory.EPSS {
	var top *advisory.EPSS
	for _, s := range signals {
		if s.EPSS != nil && (top == nil || s.EPSS.Score > top.Score) {
			top = s.EPSS
		}
	}
	return top
}

// Scope is what the business has said about a service.
type Scope struct {
	Known bool
	Tier  int      // 1-5; 0: not said
	Data  []string // classes of data
	Jewel bool     // a path leads to a crown jewel
}

// sensitive are the classes of data whose loss alone makes a service matter.
var sensitive = []string{"cardholder", "credentials", "health", "personal"}

// Sensitive are the classes of data that are sensitive, in the order given.
func Sensitive(data []string) (found []string) {
	for _, class := range data {
		if slices.Contains(sensitive, class) {
			found = append(found, class)
		}
	}
	return found
}

// tierMatters is the criticality tier from which a service matters by itself.
const tierMatters = 4

// Matters is the gate: yes for tier 4 and 5, sensitive data or a path to a
// crown jewel; no when it is scoped and lower; unknown when it is not scoped,
// or is named without saying what it is worth.
func Matters(s Scope) ctem.GateReason {
	r := ctem.GateReason{Gate: "matters", Value: ctem.Unknown, Reason: "the service is not scoped: nobody has said what it is worth"}
	if !s.Known {
		return r
	}
	r.Source = "scope"
	data := Sensitive(s.Data)
	var words []string
	if s.Tier > 0 {
		words = append(words, fmt.Sprintf("criticality tier %d", s.Tier))
	}
	if len(data) > 0 {
		words = append(words, "has "+strings.Join(data, ", ")+" data")
	}
	if s.Jewel {
		words = append(words, "a path leads from it to a crown jewel")
	}
	switch {
	case s.Tier >= tierMatters || len(data) > 0 || s.Jewel:
		r.Value = ctem.Yes
	case s.Tier > 0:
		r.Value = ctem.No
		words = append(words, "no sensitive data")
	default:
		words = append(words, "the scope names the service, but gives it no tier")
	}
	r.Reason = strings.Join(words, ", ")
	return r
}

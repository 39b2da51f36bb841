package advisory

import "time"

// EPSS is the probability of exploitation activity in the next 30 days.
type EPSS struct {
	CVE        string
	Score      float64
	Percentile float64 // 0 when the file has none: for display only
	Date       time.Time
	Model      string // "v2026.06.15"; "" when the file does not say
	// Before is the score before it last jumped, of BeforeDate; the date is zero
	// where no jump was seen. Only what was read from the store has it.
	Before     float64
	BeforeDate time.Time
}

// EPSSHigh is the probability from which a weakness counts as exploitable.
const EPSSHigh = 0.1

// jump is the least difference that is one, whatever the level.
const jump = 0.1

// Jumped reports whether a score moved by so much that people want to know:
// by a tenth, or over the line from which a weakness counts as exploitable.
func Jumped(from, to float64) bool {
	return to-from >= jump || from-to >= jump || (from >= EPSSHigh) != (to >= EPSSHigh)
}

// Weight says how much a public exploit proves.
type Weight int

// The weights. Three of four weaknesses are mentioned in some list of proofs of
// concept: a mention by itself says next to nothing.
const (
	Mentioned  Weight = 1 // some page is said to have a proof of concept
	Proven     Weight = 2 // a tool has a check or a proof that works
	Weaponised Weight = 3 // a ready-made attack that anyone can run
)

// Exploit is what one index of public exploits says about a CVE.
type Exploit struct {
	CVE    string
	Source FeedKind // the index
	Weight Weight
	Title  string    // of the module or template; "" where the index has none
	Count  int       // entries of the index about it
	Date   time.Time // of the entry; where it has none, when we first read it
}

// The answers of SSVC decision points.
const (
	ExploitNone   = "none"
	ExploitPoC    = "poc"
	ExploitActive = "active"
	AnswerYes     = "yes"
	AnswerNo      = "no"
	ImpactPartial = "partial"
	ImpactTotal   = "total"
)

// SSVC are the decision points that CISA states for a CVE (Vulnrichment). A
// point that was not stated is "".
type SSVC struct {
	CVE          string
	Exploitation string // none, poc, active
	Automatable  string // yes, no
	Impact       string // technical impact: partial, total
	Date         time.Time
}

// Signal is what is known about the exploitation of one name (usually a CVE).
type Signal struct {
	Name     string
	KEV      *KEV      // nil: not listed (as of the KEV feed), or no feed: see Feed
	EPSS     *EPSS     // nil: no score
	Exploits []Exploit // at most one of each index, by its name
	SSVC     *SSVC     // nil: not assessed, or no feed
}

// Empty reports whether nothing is known.
func (s *Signal) Empty() bool {
	return s.KEV == nil && s.EPSS == nil && len(s.Exploits) == 0 && s.SSVC == nil
}

// Attacked is the statement of CISA that a weakness is being exploited, or nil.
func Attacked(signals []Signal) *SSVC {
	for _, s := range signals {
		if s.SSVC != nil && s.SSVC.Exploitation == ExploitActive {
			return s.SSVC
		}
	}
	return nil
}

// Public is the strongest public exploit under any of the names, or nil. CISA's
// statement that there is a proof of concept is one.
func Public(signals []Signal) *Exploit {
	var best *Exploit
	for _, s := range signals {
		for i := range s.Exploits {
			if x := &s.Exploits[i]; best == nil || x.Weight > best.Weight {
				best = x
			}
		}
		if p := s.SSVC; p != nil && p.Exploitation == ExploitPoC && (best == nil || best.Weight < Proven) {
			best = &Exploit{CVE: p.CVE, Source: FeedSSVC, Weight: Proven, Date: p.Date}
		}
	}
	return best
}

// Words say what a public exploit is.
func (x *Exploit) Words() string {
	switch {
	case x.Source == FeedSSVC:
		return "CISA states that a proof of concept of " + x.CVE + " is public"
	case x.Source == FeedMetasploit && x.Weight == Weaponised:
		return "Metasploit attacks " + x.CVE + " with " + x.Title
	case x.Source == FeedMetasploit:
		return "Metasploit has " + x.Title + " for " + x.CVE
	case x.Source == FeedNuclei:
		return "nuclei has a template that checks for " + x.CVE
	}
	return "some page is said to have a proof of concept of " + x.CVE
}

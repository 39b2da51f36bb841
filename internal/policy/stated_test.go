package policy

import (
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
)

func ssvc(exploitation, automatable, impact string) advisory.Signal {
	return advisory.Signal{Name: "CVE-1", SSVC: &advisory.SSVC{CVE: "CVE-1", Exploitation: exploitation, Automatable: automatable, Impact: impact, Date: seen}}
}

func TestStatedAnswersWin(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		vector  *advisory.Vector
		signals []advisory.Signal
		row     string
	}{
		"stated-over-inferred":  {worst, []advisory.Signal{ssvc("none", "no", "partial")}, "KEV no, exposed yes, automatable no, impact partial → 60 days"},
		"stated-without-vector": {nil, []advisory.Signal{ssvc("none", "yes", "total")}, "KEV no, exposed yes, automatable yes, impact total → 3 days"},
		"one-point-stated":      {mild, []advisory.Signal{ssvc("", "yes", "")}, "KEV no, exposed yes, automatable yes, impact partial → 14 days"},
		"the-worse-of-two":      {nil, []advisory.Signal{ssvc("none", "no", "total"), ssvc("none", "yes", "partial")}, "KEV no, exposed yes, automatable yes, impact total → 3 days"},
		"none-stated":           {worst, []advisory.Signal{ssvc("active", "", "")}, "KEV no, exposed yes, automatable yes, impact total → 3 days"},
	} {
		v := Decide(Case{Reachable: ctem.Yes, Running: ctem.Yes, Vector: c.vector, Signals: c.signals, HaveKEV: true, FirstSeen: seen})
		if v.Row.String() != c.row {
			t.Errorf("%s: %s", name, v.Row)
		}
	}
	in := Decide(Case{Signals: []advisory.Signal{ssvc("", "no", "")}}).Inputs
	if in[2].Assumed || in[2].Source != "stated by CISA for CVE-1 on 2026-08-01" || !in[3].Assumed {
		t.Errorf("%+v", in)
	}
}

func TestExploitableByExploits(t *testing.T) {
	t.Parallel()
	low := advisory.Signal{Name: "CVE-1", EPSS: &advisory.EPSS{CVE: "CVE-1", Score: .01, Date: seen}}
	with := func(source advisory.FeedKind, w advisory.Weight) advisory.Signal {
		return advisory.Signal{Name: "CVE-1", Exploits: []advisory.Exploit{{CVE: "CVE-1", Source: source, Weight: w, Title: "exploit/x"}}}
	}
	for name, c := range map[string]struct {
		signals []advisory.Signal
		want    ctem.Tri
		source  string
		words   string
	}{
		"weaponised": {[]advisory.Signal{low, with("metasploit", advisory.Weaponised)}, ctem.Yes, "metasploit", "Metasploit attacks CVE-1 with exploit/x"},
		"active":     {[]advisory.Signal{low, ssvc("active", "", "")}, ctem.Yes, "ssvc", "CISA states that CVE-1 is being exploited"},
		"template":   {[]advisory.Signal{low, with("nuclei", advisory.Proven)}, ctem.No, "epss", "; nuclei has a template that checks for CVE-1"},
		"mention":    {[]advisory.Signal{with("poc", advisory.Mentioned)}, ctem.Unknown, "", "no EPSS score is known"},
	} {
		got := Exploitable(Exploit{Signals: c.signals})
		if got.Value != c.want || got.Source != c.source || !strings.HasSuffix(got.Reason, c.words) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	kev := Exploitable(Exploit{Signals: []advisory.Signal{{Name: "CVE-1", KEV: &advisory.KEV{CVE: "CVE-1", Added: seen, Ransomware: true}}}})
	if kev.Reason != "CVE-1 is known to be exploited, also by ransomware" {
		t.Errorf("%+v", kev)
	}
}

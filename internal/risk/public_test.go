package risk

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
)

func TestThreatOfPublicExploits(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	with := func(source advisory.FeedKind, w advisory.Weight) advisory.Signal {
		return advisory.Signal{Name: "CVE-1", Exploits: []advisory.Exploit{{CVE: "CVE-1", Source: source, Weight: w, Title: "exploit/x", Date: day}}}
	}
	score := func(p float64) advisory.Signal {
		return advisory.Signal{Name: "CVE-1", EPSS: &advisory.EPSS{CVE: "CVE-1", Score: p, Date: day}}
	}
	said := func(exploitation string) advisory.Signal {
		return advisory.Signal{Name: "CVE-1", SSVC: &advisory.SSVC{CVE: "CVE-1", Exploitation: exploitation, Date: day}}
	}
	for name, c := range map[string]struct {
		signals []advisory.Signal
		want    float64
		source  string
		assumed bool
	}{
		"module":             {[]advisory.Signal{score(.002), with("metasploit", advisory.Weaponised)}, .3, "metasploit", false},
		"module-and-score":   {[]advisory.Signal{score(.9), with("metasploit", advisory.Weaponised)}, .9, "epss", false},
		"template":           {[]advisory.Signal{score(.002), with("nuclei", advisory.Proven)}, .05, "nuclei", false},
		"stated-poc":         {[]advisory.Signal{score(.002), said("poc")}, .05, "ssvc", false},
		"stated-active":      {[]advisory.Signal{score(.002), said("active")}, .7, "ssvc", false},
		"stated-none":        {[]advisory.Signal{score(.002), said("none")}, .002, "epss", false},
		"mention-and-score":  {[]advisory.Signal{score(.002), with("poc", advisory.Mentioned)}, .002, "epss", false},
		"mention-by-itself":  {[]advisory.Signal{with("poc", advisory.Mentioned)}, .01 / .75, "", true},
		"mention-and-module": {[]advisory.Signal{with("poc", advisory.Mentioned), with("metasploit", advisory.Weaponised)}, .3, "metasploit", false},
	} {
		got := Threat(ThreatFacts{Signals: c.signals, Now: day})
		if math.Abs(got.Mode-c.want) > 1e-12 || got.Source != c.source || got.Assumed != c.assumed || got.Evidence == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	jumped := score(.6)
	jumped.EPSS.Before, jumped.EPSS.BeforeDate = .02, day.AddDate(0, -1, 0)
	if got := Threat(ThreatFacts{Signals: []advisory.Signal{jumped}, Now: day}); !strings.HasSuffix(got.Evidence, "is 0.6, before its last jump 0.02 (2026-07-01)") {
		t.Errorf("%+v", got)
	}
}

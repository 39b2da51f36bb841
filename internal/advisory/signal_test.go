package advisory

import (
	"testing"
	"time"
)

func TestIsCVE(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"CVE-2021-44228": true, "CVE-1999-0001": true, "CVE-2026-1234567890123456789": true,
		"": false, "CVE-": false, "CVE-2021-123": false, "CVE-21-44228": false, "cve-2021-44228": false, "CVE-2021-4422x": false,
		"CVE-2021-44228 ": false, "CVE-2021-12345678901234567890": false, "CVE-2021-4422\u0668": false,
	} {
		if IsCVE(s) != want {
			t.Errorf("%q", s)
		}
	}
}

func TestJumped(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to float64
		want     bool
	}{{.01, .05, false}, {.09, .1, true}, {.1, .09, true}, {.3, .39, false}, {.3, .41, true}, {.9, .5, true}, {.2, .2, false}} {
		if Jumped(c.from, c.to) != c.want {
			t.Errorf("%+v", c)
		}
	}
}

func TestStale(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	ago := func(days int) time.Time { return now.AddDate(0, 0, -days) }
	for name, c := range map[string]struct {
		feed Feed
		want bool
	}{
		"loaded today":              {Feed{Kind: FeedOSV, LoadedAt: ago(0), DataTime: ago(900)}, false},
		"loaded last week":          {Feed{Kind: FeedOSV, LoadedAt: ago(8)}, true},
		"publisher stands still":    {Feed{Kind: FeedKEV, LoadedAt: ago(0), DataTime: ago(31)}, true},
		"daily, of last week":       {Feed{Kind: FeedEPSS, LoadedAt: ago(1), DataTime: ago(6)}, false},
		"monthly, loaded last week": {Feed{Kind: FeedSSVC, LoadedAt: ago(8), DataTime: ago(900)}, false},
		"monthly, loaded long ago":  {Feed{Kind: FeedMetasploit, LoadedAt: ago(31)}, true},
	} {
		if got := c.feed.Stale(now); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
		if StaleEffect(c.feed.Kind) == "" {
			t.Errorf("%s: nothing follows", name)
		}
	}
}

func TestPublic(t *testing.T) {
	t.Parallel()
	mention := Signal{Exploits: []Exploit{{CVE: "CVE-1", Source: FeedPoC, Weight: Mentioned}}}
	module := Signal{Exploits: []Exploit{{CVE: "CVE-1", Source: FeedMetasploit, Weight: Weaponised, Title: "exploit/x"}}}
	stated := Signal{SSVC: &SSVC{CVE: "CVE-1", Exploitation: ExploitPoC}}
	for want, signals := range map[string][]Signal{
		"Metasploit attacks CVE-1 with exploit/x":                {mention, stated, module},
		"CISA states that a proof of concept of CVE-1 is public": {mention, stated},
		"some page is said to have a proof of concept of CVE-1":  {mention, {}},
	} {
		if got := Public(signals); got == nil || got.Words() != want {
			t.Errorf("%+v, want %s", got, want)
		}
	}
	if Public([]Signal{{}}) != nil || Attacked([]Signal{stated}) != nil {
		t.Error("something of nothing")
	}
}

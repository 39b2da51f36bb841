package risk

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/advisory"
)

func TestParseVector(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]advisory.Vector{
		"AV:N/AC:L/Au:N/C:C/I:C/A:C":                                           {Version: "2.0", Base: 10, Attack: "N", Privileges: "N", Interaction: "N", Total: true},
		"AV:N/AC:M/Au:S/C:P/I:P/A:P":                                           {Version: "2.0", Base: 6, Attack: "N", Privileges: "L", Interaction: "M"},
		"AV:L/AC:H/Au:M/C:N/I:N/A:C":                                           {Version: "2.0", Base: 3.7, Attack: "L", Privileges: "H", Interaction: "N", Hard: true},
		"CVSS:3.0/AV:N/AC:H/PR:N/UI:R/S:U/C:H/I:H/A:H":                         {Version: "3.0", Base: 7.5, Attack: "N", Privileges: "N", Interaction: "R", Hard: true, Total: true},
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H":                         {Version: "3.1", Base: 10, Attack: "N", Privileges: "N", Interaction: "N", Total: true},
		"CVSS:3.1/AV:L/AC:L/PR:H/UI:N/S:U/C:L/I:H/A:N":                         {Version: "3.1", Base: 5.1, Attack: "L", Privileges: "H", Interaction: "N"},
		"CVSS:4.0/AV:N/AC:L/AT:P/PR:L/UI:P/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N":      {Version: "4.0", Base: 7.4, Attack: "N", Privileges: "L", Interaction: "P", Hard: true, Total: true},
		"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:A/VC:L/VI:H/VA:N/SC:N/SI:N/SA:N/AU:Y": {Version: "4.0", Base: 7, Attack: "N", Privileges: "N", Interaction: "A", Automatable: "Y"},
	} {
		got, err := ParseVector(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		want.Text = text
		if diff := cmp.Diff(&want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	for _, junk := range []string{"", "7.5", "CVSS:5.0/AV:N", "CVSS:3.1/AV:N/AC:L", "CVSS:3.1/AV:Q/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", "important", string(make([]byte, 1000))} {
		if v, err := ParseVector(junk); err == nil {
			t.Errorf("%q was read as %v", junk, v)
		}
	}
}

func TestPreconditions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H":                    1,
		"CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H":                    .4,
		"CVSS:3.1/AV:N/AC:L/PR:L/UI:R/S:U/C:H/I:H/A:H":                    .25,
		"CVSS:3.1/AV:N/AC:H/PR:H/UI:R/S:U/C:H/I:H/A:H":                    .1, // .04, held at the floor
		"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:P/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N": .7,
		"CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:N/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N": .4,
		"AV:N/AC:M/Au:N/C:C/I:C/A:C":                                      .7,
		"AV:N/AC:L/Au:S/C:C/I:C/A:C":                                      .5,
	} {
		v, err := ParseVector(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := Preconditions(v); got.Mode != want || got.Low > got.Mode || got.High < got.Mode {
			t.Errorf("%s: A is %v, want %v", text, got, want)
		}
	}
}

func TestChooseVector(t *testing.T) {
	t.Parallel()
	const (
		v2    = "AV:N/AC:L/Au:N/C:P/I:P/A:P"
		v31   = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
		v31lo = "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:L/I:L/A:N"
		v4    = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:L/SC:N/SI:N/SA:N"
	)
	severities := map[string][]advisory.Severity{
		"DSA-1":  {{Type: "Debian", Score: "high"}, {Type: "CVSS_V3", Score: "rubbish"}},
		"GHSA-1": {{Type: "CVSS_V2", Score: v2}, {Type: "CVSS_V3", Score: v31lo}, {Type: "CVSS_V3", Score: v31}},
		"CVE-1":  {{Type: "CVSS_V4", Score: v4}},
	}
	got, junk := ChooseVector([]string{"DSA-1", "GHSA-1", "CVE-1"}, severities)
	if got == nil || got.Text != v31 || got.Name != "GHSA-1" {
		t.Errorf("chose %v: want the highest version and base score of the first name that has any", got)
	}
	if len(junk) != 1 || junk[0].Score != "rubbish" || junk[0].Reason == "" {
		t.Errorf("junk is %v", junk)
	}
	if got, _ := ChooseVector([]string{"CVE-1", "GHSA-1"}, severities); got.Text != v4 {
		t.Errorf("chose %v", got)
	}
	if got, junk := ChooseVector([]string{"DSA-1", "none"}, severities); got != nil || len(junk) != 1 {
		t.Errorf("chose %v, junk %v", got, junk)
	}
}

func FuzzParseVector(f *testing.F) {
	for _, seed := range []string{
		"AV:N/AC:L/Au:N/C:C/I:C/A:C", "(AV:N/AC:L/Au:N/C:C/I:C/A:C)", "CVSS:3.0/AV:N/AC:H/PR:N/UI:R/S:U/C:H/I:H/A:H",
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H/E:P/RL:O", "CVSS:4.0/AV:N/AC:L/AT:P/PR:L/UI:P/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N/AU:Y", "CVSS:", "x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := ParseVector(text)
		if err != nil {
			return
		}
		a := Preconditions(v)
		if v.Base < 0 || v.Base > 10 || a.Mode < preconditionsFloor || a.Mode > 1 || v.Privileges == "" || v.Attack == "" {
			t.Errorf("%q reads as %+v", text, v)
		}
	})
}

package kev

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/realdata"
)

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

const sample = `{"catalogVersion":"2026.08.07","dateReleased":"2026-08-07T16:45:47.0648Z","count":4,"vulnerabilities":[
{"cveID":"CVE-2026-0001","vulnerabilityName":"A","dateAdded":"2026-08-07","dueDate":"2026-08-10","knownRansomwareCampaignUse":"Known","x":1},
{"cveID":"CVE-2026-0002","vulnerabilityName":"B","dateAdded":"2026-08-01","dueDate":"","knownRansomwareCampaignUse":"Unknown"},
{"cveID":"CVE-2026-0002","dateAdded":"2026-08-01"},
{"cveID":"CVE-2026-0003","dateAdded":"soon"}]}`

func TestParse(t *testing.T) {
	t.Parallel()
	got, err := Parse(strings.NewReader(sample))
	if err != nil {
		t.Fatal(err)
	}
	want := Catalogue{
		Version:  "2026.08.07",
		Released: time.Date(2026, 8, 7, 16, 45, 47, 64800000, time.UTC),
		Entries: []advisory.KEV{
			{CVE: "CVE-2026-0001", Name: "A", Added: day(2026, 8, 7), Due: day(2026, 8, 10), Ransomware: true},
			{CVE: "CVE-2026-0002", Name: "B", Added: day(2026, 8, 1)},
		},
		Rejected: []advisory.Rejection{
			{Where: "vulnerabilities[2]", Reason: "CVE-2026-0002 is listed twice"},
			{Where: "vulnerabilities[3]", Reason: `CVE-2026-0003: dateAdded "soon" is not a date`},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseCSV(t *testing.T) {
	t.Parallel()
	in := "\ufeffcveID,vendorProject,vulnerabilityName,dateAdded,dueDate,knownRansomwareCampaignUse\r\n" +
		"CVE-2026-0001,V,\"A, with\nbreak\",2026-08-07,2026-08-10,Known\r\n" +
		"nonsense,V,B,2026-08-01,,Unknown\r\n"
	got, err := ParseCSV(strings.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	want := Catalogue{
		Released: day(2026, 8, 7),
		Entries:  []advisory.KEV{{CVE: "CVE-2026-0001", Name: "A, with\nbreak", Added: day(2026, 8, 7), Due: day(2026, 8, 10), Ransomware: true}},
		Rejected: []advisory.Rejection{{Where: "line 4", Reason: `"nonsense" is not a CVE id`}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"empty", "", "the document ends"},
		{"cut", sample[:200], "the document ends"},
		{"no list", `{"title":"x"}`, "no \"vulnerabilities\""},
		{"short of entries", `{"count":2,"vulnerabilities":[]}`, "says it has 2 entries and has 0"},
		{"repeated key", `{"vulnerabilities":[],"vulnerabilities":[]}`, "appears twice"},
		{"bad date", `{"dateReleased":"x","vulnerabilities":[]}`, "dateReleased"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := Parse(strings.NewReader(tt.in)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want one with %q", err, tt.want)
			}
		})
	}
	for _, in := range []string{"", "a,b\n", "cveID,dateAdded\nCVE-2026-0001\n", "cveID,dateAdded\n\"CVE"} {
		if _, err := ParseCSV(strings.NewReader(in)); err == nil {
			t.Errorf("ParseCSV(%q) has no error", in)
		}
	}
}

func TestRealData(t *testing.T) {
	t.Parallel()
	tests := []struct {
		file     string
		csv      bool
		entries  int
		released time.Time
	}{
		{"known_exploited_vulnerabilities.json", false, 1662, time.Date(2026, 8, 7, 16, 45, 47, 64800000, time.UTC)},
		{"known_exploited_vulnerabilities_2025-08-25.csv", true, 1404, day(2025, 8, 25)},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			f, err := os.Open(realdata.Dir(t, "kev", tt.file))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = f.Close() }() // it was only read
			parse := Parse
			if tt.csv {
				parse = ParseCSV
			}
			c, err := parse(f)
			if err != nil {
				t.Fatal(err)
			}
			if len(c.Entries) != tt.entries || !c.Released.Equal(tt.released) || len(c.Rejected) != 0 {
				t.Errorf("%d entries released %v, rejected %v; want %d, %v, none", len(c.Entries), c.Released, c.Rejected, tt.entries, tt.released)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample)
	f.Add(`{"vulnerabilities":[{}]}`)
	f.Fuzz(func(t *testing.T, in string) {
		c, err := Parse(strings.NewReader(in))
		check(t, c, err)
	})
}

func FuzzParseCSV(f *testing.F) {
	f.Add("cveID,dateAdded\nCVE-2026-0001,2026-01-01\n")
	f.Add("\ufeffcveID,dateAdded,dueDate\n\"CVE-2026-0001\",2026-01-01,x\n")
	f.Fuzz(func(t *testing.T, in string) {
		c, err := ParseCSV(strings.NewReader(in))
		check(t, c, err)
	})
}

func check(t *testing.T, c Catalogue, err error) {
	t.Helper()
	if err != nil {
		if len(c.Entries) != 0 {
			t.Error("an error and entries")
		}
		return
	}
	seen := map[string]bool{}
	for _, k := range c.Entries {
		if !cvePattern().MatchString(k.CVE) || k.Added.IsZero() && k.Added.Year() != 1 || seen[k.CVE] {
			t.Errorf("accepted %+v", k)
		}
		seen[k.CVE] = true
	}
}

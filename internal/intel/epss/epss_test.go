package epss

import (
	"bytes"
	"compress/gzip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/realdata"
)

const sample = "#model_version:v2026.06.15,score_date:2026-08-08T12:02:54Z\ncve,epss,percentile\n" +
	"CVE-2026-0001,0.5,0.9\nCVE-2026-0002,1.5,0.9\nnonsense,0.1,0.2\nCVE-2026-0001,0.6,0.9\nCVE-2026-0003,NaN,0.1\nCVE-2026-0004,0.25,\n"

func pack(t testing.TB, s string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func isComments(p cmp.Path) bool { return p.String() == "comments" }

func TestParse(t *testing.T) {
	t.Parallel()
	date := time.Date(2026, 8, 8, 12, 2, 54, 0, time.UTC)
	want := Scores{
		Model: "v2026.06.15",
		Date:  date,
		Entries: []advisory.EPSS{
			{CVE: "CVE-2026-0001", Score: 0.5, Percentile: 0.9, Date: date, Model: "v2026.06.15"},
			{CVE: "CVE-2026-0004", Score: 0.25, Date: date, Model: "v2026.06.15"},
		},
		Rejected: []advisory.Rejection{
			{Where: "line 4", Reason: `CVE-2026-0002: score "1.5" is not a number from 0 to 1`},
			{Where: "line 5", Reason: `"nonsense,0.1,0.2" is not a CVE id with a score`},
			{Where: "line 6", Reason: "CVE-2026-0001 is listed twice"},
			{Where: "line 7", Reason: `CVE-2026-0003: score "NaN" is not a number from 0 to 1`},
		},
	}
	for name, in := range map[string]string{"plain": sample, "gzip": pack(t, sample), "mark": "\ufeff" + sample} {
		got, err := Parse(strings.NewReader(in), "epss_2020-01-01.csv")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got, cmp.FilterPath(isComments, cmp.Ignore())); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	rows := "cve,epss,cvss,sources\nCVE-1999-0103,0.48093,0.0,Metasploit\n"
	tests := []struct {
		name, in, file string
		want           time.Time
	}{
		{"from the file name", rows, "epss_patchthis_2025-09-26_no_percentile.csv", time.Date(2025, 9, 26, 0, 0, 0, 0, time.UTC)},
		{"none", rows, "epss.csv", time.Time{}},
		{"no such day", rows, "epss-2025-13-77.csv", time.Time{}},
		{"an older form", "#model_version:v1,score_date:2021-05-01T00:00:00+0000\n" + rows, "x", time.Date(2021, 5, 1, 0, 0, 0, 0, time.UTC)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := Parse(strings.NewReader(tt.in), tt.file)
			if err != nil {
				t.Fatal(err)
			}
			if !got.Date.Equal(tt.want) || len(got.Entries) != 1 || got.Entries[0].Percentile != 0 {
				t.Errorf("got %+v, want date %v, one entry, no percentile", got, tt.want)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	packed := pack(t, sample)
	tests := []struct{ name, in, want string }{
		{"empty", "", "no header line"},
		{"another table", "a,b,c\n1,2,3\n", "does not begin with cve,epss"},
		{"endless comment", "#" + strings.Repeat("x", 1<<17), "does not end"},
		{"bad date", "#model_version:v1,score_date:soon\ncve,epss\n", "score_date"},
		{"cut archive", packed[:len(packed)-12], "unexpected EOF"},
		{"broken quotes", "cve,epss\n\"CVE", "EPSS file"},
		{"damaged archive", "\x1f\x8bxx", "EPSS file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := Parse(strings.NewReader(tt.in), "")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want one with %q", err, tt.want)
			}
			if len(got.Entries) != 0 {
				t.Error("an error and entries")
			}
		})
	}
}

func TestManyBadRowsAreCounted(t *testing.T) {
	t.Parallel()
	got, err := Parse(strings.NewReader("cve,epss\n"+strings.Repeat("x,1\n", 3000)), "")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(got.Rejected); n != maxRejected || got.Rejected[n-1].Where != "up to line 3001" {
		t.Errorf("%d rejections, the last %+v", n, got.Rejected[n-1])
	}
}

// zeros is a compressed file that never ends.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '\n'
	}
	return len(p), nil
}

func TestBomb(t *testing.T) {
	t.Parallel()
	if _, err := parse(zeros{}, "", 1<<20); err == nil {
		t.Error("an endless file was taken")
	}
}

func TestRealData(t *testing.T) {
	t.Parallel()
	tests := []struct {
		file    string
		entries int
		date    time.Time
		model   string
	}{
		{"epss_kev_2026-08-08.csv", 1662, time.Date(2026, 8, 8, 12, 2, 54, 0, time.UTC), "v2026.06.15"},
		{"epss_patchthis_2025-09-26_no_percentile.csv", 6397, time.Date(2025, 9, 26, 0, 0, 0, 0, time.UTC), ""},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			f, err := os.Open(realdata.Dir(t, "epss", tt.file))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = f.Close() }() // it was only read
			s, err := Parse(f, tt.file)
			if err != nil {
				t.Fatal(err)
			}
			if len(s.Entries) != tt.entries || !s.Date.Equal(tt.date) || s.Model != tt.model || len(s.Rejected) != 0 {
				t.Errorf("%d entries of %v by %q, rejected %v", len(s.Entries), s.Date, s.Model, s.Rejected)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sample), "epss-2025-09-26.csv")
	f.Add([]byte(pack(f, sample)), "")
	f.Add([]byte("cve,epss,cvss,sources\nCVE-1999-0103,0.48093,0.0,Metasploit\n"), "x")
	f.Fuzz(func(t *testing.T, in []byte, name string) {
		s, err := Parse(bytes.NewReader(in), name)
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, e := range s.Entries {
			if !cvePattern().MatchString(e.CVE) || !(e.Score >= 0 && e.Score <= 1) || !(e.Percentile >= 0 && e.Percentile <= 1) || seen[e.CVE] {
				t.Errorf("accepted %+v", e)
			}
			seen[e.CVE] = true
		}
	})
}

package ssvc

import (
	"compress/gzip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/realdata"
)

const record = `{"dataType":"CVE_RECORD","cveMetadata":{"cveId":"CVE-2024-0001"},"containers":{"cna":{},"adp":[
 {"providerMetadata":{"shortName":"someone"},"metrics":[{"other":{"type":"ssvc","content":{"options":[{"Exploitation":"active"}]}}}]},
 {"title":"CISA ADP Vulnrichment","providerMetadata":{"shortName":"CISA-ADP"},"metrics":[
  {"cvssV3_1":{"baseScore":9}},
  {"other":{"type":"kev","content":{"dateAdded":"2024-01-01"}}},
  {"other":{"type":"ssvc","content":{"id":"CVE-2024-0001","role":"CISA Coordinator","version":"2.0.3","timestamp":"2024-05-01T15:07:17.763496Z",
   "options":[{"Exploitation":"PoC"},{"Automatable":"yes"},{"Technical Impact":"total"}]}}}]}]}}`

var recorded = advisory.SSVC{
	CVE: "CVE-2024-0001", Exploitation: "poc", Automatable: "yes", Impact: "total", Date: time.Date(2024, 5, 1, 15, 7, 17, 763496000, time.UTC),
}

func TestParseRecords(t *testing.T) {
	t.Parallel()
	got, err := ParseRecords(strings.NewReader(record + "\n{\"cveMetadata\":{\"cveId\":7}}\n{\"containers\":{}}\n" + strings.Replace(record, `"PoC"`, `"perhaps"`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]advisory.SSVC{recorded}, got.Entries); diff != "" {
		t.Error(diff)
	}
	if len(got.Rejected) != 2 || got.Rejected[0].Where != "record 2" || !strings.Contains(got.Rejected[1].Reason, "perhaps") {
		t.Errorf("%+v", got.Rejected)
	}
	if _, err := ParseRecords(strings.NewReader(record[:len(record)/2])); err == nil {
		t.Error("half a record was taken")
	}
}

func TestParseTable(t *testing.T) {
	t.Parallel()
	table := "cve,state,ssvc_exploitation,ssvc_automatable,ssvc_technical_impact,ssvc_timestamp\n" +
		"CVE-2024-0001,PUBLISHED,poc,Yes,total,2024-05-01T15:07:17.763496Z\nCVE-2024-0002,PUBLISHED,,,,\nCVE-2024-0003,P,maybe,yes,total,\nno,P,none,yes,total,\n" +
		"CVE-2024-0001,PUBLISHED,none,no,partial,2023-05-01T00:00:00Z\nCVE-2024-0004,P,none,yes,total,yesterday\n"
	for name, text := range map[string]string{"csv": table, "tsv": strings.ReplaceAll(table, ",", "\t")} {
		got, err := ParseTable(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]advisory.SSVC{recorded}, got.Entries); diff != "" {
			t.Errorf("%s: the newest counts: %s", name, diff)
		}
		if len(got.Rejected) != 3 || got.Rejected[0].Where != "line 4" || !got.Date.Equal(recorded.Date) {
			t.Errorf("%s: %+v, %v", name, got.Rejected, got.Date)
		}
	}
	for _, bad := range []string{"", "cve,epss\n", "cve,exploitation,automatable\n"} {
		if _, err := ParseTable(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	old, other := recorded, recorded
	old.Date, old.Exploitation = old.Date.AddDate(-1, 0, 0), "none"
	other.CVE = "CVE-2023-0001"
	got := Merge(Points{Entries: []advisory.SSVC{recorded}}, Points{Entries: []advisory.SSVC{old, other}})
	if diff := cmp.Diff([]advisory.SSVC{other, recorded}, got.Entries); diff != "" {
		t.Error(diff)
	}
}

func TestRealTable(t *testing.T) {
	t.Parallel()
	f, err := os.Open(filepath.Join(realdata.Dir(t, "ssvc"), "vulnrichment_ssvc_cvss.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read
	in, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseTable(in)
	if err != nil || len(got.Entries) < 42_000 || len(got.Rejected) > 10 {
		t.Errorf("%d entries, %d refused, %v", len(got.Entries), len(got.Rejected), err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(record)
	f.Add("cve\texploitation\tautomatable\ttechnical_impact\nCVE-2024-0001\tnone\tno\tpartial\n")
	f.Add("cve,exploitation,automatable,technical_impact,date\nCVE-2024-0001,none,no,partial,2024-01-01T00:00:00Z\n")
	f.Add("{}{}")
	f.Fuzz(func(t *testing.T, text string) {
		table, tableErr := ParseTable(strings.NewReader(text))
		records, recordErr := ParseRecords(strings.NewReader(text))
		if tableErr != nil && len(table.Entries) > 0 || recordErr != nil && len(records.Entries) > 0 {
			t.Fatal("a file that is refused gave entries")
		}
		for _, e := range slices.Concat(table.Entries, records.Entries) {
			if !advisory.IsCVE(e.CVE) || e.Exploitation+e.Automatable+e.Impact == "" {
				t.Fatalf("%+v", e)
			}
		}
	})
}

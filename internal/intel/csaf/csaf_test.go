package csaf

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/realdata"
)

const document = `{"document":{"category":"csaf_vex","csaf_version":"2.0","publisher":{"category":"vendor","name":"Example","namespace":"https://example.com"},
 "title":"t","tracking":{"id":"EX-1","current_release_date":"2026-05-01T10:00:00Z","status":"final","version":"2"},
 "distribution":{"tlp":{"label":"WHITE"}},"references":[{"category":"self","summary":"s","url":"https://example.com/ex-1.json"}]},
 "product_tree":{"branches":[{"category":"vendor","name":"Example","branches":[
   {"category":"product_version","name":"1","product":{"name":"lib 1.0","product_id":"L","product_identification_helper":{"purl":"pkg:rpm/example/lib@1.0?arch=x86_64"}}},
   {"category":"product_version","name":"1","product":{"name":"lib 1.0 arm","product_id":"LA","product_identification_helper":{"purls":["pkg:rpm/example/lib@1.0?arch=aarch64"]}}},
   {"category":"product_name","name":"OS 9","product":{"name":"OS 9","product_id":"OS"}}]}],
  "relationships":[{"category":"default_component_of","product_reference":"L","relates_to_product_reference":"OS","full_product_name":{"name":"lib 1.0 of OS 9","product_id":"OS:L"}}]},
 "vulnerabilities":[
  {"cve":"CVE-2026-0001","product_status":{"known_not_affected":["OS:L"],"fixed":["L","LA"],"known_affected":["OS"]},"flags":[{"label":"vulnerable_code_not_present","product_ids":["OS:L"]}]},
  {"cve":"CVE-2026-0002","product_status":{"known_affected":["L","X"]},"remediations":[{"category":"workaround","details":"Turn it\n off.","product_ids":["L"]}]},
  {"title":"no name","product_status":{"known_affected":["L"]}}]}`

func TestParse(t *testing.T) {
	t.Parallel()
	got, err := Parse(strings.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	said := func(cve string, v advisory.Verdict, product, reason string) advisory.Statement {
		return advisory.Statement{
			CVE: cve, Verdict: v, Purl: "pkg:rpm/example/lib@1.0", Product: product, Reason: reason, Document: "EX-1", Publisher: "Example",
			Address: "https://example.com/ex-1.json", Date: time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC),
		}
	}
	want := []advisory.Statement{
		said("CVE-2026-0001", advisory.VerdictFixed, "lib 1.0", ""),
		said("CVE-2026-0001", advisory.VerdictNotAffected, "lib 1.0 of OS 9", "vulnerable code not present"),
		said("CVE-2026-0002", advisory.VerdictAffected, "lib 1.0", "workaround: Turn it off."),
	}
	if diff := cmp.Diff(want, got.Entries); diff != "" {
		t.Error(diff)
	}
	if len(got.Passed) != 3 {
		t.Errorf("%+v", got.Passed)
	}
	for name, bad := range map[string]string{
		"half":    document[:len(document)-9],
		"version": strings.Replace(document, `"2.0"`, `"1.2"`, 1),
		"draft":   strings.Replace(document, `"final"`, `"draft"`, 1),
		"secret":  strings.Replace(document, `"WHITE"`, `"RED"`, 1),
		"no id":   strings.Replace(document, `"EX-1"`, `""`, 1),
		"no date": strings.Replace(document, `"2026-05-01T10:00:00Z"`, `"now"`, 1),
		"deep":    strings.Replace(document, `"branches":[{`, `"branches":[`+strings.Repeat(`{"branches":[`, 90)+strings.Repeat(`]},`, 90)+`{`, 1),
	} {
		if d, err := Parse(strings.NewReader(bad)); err == nil || len(d.Entries) > 0 {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	one := advisory.Statement{CVE: "CVE-2026-0001", Purl: "pkg:npm/a", Verdict: advisory.VerdictOpen, Document: "D"}
	two := one
	two.Verdict = advisory.VerdictFixed
	old, new := Document{ID: "D", Date: time.Unix(1, 0), Entries: []advisory.Statement{one}}, Document{ID: "D", Date: time.Unix(2, 0), Entries: []advisory.Statement{two}}
	for _, list := range [][]Document{{old, new}, {new, old}} {
		if got, at := Merge(list...); !cmp.Equal(got, []advisory.Statement{two}) || !at.Equal(new.Date) {
			t.Errorf("%+v %v", got, at)
		}
	}
}

func TestRealDocuments(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(realdata.Dir(t, "conformance"), "osv-schema", "tools", "redhat", "testdata", "CSAF")
	for name, least := range map[string]int{"rhsa-2024_4546.json": 1, "rhsa-2024_6220.json": 10, "rhsa-2003_315.json": 1} {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		d, err := Parse(f)
		if err != nil || len(d.Entries) < least || !strings.HasPrefix(d.ID, "RHSA-") || d.Entries[0].Publisher == "" {
			t.Errorf("%s: %v, %d entries, passed %v", name, err, len(d.Entries), d.Passed)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	p, err := ParseProvider(strings.NewReader(`{"publisher":{"name":"E"},"distributions":[{"directory_url":"https://e.com/csaf"},
	 {"rolie":{"feeds":[{"tlp_label":"RED","url":"https://e.com/red.json"},{"tlp_label":"WHITE","url":"https://e.com/white.json"}]}}]}`))
	if diff := cmp.Diff(Provider{Publisher: "E", Folders: []string{"https://e.com/csaf/"}, Feeds: []string{"https://e.com/white.json"}}, p); diff != "" || err != nil {
		t.Error(err, diff)
	}
	l, err := ParseChanges(strings.NewReader("\"2026/a.json\",\"2026-05-01T10:00:00+02:00\"\n2026/b.json,2026-06-01T10:00:00Z\n../c.json,2026-06-01T10:00:00Z\n2026/a.json,2025-06-01T10:00:00Z\nd.json,later\ne.txt,2026-06-01T10:00:00Z\n"), "https://e.com/")
	want := []Listed{{URL: "https://e.com/2026/b.json", At: time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)}, {URL: "https://e.com/2026/a.json", At: time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)}}
	if diff := cmp.Diff(want, l.Documents); diff != "" || err != nil || len(l.Rejected) != 3 {
		t.Error(err, diff, l.Rejected)
	}
	l, err = ParseIndex(strings.NewReader("2026/a.json\n\n/etc/passwd.json\nhttps://evil.com/x.json\n"), "https://e.com/")
	if err != nil || len(l.Documents) != 1 || len(l.Rejected) != 2 {
		t.Error(err, l)
	}
	l, err = ParseROLIE(strings.NewReader(`{"feed":{"id":"f","entry":[{"id":"x","updated":"2026-05-01T10:00:00Z","content":{"src":"https://e.com/x.json","type":"application/json"},
	 "link":[{"rel":"self","href":"https://e.com/x.json"},{"rel":"hash","href":"https://e.com/x.json.sha512"},{"rel":"signature","href":"https://e.com/x.json.asc"}]},{"id":"y","updated":"?"}]}}`))
	if err != nil || len(l.Documents) != 1 || l.Documents[0].Hash != "https://e.com/x.json.sha512" || len(l.Rejected) != 1 {
		t.Error(err, l)
	}
	for _, bad := range []string{"", "{}", "[]", `{"feed":`} {
		if _, err := ParseROLIE(strings.NewReader(bad)); err == nil {
			t.Errorf("feed %q was taken", bad)
		}
		if _, err := ParseProvider(strings.NewReader(bad)); err == nil {
			t.Errorf("metadata %q was taken", bad)
		}
	}
	if _, err := ParseHash([]byte("zz x.json")); err == nil {
		t.Error("any text is a sum")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(document)
	f.Add(`{"feed":{"entry":[{"updated":"2026-05-01T10:00:00Z","content":{"src":"https://e.com/x.json"}}]}}`)
	f.Add("2026/a.json,2026-05-01T10:00:00Z\n")
	f.Add(`{"distributions":[{"directory_url":"https://e.com/csaf"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Parse(strings.NewReader(text))
		if err != nil && len(d.Entries) > 0 {
			t.Fatal("a document that is refused gave entries")
		}
		for _, e := range d.Entries {
			if !advisory.IsCVE(e.CVE) || !strings.HasPrefix(e.Purl, "pkg:") || e.Document == "" {
				t.Fatalf("%+v", e)
			}
		}
		_, _ = ParseProvider(strings.NewReader(text))
		_, _ = ParseHash([]byte(text))
		a, _ := ParseChanges(strings.NewReader(text), "https://e.com/csaf/")
		b, _ := ParseIndex(strings.NewReader(text), "https://e.com/csaf/")
		for _, x := range append(a.Documents, b.Documents...) {
			if !strings.HasPrefix(x.URL, "https://e.com/csaf/") || strings.Contains(x.URL, "..") && strings.Contains(x.URL, "/../") {
				t.Fatalf("%+v leads out", x)
			}
		}
		c, _ := ParseROLIE(strings.NewReader(text))
		for _, x := range c.Documents {
			if !strings.HasPrefix(x.URL, "https://") {
				t.Fatalf("%+v", x)
			}
		}
	})
}

package demo

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	packageurl "github.com/package-url/packageurl-go"

	"github.com/tidemark/tidemark/internal/realdata"
	"github.com/tidemark/tidemark/internal/twin"
)

func loaded(t *testing.T) (*table, *feeds) {
	t.Helper()
	tab, err := load()
	if err != nil {
		t.Fatal(err)
	}
	f, err := loadFeeds()
	if err != nil {
		t.Fatal(err)
	}
	return tab, f
}

func TestTheTableIsSmall(t *testing.T) {
	t.Parallel()
	size := 0
	entries, err := data.ReadDir("data")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := data.ReadFile("data/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		size += len(b)
	}
	if size > 400_000 {
		t.Errorf("the embedded data has %d bytes", size)
	}
}

func TestEveryComponentIsAPurl(t *testing.T) {
	t.Parallel()
	tab, _ := loaded(t)
	h, err := newHistory(tab, &feeds{}, now)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, versions := range h.builds {
		for _, b := range versions {
			for _, c := range b.parts {
				p, err := packageurl.FromString(c.purl)
				if err != nil || p.Version != c.version || p.Name == "" {
					t.Errorf("%s: %+v, %v; want version %s", c.purl, p, err, c.version)
				}
				names[c.key] = true
			}
			if _, err := twin.ParseRef(tab.artifact(b)); err != nil {
				t.Error(err)
			}
		}
	}
	if len(names) < 130 {
		t.Errorf("only %d components", len(names))
	}
	for _, bad := range []string{"", "npm", "npm:left-pad", "cargo:serde@1.0.0", "npm:@1"} {
		if c, err := parse(bad); err == nil {
			t.Errorf("%q gives %+v", bad, c)
		}
	}
}

func TestTheTableIsSound(t *testing.T) {
	t.Parallel()
	tab, _ := loaded(t)
	unowned, publicly := 0, 0
	for i := range tab.Services {
		s := &tab.Services[i]
		if s.Owner == "" {
			unowned++
		}
		if s.public() {
			publicly++
		}
		if s.Product == "" || s.Version == "" || s.Tier < 1 || s.Tier > 5 || s.Run.Replicas < 1 || s.hasSBOM() != (len(s.Layers) > 0) {
			t.Errorf("%+v", s)
		}
		if !slices.ContainsFunc(tab.Products, func(p product) bool { return p.Name == s.Product && p.Title != "" }) {
			t.Errorf("%s: no product %s", s.Name, s.Product)
		}
		last := s.First
		for _, r := range s.Releases {
			if r.ProdDay < 0 || r.ProdDay > 6 || r.Week <= last || r.Week >= weeks || (r.Version == "") == (r.Rollback == "") {
				t.Errorf("%s: release %+v after week %d", s.Name, r, last)
			}
			last = r.Week
			for _, l := range r.Layers {
				if tab.Layers[l] == nil {
					t.Errorf("%s: no layer %s", s.Name, l)
				}
			}
		}
	}
	if unowned != 1 || publicly < 6 || len(tab.Products) != 3 {
		t.Errorf("%d unowned, %d public, products %v", unowned, publicly, tab.Products)
	}
}

type wireRecord struct {
	ID        string   `json:"id"`
	Published string   `json:"published"`
	Aliases   []string `json:"aliases"`
	Upstream  []string `json:"upstream"`
	Summary   string   `json:"summary"`
	Severity  []struct {
		Type  string `json:"type"`
		Score string `json:"score"`
	} `json:"severity"`
	Affected []struct {
		Package struct {
			Ecosystem string `json:"ecosystem"`
			Name      string `json:"name"`
		} `json:"package"`
		Ranges []struct {
			Type   string              `json:"type"`
			Events []map[string]string `json:"events"`
		} `json:"ranges"`
	} `json:"affected"`
}

func record1(t *testing.T, body []byte) (r wireRecord) {
	t.Helper()
	if err := json.Unmarshal(body, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestEveryAdvisoryIsWellFormed(t *testing.T) {
	t.Parallel()
	tab, f := loaded(t)
	if len(f.records) < 40 {
		t.Errorf("only %d advisories", len(f.records))
	}
	seen := map[string]bool{}
	for _, o := range f.records {
		r := record1(t, o.body)
		if seen[r.ID] || r.Summary == "" || o.published.IsZero() || len(r.Affected) == 0 {
			t.Errorf("%s: known %v, %q, %s", r.ID, seen[r.ID], r.Summary, o.published)
		}
		seen[r.ID] = true
		for _, e := range o.ecosystems {
			if !slices.Contains(tab.Ecosystems, e) {
				t.Errorf("%s: nobody loads %s", r.ID, e)
			}
		}
		for _, a := range r.Affected {
			for _, rg := range a.Ranges {
				if len(rg.Events) < 2 || rg.Events[0]["introduced"] == "" {
					t.Errorf("%s: range %v", r.ID, rg)
				}
			}
		}
	}
}

// The facts are those of the public feeds; the words are not.
func TestTheFactsAreReal(t *testing.T) {
	t.Parallel()
	root := realdata.Dir(t, "osv")
	tab, f := loaded(t)
	want := map[string]osvRecord{}
	for _, o := range f.records {
		want[o.id] = o
	}
	for _, e := range tab.Ecosystems {
		z, err := zip.OpenReader(filepath.Join(root, e, "all.zip"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range z.File {
			id := strings.TrimSuffix(filepath.Base(file.Name), ".json")
			if o, ok := want[id]; ok && slices.Contains(o.ecosystems, e) {
				compare(t, e, record1(t, o.body), record1(t, unzipped(t, file)))
				delete(want, id)
			}
		}
		_ = z.Close()
	}
	for id := range want {
		t.Errorf("%s is in no public feed", id)
	}
}

func unzipped(t *testing.T, f *zip.File) []byte {
	t.Helper()
	r, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }() // only read
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func compare(t *testing.T, ecosystem string, ours, theirs wireRecord) {
	t.Helper()
	if strings.EqualFold(ours.Summary, theirs.Summary) {
		t.Errorf("%s: the summary is theirs", ours.ID)
	}
	if len(theirs.Published) > 10 && !strings.HasPrefix(theirs.Published, "1970") && ours.Published[:10] != theirs.Published[:10] {
		t.Errorf("%s: published %s, we say %s", ours.ID, theirs.Published, ours.Published)
	}
	for _, n := range append(ours.Aliases, ours.Upstream...) {
		if !slices.Contains(append(theirs.Aliases, theirs.Upstream...), n) {
			t.Errorf("%s: %s is no name of it", ours.ID, n)
		}
	}
	for _, s := range ours.Severity {
		if !slices.Contains(theirs.Severity, s) {
			t.Errorf("%s: vector %v is not theirs", ours.ID, s)
		}
	}
	text := func(r any) string { return fmt.Sprint(r) }
	for _, a := range ours.Affected {
		if !strings.HasPrefix(a.Package.Ecosystem, ecosystem) {
			continue
		}
		for _, rg := range a.Ranges {
			found := false
			for _, b := range theirs.Affected {
				if b.Package == a.Package {
					for _, x := range b.Ranges {
						found = found || text(x) == text(rg)
					}
				}
			}
			if !found {
				t.Errorf("%s: range %v of %s is not theirs", ours.ID, rg, a.Package.Name)
			}
		}
	}
}

func TestTheSignalsAreReal(t *testing.T) {
	t.Parallel()
	_, f := loaded(t)
	var catalogue struct {
		Vulnerabilities []struct{ CveID, DateAdded, DueDate, KnownRansomwareCampaignUse string }
	}
	b, err := os.ReadFile(realdata.Dir(t, "kev", "known_exploited_vulnerabilities.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &catalogue); err != nil {
		t.Fatal(err)
	}
	theirs := map[string][]string{}
	for _, v := range catalogue.Vulnerabilities {
		theirs[v.CveID] = []string{v.DateAdded, v.DueDate, v.KnownRansomwareCampaignUse}
	}
	for _, row := range f.kev[1:] {
		if diff := cmp.Diff(theirs[row[0]], row[2:]); diff != "" {
			t.Errorf("%s: %s", row[0], diff)
		}
	}
	listed := map[string]bool{}
	for _, o := range f.records {
		r := record1(t, o.body)
		for _, n := range append(append(r.Aliases, r.Upstream...), r.ID) {
			listed[n] = listed[n] || theirs[n] != nil
		}
	}
	ours := 0
	for _, yes := range listed {
		if yes {
			ours++
		}
	}
	if ours != len(f.kev)-1 {
		t.Errorf("%d of the names are in the catalogue, our excerpt has %d", ours, len(f.kev)-1)
	}
}

func TestTheScoresAreReal(t *testing.T) {
	t.Parallel()
	_, f := loaded(t)
	theirs := map[string]string{}
	for _, name := range []string{"epss_patchthis_2025-09-26_no_percentile.csv", "epss_kev_2026-08-08.csv"} {
		b, err := os.ReadFile(realdata.Dir(t, "epss", name))
		if err != nil {
			t.Fatal(err)
		}
		r := csv.NewReader(bytes.NewReader(b))
		r.Comment, r.FieldsPerRecord = '#', -1
		rows, err := r.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			theirs[row[0]] = row[1]
		}
	}
	rows, err := csv.NewReader(strings.NewReader(f.epss)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	known := 0
	for _, row := range rows[1:] {
		if s := theirs[row[0]]; s != "" {
			known++
			if s != row[1] {
				t.Errorf("%s: %s, we say %s", row[0], s, row[1])
			}
		} else if row[1] >= "0.1" {
			t.Errorf("%s: %s is in no public file; a stand-in is below 0.1", row[0], row[1])
		}
	}
	if known < 10 {
		t.Errorf("only %d scores are public ones", known)
	}
}

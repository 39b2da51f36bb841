package intel_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/intel"
)

// exploits is a folder with every index of exploits and both forms of SSVC.
func exploits(t testing.TB) folder {
	f := newFolder(t)
	f.write("msf.json", `{"exploit_a":{"fullname":"exploit/a","type":"exploit","rank":600,"disclosure_date":"2021-12-09","references":["CVE-2021-44228"]},"bad":7}`)
	f.write("cves.json", `{"ID":"CVE-2021-44228","Info":{"Name":"Log4j"}}`+"\n"+`{"ID":"CVE-2020-0002","Info":{"Name":"Two"}}`)
	f.gzip("poc.csv.gz", "cve,poc_references,github_all\nCVE-2021-44228,23,2188\nnonsense,1,1\n")
	f.write("points.tsv", "cve\texploitation\tautomatable\ttechnical_impact\ttimestamp\nCVE-2021-44228\tpoc\tno\tpartial\t2024-01-01T00:00:00Z\n")
	f.zip("vulnrichment.zip", "v-develop/2021/44xxx/CVE-2021-44229.json", `{"dataType":"CVE_RECORD","cveMetadata":{"cveId":"CVE-2021-44229"},"containers":{"adp":[{"providerMetadata":{"shortName":"CISA-ADP"},
		"metrics":[{"other":{"type":"ssvc","content":{"timestamp":"2025-01-01T00:00:00Z","options":[{"Exploitation":"none"}]}}}]}]}}`)
	f.write("CVE-2021-44228.json", `{"dataType":"CVE_RECORD","cveMetadata":{"cveId":"CVE-2021-44228"},"containers":{"adp":[{"providerMetadata":{"shortName":"CISA-ADP"},
		"metrics":[{"other":{"type":"ssvc","content":{"timestamp":"2025-01-01T00:00:00Z","options":[{"Exploitation":"active"},{"Automatable":"yes"},{"Technical Impact":"total"}]}}}]}]}}`)
	return f
}

func TestUpdateOfExploits(t *testing.T) {
	t.Parallel()
	f, db := exploits(t), openStore(t)
	want := []string{
		"ssvc/ loaded n=2 new=2 changed=0 removed=0 refused=0 gone=0",
		"metasploit/ loaded n=1 new=1 changed=0 removed=0 refused=1 gone=0",
		"nuclei/ loaded n=2 new=2 changed=0 removed=0 refused=0 gone=0",
		"poc/ loaded n=1 new=1 changed=0 removed=0 refused=1 gone=0",
	}
	if diff := cmp.Diff(want, summary(update(t, updater(db), f.dir))); diff != "" {
		t.Error(diff)
	}
	for _, s := range summary(update(t, updater(db), f.dir)) {
		if !strings.Contains(s, " unchanged ") {
			t.Errorf("the same folder again: %s", s)
		}
	}
	stored, err := db.Signals(context.Background(), []string{"CVE-2021-44228"})
	if err != nil {
		t.Fatal(err)
	}
	in, err := intel.LoadDir(context.Background(), f.dir, intel.Query{Signals: true})
	if err != nil {
		t.Fatal(err)
	}
	// What a folder says by itself has no date where the index has none.
	loaded, kept := in.SignalsOf([]string{"CVE-2021-44228"}), stored["CVE-2021-44228"]
	for i := range kept.Exploits {
		if !kept.Exploits[i].Date.Before(now) {
			kept.Exploits[i].Date = time.Time{}
		}
	}
	if diff := cmp.Diff(map[string]advisory.Signal{kept.Name: kept}, loaded); diff != "" || kept.SSVC.Exploitation != "active" || len(kept.Exploits) != 3 {
		t.Errorf("%+v %s", kept, diff)
	}
}

func TestFeedThatShrinks(t *testing.T) {
	t.Parallel()
	f, db := newFolder(t), openStore(t)
	write := func(n int) {
		var entries, cves []string
		for i := range n {
			id := fmt.Sprintf("GHSA-%d", i)
			entries, cves = append(entries, id+".json", record(id, "npm", id, "2026-07-01T00:00:00Z")), append(cves, fmt.Sprintf("CVE-2026-%04d", i))
		}
		f.zip("npm/all.zip", entries...)
		f.write("kev.json", catalogue(fmt.Sprintf("2026-08-%02dT00:00:00Z", 30-n), cves...))
	}
	write(10)
	update(t, updater(db), f.dir)
	write(8)
	for _, s := range summary(update(t, updater(db), f.dir)) {
		if !strings.Contains(s, " loaded n=8 ") {
			t.Errorf("a fifth less: %s", s)
		}
	}
	write(6)
	rep := update(t, updater(db), f.dir)
	for i, line := range summary(rep) {
		if !strings.Contains(line, " held n=8 ") || !strings.Contains(rep.Feeds[i].Rejected[0].Reason, "from 8 to 6") {
			t.Errorf("more than a fifth less: %s %+v", line, rep.Feeds[i].Rejected)
		}
	}
	signals, err := db.Signals(context.Background(), []string{"CVE-2026-0007"})
	if err != nil || signals["CVE-2026-0007"].KEV == nil {
		t.Errorf("the old data stays: %+v, %v", signals, err)
	}
	u := updater(db)
	u.AcceptShrink = []string{"kev"}
	if got := summary(update(t, u, f.dir)); !strings.Contains(got[0], "osv/npm held") || !strings.Contains(got[1], "kev/ loaded n=6") {
		t.Errorf("%v", got)
	}
}

func TestPathsAreTheSendersOwn(t *testing.T) {
	t.Parallel()
	f, db := newFolder(t), openStore(t)
	f.write("npm/all.zip", "PK\x03\x04 and nothing more")
	f.write("words.txt", "words")
	u := updater(db)
	u.As = "the archive"
	rep, err := u.Update(context.Background(), f.dir, nil)
	if fault.KindOf(err) != fault.Invalid || strings.Contains(err.Error(), f.dir) || !strings.Contains(err.Error(), "npm/all.zip") {
		t.Errorf("%v", err)
	}
	if rep.Ignored[0].Path != "words.txt" || rep.Feeds[0].Rejected[0].Where != "npm/all.zip" {
		t.Errorf("%+v", rep)
	}
	empty := newFolder(t)
	if _, err := u.Update(context.Background(), empty.dir, nil); err == nil || strings.Contains(err.Error(), filepath.Dir(empty.dir)) {
		t.Errorf("%v", err)
	}
	good := feeds(t)
	rep = update(t, u, good.dir)
	if text := fmt.Sprintf("%+v", rep); strings.Contains(text, good.dir) || rep.Feeds[0].Origin != "Debian:11/all.zip" {
		t.Error(text)
	}
}

package intel_test

import (
	"archive/zip"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/intel"
	"github.com/tidemark/tidemark/internal/intel/osv"
	"github.com/tidemark/tidemark/internal/realdata"
	"github.com/tidemark/tidemark/internal/store"
)

var now = time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)

// folder is a temporary folder of feeds.
type folder struct {
	t   testing.TB
	dir string
}

func newFolder(t testing.TB) folder {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return folder{t, dir}
}

func (f folder) path(name string) string { return filepath.Join(f.dir, filepath.FromSlash(name)) }

func (f folder) write(name, content string) {
	f.t.Helper()
	if err := os.MkdirAll(filepath.Dir(f.path(name)), 0o700); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(f.path(name), []byte(content), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// zip writes an archive of entries: name, content, name, content, …
func (f folder) zip(name string, entries ...string) {
	f.t.Helper()
	var b strings.Builder
	z := zip.NewWriter(&b)
	for i := 0; i < len(entries); i += 2 {
		w, err := z.Create(entries[i])
		if err != nil {
			f.t.Fatal(err)
		}
		if _, err := w.Write([]byte(entries[i+1])); err != nil {
			f.t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		f.t.Fatal(err)
	}
	f.write(name, b.String())
}

func (f folder) gzip(name, content string) {
	f.t.Helper()
	var b strings.Builder
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(content)); err != nil {
		f.t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		f.t.Fatal(err)
	}
	f.write(name, b.String())
}

func record(id, ecosystem, name, modified string) string {
	return fmt.Sprintf(`{"id":%q,"modified":%q,"affected":[{"package":{"ecosystem":%q,"name":%q},"versions":["1"]}]}`, id, modified, ecosystem, name)
}

func catalogue(released string, cves ...string) string {
	var list []string
	for _, c := range cves {
		list = append(list, fmt.Sprintf(`{"cveID":%q,"dateAdded":"2026-01-01"}`, c))
	}
	return fmt.Sprintf(`{"catalogVersion":"x","dateReleased":%q,"count":%d,"vulnerabilities":[%s]}`, released, len(cves), strings.Join(list, ","))
}

func scores(date string, rows ...string) string {
	return "#model_version:v1,score_date:" + date + "\ncve,epss,percentile\n" + strings.Join(rows, "\n") + "\n"
}

// feeds is a folder with one of everything.
func feeds(t testing.TB) folder {
	f := newFolder(t)
	f.zip("deep/er/npm/all.zip", "A.json", record("A", "npm", "left-pad", "2026-07-01T00:00:00Z"),
		"B.json", record("B", "npm", "b", "2026-07-02T00:00:00Z"), "bad.json", "{")
	f.zip("Debian:11/all.zip", "D.json", record("D", "Debian:11", "libx", "2026-07-03T00:00:00Z"))
	f.write("kev/new.json", catalogue("2026-08-02T00:00:00Z", "CVE-2026-0001", "CVE-2026-0002"))
	f.write("kev/old.csv", "cveID,dateAdded\nCVE-2026-0003,2026-08-01\n")
	f.gzip("epss.csv.gz", scores("2026-08-02T00:00:00Z", "CVE-2026-0001,0.5,0.9", "nonsense,1,1"))
	f.write("epss-2026-08-03-not-the-date.csv", scores("2026-08-01T00:00:00Z", "CVE-2026-0001,0.1,0.9"))
	f.write("undated.csv", "cve,epss,cvss,sources\nCVE-2026-0001,0.2,0.0,x\n")
	return f
}

func TestScan(t *testing.T) {
	t.Parallel()
	f := feeds(t)
	f.zip("npm.zip", "A.json", record("A", "npm", "a", ""))
	f.write("README.md", "words")
	f.write("A.json", record("A", "npm", "a", ""))
	f.write("empty.csv", "")
	f.write("Go/all.zip", "not a zip")
	f.write("schema.json", `{"$schema":"x","title":"catalogVersion","properties":{"catalogVersion":{},"vulnerabilities":{}}}`)
	if err := os.Symlink(f.dir, f.path("loop")); err != nil {
		t.Fatal(err)
	}
	elsewhere := newFolder(t)
	elsewhere.zip("cache/all.zip", "B.json", record("B", "PyPI", "b", ""))
	if err := os.Symlink(elsewhere.path("cache"), f.path("PyPI")); err != nil {
		t.Fatal(err)
	}
	found, err := intel.Scan(context.Background(), f.dir)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, in := range found.Inputs {
		rel, _ := filepath.Rel(f.dir, in.Path)
		got[rel] = string(in.Kind) + " " + in.Name
	}
	want := map[string]string{
		"deep/er/npm/all.zip": "osv npm", "Debian:11/all.zip": "osv Debian:11", "Go/all.zip": "osv Go", "PyPI/all.zip": "osv PyPI",
		"kev/new.json": "kev ", "kev/old.csv": "kev ",
		"epss.csv.gz": "epss ", "epss-2026-08-03-not-the-date.csv": "epss ", "undated.csv": "epss ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	ignored := map[string]string{}
	for _, in := range found.Ignored {
		rel, _ := filepath.Rel(f.dir, in.Path)
		ignored[rel] = in.Reason
	}
	want = map[string]string{
		"npm.zip":     "a zip archive that is not <Ecosystem>/all.zip",
		"README.md":   "not recognised as OSV, KEV, EPSS, exploits, SSVC, ATT&CK or CSAF",
		"schema.json": "not recognised as OSV, KEV, EPSS, exploits, SSVC, ATT&CK or CSAF",
		"A.json":      "a single OSV record: records are read from <Ecosystem>/all.zip",
		"empty.csv":   "empty",
	}
	if diff := cmp.Diff(want, ignored); diff != "" {
		t.Error(diff)
	}
}

func TestScanOfNoFolder(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	f.write("file", "x")
	for _, dir := range []string{f.path("none"), f.path("file")} {
		if _, err := intel.Scan(context.Background(), dir); fault.KindOf(err) != fault.Invalid {
			t.Errorf("Scan(%s): %v, want invalid", dir, err)
		}
	}
}

func openStore(t testing.TB) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), store.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func updater(db intel.Store) *intel.Updater {
	return &intel.Updater{Store: db, Now: func() time.Time { return now }}
}

func update(t *testing.T, u *intel.Updater, dir string) intel.Report {
	t.Helper()
	rep, err := u.Update(context.Background(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// summary is what a test compares of a report.
func summary(rep intel.Report) []string {
	var out []string
	for _, f := range rep.Feeds {
		out = append(out, fmt.Sprintf("%s/%s %s n=%d new=%d changed=%d removed=%d refused=%d gone=%d",
			f.Kind, f.Name, f.Status, f.Records, f.Did.New, f.Did.Changed, f.Did.Removed, len(f.Rejected), len(f.Gone)))
	}
	return out
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	f, db := feeds(t), openStore(t)
	u := updater(db)
	rep := update(t, u, f.dir)
	want := []string{
		"osv/Debian:11 loaded n=1 new=1 changed=0 removed=0 refused=0 gone=0",
		"osv/npm loaded n=2 new=2 changed=0 removed=0 refused=1 gone=0",
		"kev/ loaded n=2 new=2 changed=0 removed=0 refused=0 gone=0",
		"epss/ loaded n=1 new=1 changed=0 removed=0 refused=1 gone=0",
	}
	if diff := cmp.Diff(want, summary(rep)); diff != "" {
		t.Error(diff)
	}
	if len(rep.Ignored) != 3 || !strings.Contains(rep.Ignored[0].Reason, "not newer than "+f.path("kev/new.json")+" (2026-08-02T00:00:00Z)") {
		t.Errorf("ignored %+v", rep.Ignored)
	}
	wantRefused := []advisory.Rejection{
		{Where: f.path("deep/er/npm/all.zip") + ": bad.json", Reason: "1:2: expected a key in double quotes"},
		{Where: f.path("epss.csv.gz") + ": line 4", Reason: `"nonsense,1,1" is not a CVE id with a score`},
	}
	if diff := cmp.Diff(wantRefused, rep.Rejections()); diff != "" {
		t.Error(diff)
	}
	got, err := db.Feeds(context.Background())
	if err != nil || len(got) != 4 || got[1].Name != "npm" || !got[1].DataTime.Equal(time.Date(2026, 7, 2, 0, 0, 0, 0, time.UTC)) || !got[1].LoadedAt.Equal(now) {
		t.Errorf("feeds %+v, %v", got, err)
	}

	for _, s := range summary(update(t, u, f.dir)) {
		if !strings.Contains(s, " unchanged ") {
			t.Errorf("the same folder again: %s", s)
		}
	}
}

func TestUpdateOfChangedFeeds(t *testing.T) {
	t.Parallel()
	f, db := feeds(t), openStore(t)
	u := updater(db)
	update(t, u, f.dir)
	f.zip("deep/er/npm/all.zip", "A.json", strings.Replace(record("A", "npm", "left-pad", "2026-08-01T00:00:00Z"), "{", `{"withdrawn":"2026-08-01T00:00:00Z",`, 1),
		"bad.json", "{")
	f.write("kev/new.json", catalogue("2026-08-03T00:00:00Z", "CVE-2026-0002"))
	f.gzip("epss.csv.gz", scores("2026-08-01T12:00:00Z", "CVE-2026-0001,0.7,0.9"))
	rep := update(t, u, f.dir)
	want := []string{
		"osv/Debian:11 unchanged n=1 new=0 changed=0 removed=0 refused=0 gone=0",
		"osv/npm loaded n=1 new=0 changed=1 removed=0 refused=1 gone=1",
		"kev/ loaded n=1 new=0 changed=0 removed=1 refused=0 gone=0",
		"epss/ unchanged n=1 new=0 changed=0 removed=0 refused=0 gone=0", // its newest file is older than what is stored
	}
	if diff := cmp.Diff(want, summary(rep)); diff != "" {
		t.Error(diff)
	}
	if last := rep.Ignored[len(rep.Ignored)-1]; !strings.Contains(last.Reason, "older than what is loaded (2026-08-02T00:00:00Z)") {
		t.Errorf("ignored %+v", rep.Ignored)
	}
	records, err := db.Records(context.Background(), []string{"A", "B"})
	if err != nil || len(records) != 2 || records[0].Withdrawn.IsZero() || !records[1].Withdrawn.IsZero() {
		t.Errorf("records %+v, %v: A is withdrawn, B only left its feed", records, err)
	}
}

func TestUpdateWithoutUse(t *testing.T) {
	t.Parallel()
	empty, broken, hollow := newFolder(t), newFolder(t), newFolder(t)
	broken.write("npm/all.zip", "PK\x03\x04 and nothing more")
	hollow.zip("npm/all.zip", "A.json", "{}")
	for name, f := range map[string]folder{"empty": empty, "broken": broken, "hollow": hollow} {
		db := openStore(t)
		rep, err := updater(db).Update(context.Background(), f.dir, nil)
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: error %v, want invalid", name, err)
		}
		if got, err := db.Feeds(context.Background()); err != nil || len(got) != 0 {
			t.Errorf("%s: feeds %v, %v after report %+v", name, got, err, rep)
		}
	}
}

// failing fails the n-th commit of advisories.
type failing struct {
	*store.DB
	left int
}

var errDisk = errors.New("disk full")

func (f *failing) CommitAdvisories(ctx context.Context, b advisory.Batch) (advisory.Committed, error) {
	if f.left--; f.left < 0 {
		return advisory.Committed{}, errDisk
	}
	return f.DB.CommitAdvisories(ctx, b)
}

func TestUpdateThatWasCutOff(t *testing.T) {
	t.Parallel()
	f, db := newFolder(t), openStore(t)
	f.zip("npm/all.zip", "A.json", record("A", "npm", "a", ""), "B.json", record("B", "npm", "b", ""))
	u := updater(&failing{DB: db, left: 1})
	u.Batch = 1
	if _, err := u.Update(context.Background(), f.dir, nil); !errors.Is(err, errDisk) {
		t.Fatalf("error %v, want the store's", err)
	}
	u.Store = db
	want := []string{"osv/npm loaded n=2 new=1 changed=0 removed=0 refused=0 gone=0"}
	if diff := cmp.Diff(want, summary(update(t, u, f.dir))); diff != "" {
		t.Error(diff)
	}
}

func TestUpdateTellsProgress(t *testing.T) {
	t.Parallel()
	f := feeds(t)
	last := map[string]intel.Progress{}
	_, err := updater(openStore(t)).Update(context.Background(), f.dir, func(p intel.Progress) { last[p.Feed] = p })
	want := map[string]intel.Progress{
		"osv/npm":       {Feed: "osv/npm", Stage: intel.Finished, Done: 2, Total: 2},
		"osv/Debian:11": {Feed: "osv/Debian:11", Stage: intel.Finished, Done: 1, Total: 1},
		"kev":           {Feed: "kev", Stage: intel.Finished, Done: 2, Total: 2},
		"epss":          {Feed: "epss", Stage: intel.Finished, Done: 1, Total: 1},
	}
	if diff := cmp.Diff(want, last); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestLoadDir(t *testing.T) {
	t.Parallel()
	f := feeds(t)
	f.zip("Maven/all.zip", "A.json", record("A", "npm", "left-pad", "2026-07-05T00:00:00Z"), "M.json", record("M", "Maven", "g:a", "2026-07-05T00:00:00Z"))
	ids := func(in *intel.Intelligence) (list []string) {
		for _, r := range in.Records {
			list = append(list, r.ID)
		}
		return list
	}
	tests := []struct {
		name  string
		query intel.Query
		ids   []string
		feeds []string
	}{
		{"all", intel.Query{}, []string{"A", "B", "D", "M"}, []string{"Debian:11", "Maven", "npm"}},
		{"by base ecosystem", intel.Query{Ecosystems: func(e string) bool { return e == "Debian" }}, []string{"D"}, []string{"Debian:11"}},
		{"by name", intel.Query{
			Ecosystems: func(e string) bool { return e == "npm" },
			Want:       func(e, n string) bool { return e == "npm" && n == "left-pad" },
		}, []string{"A"}, []string{"npm"}},
		{"none", intel.Query{Ecosystems: func(string) bool { return false }}, nil, nil},
	}
	for _, tt := range tests {
		t.Run(strings.ReplaceAll(tt.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			in, err := intel.LoadDir(context.Background(), f.dir, tt.query)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, f := range in.Feeds {
				names = append(names, f.Name)
				if f.Name == "npm" && !f.DataTime.Equal(time.Date(2026, 7, 2, 0, 0, 0, 0, time.UTC)) {
					t.Errorf("feed %+v: its age must not depend on what was wanted of it", f)
				}
			}
			if !slices.Equal(ids(in), tt.ids) || !slices.Equal(names, tt.feeds) || in.KEV != nil {
				t.Errorf("records %v of feeds %v, want %v of %v", ids(in), names, tt.ids, tt.feeds)
			}
		})
	}
	in, err := intel.LoadDir(context.Background(), f.dir, intel.Query{Signals: true})
	if err != nil {
		t.Fatal(err)
	}
	if !in.Records[0].Modified.Equal(time.Date(2026, 7, 5, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("A is of %v, want the newer of two copies", in.Records[0].Modified)
	}
	signals := in.SignalsOf([]string{"CVE-2026-0001", "CVE-2026-0003"})
	if s := signals["CVE-2026-0001"]; len(signals) != 1 || s.KEV == nil || s.EPSS == nil || s.EPSS.Score != 0.5 {
		t.Errorf("signals %+v", signals)
	}
	if len(in.Rejected) != 2 || len(in.Ignored) != 3 {
		t.Errorf("rejected %v, ignored %v", in.Rejected, in.Ignored)
	}
}

// All of a real ecosystem comes back from the store as it was parsed.
func TestRealDataThroughTheStore(t *testing.T) {
	t.Parallel()
	dir := realdata.Dir(t, "osv", "PyPI")
	db := openStore(t)
	rep := update(t, updater(db), dir)
	if len(rep.Feeds) != 1 || rep.Feeds[0].Records != 3017 || rep.Feeds[0].Withdrawn != 10 || len(rep.Feeds[0].Rejected) != 0 {
		t.Fatalf("report %v, rejected %v; want 3,017 records, 10 withdrawn", summary(rep), rep.Rejections())
	}
	file, err := os.Open(filepath.Join(dir, "all.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }() // it was only read
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	a, err := osv.Open(file, info.Size(), osv.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	err = a.Read(context.Background(), osv.Options{}, func(c osv.Chunk) error {
		var ids []string
		for i := range c.Records {
			ids = append(ids, c.Records[i].ID)
			c.Records[i].Revision = 1
		}
		got, err := db.Records(context.Background(), ids)
		slices.SortFunc(c.Records, func(a, b advisory.Record) int { return strings.Compare(a.ID, b.ID) })
		if diff := cmp.Diff(c.Records, got); diff != "" {
			t.Errorf("%.2000s", diff)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

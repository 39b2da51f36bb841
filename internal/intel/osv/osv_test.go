package osv

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/realdata"
)

const full = `{"schema_version":"1.7.0","id":"USN-1","modified":"2026-01-02T03:04:05.123456789Z",
"published":"2026-01-01T02:00:00+02:00","withdrawn":"2026-02-01T00:00:00Z",
"aliases":["GHSA-1","","USN-1","GHSA-1"],"upstream":["CVE-1","CVE-2"],"related":["CVE-3"],
"summary":" short \nsecond line","details":"long","unknown":{"a":[1,2]},
"severity":[{"type":"CVSS_V3","score":"junk"}],
"affected":[{"package":{"ecosystem":"Ubuntu:Pro:18.04:LTS","name":"libx","purl":"pkg:deb/x"},
 "ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1:2-3"}]},
           {"type":"GIT","repo":"https://x","events":[{"introduced":"0","fixed":"abc"}]}],
 "versions":["1"],"severity":[{"type":"Ubuntu","score":"low"}],"ecosystem_specific":{"name":"no"}},
 {"ranges":[{"type":"SEMVER","events":[{"introduced":"1.0.0"},{"last_affected":"2.0.0"},{"limit":"3"}]}]}]}`

func TestParseRecord(t *testing.T) {
	t.Parallel()
	got, err := ParseRecord([]byte(full))
	if err != nil {
		t.Fatal(err)
	}
	want := advisory.Record{
		ID:        "USN-1",
		Modified:  time.Date(2026, 1, 2, 3, 4, 5, 123456000, time.UTC),
		Published: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		Withdrawn: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC),
		Aliases:   []string{"GHSA-1"},
		Upstream:  []string{"CVE-1", "CVE-2"},
		Related:   []string{"CVE-3"},
		Summary:   "short",
		Severity:  []advisory.Severity{{Type: "CVSS_V3", Score: "junk"}},
		Affected: []advisory.Affected{
			{
				Ecosystem: "Ubuntu", Release: "Pro:18.04:LTS", Name: "libx", Versions: []string{"1"},
				Severity: []advisory.Severity{{Type: "Ubuntu", Score: "low"}},
				Ranges: []advisory.Range{
					{Type: "ECOSYSTEM", Events: []advisory.Event{{Introduced: "0"}, {Fixed: "1:2-3"}}},
					{Type: "GIT", Repo: "https://x", Events: []advisory.Event{{Introduced: "0"}, {Fixed: "abc"}}},
				},
			},
			{Ranges: []advisory.Range{{Type: "SEMVER", Events: []advisory.Event{{Introduced: "1.0.0"}, {LastAffected: "2.0.0"}, {Limit: "3"}}}}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseRecordRefuses(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 10<<20)
	tests := []struct{ name, in, want string }{
		{"empty", ``, "the document ends"},
		{"no id", `{"modified":"2026-01-01T00:00:00Z"}`, "no id"},
		{"array", `[]`, "cannot unmarshal array"},
		{"id of another type", `{"id":7}`, "cannot unmarshal number"},
		{"truncated", full[:300], "the document ends"},
		{"repeated key", `{"id":"A","id":"B"}`, `key "id" appears twice`},
		{"deep", `{"id":"A","x":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`, "nested deeper"},
		{"bad time", `{"id":"A","withdrawn":"yesterday"}`, `withdrawn: "yesterday" is not a time`},
		{"huge id", `{"id":"` + long + `"}`, "longer than 256"},
		{"huge version", `{"id":"A","affected":[{"versions":["` + long + `"]}]}`, "affected[0]: "},
		{"id with a line break", `{"id":"A\nB"}`, "control character"},
		{"latin-1", "{\"id\":\"A\xe9\"}", "1:9: not UTF-8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseRecord([]byte(tt.in))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %.200v, want one with %q", err, tt.want)
			}
			if len(err.Error()) > 400 {
				t.Errorf("the message is %d bytes long", len(err.Error()))
			}
		})
	}
}

func TestTimesThatAreNone(t *testing.T) {
	t.Parallel()
	r, err := ParseRecord([]byte(`{"id":"A","modified":"1970-01-01T00:00:00Z","withdrawn":"0001-01-01T00:00:00Z","affected":[{"versions":[]}]}`))
	if diff := cmp.Diff(advisory.Record{ID: "A", Affected: []advisory.Affected{{}}}, r); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestTitle(t *testing.T) {
	t.Parallel()
	tests := []struct{ summary, details, want string }{
		{"", "", ""},
		{"a", "b", "a"},
		{" ", "first line\nsecond", "first line"},
		{"", strings.Repeat("é", 200), strings.Repeat("é", maxTitle) + "…"},
		{strings.Repeat("é", maxSummary), "", strings.Repeat("é", maxSummary)},
	}
	for _, tt := range tests {
		if got := title(tt.summary, tt.details); got != tt.want {
			t.Errorf("title(%.20q, %.20q) = %q, want %q", tt.summary, tt.details, got, tt.want)
		}
	}
}

// entry is a file of a test archive.
type entry struct{ name, body string }

func archive(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		w, err := z.Create(e.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(t testing.TB, b []byte, l Limits) *Archive {
	t.Helper()
	a, err := Open(bytes.NewReader(b), int64(len(b)), l)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestReadRejectsAndGoesOn(t *testing.T) {
	t.Parallel()
	a := open(t, archive(t,
		entry{"A.json", `{"id":"A"}`},
		entry{"B.json", `{"id":`},
		entry{"d/", ""},
		entry{"D.txt", `{"id":"D"}`},
		entry{"E.json", `{"id":"E","details":"` + strings.Repeat("e", 5000) + `"}`},
		entry{"F.json", `{"id":"F","affected":[{"package":{"name":"left"}}]}`},
		entry{"G.json", `{"id":"G","affected":[{"package":{"name":"wanted"}}]}`},
	), Limits{EntryBytes: 1000})
	var ids []string
	rejected := map[string]string{}
	skipped := 0
	keep := func(b []byte) bool { return !bytes.Contains(b, []byte("left")) }
	err := a.Read(context.Background(), Options{Workers: 2, Size: 3, Keep: keep}, func(c Chunk) error {
		for _, r := range c.Records {
			ids = append(ids, r.ID)
		}
		for _, r := range c.Rejected {
			rejected[r.Where] = r.Reason
		}
		skipped += c.Skipped
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"A", "G"}, ids); diff != "" {
		t.Error(diff)
	}
	want := map[string]string{
		"B.json": "1:7: the document ends where a value is expected",
		"D.txt":  "not a .json entry",
		"E.json": "larger than 1000 bytes",
	}
	if diff := cmp.Diff(want, rejected); diff != "" {
		t.Error(diff)
	}
	if skipped != 1 {
		t.Errorf("%d entries left out, want 1", skipped)
	}
}

func TestReadStopsOnErrorAndCancel(t *testing.T) {
	t.Parallel()
	a := open(t, archive(t, entry{"A.json", `{"id":"A"}`}, entry{"B.json", `{"id":"B"}`}), Limits{})
	stop := errors.New("stop")
	if err := a.Read(context.Background(), Options{Size: 1}, func(Chunk) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("error %v, want the one of yield", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := a.Read(ctx, Options{}, func(Chunk) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want cancelled", err)
	}
}

func TestBombs(t *testing.T) {
	t.Parallel()
	zeros := strings.Repeat("0", 4<<20)
	b := archive(t, entry{"A.json", `{"id":"A"}`}, entry{"B.json", zeros})
	tests := []struct {
		name   string
		limits Limits
		want   string
	}{
		{"ratio", Limits{}, "more than 100 times its size"},
		{"total", Limits{TotalBytes: 1 << 20}, "more than 1048576 bytes"},
		{"entries", Limits{Entries: 1}, "2 entries are more than 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Open(bytes.NewReader(b), int64(len(b)), tt.limits)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want one with %q", err, tt.want)
			}
		})
	}
	if _, err := Open(bytes.NewReader(b[:100]), 100, Limits{}); err == nil {
		t.Error("a truncated archive was opened")
	}
}

// A directory that lies about an entry's size must not make us believe a part of it.
func TestLyingDirectory(t *testing.T) {
	t.Parallel()
	b := archive(t, entry{"A.json", `{"id":"A"}          `})
	lie := bytes.Clone(b)
	i := bytes.LastIndex(lie, []byte("PK\x01\x02"))
	lie[i+24] = 10 // the uncompressed size, low byte
	a := open(t, lie, Limits{})
	err := a.Read(context.Background(), Options{}, func(c Chunk) error {
		if len(c.Records) != 0 || len(c.Rejected) != 1 {
			t.Errorf("got %d records and %d rejections, want one rejection", len(c.Records), len(c.Rejected))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestMentions(t *testing.T) {
	t.Parallel()
	want := func(name string) bool { return name == "x" }
	tests := []struct {
		in   string
		want bool
	}{
		{`{"affected":[{"package":{"name":"x"}}]}`, true},
		{`{"name" : "x"}`, true},
		{`{"name":"y","x":"name","other":"x"}`, false},
		{`{"name":"y"},{"name":"x"}`, true},
		{`{"name":"\u0078"}`, true},
		{`{"name":["x"]}`, false},
		{`{"name"`, false},
		{`{"name":"x`, false},
		{``, false},
	}
	for _, tt := range tests {
		if got := Mentions([]byte(tt.in), want); got != tt.want {
			t.Errorf("Mentions(%s) = %v, want %v", tt.in, got, tt.want)
		}
	}
}

// Every record of the real data is read, with what INDEX.tsv says of it.
func TestRealData(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		ecosystem          string
		records, withdrawn int
	}{{"Go", 4672, 18}, {"crates.io", 1214, 13}, {"GIT", 132, 0}, {"Red Hat", 2, 0}} {
		t.Run(strings.ReplaceAll(tt.ecosystem, " ", "_"), func(t *testing.T) {
			t.Parallel()
			b, err := os.ReadFile(realdata.Dir(t, "osv", tt.ecosystem, "all.zip"))
			if err != nil {
				t.Fatal(err)
			}
			records, withdrawn := 0, 0
			err = open(t, b, Limits{}).Read(context.Background(), Options{Workers: 2}, func(c Chunk) error {
				records += len(c.Records)
				for _, r := range c.Rejected {
					t.Errorf("%s: %s", r.Where, r.Reason)
				}
				for _, r := range c.Records {
					if !r.Withdrawn.IsZero() {
						withdrawn++
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if records != tt.records || withdrawn != tt.withdrawn {
				t.Errorf("%d records, %d withdrawn; want %d, %d", records, withdrawn, tt.records, tt.withdrawn)
			}
		})
	}
}

func FuzzParseRecord(f *testing.F) {
	for _, s := range []string{full, `{"id":"A"}`, `{"id":"A","id":"B"}`, `{"id":"A","withdrawn":"x"}`, "\xff\xfe", `{"id":"A","affected":null}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseRecord(b)
		if err != nil {
			return
		}
		if r.ID == "" || len(r.ID) > maxID {
			t.Errorf("accepted with id %q", r.ID)
		}
		for _, a := range r.Affected {
			if !Mentions(b, func(n string) bool { return n == a.Name }) && a.Name != "" && bytes.Contains(b, nameKey) &&
				!bytes.ContainsRune(b, '\\') && !bytes.Contains(bytes.ToLower(bytes.ReplaceAll(b, nameKey, nil)), []byte(`"name"`)) {
				t.Errorf("the pre-pass misses package %q of %q", a.Name, b)
			}
		}
	})
}

func FuzzArchive(f *testing.F) {
	f.Add(archive(f, entry{"A.json", `{"id":"A"}`}, entry{"B.json", "{}"}))
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Open(bytes.NewReader(b), int64(len(b)), Limits{EntryBytes: 1 << 16, TotalBytes: 1 << 20, Entries: 100})
		if err != nil {
			return
		}
		n := 0
		err = a.Read(context.Background(), Options{}, func(c Chunk) error {
			n += len(c.Records) + len(c.Rejected)
			return nil
		})
		if err != nil || n != a.Len() {
			t.Errorf("%d entries gave %d answers, error %v", a.Len(), n, err)
		}
	})
}

func TestReleases(t *testing.T) {
	t.Parallel()
	body := `{"affected":[{"package":{"ecosystem" : "Debian:12","name":"a"}},{"package":{"ecosystem":"npm"}},{"package":{"ecosystem":"Ubuntu:22.04:LTS"}}],"ecosystem":7,"x":"\"ecosystem\""}`
	var got []string
	Releases([]byte(body), func(e []byte) { got = append(got, string(e)) })
	if want := []string{"Debian:12", "Ubuntu:22.04:LTS"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestOpenRefusesWhatNoPublisherPacks(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"../C.json", "/C.json", "a/../../C.json", `..\C.json`} {
		b := archive(t, entry{"A.json", `{"id":"A"}`}, entry{name, `{"id":"C"}`})
		if _, err := Open(bytes.NewReader(b), int64(len(b)), Limits{}); err == nil || !strings.Contains(err.Error(), "leads out") {
			t.Errorf("%s: %v", name, err)
		}
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	head := &zip.FileHeader{Name: "A.json"}
	head.SetMode(os.ModeSymlink | 0o777)
	w, err := z.CreateHeader(head)
	if err == nil {
		_, err = w.Write([]byte("/etc/passwd"))
	}
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(bytes.NewReader(b.Bytes()), int64(b.Len()), Limits{}); err == nil || !strings.Contains(err.Error(), "a link") {
		t.Errorf("a link: %v", err)
	}
}

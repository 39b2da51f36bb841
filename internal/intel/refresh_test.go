package intel_test

import (
	"context"
	"crypto/md5"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/intel"
	"github.com/tidemark/tidemark/internal/intel/fetch"
)

// osvSite is a publisher of one ecosystem, as its bucket looks.
type osvSite struct {
	t       *testing.T
	dir     folder
	records map[string]string // by id
	stamps  map[string]string // what the list says, where it is not the record's own
	server  *httptest.Server
	mu      sync.Mutex
	asked   map[string]int // by path, answers with a body
	broken  map[string]int // paths that answer 503 so many times
	damaged int            // archives that are sent with another checksum
}

func newSite(t *testing.T, n int) *osvSite {
	s := &osvSite{t: t, dir: newFolder(t), records: map[string]string{}, stamps: map[string]string{}, asked: map[string]int{}, broken: map[string]int{}}
	for i := range n {
		s.put(fmt.Sprintf("GHSA-%02d", i), "2026-07-01T00:00:00Z")
	}
	files := http.FileServer(http.Dir(s.dir.dir))
	s.server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.broken[r.URL.Path] > 0 {
			s.broken[r.URL.Path]--
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		rec := httptest.NewRecorder()
		if b, err := os.ReadFile(s.dir.path(r.URL.Path[1:])); err == nil {
			sum := md5.Sum(b)
			if s.damaged > 0 && strings.HasSuffix(r.URL.Path, "all.zip") {
				s.damaged--
				sum[0]++
			}
			rec.Header().Set("X-Goog-Hash", "crc32c=AAAAAA==,md5="+base64.StdEncoding.EncodeToString(sum[:]))
			rec.Header().Set("ETag", fmt.Sprintf(`"%x"`, md5.Sum(b)))
		}
		files.ServeHTTP(rec, r)
		maps.Copy(w.Header(), rec.Header())
		if rec.Code == http.StatusOK {
			s.asked[strings.TrimPrefix(r.URL.Path, "/npm/")]++
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
	}))
	t.Cleanup(s.server.Close)
	s.pack()
	s.list()
	return s
}

func (s *osvSite) put(id, modified string) { s.records[id] = record(id, "npm", id, modified) }

// pack makes the archive of today's records.
func (s *osvSite) pack() {
	var entries []string
	for id, body := range s.records {
		entries = append(entries, id+".json", body)
	}
	s.dir.zip("npm/all.zip", entries...)
}

// list publishes the records one by one, and the list of them.
func (s *osvSite) list() {
	var lines []string
	for id, body := range s.records {
		s.dir.write("npm/"+id+".json", body)
		at := s.stamps[id]
		if _, rest, found := strings.Cut(body, `"modified":"`); found && at == "" {
			at, _, _ = strings.Cut(rest, `"`)
		}
		lines = append(lines, at+","+id)
	}
	s.dir.write("npm/modified_id.csv", strings.Join(lines, "\n")+"\n")
}

// sent is what was sent since it was last asked.
func (s *osvSite) sent() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := maps.Clone(s.asked)
	clear(s.asked)
	return out
}

func (s *osvSite) updater(db intel.Store) *intel.Updater {
	roots := x509.NewCertPool()
	roots.AddCert(s.server.Certificate())
	u := updater(db)
	u.Fetcher = fetch.New(fetch.Config{AllowPrivate: true, Roots: roots, Sleep: func(context.Context, time.Duration) error { return nil }})
	u.Sources = intel.Sources{Cache: filepath.Join(s.t.TempDir(), "cache"), OSV: s.server.URL, Ecosystems: []string{"npm"}}
	return u
}

func (s *osvSite) expect(u *intel.Updater, sent map[string]int, report ...string) intel.Report {
	s.t.Helper()
	rep := update(s.t, u, "")
	if diff := cmp.Diff(report, summary(rep)); diff != "" {
		s.t.Error(diff)
	}
	if diff := cmp.Diff(sent, s.sent()); diff != "" {
		s.t.Errorf("sent: %s", diff)
	}
	return rep
}

func TestOnlyWhatChangedIsFetched(t *testing.T) {
	t.Parallel()
	s := newSite(t, 20)
	db := openStore(t)
	u := s.updater(db)
	s.expect(u, map[string]int{"modified_id.csv": 1, "all.zip": 1}, "osv/npm loaded n=20 new=20 changed=0 removed=0 refused=0 gone=0")
	s.expect(u, map[string]int{}, "osv/npm unchanged n=20 new=0 changed=0 removed=0 refused=0 gone=0")

	s.put("GHSA-03", "2026-07-05T00:00:00Z")
	s.put("GHSA-99", "2026-07-06T00:00:00Z")
	s.records["GHSA-04"] = `{"id":`
	s.stamps["GHSA-04"] = "2026-07-05T00:00:00Z"
	s.stamps["GHSA-05"] = "2026-07-07T00:00:00Z" // the list is ahead of the record
	s.list()
	rep := s.expect(u, map[string]int{"modified_id.csv": 1, "GHSA-03.json": 1, "GHSA-99.json": 1, "GHSA-04.json": 1, "GHSA-05.json": 1},
		"osv/npm loaded n=21 new=1 changed=1 removed=0 refused=2 gone=0")
	if why := fmt.Sprint(rep.Feeds[0].Rejected); !strings.Contains(why, "GHSA-04.json broken") || !strings.Contains(why, "older than the list says") {
		t.Error(why)
	}
	if got := rep.Feeds[0].DataTime; !got.Equal(time.Date(2026, 7, 6, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("data of %s", got)
	}
	s.expect(u, map[string]int{"GHSA-05.json": 1}, "osv/npm unchanged n=21 new=0 changed=0 removed=0 refused=1 gone=0")
	s.put("GHSA-05", "2026-07-07T00:00:00Z")
	s.put("GHSA-07", "2026-07-07T00:00:00Z")
	s.broken["/npm/GHSA-07.json"] = 5
	s.list()
	s.expect(u, map[string]int{"modified_id.csv": 1, "GHSA-05.json": 1}, "osv/npm loaded n=21 new=0 changed=1 removed=0 refused=1 gone=0")
	s.broken["/npm/GHSA-07.json"] = 2 // which passes
	s.expect(u, map[string]int{"GHSA-07.json": 1}, "osv/npm loaded n=21 new=0 changed=1 removed=0 refused=0 gone=0")
	s.expect(u, map[string]int{}, "osv/npm unchanged n=21 new=0 changed=0 removed=0 refused=0 gone=0")

	other := openStore(t)
	u.Store = other
	s.expect(u, map[string]int{}, "osv/npm loaded n=21 new=21 changed=0 removed=0 refused=0 gone=0")
	a, errA := db.Records(context.Background(), []string{"GHSA-03", "GHSA-05", "GHSA-99"})
	b, errB := other.Records(context.Background(), []string{"GHSA-03", "GHSA-05", "GHSA-99"})
	for i := range a {
		a[i].Revision = 1
	}
	if diff := cmp.Diff(b, a); diff != "" || errA != nil || errB != nil {
		t.Errorf("one by one, and from the archive: %s %v %v", diff, errA, errB)
	}
}

func TestManyChangesAreFetchedAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, 20)
	s.damaged = 1
	u := s.updater(openStore(t))
	s.expect(u, map[string]int{"modified_id.csv": 1, "all.zip": 2}, "osv/npm loaded n=20 new=20 changed=0 removed=0 refused=0 gone=0")
	for i := range 10 {
		s.put(fmt.Sprintf("GHSA-%02d", i), "2026-07-02T00:00:00Z")
	}
	s.pack()
	s.list()
	s.expect(u, map[string]int{"modified_id.csv": 1, "all.zip": 1}, "osv/npm loaded n=20 new=0 changed=10 removed=0 refused=0 gone=0")
}

func TestListThatShrinks(t *testing.T) {
	t.Parallel()
	s := newSite(t, 20)
	u := s.updater(openStore(t))
	s.expect(u, map[string]int{"modified_id.csv": 1, "all.zip": 1}, "osv/npm loaded n=20 new=20 changed=0 removed=0 refused=0 gone=0")
	for i := range 10 {
		delete(s.records, fmt.Sprintf("GHSA-%02d", i))
	}
	s.pack()
	s.list()
	s.expect(u, map[string]int{"modified_id.csv": 1}, "osv/npm held n=20 new=0 changed=0 removed=0 refused=1 gone=0")
	s.expect(u, map[string]int{}, "osv/npm held n=20 new=0 changed=0 removed=0 refused=1 gone=0")
	u.AcceptShrink = []string{"osv/npm"}
	s.expect(u, map[string]int{"all.zip": 1}, "osv/npm loaded n=10 new=0 changed=0 removed=0 refused=0 gone=10")
	u.AcceptShrink = nil
	s.expect(u, map[string]int{}, "osv/npm unchanged n=10 new=0 changed=0 removed=0 refused=0 gone=0")
}

package intel_test

import (
	"context"
	"crypto/x509"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/intel"
	"github.com/tidemark/tidemark/internal/intel/fetch"
)

// publisher serves a folder of feeds at the public layout, and counts answers.
func publisher(t *testing.T, dir string) (*httptest.Server, func() map[int]int) {
	var mu sync.Mutex
	codes := map[int]int{}
	files := http.FileServer(http.Dir(dir))
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/down/all.zip" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		rec := httptest.NewRecorder()
		files.ServeHTTP(rec, r)
		mu.Lock()
		codes[rec.Code]++
		mu.Unlock()
		for k, v := range rec.Header() {
			w.Header()[k] = v
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
	}))
	t.Cleanup(s.Close)
	return s, func() map[int]int {
		mu.Lock()
		defer mu.Unlock()
		return maps.Clone(codes)
	}
}

func TestUpdateFromPublicAddresses(t *testing.T) {
	t.Parallel()
	f, db := newFolder(t), openStore(t)
	f.zip("Red Hat/all.zip", "R.json", record("R", "Red Hat:x", "r", "2026-07-01T00:00:00Z"))
	f.write("kev.json", catalogue("2026-08-02T00:00:00Z", "CVE-2026-0001"))
	f.gzip("epss.csv.gz", scores("2026-08-02T00:00:00Z", "CVE-2026-0001,0.5,0.9"))
	s, codes := publisher(t, f.dir)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	u := updater(db)
	u.Fetcher = fetch.New(fetch.Config{AllowPrivate: true, Roots: roots})
	u.Sources = intel.Sources{Cache: filepath.Join(t.TempDir(), "cache"), OSV: s.URL, Ecosystems: []string{"Red Hat", "down"}, KEV: s.URL + "/kev.json?key=secret", EPSS: s.URL + "/epss.csv.gz"}

	rep := update(t, u, "")
	want := []string{
		"osv/down rejected n=0 new=0 changed=0 removed=0 refused=1 gone=0",
		"osv/Red Hat loaded n=1 new=1 changed=0 removed=0 refused=0 gone=0",
		"kev/ loaded n=1 new=1 changed=0 removed=0 refused=0 gone=0",
		"epss/ loaded n=1 new=1 changed=0 removed=0 refused=0 gone=0",
	}
	if diff := cmp.Diff(want, summary(rep)); diff != "" {
		t.Error(diff)
	}
	if got := rep.Feeds[2].Origin; got != s.URL+"/kev.json" {
		t.Errorf("origin %q, want the address without its secret", got)
	}
	rep = update(t, u, "")
	for _, line := range summary(rep)[1:] {
		if !strings.Contains(line, " unchanged ") {
			t.Errorf("again: %s", line)
		}
	}
	if got := codes(); got[200] != 3 || got[304] != 3 {
		t.Errorf("answers %v, want each file sent once", got)
	}
}

func TestUpdateFromNowhere(t *testing.T) {
	t.Parallel()
	u := updater(openStore(t))
	if _, err := u.Update(context.Background(), "", nil); fault.KindOf(err) != fault.Invalid {
		t.Errorf("error %v, want invalid", err)
	}
	u.Fetcher = fetch.New(fetch.Config{})
	for _, e := range []string{"../up", "a/b", ""} {
		u.Sources = intel.Sources{Cache: t.TempDir(), OSV: "https://example.invalid", Ecosystems: []string{e}}
		if _, err := u.Update(context.Background(), "", nil); fault.KindOf(err) != fault.Invalid {
			t.Errorf("ecosystem %q: error %v, want invalid", e, err)
		}
	}
	s := intel.DefaultSources("/cache")
	if s.OSV == "" || s.KEV == "" || s.EPSS == "" || !slices.Contains(s.Ecosystems, "Maven") {
		t.Errorf("defaults %+v", s)
	}
}

package intel_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/intel"
	"github.com/tidemark/tidemark/internal/realdata"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

// peakMemory is the largest resident size of this process so far, in MB; 0
// where the system does not say.
func peakMemory() float64 {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1024
		}
	}
	return 0
}

// BenchmarkUpdate loads all of the shared advisories, KEV and EPSS into an
// empty store of each engine, then asks it to do so again.
func BenchmarkUpdate(b *testing.B) {
	dir := realdata.Dir(b)
	b.Run("sqlite", func(b *testing.B) {
		for b.Loop() {
			loadAll(b, dir, store.Config{Dir: b.TempDir()})
		}
	})
	b.Run("postgres", func(b *testing.B) {
		server := storetest.StartServer(b)
		for b.Loop() {
			loadAll(b, dir, store.Config{URL: server.Database(b)})
		}
	})
}

func loadAll(b *testing.B, dir string, cfg store.Config) {
	b.Helper()
	ctx := context.Background()
	db, err := store.Open(ctx, cfg)
	if err != nil {
		b.Fatal(err)
	}
	u := intel.Updater{Store: db, Now: time.Now}
	start, n := time.Now(), 0
	for _, part := range []string{"osv", "kev", "epss"} {
		rep, err := u.Update(ctx, filepath.Join(dir, part), nil)
		if err != nil {
			b.Fatal(err)
		}
		for _, f := range rep.Feeds {
			n += f.Records
		}
	}
	took := time.Since(start)
	b.ReportMetric(took.Seconds(), "s/load")
	b.ReportMetric(float64(n), "records")
	b.ReportMetric(float64(n)/took.Seconds(), "records/s")
	b.ReportMetric(peakMemory(), "MB-peak")
	start = time.Now()
	if _, err := u.Update(ctx, filepath.Join(dir, "osv"), nil); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(time.Since(start).Seconds(), "s/unchanged")
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkLoadDir reads Maven as "scan" does, for a few hundred packages.
func BenchmarkLoadDir(b *testing.B) {
	dir := realdata.Dir(b, "osv")
	maven := func(e string) bool { return e == "Maven" }
	for name, want := range map[string]func(e, n string) bool{
		"all":    nil,
		"wanted": func(e, n string) bool { return e == "Maven" && strings.HasPrefix(n, "org.keycloak:") },
	} {
		b.Run(name, func(b *testing.B) {
			var in *intel.Intelligence
			for b.Loop() {
				var err error
				if in, err = intel.LoadDir(context.Background(), dir, intel.Query{Ecosystems: maven, Want: want}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(in.Records)), "records")
		})
	}
}

var _ intel.Store = (*store.DB)(nil)

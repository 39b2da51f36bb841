package intel_test

import (
	"context"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/intel"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/testdata"
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
// empty store. TIDEMARK_BENCH_DB names a database for PostgreSQL.
func BenchmarkUpdate(b *testing.B) {
	dir := testdata.Dir(b)
	for b.Loop() {
		b.StopTimer()
		db, err := store.Open(context.Background(), store.Config{Dir: b.TempDir(), URL: os.Getenv("TIDEMARK_BENCH_DB")})
		if err != nil {
			b.Fatal(err)
		}
		u := intel.Updater{Store: db, Now: time.Now}
		b.StartTimer()
		start := time.Now()
		n := 0
		for _, part := range []string{"osv", "kev", "epss"} {
			rep, err := u.Update(context.Background(), dir+"/"+part, nil)
			if err != nil {
				b.Fatal(err)
			}
			for _, f := range rep.Feeds {
				n += f.Records
			}
		}
		took := time.Since(start)
		b.StopTimer()
		b.ReportMetric(took.Seconds(), "s/load")
		b.ReportMetric(float64(n)/took.Seconds(), "records/s")
		b.ReportMetric(peakMemory(), "MB-peak")
		again := time.Now()
		if _, err := u.Update(context.Background(), dir+"/osv", nil); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(again).Seconds(), "s/unchanged")
		b.StartTimer()
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoadDir reads Maven as "scan" does, for a few hundred packages.
func BenchmarkLoadDir(b *testing.B) {
	dir := testdata.Dir(b, "osv")
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

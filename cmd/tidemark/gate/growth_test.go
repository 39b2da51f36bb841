package gate_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/tidemark/tidemark/cmd/tidemark/gate"
	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/intel"
	"github.com/tidemark/tidemark/internal/match"
	"github.com/tidemark/tidemark/internal/match/compiled"
	"github.com/tidemark/tidemark/internal/realdata"
	"github.com/tidemark/tidemark/internal/twin"
)

// BenchmarkGrowth prints what compiling, opening, asking and scanning cost with
// ten and a hundred times as many advisories, and ten and a hundred times as many
// components. The advisories are those of RubyGems, again and again under other
// names. Times are the processors', which a busy machine distorts less.
func BenchmarkGrowth(b *testing.B) {
	records := gemRecords(b)
	for _, times := range []int{1, 10, 100} {
		path := filepath.Join(b.TempDir(), "grown.tmidx")
		b.Run(fmt.Sprintf("advisories=%d", times*len(records)), func(b *testing.B) {
			for b.Loop() {
				began := cpuTime(b)
				size := compileTimes(b, path, records, times)
				b.ReportMetric((cpuTime(b) - began).Seconds(), "s-compile")
				b.ReportMetric(float64(size)/1e6, "MB-file")
				askGrown(b, path, records)
			}
		})
	}
	path := filepath.Join(b.TempDir(), "one.tmidx")
	compileTimes(b, path, records, 1)
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("components=%d", n), func(b *testing.B) {
			for b.Loop() {
				known, err := gate.OpenIndex(path)
				if err != nil {
					b.Fatal(err)
				}
				in := gate.Inputs{Docs: []gate.Document{gems(records, n)}}
				began := cpuTime(b)
				out := gate.Scan(known, in, time.Now())
				b.ReportMetric((cpuTime(b)-began).Seconds()*1e3, "ms-scan")
				b.ReportMetric(float64(len(out.Items)), "matches")
			}
		})
	}
}

// askGrown opens the file, asks a thousand names and scans a thousand components.
func askGrown(b *testing.B, path string, records []advisory.Record) {
	b.Helper()
	const opened, asked = 20, 1000
	began := cpuTime(b)
	var known *gate.Knowledge
	var err error
	for range opened {
		if known, err = gate.OpenIndex(path); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((cpuTime(b)-began).Microseconds())/opened, "µs-open")
	file, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	ix, err := compiled.Open(file, match.Rules)
	if err != nil {
		b.Fatal(err)
	}
	began = cpuTime(b)
	for i := range asked {
		name := records[i*7%len(records)].Affected[0].Name
		if _, err := ix.Records(advisory.PackageKey{Ecosystem: "RubyGems", Name: name}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((cpuTime(b)-began).Microseconds())/asked, "µs-look-up")
	began = cpuTime(b)
	gate.Scan(known, gate.Inputs{Docs: []gate.Document{gems(records, 1000)}}, time.Now())
	b.ReportMetric((cpuTime(b)-began).Seconds()*1e3, "ms-scan")
}

// gemRecords are the advisories of RubyGems, each about one gem.
func gemRecords(b *testing.B) (list []advisory.Record) {
	b.Helper()
	_, err := intel.Stream(b.Context(), realdata.Dir(b, "osv"), intel.Query{
		Ecosystems: func(e string) bool { return e == "RubyGems" },
	}, func(some []advisory.Record) error {
		for _, r := range some {
			if len(r.Affected) > 0 && r.Affected[0].Ecosystem == "RubyGems" {
				r.Affected = r.Affected[:1]
				list = append(list, r)
			}
		}
		return nil
	})
	if err != nil || len(list) < 1000 {
		b.Fatalf("%d advisories, %v", len(list), err)
	}
	return list
}

// compileTimes writes an index in which every record stands so many times, each
// time about another name.
func compileTimes(b *testing.B, path string, records []advisory.Record, times int) (size int64) {
	b.Helper()
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }() // Close of the writer has told what failed
	w, err := compiled.NewWriter(f, match.Rules)
	if err != nil {
		b.Fatal(err)
	}
	for n := range times {
		for _, r := range records {
			if n > 0 {
				r.ID = fmt.Sprintf("%s-%d", r.ID, n)
				r.Affected = slices.Clone(r.Affected)
				r.Affected[0].Name += fmt.Sprintf("-%d", n)
			}
			if err := w.Add(&r); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := w.Close([]advisory.Feed{{Kind: advisory.FeedOSV, Name: "RubyGems"}}, false); err != nil {
		b.Fatal(err)
	}
	_, _, size = w.Made()
	return size
}

// gems is a document of distinct gems, every tenth of which has advisories.
func gems(records []advisory.Record, n int) gate.Document {
	d := gate.Document{Name: "grown", SBOM: twin.SBOM{Components: make([]twin.Component, n)}}
	for i := range d.SBOM.Components {
		name := fmt.Sprintf("none-%d", i)
		if i%10 == 0 {
			name = records[i/10%len(records)].Affected[0].Name
		}
		version := fmt.Sprintf("%d.%d.%d", i/10%5, i/50%17, i/(10*len(records)))
		d.SBOM.Components[i] = twin.Component{Purl: "pkg:gem/" + name + "@" + version, Version: version}
	}
	return d
}

// cpuTime is what this process has used, and not what others have.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

package gate_test

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/tidemark/tidemark/cmd/tidemark/gate"
	"github.com/tidemark/tidemark/internal/match"
	"github.com/tidemark/tidemark/internal/match/compiled"
	"github.com/tidemark/tidemark/internal/realdata"
	"github.com/tidemark/tidemark/internal/twin"
)

// BenchmarkCompile makes the index of all shared advisories. Beside it stands
// the limit: the same archives, only unpacked.
func BenchmarkCompile(b *testing.B) {
	dir := realdata.Dir(b, "osv")
	began := time.Now()
	unpacked := unpack(b, dir)
	limit := time.Since(began)
	for b.Loop() {
		began := time.Now()
		doc, err := gate.Compile(b.Context(), dir, filepath.Join(b.TempDir(), "all.tmidx"), began)
		if err != nil {
			b.Fatal(err)
		}
		took := time.Since(began)
		b.ReportMetric(took.Seconds(), "s/compile(max:8)")
		b.ReportMetric(took.Seconds()/limit.Seconds(), "x-unpacking")
		b.ReportMetric(float64(doc.Bytes)/float64(unpacked), "of-unpacked(max:0.33)")
		b.ReportMetric(float64(doc.Records), "records")
	}
}

// unpack reads every entry of every archive, and returns how many bytes that is.
func unpack(b *testing.B, dir string) (n int64) {
	b.Helper()
	archives, err := filepath.Glob(filepath.Join(dir, "*", "all.zip"))
	if err != nil {
		b.Fatal(err)
	}
	for _, path := range archives {
		z, err := zip.OpenReader(path)
		if err != nil {
			b.Fatal(err)
		}
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				b.Fatal(err)
			}
			m, err := io.Copy(io.Discard, r)
			if err != nil {
				b.Fatal(err)
			}
			n += m
			_ = r.Close()
		}
		_ = z.Close()
	}
	return n
}

// opened is an index that is asked in two ways.
type opened struct {
	*gate.Knowledge
	*compiled.Index
}

// compiledIndex is the index of all shared advisories.
func compiledIndex(b *testing.B) opened {
	b.Helper()
	path := filepath.Join(b.TempDir(), "all.tmidx")
	if _, err := gate.Compile(b.Context(), realdata.Dir(b, "osv"), path, time.Now()); err != nil {
		b.Fatal(err)
	}
	known, err := gate.OpenIndex(path)
	if err != nil {
		b.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	ix, err := compiled.Open(file, match.Rules)
	if err != nil {
		b.Fatal(err)
	}
	return opened{known, ix}
}

// BenchmarkMillion scans a million distinct components that are in memory: names
// that records speak of, each in many versions, among nine times as many that
// none does.
func BenchmarkMillion(b *testing.B) {
	known := compiledIndex(b)
	names, err := known.Packages()
	if err != nil {
		b.Fatal(err)
	}
	types := map[string]string{"npm": "npm/", "PyPI": "pypi/", "Go": "golang/", "crates.io": "cargo/", "RubyGems": "gem/", "NuGet": "nuget/"}
	var purls []string
	for _, k := range names {
		if t := types[k.Ecosystem]; t != "" {
			purls = append(purls, "pkg:"+t+k.Name)
		}
	}
	d := gate.Document{Name: "million", SBOM: twin.SBOM{Components: make([]twin.Component, 1_000_000)}}
	for i := range d.SBOM.Components {
		purl := fmt.Sprintf("pkg:npm/none-%d@%d.%d.%d", i, i%5, i%17, i%29)
		if i%10 == 0 {
			purl = fmt.Sprintf("%s@%d.%d.%d", purls[i/10%len(purls)], i/10%5, i/50%17, i/70%29)
		}
		d.SBOM.Components[i].Purl = purl
	}
	for b.Loop() {
		began, used := time.Now(), cpuTime(b)
		out := gate.Scan(known.Knowledge, gate.Inputs{Docs: []gate.Document{d}}, began)
		b.ReportMetric(time.Since(began).Seconds(), "s/million(max:5)")
		b.ReportMetric((cpuTime(b) - used).Seconds(), "s-cpu")
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.Sys)/1e6, "MB(max:1000)")
		b.ReportMetric(float64(len(out.Items)), "matches")
	}
}

// BenchmarkScan reads one real SBOM and matches it against the index, as "scan
// --index" does without starting a process.
func BenchmarkScan(b *testing.B) {
	path := filepath.Join(b.TempDir(), "all.tmidx")
	if _, err := gate.Compile(b.Context(), realdata.Dir(b, "osv"), path, time.Now()); err != nil {
		b.Fatal(err)
	}
	for _, file := range []string{"apps/keycloak-10.0.2.cdx.json", "apps/juice-shop-11.1.2.cdx.json", "docker-hub/nginx.cdx.json", "docker-hub/ubuntu.spdx.json"} {
		sbom := realdata.Dir(b, "sboms", file)
		b.Run(filepath.Base(file), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				in, err := gate.ReadTargets(b.Context(), []string{sbom})
				if err != nil {
					b.Fatal(err)
				}
				known, err := gate.OpenIndex(path)
				if err != nil {
					b.Fatal(err)
				}
				out := gate.Scan(known, in, time.Now())
				b.ReportMetric(float64(len(out.Items)), "matches")
			}
		})
	}
}

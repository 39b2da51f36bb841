package gate_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/cmd/tidemark/gate"
	"github.com/tidemark/tidemark/cmd/tidemark/shelf"
	"github.com/tidemark/tidemark/internal/match"
	"github.com/tidemark/tidemark/internal/match/compiled"
	"github.com/tidemark/tidemark/internal/realdata"
	"github.com/tidemark/tidemark/internal/twin"
)

// residentChild tells a process that it is to measure itself with an index.
const residentChild = "TIDEMARK_BENCH_RESIDENT"

// BenchmarkIndexResident prints the memory that a process has of its own because
// an index is open, beside the pages of the file, which the system takes back
// when it needs them: when it was opened, and after every package was asked for
// by an evaluator that is kept. The process that measures has done nothing else.
func BenchmarkIndexResident(b *testing.B) {
	if path := os.Getenv(residentChild); path != "" {
		measureResident(b, path)
		return
	}
	if _, err := os.Stat("/proc/self/status"); err != nil {
		b.Skip("this system does not tell which memory is a process's own")
	}
	path := filepath.Join(b.TempDir(), "all.tmidx")
	if _, err := gate.Compile(b.Context(), realdata.Dir(b, "osv"), path, time.Now()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		for line := range strings.Lines(alone(b, path)) {
			var name string
			var value float64
			if _, err := fmt.Sscanf(line, "resident %s %f", &name, &value); err == nil {
				b.ReportMetric(value, name)
			}
		}
	}
}

// alone runs the measurement in a process of its own, and returns what it prints.
func alone(b *testing.B, path string) string {
	b.Helper()
	c := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^$", "-test.bench=^BenchmarkIndexResident$", "-test.benchtime=1x")
	c.Env = append(os.Environ(), residentChild+"="+path)
	out, err := c.CombinedOutput()
	if err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

func measureResident(b *testing.B, path string) {
	b.Helper()
	before := own(b)
	file, err := shelf.Map(path)
	if err != nil {
		b.Fatal(err)
	}
	ix, err := compiled.Open(file, match.Rules)
	if err != nil {
		b.Fatal(err)
	}
	fmt.Printf("resident MB-opened %f\n", own(b)-before)
	names, err := ix.Packages()
	if err != nil {
		b.Fatal(err)
	}
	types := map[string]string{"npm": "npm/", "PyPI": "pypi/", "Go": "golang/", "crates.io": "cargo/", "RubyGems": "gem/", "NuGet": "nuget/", "Maven": "maven/"}
	eval := match.NewEvaluator(ix)
	for _, k := range names {
		if t := types[k.Ecosystem]; t != "" {
			eval.Evaluate(twin.Component{Purl: "pkg:" + t + strings.Replace(k.Name, ":", "/", 1) + "@1.2.3"})
		}
	}
	fmt.Printf("resident MB-asked(max:60) %f\n", own(b)-before)
	fmt.Printf("resident MB-of-file %f\n", status(b, "RssFile:"))
	eval.Evaluate(twin.Component{Purl: "pkg:npm/lodash@1.0.0"}) // it is in use until here
}

// own is the memory of the process that is in no file, in MB, garbage apart.
func own(b *testing.B) float64 {
	b.Helper()
	debug.FreeOSMemory()
	return status(b, "RssAnon:")
}

// status reads a figure of the process, in MB.
func status(b *testing.B, field string) float64 {
	b.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	var kB float64
	if _, err := fmt.Sscanf(string(text[strings.Index(string(text), field)+len(field):]), "%f", &kB); err != nil {
		b.Fatal(err)
	}
	return kB / 1024
}

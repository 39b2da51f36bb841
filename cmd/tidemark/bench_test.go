package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/realdata"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

// binary builds the command as it is released and returns its path.
func binary(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "tidemark")
	out, err := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, ".").CombinedOutput()
	if err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return path
}

// BenchmarkProcess times whole processes: from start to exit.
func BenchmarkProcess(b *testing.B) {
	data := realdata.Dir(b)
	path := binary(b)
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		target string
		args   []string
	}{
		{"help", "<=50", []string{"--help"}},
		{"version", "<=50", []string{"version"}},
		{"scan_keycloak", "<=500", []string{"scan", filepath.Join(data, "sboms/apps/keycloak-10.0.2.cdx.json"), "--intel", data, "-o", "json"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				cmd := exec.CommandContext(b.Context(), path, c.args...)
				cmd.Stdout = io.Discard
				if err := cmd.Run(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/process"+c.target)
			b.ReportMetric(float64(info.Size())/(1<<20), "MB-binary<=50")
		})
	}
}

// BenchmarkIntel times loading everything into an empty store, in one process
// of its own so that its peak memory is known.
func BenchmarkIntel(b *testing.B) {
	data := realdata.Dir(b)
	path := binary(b)
	each(b, func(b *testing.B, fresh func() []string) {
		for b.Loop() {
			cmd := exec.CommandContext(b.Context(), path, append(fresh(), "intel", "update", "--from", data, "-o", "json")...)
			cmd.Stdout = io.Discard
			if err := cmd.Run(); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(cmd.ProcessState.UserTime().Seconds()+cmd.ProcessState.SystemTime().Seconds(), "cpu-s")
			b.ReportMetric(float64(peak(cmd))/1024, "MB-peak<=300")
		}
		b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/load<=20")
	})
}

// each runs a benchmark on both engines; fresh gives the flags of an empty store.
func each(b *testing.B, fn func(b *testing.B, fresh func() []string)) {
	b.Helper()
	b.Run("sqlite", func(b *testing.B) {
		fn(b, func() []string { return []string{"--data", b.TempDir()} })
	})
	b.Run("postgres", func(b *testing.B) {
		server := storetest.StartServer(b)
		fn(b, func() []string { return []string{"--data", b.TempDir(), "--db", server.Database(b)} })
	})
}

// BenchmarkIngest times an SBOM of about a thousand components from its bytes
// to its open, decided and planned exposures, in a warm process.
func BenchmarkIngest(b *testing.B) {
	data := realdata.Dir(b)
	body, err := os.ReadFile(filepath.Join(data, "sboms/apps/juice-shop-npm-flat-1.4.cdx.json"))
	if err != nil {
		b.Fatal(err)
	}
	each(b, func(b *testing.B, fresh func() []string) {
		flags := fresh()
		load := append(append([]string{}, flags...), "intel", "update", "--from", filepath.Join(data, "osv", "npm"))
		if code := run(context.Background(), command.Streams{Out: io.Discard, Err: io.Discard, Env: func(string) string { return "" }}, time.Now, load); code != 0 {
			b.Fatalf("intel update: exit %d", code)
		}
		s := opened(b, flags)
		ingestOnce(b, s, body, 0)
		n := 0
		b.ResetTimer()
		for b.Loop() {
			n++
			ingestOnce(b, s, body, n)
		}
		b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/SBOM<=150")
	})
}

func ingestOnce(b *testing.B, s *local.Session, body []byte, n int) {
	b.Helper()
	ctx := context.Background()
	// Another build each time: the document differs by a space, the artifact by name.
	doc := append(append([]byte{}, body...), []byte(strings.Repeat(" ", n+1))...)
	in := discover.SBOMInput{Name: "bench", Body: doc, Artifact: fmt.Sprintf("bench-%d:1.0", n)}
	if _, err := s.Ingest().IngestSBOM(ctx, in); err != nil {
		b.Fatal(err)
	}
	if err := s.Drain(ctx); err != nil {
		b.Fatal(err)
	}
}

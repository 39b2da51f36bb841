package images

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/imagelab"
)

// BenchmarkFiftyImages prints how long it takes until 50 images without an SBOM
// have one that is in the twin: a system of 200 packages and 20 MB of other files
// each, from a registry on this machine, at the default pace and without one.
func BenchmarkFiftyImages(b *testing.B) {
	for mode, perSecond := range map[string]float64{"default_pace": 0, "no_pace": 1e6} {
		b.Run(mode, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				s, l := fifty(b, perSecond)
				b.StartTimer()
				began := time.Now()
				if _, err := l.Drain(b.Context()); err != nil {
					b.Fatal(err)
				}
				if err := s.Drain(b.Context()); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(time.Since(began).Seconds(), "s<=300")
				b.StopTimer()
				if err := s.DB.Close(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// fifty is a store in which 50 images run, and a looker that has looked at none.
func fifty(b *testing.B, perSecond float64) (*local.Session, *Looker) {
	lab := imagelab.Start(b)
	host, dir := lab.Host, b.TempDir()
	var records []map[string]any
	for i := range 50 {
		records = append(records, map[string]any{
			"service": fmt.Sprint("svc-", i), "environment": "prod", "source": "cd", "artifact": filled(b, lab, i), "replicas": 1,
		})
	}
	body, err := json.Marshal(records)
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(dir, "prod.json")
	if err := os.WriteFile(path, body, 0o600); err != nil {
		b.Fatal(err)
	}
	config := fmt.Sprintf(`{"registries":[{"host":%q,"private":true,"plain_http":true,"per_second":%f}]}`, host, perSecond)
	if err := os.WriteFile(filepath.Join(dir, "registries.json"), []byte(config), 0o600); err != nil {
		b.Fatal(err)
	}
	home := local.Home{Dir: func() (string, error) { return dir, nil }, Now: func() time.Time { return time.Now().UTC() }, Log: slog.New(slog.DiscardHandler), Err: io.Discard}
	s, err := home.Open(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	if _, err := s.Ingest().IngestDeploy(b.Context(), discover.DeployInput{Paths: []string{path}}); err != nil {
		b.Fatal(err)
	}
	if err := s.Drain(b.Context()); err != nil {
		b.Fatal(err)
	}
	cfg, err := Asked{}.Config(dir)
	if err != nil {
		b.Fatal(err)
	}
	l, err := New(s, cfg, "tidemark/bench", func() {})
	if err != nil {
		b.Fatal(err)
	}
	return s, l
}

// filled stores an image of its own, and returns its reference.
func filled(b *testing.B, lab imagelab.Registry, n int) string {
	var status strings.Builder
	for i := range 200 {
		_, _ = fmt.Fprintf(&status, "Package: pkg-%d-%d\nStatus: install ok installed\nVersion: 1.%d\nArchitecture: amd64\n\n", n, i, i)
	}
	files := map[string][]byte{"etc/os-release": []byte("ID=debian\nVERSION_ID=\"12\"\n"), "var/lib/dpkg/status": []byte(status.String())}
	random := rand.NewChaCha8([32]byte{byte(n)})
	for i := range 20 {
		noise := make([]byte, 1<<20)
		_, _ = random.Read(noise)
		files[fmt.Sprint("usr/share/data/", i)] = noise
	}
	return lab.Push(b, fmt.Sprint("shop/svc-", n), files).Ref
}

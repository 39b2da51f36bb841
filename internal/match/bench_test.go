package match

import (
	"syscall"
	"testing"
	"time"
)

// BenchmarkEvaluate decides the components of one real SBOM over and over
// against the maps of its ecosystem, and prints components a second
// (wall) and the processor time of a thousand, which a busy machine distorts less.
func BenchmarkEvaluate(b *testing.B) {
	for _, bb := range []struct{ name, folder, file, ecosystem string }{
		{"npm", "apps", "juice-shop-11.1.2.cdx.json", "npm"},
		{"Maven", "apps", "keycloak-10.0.2.cdx.json", "Maven"},
		{"Go", "docker-hub", "vault.cdx.json", "Go"},
		{"Debian", "docker-hub", "nginx.cdx.json", "Debian"},
		{"Ubuntu", "docker-hub", "rabbitmq.cdx.json", "Ubuntu"},
		{"Alpine", "docker-hub", "alpine.cdx.json", "Alpine"},
	} {
		b.Run(bb.name, func(b *testing.B) {
			ix := realIndex(b, bb.ecosystem)
			components := realComponents(b, bb.folder, bb.file)
			b.ReportAllocs()
			matches := 0
			began := cpuTime(b)
			for b.Loop() {
				e := NewEvaluator(ix)
				matches = 0
				for _, c := range components {
					matches += len(e.Evaluate(c).Matches)
				}
			}
			total := float64(len(components)) * float64(b.N)
			b.ReportMetric(total/b.Elapsed().Seconds(), "components/s")
			b.ReportMetric(1e6*(cpuTime(b)-began).Seconds()/total, "cpu-ms/1000")
			b.ReportMetric(float64(matches), "matches")
		})
	}
}

// cpuTime is what the process has used so far, garbage collection included.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

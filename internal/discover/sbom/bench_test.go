package sbom

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/tidemark/tidemark/internal/realdata"
)

// BenchmarkParse prints MB/s on the largest real documents. SPDX's is 3.9 MB,
// nearly all of it files; keycloak's has 903 components in 2.2 MB.
func BenchmarkParse(b *testing.B) {
	for _, name := range []string{
		"docker-hub/rabbitmq.spdx.json",
		"docker-hub/nginx.cdx.json",
		"apps/keycloak-10.0.2.cdx.json",
		"apps/juice-shop-npm-flat-1.6.cdx.json",
	} {
		data, err := os.ReadFile(realdata.Dir(b, "sboms", filepath.FromSlash(name)))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(filepath.Base(name), func(b *testing.B) { benchmark(b, data) })
	}
}

// plain is what the library is asked for: the members that we read, and no more.
type plain struct {
	BOMFormat, SpecVersion, SPDXVersion, SPDXID, Name, DocumentNamespace string

	Metadata     any
	CreationInfo any
	Components   []struct {
		Type, Group, Name, Version, Purl string
		Ref                              string `json:"bom-ref"`
		Properties                       []struct{ Name, Value string }
	}
	Dependencies []struct {
		Ref       string
		DependsOn []string
	}
	Packages []struct {
		SPDXID, Name, VersionInfo, PrimaryPackagePurpose, SourceInfo string
		ExternalRefs                                                 []struct{ ReferenceType, ReferenceLocator string }
	}
	DocumentDescribes []string
	Relationships     []struct{ SPDXElementID, RelatedSPDXElement, RelationshipType string }
}

// BenchmarkDecoding reads real documents, and in turn with that lets the standard
// library decode the same members of them. Both are told in the processor's time,
// of which the best of the run counts: others use the machine too.
func BenchmarkDecoding(b *testing.B) {
	for _, name := range []string{"apps/keycloak-10.0.2.cdx.json", "apps/juice-shop-11.1.2.cdx.json", "docker-hub/nginx.cdx.json", "docker-hub/ubuntu.spdx.json"} {
		data, err := os.ReadFile(realdata.Dir(b, "sboms", filepath.FromSlash(name)))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(filepath.Base(name), func(b *testing.B) {
			ours, library := time.Hour, time.Hour
			for b.Loop() {
				ours = min(ours, timeOf(b, func() error {
					_, err := Parse(data, Options{})
					return err
				}))
				library = min(library, timeOf(b, func() error { return json.Unmarshal(data, new(plain)) }))
			}
			speed := func(d time.Duration) float64 { return float64(len(data)) / 1e6 / d.Seconds() }
			b.ReportMetric(speed(ours), "MB/s(min:150)")
			b.ReportMetric(speed(library), "MB/s-library")
			b.ReportMetric(library.Seconds()/ours.Seconds(), "x-as-fast")
		})
	}
}

// timeOf is the processor's time that a call takes, collecting included.
func timeOf(b *testing.B, call func() error) time.Duration {
	b.Helper()
	const times = 5
	before := cpuTime(b)
	for range times {
		if err := call(); err != nil {
			b.Fatal(err)
		}
	}
	return (cpuTime(b) - before) / times
}

func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkParseXML reads keycloak's document after the library wrote it as XML.
func BenchmarkParseXML(b *testing.B) {
	data, err := os.ReadFile(realdata.Dir(b, "sboms", "apps", "keycloak-10.0.2.cdx.json"))
	if err != nil {
		b.Fatal(err)
	}
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(bytes.NewReader(data), cdx.BOMFileFormatJSON).Decode(&bom); err != nil {
		b.Fatal(err)
	}
	var out bytes.Buffer
	if err := cdx.NewBOMEncoder(&out, cdx.BOMFileFormatXML).EncodeVersion(&bom, cdx.SpecVersion1_2); err != nil {
		b.Fatal(err)
	}
	benchmark(b, out.Bytes())
}

func benchmark(b *testing.B, data []byte) {
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(data, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

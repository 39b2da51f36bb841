package sbom

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

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

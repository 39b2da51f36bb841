package estate

import (
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

func TestContentsAt(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }
	list := []twin.Contents{{SBOM: 1, From: day(1), To: day(5), RecordedAt: day(1)}, {SBOM: 2, From: day(5), RecordedAt: day(9)}}
	for name, c := range map[string]struct {
		at   ctem.AsOf
		want int64
	}{
		"now":                {ctem.AsOf{Now: day(20)}, 2},
		"before_all":         {ctem.AsOf{At: day(1).Add(-time.Second), Now: day(20)}, 0},
		"the_first":          {ctem.AsOf{At: day(4), Now: day(20)}, 1},
		"ends_at_its_end":    {ctem.AsOf{At: day(5), Now: day(20)}, 2},
		"not_known_that_day": {ctem.AsOf{At: day(6), KnownAt: day(7), Now: day(20)}, 0},
	} {
		if got, _ := contentsAt(list, c.at); got.SBOM != c.want {
			t.Errorf("%s: %d, want %d", name, got.SBOM, c.want)
		}
	}
}

func TestMediaOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		format, body, ref string
		media, file       string
	}{
		"cyclonedx":     {"CycloneDX", "\ufeff {}", "r.example/shop/front:1.2@sha256:" + strings.Repeat("a", 64), "application/vnd.cyclonedx+json", "front-1.2.cdx.json"},
		"cyclonedx_xml": {"CycloneDX", "<bom/>", "front", "application/vnd.cyclonedx+xml", "front.cdx.xml"},
		"spdx":          {"SPDX", "{}", "front:1", "application/spdx+json", "front-1.spdx.json"},
		"spdx_tags":     {"SPDX", "SPDXVersion: SPDX-2.3", "front", "text/spdx", "front.spdx"},
		"no_name":       {"SPDX", "{}", "", "application/spdx+json", "artifact.spdx.json"},
	} {
		var ref twin.ArtifactRef
		if c.ref != "" {
			var err error
			if ref, err = twin.ParseRef(c.ref); err != nil {
				t.Fatal(name, err)
			}
		}
		media, file := mediaOf(&twin.KeptSBOM{Format: c.format, Body: []byte(c.body)}, ref)
		if media != c.media || file != c.file {
			t.Errorf("%s: %s, %s; want %s, %s", name, media, file, c.media, c.file)
		}
	}
	if got := safeName(twin.ArtifactRef{Name: "../..\\evil\r\n\"x"}); got != "evil---x" {
		t.Errorf("a hostile name becomes %q", got)
	}
}

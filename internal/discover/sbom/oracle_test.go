package sbom

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/google/go-cmp/cmp"
	spdxjson "github.com/spdx/tools-golang/json"

	"github.com/tidemark/tidemark/internal/realdata"
	"github.com/tidemark/tidemark/internal/twin"
)

// documents returns the files below a folder of the shared data, by their path
// inside it.
func documents(t testing.TB, folder string) map[string][]byte {
	t.Helper()
	root := realdata.Dir(t, filepath.FromSlash(folder))
	files := make(map[string][]byte)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		files[filepath.ToSlash(name)], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

const (
	sbomFolder        = "sboms"
	conformanceFolder = "conformance/cyclonedx/tools/src/test/resources"
)

// TestCycloneDXOracle reads every CycloneDX JSON document twice, with our reader
// and with the library, and wants the same.
func TestCycloneDXOracle(t *testing.T) {
	t.Parallel()
	compared := 0
	for _, folder := range []string{sbomFolder, conformanceFolder} {
		for name, data := range documents(t, folder) {
			var bom cdx.BOM
			err := cdx.NewBOMDecoder(bytes.NewReader(data), cdx.BOMFileFormatJSON).Decode(&bom)
			if err != nil || bom.BOMFormat != formatCycloneDX {
				continue
			}
			got, err := Parse(data, Options{})
			if err != nil {
				t.Errorf("%s: %v, but the library reads it", name, err)
				continue
			}
			want := convert(&bom, bom.SpecVersion.String()).finish()
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (- library, + ours):\n%s", name, diff)
			}
			compared++
		}
	}
	if compared < 400 {
		t.Errorf("only %d documents compared", compared)
	}
}

// TestXMLOracle wants the same from the whole of a document as from what the
// scan leaves of it.
func TestXMLOracle(t *testing.T) {
	t.Parallel()
	compared := 0
	for name, data := range documents(t, conformanceFolder) {
		got, err := Parse(data, Options{})
		if err != nil || !strings.HasSuffix(name, ".xml") {
			continue
		}
		var bom cdx.BOM
		if err := cdx.NewBOMDecoder(bytes.NewReader(data), cdx.BOMFileFormatXML).Decode(&bom); err != nil {
			t.Errorf("%s: the library does not read it: %v", name, err)
			continue
		}
		if diff := cmp.Diff(convert(&bom, got.SpecVersion).finish(), got); diff != "" {
			t.Errorf("%s (- library, + ours):\n%s", name, diff)
		}
		compared++
	}
	if compared < 350 {
		t.Errorf("only %d documents compared", compared)
	}
}

// TestSPDXOracle compares names, versions, package URLs and the described
// packages with what the library reads.
func TestSPDXOracle(t *testing.T) {
	t.Parallel()
	compared := 0
	for name, data := range documents(t, sbomFolder) {
		if !strings.HasSuffix(name, ".json") || !bytes.Contains(data, []byte(`"spdxVersion"`)) || len(data) > 700_000 {
			continue // not SPDX 2, or seconds of the library's time for nothing but files
		}
		doc, err := spdxjson.Read(bytes.NewReader(data))
		if err != nil {
			t.Logf("%s: the library does not read it: %v", name, err)
			continue
		}
		got, err := Parse(data, Options{})
		if err != nil {
			t.Errorf("%s: %v, but the library reads it", name, err)
			continue
		}
		listed := make(map[twin.Component]int)
		for _, c := range got.Components {
			listed[twin.Component{Ref: c.Ref, Name: c.Name, Purl: c.Purl}]++
		}
		if got.Root != nil {
			listed[twin.Component{Ref: got.Root.Ref, Name: got.Root.Name, Purl: got.Root.Purl}]++
		}
		for _, p := range doc.Packages {
			want := twin.Component{Ref: "SPDXRef-" + string(p.PackageSPDXIdentifier), Name: p.PackageName}
			for _, ref := range p.PackageExternalReferences {
				if ref.RefType == "purl" {
					want.Purl = ref.Locator
				}
			}
			if listed[want] == 0 {
				t.Errorf("%s: %+v is missing", name, want)
			}
		}
		compared++
	}
	if compared < 15 {
		t.Errorf("only %d documents compared", compared)
	}
}

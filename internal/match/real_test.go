package match

import (
	"archive/zip"
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/realdata"
	"github.com/tidemark/tidemark/internal/twin"
)

// osvRecord is as much of an OSV record as matching needs.
type osvRecord struct {
	ID        string    `json:"id"`
	Withdrawn time.Time `json:"withdrawn"`
	Aliases   []string  `json:"aliases"`
	Upstream  []string  `json:"upstream"`
	Affected  []struct {
		Package struct {
			Ecosystem string `json:"ecosystem"`
			Name      string `json:"name"`
		} `json:"package"`
		Ranges   []advisory.Range `json:"ranges"`
		Versions []string         `json:"versions"`
	} `json:"affected"`
}

func (o *osvRecord) record() *advisory.Record {
	r := &advisory.Record{ID: o.ID, Withdrawn: o.Withdrawn, Aliases: o.Aliases, Upstream: o.Upstream}
	for _, a := range o.Affected {
		eco, release := advisory.SplitEcosystem(a.Package.Ecosystem)
		r.Affected = append(r.Affected, advisory.Affected{
			Ecosystem: eco, Release: release, Name: a.Package.Name, Ranges: a.Ranges, Versions: a.Versions,
		})
	}
	return r
}

// realIndex loads the shared records of some ecosystems.
func realIndex(t testing.TB, ecosystems ...string) *MapIndex {
	t.Helper()
	var records []*advisory.Record
	for _, e := range ecosystems {
		z, err := zip.OpenReader(realdata.Dir(t, "osv", e, "all.zip"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range z.File {
			records = append(records, readRecord(t, f))
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return NewMapIndex(records, ecosystems)
}

func readRecord(t testing.TB, f *zip.File) *advisory.Record {
	t.Helper()
	rc, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rc.Close() }()
	body, err := io.ReadAll(rc)
	if err != nil {
		t.Fatal(err)
	}
	var o osvRecord
	if err := json.Unmarshal(body, &o); err != nil {
		t.Fatalf("%s: %v", f.Name, err)
	}
	return o.record()
}

// realComponents reads the components of a shared CycloneDX document.
func realComponents(t testing.TB, elem ...string) []twin.Component {
	t.Helper()
	f, err := os.Open(realdata.Dir(t, append([]string{"sboms"}, elem...)...))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(f, cdx.BOMFileFormatJSON).Decode(&bom); err != nil {
		t.Fatal(err)
	}
	var list []twin.Component
	var walk func([]cdx.Component)
	walk = func(cs []cdx.Component) {
		for _, c := range cs {
			list = append(list, twin.Component{Purl: c.PackageURL, Group: c.Group, Name: c.Name, Version: c.Version})
			if c.Components != nil {
				walk(*c.Components)
			}
		}
	}
	if bom.Components != nil {
		walk(*bom.Components)
	}
	return list
}

// TestRealSBOMs pins findings that were checked by hand against the records,
// both those that must be and those that must not.
func TestRealSBOMs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		file       []string
		ecosystems []string
		has        []string // whole lines of found
		hasNot     []string // "name advisory"
	}{}
	for _, tt := range tests {
		t.Run(tt.file[len(tt.file)-1], func(t *testing.T) {
			t.Parallel()
			got := found(realIndex(t, tt.ecosystems...), realComponents(t, tt.file...))
			for _, want := range tt.has {
				if !slices.Contains(got, want) {
					t.Errorf("missed: %s", want)
				}
			}
			for _, not := range tt.hasNot {
				if slices.ContainsFunc(got, func(g string) bool { return strings.HasPrefix(g, not) }) {
					t.Errorf("false: %s", not)
				}
			}
		})
	}
}

// found lists "name version advisory aliases fixed" of every item.
func found(ix Index, components []twin.Component) []string {
	e := NewEvaluator(ix)
	var list []string
	for _, c := range components {
		res := e.Evaluate(c)
		live := slices.DeleteFunc(res.Matches, func(m Match) bool { return m.Withdrawn })
		for _, item := range Group(live) {
			list = append(list, strings.Join([]string{res.Package.Name, item.Matches[0].Reason.Version, item.Advisory, strings.Join(item.Aliases, ","), strings.Join(item.Fixed, ",")}, " "))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

package sbom

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spdx/tools-golang/tagvalue"

	"github.com/tidemark/tidemark/internal/twin"
)

// named are the names, versions and package URLs of a document's packages, the
// subject among them, in an order of their own.
func named(s twin.SBOM) []twin.Component {
	list := append([]twin.Component{}, s.Components...)
	if s.Root != nil && !slices.ContainsFunc(list, func(c twin.Component) bool { return c.Ref == s.Root.Ref }) {
		list = append(list, *s.Root)
	}
	for i, c := range list {
		list[i] = twin.Component{Ref: c.Ref, Name: c.Name, Version: c.Version, Purl: c.Purl}
	}
	slices.SortFunc(list, func(a, b twin.Component) int { return strings.Compare(a.Ref+a.Purl, b.Ref+b.Purl) })
	return list
}

// TestTagValueOracle wants of documents in tag-value form what the library reads.
func TestTagValueOracle(t *testing.T) {
	t.Parallel()
	compared := 0
	for name, data := range documents(t, sbomFolder) {
		if !strings.HasSuffix(name, ".spdx") {
			continue
		}
		doc, err := tagvalue.Read(bytes.NewReader(data))
		if err != nil {
			t.Errorf("%s: the library does not read it: %v", name, err)
			continue
		}
		got, err := Parse(data, Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var want twin.SBOM
		for _, p := range doc.Packages {
			c := twin.Component{Ref: "SPDXRef-" + string(p.PackageSPDXIdentifier), Name: p.PackageName, Version: p.PackageVersion}
			for _, ref := range p.PackageExternalReferences {
				if ref.RefType == "purl" {
					c.Purl = ref.Locator
				}
			}
			if unsaid(c.Version) {
				c.Version = ""
			}
			want.Components = append(want.Components, c)
		}
		if diff := cmp.Diff(named(want), named(got)); diff != "" {
			t.Errorf("%s (- library, + ours):\n%s", name, diff)
		}
		compared++
	}
	if compared < 12 {
		t.Errorf("only %d documents compared", compared)
	}
}

// TestSPDX3Oracle wants of SPDX 3 what a plain decoding of its elements has.
func TestSPDX3Oracle(t *testing.T) {
	t.Parallel()
	compared, packages := 0, 0
	for name, data := range documents(t, sbomFolder) {
		if !strings.Contains(name, "/spdx3.0/") || !strings.HasSuffix(name, ".json") {
			continue
		}
		var doc struct {
			Graph []struct {
				Type    string `json:"type"`
				ID      string `json:"spdxId"`
				Name    string `json:"name"`
				Version string `json:"software_packageVersion"`
				Purl    string `json:"software_packageUrl"`
			} `json:"@graph"`
		}
		if err := json.Unmarshal(data, &doc); err != nil {
			t.Fatal(name, err)
		}
		var want twin.SBOM
		for _, e := range doc.Graph {
			if strings.HasSuffix(e.Type, "Package") {
				want.Components = append(want.Components, twin.Component{Ref: e.ID, Name: e.Name, Version: e.Version, Purl: e.Purl})
			}
		}
		got, err := Parse(data, Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(named(want), named(got)); diff != "" {
			t.Errorf("%s (- decoded, + ours):\n%s", name, diff)
		}
		compared, packages = compared+1, packages+len(want.Components)
	}
	if compared < 25 || packages < 60 {
		t.Errorf("only %d documents with %d packages compared", compared, packages)
	}
}

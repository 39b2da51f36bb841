package twin_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/twin"
)

func TestContents(t *testing.T) {
	t.Parallel()
	a := twin.Component{Name: "a", Purl: "pkg:npm/a@1"}
	shop := twin.Component{Name: "shop", Purl: "pkg:npm/shop@7"}
	image := twin.Component{Name: "shop", Purl: "pkg:oci/shop@sha256%3Aab"}
	tests := []struct {
		name string
		root *twin.Component
		list []twin.Component
		want []twin.Component
	}{
		{"none", nil, []twin.Component{a}, []twin.Component{a}},
		{"without-a-purl", &twin.Component{Name: "shop"}, []twin.Component{a}, []twin.Component{a}},
		{"image", &image, []twin.Component{a}, []twin.Component{a}},
		{"listed", &shop, []twin.Component{shop, a}, []twin.Component{shop, a}},
		{"not-listed", &shop, []twin.Component{a}, []twin.Component{a, shop}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := twin.SBOM{Root: tt.root, Components: tt.list}
			if diff := cmp.Diff(tt.want, s.Contents()); diff != "" {
				t.Error(diff)
			}
			if len(s.Components) != len(tt.list) {
				t.Error("the list itself has changed")
			}
		})
	}
}

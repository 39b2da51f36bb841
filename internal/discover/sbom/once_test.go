package sbom

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sameOnce compares what one pass makes of a document with what two make of it,
// and reports whether one was enough.
func sameOnce(t *testing.T, name string, data []byte, limits Limits) bool {
	t.Helper()
	_, data, err := recognise(data)
	if err != nil {
		return false
	}
	once := readOnce(data, limits)
	if once == nil {
		return false
	}
	twice, err := readTwice(data, limits)
	if err != nil {
		t.Fatalf("%s: read in one pass, and in two: %v", name, err)
	}
	if diff := cmp.Diff(twice.finish(), once.finish()); diff != "" {
		t.Fatalf("%s (- two passes, + one):\n%s", name, diff)
	}
	return true
}

func TestOnePassReadsAsTwo(t *testing.T) {
	t.Parallel()
	all, once := 0, 0
	for name, data := range documents(t, sbomFolder) {
		if _, err := Parse(data, Options{}); err != nil || !strings.HasSuffix(name, ".json") || strings.Contains(name, "/spdx3.0/") {
			continue // SPDX 3 is looked over first, always
		}
		all++
		if sameOnce(t, name, data, Limits{}.orDefaults()) {
			once++
		}
	}
	if once < all*9/10 || all < 90 {
		t.Errorf("%d of %d documents were read in one pass", once, all)
	}
}

// TestOnePassInAnyOrder: the members of a document may stand in any order.
func TestOnePassInAnyOrder(t *testing.T) {
	t.Parallel()
	for _, members := range [][]string{
		{
			`"bomFormat":"CycloneDX"`, `"specVersion":"1.5"`, `"dependencies":[{"ref":"r","dependsOn":["a","b","c"]}]`, `"x":{"components":[1]}`,
			`"metadata":{"component":{"bom-ref":"r","name":"n","components":[{"bom-ref":"b","name":"y"}]}}`, `"components":[{"bom-ref":"a","name":"x"},{"bom-ref":"b","name":"z"}]`,
		},
		{
			`"spdxVersion":"SPDX-2.3"`, `"SPDXID":"d"`, `"documentDescribes":["p"]`, `"packages":[{"SPDXID":"p","name":"n"},{"SPDXID":"q"}]`,
			`"relationships":[{"spdxElementId":"d","relationshipType":"DESCRIBES","relatedSpdxElement":"q"}]`, `"bomFormat":"x"`,
		},
	} {
		once := 0
		permute(members, len(members), func(list []string) {
			if sameOnce(t, strings.Join(list, ","), []byte("{"+strings.Join(list, ",")+"}"), Limits{}.orDefaults()) {
				once++
			}
			if sameOnce(t, strings.Join(list[1:], ","), []byte("{"+strings.Join(list[1:], ",")+"}"), Limits{}.orDefaults()) {
				once++
			}
		})
		if once == 0 {
			t.Errorf("%v: never read in one pass", members)
		}
	}
}

func permute(list []string, n int, yield func([]string)) {
	if n == 1 {
		yield(list)
		return
	}
	for i := range n {
		list[i], list[n-1] = list[n-1], list[i]
		permute(list, n-1, yield)
		list[i], list[n-1] = list[n-1], list[i]
	}
}

package gate

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/match"
	"github.com/tidemark/tidemark/internal/twin"
)

// TestEvaluatorsShareADocument: however many take part, what they find is in the
// order of the document, and of what it lists twice nothing comes twice.
func TestEvaluatorsShareADocument(t *testing.T) {
	t.Parallel()
	var records []*advisory.Record
	d := Document{Name: "x", SBOM: twin.SBOM{}}
	for i := range 300 {
		name := fmt.Sprintf("n%d", i*7919%300)
		for k := range i % 3 {
			records = append(records, &advisory.Record{
				ID: fmt.Sprintf("X-%d-%d", i, k), Affected: []advisory.Affected{{
					Ecosystem: "npm", Name: name, Ranges: []advisory.Range{{Type: "SEMVER", Events: []advisory.Event{{Introduced: "0"}, {Fixed: "2.0.0"}}}},
				}},
			})
		}
		c := twin.Component{Purl: "pkg:npm/" + name + "@1.0.0", Version: "1.0.0"}
		d.SBOM.Components = append(d.SBOM.Components, c)
		if i%10 == 0 {
			d.SBOM.Components = append(d.SBOM.Components, c, twin.Component{Name: name})
		}
	}
	ix := match.NewMapIndex(records, []string{"npm"})
	scanned := func(evaluators int) (out api.Matches) {
		var evals []*match.Evaluator
		for range evaluators {
			evals = append(evals, match.NewEvaluator(ix))
		}
		scanOne(evals, d, time.Time{}, &out)
		return out
	}
	want := scanned(1)
	if len(want.Items) != 300 || len(want.Undecided) != 30 || want.Summary[0].Matched != 300 || want.Summary[0].Components != 360 {
		t.Fatalf("%d items, %d undecided, %+v", len(want.Items), len(want.Undecided), want.Summary)
	}
	for _, n := range []int{2, 3, 40} {
		if diff := cmp.Diff(want, scanned(n)); diff != "" {
			t.Errorf("%d evaluators find something else than one:\n%s", n, diff)
		}
	}
	d.SBOM.Components = nil
	if got := scanned(3); len(got.Items) != 0 || got.Summary[0].Components != 0 {
		t.Errorf("nothing of nothing: %+v", got)
	}
}

// TestOnce: what a document lists twice comes once, unless it says something else
// of it that decides which records speak of it.
func TestOnce(t *testing.T) {
	t.Parallel()
	list := []twin.Component{
		{Purl: "pkg:npm/a@1", Name: "a"},
		{Purl: "pkg:npm/a@1", Name: "b"},
		{Purl: "pkg:npm/a@1", Version: "2"},
		{Purl: "pkg:npm/a@1", Version: "2", Ref: "x"},
		{Purl: "pkg:npm/a@1", Qualifiers: "distro=x"},
		{Name: "a"},
		{Name: "a"},
		{Purl: "pkg:npm/a@1"},
		{Purl: "pkg:maven/a@1", Group: "g"},
		{Purl: "pkg:maven/a@1", Group: "h"},
		{Purl: "pkg:maven/a@1", Group: "g"},
		{Purl: "pkg:maven/g/a@1", Group: "g"},
		{Purl: "pkg:maven/g/a@1", Group: "h"},
	}
	if diff := cmp.Diff([]int{0, 2, 4, 5, 6, 8, 9, 11}, once(list)); diff != "" {
		t.Errorf("places (- want, + got):\n%s", diff)
	}
}

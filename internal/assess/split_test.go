package assess

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

// TestNamesOnBothEngines holds how weaknesses merge and part.
func TestNamesOnBothEngines(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		t.Run("parted", func(t *testing.T) { testParted(t, e) })
		t.Run("any_order", func(t *testing.T) { testAnyOrder(t, e) })
	})
}

// testParted: an alias joins two weaknesses, and when the feed takes it back
// they are two again, with the ids that they had.
func testParted(t *testing.T, e *storetest.Engine) {
	x := newEstate(t, e.Fresh(t))
	x.advise(npm("GHSA-a", "lodash", "4.17.21"), npm("GHSA-b", "left-pad", "1.1.0"))
	x.sbom(one, 1, lodash17, "pkg:npm/left-pad@1.0.0")
	x.runs("shop", seen(one, 2, 0))
	x.drain()
	apart := x.known()
	x.advise(npm("GHSA-b", "left-pad", "1.1.0", aka("GHSA-a"), changed(9)))
	x.drain()
	if diff := cmp.Diff([]string{"GHSA-a left-pad shop open run:yes", "GHSA-a lodash shop open run:yes"}, x.list(ctem.AsOf{}, "")); diff != "" {
		t.Errorf("joined (-want +got):\n%s", diff)
	}
	x.advise(npm("GHSA-b", "left-pad", "1.1.0", changed(10)))
	x.drain()
	if diff := cmp.Diff(apart, x.known()); diff != "" {
		t.Errorf("apart again (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff([]string(nil), x.list(ctem.AsOf{}, "cve:GHSA-a left-pad")); diff != "" {
		t.Errorf("it has kept a name that was taken back:\n%s", diff)
	}
}

// known lists the open exposures with their ids.
func (e *estate) known() (out []string) {
	e.t.Helper()
	page, err := e.db.ListExposures(e.ctx, ctem.ListQuery{AsOf: ctem.AsOf{Now: e.now}})
	if err != nil {
		e.t.Fatal(err)
	}
	for _, x := range page.Items {
		out = append(out, fmt.Sprintf("%s %s %s %s", x.ID, x.Weakness.Canonical, x.Locus, x.Service))
	}
	slices.Sort(out)
	return out
}

// testAnyOrder: which names are one weakness, and what is open, depends on the
// records only: not on what they said before, nor on who said it first.
func testAnyOrder(t *testing.T, e *storetest.Engine) {
	for seed := range uint64(5) {
		dice := rand.New(rand.NewPCG(seed, 7))
		last := map[string]advisory.Record{}
		var said []advisory.Record
		for i := range 14 {
			r := namedRecord(dice, 1+i)
			last[r.ID] = r
			said = append(said, r)
		}
		long := newEstate(t, e.Fresh(t))
		long.sbom(one, 1, lodash17, "pkg:npm/left-pad@1.0.0")
		long.runs("shop", seen(one, 2, 0))
		for _, r := range said {
			long.advise(r)
			long.drain()
		}
		short := newEstate(t, e.Fresh(t))
		short.sbom(one, 1, lodash17, "pkg:npm/left-pad@1.0.0")
		short.runs("shop", seen(one, 2, 0))
		for _, id := range slices.Sorted(maps.Keys(last)) {
			short.advise(last[id])
		}
		short.drain()
		if diff := cmp.Diff(short.groups(), long.groups()); diff != "" {
			t.Errorf("seed %d: after many revisions (+) it is other than after the last ones (-):\n%s\nlast: %+v", seed, diff, last)
		}
	}
}

// groups lists the open exposures by all the names of their weakness.
func (e *estate) groups() (out []string) {
	e.t.Helper()
	page, err := e.db.ListExposures(e.ctx, ctem.ListQuery{AsOf: ctem.AsOf{Now: e.now}})
	if err != nil {
		e.t.Fatal(err)
	}
	for _, x := range page.Items {
		names := append([]string{x.Weakness.Canonical}, x.Weakness.Aliases...)
		slices.Sort(names)
		out = append(out, strings.Join(names, "+")+" "+x.Locus+" "+string(x.Weakness.Kind))
	}
	slices.Sort(out)
	return out
}

// namedRecord is a revision of one of a few records, with any of a few names.
func namedRecord(dice *rand.Rand, revision int) advisory.Record {
	names := []string{"GHSA-0", "GHSA-1", "GHSA-2", "GHSA-3", "CVE-2026-1", "CVE-2026-2", "MAL-2026-1"}
	n := dice.IntN(4)
	r := npm(names[n], []string{"lodash", "left-pad"}[n%2], "9.0.0", changed(revision))
	for range dice.IntN(3) {
		if a := names[dice.IntN(len(names))]; a != r.ID && !slices.Contains(r.Aliases, a) {
			r.Aliases = append(r.Aliases, a)
		}
	}
	return r
}

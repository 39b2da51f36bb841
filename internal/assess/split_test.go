package assess

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

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
		t.Run("history_stays", func(t *testing.T) { testHistoryStays(t, e) })
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

// testHistoryStays: while records come, connect, part and are withdrawn, each
// moment's list goes on being what it was for those who ask about that moment;
// a weakness is called by a CVE id as soon as it has one, and no name is of two.
func testHistoryStays(t *testing.T, e *storetest.Engine) {
	moved := false
	for seed := range uint64(2) {
		dice := rand.New(rand.NewPCG(seed, 11))
		x := newEstate(t, e.Fresh(t))
		x.sbom(one, 1, lodash17, "pkg:npm/left-pad@1.0.0")
		x.runs("shop", seen(one, 2, 0))
		type moment struct {
			now  time.Time
			list []string
		}
		var past []moment
		last := map[string]advisory.Record{}
		for i := range 12 {
			r := namedRecord(dice, 1+i)
			if dice.IntN(4) == 0 {
				r.Withdrawn = day(2 + dice.IntN(17))
			}
			last[r.ID] = r
			x.advise(r)
			x.drain()
			x.wellNamed()
			past = append(past, moment{x.now, x.standing(ctem.AsOf{})})
			moved = moved || !slices.Equal(past[0].list, past[len(past)-1].list)
		}
		for i, m := range past {
			if diff := cmp.Diff(m.list, x.standing(ctem.AsOf{At: m.now, KnownAt: m.now})); diff != "" {
				t.Errorf("seed %d: moment %d is not what it was (-then +now):\n%s", seed, i, diff)
			}
		}
		backwards := newEstate(t, e.Fresh(t))
		backwards.sbom(one, 1, lodash17, "pkg:npm/left-pad@1.0.0")
		backwards.runs("shop", seen(one, 2, 0))
		for _, id := range slices.Backward(slices.Sorted(maps.Keys(last))) {
			backwards.advise(last[id])
			backwards.drain()
		}
		if diff := cmp.Diff(backwards.groups(), x.groups()); diff != "" {
			t.Errorf("seed %d: it is other (+) than when the last records come backwards (-):\n%s", seed, diff)
		}
	}
	if !moved {
		t.Error("nothing ever moved")
	}
}

// standing lists exposures with their state, by place and not by name: a
// weakness that was merged is called otherwise since.
func (e *estate) standing(at ctem.AsOf) []string {
	e.t.Helper()
	if at.Now.IsZero() {
		at.Now = e.now
	}
	page, err := e.db.ListExposures(e.ctx, ctem.ListQuery{AsOf: at})
	if err != nil {
		e.t.Fatal(err)
	}
	var out []string
	for _, x := range page.Items {
		out = append(out, fmt.Sprintf("%s %s %s %s", x.Locus, x.Service, x.State, x.Running))
	}
	slices.Sort(out)
	return out
}

// wellNamed holds what names promise of every open exposure.
func (e *estate) wellNamed() {
	e.t.Helper()
	page, err := e.db.ListExposures(e.ctx, ctem.ListQuery{AsOf: ctem.AsOf{Now: e.now}})
	if err != nil {
		e.t.Fatal(err)
	}
	owner := map[string]string{}
	for _, x := range page.Items {
		w := &x.Weakness
		names := namesIn(*w)
		if best := slices.MinFunc(names, compareNames); nameRank(best) < nameRank(w.Canonical) {
			e.t.Errorf("%v is called %s", names, w.Canonical)
		}
		for _, n := range names {
			if o, taken := owner[n]; taken && o != w.Canonical {
				e.t.Errorf("%s is a name of %s and of %s", n, o, w.Canonical)
			}
			owner[n] = w.Canonical
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

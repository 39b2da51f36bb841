package assess

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/storetest"
	"github.com/tidemark/tidemark/internal/twin"
)

// TestPartsOnBothEngines holds what is so of news that concern many places.
func TestPartsOnBothEngines(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		t.Run("as_whole", func(t *testing.T) { testPartsAsWhole(t, e) })
		t.Run("only_what_changed", func(t *testing.T) { testOnlyWhatChanged(t, e) })
		t.Run("unreadable", func(t *testing.T) { testUnreadablePart(t, e) })
		t.Run("shelved", func(t *testing.T) { testShelved(t, e) })
		t.Run("follows", func(t *testing.T) { testFollows(t, e) })
		t.Run("release", func(t *testing.T) { testRelease(t, e) })
	})
}

// testPartsAsWhole: whatever becomes known in whatever order, a place that is
// computed as a whole afterwards is as its parts have made it.
func testPartsAsWhole(t *testing.T, e *storetest.Engine) {
	for seed := range uint64(6) {
		dice := rand.New(rand.NewPCG(seed, 4))
		cfg := e.New(t)
		x := newEstate(t, e.Open(t, cfg))
		x.sbom(one, 1, lodash17, "pkg:npm/left-pad@1.0.0")
		x.sbom(two, 3, lodash21, "pkg:npm/left-pad@1.1.0")
		x.sbom(one, 6, lodash21)
		x.runs("shop", seen(one, 2, 8), seen(two, 8, 0))
		x.runs("cart", seen(one, 2, 0))
		x.runs("till", seen(two, 4, 7), seen(one, 9, 12))
		x.drain()
		for range 8 {
			x.advise(anyRecord(dice))
			if dice.IntN(2) == 0 { // what it leaves is computed together with what the next one leaves
				if _, err := x.step().Run(x.ctx); err != nil {
					t.Fatal(err)
				}
				continue
			}
			x.drain()
		}
		x.drain()
		before := e.Dump(t, cfg, "cursor")
		for _, p := range x.twin.places {
			x.twin.changes = append(x.twin.changes, p.ID)
		}
		x.drain()
		if diff := cmp.Diff(before, e.Dump(t, cfg, "cursor")); diff != "" {
			t.Fatalf("seed %d: computed as a whole (+) it differs from its parts (-):\n%s", seed, diff)
		}
	}
}

// anyRecord is a revision of one of a few records.
func anyRecord(dice *rand.Rand) advisory.Record {
	n := dice.IntN(3)
	r := npm(fmt.Sprint("GHSA-", n), []string{"lodash", "left-pad"}[n%2], []string{"1.0.1", "4.17.21", "4.17.22", "9.0.0"}[dice.IntN(4)])
	if dice.IntN(2) == 0 {
		r.Aliases = []string{fmt.Sprint("CVE-2026-", n/2)}
	}
	if dice.IntN(5) == 0 {
		r.Withdrawn = day(10)
	}
	r.Modified = day(1 + dice.IntN(15))
	return r
}

// testOnlyWhatChanged: news about one weakness leave the others as they are.
func testOnlyWhatChanged(t *testing.T, e *storetest.Engine) {
	x := begun(t, e)
	x.runs("cart", seen(one, 2, 0))
	x.drain()
	x.advise(npm("GHSA-9", "lodash", "5.0.0"))
	x.now = x.now.Add(1)
	if n, err := x.step().Run(x.ctx); err != nil || n == 0 {
		t.Fatal(n, err)
	}
	left, err := x.db.NextParts(x.ctx, 9)
	want := []ctem.Portion{{ID: 1, Weaknesses: []string{"GHSA-9"}, Places: []int64{1, 2}}}
	if diff := cmp.Diff(want, left); diff != "" || err != nil {
		t.Errorf("left, %v (-want +got):\n%s", err, diff)
	}
	x.drain()
	if left, err = x.db.NextParts(x.ctx, 9); len(left) > 0 || err != nil {
		t.Errorf("still left: %v, %v", left, err)
	}
	want2 := []string{"CVE-2021-23337 lodash cart open run:yes", "CVE-2021-23337 lodash shop open run:yes", "GHSA-9 lodash cart open run:yes", "GHSA-9 lodash shop open run:yes"}
	if diff := cmp.Diff(want2, x.list(ctem.AsOf{}, "")); diff != "" {
		t.Error(diff)
	}
}

// blind cannot read one place.
type blind struct {
	*fakeTwin
	place int64
}

func (b blind) Places(ctx context.Context, ids []int64) ([]twin.Place, error) {
	if slices.Contains(ids, b.place) {
		return nil, fmt.Errorf("place %d: %w", b.place, ctem.ErrUnreadable)
	}
	return b.fakeTwin.Places(ctx, ids)
}

// testUnreadablePart: a place that cannot be read does not keep the others from
// what is new, and is set aside by itself.
func testUnreadablePart(t *testing.T, e *storetest.Engine) {
	x := begun(t, e)
	x.runs("cart", seen(one, 2, 0))
	x.drain()
	x.advise(npm("GHSA-9", "lodash", "5.0.0"))
	step := x.step()
	step.Twin = blind{x.twin, 2}
	var aside []error
	for range 20 {
		n, err := step.Run(x.ctx)
		if _, ok := errors.AsType[*ctem.Poison](err); ok {
			aside = append(aside, err)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	if len(aside) != 1 {
		t.Errorf("set aside: %v; want one place", aside)
	}
	want := []string{"CVE-2021-23337 lodash cart open run:yes", "CVE-2021-23337 lodash shop open run:yes", "GHSA-9 lodash shop open run:yes"}
	if diff := cmp.Diff(want, x.list(ctem.AsOf{}, "")); diff != "" {
		t.Error(diff)
	}
}

// debian is a record about a release's openssl.
func debian(id, release string) advisory.Record {
	return advisory.Record{ID: id, Modified: day(1), Published: day(1), Affected: []advisory.Affected{{
		Ecosystem: "Debian", Release: release, Name: "openssl",
		Ranges: []advisory.Range{{Type: "ECOSYSTEM", Events: []advisory.Event{{Introduced: "0"}, {Fixed: "3.6.0"}}}},
	}}}
}

// testRelease: what is of a release that no feed speaks of is undecided, until
// one does.
func testRelease(t *testing.T, e *storetest.Engine) {
	x := newEstate(t, e.Fresh(t))
	give := func(r advisory.Record) {
		t.Helper()
		x.now = x.now.Add(time.Second)
		if _, err := x.db.CommitAdvisories(x.ctx, advisory.Batch{Feed: "Debian", Records: []advisory.Record{r}, Now: x.now}); err != nil {
			t.Fatal(err)
		}
		x.drain()
	}
	undecided := func() string {
		t.Helper()
		m, err := x.db.Matched(x.ctx, []int64{1})
		if err != nil || len(m) != 1 {
			t.Fatal(m, err)
		}
		return fmt.Sprint(m[1].Undecided)
	}
	x.sbom(one, 1, "pkg:deb/debian/openssl@3.5.0-1?distro=debian-13")
	x.runs("shop", seen(one, 2, 0))
	give(debian("DSA-1", "12"))
	if got, want := undecided(), "[{no-feed no feed for Debian}]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if _, err := x.db.FinishFeed(x.ctx, advisory.Feed{Kind: advisory.FeedOSV, Name: "Debian", LoadedAt: x.now}, nil); err != nil {
		t.Fatal(err)
	}
	x.drain()
	beyond := "[{no-feed the feed of Debian has no record about its release 13}]"
	if got := undecided(); got != beyond {
		t.Errorf("%s, want %s", got, beyond)
	}
	other := debian("DSA-2", "11")
	other.Affected[0].Name = "curl"
	give(other)
	if got := undecided(); got != beyond {
		t.Errorf("after news about another release: %s, want %s", got, beyond)
	}
	other.ID, other.Affected[0].Release = "DSA-3", "13"
	give(other)
	if got := undecided(); got != "[]" {
		t.Errorf("after news about its release: %s, want it decided", got)
	}
	give(debian("DSA-4", "13"))
	if diff := cmp.Diff([]string{"DSA-4 openssl shop open run:yes"}, x.list(ctem.AsOf{}, "")); diff != "" {
		t.Error(diff)
	}
}

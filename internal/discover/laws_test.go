package discover

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/store/storetest"
	"github.com/tidemark/tidemark/internal/twin"
)

// TestTwinLaws proves the laws of the twin on both engines.
func TestTwinLaws(t *testing.T) {
	t.Parallel()
	if storetest.Child(t, crashes()) {
		return
	}
	laws := map[string]func(*estate){
		"snapshot_ends_what_it_omits":   lawSnapshotEnds,
		"late_fact_before_the_omission": lawLateFact,
		"A_B_A":                         lawReturn,
		"late_between_equal_states":     lawLateBetween,
		"repeat_moves_only_coverage":    lawRepeat,
		"late_snapshot":                 lawLateSnapshot,
		"tombstone":                     lawTombstone,
		"other_sources_untouched":       lawSources,
		"empty_snapshot":                lawEmpty,
		"member_said_twice":             lawTwice,
		"incomplete_proves_nothing":     lawIncomplete,
		"rerun_changes_nothing":         lawRerun,
		"poison_alone":                  lawPoison,
		"contents":                      lawContents,
		"undeployed":                    lawUndeployed,
		"race":                          lawRace,
		"any_order_of_arrival":          lawAnyOrder,
		"as_of_and_known_at":            lawKnownAt,
		"retention_floor":               lawFloor,
		"list":                          lawList,
	}
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		for name, law := range laws {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				law(newEstate(t, e.Fresh(t)))
			})
		}
		for name, c := range crashes() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				c.Suite(t, e, name)
			})
		}
	})
}

func lawSnapshotEnds(e *estate) {
	e.snapshot(snapshotAt(1, "cart=shop/cart:1", "pay=shop/pay:1"))
	e.snapshot(snapshotAt(5, "cart=shop/cart:1"))
	e.drain()
	e.wants("prod/cart shop/cart:1 1-", "prod/pay shop/pay:1 1-5")
}

func lawLateFact(e *estate) {
	e.snapshot(snapshotAt(1, "cart=shop/cart:1"))
	e.snapshot(snapshotAt(5, "cart=shop/cart:1", "pay=shop/pay:1"))
	e.drain()
	e.append(deltaAt(3, "mail=shop/mail:1"), deltaAt(6, "mail=shop/mail:2"))
	e.drain()
	e.wants("prod/cart shop/cart:1 1-", "prod/mail shop/mail:1 3-5", "prod/mail shop/mail:2 6-", "prod/pay shop/pay:1 5-")
}

func lawReturn(e *estate) {
	for h, image := range []string{"a", "b", "a"} {
		e.snapshot(snapshotAt(h+1, "cart=shop/"+image))
		e.drain()
	}
	e.wants("prod/cart shop/a 1-2", "prod/cart shop/b 2-3", "prod/cart shop/a 3-")
}

func lawLateBetween(e *estate) {
	e.append(deltaAt(1, "cart=shop/a"), deltaAt(3, "cart=shop/a"))
	e.drain()
	e.wants("prod/cart shop/a 1-")
	e.append(deltaAt(2, "cart=shop/b"))
	e.drain()
	e.wants("prod/cart shop/a 1-2", "prod/cart shop/b 2-3", "prod/cart shop/a 3-")
}

func lawRepeat(e *estate) {
	e.snapshot(snapshotAt(1, "cart=shop/a", "pay=shop/p"))
	e.drain()
	seq, _, err := e.db.Head(e.ctx, ctem.StreamTwin)
	if err != nil {
		e.t.Fatal(err)
	}
	if got := e.snapshot(snapshotAt(9, "pay=shop/p", "cart=shop/a"))[0]; got.Unchanged != 2 || got.Accepted != 0 {
		e.t.Errorf("a repeat gave %+v", got)
	}
	e.drain()
	if after, _, err := e.db.Head(e.ctx, ctem.StreamTwin); err != nil || after != seq {
		e.t.Errorf("a repeat changed the twin: %d to %d (%v)", seq, after, err)
	}
	cov, err := e.db.Coverage(e.ctx, hour(10))
	if err != nil || len(cov) != 1 || !cov[0].Seen.Equal(hour(9)) {
		e.t.Errorf("coverage %+v, %v; want seen at hour 9", cov, err)
	}
	e.snapshot(snapshotAt(5, "cart=shop/a")) // late: between the two
	e.drain()
	e.wants("prod/cart shop/a 1-", "prod/pay shop/p 1-5", "prod/pay shop/p 9-")
}

func lawLateSnapshot(e *estate) {
	e.snapshot(snapshotAt(1, "cart=shop/a"))
	e.snapshot(snapshotAt(9, "cart=shop/b"))
	e.drain()
	e.snapshot(snapshotAt(4, "pay=shop/p"))
	e.drain()
	e.wants("prod/cart shop/a 1-4", "prod/cart shop/b 9-", "prod/pay shop/p 4-9")
}

func lawTombstone(e *estate) {
	e.append(deltaAt(1, "cart=shop/a"), deltaAt(1, "pay=shop/p"))
	e.drain()
	e.append(tombstoneAt(4, "cart"))
	e.drain()
	e.append(tombstoneAt(2, "pay"), deltaAt(3, "pay=shop/p"))
	e.drain()
	e.wants("prod/cart shop/a 1-4", "prod/pay shop/p 1-2", "prod/pay shop/p 3-")
}

func lawSources(e *estate) {
	other := snapshotAt(2, "pay=shop/p")
	other.Source = "other"
	e.snapshot(snapshotAt(1, "cart=shop/a", "pay=shop/p"), other)
	staging := snapshotAt(3)
	staging.Scope = "staging"
	e.snapshot(snapshotAt(3, "cart=shop/a"), staging)
	e.drain()
	e.wants("prod/cart shop/a 1-", "prod/pay shop/p 1-3", "prod/pay shop/p 2-")
}

func lawEmpty(e *estate) {
	e.snapshot(snapshotAt(1, "cart=shop/a"))
	e.drain()
	if got := e.snapshot(snapshotAt(3))[0]; got.Accepted != 1 {
		e.t.Errorf("an empty snapshot gave %+v", got)
	}
	e.drain()
	e.wants("prod/cart shop/a 1-3")
}

func lawTwice(e *estate) {
	e.snapshot(snapshotAt(1, "cart=shop/a", "pay=shop/p"))
	if got := e.snapshot(snapshotAt(3, "cart=shop/a", "cart=shop/a"))[0]; got.Accepted != 1 {
		e.t.Errorf("a member said twice gave %+v", got)
	}
	if got := e.snapshot(snapshotAt(5, "pay=shop/p", "cart=shop/a", "cart=shop/b"))[0]; len(got.Rejected) != 1 || got.Accepted != 0 {
		e.t.Errorf("members that differ gave %+v", got)
	}
	e.drain()
	e.wants("prod/cart shop/a 1-", "prod/pay shop/p 1-3")
}

// lawIncomplete: a marker that came before its members proves nothing until
// they are all there.
func lawIncomplete(e *estate) {
	e.append(deltaAt(1, "cart=shop/a"), deltaAt(1, "pay=shop/p"))
	marker := twin.Observation{Source: "agent", Scope: "prod", Class: twin.Observed, Kind: twin.Marker, Snapshot: "s1", Count: 1, ObservedAt: hour(4), Hash: "00"}
	e.append(marker)
	e.drain()
	e.wants("prod/cart shop/a 1-", "prod/pay shop/p 1-")
	m := deltaAt(4, "cart=shop/a")
	m.Kind, m.Snapshot = twin.Member, "s1"
	e.append(m)
	e.drain()
	e.wants("prod/cart shop/a 1-", "prod/pay shop/p 1-4")
}

func lawRerun(e *estate) {
	feed := func() {
		e.snapshot(snapshotAt(1, "cart=shop/a", "pay=shop/p"))
		e.snapshot(snapshotAt(2, "cart=shop/a", "pay=shop/p"))
		e.snapshot(snapshotAt(3, "cart=shop/b"))
		e.append(deltaAt(4, "pay=shop/q"), sbomAt(1, "shop/b", "pkg:npm/x@1"), tombstoneAt(5, "pay"))
		e.drain()
	}
	feed()
	want := e.timeline()
	seq, _, err := e.db.Head(e.ctx, ctem.StreamTwin)
	if err != nil {
		e.t.Fatal(err)
	}
	e.now = e.now.Add(time.Hour)
	feed()
	after, _, err := e.db.Head(e.ctx, ctem.StreamTwin)
	if err != nil || after != seq || e.timeline() != want {
		e.t.Errorf("the rerun changed the twin (%d to %d, %v):\n%s\nwas\n%s", seq, after, err, e.timeline(), want)
	}
	list, err := e.db.Evidence(e.ctx, 0, 100)
	if err != nil || len(list) != 9 {
		e.t.Errorf("%d rows of evidence, %v; want 9", len(list), err)
	}
}

func lawPoison(e *estate) {
	e.append(deltaAt(1, "cart=shop/a"), sbomAt(1, "shop/x", "pkg:npm/x@1"), sbomAt(2, "shop/bad", "poison"), deltaAt(3, "cart=shop/b"))
	err := drain(e.ctx, e.resolve())
	bad, ok := errors.AsType[*ctem.Poison](err)
	if !ok || bad.From != 2 || bad.To != 3 || bad.Step != StepResolve {
		e.t.Fatalf("poison gave %v", err)
	}
	adv := ctem.Advance{Step: bad.Step, Moves: []ctem.Move{{Stream: bad.Stream, From: bad.From, To: bad.To}}, Now: e.now}
	q := ctem.Quarantine{Step: bad.Step, Stream: bad.Stream, From: bad.From, To: bad.To, Reason: bad.Err.Error(), At: e.now}
	if err := e.db.Quarantine(e.ctx, adv, q); err != nil {
		e.t.Fatal(err)
	}
	e.drain()
	e.wants("prod/cart shop/a 1-3", "prod/cart shop/b 3-")
}

func lawContents(e *estate) {
	e.append(sbomAt(5, "shop/cart:1", "pkg:npm/x@1 pkg:npm/y@1"))
	e.drain()
	e.append(sbomAt(7, "shop/cart:1", "pkg:npm/y@1"), sbomAt(9, "shop/cart:1", "pkg:npm/y@1"))
	e.drain()
	id := "docker.io/shop/cart:1"
	arts, err := e.db.Artifacts(e.ctx, []string{id})
	if err != nil {
		e.t.Fatal(err)
	}
	got := arts[id].Contents
	if len(got) != 2 || !got[0].From.Equal(hour(5)) || !got[0].To.Equal(hour(7)) || !got[1].From.Equal(hour(7)) || !got[1].To.IsZero() ||
		len(got[0].Components) != 2 || len(got[1].Components) != 1 {
		e.t.Errorf("contents %+v", got)
	}
	places, err := e.db.PlacesWithComponents(e.ctx, got[1].Components)
	if err != nil || len(places) != 1 {
		e.t.Errorf("places with y: %v, %v", places, err)
	}
	_, deps, err := e.db.Graph(e.ctx, got[0].SBOM)
	if err != nil || len(deps) != 1 || deps[0].From != -1 {
		e.t.Errorf("graph %v, %v", deps, err)
	}
}

func lawUndeployed(e *estate) {
	const digest = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
	e.append(sbomAt(1, "shop/cart:1@"+digest, "pkg:npm/x@1"), sbomAt(1, "shop/cart:2", "pkg:npm/x@2"))
	e.drain()
	deployed := func() (out []time.Time) {
		for _, p := range e.places() {
			for _, a := range p.Artifacts {
				if p.Service != "shop/cart" || p.Environment != twin.NoEnvironment {
					e.t.Errorf("artifact %s stands at %s in %s", a.ID, p.Service, p.Environment)
				}
				out = append(out, a.DeployedAt)
			}
		}
		return out
	}
	if got := deployed(); len(got) != 2 || !got[0].IsZero() || !got[1].IsZero() {
		e.t.Fatalf("deployed %v, want two that are not", got)
	}
	e.append(deltaAt(6, "cart=shop/cart:2@"+digest))
	e.drain()
	if got := deployed(); !got[0].IsZero() || !got[1].Equal(hour(6)) {
		e.t.Errorf("deployed %v: want the one with the digest, at hour 6; the tag is not it", got)
	}
	e.append(deltaAt(4, "cart=shop/cart:2"))
	e.drain()
	if got := deployed(); !got[0].Equal(hour(4)) || !got[1].Equal(hour(6)) {
		e.t.Errorf("deployed %v: want the tag at hour 4 as well", got)
	}
}

// lawRace: of two resolvers that read the same batch, one wins.
func lawRace(e *estate) {
	e.append(deltaAt(1, "cart=shop/a"))
	slow := e.resolve()
	slow.Write = interposed{e.db, func() {
		if n, err := e.resolve().Run(e.ctx); n != 1 || err != nil {
			e.t.Errorf("the fast one did %d, %v", n, err)
		}
	}}
	if _, err := slow.Run(e.ctx); !errors.Is(err, ctem.ErrRaced) {
		e.t.Errorf("the slow one got %v, want ErrRaced", err)
	}
	e.wants("prod/cart shop/a 1-")
}

// interposed lets something happen between computing and committing.
type interposed struct {
	db     *store.DB
	before func()
}

func (i interposed) CommitTwin(ctx context.Context, adv ctem.Advance, res *twin.Resolution) error {
	i.before()
	return i.db.CommitTwin(ctx, adv, res)
}

// lawAnyOrder: all orders in which a small history may arrive give one twin.
func lawAnyOrder(e *estate) {
	parts := []func(*estate){
		func(e *estate) { e.snapshot(snapshotAt(1, "cart=shop/a", "pay=shop/p")) },
		func(e *estate) { e.append(deltaAt(2, "cart=shop/b")) },
		func(e *estate) { e.snapshot(snapshotAt(3, "cart=shop/a", "pay=shop/p")) },
		func(e *estate) { e.append(tombstoneAt(4, "pay"), deltaAt(4, "mail=shop/m")) },
		func(e *estate) { e.snapshot(snapshotAt(5, "mail=shop/m", "cart=shop/a")) },
	}
	want := ""
	for i, order := range permutations(len(parts)) {
		if testing.Short() && i%7 != 0 || e.db.Engine() == "postgres" && i%12 != 0 {
			continue
		}
		one := *e
		// Every order has an environment of its own in the one store.
		one.scope = fmt.Sprintf("e%d", i)
		for _, n := range order {
			parts[n](&one)
			if i%2 == 0 {
				one.drain()
			}
		}
		one.drain()
		got := one.timeline()
		if want == "" {
			want = got
		}
		if got != want {
			e.t.Fatalf("arrived as %v the twin is\n%s\nwant\n%s", order, got, want)
		}
	}
	if !strings.Contains(want, "/cart shop/b 2-3") || !strings.Contains(want, "/pay shop/p 1-4") {
		e.t.Errorf("the twin is\n%s", want)
	}
}

func permutations(n int) (out [][]int) {
	if n == 0 {
		return [][]int{nil}
	}
	for _, p := range permutations(n - 1) {
		for i := range n {
			out = append(out, slices.Insert(slices.Clone(p), i, n-1))
		}
	}
	return out
}

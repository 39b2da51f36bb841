package discover

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	godiff "github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/storetest"
	"github.com/tidemark/tidemark/internal/twin"
)

// thingAt is what a source says of a thing in a scope; "" says that it is gone.
func thingAt(h int, source, scope string, r twin.Resource, says string) twin.Observation {
	o := twin.Observation{
		Source: source, Scope: scope, Class: twin.Observed, Kind: twin.Tombstone, ObservedAt: hour(h),
		Subject: twin.ResourceSubject(r.Kind, r.Namespace, r.Name), Every: 10_000 * time.Hour,
	}
	if says == "" {
		return o
	}
	var err error
	if r.Spec, err = json.Marshal(says); err != nil {
		panic(err)
	}
	if o.Body, err = json.Marshal(r); err != nil {
		panic(err)
	}
	o.Kind, o.Media, o.Hash = twin.Delta, twin.MediaResource, twin.HashBytes(o.Body)
	return o
}

// naive answers from the observations alone.
type naive []twin.Observation

// at is what each claim says at an hour: source, scope and subject → spec.
func (n naive) at(h int) map[[3]string]string {
	list := slices.Clone([]twin.Observation(n))
	slices.SortStableFunc(list, func(a, b twin.Observation) int { return a.ObservedAt.Compare(b.ObservedAt) })
	out := map[[3]string]string{}
	for _, o := range list {
		if o.ObservedAt.After(hour(h)) {
			break
		}
		key := [3]string{o.Source, o.Scope, o.Subject}
		delete(out, key)
		if o.Kind == twin.Delta {
			out[key] = string(o.Body)
		}
	}
	return out
}

// things are those at an hour, with who says so: kind, name and scope → sources.
func (n naive) things(h int) map[twin.End][]string {
	out := map[twin.End][]string{}
	for _, key := range slices.SortedFunc(maps.Keys(n.at(h)), func(a, b [3]string) int { return cmp.Compare(a[0], b[0]) }) {
		kind, namespace, name, _ := twin.CutResource(key[2])
		e := twin.Resource{Kind: kind, Namespace: namespace, Name: name}.Self(key[1])
		if !slices.Contains(out[e], key[0]) {
			out[e] = append(out[e], key[0])
		}
	}
	return out
}

// says is what all sources say at an hour of each thing.
func (n naive) says(h int) map[twin.End][]string {
	out := map[twin.End][]string{}
	for key, says := range n.at(h) {
		kind, namespace, name, _ := twin.CutResource(key[2])
		e := twin.Resource{Kind: kind, Namespace: namespace, Name: name}.Self(key[1])
		out[e] = append(out[e], says)
	}
	for e, list := range out {
		slices.Sort(list)
		out[e] = slices.Compact(list) // who says it, and how many do, is no difference
	}
	return out
}

// made are observations of few things by few sources, in a random order.
func made(r *rand.Rand, n int) (list naive) {
	used := map[string]bool{}
	for len(list) < n {
		scope, source := []string{"prod", "test"}[r.IntN(2)], []string{"kube/a", "kube/b"}[r.IntN(2)]
		thing := []twin.Resource{
			{Kind: "Service", Namespace: "shop", Name: "front"},
			{Kind: "Service", Name: "front"},
			{Kind: "Secret", Namespace: "shop", Name: "key"},
			{Kind: twin.KindBuild, Name: "ci/1"},
			{Kind: twin.KindBuild, Name: "ci/2"},
		}[r.IntN(5)]
		if r.IntN(2) == 0 {
			thing.Links = []twin.Link{{Rel: twin.RelExposes, To: twin.End{Kind: twin.KindWorkload, Name: []string{"cart", "pay"}[r.IntN(2)]}}}
		}
		h := r.IntN(8)
		key := fmt.Sprint(h, source, scope, thing.Kind, thing.Namespace, thing.Name)
		if used[key] {
			continue
		}
		used[key] = true
		list = append(list, thingAt(h, source, scope, thing, []string{"", "one", "two"}[r.IntN(3)]))
	}
	return list
}

// TestThings holds the lists of things, their edges, what they said and what
// differs, at any time and as believed at any other, against a naive reading.
func TestThings(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, eng *storetest.Engine) {
		t.Parallel()
		for seed := range uint64(2) {
			e := newEstate(t, eng.Fresh(t))
			all := made(rand.New(rand.NewPCG(seed, 7)), 40)
			for i := 0; i < len(all); i += 10 {
				e.now = hour(1000 + i)
				e.append(all[i : i+10]...)
				e.drain()
			}
			e.now = hour(2000)
			for i := 10; i <= len(all); i += 10 {
				for h := range 9 {
					at := ctem.AsOf{At: hour(h), Now: e.now}
					if i < len(all) {
						at.KnownAt = hour(1000 + i - 5)
					}
					e.checkThings(all[:i], h, at, i)
				}
			}
		}
	})
}

func (e *estate) checkThings(known naive, h int, at ctem.AsOf, mark int) {
	e.t.Helper()
	want := known.things(h)
	for limit := range 4 {
		if diff := godiff.Diff(want, e.listThings(ctem.ListQuery{AsOf: at, Limit: limit})); diff != "" {
			e.t.Errorf("things at %d as known after %d, %d to a page: %s", h, mark, limit, diff)
		}
	}
	builds := maps.Clone(want)
	maps.DeleteFunc(builds, func(k twin.End, _ []string) bool { return k.Kind != twin.KindBuild })
	terms := []ctem.Term{{Key: "kind", Op: ":", Values: []string{twin.KindBuild}}, {Key: ctem.TextKey, Op: ":", Values: []string{"CI"}}}
	if diff := godiff.Diff(builds, e.listThings(ctem.ListQuery{AsOf: at, Limit: 1, Terms: terms})); diff != "" {
		e.t.Errorf("builds at %d as known after %d: %s", h, mark, diff)
	}
	e.checkEdges(known, h, at)
	e.checkChanges(known, h, at)
	e.checkSpans(known, h, at)
}

func (e *estate) listThings(q ctem.ListQuery) map[twin.End][]string {
	e.t.Helper()
	out, total := map[twin.End][]string{}, 0
	for {
		page, err := e.db.Things(e.ctx, q)
		if err != nil {
			e.t.Fatal(err)
		}
		for i := range page.Items {
			x := &page.Items[i]
			if x.Spec == nil {
				e.t.Errorf("%v says nothing", x.End())
			}
			out[x.End()] = x.Sources
		}
		total += len(page.Items)
		if q.After = page.Next; q.After == "" {
			if page.Total != total || len(out) != total {
				e.t.Errorf("%d things, %d told apart, total %d", total, len(out), page.Total)
			}
			return out
		}
	}
}

func (e *estate) checkEdges(known naive, h int, at ctem.AsOf) {
	e.t.Helper()
	cart := twin.End{Kind: twin.KindWorkload, Scope: "prod", Name: "cart"}
	want := map[string]bool{}
	for key, says := range known.at(h) {
		kind, namespace, name, _ := twin.CutResource(key[2])
		if key[1] == "prod" && strings.Contains(says, `"cart"`) {
			want[key[0]+fmt.Sprint(twin.Resource{Kind: kind, Namespace: namespace, Name: name}.Self("prod"))] = true
		}
	}
	got := map[string]bool{}
	list, err := e.db.Edges(e.ctx, ctem.ListQuery{AsOf: at}, []twin.End{cart})
	if err != nil {
		e.t.Fatal(err)
	}
	for _, x := range list {
		got[x.Source+fmt.Sprint(x.Holder)] = true
	}
	if diff := godiff.Diff(want, got); diff != "" {
		e.t.Errorf("edges to cart at %d: %s", h, diff)
	}
}

func (e *estate) checkChanges(known naive, h int, at ctem.AsOf) {
	e.t.Helper()
	before, after := known.says(max(0, h-3)), known.says(h)
	want := map[twin.End]ctem.ChangeWord{}
	for k := range before {
		if !slices.Equal(before[k], after[k]) {
			want[k] = ctem.ChangeOf(true, len(after[k]) > 0)
		}
	}
	for k := range after {
		if len(before[k]) == 0 {
			want[k] = ctem.ChangeAdded
		}
	}
	list, err := e.db.ThingChanges(e.ctx, ctem.ListQuery{AsOf: at}, hour(max(0, h-3)))
	if err != nil {
		e.t.Fatal(err)
	}
	got := map[twin.End]ctem.ChangeWord{}
	for i := range list {
		got[list[i].End] = list[i].Change()
	}
	if diff := godiff.Diff(want, got); diff != "" {
		e.t.Errorf("changes from %d to %d: %s", max(0, h-3), h, diff)
	}
}

// checkSpans: at any time before, the stretches of a thing say what was so.
func (e *estate) checkSpans(known naive, h int, at ctem.AsOf) {
	e.t.Helper()
	end := twin.End{Kind: "Service", Scope: "prod", Name: "shop/front"}
	list, err := e.db.TwinSpans(e.ctx, ctem.ListQuery{AsOf: at}, end)
	if err != nil {
		e.t.Fatal(err)
	}
	for past := range h + 1 {
		var got []string
		for i := range list {
			if list[i].ValidAt(hour(past)) {
				got = append(got, string(list[i].Body))
			}
		}
		slices.Sort(got)
		got = slices.Compact(got)
		if diff := godiff.Diff(known.says(past)[end], got); diff != "" {
			e.t.Errorf("stretches at %d, asked at %d: %s", past, h, diff)
		}
	}
}

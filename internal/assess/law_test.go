package assess

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
	"pgregory.net/rapid"
)

// drawEstate draws a place with up to six claims over five builds, three of which
// have contents that change, and three components with records that begin and end.
func drawEstate(t *rapid.T) (twin.Place, World) {
	var arts []twin.Artifact
	for i, c := range []string{"1", "2", "3"} {
		from := rapid.IntRange(1, 9).Draw(t, "listed")
		to := rapid.IntRange(0, 14).Draw(t, "relisted")
		first, second := made(from, 0, contentsOf(t)...), made(to, 0, contentsOf(t)...)
		a := artifact(fmt.Sprintf("shop/app:%d@%s", i, digest(c)), first)
		if to > from {
			a.Contents[0].To = day(to)
			a.Contents = append(a.Contents, second)
		}
		arts = append(arts, a)
	}
	w := world(arts...)
	for id := int64(1); id <= 3; id++ {
		records := make([]string, rapid.IntRange(0, 2).Draw(t, "records"))
		for i := range records {
			records[i] = fmt.Sprintf("GHSA-%d%d@%d-%d", id, i, rapid.IntRange(0, 9).Draw(t, "published"), rapid.IntRange(0, 20).Draw(t, "withdrawn"))
		}
		w.flawed(id, fmt.Sprintf("1.%d", id), records...)
	}
	place := twin.Place{ID: 1, Service: "shop", Environment: "prod"}
	for range rapid.IntRange(1, 6).Draw(t, "claims") {
		from := rapid.IntRange(1, 20).Draw(t, "from")
		to := rapid.IntRange(0, 25).Draw(t, "to")
		if to <= from {
			to = 0
		}
		image := rapid.SampledFrom([]string{"shop/app:1@" + digest("1"), "shop/app:2@" + digest("2"), "shop/app:3@" + digest("3"), "shop/app:0", "shop/none:1"}).Draw(t, "image")
		class := rapid.SampledFrom([]twin.Class{twin.Observed, twin.Declared}).Draw(t, "class")
		place.Claims = append(place.Claims, claim(class, rapid.SampledFrom([]string{"a", "b"}).Draw(t, "source"), image, from, to))
	}
	return place, w
}

func contentsOf(t *rapid.T) []int64 {
	return rapid.SliceOfDistinct(rapid.Int64Range(1, 4), rapid.ID).Draw(t, "contents")
}

func TestTimelineIsWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		place, w := drawEstate(t)
		for _, tl := range Timelines(place, w).Timelines {
			checkWhole(t, tl)
		}
	})
}

// checkWhole: it begins open, has neither gap nor overlap, goes on for ever,
// says nothing twice, moves as the table allows and counts what came back.
func checkWhole(t *rapid.T, tl ctem.Timeline) {
	fixed, back := false, 0
	for i, p := range tl.Pieces {
		if i == 0 && p.State != ctem.Open {
			t.Fatalf("begins %s", p.State)
		}
		if last := i == len(tl.Pieces)-1; last != p.To.IsZero() {
			t.Fatalf("piece %d of %d ends at %v", i, len(tl.Pieces), p.To)
		}
		if p.State == ctem.Open && fixed {
			fixed, back = false, back+1
		}
		fixed = fixed || p.State == ctem.Fixed
		if p.Regressions != back {
			t.Fatalf("piece %d counts %d regressions, want %d", i, p.Regressions, back)
		}
		if len(p.Instances) == 0 || p.Since.After(p.From) {
			t.Fatalf("piece %d has %d instances, since %v", i, len(p.Instances), p.Since)
		}
		if i == 0 {
			continue
		}
		before := tl.Pieces[i-1]
		if !before.To.Equal(p.From) || !p.From.After(before.From) || samePiece(&before, &p) {
			t.Fatalf("pieces %d and %d do not join", i-1, i)
		}
		if before.State != p.State && !before.State.CanBecome(p.State) {
			t.Fatalf("%s became %s", before.State, p.State)
		}
	}
}

func TestTimelineDoesNotDependOnOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		place, w := drawEstate(t)
		want := Timelines(place, w)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		r.Shuffle(len(place.Claims), func(i, j int) { place.Claims[i], place.Claims[j] = place.Claims[j], place.Claims[i] })
		for id, c := range w.Components {
			r.Shuffle(len(c.Matches), func(i, j int) { c.Matches[i], c.Matches[j] = c.Matches[j], c.Matches[i] })
			w.Components[id] = c
		}
		for id, a := range w.Artifacts {
			for i := range a.Contents {
				list := a.Contents[i].Components
				r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			}
			w.Artifacts[id] = a
		}
		if diff := cmp.Diff(want, Timelines(place, w)); diff != "" {
			t.Fatalf("another order gave another timeline:\n%s", diff)
		}
	})
}

// TestOpenMeansAffected compares each day with the definition, worked out
// without segments: open exactly where an affected component under a record in
// force is in something that counts as running.
func TestOpenMeansAffected(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		place, w := drawEstate(t)
		got := Timelines(place, w)
		for d := 1; d <= 28; d++ {
			open := false
			for _, tl := range got.Timelines {
				for _, p := range tl.Pieces {
					open = open || p.State == ctem.Open && !p.From.After(day(d)) && (p.To.IsZero() || day(d).Before(p.To))
				}
			}
			if want := affectedOn(&place, &w, day(d)); open != want {
				t.Fatalf("day %d: open %v, want %v", d, open, want)
			}
		}
	})
}

func affectedOn(place *twin.Place, w *World, at time.Time) bool {
	for _, c := range twin.MergeClaims(place.Claims, at).Running {
		for _, container := range c.Workload.Containers {
			for _, target := range resolve(container.Image, w) {
				contents := contentsAt(target.artifact, at)
				if contents != nil && anyInForce(w, contents.Components, at) {
					return true
				}
			}
		}
	}
	return false
}

func anyInForce(w *World, components []int64, at time.Time) bool {
	for _, id := range components {
		for _, m := range w.Components[id].Matches {
			if m.InForceAt(at) {
				return true
			}
		}
	}
	return false
}

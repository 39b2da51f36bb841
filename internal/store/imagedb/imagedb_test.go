package imagedb_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

func at(minute int) time.Time { return time.Date(2026, 1, 1, 0, minute, 0, 0, time.UTC) }

func hostOf(image string) string { return image[:1] + ".example" }

func images(list []ctem.ImageLook) (out []string) {
	for _, l := range list {
		out = append(out, l.Image)
	}
	return out
}

func TestLooks(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		db, ctx := e.Fresh(t), t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		due := func(hosts []string, now time.Time, want ...string) {
			t.Helper()
			list, err := db.DueImages(ctx, hosts, now, 10)
			must(err)
			if diff := cmp.Diff(want, images(list)); diff != "" {
				t.Error(diff)
			}
		}
		move := func(from, to int64) ctem.Advance {
			return ctem.Advance{Step: "registry", Moves: []ctem.Move{{Stream: ctem.StreamTwin, From: from, To: to}}}
		}
		must(db.NoteImages(ctx, move(0, 3), []ctem.PlaceImages{{Place: 1, Images: []string{"a/x", "b/y"}}, {Place: 2, Images: []string{"a/x", "a/z"}}}, hostOf))
		if err := db.NoteImages(ctx, move(0, 4), nil, hostOf); !errors.Is(err, ctem.ErrRaced) {
			t.Errorf("a second reader: %v", err)
		}
		due(nil, at(1), "a/x", "a/z", "b/y")
		due([]string{"a.example"}, at(1), "a/x", "a/z")
		due([]string{}, at(1))

		look := ctem.ImageLook{Image: "a/x", Host: "a.example", Next: at(60), LookedAt: at(1), Digest: "sha256:1", Said: "h"}
		must(db.NoteLook(ctx, look))
		bad := ctem.ImageLook{Image: "a/z", Host: "a.example", Next: at(5), Failures: 2, Error: "down"}
		must(db.NoteLook(ctx, bad))
		due(nil, at(1), "b/y")
		due(nil, at(5), "b/y", "a/z")
		failed, err := db.FailedLooks(ctx, "a.example", 10)
		must(err)
		if diff := cmp.Diff([]ctem.ImageLook{bad}, failed); diff != "" {
			t.Error(diff)
		}
		hosts, err := db.LooksByHost(ctx)
		must(err)
		if diff := cmp.Diff([]ctem.HostLooks{{Host: "a.example", Images: 2, Looked: 1, Failing: 1}, {Host: "b.example", Images: 1}}, hosts); diff != "" {
			t.Error(diff)
		}
		pause := ctem.HostPause{Host: "b.example", Until: at(9), Failures: 1, Reason: "429"}
		must(db.PauseHost(ctx, pause))
		must(db.PauseHost(ctx, pause))
		due(nil, at(5), "a/z")
		pauses, err := db.HostPauses(ctx)
		must(err)
		if diff := cmp.Diff([]ctem.HostPause{pause}, pauses); diff != "" {
			t.Error(diff)
		}
		must(db.PauseHost(ctx, ctem.HostPause{Host: "b.example"}))
		due(nil, at(5), "b/y", "a/z")

		// What no place uses any more is not due; what one uses again keeps what was known.
		must(db.NoteImages(ctx, move(3, 4), []ctem.PlaceImages{{Place: 1}, {Place: 2, Images: []string{"a/z"}}}, hostOf))
		due(nil, at(90), "a/z")
		must(db.NoteImages(ctx, move(4, 5), []ctem.PlaceImages{{Place: 1, Images: []string{"a/x"}}}, hostOf))
		list, err := db.DueImages(ctx, nil, at(60), 10)
		must(err)
		if diff := cmp.Diff([]ctem.ImageLook{bad, look}, list); diff != "" {
			t.Error(diff)
		}
	})
}

func chain(n int, name string) ctem.LayerChain {
	return ctem.LayerChain{Chain: fmt.Sprint("c", n), Digest: fmt.Sprint("sha256:", n), Name: name, Layers: n}
}

func TestChains(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		db, ctx := e.Fresh(t), t.Context()
		for _, c := range []ctem.LayerChain{chain(1, "debian:12"), chain(3, "node:20"), chain(3, "node:22"), chain(9, "x")} {
			if err := db.NoteChain(ctx, c); err != nil {
				t.Fatal(err)
			}
		}
		got, err := db.Chains(ctx, []string{"c1", "c2", "c3"})
		want := []ctem.LayerChain{chain(3, "node:22"), chain(1, "debian:12")}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}

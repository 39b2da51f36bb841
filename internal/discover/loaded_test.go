package discover

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/storetest"
	"github.com/tidemark/tidemark/internal/twin"
)

// What a source says in no form that can be read is unknown, and no failure: others
// are read as before.
func TestWhatIsLoadedCannotBeRead(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, eng *storetest.Engine) {
		t.Parallel()
		e := newEstate(t, eng.Fresh(t))
		says := func(source, spec string) twin.Observation {
			r := twin.Resource{
				Kind: twin.KindLoaded, Name: "sha256:aa", Spec: json.RawMessage(spec),
				Links: []twin.Link{{Rel: twin.RelDescribes, To: twin.End{Kind: twin.KindArtifact, Name: "sha256:aa"}}},
			}
			o := thingAt(2, source, "prod", r, "x")
			var err error
			if o.Body, err = json.Marshal(r); err != nil {
				t.Fatal(err)
			}
			o.Hash = twin.HashBytes(o.Body)
			return o
		}
		e.append(says("host/a", `{"of":"sha256:aa","loaded":[{"purl":"pkg:npm/a@1","how":"mapped"}]}`), says("junk/b", `"x"`), says("junk/c", `{"loaded":[{"purl":"pkg:npm/z@1"},7]}`))
		e.drain()
		got, err := e.db.LoadedOf(e.ctx, ctem.AsOf{At: hour(3), Now: e.now}, []string{"sha256:aa"})
		list := got["sha256:aa"]
		if err != nil || len(list) != 3 {
			t.Fatalf("%+v (%v)", list, err)
		}
		if list[0].Unread || !list[1].Unread || !list[2].Unread || len(list[2].Spec.Loaded) != 0 {
			t.Errorf("%+v", list)
		}
		if v := twin.JudgeLoaded("pkg:npm/a@1", list); v.Answer != twin.LoadedYes || v.Source != "host/a" {
			t.Errorf("%+v", v)
		}
		const want = "what junk/b says of what is loaded cannot be read"
		if v := twin.JudgeLoaded("pkg:npm/a@1", list[1:]); v.Answer != twin.LoadedUnclear || v.Reason != want {
			t.Errorf("%+v", v)
		}
		if parts := list[1].Parts(); len(parts) != 1 || parts[0].Purl != "" || parts[0].Reason != want {
			t.Errorf("%+v", parts)
		}
	})
}

// What an agent saw loaded of an artifact is found by the artifact, at any time.
func TestWhatIsLoadedIsFoundByTheArtifact(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, eng *storetest.Engine) {
		t.Parallel()
		e := newEstate(t, eng.Fresh(t))
		says := func(h int, source string, loaded ...twin.LoadedPart) twin.Observation {
			r := twin.Resource{Kind: twin.KindLoaded, Name: "sha256:aa", Links: []twin.Link{{Rel: twin.RelDescribes, To: twin.End{Kind: twin.KindArtifact, Name: "sha256:aa"}}}}
			o := thingAt(h, source, "prod", r, "x")
			var err error
			if r.Spec, err = json.Marshal(twin.Loaded{Of: "sha256:aa", Since: hour(0), Window: 7 * 24 * 3600, Loaded: loaded}); err != nil {
				t.Fatal(err)
			}
			if o.Body, err = json.Marshal(r); err != nil {
				t.Fatal(err)
			}
			o.Hash = twin.HashBytes(o.Body)
			return o
		}
		part := twin.LoadedPart{Purl: "pkg:npm/a@1", How: twin.LoadedMapped}
		e.append(says(2, "host/a", part), says(4, "host/b"), says(6, "host/a"))
		other := twin.Resource{Kind: twin.KindAttestation, Name: "y", Links: []twin.Link{{Rel: twin.RelDescribes, To: twin.End{Kind: twin.KindArtifact, Name: "sha256:aa"}}}}
		e.append(thingAt(3, "ci", "prod", other, "no word of what is loaded"))
		e.drain()
		for h, want := range map[int][]int{1: nil, 3: {1}, 5: {1, 0}, 7: {0, 0}} {
			got, err := e.db.LoadedOf(e.ctx, ctem.AsOf{At: hour(h), Now: e.now}, []string{"sha256:aa", "sha256:bb"})
			if err != nil {
				t.Fatal(err)
			}
			list := got["sha256:aa"]
			if len(list) != len(want) || len(got) > 1 {
				t.Fatalf("at %d: %+v, want %v", h, got, want)
			}
			for i, n := range want {
				if len(list[i].Spec.Loaded) != n || list[i].Seen.After(hour(h)) || list[i].Freshness != twin.Fresh || list[i].Source != []string{"host/a", "host/b"}[i] {
					t.Errorf("at %d: %+v, want %d loaded, of the %d. source", h, list[i], n, i)
				}
				if span := list[i].Seen.Sub(list[i].From()); span > time.Duration(h)*time.Hour {
					t.Errorf("at %d: a window of %s", h, span)
				}
			}
		}
	})
}

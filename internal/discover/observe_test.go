package discover

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/storetest"
	"github.com/tidemark/tidemark/internal/twin"
)

// agentEstate is an estate with an agent that reports on namespaces.
type agentEstate struct {
	*estate
	seq   int64
	epoch int64
}

func newAgent(t *testing.T, e *storetest.Engine) *agentEstate {
	return &agentEstate{estate: newEstate(t, e.Fresh(t)), epoch: 1}
}

func (a *agentEstate) ingest() *Ingest {
	return &Ingest{Evidence: a.db, Agents: a.db, ParseSBOM: parseLines, Now: func() time.Time { return a.now }}
}

func (a *agentEstate) workload(scope, service string, replicas int, at time.Time) twin.Observation {
	a.seq++
	o := twin.Observation{
		SourceSeq: a.seq, Kind: twin.Delta, Class: twin.Observed, Scope: scope, Media: twin.MediaWorkload, ObservedAt: at,
		Subject: twin.WorkloadSubject("Deployment", "shop", service),
	}
	if replicas == 0 {
		o.Kind, o.Media = twin.Tombstone, ""
		return o
	}
	w := twin.Workload{
		Service: service, Kind: "Deployment", Namespace: "shop", Replicas: replicas,
		Containers: []twin.Container{{Name: "c", Image: twin.ArtifactRef{Name: "shop/" + service, Tag: "1"}, Replicas: replicas}},
	}
	o.Body, _ = json.Marshal(w)
	return o
}

func (a *agentEstate) send(b Batch) Took {
	a.t.Helper()
	b.Source, b.Every = "kube/one", time.Hour
	if b.Epoch == 0 {
		b.Epoch = a.epoch
	}
	if b.SentAt.IsZero() {
		b.SentAt = a.now
	}
	took, err := a.ingest().Observe(a.ctx, b)
	if err != nil {
		a.t.Fatal(err)
	}
	a.drain()
	return took
}

// live lists what runs at a time.
func (a *agentEstate) live(at time.Time) []string {
	a.t.Helper()
	page, err := a.db.Workloads(a.ctx, ctem.ListQuery{AsOf: ctem.AsOf{At: at, Now: a.now}})
	if err != nil {
		a.t.Fatal(err)
	}
	out := []string{}
	for _, w := range page.Items {
		out = append(out, fmt.Sprintf("%s@%s×%d", w.Service, w.Environment, w.Replicas))
	}
	slices.Sort(out)
	return out
}

// An agent's day: deltas, a replay, an outage in which a namespace and a workload
// vanish, and what each moment looked like.
func TestAnAgentsDay(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		a := newAgent(t, e)
		a.now = hour(10)
		first := Batch{Items: []twin.Observation{
			a.workload("one/shop", "web", 2, hour(8)), a.workload("one/shop", "db", 1, hour(9)), a.workload("one/blog", "blog", 1, hour(10)),
		}}
		copied := slices.Clone(first.Items)
		if got := a.send(first); got.Accepted != 3 || got.Seq != 3 || got.Epoch != 1 || len(got.Rejected) > 0 {
			t.Fatalf("took %+v", got)
		}
		a.now = hour(11)
		if got := a.send(Batch{Items: copied}); got.Unchanged != 3 || got.Accepted != 0 {
			t.Fatalf("a replay: %+v", got)
		}
		forged := a.workload("one/shop", "web", 9, hour(11))
		forged.SourceSeq = 1
		if got := a.send(Batch{Items: []twin.Observation{forged}}); len(got.Rejected) != 1 {
			t.Fatalf("a forged replay: %+v", got)
		}
		// A day away: blog's namespace is gone, db is gone, web has grown.
		a.now = hour(36)
		member := a.workload("one/shop", "web", 3, hour(20))
		member.Kind, member.Snapshot = twin.Member, "s1"
		a.seq++
		mark := twin.Observation{SourceSeq: a.seq, Kind: twin.Marker, Class: twin.Observed, Scope: "one/shop", Snapshot: "s1", Count: 1, ObservedAt: hour(36)}
		got := a.send(Batch{Items: []twin.Observation{member, mark}, Scopes: []string{"one/shop"}, HasScopes: true})
		if d := cmp.Diff([]string{"one/blog"}, got.Ended); d != "" {
			t.Errorf("ended scopes (-want +got):\n%s", d)
		}
		for at, want := range map[time.Time][]string{
			hour(7):  {},
			hour(8):  {"web@one/shop×2"},
			hour(15): {"blog@one/blog×1", "db@one/shop×1", "web@one/shop×2"},
			hour(25): {"blog@one/blog×1", "db@one/shop×1", "web@one/shop×3"},
			hour(36): {"web@one/shop×3"},
		} {
			if d := cmp.Diff(want, a.live(at)); d != "" {
				t.Errorf("at hour %v (-want +got):\n%s", at.Sub(base).Hours(), d)
			}
		}
		// The same list of scopes again ends nothing more.
		a.now = hour(37)
		if got := a.send(Batch{Scopes: []string{"one/shop"}, HasScopes: true}); len(got.Ended) > 0 {
			t.Errorf("ended again: %v", got.Ended)
		}
	})
}

// What comes late or in another order gives the same history.
func TestBatchesInAnyOrder(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		a := newAgent(t, e)
		a.now = hour(10)
		one, two, gone := a.workload("e", "web", 1, hour(1)), a.workload("e", "web", 2, hour(2)), a.workload("e", "web", 0, hour(3))
		for _, items := range [][]twin.Observation{{gone}, {two}, {one}} {
			a.send(Batch{Items: items})
		}
		for at, want := range map[time.Time][]string{hour(1): {"web@e×1"}, hour(2): {"web@e×2"}, hour(4): {}} {
			if d := cmp.Diff(want, a.live(at)); d != "" {
				t.Errorf("at hour %v (-want +got):\n%s", at.Sub(base).Hours(), d)
			}
		}
	})
}

// A clock that is off is corrected, and said.
func TestSkew(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		a := newAgent(t, e)
		a.now = hour(10)
		o := a.workload("e", "web", 1, hour(13))
		got := a.send(Batch{Items: []twin.Observation{o}, SentAt: hour(13)})
		if got.Skew != 3*time.Hour || got.Accepted != 1 {
			t.Fatalf("took %+v", got)
		}
		if d := cmp.Diff([]string{"web@e×1"}, a.live(hour(10))); d != "" {
			t.Error(d)
		}
		all, err := a.db.Trouble(a.ctx)
		if err != nil || len(all["kube/one"]) != 1 || !strings.Contains(all["kube/one"][0].Reason, "3h0m0s ahead") {
			t.Errorf("trouble %+v %v", all, err)
		}
		a.now = hour(11)
		again := a.send(Batch{Items: []twin.Observation{o}, SentAt: hour(14).Add(time.Second), Trouble: []twin.Rejection{}})
		if again.Unchanged != 1 || len(again.Rejected) > 0 {
			t.Errorf("sent again: %+v", again)
		}
	})
}

func TestObserveRefuses(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) { observeRefuses(newAgent(t, e)) })
}

func observeRefuses(a *agentEstate) {
	t := a.t
	a.now = hour(10)
	wrong := a.workload("e", "web", 1, hour(1))
	wrong.Subject = twin.WorkloadSubject("Deployment", "shop", "other")
	unsequenced := a.workload("e", "web", 1, hour(1))
	unsequenced.SourceSeq = 0
	nowhere := a.workload(twin.NoEnvironment, "web", 1, hour(1))
	deep := a.workload("e", "web", 1, hour(1))
	deep.Body = []byte(strings.Repeat("[", 200) + strings.Repeat("]", 200))
	fine := a.workload("e", "fine", 1, hour(1))
	took := a.send(Batch{Items: []twin.Observation{wrong, unsequenced, nowhere, deep, fine}})
	if took.Accepted != 1 || len(took.Rejected) != 4 {
		t.Errorf("took %+v", took)
	}
	for name, b := range map[string]Batch{
		"no source": {Epoch: 1, SentAt: hour(1)}, "no epoch": {Source: "s", SentAt: hour(1)}, "no time": {Source: "s", Epoch: 1},
		"too many": {Source: "s", Epoch: 1, SentAt: hour(1), Items: make([]twin.Observation, maxItems+1)},
	} {
		if _, err := a.ingest().Observe(a.ctx, b); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// An agent cannot vouch for software: what documents, registries and forges tell is
// refused from it, however it is said.
func TestAgentsDoNotVouch(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		a := newAgent(t, e)
		a.now = hour(10)
		list := []twin.Observation{a.workload("one/shop", "web", 2, hour(8))}
		for _, kind := range []string{twin.KindAttestation, twin.KindBuild, twin.KindImage, twin.KindTag, twin.KindRepository} {
			r := twin.Resource{Kind: kind, Name: "x", Spec: json.RawMessage(`{"signature":{"state":"verified"}}`), Links: []twin.Link{
				{Rel: twin.RelDescribes, To: twin.End{Kind: twin.KindArtifact, Name: "sha256:aa"}},
			}}
			body, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			o := twin.Observation{Class: twin.Observed, Scope: "one/shop", Subject: subjectOf(r), ObservedAt: hour(9)}
			for _, how := range []twin.Kind{twin.Delta, twin.Member, twin.Tombstone, twin.Heartbeat} {
				a.seq++
				o.SourceSeq, o.Kind, o.Media, o.Body, o.Snapshot = a.seq, how, twin.MediaResource, body, ""
				if how == twin.Member {
					o.Snapshot = "s"
				}
				if how == twin.Tombstone || how == twin.Heartbeat {
					o.Media, o.Body = "", nil
				}
				list = append(list, o)
			}
		}
		got := a.send(Batch{Items: list})
		if got.Accepted != 1 || len(got.Rejected) != len(list)-1 {
			t.Fatalf("took %+v", got)
		}
		if reason := got.Rejected[0].Reason; !strings.Contains(reason, "kind Attestation is not an agent's to tell") {
			t.Error(reason)
		}
	})
}

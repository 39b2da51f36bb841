package validate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

func hour(n int) time.Time { return time.Date(2026, 3, 1, n, 0, 0, 0, time.UTC) }

// memory is a store of one world that remembers what was committed.
type memory struct {
	world  ctem.World
	moved  []ctem.WorldMove
	last   int64
	cursor int64
	left   []ctem.WorldMove
	broken error
	done   []ctem.ProofBatch
}

func (m *memory) Cursor(context.Context, string, ctem.Stream) (int64, error) { return m.cursor, nil }

func (m *memory) WorldsMoved(_ context.Context, after int64, _ int) ([]ctem.WorldMove, time.Time, int64, error) {
	if after == m.last {
		return nil, time.Time{}, after, nil
	}
	return m.moved, hour(0), m.last, nil
}

func (m *memory) WorldsLeft(context.Context, int) ([]ctem.WorldMove, error) { return m.left, nil }

func (m *memory) World(context.Context, ctem.WorldAsk) (ctem.World, error) { return m.world, m.broken }

func (m *memory) WorldsWith(_ context.Context, _ *ctem.ReachAsk, service string) ([]string, error) {
	if service == "unseen" {
		return nil, nil
	}
	return []string{"prod"}, nil
}

func (m *memory) CommitProofs(_ context.Context, adv ctem.Advance, b ctem.ProofBatch) (int, error) {
	for _, x := range adv.Moves {
		m.cursor = x.To
	}
	if b.Done.World != "" {
		m.left = nil
	}
	m.left = append(m.left, b.Moved...)
	m.done = append(m.done, b)
	return len(b.Proofs), nil
}

// pods is a world with a pod that has a door, and a policy at every other hour.
func pods(changes int) ctem.World {
	w := ctem.World{Name: "prod"}
	for i, name := range []string{"front", "back"} {
		w.Stands = append(w.Stands, twin.Stand{
			Source: "kube/prod", Scope: "prod", Class: twin.Observed, From: hour(0), State: int64(i + 1), Place: int64(i + 1), Service: name,
			Workload: &twin.Workload{
				Service: name, Kind: "Deployment", Namespace: "shop", Replicas: 1, Pod: &twin.Pod{Labels: map[string]string{"app": name}, Ports: []twin.Port{{Number: 80}}},
				Doors: []twin.Door{{Address: name + "/", Public: true, Via: "Ingress/shop/" + name}},
			},
		})
	}
	w.Stands = append(w.Stands, twin.Stand{
		Source: "kube/prod", Scope: "prod", Class: twin.Observed, From: hour(0), State: 3, Place: 3, Service: "calico-node",
		Workload: &twin.Workload{Service: "calico-node", Kind: "DaemonSet", Namespace: "kube-system", Replicas: 1, Pod: &twin.Pod{}},
	})
	for i := range changes {
		w.Stands = append(w.Stands, twin.Stand{
			Source: "kube/prod", Scope: "prod", Class: twin.Observed, From: hour(2*i + 1), To: hour(2*i + 2), State: 4,
			Resource: &twin.Resource{Kind: twin.KindNetworkPolicy, Namespace: "shop", Name: "deny", Spec: json.RawMessage(`{"podSelector":{"matchLabels":{"app":"front"}}}`)},
		})
	}
	return w
}

func step(m *memory) *Step {
	return &Step{Read: m, Write: m, Now: func() time.Time { return hour(100) }}
}

func run(t *testing.T, s *Step) (runs int) {
	t.Helper()
	for {
		n, err := s.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return runs
		}
		runs++
	}
}

// A door is closed while its policy is there; what did not change is one piece.
func TestStep(t *testing.T) {
	t.Parallel()
	m := &memory{world: pods(1), moved: []ctem.WorldMove{{World: "prod", Since: hour(0)}}, last: 7}
	if n := run(t, step(m)); n != 2 || m.cursor != 7 {
		t.Errorf("%d runs, cursor %d", n, m.cursor)
	}
	var got []string
	for _, p := range m.done[1].Proofs {
		if p.Check == ctem.CheckDoor {
			for _, x := range p.Pieces {
				got = append(got, fmt.Sprintf("%s %d-%d %s", p.Name, x.From.Hour(), x.To.Hour(), x.Finding))
			}
		}
	}
	want := []string{"back 0-0 policy-allowed", "front 0-1 policy-allowed", "front 1-2 policy-denied", "front 2-0 policy-allowed"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Many moments are worked out in several runs, each from where the last one ended.
func TestManyMoments(t *testing.T) {
	t.Parallel()
	m := &memory{world: pods(20), moved: []ctem.WorldMove{{World: "prod", Since: hour(0)}}, last: 1}
	if n := run(t, step(m)); n != 4 {
		t.Errorf("%d runs for 41 moments", n)
	}
	for i, want := range []time.Time{hour(16), hour(32), {}} {
		if got := m.done[i+1].Until; !got.Equal(want) {
			t.Errorf("run %d until %s, want %s", i, got, want)
		}
	}
}

// A world that cannot be read is set aside by itself; a store that fails is not poison.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	m := &memory{left: []ctem.WorldMove{{World: "prod", Since: hour(3)}}, broken: fmt.Errorf("state 7: %w", ctem.ErrUnreadable)}
	_, err := step(m).Run(t.Context())
	poison, ok := errors.AsType[*ctem.Poison](err)
	if !ok || poison.Step != Name || len(m.left) != 0 || len(m.done) != 1 || !m.done[0].Until.Equal(hour(3)) {
		t.Errorf("%v, %+v", err, m.done)
	}
	m = &memory{left: []ctem.WorldMove{{World: "prod"}}, broken: fault.New(fault.Unavailable, "away")}
	if _, err := step(m).Run(t.Context()); fault.KindOf(err) != fault.Unavailable || len(m.left) != 1 {
		t.Errorf("%v", err)
	}
}

func TestReach(t *testing.T) {
	t.Parallel()
	paths := Paths{Read: &memory{world: pods(1)}}
	ask := func(from, to, port string) (string, error) {
		got, err := paths.Reach(t.Context(), ctem.ReachAsk{AsOf: ctem.AsOf{At: hour(1)}, From: from, To: to, Port: port})
		if err != nil {
			return string(fault.KindOf(err)), err
		}
		return string(got[0].Finding) + ": " + got[0].Why, nil
	}
	for _, x := range [][4]string{
		{"back", "front", "", "policy-denied: no rule of shop/deny ingress lets it in"},
		{"internet", "shop/front", "80", "policy-denied: no rule of shop/deny ingress lets it in"},
		{"front", "Deployment/shop/back", "81/UDP", "policy-allowed: no policy selects either end"},
		{"front", "front", "80", "policy-allowed: nothing keeps a pod from itself"},
		{"front", "back", "0", string(fault.Invalid)},
		{"front", "back", "nameless", string(fault.Invalid)},
		{"front", "calico-node", "", string(fault.Invalid)},
		{"front", "nobody", "80", string(fault.NotFound)},
		{"unseen", "front", "80", string(fault.NotFound)},
		{"", "front", "80", string(fault.Invalid)},
	} {
		if got, err := ask(x[0], x[1], x[2]); got != x[3] {
			t.Errorf("%s to %s at %q: %s (%v), want %s", x[0], x[1], x[2], got, err, x[3])
		}
	}
}

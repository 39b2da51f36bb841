package cycle

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
)

// work is a step with a backlog; every batch may fail in its own way.
type work struct {
	name string
	left []error
	did  int
}

func (w *work) Name() string { return w.name }

func (w *work) Run(context.Context) (int, error) {
	if len(w.left) == 0 {
		return 0, nil
	}
	err := w.left[0]
	w.left = w.left[1:]
	if err != nil {
		return 0, err
	}
	w.did++
	return 1, nil
}

// leases grants everything but what others hold.
type leases struct {
	others   map[string]bool
	released []string
	aside    []ctem.Quarantine
}

func (l *leases) Acquire(_ context.Context, want ctem.Lease, _ time.Time) (ctem.Lease, bool, error) {
	want.Fence = 7
	return want, !l.others[want.Name], nil
}

func (l *leases) Release(_ context.Context, got ctem.Lease) error {
	l.released = append(l.released, got.Name)
	return nil
}

func (l *leases) Quarantine(_ context.Context, adv ctem.Advance, q ctem.Quarantine) error {
	if adv.Fence != 7 || adv.Moves[0].To != q.To {
		return errors.New("quarantine does not move the cursor under the fence")
	}
	l.aside = append(l.aside, q)
	return nil
}

func runner(l *leases, steps ...Step) *Runner {
	return New(steps, l, "test", slog.New(slog.DiscardHandler))
}

func TestDrainUntilQuiet(t *testing.T) {
	t.Parallel()
	a := &work{name: "a", left: []error{nil, nil, ctem.ErrRaced, nil}}
	b := &work{name: "b", left: []error{nil}}
	l := &leases{}
	rep, err := runner(l, a, b).Drain(context.Background())
	if err != nil || a.did != 3 || b.did != 1 || len(a.left) != 0 {
		t.Errorf("did %d and %d of the work: %v %v", a.did, b.did, rep, err)
	}
	if len(l.released) != 2 {
		t.Errorf("released %v, want both leases", l.released)
	}
}

func TestPoisonIsSetAsideAndTheStreamGoesOn(t *testing.T) {
	t.Parallel()
	bad := &ctem.Poison{Step: "a", Stream: ctem.StreamEvidence, From: 3, To: 4, Err: errors.New("not a workload")}
	a := &work{name: "a", left: []error{nil, bad, nil}}
	l := &leases{}
	rep, err := runner(l, a).Drain(context.Background())
	if err != nil || a.did != 2 {
		t.Fatalf("the stream stopped: did %d, %v", a.did, err)
	}
	want := []ctem.Quarantine{{Step: "a", Stream: ctem.StreamEvidence, From: 3, To: 4, Reason: "not a workload"}}
	if d := cmp.Diff(want, clearTimes(l.aside)); d != "" || len(rep.Quarantined) != 1 {
		t.Error(d, rep)
	}
}

func clearTimes(in []ctem.Quarantine) []ctem.Quarantine {
	out := append([]ctem.Quarantine(nil), in...)
	for i := range out {
		out[i].At = time.Time{}
	}
	return out
}

func TestOtherErrorsStopTheDrain(t *testing.T) {
	t.Parallel()
	boom := errors.New("disk full")
	l := &leases{}
	_, err := runner(l, &work{name: "a", left: []error{boom}}).Drain(context.Background())
	if !errors.Is(err, boom) || len(l.released) != 1 {
		t.Errorf("got %v, released %v", err, l.released)
	}
}

func TestAStepThatAnotherReplicaHoldsIsReportedBusy(t *testing.T) {
	t.Parallel()
	a := &work{name: "a", left: []error{nil}}
	rep, err := runner(&leases{others: map[string]bool{"a": true}}, a).Drain(context.Background())
	if err != nil || a.did != 0 || !cmp.Equal(rep.Busy, []string{"a"}) {
		t.Errorf("did %d, %v, %v", a.did, rep, err)
	}
}

// TestPace: a runner with a pace rests after a round that did something, and stops
// resting when it is told to.
func TestPace(t *testing.T) {
	t.Parallel()
	clock, slow := time.Unix(0, 0), &work{name: "slow", left: []error{nil, nil, nil}}
	r := New([]Step{slow}, &leases{}, "me", slog.New(slog.DiscardHandler))
	r.TTL, r.Pace = time.Hour, 3
	r.Now = func() time.Time {
		clock = clock.Add(time.Hour)
		return clock
	}
	ctx, stop := context.WithCancel(t.Context())
	r.After = func(context.Context, int) error { stop(); return nil }
	if _, err := r.Drain(ctx); !errors.Is(err, context.Canceled) || slow.did != 1 {
		t.Errorf("after %d rounds: %v", slow.did, err)
	}
}

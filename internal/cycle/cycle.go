// Package cycle runs the steps of the loop.
//
// The model. A step has a name and a Run that takes the next batch after its
// cursor and says how much it did. Drain runs the steps in their order, again
// and again, until a whole round did nothing: that is how the command line
// works, and a server runs the same steps on a schedule.
//
// Invariants. A step runs only under its lease, whose fencing token its commit
// carries, so two replicas never both win. A batch that cannot be processed is
// quarantined with its reason and does not stop the stream. A lost race is not
// poison: the step is tried again. Leases use the real clock.
package cycle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// Step is one step of the loop.
type Step interface {
	// Name is the step's lease and cursor name.
	Name() string
	// Run processes the next batch and returns how much it did; 0 is quiet.
	Run(ctx context.Context) (int, error)
}

// Leases is what the runner needs of the store.
type Leases interface {
	Acquire(ctx context.Context, want ctem.Lease, now time.Time) (ctem.Lease, bool, error)
	Release(ctx context.Context, l ctem.Lease) error
	Quarantine(ctx context.Context, adv ctem.Advance, q ctem.Quarantine) error
}

// Runner drains steps.
type Runner struct {
	Steps  []Step // in the order of the loop
	Leases Leases
	Owner  string // this process
	TTL    time.Duration
	Now    func() time.Time // the real clock: leases
	Log    *slog.Logger
	// Stamp gives the record time of a quarantine: the clock of the data.
	Stamp func() time.Time
	// After, when set, is told after each round how much it did.
	After func(ctx context.Context, did int) error
	// Pace, when set, is how many times as long as a round took is rested after it,
	// but no longer than maxPause: steps that take long leave room for others.
	Pace int
	held map[string]ctem.Lease
}

// New returns a runner that holds leases for a minute at a time.
func New(steps []Step, leases Leases, owner string, log *slog.Logger) *Runner {
	return &Runner{
		Steps: steps, Leases: leases, Owner: owner, TTL: time.Minute, Now: time.Now, Stamp: time.Now, Log: log,
		held: map[string]ctem.Lease{},
	}
}

// Fence gives a step the fencing token under which it runs now, or 0.
func (r *Runner) Fence(step string) func() int64 {
	return func() int64 { return r.held[step].Fence }
}

// Report says what a drain did.
type Report struct {
	Rounds      int
	Done        map[string]int // step → how much
	Quarantined []ctem.Quarantine
	Busy        []string // steps whose lease another process holds
}

// maxRounds bounds a drain: far above what any backlog needs between two quiet
// rounds; reaching it means that a step never becomes quiet.
const maxRounds = 1_000_000

// Drain runs all steps until a whole round did nothing.
func (r *Runner) Drain(ctx context.Context) (rep Report, err error) {
	rep.Done = map[string]int{}
	defer func() { err = errors.Join(err, r.releaseAll(context.WithoutCancel(ctx))) }()
	for rep.Rounds = 1; rep.Rounds <= maxRounds; rep.Rounds++ {
		began := r.Now()
		did, err := r.round(ctx, &rep)
		if err == nil && r.After != nil {
			err = r.After(ctx, did)
		}
		if err != nil || did == 0 {
			return rep, err
		}
		if err := r.pause(ctx, r.Now().Sub(began)); err != nil {
			return rep, err
		}
	}
	return rep, fault.New(fault.Internal, "the steps did not become quiet after %d rounds", maxRounds)
}

// maxPause is the longest rest after a round.
const maxPause = 10 * time.Second

// pause rests after a round that took so long.
func (r *Runner) pause(ctx context.Context, took time.Duration) error {
	if r.Pace <= 0 {
		return nil
	}
	timer := time.NewTimer(min(time.Duration(r.Pace)*took, maxPause))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func (r *Runner) round(ctx context.Context, rep *Report) (did int, err error) {
	rep.Busy = nil
	for _, s := range r.Steps {
		n, err := r.runStep(ctx, s, rep)
		if err != nil {
			return did, err
		}
		rep.Done[s.Name()] += n
		did += n
	}
	return did, nil
}

// runStep runs one batch of a step under its lease.
func (r *Runner) runStep(ctx context.Context, s Step, rep *Report) (int, error) {
	ok, err := r.lease(ctx, s.Name())
	if err != nil {
		return 0, err
	}
	if !ok {
		rep.Busy = append(rep.Busy, s.Name())
		return 0, nil
	}
	n, err := s.Run(ctx)
	if errors.Is(err, ctem.ErrRaced) {
		r.Log.DebugContext(ctx, "step lost a race", "step", s.Name())
		delete(r.held, s.Name())
		return 1, nil
	}
	if bad, ok := errors.AsType[*ctem.Poison](err); ok {
		return r.setAside(ctx, bad, rep)
	}
	if err != nil {
		return n, fmt.Errorf("step %s: %w", s.Name(), err)
	}
	return n, nil
}

// lease takes or renews the step's lease when less than half of it is left.
func (r *Runner) lease(ctx context.Context, name string) (bool, error) {
	now := r.Now()
	if l, ok := r.held[name]; ok && l.Expires.Sub(now) > r.TTL/2 {
		return true, nil
	}
	l, ok, err := r.Leases.Acquire(ctx, ctem.Lease{Name: name, Owner: r.Owner, Expires: now.Add(r.TTL)}, now)
	if err != nil {
		return false, fmt.Errorf("lease %s: %w", name, err)
	}
	if ok {
		r.held[name] = l
	}
	return ok, nil
}

func (r *Runner) setAside(ctx context.Context, bad *ctem.Poison, rep *Report) (int, error) {
	q := ctem.Quarantine{Step: bad.Step, Stream: bad.Stream, From: bad.From, To: bad.To, Reason: bad.Err.Error(), At: r.Stamp()}
	move := ctem.Move{Stream: bad.Stream, From: bad.From, To: bad.To}
	adv := ctem.Advance{Step: bad.Step, Fence: r.held[bad.Step].Fence, Moves: []ctem.Move{move}, Now: q.At}
	err := r.Leases.Quarantine(ctx, adv, q)
	if errors.Is(err, ctem.ErrRaced) {
		return 1, nil
	}
	if err != nil {
		return 0, fmt.Errorf("quarantine a batch of %s: %w", bad.Step, err)
	}
	r.Log.WarnContext(ctx, "batch quarantined", "step", bad.Step, "stream", string(bad.Stream), "from", bad.From, "to", bad.To, "reason", q.Reason)
	rep.Quarantined = append(rep.Quarantined, q)
	return 1, nil
}

func (r *Runner) releaseAll(ctx context.Context) error {
	var errs []error
	for name, l := range r.held {
		errs = append(errs, r.Leases.Release(ctx, l))
		delete(r.held, name)
	}
	return errors.Join(errs...)
}

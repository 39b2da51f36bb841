package cycle

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// Stage is a step with the streams that it reads: what was computed is known by
// how far it has read them.
type Stage struct {
	Step    string
	Streams []ctem.Stream
	// Left, when set, says whether the step has put off something of what it has
	// read: it is through only when nothing is left.
	Left func(ctx context.Context) (bool, error)
}

// Progress says how far streams go and how far steps have read them.
type Progress interface {
	Heads(ctx context.Context) (map[ctem.Stream]int64, error)
	Cursor(ctx context.Context, step string, stream ctem.Stream) (int64, error)
}

// Worker runs the steps of a server: at once when it is woken, and at every tick
// as another process may have given evidence. It also follows how far all is
// computed, whoever computed it: see Computed and Settle.
type Worker struct {
	Runner   *Runner
	Stages   []Stage // in the order of the loop
	Progress Progress
	// Moved is told after each round that did something, and Computed that
	// everything up to a number of each stream has gone through all the steps.
	Moved    func(ctx context.Context)
	Computed func(ctx context.Context, upTo map[ctem.Stream]int64) error

	mu      sync.Mutex
	wake    chan struct{}
	settled chan struct{} // closed and made anew when a wave is through
	waves   int64         // that are through
	begun   int64         // waves that have begun
	beat    time.Time     // of the last round that went well
	trouble error         // of the last one, when it did not
}

// The times of a worker.
const (
	tick    = time.Second
	full    = 30 * time.Second // the steps run without a backlog too: time alone changes what is so
	maxRest = 15 * time.Second // between attempts while something is wrong
)

// NewWorker returns a worker for steps; it works while Run does.
func NewWorker(r *Runner, stages []Stage, p Progress) *Worker {
	return &Worker{Runner: r, Stages: stages, Progress: p, wake: make(chan struct{}, 1), settled: make(chan struct{})}
}

// Wake tells that there is something new. It never waits.
func (w *Worker) Wake() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends, and finishes the step that it is at. What fails is
// tried again: evidence that is stored waits.
func (w *Worker) Run(ctx context.Context) error {
	rest, last := tick, time.Time{}
	wave := &wave{w: w}
	for ctx.Err() == nil {
		rest = w.turn(ctx, wave, &last, rest)
		timer := time.NewTimer(rest)
		select {
		case <-ctx.Done():
		case <-w.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}

// turn is one pass, and how long to rest after it.
func (w *Worker) turn(ctx context.Context, v *wave, last *time.Time, rest time.Duration) time.Duration {
	err := w.pass(ctx, v, last)
	if ctx.Err() == nil {
		w.note(ctx, err)
	}
	return next(rest, err)
}

func next(rest time.Duration, err error) time.Duration {
	if err == nil {
		return tick
	}
	return min(2*rest, maxRest)
}

func (w *Worker) note(ctx context.Context, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil && (w.trouble == nil || w.trouble.Error() != err.Error()) {
		w.Runner.Log.ErrorContext(ctx, "the steps do not get on", "error", fault.Mask(err.Error()))
	}
	if err == nil && w.trouble != nil {
		w.Runner.Log.InfoContext(ctx, "the steps get on again")
	}
	if w.trouble = err; err == nil {
		w.beat = time.Now()
	}
}

// pass drains when there is a backlog, or when it is time to.
func (w *Worker) pass(ctx context.Context, v *wave, last *time.Time) error {
	through, err := v.roll(ctx)
	if err != nil {
		return err
	}
	if through && time.Since(*last) < full {
		return nil
	}
	*last = time.Now()
	w.Runner.After = func(ctx context.Context, did int) error {
		if did > 0 && w.Moved != nil {
			w.Moved(ctx)
		}
		w.note(ctx, nil)
		_, err := v.roll(ctx)
		return err
	}
	_, err = w.Runner.Drain(ctx)
	return err
}

// Trouble says why the worker does not get on: nil when it does.
func (w *Worker) Trouble() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.trouble == nil && w.beat.IsZero() {
		return errors.New("it has not begun yet")
	}
	return w.trouble
}

// Settle waits until everything that is in the streams now has gone through all
// the steps.
func (w *Worker) Settle(ctx context.Context) error {
	w.mu.Lock()
	need := w.begun + 1 // the wave that is on its way began before
	w.mu.Unlock()
	for {
		w.Wake()
		w.mu.Lock()
		done, settled := w.waves >= need, w.settled
		w.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-ctx.Done():
			return fault.Wrap(fault.Unavailable, ctx.Err(), "it is stored, and not yet computed")
		case <-settled:
		}
	}
}

// wave follows what was in the streams at one moment through the steps: the
// first has read it when its cursors are there, and what it wrote till then is
// what the second must have read, and so on.
type wave struct {
	w     *Worker
	stage int
	from  map[ctem.Stream]int64 // heads when it began
	heads map[ctem.Stream]int64 // that the present stage must reach; nil: none has begun
}

// roll moves the wave as far as it goes. through says that it ended, and that
// nothing has come since it began.
func (v *wave) roll(ctx context.Context) (through bool, err error) {
	if v.heads == nil {
		if err := v.begin(ctx); err != nil {
			return false, err
		}
	}
	for v.stage < len(v.w.Stages) {
		passed, err := v.passed(ctx, v.w.Stages[v.stage])
		if err != nil || !passed {
			return false, err
		}
		if v.heads, err = v.w.Progress.Heads(ctx); err != nil {
			return false, err
		}
		v.stage++
	}
	return true, v.end(ctx)
}

func (v *wave) begin(ctx context.Context) error {
	v.w.mu.Lock()
	v.w.begun++
	v.w.mu.Unlock()
	heads, err := v.w.Progress.Heads(ctx)
	if err != nil {
		v.w.mu.Lock()
		v.w.begun-- // it looked at nothing; who waits, waits for the next
		v.w.mu.Unlock()
		return err
	}
	v.from, v.heads, v.stage = heads, heads, 0
	return nil
}

func (v *wave) passed(ctx context.Context, s Stage) (bool, error) {
	for _, stream := range s.Streams {
		seq, err := v.w.Progress.Cursor(ctx, s.Step, stream)
		if err != nil {
			return false, err
		}
		if seq < v.heads[stream] {
			return false, nil
		}
	}
	if s.Left == nil {
		return true, nil
	}
	left, err := s.Left(ctx)
	return !left, err
}

func (v *wave) end(ctx context.Context) error {
	if v.w.Computed != nil {
		if err := v.w.Computed(ctx, v.from); err != nil {
			return err
		}
	}
	v.heads = nil
	v.w.mu.Lock()
	defer v.w.mu.Unlock()
	v.w.waves++
	close(v.w.settled)
	v.w.settled = make(chan struct{})
	return nil
}

package discover

import (
	"context"
	"fmt"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// StepResolve is the name of the step that folds evidence into the twin.
const StepResolve = "resolve"

// Evidences is what resolve reads: the stream, and what the twin holds.
type Evidences interface {
	Cursor(ctx context.Context, step string, stream ctem.Stream) (int64, error)
	Evidence(ctx context.Context, after int64, limit int) ([]twin.Observation, error)
	Present(ctx context.Context, list []twin.Observation) (*twin.Present, error)
	WatchState(ctx context.Context, watch int64, bases []int64) (twin.WatchState, error)
	Timelines(ctx context.Context, q twin.TimelineQuery) (twin.Timelines, error)
}

// Twin is where resolve writes.
type Twin interface {
	CommitTwin(ctx context.Context, adv ctem.Advance, res *twin.Resolution) error
}

// Resolve is the step that folds new evidence into the twin.
type Resolve struct {
	Read      Evidences
	Write     Twin
	ParseSBOM func([]byte) (twin.SBOM, error)
	Now       func() time.Time
	Fence     func() int64
	Batch     int // rows at a time; 0: DefaultBatch
}

// DefaultBatch is how many rows of evidence one run takes.
const DefaultBatch = 2000

// Name returns the step's name.
func (r *Resolve) Name() string { return StepResolve }

// Run folds the next batch of evidence. Evidence that cannot be read is poison
// for itself alone: the batch ends before it, and the run that begins with it
// says so.
func (r *Resolve) Run(ctx context.Context) (int, error) {
	from, err := r.Read.Cursor(ctx, StepResolve, ctem.StreamEvidence)
	if err != nil {
		return 0, err
	}
	limit := r.Batch
	if limit <= 0 {
		limit = DefaultBatch
	}
	list, err := r.Read.Evidence(ctx, from, limit)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	present, err := r.Read.Present(ctx, list)
	if err != nil {
		return 0, err
	}
	b := newBatch(present, r.ParseSBOM)
	n, bad := b.takeAll(list)
	if n == 0 {
		return 0, &ctem.Poison{Step: StepResolve, Stream: ctem.StreamEvidence, From: from, To: list[0].Seq, Err: bad}
	}
	f := folding{batch: b, read: r.Read}
	if err := f.work(ctx); err != nil {
		return 0, fmt.Errorf("fold evidence %d to %d: %w", list[0].Seq, list[n-1].Seq, err)
	}
	move := ctem.Move{Stream: ctem.StreamEvidence, From: from, To: list[n-1].Seq}
	adv := ctem.Advance{Step: StepResolve, Fence: r.fence(), Moves: []ctem.Move{move}, Now: r.Now()}
	if err := r.Write.CommitTwin(ctx, adv, &b.res); err != nil {
		return 0, err
	}
	return n, nil
}

func (r *Resolve) fence() int64 {
	if r.Fence == nil {
		return 0
	}
	return r.Fence()
}

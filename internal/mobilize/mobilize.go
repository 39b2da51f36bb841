// Package mobilize turns decided exposures into actions: one for each component
// in a service, whatever the environments, which closes all its exposures there.
//
// The model. The step follows decisions and exposures. Whatever changed there
// makes it plan the actions concerned again: their target (the smallest version
// that clears all open exposures, found by evaluating the records anew), due
// date, risk and state. An action goes round: it is opened by open exposures,
// and done when none of those that were open since is open any more. The next
// return opens another round of the same action; its id never changes.
//
// Invariants. States follow from evidence alone: verified only when run-time
// evidence shows, by digest, what runs instead at every place that was fixed;
// where it is only declared the action is deployed. What ended without a fix
// (retired, withdrawn, not running) is rejected with that reason, not verified.
// A person's rejection is not overruled by what was known then. A plan that
// says what was so already is not written, so a rerun changes nothing.
package mobilize

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
)

// Streams is what the step reads its work from.
type Streams interface {
	Cursor(ctx context.Context, step string, stream ctem.Stream) (int64, error)
	ExposureChanges(ctx context.Context, after int64, limit int) (nums []int64, last int64, err error)
	DecisionChanges(ctx context.Context, after int64, limit int) (nums []int64, last int64, err error)
}

// Facts is what a plan rests on.
type Facts interface {
	ActionGroups(ctx context.Context, exposures []int64) ([]ctem.ActionGroup, error)
	Exposures(ctx context.Context, nums []int64) ([]ctem.Exposure, error)
	Records(ctx context.Context, ids []string) ([]advisory.Record, error)
}

// Writer stores actions together with the cursors.
type Writer interface {
	CommitActions(ctx context.Context, adv ctem.Advance, actions []ctem.Action) error
}

// Step is the step of the loop.
type Step struct {
	Streams Streams
	Facts   Facts
	Writer  Writer
	Now     func() time.Time
	Fence   func() int64
}

const stepName = "mobilize"

// changeBatch is how many changes of each stream are read at once.
const changeBatch = 1000

// Name is the step's lease and cursor name.
func (s *Step) Name() string { return stepName }

// Run plans what the next batch of changes concerns. What cannot be read is
// poison for itself alone.
func (s *Step) Run(ctx context.Context) (int, error) {
	return ctem.Narrow(changeBatch, func(limit int) (int, error) { return s.run(ctx, limit) })
}

func (s *Step) run(ctx context.Context, limit int) (int, error) {
	nums, moves, err := s.next(ctx, limit)
	if err != nil {
		return 0, err
	}
	if len(nums) == 0 {
		return 0, nil
	}
	size := len(nums)
	slices.Sort(nums)
	groups, err := s.Facts.ActionGroups(ctx, slices.Compact(nums))
	if err != nil {
		return 0, ctem.Aside(stepName, moves[0], fmt.Errorf("read the groups of %d exposures: %w", len(nums), err))
	}
	actions, err := s.plan(ctx, groups)
	if err != nil {
		return 0, ctem.Aside(stepName, moves[0], err)
	}
	adv := ctem.Advance{Step: stepName, Moves: moves, Now: s.Now().UTC().Truncate(time.Microsecond)}
	if s.Fence != nil {
		adv.Fence = s.Fence()
	}
	if err := s.Writer.CommitActions(ctx, adv, actions); err != nil {
		return 0, fmt.Errorf("commit %d actions: %w", len(actions), err)
	}
	return size, nil
}

// next reads both streams, in the order in which all commits move cursors. A
// batch that is smaller than usual looks for what cannot be read: it is of one
// stream.
func (s *Step) next(ctx context.Context, limit int) (nums []int64, moves []ctem.Move, err error) {
	for _, r := range []struct {
		stream ctem.Stream
		read   func(context.Context, int64, int) ([]int64, int64, error)
	}{{ctem.StreamExposure, s.Streams.ExposureChanges}, {ctem.StreamDecision, s.Streams.DecisionChanges}} {
		from, err := s.Streams.Cursor(ctx, stepName, r.stream)
		if err != nil {
			return nil, nil, fmt.Errorf("read the cursor on %s: %w", r.stream, err)
		}
		more, last, err := r.read(ctx, from, limit)
		if err != nil {
			return nil, nil, fmt.Errorf("read the stream %s: %w", r.stream, err)
		}
		if limit < changeBatch && last <= from {
			continue
		}
		nums = append(nums, more...)
		moves = append(moves, ctem.Move{Stream: r.stream, From: from, To: max(from, last)})
		if limit < changeBatch {
			break
		}
	}
	return nums, moves, nil
}

// plan returns the actions that changed, in order of id.
func (s *Step) plan(ctx context.Context, groups []ctem.ActionGroup) ([]ctem.Action, error) {
	var changed []ctem.Action
	var moved []*ctem.Action
	plans := make([]ctem.Action, 0, len(groups))
	for i := range groups {
		if a, ok := Plan(groups[i]); ok {
			plans = append(plans, a)
		}
	}
	before := map[string]*ctem.Action{}
	for i := range groups {
		before[ctem.ActionID(groups[i].Locus, groups[i].Service)] = groups[i].Before
	}
	for i := range plans {
		if b := before[plans[i].ID]; b == nil || b.TargetBasis != plans[i].TargetBasis {
			moved = append(moved, &plans[i])
		}
	}
	if err := s.target(ctx, moved); err != nil {
		return nil, err
	}
	for i := range plans {
		if b := before[plans[i].ID]; b == nil || !same(*b, plans[i]) {
			changed = append(changed, plans[i])
		}
	}
	slices.SortFunc(changed, func(a, b ctem.Action) int { return cmp.Compare(a.ID, b.ID) })
	return changed, nil
}

// same reports whether two plans say the same, whenever they were made.
func same(a, b ctem.Action) bool { return canonical(a) == canonical(b) }

func canonical(a ctem.Action) string {
	a.Num, a.Change, a.CreatedAt, a.ChangedAt = 0, 0, time.Time{}, time.Time{}
	a.Members = slices.Clone(a.Members)
	for i := range a.Members {
		// What an action does not count of an exposure does not change it.
		m := &a.Members[i]
		*m = ctem.ActionMember{Num: m.Num, Risk: m.Risk, Open: m.Open, Round: m.Round}
	}
	text, err := json.Marshal(a)
	if err != nil { // only a number that JSON has no form for: never the same as another
		return fmt.Sprintf("%p %v", &a, err)
	}
	return string(text)
}

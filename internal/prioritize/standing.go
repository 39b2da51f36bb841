package prioritize

import (
	"context"
	"fmt"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/policy"
)

// readPeople reads what people have said: the scope first, then rulings. A
// batch that looks for what cannot be read ends with the first that has something.
func (s *Step) readPeople(ctx context.Context, b *batch) error {
	if err := s.readScope(ctx, b); err != nil {
		return fmt.Errorf("read scope changes: %w", err)
	}
	if b.enough() {
		return nil
	}
	from, err := s.Streams.Cursor(ctx, Name, ctem.StreamRuling)
	if err != nil {
		return fmt.Errorf("read the cursor on rulings: %w", err)
	}
	nums, last, err := s.Said.RulingChanges(ctx, from, b.limit)
	if err != nil {
		return fmt.Errorf("read rulings: %w", err)
	}
	b.add(ctem.Move{Stream: ctem.StreamRuling, From: from, To: max(from, last)}, nums, len(nums))
	return nil
}

func (s *Step) readScope(ctx context.Context, b *batch) error {
	from, err := s.Streams.Cursor(ctx, Name, ctem.StreamScope)
	if err != nil {
		return err
	}
	services, last, err := s.Said.ScopeChanges(ctx, from, min(b.limit, serviceBatch))
	if err != nil {
		return err
	}
	nums, err := s.Said.ExposuresOfServices(ctx, services)
	if err != nil {
		return err
	}
	b.add(ctem.Move{Stream: ctem.StreamScope, From: from, To: max(from, last)}, nums, len(services))
	return nil
}

func (b *batch) add(m ctem.Move, nums []int64, size int) {
	b.nums, b.size = append(b.nums, nums...), b.size+size
	b.moves = append(b.moves, m)
}

// describe adds what lists show of the weakness.
func (c *Case) describe(d *ctem.Decision) {
	listed := policy.Listed(c.Signals) != nil
	d.Attack = c.attacked()
	d.Severity, d.EPSS, d.KEV = policy.Severity(c.Vector), policy.EPSS(c.Signals), ctem.TriOf(listed)
	if !listed && !c.HaveKEV {
		d.KEV = ctem.Unknown
	}
}

// people adds who has to act, and what people decided beside the rules. What is
// closed is left to the rules: evidence closed it.
func (c *Case) people(d *ctem.Decision) {
	s := ctem.StandingOf(c.Rulings)
	d.Owner, d.OwnerRule = c.Scope.OwnerAt(c.Exposure.Service, c.Exposure.Environment)
	if s.Assigned != nil {
		d.Owner, d.OwnerRule = s.Assigned.Owner, "assigned by "+s.Assigned.By
	}
	d.Treatment = ctem.TreatNone
	if !c.Exposure.State.Live() {
		return
	}
	c.inForce(d, &s)
	if d.Exception == nil && s.Request != nil && c.Now.Before(s.Request.Until) {
		d.Exception = exception(s.Request, ctem.ExceptionRequested)
		d.NextChange = sooner(d.NextChange, s.Request.Until)
	}
}

// inForce applies the decision that people's rulings come to. The words for
// evidence that is too old follow the same ruling.
func (c *Case) inForce(d *ctem.Decision, s *ctem.Standing) {
	lapsed, _ := s.InForce(d.Lapsed, c.Now)
	word, by := s.InForce(d.Computed, c.Now)
	if r := s.Decided; r != nil && !r.Until.IsZero() && c.Now.Before(r.Until) {
		d.NextChange = sooner(d.NextChange, r.Until)
	}
	d.Word, d.Lapsed = word, lapsed
	if by == nil {
		return
	}
	d.DecidedBy = by.By
	if by.Loosens() {
		d.Treatment, d.Exception = ctem.TreatExcepted, exception(by, ctem.ExceptionInForce)
	}
}

func exception(r *ctem.Ruling, state ctem.ExceptionState) *ctem.Exception {
	return &ctem.Exception{State: state, Word: r.Word, Until: r.Until, By: r.By, ApprovedBy: r.ApprovedBy, Reason: r.Reason, Ruling: r.Seq}
}

// sooner is the earlier of two times of which zero means never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

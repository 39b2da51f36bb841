package picture

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/triage"
	"github.com/tidemark/tidemark/internal/twin"
)

// How often the follower looks: at the streams when nobody wakes it, at what
// time alone changes, and again after a fault.
const (
	pollEvery  = time.Second
	agesEvery  = 30 * time.Second
	retryEvery = time.Second
	readAtOnce = 2000
	waitReady  = 10 * time.Second
)

// follower keeps the present shot up to date.
type follower struct {
	*drawing
	wake     chan struct{}
	revision atomic.Int64
	marks    map[ctem.Stream]int64
	evidence int64
	fresh    map[int64]twin.Freshness
	overdue  triage.Totals
	aged     time.Time
	trouble  atomic.Pointer[string]
	rounds   atomic.Int64 // that are over
}

func newFollower(d *drawing) *follower {
	f := &follower{drawing: d, wake: make(chan struct{}, 1), marks: map[ctem.Stream]int64{}}
	d.live.ready = make(chan struct{})
	d.revisionOf = f.Revision
	return f
}

// Wake tells the follower that something may have changed. It never waits.
func (f *follower) Wake() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// Ready reports whether the exposures were read.
func (f *follower) Ready() bool {
	select {
	case <-f.live.ready:
		return true
	default:
		return false
	}
}

// Revision is a number that changes when anything shown may have changed.
func (f *follower) Revision() int64 { return f.revision.Load() }

// Trouble says why the picture does not follow at present; "" when it does.
func (f *follower) Trouble() string {
	if t := f.trouble.Load(); t != nil {
		return *t
	}
	return ""
}

// Run reads all exposures, then follows until ctx ends. A fault of the store is
// no end: what was read last is shown, and reading goes on.
func (f *follower) Run(ctx context.Context) error {
	for !f.tried(ctx, f.load(ctx)) {
		if !sleep(ctx, retryEvery) {
			return nil
		}
	}
	close(f.live.ready)
	debug.FreeOSMemory() // reading all of it took a multiple of what is kept
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		woken := false
		select {
		case <-ctx.Done():
			return nil
		case <-f.wake:
			woken = true
		case <-tick.C:
		}
		f.tried(ctx, f.round(ctx, woken))
		f.rounds.Add(1)
	}
}

// settleEvery is how often Settle looks.
const settleEvery = 3 * time.Millisecond

// Settle waits until what is in the streams now is shown.
func (f *follower) Settle(ctx context.Context) error {
	need := f.rounds.Load() + 2 // the one on its way began before
	for f.rounds.Load() < need {
		f.Wake()
		if !sleep(ctx, settleEvery) {
			return ctx.Err()
		}
	}
	return nil
}

// tried notes what came of an attempt.
func (f *follower) tried(ctx context.Context, err error) bool {
	words := ""
	if err != nil && ctx.Err() == nil {
		words = err.Error()
	}
	f.trouble.Store(&words)
	return err == nil
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// load reads everything. The streams' heads are read first: what changes
// meanwhile is read again.
func (f *follower) load(ctx context.Context) error {
	for _, stream := range []ctem.Stream{ctem.StreamExposure, ctem.StreamDecision, ctem.StreamAdvisory, ctem.StreamScope} {
		seq, _, err := f.Streams.Head(ctx, stream)
		if err != nil {
			return err
		}
		f.marks[stream] = seq
	}
	now := f.Parts.Desk.Now()
	fresh, err := f.Ages.BasisFreshness(ctx, now)
	if err != nil {
		return err
	}
	f.fresh, f.aged = fresh, now
	if err := f.fill(ctx, f.live, f.present()); err != nil {
		return err
	}
	f.revision.Add(1)
	return nil
}

// present is the time of the present shot's rows.
func (d *drawing) present() ctem.AsOf { return ctem.AsOf{Now: d.Parts.Desk.Now().UTC()} }

// round takes in what changed since the last one, and tells of it, also when it
// was broken off.
func (f *follower) round(ctx context.Context, woken bool) error {
	told := Told{}
	err := f.changed(ctx, woken, &told)
	moved, heard := f.heard(ctx)
	if told != (Told{}) || moved {
		told.Revision = f.revision.Add(1)
		if f.Tell != nil {
			f.Tell(told)
		}
	}
	return errors.Join(err, heard)
}

func (f *follower) changed(ctx context.Context, woken bool, told *Told) error {
	if err := f.rescope(ctx, told); err != nil {
		return err
	}
	if err := f.catchUp(ctx, told); err != nil {
		return err
	}
	now := f.Parts.Desk.Now()
	if woken || now.Sub(f.aged) >= agesEvery {
		return f.ages(ctx, now, told)
	}
	return nil
}

// heard reports whether there is new evidence: pages say up to which they speak.
func (f *follower) heard(ctx context.Context) (bool, error) {
	seq, _, err := f.Streams.Head(ctx, ctem.StreamEvidence)
	moved := err == nil && seq != f.evidence
	if moved {
		f.evidence = seq
	}
	return moved, err
}

// rescope takes in what the business says now.
func (f *follower) rescope(ctx context.Context, told *Told) error {
	seq, _, err := f.Streams.Head(ctx, ctem.StreamScope)
	if err != nil || seq == f.marks[ctem.StreamScope] {
		return err
	}
	said, err := f.Scope.Scope(ctx, f.present())
	if err != nil {
		return err
	}
	was, next := f.live.scope(), newBusiness(said)
	services := next.Changed(&was.Scope)
	var nums []int64
	for part := range slices.Chunk(services, 500) {
		page, err := f.live.index.Find(triage.Query{Now: f.Parts.Desk.Now(), Terms: []ctem.Term{equal("service", part...), equal("is", "live", "closed")}})
		if err != nil {
			return err
		}
		nums = append(nums, page.Nums...)
	}
	// The rows come first: a product is not shown before what is in it.
	if err := f.reread(ctx, next, nums, told); err != nil {
		return err
	}
	f.live.rescope(next)
	f.marks[ctem.StreamScope] = seq
	told.Scope = true
	return nil
}

// catchUp follows the streams to their ends.
func (f *follower) catchUp(ctx context.Context, told *Told) error {
	for _, s := range []struct {
		stream ctem.Stream
		next   func(context.Context, int64, int) ([]int64, int64, error)
	}{
		{ctem.StreamExposure, f.Streams.ExposureChanges},
		{ctem.StreamDecision, f.Streams.DecisionChanges},
		{ctem.StreamAdvisory, signalled(f.drawing, told)},
	} {
		for {
			nums, last, err := s.next(ctx, f.marks[s.stream], readAtOnce)
			if err != nil {
				return err
			}
			if last == f.marks[s.stream] {
				break
			}
			if err := f.reread(ctx, f.live.scope(), nums, told); err != nil {
				return err
			}
			f.marks[s.stream] = last
		}
	}
	return nil
}

// signalled are the exposures to weaknesses about whose exploitation something is new.
func signalled(d *drawing, told *Told) func(context.Context, int64, int) ([]int64, int64, error) {
	return func(ctx context.Context, after int64, limit int) ([]int64, int64, error) {
		changes, last, err := d.Streams.AdvisoryChanges(ctx, after, limit)
		if err != nil || last == after {
			return nil, last, err
		}
		told.World = true
		var names []string
		for _, c := range changes {
			if c.Kind != advisory.FeedOSV && d.live.known(c.Name) {
				names = append(names, c.Name)
			}
		}
		if len(names) == 0 {
			return nil, last, nil
		}
		nums, err := d.Ages.ExposuresByWeaknessNames(ctx, names)
		return nums, last, err
	}
}

// ages reads the rows again whose sources have grown old, or were heard again.
func (f *follower) ages(ctx context.Context, now time.Time, told *Told) error {
	fresh, err := f.Ages.BasisFreshness(ctx, now)
	if err != nil {
		return err
	}
	var flipped []int64
	for basis, is := range fresh {
		was, known := f.fresh[basis]
		if !known {
			was = twin.Fresh
		}
		if was != is {
			flipped = append(flipped, basis)
		}
	}
	if len(flipped) > 0 {
		slices.Sort(flipped)
		nums, err := f.Ages.ExposuresOfBases(ctx, flipped)
		if err != nil {
			return err
		}
		if err := f.reread(ctx, f.live.scope(), nums, told); err != nil {
			return err
		}
	}
	f.fresh, f.aged = fresh, now
	overdue, err := f.live.index.Totals(triage.Query{Now: now})
	if err == nil && overdue != f.overdue {
		f.overdue = overdue
		f.revision.Add(1)
	}
	return err
}

// reread reads some exposures anew.
func (f *follower) reread(ctx context.Context, b *business, nums []int64, told *Told) error {
	slices.Sort(nums)
	nums = slices.Compact(nums)
	if len(nums) == 0 {
		return nil
	}
	r, err := f.rower(ctx, b)
	if err != nil {
		return err
	}
	at := f.present()
	for part := range slices.Chunk(nums, readAtOnce) {
		if err := r.take(ctx, f.drawing, reading{part, at}, told); err != nil {
			return err
		}
	}
	return nil
}

// reading is what is read at once.
type reading struct {
	nums []int64
	at   ctem.AsOf
}

func (r *rower) take(ctx context.Context, d *drawing, what reading, told *Told) error {
	list, err := d.Rows.BriefExposures(ctx, what.nums, what.at)
	if err != nil {
		return err
	}
	rows, err := r.rows(ctx, list)
	if err != nil {
		return err
	}
	spans, err := d.Rows.SpansOf(ctx, what.nums, trendFrom(what.at.Now), what.at.Now.AddDate(100, 0, 0))
	if err != nil {
		return err
	}
	before := d.live.index.Len()
	told.ActNow += d.live.put(rows)
	told.New += d.live.index.Len() - before
	told.Exposures += len(rows)
	d.live.live(what.nums, spans)
	if len(rows) < len(what.nums) {
		d.live.index.Remove(missing(what.nums, list))
	}
	return nil
}

// missing are the numbers that no exposure was found for.
func missing(nums []int64, list []ctem.Exposure) []int64 {
	have := make(map[int64]bool, len(list))
	for i := range list {
		have[list[i].Num] = true
	}
	return slices.DeleteFunc(slices.Clone(nums), func(n int64) bool { return have[n] })
}

// wait waits until the shot was read.
func (s *shot) wait(ctx context.Context) error {
	if s.ready == nil {
		return nil
	}
	t := time.NewTimer(waitReady)
	defer t.Stop()
	select {
	case <-s.ready:
		return nil
	case <-ctx.Done():
	case <-t.C:
	}
	return fault.New(fault.Unavailable, "the exposures are still being read").WithHint("ask again in a moment")
}

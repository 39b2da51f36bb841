// Package prioritize decides what is done about each exposure, and by when.
//
// The model. The step follows five streams: exposures, advisories with their
// signals (KEV, EPSS, exploits, SSVC), the scope, people's rulings, and what
// sensors saw at run time. Whatever changed there makes it decide the exposures
// concerned again: the score from package risk, word and deadline
// from package policy, the gates with their reasons. A decision is stored whole
// with its inputs, and says until when it holds if time alone will change it
// (a KEV listing that turns a year old, an attack that was seen 30 days ago). An Explainer gives a stored decision
// back in words, as it was at any time. A cursor of their own lets new rules,
// or a first KEV catalogue, go through everything that was decided before.
//
// Invariants. Decide is pure: the same facts give the same decision. A decision
// that says the same as the one before, whatever the age of its evidence, is
// not written again, so running the step twice changes nothing. The state of
// an exposure is never touched here. What people decide stands beside what the
// rules compute: it never changes the computed word or deadline.
package prioritize

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/risk"
	"github.com/tidemark/tidemark/internal/twin"
)

// Streams is what the step reads its work from.
type Streams interface {
	Cursor(ctx context.Context, step string, stream ctem.Stream) (int64, error)
	ExposureChanges(ctx context.Context, after int64, limit int) (nums []int64, last int64, err error)
	AdvisoryChanges(ctx context.Context, after int64, limit int) (changes []advisory.Change, last int64, err error)
	ExposuresByWeaknessNames(ctx context.Context, names []string) ([]int64, error)
	DueDecisions(ctx context.Context, now time.Time, limit int) ([]int64, error)
}

// Said is what people have said: the scope, and what they decided.
type Said interface {
	Scope(ctx context.Context, at ctem.AsOf) (ctem.Scope, error)
	ScopeChanges(ctx context.Context, after int64, limit int) (services []string, last int64, err error)
	ExposuresOfServices(ctx context.Context, services []string) ([]int64, error)
	Rulings(ctx context.Context, nums []int64, at ctem.AsOf) (map[int64][]ctem.Ruling, error)
	RulingChanges(ctx context.Context, after int64, limit int) (nums []int64, last int64, err error)
}

// Facts is what a decision rests on. Exposures come with their newest decision.
type Facts interface {
	Exposures(ctx context.Context, nums []int64) ([]ctem.Exposure, error)
	Signals(ctx context.Context, names []string) (map[string]advisory.Signal, error)
	SeverityOf(ctx context.Context, names []string) (map[string][]advisory.Severity, error)
	Feeds(ctx context.Context) ([]advisory.Feed, error)
	Coverage(ctx context.Context, at time.Time) ([]twin.Coverage, error)
}

// Sensors tell what was seen at run time, by the place of an exposure.
type Sensors interface {
	DetectionChanges(ctx context.Context, after int64, limit int) (nums []int64, last int64, err error)
	Detections(ctx context.Context, places []int64, since time.Time) (map[int64][]twin.Sighted, error)
}

// Writer stores decisions together with the cursors.
type Writer interface {
	CommitDecisions(ctx context.Context, adv ctem.Advance, decisions []ctem.Decision) error
}

// Step is the step of the loop.
type Step struct {
	Streams Streams
	Facts   Facts
	Said    Said
	Sensors Sensors
	Writer  Writer
	Now     func() time.Time
	Fence   func() int64
}

// Name is the step's lease and cursor name.
const Name = "prioritize"

// Batches: how many changes are read, and how many exposures decided at once.
const (
	changeBatch   = 1000
	exposureBatch = 500
	serviceBatch  = 50 // a service has many exposures
)

// Name is the step's lease and cursor name.
func (s *Step) Name() string { return Name }

// Run decides what the next batch of changes concerns. What cannot be read is
// poison for itself alone.
func (s *Step) Run(ctx context.Context) (int, error) {
	return ctem.Narrow(changeBatch, func(limit int) (int, error) { return s.run(ctx, limit) })
}

func (s *Step) run(ctx context.Context, limit int) (int, error) {
	now := s.Now().UTC().Truncate(time.Microsecond)
	feeds, err := s.Facts.Feeds(ctx)
	if err != nil {
		return 0, fmt.Errorf("read feeds: %w", err)
	}
	common := Case{HaveKEV: HaveKEV(feeds), Now: now}
	if common.Watched, err = s.watched(ctx, now); err != nil {
		return 0, err
	}
	if common.Scope, err = s.Said.Scope(ctx, ctem.AsOf{Now: now}); err != nil {
		return 0, fmt.Errorf("read the scope: %w", err)
	}
	b, err := s.next(ctx, limit, now, shadow(common))
	if err != nil {
		return 0, err
	}
	if len(b.nums) == 0 && !b.moved() {
		return 0, nil
	}
	changed, err := s.decide(ctx, b.nums, common)
	if err != nil {
		return 0, b.aside(err)
	}
	if !b.moved() && len(changed) == 0 {
		return 0, nil
	}
	adv := ctem.Advance{Step: Name, Moves: b.moves, Now: now}
	if s.Fence != nil {
		adv.Fence = s.Fence()
	}
	if err := s.Writer.CommitDecisions(ctx, adv, changed); err != nil {
		return 0, fmt.Errorf("commit %d decisions: %w", len(changed), err)
	}
	return b.size + len(changed), nil
}

// batch is the next work: exposures to decide, and the cursors after it.
type batch struct {
	limit int // changes of each stream
	nums  []int64
	size  int // changes read
	moves []ctem.Move
}

func (b *batch) moved() bool {
	return slices.ContainsFunc(b.moves, func(m ctem.Move) bool { return m.To > m.From })
}

// aside makes what cannot be read the poison of the first stream that moved: a
// batch that looks for it has only one.
func (b *batch) aside(err error) error {
	for _, m := range b.moves {
		if m.To > m.From {
			return ctem.Aside(Name, m, err)
		}
	}
	return err
}

// next reads the streams; when all are quiet, it asks what time has changed.
// A batch that is smaller than usual looks for what cannot be read: it ends with
// the first stream that has something.
func (s *Step) next(ctx context.Context, limit int, now time.Time, again ctem.Stream) (batch, error) {
	b := batch{limit: limit}
	if err := s.readAdvisories(ctx, &b); err != nil {
		return b, fmt.Errorf("read advisory changes: %w", err)
	}
	if b.enough() {
		return b, nil
	}
	if err := s.readPeople(ctx, &b); err != nil || b.enough() {
		return b, err
	}
	if err := s.readSensors(ctx, &b); err != nil || b.enough() {
		return b, err
	}
	from, to, err := s.readExposures(ctx, &b)
	if err != nil {
		return b, fmt.Errorf("read exposure changes: %w", err)
	}
	if b.enough() {
		return b, nil
	}
	if err := s.catchUp(ctx, &b, ctem.Move{Stream: again, From: from, To: to}); err != nil {
		return b, fmt.Errorf("read exposure changes under new rules: %w", err)
	}
	if !b.moved() {
		due, err := s.Streams.DueDecisions(ctx, now, limit)
		if err != nil {
			return b, fmt.Errorf("read due decisions: %w", err)
		}
		b.nums = due
	}
	slices.Sort(b.nums)
	b.nums = slices.Compact(b.nums)
	return b, nil
}

// enough reports whether a batch that looks for what cannot be read has work.
func (b *batch) enough() bool { return b.limit < changeBatch && b.moved() }

// readAdvisories reads until changes concern some exposure: most of a feed is
// about what nobody here runs.
func (s *Step) readAdvisories(ctx context.Context, b *batch) error {
	from, err := s.Streams.Cursor(ctx, Name, ctem.StreamAdvisory)
	if err != nil {
		return err
	}
	to := from
	for len(b.nums) == 0 {
		changes, last, err := s.Streams.AdvisoryChanges(ctx, to, b.limit)
		if err != nil {
			return err
		}
		if len(changes) == 0 {
			break
		}
		names := make([]string, len(changes))
		for i, c := range changes {
			names[i] = c.Name
		}
		if b.nums, err = s.Streams.ExposuresByWeaknessNames(ctx, names); err != nil {
			return err
		}
		to, b.size = max(to, last), b.size+len(changes)
	}
	b.moves = append(b.moves, ctem.Move{Stream: ctem.StreamAdvisory, From: from, To: to})
	return nil
}

// readSensors reads what was seen at run time since.
func (s *Step) readSensors(ctx context.Context, b *batch) error {
	from, err := s.Streams.Cursor(ctx, Name, ctem.StreamDetection)
	if err != nil {
		return fmt.Errorf("read the cursor on detections: %w", err)
	}
	nums, last, err := s.Sensors.DetectionChanges(ctx, from, min(b.limit, serviceBatch))
	if err != nil {
		return fmt.Errorf("read detections: %w", err)
	}
	b.add(ctem.Move{Stream: ctem.StreamDetection, From: from, To: max(from, last)}, nums, int(max(from, last)-from))
	return nil
}

func (s *Step) readExposures(ctx context.Context, b *batch) (from, to int64, err error) {
	if from, err = s.Streams.Cursor(ctx, Name, ctem.StreamExposure); err != nil {
		return 0, 0, err
	}
	nums, last, err := s.Streams.ExposureChanges(ctx, from, b.limit)
	if err != nil {
		return 0, 0, err
	}
	to = max(from, last)
	b.nums, b.size = append(b.nums, nums...), b.size+len(nums)
	b.moves = append(b.moves, ctem.Move{Stream: ctem.StreamExposure, From: from, To: to})
	return from, to, nil
}

// shadow is the cursor up to which exposures were decided by these rules, and
// knowing whether there is a KEV catalogue and any run-time source. New rules
// begin at the beginning and change only what they decide otherwise.
func shadow(common Case) ctem.Stream {
	name := "exposure by " + Rules
	if common.HaveKEV {
		name += " with KEV"
	}
	if common.Watched {
		name += " watched"
	}
	return ctem.Stream(name)
}

// watched reports whether a run-time source has ever reported.
func (s *Step) watched(ctx context.Context, now time.Time) (bool, error) {
	sources, err := s.Facts.Coverage(ctx, now)
	if err != nil {
		return false, fmt.Errorf("read the sources: %w", err)
	}
	return slices.ContainsFunc(sources, func(c twin.Coverage) bool { return c.Class == twin.Observed }), nil
}

// catchUp moves the shadow cursor along with the other one; while it is behind
// where that one was, it reads a batch of its own.
func (s *Step) catchUp(ctx context.Context, b *batch, main ctem.Move) error {
	at, err := s.Streams.Cursor(ctx, Name, main.Stream)
	if err != nil {
		return err
	}
	to := max(at, main.To)
	if at < main.From {
		nums, last, err := s.Streams.ExposureChanges(ctx, at, b.limit)
		if err != nil {
			return err
		}
		b.nums, b.size, to = append(b.nums, nums...), b.size+len(nums), last
	}
	b.moves = append(b.moves, ctem.Move{Stream: main.Stream, From: at, To: to})
	return nil
}

// decide returns the decisions that say something new. What concerns all of
// them is in common.
func (s *Step) decide(ctx context.Context, nums []int64, common Case) (changed []ctem.Decision, err error) {
	for chunk := range slices.Chunk(nums, exposureBatch) {
		cases, err := s.load(ctx, chunk, common.Now)
		if err != nil {
			return nil, err
		}
		for _, c := range cases {
			c.HaveKEV, c.Watched, c.Scope, c.Now = common.HaveKEV, common.Watched, common.Scope, common.Now
			d := Decide(c)
			if old := c.Exposure.Decision; old == nil || !same(*old, d) {
				changed = append(changed, d)
			}
		}
	}
	return changed, nil
}

// HaveKEV says whether a catalogue was loaded, so that "not listed" means no.
func HaveKEV(feeds []advisory.Feed) bool {
	return slices.ContainsFunc(feeds, func(f advisory.Feed) bool { return f.Kind == advisory.FeedKEV })
}

// load joins exposures with what is known about their weaknesses.
func (s *Step) load(ctx context.Context, nums []int64, now time.Time) ([]Case, error) {
	exposures, err := s.Facts.Exposures(ctx, nums)
	if err != nil {
		return nil, fmt.Errorf("read exposures: %w", err)
	}
	var all []string
	var places []int64
	for i := range exposures {
		all, places = append(all, Names(&exposures[i])...), append(places, exposures[i].Place)
	}
	slices.Sort(places)
	seen, err := s.Sensors.Detections(ctx, slices.Compact(places), now.Add(-twin.DetectionCounts))
	if err != nil {
		return nil, fmt.Errorf("read detections: %w", err)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	signals, err := s.Facts.Signals(ctx, all)
	if err != nil {
		return nil, fmt.Errorf("read signals: %w", err)
	}
	severities, err := s.Facts.SeverityOf(ctx, all)
	if err != nil {
		return nil, fmt.Errorf("read severities: %w", err)
	}
	rulings, err := s.Said.Rulings(ctx, nums, ctem.AsOf{})
	if err != nil {
		return nil, fmt.Errorf("read what people decided: %w", err)
	}
	cases := make([]Case, len(exposures))
	for i := range exposures {
		cases[i] = newCase(exposures[i], signals, severities)
		cases[i].Rulings, cases[i].Seen = rulings[exposures[i].Num], seen[exposures[i].Place]
	}
	return cases, nil
}

func newCase(e ctem.Exposure, signals map[string]advisory.Signal, severities map[string][]advisory.Severity) Case {
	c := Case{Exposure: e}
	names := Names(&e)
	for _, name := range names {
		if s, ok := signals[name]; ok && !s.Empty() {
			c.Signals = append(c.Signals, s)
		}
	}
	c.Vector, c.Junk = risk.ChooseVector(names, severities)
	return c
}

// Names are all names under which signals and vectors of an exposure's weakness
// may stand: the records that matched in their order, the canonical name, then
// the rest of the alias group in order of text.
func Names(e *ctem.Exposure) []string {
	names := append(slices.Clone(e.Advisories), e.Weakness.Canonical, e.Weakness.Key)
	names = append(names, slices.Sorted(slices.Values(e.Weakness.Aliases))...)
	seen := map[string]bool{"": true}
	return slices.DeleteFunc(names, func(n string) bool {
		known := seen[n]
		seen[n] = true
		return known
	})
}

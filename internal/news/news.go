// Package news turns what changed in the world into events: the step that says
// what a new advisory, a KEV listing or a jump of EPSS meant here.
//
// The model. The step follows the stream of advisories, behind the steps that
// assess and decide: it takes only changes whose consequences are all computed
// (Followed says how far that is). The changes of one batch are put together by
// weakness and kind, whatever names they came under; what was so when they were
// stored is held against what is so now; the difference is the event.
//
// Which changes become an event. Only those about a weakness that something here
// has, or had until this change. Of the first reading of a feed only what its
// source dates to the last 90 days: all else of it is counted in one event of the
// feed. Each reading of a feed that concerns something here, and each first one,
// is such an event too. So there are at most as many events as there are
// weaknesses here, whatever a feed has.
//
// Invariants. Events and cursor are committed in one transaction, so an event is
// written once, also after a crash, and with two servers. An event is not changed
// later. Nothing is evaluated here.
package news

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// Causes is what changed in the world.
type Causes interface {
	Cursor(ctx context.Context, step string, stream ctem.Stream) (int64, error)
	Causes(ctx context.Context, after, upTo int64, limit int) (list []advisory.Cause, last int64, err error)
	WeaknessesOf(ctx context.Context, records, names []string) (map[string][]ctem.Weakness, error)
	Loads(ctx context.Context, end advisory.Cause) (l advisory.Loads, concern int, err error)
}

// Estate is what is here.
type Estate interface {
	Traces(ctx context.Context, asks []ctem.TraceAsk) ([]ctem.Trace, error)
	BasisFreshness(ctx context.Context, at time.Time) (map[int64]twin.Freshness, error)
	Scope(ctx context.Context, at ctem.AsOf) (ctem.Scope, error)
}

// Writer stores events together with the cursor.
type Writer interface {
	CommitEvents(ctx context.Context, adv ctem.Advance, list []ctem.Event) error
}

// Step is the step of the loop.
type Step struct {
	Causes Causes
	Estate Estate
	Writer Writer
	Now    func() time.Time
	Fence  func() int64
	// Followed says up to which change of the advisories all is computed that
	// follows from them: no exposure waits to be assessed or decided.
	Followed func(ctx context.Context) (int64, error)
}

const (
	stepName  = "news"
	batchSize = 5000
	// recent is how far back a feed that is read for the first time has news.
	recent = 90 * 24 * time.Hour
)

// Name is the step's lease and cursor name.
func (s *Step) Name() string { return stepName }

// Run writes the events of the next batch of changes.
func (s *Step) Run(ctx context.Context) (int, error) {
	return ctem.Narrow(batchSize, func(limit int) (int, error) { return s.run(ctx, limit) })
}

func (s *Step) run(ctx context.Context, limit int) (int, error) {
	from, err := s.Causes.Cursor(ctx, stepName, ctem.StreamAdvisory)
	if err != nil {
		return 0, fmt.Errorf("read the cursor on advisories: %w", err)
	}
	upTo, err := s.Followed(ctx)
	if err != nil || upTo <= from {
		return 0, err
	}
	causes, last, err := s.Causes.Causes(ctx, from, upTo, limit)
	if err != nil {
		return 0, fmt.Errorf("read what changed: %w", err)
	}
	move := ctem.Move{Stream: ctem.StreamAdvisory, From: from, To: last}
	events, err := s.events(ctx, causes)
	if err != nil {
		return 0, ctem.Aside(stepName, move, fmt.Errorf("tell of advisories %d to %d: %w", from+1, last, err))
	}
	adv := ctem.Advance{Step: stepName, Moves: []ctem.Move{move}, Now: s.Now()}
	if s.Fence != nil {
		adv.Fence = s.Fence()
	}
	if err := s.Writer.CommitEvents(ctx, adv, events); err != nil {
		return 0, fmt.Errorf("commit %d events: %w", len(events), err)
	}
	return max(len(causes), 1), nil
}

// events are those of some changes, by the first change that each tells of.
func (s *Step) events(ctx context.Context, causes []advisory.Cause) ([]ctem.Event, error) {
	groups, err := s.group(ctx, causes)
	if err != nil {
		return nil, err
	}
	out, err := s.measured(ctx, groups)
	if err != nil {
		return nil, err
	}
	for _, c := range causes {
		if c.Did != advisory.DidLoaded {
			continue
		}
		l, concern, err := s.Causes.Loads(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("count what feed %s brought: %w", c.Feed, err)
		}
		if l.First || concern > 0 {
			out = append(out, ctem.Event{
				Kind: ctem.EventFeed, Subject: c.Feed, Cause: c.Seq, Known: c.Known, Said: c.Said, Feed: c.Feed,
				Detail: ctem.LoadedSentence(c.Feed, l, concern), Records: []string{},
			})
		}
	}
	slices.SortStableFunc(out, func(a, b ctem.Event) int { return int(a.Cause - b.Cause) })
	return out, nil
}

// topic is what an event of a batch is about.
type topic struct {
	weakness int64
	kind     ctem.EventKind
}

// group puts changes together that are one to whoever hears of them.
func (s *Step) group(ctx context.Context, causes []advisory.Cause) ([]*story, error) {
	var records, names []string
	for i := range causes {
		if c := &causes[i]; !newsworthy(c) {
			continue
		}
		if causes[i].Kind == advisory.FeedOSV {
			records = append(records, causes[i].Name)
			continue
		}
		names = append(names, causes[i].Name)
	}
	if len(records)+len(names) == 0 {
		return nil, nil
	}
	about, err := s.Causes.WeaknessesOf(ctx, distinct(records), distinct(names))
	if err != nil {
		return nil, fmt.Errorf("find what they are about: %w", err)
	}
	byTopic := map[topic]*story{}
	var list []*story
	for i := range causes {
		c := &causes[i]
		if !newsworthy(c) {
			continue
		}
		for _, w := range about[c.Name] {
			key := topic{w.ID, kindOf(c)}
			if byTopic[key] == nil {
				byTopic[key] = &story{weakness: w, kind: key.kind}
				list = append(list, byTopic[key])
			}
			byTopic[key].causes = append(byTopic[key].causes, *c)
		}
	}
	return list, nil
}

func distinct(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// newsworthy reports whether a change may become an event of its own.
func newsworthy(c *advisory.Cause) bool {
	switch c.Did {
	case advisory.DidLoaded:
		return false
	case advisory.DidFirst:
		return !c.Said.IsZero() && c.Known.Sub(c.Said) <= recent
	case advisory.DidNew, advisory.DidChanged, advisory.DidWithdrawn, advisory.DidBack, advisory.DidAdded, advisory.DidRemoved,
		advisory.DidRansomware, advisory.DidJumped, advisory.DidPublished:
	}
	return true
}

// kindOf is the kind of a change's event; those of records are told apart when
// all changes of a weakness are known.
func kindOf(c *advisory.Cause) ctem.EventKind {
	switch {
	case c.Kind == advisory.FeedOSV:
		return ctem.EventChanged
	case c.Kind == advisory.FeedEPSS:
		return ctem.EventEPSS
	case c.Did == advisory.DidRemoved:
		return ctem.EventUnlisted
	case c.Did == advisory.DidRansomware:
		return ctem.EventRansomware
	case c.Kind == advisory.FeedKEV:
		return ctem.EventKEV
	}
	return ctem.EventExploit
}

package assess

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/match"
	"github.com/tidemark/tidemark/internal/twin"
)

// Twin is what assess reads of the twin.
type Twin interface {
	TwinChanges(ctx context.Context, after int64, limit int) (places []int64, last int64, err error)
	Places(ctx context.Context, ids []int64) ([]twin.Place, error)
	Artifacts(ctx context.Context, ids []string) (map[string]twin.Artifact, error)
	ArtifactsByNameTag(ctx context.Context, nameTags []string) (map[string][]twin.Artifact, error)
	Components(ctx context.Context, ids []int64) (map[int64]twin.Component, error)
}

// Intel is what assess reads of the advisories.
type Intel interface {
	AdvisoryChanges(ctx context.Context, after int64, limit int) ([]advisory.Change, int64, error)
	RecordsFor(ctx context.Context, keys []advisory.PackageKey) ([]advisory.Record, error)
	AliasGroups(ctx context.Context, names []string) (map[string][]string, error)
	Feeds(ctx context.Context) ([]advisory.Feed, error)
	Releases(ctx context.Context) (map[string][]string, error)
}

// Matches is what assess remembers about components and weaknesses.
type Matches interface {
	Matched(ctx context.Context, components []int64) (map[int64]ctem.Matched, error)
	ConcernedBy(ctx context.Context, after, last int64) ([]int64, error)
	TouchedWeaknesses(ctx context.Context, after, last int64) ([]string, error)
	WeaknessesByName(ctx context.Context, names []string) (map[string]ctem.Weakness, error)
	PlacesWithComponents(ctx context.Context, components []int64) ([]int64, error)
}

// Left is what news have left to be computed, and what it is about.
type Left interface {
	NextParts(ctx context.Context, limit int) ([]ctem.Portion, error)
	ComponentsWith(ctx context.Context, weaknesses []string) ([]int64, error)
	FormerNames(ctx context.Context, names []string) ([]string, error)
}

// Exposures is where assess writes.
type Exposures interface {
	Cursor(ctx context.Context, step string, stream ctem.Stream) (int64, error)
	DirtyPlaces(ctx context.Context, limit int) ([]int64, error)
	ExposureKeys(ctx context.Context, places []int64, only []string) ([]ctem.ExposureKey, error)
	Exposures(ctx context.Context, nums []int64) ([]ctem.Exposure, error)
	CommitExposures(ctx context.Context, adv ctem.Advance, batch ctem.AssessedBatch) (int, error)
}

// Proofs is what was worked out about doors, as far as a gate rests on it.
type Proofs interface {
	// ProofChanges returns the places whose doors policies closed or opened.
	ProofChanges(ctx context.Context, after int64, limit int) (places []int64, last int64, err error)
	ClosedDoors(ctx context.Context, places []int64) (map[int64][]ctem.Closed, error)
}

// Name is the step's lease and cursor name.
const Name = "assess"

// Bounds of one run: what is read at once. Places that one change concerns
// beyond the bound are left for the next runs.
const (
	maxTwinChanges     = 256
	maxPlaces          = 128
	maxProofChanges    = 20_000
	maxAdvisoryChanges = 50_000
)

// Step reads the twin and the advisories and writes exposures.
type Step struct {
	Twin      Twin
	Intel     Intel
	Matches   Matches
	Left      Left
	Exposures Exposures
	Proofs    Proofs       // nil: nothing closes a door
	Shelf     Shelf        // nil: records are read from Intel
	Fence     func() int64 // the lease's token; nil: none
	Now       func() time.Time
}

// Name implements cycle.Step.
func (s *Step) Name() string { return Name }

// Run takes the advisories that changed and evaluates the components that
// they concern; when there are none, it computes what these left to be done;
// else it takes places that changed, or that are left to be done, and computes
// their exposures. What cannot be read is poison for itself alone.
func (s *Step) Run(ctx context.Context) (int, error) {
	n, err := ctem.Narrow(maxAdvisoryChanges, func(limit int) (int, error) { return s.readAdvisories(ctx, limit) })
	if err != nil || n > 0 {
		return n, err
	}
	if n, err = s.readParts(ctx); err != nil || n > 0 {
		return n, err
	}
	if n, err = ctem.Narrow(maxProofChanges, func(limit int) (int, error) { return readProofs(ctx, s, limit) }); err != nil || n > 0 {
		return n, err
	}
	return ctem.Narrow(maxTwinChanges, func(limit int) (int, error) { return s.readPlaces(ctx, limit) })
}

func (s *Step) advance(moves ...ctem.Move) ctem.Advance {
	adv := ctem.Advance{Step: Name, Moves: moves, Now: s.Now()}
	if s.Fence != nil {
		adv.Fence = s.Fence()
	}
	return adv
}

func (s *Step) readAdvisories(ctx context.Context, limit int) (int, error) {
	from, err := s.Exposures.Cursor(ctx, Name, ctem.StreamAdvisory)
	if err != nil {
		return 0, fmt.Errorf("read the cursor on advisories: %w", err)
	}
	changes, last, err := s.Intel.AdvisoryChanges(ctx, from, limit)
	if err != nil || last == from {
		return 0, err
	}
	move := ctem.Move{Stream: ctem.StreamAdvisory, From: from, To: last}
	var batch ctem.AssessedBatch
	if slices.ContainsFunc(changes, func(c advisory.Change) bool { return c.Kind == advisory.FeedOSV || c.Kind == advisory.NewFeed }) {
		if batch, err = s.reassess(ctx, from, last); err != nil {
			return 0, ctem.Aside(Name, move, fmt.Errorf("assess advisories %d to %d: %w", from+1, last, err))
		}
	}
	_, err = s.Exposures.CommitExposures(ctx, s.advance(move), batch)
	return max(len(changes), 1), err
}

// reassess evaluates the components that changed advisories concern. Places
// are left to be computed where something about a component really changed.
func (s *Step) reassess(ctx context.Context, after, last int64) (batch ctem.AssessedBatch, err error) {
	concerned, err := s.Matches.ConcernedBy(ctx, after, last)
	if err != nil {
		return batch, err
	}
	touched, err := s.Matches.TouchedWeaknesses(ctx, after, last)
	if err != nil {
		return batch, err
	}
	found, err := s.evaluate(ctx, concerned, touched)
	if err != nil {
		return batch, err
	}
	batch.Weaknesses = found.changes
	return batch, s.pass(ctx, found.matched, &batch)
}

// pass adds to a batch what is different now about components that were
// evaluated before, and leaves it to be computed where they are.
func (s *Step) pass(ctx context.Context, matched []ctem.Matched, batch *ctem.AssessedBatch) error {
	ids := make([]int64, len(matched))
	for i := range matched {
		ids[i] = matched[i].Component
	}
	known, err := s.Matches.Matched(ctx, ids)
	if err != nil {
		return err
	}
	var changed []int64
	about := map[string]bool{}
	for _, m := range matched {
		before := known[m.Component]
		differs := noteDifferences(&before, &m, about)
		if differs || !slices.Equal(before.Undecided, m.Undecided) {
			batch.Matched = append(batch.Matched, m)
		}
		if differs {
			changed = append(changed, m.Component)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	places, err := s.Matches.PlacesWithComponents(ctx, changed)
	leave(batch, sortedNames(about), places)
	return err
}

func (s *Step) readPlaces(ctx context.Context, limit int) (int, error) {
	from, err := s.Exposures.Cursor(ctx, Name, ctem.StreamTwin)
	if err != nil {
		return 0, fmt.Errorf("read the cursor on the twin: %w", err)
	}
	places, last, err := s.Twin.TwinChanges(ctx, from, limit)
	if err != nil {
		return 0, err
	}
	move := ctem.Move{Stream: ctem.StreamTwin, From: from, To: last}
	most := min(limit, maxPlaces)
	var batch ctem.AssessedBatch
	switch {
	case len(places) > most && most == 1: // of one change: each by itself, later
		places, batch.Dirty = nil, places
	case len(places) > most:
		places, batch.Dirty = places[:most], places[most:]
	case len(places) < most:
		if batch.Cleaned, err = s.Exposures.DirtyPlaces(ctx, most-len(places)); err != nil {
			return 0, err
		}
	}
	if last == from && len(batch.Cleaned) == 0 {
		return 0, nil
	}
	places = append(slices.Clone(places), batch.Cleaned...)
	slices.Sort(places)
	places = slices.Compact(places)
	if err := s.assessPlaces(ctx, places, &batch); err != nil {
		err = fmt.Errorf("assess twin changes %d to %d: %w", from+1, last, err)
		if limit > 1 {
			batch.Cleaned = nil // which of them it is has to be found out
		}
		return 0, s.aside(ctx, move, batch.Cleaned, err)
	}
	_, err = s.Exposures.CommitExposures(ctx, s.advance(move), batch)
	return max(len(places), len(batch.Dirty), 1), err
}

// aside sets places aside that cannot be computed. One that was left to be
// done by an earlier run stands in no stream: it is taken off the list, so that
// it is computed again when something about it changes.
func (s *Step) aside(ctx context.Context, move ctem.Move, listed []int64, err error) error {
	if len(listed) == 0 || !ctem.Unreadable(err) {
		return ctem.Aside(Name, move, err)
	}
	if _, failed := s.Exposures.CommitExposures(ctx, s.advance(move), ctem.AssessedBatch{Cleaned: listed}); failed != nil {
		return failed
	}
	move.From = move.To
	return ctem.Aside(Name, move, fmt.Errorf("place %d: %w", listed[0], err))
}

// evaluated is what an evaluation found.
type evaluated struct {
	naming
	matched []ctem.Matched // in the order of the components
}

// evaluate decides components against all records of their packages, and
// settles the weaknesses of the records that match, and of some more names.
// Where a part of a weakness is another one now, its components are decided too:
// which of the two their records are about is to be written.
func (s *Step) evaluate(ctx context.Context, components []int64, touched []string) (out evaluated, err error) {
	if len(components) == 0 && len(touched) == 0 {
		return out, nil
	}
	for {
		contents, err := s.Twin.Components(ctx, components)
		if err != nil {
			return out, err
		}
		found, err := judge{s.Intel, s.Shelf}.decide(ctx, components, contents)
		if err != nil {
			return out, err
		}
		names := namer{s.Intel, s.Matches, s.Left}
		if out.naming, err = names.settle(ctx, recordsNames(found), touched); err != nil {
			return out, err
		}
		all, err := names.withParted(ctx, components, out.parted)
		if err != nil {
			return out, err
		}
		if len(all) > len(components) {
			components = all
			continue
		}
		out.matched = make([]ctem.Matched, len(components))
		for i, id := range components {
			out.matched[i] = matchedOf(id, contents[id], &found[i], out.keys)
		}
		return out, nil
	}
}

// recordsNames are the names of the weaknesses of all records that match.
func recordsNames(found []match.Result) map[string]bool {
	names := map[string]bool{}
	for i := range found {
		for _, m := range found[i].Matches {
			for _, n := range namesOf(m.Record) {
				names[n] = true
			}
		}
	}
	return names
}

// namesOf is the name of each weakness that a record is about, never none.
func namesOf(r *advisory.Record) []string {
	names := slices.DeleteFunc(slices.Clone(r.Weaknesses()), func(n string) bool { return n == "" })
	if len(names) == 0 {
		return []string{r.ID}
	}
	return names
}

func sortedNames(set map[string]bool) []string {
	names := make([]string, 0, len(set))
	for n := range set {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

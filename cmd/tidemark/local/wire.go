package local

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/tidemark/tidemark/internal/assess"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/cycle"
	"github.com/tidemark/tidemark/internal/discover"
	apidoc "github.com/tidemark/tidemark/internal/discover/api"
	"github.com/tidemark/tidemark/internal/discover/deploy"
	"github.com/tidemark/tidemark/internal/discover/detect"
	"github.com/tidemark/tidemark/internal/discover/flow"
	"github.com/tidemark/tidemark/internal/discover/forge"
	"github.com/tidemark/tidemark/internal/discover/part"
	"github.com/tidemark/tidemark/internal/discover/pipeline"
	"github.com/tidemark/tidemark/internal/discover/sbom"
	"github.com/tidemark/tidemark/internal/intel"
	"github.com/tidemark/tidemark/internal/intel/fetch"
	"github.com/tidemark/tidemark/internal/mobilize"
	"github.com/tidemark/tidemark/internal/news"
	"github.com/tidemark/tidemark/internal/prioritize"
	"github.com/tidemark/tidemark/internal/scope"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/twin"
	"github.com/tidemark/tidemark/internal/validate"
)

// On joins the steps of the loop to an open store, in the order of the loop.
func (h Home) On(db *store.DB) *Session {
	r := cycle.New(nil, db, owner(db.Engine()), h.Log)
	r.Stamp = h.Now
	resolve := &discover.Resolve{Read: db, Write: db, ParseSBOM: ParseSBOM, Now: h.Now}
	prove := &validate.Step{Read: db, Write: db, Now: h.Now}
	evaluate := &assess.Step{Twin: db, Intel: db, Matches: db, Left: db, Exposures: db, Proofs: db, Now: h.Now}
	decide := &prioritize.Step{Streams: db, Facts: db, Said: db, Sensors: db, Writer: db, Now: h.Now}
	plan := &mobilize.Step{Streams: db, Facts: db, Writer: db, Now: h.Now}
	tell := &news.Step{Causes: db, Estate: db, Writer: db, Now: h.Now, Followed: follower{db}.advisories}
	owners := &scope.Owners{Moves: db, Facts: db, Writer: db, Now: h.Now}
	tell.Fence, owners.Fence = r.Fence(tell.Name()), r.Fence(owners.Name())
	prove.Fence = r.Fence(prove.Name())
	resolve.Fence, evaluate.Fence = r.Fence(resolve.Name()), r.Fence(evaluate.Name())
	decide.Fence, plan.Fence = r.Fence(decide.Name()), r.Fence(plan.Name())
	session := &Session{Home: h, DB: db, Runner: r, assess: evaluate, judge: h.rejudge(db)}
	endings := &discover.Endings{Seen: db, Ingest: session.Ingest(), Now: h.Now}
	r.Steps = []cycle.Step{session.judge, endings, resolve, owners, prove, evaluate, decide, plan, tell}
	return session
}

// pace leaves three quarters of the time to others while worlds change all the time.
const pace = 3

// Apart takes the step that works out who reaches what out of the loop, and returns
// a runner for it: of a cluster with many policies it takes seconds, for which new
// evidence would wait.
func (s *Session) Apart() *cycle.Runner {
	var steps []cycle.Step
	r := cycle.New(nil, s.DB, s.Runner.Owner, s.Log)
	r.Stamp, r.Pace = s.Now, pace
	for _, step := range s.Runner.Steps {
		prove, ok := step.(*validate.Step)
		if !ok {
			steps = append(steps, step)
			continue
		}
		prove.Fence = r.Fence(prove.Name())
		r.Steps = append(r.Steps, prove)
	}
	s.Runner.Steps = steps
	return r
}

// follower says how far the steps of the loop are.
type follower struct{ db *store.DB }

// advisories is the number up to which all is assessed and decided that follows
// from changes of advisories; 0 while something is on its way. The cursors are
// read before what they have put off, and that before what it wrote.
func (f follower) advisories(ctx context.Context) (int64, error) {
	assessed, err := f.db.Cursor(ctx, assess.Name, ctem.StreamAdvisory)
	if err != nil {
		return 0, err
	}
	placed, err := f.db.Cursor(ctx, assess.Name, ctem.StreamTwin)
	if err != nil {
		return 0, err
	}
	seen, _, err := f.db.Head(ctx, ctem.StreamTwin)
	if err != nil || placed < seen {
		return 0, err
	}
	left, err := Unassessed(ctx, f.db)
	if err != nil || left {
		return 0, err
	}
	written, _, err := f.db.Head(ctx, ctem.StreamExposure)
	if err != nil {
		return 0, err
	}
	decided, err := f.db.Cursor(ctx, prioritize.Name, ctem.StreamExposure)
	if err != nil || decided < written {
		return 0, err
	}
	signalled, err := f.db.Cursor(ctx, prioritize.Name, ctem.StreamAdvisory)
	return min(assessed, signalled), err
}

// Unassessed reports whether assess has put off something of what it has read.
func Unassessed(ctx context.Context, db *store.DB) (bool, error) {
	places, err := db.DirtyPlaces(ctx, 1)
	if err != nil || len(places) > 0 {
		return true, err
	}
	left, err := db.NextParts(ctx, 1)
	return len(left) > 0, err
}

// Unproven reports whether a world is still to be worked out.
func Unproven(ctx context.Context, db *store.DB) (bool, error) {
	left, err := db.WorldsLeft(ctx, 1)
	return len(left) > 0, err
}

// Ingest is the door for documents.
func (s *Session) Ingest() *discover.Ingest {
	return &discover.Ingest{
		Evidence: s.DB, Documents: s.DB, ParseSBOM: ParseSBOM, ReadDeploy: deploy.Read, ReadDetections: readDetections, Agents: s.DB, Left: s.DB, Readers: readers(s.Home), Attached: part.Attached, Now: s.Now,
	}
}

// readers read documents about things, by their kind.
func readers(h Home) map[string]discover.Reader {
	return map[string]discover.Reader{
		pipeline.KindAttestation: Attestations(h).Read,
		pipeline.KindCI:          pipeline.ReadCI,
		apidoc.Kind:              apidoc.Read,
		flow.Kind:                flow.Read,
		part.Kind:                part.Read,
		forge.Kind:               forge.Read,
	}
}

func readDetections(r io.Reader, now time.Time) (discover.Raised, error) {
	f, err := detect.Parse(r, now)
	return discover.Raised(f), err
}

// ParseSBOM reads a bill of materials in any form that is known.
func ParseSBOM(b []byte) (twin.SBOM, error) { return sbom.Parse(b, sbom.Options{}) }

// Updater reads feeds from a folder, or fetches them into the cache below the
// data folder.
func (s *Session) Updater(from string) (*intel.Updater, error) {
	up := &intel.Updater{Store: s.DB, Now: s.Now}
	if from != "" {
		return up, nil
	}
	dir, err := s.Dir()
	if err != nil {
		return nil, err
	}
	up.Sources = intel.DefaultSources(filepath.Join(dir, "cache"))
	up.Fetcher = fetch.New(fetch.Config{})
	return up, nil
}

// owner names who holds leases. In a folder that is whoever has the writers'
// lock: what a process that was killed left behind is its successor's at once.
// Elsewhere it is this process.
func owner(engine string) string {
	if engine == "sqlite" {
		return "the writer of this folder"
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown-host"
	}
	return fmt.Sprintf("%s/%d", host, os.Getpid())
}

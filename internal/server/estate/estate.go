// Package estate answers questions about the twin as wire documents: what runs
// where, from which commit, behind which door, since when, and what is not known.
//
// The model. A Desk joins what the store gives of the twin with the wire types of
// package api: one method for each question. It is the part of server/desk that
// speaks of the twin; that one is asked.
//
// Invariants. No rules: what follows from the twin is worked out in lineage, route
// and validate. A Desk shows no more than its viewer may see. A missing link is
// "unknown", and is shown.
package estate

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/twin"
)

// Lists gives the twin as it was seen.
type Lists interface {
	Workloads(ctx context.Context, q ctem.ListQuery) (ctem.WorkloadPage, error)
	ArtifactsList(ctx context.Context, q ctem.ListQuery) (ctem.ArtifactPage, error)
	ComponentsList(ctx context.Context, q ctem.ListQuery) (ctem.ComponentPage, error)
	ServicesList(ctx context.Context, q ctem.ListQuery) (ctem.Page[ctem.Service], error)
	Sources(ctx context.Context, at ctem.AsOf) ([]ctem.Source, error)
}

// Proved gives what follows from the twin: who reaches what, and what may be done.
type Proved interface {
	Proofs(ctx context.Context, q ctem.ProofQuery) (ctem.Page[ctem.Proof], error)
	// Reach is worked out anew for the two ends.
	Reach(ctx context.Context, ask ctem.ReachAsk) ([]ctem.Reach, error)
}

// Twin gives the parts of the twin that are no lists of what runs.
type Twin interface {
	Things
	Past
	Contents
	Business
	Running
}

// Past gives what differs between two times.
type Past interface {
	ThingChanges(ctx context.Context, q ctem.ListQuery, from time.Time) ([]ctem.ThingChange, error)
	States(ctx context.Context, ids []int64) (map[int64][]byte, error)
	// SourceLives says what each source speaks of, and how it did since a time.
	SourceLives(ctx context.Context, at ctem.AsOf, since time.Time) (map[string]*ctem.SourceLife, error)
	// Proven says of which names of images some build is known.
	Proven(ctx context.Context, at ctem.AsOf, names []string) (map[string]bool, error)
}

// Contents gives what artifacts are made of, over time.
type Contents interface {
	Artifacts(ctx context.Context, ids []string) (map[string]twin.Artifact, error)
	Components(ctx context.Context, ids []int64) (map[int64]twin.Component, error)
	SBOMDocument(ctx context.Context, id int64) (twin.KeptSBOM, error)
}

// Business gives what people said of the estate, and what is exposed in it.
type Business interface {
	Scope(ctx context.Context, at ctem.AsOf) (ctem.Scope, error)
	ExposureCounts(ctx context.Context, q ctem.ListQuery) ([]ctem.PlaceCount, error)
	Records(ctx context.Context, ids []string) ([]advisory.Record, error)
}

// Sights gives what sensors saw that fits no place.
type Sights interface {
	Unplaced(ctx context.Context, since time.Time) ([]twin.Unplaced, error)
}

// Exposures lists them.
type Exposures interface {
	ListExposures(ctx context.Context, q ctem.ListQuery) (ctem.ExposurePage, error)
}

// Parts is what a Desk joins.
type Parts struct {
	Estate  Lists
	Twin    Twin
	Proved  Proved
	Sights  Sights
	Exposed Exposures
}

// Desk answers. Its viewer is part of it.
type Desk struct {
	seeing
	placing
	calling
	tracing
	touching
	proving
}

type base struct {
	*reply.Base
	Parts
}

// The questions by what they are about.
type (
	seeing   struct{ *base } // lists of what runs
	placing  struct{ *base } // things, and how everything hangs together
	calling  struct{ *base } // who can be reached, and who acts as whom
	tracing  struct{ *base } // where it comes from, and whose it is
	touching struct{ *base } // how its parts interact
	proving  struct{ *base } // who reaches what, and what may be done
)

// New returns a desk for the viewer of the questions.
func New(q *reply.Base, p Parts) *Desk {
	b := &base{q, p}
	return &Desk{seeing: seeing{b}, placing: placing{b}, calling: calling{b}, tracing: tracing{b}, touching: touching{b}, proving: proving{b}}
}

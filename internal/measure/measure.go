// Package measure answers whether exposure is really going down: the funnel,
// the trend, and what both of them rest on.
//
// The model. It reads what the other steps wrote, computes by pure functions,
// and changes nothing. The funnel counts live exposures (open and unknown) by
// gate. The trend is a function of spans in which an exposure was in one state
// at one risk: open exposures and their joined risk (noisy-OR) at the end of
// each day, UTC. Coverage says how much of the estate was looked into and how
// old that is.
//
// Invariants. A number counts exactly the rows that the list of the same query
// and time shows. Unknown is counted as such, never as no. The trend is as known
// now, so late evidence mends it, unless it is asked for as known at a time.
package measure

import (
	"context"
	"fmt"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// Exposures is what is measured of exposures.
type Exposures interface {
	FunnelRows(ctx context.Context, q ctem.ListQuery) ([]ctem.FunnelRow, error)
	Spans(ctx context.Context, from time.Time, q ctem.ListQuery) ([]ctem.Span, error)
	UndecidedByReason(ctx context.Context) (map[string]int, error)
}

// Estate is what is measured of the twin and of what is known about the world.
type Estate interface {
	WorkloadCovers(ctx context.Context, at ctem.AsOf) ([]ctem.WorkloadCover, error)
	Places(ctx context.Context, ids []int64) ([]twin.Place, error)
	ArtifactsByNameTag(ctx context.Context, nameTags []string) (map[string][]twin.Artifact, error)
	Coverage(ctx context.Context, at time.Time) ([]twin.Coverage, error)
	Feeds(ctx context.Context) ([]advisory.Feed, error)
}

// Measures reads and computes.
type Measures struct {
	Exposures Exposures
	Estate    Estate
}

// Funnel counts the live exposures by gate, those that the asker of a query may
// see; of the query, times and rights count.
func (m Measures) Funnel(ctx context.Context, q ctem.ListQuery) (ctem.Funnel, error) {
	rows, err := m.Exposures.FunnelRows(ctx, q)
	if err != nil {
		return ctem.Funnel{}, fmt.Errorf("count the funnel: %w", err)
	}
	return FunnelOf(rows), nil
}

// maxDays bounds a trend.
const maxDays = 3660

// Trend gives the days up to the time asked for, at most as many as days; it
// begins with the first exposure. Of the query, times and rights count.
func (m Measures) Trend(ctx context.Context, q ctem.ListQuery, days int) ([]ctem.TrendDay, error) {
	if days < 1 || days > maxDays {
		return nil, fault.New(fault.Invalid, "a trend of %d days", days).WithHint("ask for 1 to %d days", maxDays)
	}
	end := q.AsOf.Time().UTC()
	spans, err := m.Exposures.Spans(ctx, startOf(end).AddDate(0, 0, 1-days), q)
	if err != nil {
		return nil, fmt.Errorf("read the spans: %w", err)
	}
	return TrendOf(spans, end, days), nil
}

// Coverage says what the picture rests on.
func (m Measures) Coverage(ctx context.Context, at ctem.AsOf) (ctem.MeasuredCoverage, error) {
	in := CoverageInput{At: at.Time()}
	var err error
	if in.Workloads, err = m.Estate.WorkloadCovers(ctx, at); err != nil {
		return ctem.MeasuredCoverage{}, fmt.Errorf("read what could be looked into: %w", err)
	}
	if in.Sources, err = m.Estate.Coverage(ctx, in.At); err != nil {
		return ctem.MeasuredCoverage{}, fmt.Errorf("read the sources: %w", err)
	}
	if in.Undecided, err = m.Exposures.UndecidedByReason(ctx); err != nil {
		return ctem.MeasuredCoverage{}, fmt.Errorf("count the undecided components: %w", err)
	}
	if in.Feeds, err = m.Estate.Feeds(ctx); err != nil {
		return ctem.MeasuredCoverage{}, fmt.Errorf("read the feeds: %w", err)
	}
	if err := m.links(ctx, &in); err != nil {
		return ctem.MeasuredCoverage{}, err
	}
	return CoverageOf(in), nil
}

// links reads what the live workloads run, and which names lead to an SBOM.
func (m Measures) links(ctx context.Context, in *CoverageInput) error {
	ids := make([]int64, len(in.Workloads))
	for i, w := range in.Workloads {
		ids[i] = w.Place
	}
	places, err := m.Estate.Places(ctx, ids)
	if err != nil {
		return fmt.Errorf("read the workloads: %w", err)
	}
	in.Names = map[int64][]string{}
	var names []string
	for i := range places {
		in.Names[places[i].ID] = undigested(&places[i], in.At)
		names = append(names, in.Names[places[i].ID]...)
	}
	artifacts, err := m.Estate.ArtifactsByNameTag(ctx, names)
	if err != nil {
		return fmt.Errorf("read the artifacts by name: %w", err)
	}
	in.Listed = map[string]bool{}
	for name, list := range artifacts {
		for i := range list {
			in.Listed[name] = in.Listed[name] || len(list[i].Contents) > 0
		}
	}
	return nil
}

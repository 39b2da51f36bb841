package measure

import (
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// CoverageInput is what coverage is computed from.
type CoverageInput struct {
	At        time.Time
	Workloads []ctem.WorkloadCover
	Sources   []twin.Coverage
	Feeds     []advisory.Feed
	Undecided map[string]int
	Names     map[int64][]string // place → name:tag of what it runs without a digest
	Listed    map[string]bool    // name:tag → it leads to an SBOM
}

// CoverageOf computes it.
func CoverageOf(in CoverageInput) ctem.MeasuredCoverage {
	c := ctem.MeasuredCoverage{Workloads: len(in.Workloads), ByReason: in.Undecided, Feeds: in.Feeds}
	var ages []time.Duration
	for _, w := range in.Workloads {
		if w.Covered {
			c.WithSBOM++
		} else {
			c.WithoutSBOM = append(c.WithoutSBOM, w.Service+" ("+w.Environment+")")
		}
		if slices.ContainsFunc(in.Names[w.Place], func(name string) bool { return in.Listed[name] }) {
			c.Unproven++
		}
		if w.Seen.IsZero() {
			continue
		}
		ages = append(ages, in.At.Sub(w.Seen))
		if c.OldestSeen.IsZero() || w.Seen.Before(c.OldestSeen) {
			c.OldestSeen = w.Seen
		}
	}
	slices.Sort(ages)
	if c.Dated = len(ages); c.Dated > 0 {
		c.MedianAge = ages[(c.Dated-1)/2]
	}
	for _, s := range in.Sources {
		switch s.FreshnessAt(in.At) {
		case twin.Stale:
			c.StaleSources = append(c.StaleSources, s.Source+" ("+s.Scope+")")
		case twin.Lapsed:
			c.LapsedSources = append(c.LapsedSources, s.Source+" ("+s.Scope+")")
		case twin.Fresh:
		}
	}
	for _, n := range in.Undecided {
		c.Undecided += n
	}
	return c
}

// undigested are the names and tags that a place runs without a digest at a
// time: what run-time sources see, else what is declared.
func undigested(p *twin.Place, at time.Time) []string {
	byClass := map[twin.Class][]string{}
	observed := false
	for i := range p.Claims {
		c := &p.Claims[i]
		if !c.ValidAt(at) {
			continue
		}
		observed = observed || c.Class == twin.Observed
		for _, k := range c.Workload.Containers {
			if k.Image.Digest == "" {
				byClass[c.Class] = append(byClass[c.Class], k.Image.NameTag())
			}
		}
	}
	names := byClass[twin.Declared]
	if observed {
		names = byClass[twin.Observed]
	}
	slices.Sort(names)
	return slices.Compact(names)
}

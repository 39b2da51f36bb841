package mobilize

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/match"
	"github.com/tidemark/tidemark/internal/twin"
)

// target computes the targets of actions whose open exposures have changed.
func (s *Step) target(ctx context.Context, actions []*ctem.Action) error {
	var nums []int64
	for _, a := range actions {
		for _, m := range a.Members {
			if m.Open {
				nums = append(nums, m.Num)
			}
		}
	}
	if len(nums) == 0 {
		return nil
	}
	list, err := s.Facts.Exposures(ctx, nums)
	if err != nil {
		return fmt.Errorf("read %d exposures: %w", len(nums), err)
	}
	exposures := make(map[int64]*ctem.Exposure, len(list))
	names := map[string]bool{}
	for i := range list {
		exposures[list[i].Num] = &list[i]
		for _, id := range list[i].Advisories {
			names[id] = true
		}
	}
	records, err := s.Facts.Records(ctx, slices.Sorted(maps.Keys(names)))
	if err != nil {
		return fmt.Errorf("read %d records: %w", len(names), err)
	}
	byID := make(map[string]*advisory.Record, len(records))
	for i := range records {
		byID[records[i].ID] = &records[i]
	}
	for _, a := range actions {
		var open []*ctem.Exposure
		for _, m := range a.Members {
			if e := exposures[m.Num]; m.Open && e != nil {
				open = append(open, e)
			}
		}
		a.Target = Target(open, byID)
	}
	return nil
}

// Target is the smallest version that clears all the exposures, or "" when none
// is known: for each affected component the smallest at which none of all the
// records matches; the highest of these where components differ.
func Target(open []*ctem.Exposure, records map[string]*advisory.Record) string {
	var about []*advisory.Record
	components, seen := map[twin.Component]bool{}, map[string]bool{}
	for _, e := range open {
		for _, i := range e.Instances {
			components[twin.Component{Purl: i.Purl, Version: i.Version, Qualifiers: i.Qualifiers}] = true
		}
		for _, id := range e.Advisories {
			if r := records[id]; r != nil && r.Withdrawn.IsZero() && !seen[id] {
				seen[id] = true
				about = append(about, r)
			}
		}
	}
	best := ""
	byPurl := func(a, b twin.Component) int {
		return cmp.Or(cmp.Compare(a.Purl, b.Purl), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Qualifiers, b.Qualifiers))
	}
	for _, c := range slices.SortedFunc(maps.Keys(components), byPurl) {
		v, ok := match.ClearingVersion(c, about)
		if !ok {
			return ""
		}
		best = higher(c, best, v)
	}
	return best
}

// higher is the later of two versions in the component's ecosystem.
func higher(c twin.Component, a, b string) string {
	p, why := match.PackageOf(c)
	if a == "" || why != nil {
		return b
	}
	if order, err := match.Compare(p.Ecosystem, a, b); err == nil && order >= 0 {
		return a
	}
	return b
}

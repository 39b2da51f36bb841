package exposuredb

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// indexing is what an index of the exposures reads.
type indexing struct{ store *Store }

// ListedExposures returns exposures by number as a list shows them at a time,
// in the order of the numbers. One that was not there then is left out.
func (x indexing) ListedExposures(ctx context.Context, nums []int64, at ctem.AsOf) (list []ctem.Exposure, err error) {
	err = x.store.viewExposures(ctx, at, func(v *exposureView) error {
		list, err = v.details(nums)
		return err
	})
	return list, err
}

// BasisFreshness measures the age of what exposures stand on. A number here
// stands for a set of sources.
func (x indexing) BasisFreshness(ctx context.Context, at time.Time) (out map[int64]twin.Freshness, err error) {
	err = x.store.read(ctx, func(t *tx) error {
		ages, err := t.basisAges(at, time.Time{})
		out = make(map[int64]twin.Freshness, len(ages))
		for id, age := range ages {
			out[id] = age.freshness
		}
		return err
	})
	return out, err
}

// ExposuresOfBases returns the exposures that stand on one of these sets of sources.
func (x indexing) ExposuresOfBases(ctx context.Context, bases []int64) (nums []int64, err error) {
	err = x.store.read(ctx, func(t *tx) error {
		return t.In(`SELECT num FROM exposure WHERE basis IN (?*)`, sqldb.Anys(bases), sqldb.AppendID(&nums))
	})
	return nums, err
}

package local

import (
	"time"

	"github.com/tidemark/tidemark/internal/fault"
)

// leastKept is the shortest history that compact leaves.
const leastKept = 24 * time.Hour

// Floor is the time before which nothing is kept.
func Floor(now time.Time, keep time.Duration) (before time.Time, err error) {
	if keep < leastKept {
		return before, fault.New(fault.Invalid, "to keep %s is to keep less than a day", keep).WithHint("keep at least 1d")
	}
	return now.Add(-keep), nil
}

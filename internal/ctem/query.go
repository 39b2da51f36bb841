package ctem

import (
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/fault"
)

// AsOf is the time of a question. At is when it was so, KnownAt when we
// believed it; a zero time means now.
type AsOf struct {
	At      time.Time
	KnownAt time.Time
	Now     time.Time // the clock's reading: what "now" means, and what ages are measured from when At is zero
}

// Time returns the moment that the answer speaks of.
func (a AsOf) Time() time.Time {
	if a.At.IsZero() {
		return a.Now
	}
	return a.At
}

// Term is one condition of a query: key:value[,value…], negated by a leading "-".
// Op is ":" for equality, else ">", ">=", "<", "<=" for numbers, ".." for a range (two values).
type Term struct {
	Key    string
	Op     string
	Values []string
	Negate bool
}

// ListQuery asks for a page of a list, in the list's own order.
type ListQuery struct {
	AsOf
	Terms []Term
	Sort  []SortKey // none: the list's own order
	Limit int       // 0: all
	After string    // the page's continuation, as a page's Next gave it
	// Products and Owner are how much the asker may see: only services of these
	// products (nil: all, empty: none), only services of this owner ("": any).
	Products []string
	Owner    string
}

// Page is one page of a list with the exact total of the query. Where counting
// is dear, Total was counted for the first page and is carried on by Next.
type Page[T any] struct {
	Items []T
	Total int
	Next  string // "" on the last page
}

// ExposurePage is a page of exposures.
type ExposurePage = Page[Exposure]

// SortKey is one key of an order.
type SortKey struct {
	Key        string
	Descending bool
}

// maxSortKeys bounds an order: far above what a person asks for.
const maxSortKeys = 8

// ParseSort reads an order: keys with commas between, "-" before a key for
// descending. Which keys there are is the list's to say.
func ParseSort(sort string) ([]SortKey, error) {
	if sort == "" {
		return nil, nil
	}
	var keys []SortKey
	for _, part := range strings.Split(sort, ",") {
		key, descending := strings.CutPrefix(part, "-")
		if key == "" || len(keys) == maxSortKeys {
			return nil, fault.New(fault.Invalid, "%q is no order of a list", sort).WithHint(`write keys with commas between and "-" for descending, as -score,due`)
		}
		keys = append(keys, SortKey{Key: key, Descending: descending})
	}
	return keys, nil
}

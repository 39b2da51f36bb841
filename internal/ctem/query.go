package ctem

import "time"

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
	Limit int    // 0: all
	After string // the page's continuation, as a page's Next gave it
}

// ExposurePage is a page of exposures with the exact total of the query.
type ExposurePage struct {
	Items []Exposure
	Total int
	Next  string // "" on the last page
}

package twin

import "time"

// Stand is one stretch of what one source says of a workload or a thing. One
// without either only says that there was something until To.
type Stand struct {
	Source, Scope string
	Class         Class
	From, To      time.Time // half-open; a zero To: still so
	State         int64     // the store's id of what is said: the same id says the same
	Revision      string    // the beginning of its hash
	Place         int64     // of a workload
	Service       string    // of a workload
	Workload      *Workload
	Resource      *Resource
}

// Claim is a stand about a workload as a claim. What only ended has an empty one.
func (s *Stand) Claim() Claim {
	c := Claim{Source: s.Source, Scope: s.Scope, Class: s.Class, From: s.From, To: s.To}
	if s.Workload != nil {
		c.Workload = *s.Workload
	}
	return c
}

// ValidAt reports whether it holds at a time.
func (s *Stand) ValidAt(t time.Time) bool {
	return !s.From.After(t) && (s.To.IsZero() || t.Before(s.To))
}

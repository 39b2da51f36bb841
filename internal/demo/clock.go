package demo

import (
	"sync"
	"time"
)

// Clock is the clock of everything that takes part in a demo. While a history
// is played it shows the time of the history, after that the real one. It never
// goes back.
type Clock struct {
	real func() time.Time
	mu   sync.Mutex
	at   time.Time // zero: the real time
}

// NewClock returns a clock that shows the real time until a history is played.
func NewClock(real func() time.Time) *Clock { return &Clock{real: real} }

// Now is the time that the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at.IsZero() {
		return c.real()
	}
	return c.at
}

func (c *Clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = t
}

// release lets the clock run again.
func (c *Clock) release() { c.set(time.Time{}) }

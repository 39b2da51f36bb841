package twin

import "time"

// Freshness of a source at a time.
type Freshness string

// Declared and content sources do not age: they are always fresh.
const (
	Fresh  Freshness = "fresh"
	Stale  Freshness = "stale"
	Lapsed Freshness = "unknown" // too old to say anything
)

// DefaultEvery is the interval a run-time source is expected to report in
// when it states none; StaleAfter and LapseAfter count such intervals.
const (
	DefaultEvery = 8 * time.Hour
	StaleAfter   = 3
	LapseAfter   = 7
)

// Coverage is one unbroken stretch in which a source kept looking at a scope.
// A sign of life after more than StaleAfter intervals of silence begins a new one.
type Coverage struct {
	Source, Scope string
	Class         Class
	Since         time.Time // first sign of life of the stretch
	Seen          time.Time // last sign of life of the stretch
	Every         time.Duration
}

// FreshnessAt measures the age of the coverage at t.
func (c Coverage) FreshnessAt(t time.Time) Freshness {
	if c.Class != Observed {
		return Fresh
	}
	age := t.Sub(c.Seen)
	switch {
	case age > LapseAfter*c.Interval():
		return Lapsed
	case age > StaleAfter*c.Interval():
		return Stale
	}
	return Fresh
}

// Interval returns the expected interval, never zero.
func (c Coverage) Interval() time.Duration {
	if c.Every <= 0 {
		return DefaultEvery
	}
	return c.Every
}

// Covers reports whether the stretch has begun at t.
func (c Coverage) Covers(t time.Time) bool { return !c.Since.After(t) }

// Trouble is what a source says that it cannot see.
type Trouble struct {
	Where, Reason string
	Since, Seen   time.Time // first and last said so
}

// LeftOut is what was left out of what a source gave, for one reason.
type LeftOut struct {
	Reason      string
	Count       int64
	Since, Seen time.Time // the first and the last of it
}

// Beat is a heartbeat: a source still sees its scope as it last said.
type Beat struct {
	Source, Scope string
	Vouches       int64 // the last of its own sequences that it vouches for; 0: it has none
	At            time.Time
	Every         time.Duration // 0 keeps what is known
}

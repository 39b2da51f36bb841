package twin

import (
	"strings"
	"time"
)

// The ages of an edge that was seen. It is stale and then unknown after so many
// intervals of silence as a source is; after EdgeLapse it has lapsed: it is shown,
// and leads nowhere. After EdgeEnd its claim ends, where its source still looked.
const (
	EdgeEvery = time.Hour
	EdgeLapse = 24 * time.Hour
	EdgeEnd   = 7 * 24 * time.Hour
)

// Sighting says that a thing was seen, from First to Last: an edge, a route. It is
// measured, and no claim: it moves what is known of the thing, and adds nothing to
// history.
type Sighting struct {
	Source, Scope, Subject string
	First, Last            time.Time
	Calls, Bytes           int64         // 0: nobody counted
	Every                  time.Duration // in which its source gives signs of life; 0 keeps what is known
}

// Traffic is what was measured of a thing up to a time. Calls and Bytes are at
// least so many.
type Traffic struct {
	First, Last  time.Time
	Calls, Bytes int64
}

// IsMeasured reports whether things of such a subject are measured one by one.
func IsMeasured(subject string) bool {
	return strings.HasPrefix(subject, "resource/"+KindFlow+"/") || strings.HasPrefix(subject, "resource/"+KindOperation+"/")
}

// Measured reports whether anything was.
func (t Traffic) Measured() bool { return !t.Last.IsZero() }

// FreshnessAt is how fresh a thing is at a time that was last seen so, whose source
// is as fresh as is said: the worse of both.
func (t Traffic) FreshnessAt(at time.Time, source Freshness) Freshness {
	own := Coverage{Class: Observed, Seen: t.Last, Every: EdgeEvery}.FreshnessAt(at)
	if age(own) > age(source) {
		return own
	}
	return source
}

func age(f Freshness) int {
	switch f {
	case Fresh:
		return 0
	case Stale:
		return 1
	case Lapsed:
	}
	return 2
}

// LapsedAt reports whether it was not seen for so long that it counts no longer.
func (t Traffic) LapsedAt(at time.Time) bool { return t.Measured() && at.Sub(t.Last) > EdgeLapse }

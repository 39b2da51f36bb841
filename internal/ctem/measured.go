package ctem

import (
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
)

// GateCount is how many exposures answered a gate in each way.
type GateCount struct{ Yes, No, Unknown int }

// Funnel counts the live exposures by gate, each gate by itself. ActNow are
// the Act-now exposures that passed all five gates; ActNowOutside are those
// that policy puts there without that. Together they are all Act-now exposures.
type Funnel struct {
	Total                                           int
	Found, Running, Reachable, Exploitable, Matters GateCount
	ActNow, ActNowOutside                           int
}

// TrendDay is one day, UTC, at its end; the last one at the time asked for.
type TrendDay struct {
	Day   time.Time // its midnight
	Open  int       // live exposures: open and unknown
	Risk  float64   // noisy-OR of their risks
	Score int       // the same on the scale of scores
}

// SeriesVerdict says by a stated rule whether a series rises or falls.
type SeriesVerdict struct {
	Word                 string // rising, stable, falling, too little data, not comparable
	Rule                 string // the rule with its numbers, in words
	Centre, Upper, Lower float64
	Points               int
}

// MeasuredCoverage says what the picture rests on.
type MeasuredCoverage struct {
	Workloads   int
	WithSBOM    int
	WithoutSBOM []string // "service (environment)": what runs there cannot be said
	Unproven    int      // workloads linked to an SBOM by name and tag only
	// MedianAge and OldestSeen are over the newest signs of life of the
	// workloads' sources; Dated is how many workloads have one.
	Dated         int
	MedianAge     time.Duration
	OldestSeen    time.Time
	StaleSources  []string // "source (scope)"
	LapsedSources []string // too old to say anything
	Undecided     int      // components
	ByReason      map[string]int
	Feeds         []advisory.Feed
}

// Explanation is a decision with its exposure, as they were at the time asked.
type Explanation struct {
	Exposure Exposure
	Decision Decision // adjusted to the age of its evidence at that time
	// Question names the factor that the score is least certain about, and
	// QuestionPoints by how much knowing it could move the score.
	Question       string
	QuestionPoints int
}

// Band names a score as the field does.
func Band(score int) string {
	switch {
	case score >= 850:
		return "Critical"
	case score >= 700:
		return "High"
	case score >= 500:
		return "Medium"
	}
	return "Low"
}

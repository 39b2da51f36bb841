package advisory

import "time"

// NewsKind says what happened in the world.
type NewsKind string

// The kinds of news.
const (
	NewsKEV       NewsKind = "kev"       // listed as exploited
	NewsEPSS      NewsKind = "epss"      // its score moved, and is high
	NewsPublished NewsKind = "advisory"  // a record was published
	NewsWithdrawn NewsKind = "withdrawn" // a record was taken back
)

// News is something that happened in the world, at a time the feeds state, or,
// for a score, when we learned it.
type News struct {
	At    time.Time
	Kind  NewsKind
	Name  string // record id, or CVE
	Title string // "" where the feed has none
}

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

// Did says what a change of the advisory stream was.
type Did string

// What changes are, of those that somebody may want to hear of.
const (
	DidFirst      Did = "first"      // a record or entry of a feed that was read for the first time
	DidNew        Did = "new"        // a record that the feed did not have before
	DidChanged    Did = "changed"    // a record that says something else about what it concerns
	DidWithdrawn  Did = "withdrawn"  // a record that was taken back
	DidBack       Did = "back"       // a withdrawal that was taken back
	DidAdded      Did = "added"      // listed as exploited
	DidRemoved    Did = "removed"    // no longer listed
	DidRansomware Did = "ransomware" // now said to be used for ransom
	DidJumped     Did = "jumped"     // a score moved by a lot
	DidPublished  Did = "published"  // a public exploit, or a stronger one
	DidLoaded     Did = "loaded"     // a feed was read to its end, and something in it had changed
)

// Cause is a change of the advisory stream that somebody may want to hear of.
type Cause struct {
	Seq      int64
	Kind     FeedKind
	Feed     string // the OSV feed; "" for the others
	Name     string // record id, or CVE
	Revision int64  // of the record; 0 for others
	Did      Did
	Detail   string    // what is different, in words: "range, severity"
	Known    time.Time // when we learned it
	Said     time.Time // when the source says that it was; zero when it does not
	From, To float64   // of a score that jumped
	// ExposuresAt and DecisionsAt are how far those streams were when the change
	// was stored, as record times: what was so before anything followed from it.
	ExposuresAt, DecisionsAt time.Time
}

// Loads counts what one reading of a feed changed.
type Loads struct {
	First     bool // it was read for the first time
	New       int
	Changed   int
	Withdrawn int
}

package advisory

import "time"

// Batch is a part of one feed's records, as intel hands them to the store.
type Batch struct {
	Feed    string // the OSV feed they came from: its folder, "npm" or "Debian:11"
	Records []Record
	Now     time.Time
}

// KEVBatch is a whole catalogue.
type KEVBatch struct {
	Entries []KEV
	Now     time.Time
}

// EPSSBatch is a part of a file of scores.
type EPSSBatch struct {
	Entries []EPSS
	Now     time.Time
}

// ExploitBatch is a whole index of public exploits.
type ExploitBatch struct {
	Source  FeedKind
	Entries []Exploit // each CVE once
	Now     time.Time
}

// SSVCBatch is a part of what CISA states; what it leaves out stays as it was.
type SSVCBatch struct {
	Entries []SSVC // each CVE once
	Now     time.Time
}

// Committed says what storing a batch did. Unchanged records wrote nothing.
type Committed struct {
	New       int
	Changed   int
	Unchanged int
	Removed   int // KEV and exploits: entries taken out of the catalogue or index
	// Older counts records that another feed already gave in a newer form.
	Older int
}

// Add sums two counts.
func (c Committed) Add(d Committed) Committed {
	return Committed{
		New:       c.New + d.New,
		Changed:   c.Changed + d.Changed,
		Unchanged: c.Unchanged + d.Unchanged,
		Removed:   c.Removed + d.Removed,
		Older:     c.Older + d.Older,
	}
}

// Rejection is one piece of a feed that was refused, and why.
type Rejection struct {
	Where  string `json:"where"` // the file and the entry, line or field in it
	Reason string `json:"reason"`
}

// maxRejections are those that are listed one by one.
const maxRejections = 1000

// AddRejection lists a refused piece; beyond a bound only the last entry says
// where the last of them was.
func AddRejection(list []Rejection, where string, err error) []Rejection {
	if len(list) < maxRejections {
		return append(list, Rejection{Where: where, Reason: err.Error()})
	}
	list[maxRejections-1] = Rejection{Where: "up to " + where, Reason: "more like those before"}
	return list
}

// FeedKind names a kind of feed.
type FeedKind string

// The feeds.
const (
	FeedOSV        FeedKind = "osv"
	FeedKEV        FeedKind = "kev"
	FeedEPSS       FeedKind = "epss"
	FeedNuclei     FeedKind = "nuclei"     // templates that check for a CVE
	FeedPoC        FeedKind = "poc"        // pages that are said to have a proof of concept
	FeedMetasploit FeedKind = "metasploit" // modules that attack or check
	FeedSSVC       FeedKind = "ssvc"       // decision points of CISA Vulnrichment
	FeedAttack     FeedKind = "attack"     // techniques of ATT&CK for CVEs, as CTID maps them
	FeedGroups     FeedKind = "groups"     // groups of ATT&CK that are known to attack a CVE
	FeedCSAF       FeedKind = "csaf"       // statements of suppliers about their products
)

// NewFeed is the kind of a change that is no record's: an ecosystem, which its
// name is, has a feed for the first time.
const NewFeed FeedKind = "feed"

// FeedLoaded is the kind of a change that is no record's either: a feed was read
// to its end, and something in it had changed.
const FeedLoaded FeedKind = "loaded"

// ExploitFeeds are the indexes of public exploits.
func ExploitFeeds() []FeedKind { return []FeedKind{FeedMetasploit, FeedNuclei, FeedPoC} }

// DecidingFeeds are those whose signs decisions rest on.
func DecidingFeeds() []FeedKind {
	return append([]FeedKind{FeedKEV, FeedEPSS, FeedSSVC}, ExploitFeeds()...)
}

// SignalFeeds are the feeds that have no ecosystem.
func SignalFeeds() []FeedKind { return append(DecidingFeeds(), FeedAttack, FeedGroups, FeedCSAF) }

// Feed is the freshness of one feed: OSV has one for each ecosystem.
type Feed struct {
	Kind      FeedKind
	Name      string    // ecosystem; "" for all but OSV
	DataTime  time.Time // newest modification, catalogue or score date inside the data
	LoadedAt  time.Time
	Records   int
	Withdrawn int
	Origin    string // folder or address it came from, credentials masked
	Hash      string // of the input: an unchanged input is not read again
}

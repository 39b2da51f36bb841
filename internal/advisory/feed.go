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

// Committed says what storing a batch did. Unchanged records wrote nothing.
type Committed struct {
	New       int
	Changed   int
	Unchanged int
	Removed   int // KEV: entries taken out of the catalogue
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

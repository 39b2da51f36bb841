package ctem

import "time"

// Receipt is what came in by one request, for whoever asks later what became
// of it.
type Receipt struct {
	ID   string
	At   time.Time
	By   string // actor
	Kind string
	// What it speaks of: an artifact, or environments.
	Artifact     string
	Environments []string
	// Seq is the last number of the evidence stream when it was stored: when all
	// steps have read that far, it is computed. 0: not known to be stored.
	Seq      int64
	Computed time.Time // zero: not yet
	Body     string    // of the document, as JSON
}

// Became is what differs at the places that a receipt speaks of between what was
// believed when it was stored and when it was computed, as ids of exposures.
type Became struct {
	Opened []string // live now, and not before: new, or come back
	Closed []string // live before, and not now
}

// Answer is what a request with a key of its own was answered, to be given
// again to whoever sends the same once more.
type Answer struct {
	Actor, Key string
	Begun      time.Time
	Request    string // hash of what was asked
	Status     int    // 0: it is being done
	Media      string
	Location   string
	Body       []byte
}

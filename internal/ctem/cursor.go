package ctem

import (
	"errors"
	"fmt"
	"time"
)

// Stream is the name of one numbered stream.
type Stream string

// The streams (architecture.md section 1).
const (
	StreamEvidence Stream = "evidence"
	StreamTwin     Stream = "twin"
	StreamAdvisory Stream = "advisory"
	StreamExposure Stream = "exposure"
	StreamDecision Stream = "decision"
	StreamAction   Stream = "action"
	// StreamDetection is what sensors raised, as resolve folded it.
	StreamDetection Stream = "detection"
)

// ErrRaced says that a step's cursor or lease was moved by somebody else
// between reading and committing. Nothing was written; it is not poison.
var ErrRaced = errors.New("another worker moved the cursor first")

// Move takes one cursor from a number to a later one.
type Move struct {
	Stream   Stream
	From, To int64
}

// Advance opens every commit of a step: the transaction begins with the
// compare-and-swap of these cursors, in this order, under the lease's fencing
// token. A move that finds another From fails the commit with ErrRaced.
type Advance struct {
	Step  string
	Fence int64
	Moves []Move
	// Now is the clock's reading; record time is max(Now, the stream's last + 1 µs).
	Now time.Time
}

// Lease is the right to run a step until it expires.
type Lease struct {
	Name    string
	Owner   string
	Fence   int64
	Expires time.Time // real clock
}

// Quarantine is a batch that a step could not process: shown, and passed over.
type Quarantine struct {
	Step     string
	Stream   Stream
	From, To int64 // numbers, From < n <= To
	Reason   string
	At       time.Time
}

// Poison is the error of a step that cannot process a batch: what to pass over
// and why. The runner quarantines it; any other error stops the drain.
type Poison struct {
	Step     string
	Stream   Stream
	From, To int64 // the cursor is at From; the batch ends with To
	Err      error
}

// Error says which batch and why.
func (p *Poison) Error() string {
	return fmt.Sprintf("%s cannot process %s %d to %d: %v", p.Step, p.Stream, p.From+1, p.To, p.Err)
}

// Unwrap returns the reason.
func (p *Poison) Unwrap() error { return p.Err }

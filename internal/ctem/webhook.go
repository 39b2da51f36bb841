package ctem

import (
	"slices"
	"time"
)

// Secret is a text that is shown nowhere by accident.
type Secret string

// String is what a log says of it.
func (Secret) String() string { return "***" }

// GoString is what a dump says of it.
func (Secret) GoString() string { return "***" }

// Webhook is an address that is told of events, one after the other.
type Webhook struct {
	ID        string
	Name      string
	URL       Secret // it may have a token in it
	Secret    Secret // by which what is sent is signed
	Kinds     []EventKind
	Private   bool // it may be in a private network
	CreatedBy string
	CreatedAt time.Time
	Told      int64 // the last event that it was told of, or that is not for it
	Delivered int64 // how many it has taken
	LastAt    time.Time
	Failures  int // in a row
	LastError string
	NextAt    time.Time // it is not tried before; zero: at once
}

// Wants reports whether an address is told of a kind of events.
func (w *Webhook) Wants(k EventKind) bool { return len(w.Kinds) == 0 || slices.Contains(w.Kinds, k) }

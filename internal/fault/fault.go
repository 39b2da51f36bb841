// Package fault gives errors a kind and a message fit for users.
//
// Every error that leaves a room either carries a kind (what the caller did
// wrong or what is missing) or is internal: logged whole, shown only as such.
// The command line turns kinds into exit codes, the server into HTTP statuses.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what sort of failure an error is.
type Kind string

// The kinds. Internal is also the kind of every error that carries none.
const (
	Invalid         Kind = "invalid"         // the input or the flags are wrong
	NotFound        Kind = "not-found"       // a named object does not exist
	Conflict        Kind = "conflict"        // the world moved on: a lost race, a forged replay
	Unauthenticated Kind = "unauthenticated" // nobody has signed in, or no longer
	Forbidden       Kind = "forbidden"       // the actor may not do this
	TooMany         Kind = "too-many"        // too many attempts or requests: wait, then try again
	Unavailable     Kind = "unavailable"     // a resource is busy or out of reach: try again
	Internal        Kind = "internal"        // a defect, or the machine failed
)

// Error is a failure with a kind, what happened, and what to do about it.
type Error struct {
	Kind    Kind
	Message string // what happened and where, in lower case
	Hint    string // what to do; may be empty
	Err     error  // the cause; may be nil
}

// Error returns the message, then the cause.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return e.Message + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New returns an error of a kind; the message is formatted as by fmt.Sprintf.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Wrap returns err with a kind and what was being done; nil stays nil.
func Wrap(kind Kind, err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...), Err: err}
}

// WithHint returns a copy of e that also says what to do.
func (e *Error) WithHint(format string, args ...any) *Error {
	c := *e
	c.Hint = fmt.Sprintf(format, args...)
	return &c
}

// KindOf returns the kind of the outermost *Error in err's chain, Internal for
// an error without one, and "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// HintOf returns the first hint in err's chain, or "".
func HintOf(err error) string {
	for err != nil {
		if e, ok := errors.AsType[*Error](err); ok {
			if e.Hint != "" {
				return e.Hint
			}
			err = e.Err
			continue
		}
		return ""
	}
	return ""
}

// Part is one of several faults of an input.
type Part struct {
	Where string // line 12, items[3].name
	What  string
}

// Parts gives the faults of an input one by one, when there are several.
func Parts(err error) []Part {
	var many interface{ Parts() []Part }
	if errors.As(err, &many) {
		return many.Parts()
	}
	return nil
}

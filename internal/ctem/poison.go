package ctem

import (
	"encoding/json"
	"errors"
)

// ErrUnreadable says that something stored cannot be read as what it should be:
// its content is at fault, not the store.
var ErrUnreadable = errors.New("what is stored cannot be read")

// Unreadable reports whether an error is about the content of something
// stored. Reading it again gives the same error, so it is poison.
func Unreadable(err error) bool {
	if errors.Is(err, ErrUnreadable) {
		return true
	}
	if _, ok := errors.AsType[*json.SyntaxError](err); ok {
		return true
	}
	_, ok := errors.AsType[*json.UnmarshalTypeError](err)
	return ok
}

// Aside makes an error about unreadable content the poison of the batch that
// a step's move covers; any other error stays as it is.
func Aside(step string, m Move, err error) error {
	if !Unreadable(err) {
		return err
	}
	return &Poison{Step: step, Stream: m.Stream, From: m.From, To: m.To, Err: err}
}

// Narrow runs a batch of at most size changes. When something in it cannot be
// read, it runs ever smaller ones: what came before is done, and what is set
// aside in the end is one change alone.
func Narrow(size int, run func(limit int) (int, error)) (int, error) {
	for {
		n, err := run(size)
		if size <= 1 || !Unreadable(err) {
			return n, err
		}
		size = max(1, size/8)
	}
}

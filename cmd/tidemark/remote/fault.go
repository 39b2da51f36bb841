// Package remote is what the command line needs to work with a server beside
// the client itself: the tokens that were saved on this machine, the feeds of a
// folder as one archive, and the server's refusals as faults.
//
// Invariants. A saved token is given for its own server only, and its file is
// readable by its owner alone. Nothing here decides; it carries.
package remote

import (
	"errors"

	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/internal/fault"
)

// refused is a server's refusal as a fault; its source stays reachable.
type refused struct {
	fault *fault.Error
	from  *client.Error
}

// Error is the fault's.
func (r refused) Error() string { return r.fault.Error() }

// Unwrap gives both.
func (r refused) Unwrap() []error { return []error{r.fault, r.from} }

// Fault gives what a server refused its kind, so that it ends a command as the
// same refusal in process does. Other errors stay as they are.
func Fault(err error) error {
	var from *client.Error
	if !errors.As(err, &from) {
		return err
	}
	if _, has := errors.AsType[*fault.Error](err); has {
		return err
	}
	f := &fault.Error{Kind: kindOf(from.Problem.Code), Message: err.Error(), Hint: from.Problem.Hint}
	if f.Kind == fault.Unauthenticated {
		f.Hint = "sign in again: tidemark login --server URL"
	}
	return refused{f, from}
}

// RequestID is that of the request a server refused; "" where there was none.
func RequestID(err error) string {
	var from *client.Error
	if errors.As(err, &from) {
		return from.Problem.RequestID
	}
	return ""
}

func kindOf(code string) fault.Kind {
	switch k := fault.Kind(code); k {
	case fault.Invalid, fault.NotFound, fault.Conflict, fault.Unauthenticated, fault.Forbidden, fault.TooMany, fault.Unavailable, fault.Internal:
		return k
	}
	return fault.Internal
}

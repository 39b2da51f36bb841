package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/remote"
	"github.com/tidemark/tidemark/internal/fault"
)

// The exit codes. 1 is an answer, never an error.
const (
	ExitOK        = 0
	ExitBad       = 1
	ExitUsage     = 2
	ExitFailure   = 3
	ExitForbidden = 4
	ExitNotFound  = 5
	ExitUndecided = 6
	ExitPartial   = 7
	ExitCancelled = 130
)

// ExitCodesHelp says what each code means.
const ExitCodesHelp = `The exit code of every command:

  0    ok; the gate passed
  1    the answer is bad: the gate failed, the audit log is broken, the doctor found a
       failure. Only this; never an error
  2    usage: a flag, a query or an input is wrong; nothing was stored
  3    a failure of the machine, the network or the database; try again
  4    not allowed, or not signed in
  5    the named object does not exist
  6    cannot decide: no feed, an unreadable version, or data older than --max-age
  7    partial: some inputs were rejected; they are listed
  130  cancelled
`

// Exit ends a command with a code that is not an error's: an answer.
type Exit int

// Error is the code; it is never shown.
func (e Exit) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// ExitCode turns an error into the code of the table.
func ExitCode(err error) int {
	if e, ok := errors.AsType[Exit](err); ok {
		return int(e)
	}
	if errors.Is(err, context.Canceled) {
		return ExitCancelled
	}
	switch fault.KindOf(err) {
	case "":
		return ExitOK
	case fault.Invalid:
		return ExitUsage
	case fault.NotFound:
		return ExitNotFound
	case fault.Forbidden, fault.Unauthenticated:
		return ExitForbidden
	case fault.Conflict, fault.TooMany, fault.Unavailable, fault.Internal:
		return ExitFailure
	}
	return ExitFailure
}

// Tell prints an error: in words on w, and as JSON on out when that is asked for.
func Tell(err error, asJSON bool, out, w io.Writer) {
	if _, ok := errors.AsType[Exit](err); ok || err == nil {
		return
	}
	if errors.Is(err, context.Canceled) {
		_, _ = fmt.Fprintln(w, "tidemark: cancelled")
		return
	}
	body := api.ErrorBody{Code: string(fault.KindOf(err)), Message: fault.Mask(err.Error()), Hint: fault.HintOf(err), RequestID: remote.RequestID(err), Exit: ExitCode(err)}
	_, _ = fmt.Fprintln(w, "tidemark: "+body.Message)
	if body.Hint != "" {
		_, _ = fmt.Fprintln(w, "  what to do: "+body.Hint)
	}
	if body.RequestID != "" {
		_, _ = fmt.Fprintln(w, "  request: "+body.RequestID)
	}
	if asJSON {
		enc := json.NewEncoder(out)
		_ = enc.Encode(api.Error{Error: body})
	}
}

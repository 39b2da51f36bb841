package main

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
	exitOK        = 0
	exitBad       = 1
	exitUsage     = 2
	exitFailure   = 3
	exitForbidden = 4
	exitNotFound  = 5
	exitUndecided = 6
	exitPartial   = 7
	exitCancelled = 130
)

const exitCodesHelp = `The exit code of every command:

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

// exit ends a command with a code that is not an error's: an answer.
type exit struct{ code int }

func (e exit) Error() string { return fmt.Sprintf("exit %d", e.code) }

// exitCode turns an error into the code of the table.
func exitCode(err error) int {
	if e, ok := errors.AsType[exit](err); ok {
		return e.code
	}
	if errors.Is(err, context.Canceled) {
		return exitCancelled
	}
	switch fault.KindOf(err) {
	case "":
		return exitOK
	case fault.Invalid:
		return exitUsage
	case fault.NotFound:
		return exitNotFound
	case fault.Forbidden, fault.Unauthenticated:
		return exitForbidden
	case fault.Conflict, fault.TooMany, fault.Unavailable, fault.Internal:
		return exitFailure
	}
	return exitFailure
}

// tell prints an error: in words on w, and as JSON on out when that is asked for.
func tell(err error, asJSON bool, out, w io.Writer) {
	if _, ok := errors.AsType[exit](err); ok || err == nil {
		return
	}
	if errors.Is(err, context.Canceled) {
		_, _ = fmt.Fprintln(w, "tidemark: cancelled")
		return
	}
	body := api.ErrorBody{Code: string(fault.KindOf(err)), Message: fault.Mask(err.Error()), Hint: fault.HintOf(err), RequestID: remote.RequestID(err), Exit: exitCode(err)}
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

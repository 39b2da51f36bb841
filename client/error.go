package client

import (
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/api"
)

// Error is a request that did not succeed.
type Error struct {
	Status  int         // of HTTP; 0: no answer came
	Problem api.Problem // what the server said; made here when it said nothing
	Err     error       // why no answer came; nil when one did

	after time.Duration // how long the server asks to wait; 0: it does not say
}

// Error says what happened, and names every fault.
func (e *Error) Error() string {
	text := e.Problem.Detail
	for i, f := range e.Problem.Errors {
		sep := "; "
		if i == 0 {
			sep = ": "
		}
		text += sep + strings.TrimPrefix(f.Where+": ", ": ") + f.Detail
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns why no answer came.
func (e *Error) Unwrap() error { return e.Err }

func invalid(detail, hint string) *Error {
	return &Error{Problem: api.Problem{Title: "Invalid", Detail: detail, Hint: hint, Code: "invalid"}}
}

func unavailable(detail, hint string, cause error) *Error {
	return &Error{Problem: api.Problem{Title: "Unavailable", Detail: detail, Hint: hint, Code: "unavailable"}, Err: cause}
}

// isProblem reports whether an answer is a problem document.
func isProblem(h http.Header) bool {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && kind == "application/problem+json"
}

// refusal is the error of an answer that is no success.
func refusal(resp *http.Response, body []byte) *Error {
	e := &Error{Status: resp.StatusCode, after: retryAfter(resp.Header)}
	if isProblem(resp.Header) && json.Unmarshal(body, &e.Problem) == nil && e.Problem.Detail+e.Problem.Title != "" {
		if e.Problem.Detail == "" {
			e.Problem.Detail = e.Problem.Title
		}
		if e.Problem.Code == "" {
			e.Problem.Code = codeOf(e.Status)
		}
		return e
	}
	e.Problem = api.Problem{
		Title: http.StatusText(e.Status), Status: e.Status, Code: strangerCode(e.Status),
		Detail: "the answer " + resp.Status + " is not one of a Tidemark server",
		Hint:   "check the address, and what stands between here and the server",
	}
	return e
}

// codeOf gives a status its code where the problem document has none.
func codeOf(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "unauthenticated"
	case http.StatusForbidden:
		return "forbidden"
	case http.StatusNotFound:
		return "not-found"
	case http.StatusConflict, http.StatusPreconditionFailed:
		return "conflict"
	case http.StatusTooManyRequests:
		return "too-many"
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return "unavailable"
	}
	if status >= http.StatusInternalServerError {
		return "internal"
	}
	return "invalid"
}

// strangerCode is the code of an answer that something else gave, as a proxy: a
// page that it does not find says nothing about what was asked for.
func strangerCode(status int) string {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
		return codeOf(status)
	}
	return "unavailable"
}

// retryAfter reads how long a server asks to wait: seconds, or a date, which is
// taken against the server's own clock.
func retryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return time.Duration(min(n, int(time.Hour/time.Second))) * time.Second
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return max(0, at.Sub(now))
}

package registry

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// passing reports whether a failure is of the way, and not of what was sent: it
// may be gone the next time.
func passing(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return true
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true // somebody must act, and may
	}
	_, ok := errors.AsType[net.Error](err)
	return ok
}

// The pauses after a failure.
const (
	firstPause   = time.Minute
	longestPause = 6 * time.Hour
	deniedPause  = time.Hour      // credentials are missing or wrong
	poisonPause  = 24 * time.Hour // what is there makes no sense
	longestError = 400            // of what is kept of one
)

// after is when to look again after a failure.
func after(err error, failures int) time.Duration {
	switch fault.KindOf(err) {
	case fault.Forbidden, fault.Unauthenticated:
		return deniedPause
	case fault.NotFound:
		return longestPause
	case fault.Invalid:
		return poisonPause
	case fault.Unavailable, fault.TooMany, fault.Conflict, fault.Internal:
	}
	return min(firstPause<<min(max(failures-1, 0), 20), longestPause)
}

// pauseOf says whether a failure is of the registry as a whole, and until when it
// is left alone.
func pauseOf(host string, err error, was ctem.HostPause, now time.Time) (ctem.HostPause, bool) {
	busy, isBusy := errors.AsType[*busyError](err)
	op, isDial := errors.AsType[*net.OpError](err)
	if !isBusy && (!isDial || op.Op != "dial") {
		return ctem.HostPause{}, false
	}
	p := ctem.HostPause{Host: host, Failures: was.Failures + 1, Reason: short(err)}
	d := min(firstPause<<min(was.Failures, 20), time.Hour)
	if isBusy && busy.after > 0 {
		d = busy.after
	}
	p.Until = now.Add(d)
	return p, true
}

func short(err error) string {
	s := fault.Mask(err.Error())
	return s[:min(len(s), longestError)]
}

// Package fetch brings a file from a public address to a place on disk.
//
// A download that was cut goes on where it stopped, if the file is still the
// same one (Range with If-Range); a file that did not change is not sent again
// (If-None-Match). Passing failures are tried again with growing, random
// pauses.
//
// Invariants. Only https, also after a redirect; no address of a private
// network, unless allowed; never more than the bound of the target. The file at
// its place is always a whole one, with the checksum that its server offers: it
// is replaced by a rename.
package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"github.com/tidemark/tidemark/internal/egress"
	"github.com/tidemark/tidemark/internal/fault"
)

// Config says how to fetch. The zero value of a field is its default.
type Config struct {
	Attempts     int           // 5
	Pause        time.Duration // before the second attempt, then doubled: 1 s
	MaxPause     time.Duration // 1 min; also bounds what a server may ask for
	Stall        time.Duration // without a byte, after which an attempt is given up: 1 min
	AllowPrivate bool          // addresses of private networks, this machine included
	Roots        *x509.CertPool
	Agent        string // User-Agent

	Now   func() time.Time                           // for a server that names a date to come back; nil: MaxPause is taken
	Sleep func(context.Context, time.Duration) error // nil: the clock's
	Rand  func() float64                             // 0 <= x < 1; nil: random
}

// Fetcher fetches. It is made by New and may be used by several callers.
type Fetcher struct {
	cfg    Config
	client *http.Client
	admit  func(netip.AddrPort) error
}

const maxRedirects = 5

// New returns a Fetcher.
func New(cfg Config) *Fetcher {
	f := &Fetcher{cfg: cfg.withDefaults()}
	f.admit = func(a netip.AddrPort) error {
		if f.cfg.AllowPrivate || egress.Public(a.Addr()) {
			return nil
		}
		return fault.New(fault.Forbidden, "%s is not a public address", a.Addr())
	}
	dialer := &net.Dialer{Timeout: 30 * time.Second, Control: f.control}
	f.client = &http.Client{
		CheckRedirect: redirect,
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           dialer.DialContext,
			TLSClientConfig:       &tls.Config{RootCAs: cfg.Roots, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:   30 * time.Second,
			ResponseHeaderTimeout: f.cfg.Stall,
			IdleConnTimeout:       30 * time.Second,
			DisableCompression:    true, // ranges count the bytes of the file itself
			ForceAttemptHTTP2:     true,
		},
	}
	return f
}

func (c Config) withDefaults() Config {
	if c.Attempts <= 0 {
		c.Attempts = 5
	}
	if c.Pause <= 0 {
		c.Pause = time.Second
	}
	if c.MaxPause <= 0 {
		c.MaxPause = time.Minute
	}
	if c.Stall <= 0 {
		c.Stall = time.Minute
	}
	if c.Sleep == nil {
		c.Sleep = sleep
	}
	if c.Rand == nil {
		c.Rand = rand.Float64
	}
	if c.Agent == "" {
		c.Agent = "tidemark"
	}
	return c
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// control sees the address that a name was resolved to, just before it is
// dialled: a name that resolves to another address the second time is caught.
func (f *Fetcher) control(_, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("address %q: %w", address, err)
	}
	return f.admit(a)
}

func redirect(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fault.New(fault.Forbidden, "more than %d redirects", maxRedirects)
	}
	if req.URL.Scheme != "https" {
		return fault.New(fault.Forbidden, "redirected to %s, which is not https", Mask(req.URL.String()))
	}
	return nil
}

// Target is what to fetch, and to where.
type Target struct {
	URL      string
	Path     string // where the whole file is to be; its folder exists
	State    string // prefix of the files that remember the download; their folder exists
	MaxBytes int64
	Progress func(done, total int64) // total 0: not known; may be nil
}

// Result says what Get did.
type Result struct {
	NotModified bool // the file at Path is still the one at the address
	Resumed     bool // a part of it came from an earlier download
	Size        int64
	Modified    time.Time // when the server last changed it; zero when it does not say
}

// Get brings the file of a target up to date.
func (f *Fetcher) Get(ctx context.Context, t Target) (Result, error) {
	u, err := url.Parse(t.URL)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return Result{}, fault.New(fault.Invalid, "%s is not an https address", Mask(t.URL))
	}
	d := download{Fetcher: f, Target: t}
	for attempt := range f.cfg.Attempts {
		res, err := d.try(ctx)
		if err == nil {
			return res, nil
		}
		passing, ok := errors.AsType[*passingError](err)
		if !ok || ctx.Err() != nil {
			return Result{}, fmt.Errorf("fetching %s: %w", Mask(t.URL), errors.Join(err, ctx.Err()))
		}
		if attempt == f.cfg.Attempts-1 {
			return Result{}, fault.Wrap(fault.Unavailable, passing.err, "fetching %s: gave up after %d attempts", Mask(t.URL), f.cfg.Attempts)
		}
		if err := f.cfg.Sleep(ctx, f.pause(attempt, passing.after)); err != nil {
			return Result{}, err
		}
	}
	return Result{}, fault.New(fault.Internal, "no attempt was made")
}

// pause is the time before the next attempt: what the server asks for, else a
// random part of a doubling time, so that many clients do not come back at once.
func (f *Fetcher) pause(attempt int, asked time.Duration) time.Duration {
	if asked > 0 {
		return min(asked, f.cfg.MaxPause)
	}
	most := min(f.cfg.Pause<<min(attempt, 20), f.cfg.MaxPause)
	return most/2 + time.Duration(f.cfg.Rand()*float64(most/2))
}

// passingError is a failure that may be gone a moment later.
type passingError struct {
	err   error
	after time.Duration // what the server asked for; 0: nothing
}

func (e *passingError) Error() string { return e.err.Error() }
func (e *passingError) Unwrap() error { return e.err }

// Mask takes credentials and query out of an address that is to be shown.
func Mask(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "(an address that cannot be read)"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

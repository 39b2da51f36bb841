package forge

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/egress"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/hostile"
)

// Config is the way to a forge.
type Config struct {
	URL   string // of the API: https://api.github.com, https://gitlab.example.org/api/v4
	Token ctem.Secret
	Agent string
	// Private allows addresses of private networks and of this machine, and plain
	// http to these.
	Private bool
	Cache   Cache // of answers with an ETag; nil: none
	Now     func() time.Time
	// Sleep waits where the forge asks for it; nil: the clock's.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Cache keeps answers by their address, so that what did not change is not sent
// again.
type Cache interface {
	Get(address string) (etag string, answer Answer, ok bool)
	Put(address, etag string, answer Answer)
}

// Answer is what a forge answered.
type Answer struct {
	Body []byte `json:"body"`
	Next string `json:"next,omitempty"` // the address of the next page
}

// Client asks the REST API of a forge. It is made by NewClient, and may be used by
// several at once.
type Client struct {
	cfg  Config
	base *url.URL
	http *http.Client

	mu       sync.Mutex
	requests int
	stopped  string // why nothing is asked any more
}

// The bounds of the client.
const (
	requestTime = 60 * time.Second
	maxAnswer   = 32 << 20
	maxPages    = 100
	maxWait     = 90 * time.Second // that is waited for when the forge asks
	attempts    = 3
)

// NewClient returns a client.
func NewClient(cfg Config) (*Client, error) {
	u, err := url.Parse(strings.TrimRight(cfg.URL, "/"))
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "":
		return nil, fault.New(fault.Invalid, "%q is no address of a forge's API", fault.Mask(cfg.URL))
	case u.Scheme != "https" && (u.Scheme != "http" || !cfg.Private):
		return nil, fault.New(fault.Invalid, "a token is sent by https only").WithHint("plain http is for private networks: --allow-private")
	case cfg.Token == "":
		return nil, fault.New(fault.Invalid, "there is no token for %s", u.Host)
	}
	dialer := &net.Dialer{Timeout: 15 * time.Second}
	if !cfg.Private {
		dialer.Control = egress.Control
	}
	if cfg.Sleep == nil {
		cfg.Sleep = sleep
	}
	return &Client{cfg: cfg, base: u, http: &http.Client{
		Timeout:       requestTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout: 15 * time.Second, ResponseHeaderTimeout: requestTime, IdleConnTimeout: 30 * time.Second,
			MaxResponseHeaderBytes: 64 << 10, MaxIdleConnsPerHost: together, ForceAttemptHTTP2: true,
		},
	}}, nil
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

func (c *Client) now() time.Time { return c.cfg.Now() }

// Host is the forge as people write it: that of api.github.com is github.com.
func (c *Client) Host() string { return strings.TrimPrefix(c.base.Host, "api.") }

// Requests is how many were sent.
func (c *Client) Requests() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.requests
}

// left says why not everything was asked, "" when it was.
func (c *Client) left() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stopped
}

func (c *Client) stop(why string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = why
	return fault.New(fault.TooMany, "%s", why)
}

// get asks for a document below the API's address and decodes it.
func (c *Client) get(ctx context.Context, path string, into any) error {
	a, err := c.ask(ctx, c.base.String()+path, "")
	if err != nil {
		return err
	}
	return decode(path, a.Body, into)
}

// raw asks for a file as it is.
func (c *Client) raw(ctx context.Context, path, accept string) ([]byte, error) {
	a, err := c.ask(ctx, c.base.String()+path, accept)
	return a.Body, err
}

func decode(path string, body []byte, into any) error {
	if err := hostile.CheckJSON(body, hostile.Limits{}); err != nil {
		return fault.Wrap(fault.Invalid, err, "the answer of %s", path)
	}
	return fault.Wrap(fault.Invalid, json.Unmarshal(body, into), "the answer of %s", path)
}

// pages asks for a list page by page, at most so many.
func pages[T any](ctx context.Context, c *Client, path string, most int) (list []T, more bool, err error) {
	next := c.base.String() + path
	for range min(most, maxPages) {
		a, err := c.ask(ctx, next, "")
		if err != nil {
			return list, false, err
		}
		var part []T
		if err := decode(path, a.Body, &part); err != nil {
			return list, false, err
		}
		list = append(list, part...)
		if a.Next == "" {
			return list, false, nil
		}
		next = a.Next
	}
	return list, true, nil
}

// ask sends a request, again where that may help, and waits where the forge asks
// for a short time. For a long one it stops asking altogether.
func (c *Client) ask(ctx context.Context, address, accept string) (a Answer, err error) {
	if why := c.left(); why != "" {
		return a, fault.New(fault.TooMany, "%s", why)
	}
	for n := range attempts {
		var wait time.Duration
		a, wait, err = c.once(ctx, address, accept)
		if err == nil || wait < 0 || ctx.Err() != nil || n == attempts-1 {
			return a, err
		}
		if wait > maxWait {
			return a, c.stop(fmt.Sprintf("%s wants no more requests for %s", c.Host(), wait.Round(time.Second)))
		}
		if err := c.cfg.Sleep(ctx, max(wait, time.Second<<n)); err != nil {
			return a, err
		}
	}
	return a, err
}

// once sends a request. wait is how long the forge wants to be left alone; less
// than 0: it makes no sense to ask again.
func (c *Client) once(ctx context.Context, address, accept string) (a Answer, wait time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return a, -1, fault.Wrap(fault.Invalid, err, "the address %q", fault.Mask(address))
	}
	if req.URL.Host != c.base.Host || req.URL.Scheme != c.base.Scheme {
		return a, -1, fault.New(fault.Forbidden, "%s sends us to %s: the token goes nowhere else", c.base.Host, req.URL.Host)
	}
	req.Header.Set("Authorization", "Bearer "+string(c.cfg.Token))
	req.Header.Set("User-Agent", c.cfg.Agent)
	req.Header.Set("Accept", "application/json")
	if accept != "" {
		req.Header.Set("Accept", accept)
	}
	key := address + " " + accept
	var kept Answer
	cached := false
	if c.cfg.Cache != nil {
		var etag string
		if etag, kept, cached = c.cfg.Cache.Get(key); cached {
			req.Header.Set("If-None-Match", etag)
		}
	}
	c.mu.Lock()
	c.requests++
	c.mu.Unlock()
	resp, err := c.http.Do(req)
	if err != nil {
		if ue, ok := errors.AsType[*url.Error](err); ok {
			err = ue.Err
		}
		return a, 0, fault.Wrap(fault.Unavailable, err, "ask %s", c.base.Host)
	}
	defer func() { _ = resp.Body.Close() }() // all that counts of it was read
	if resp.StatusCode == http.StatusNotModified && cached {
		return kept, 0, nil
	}
	if resp.StatusCode != http.StatusOK {
		wait, err = refused(resp, c.now(), req.URL.Path)
		return a, wait, err
	}
	a.Body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return a, 0, fault.Wrap(fault.Unavailable, err, "read the answer of %s", req.URL.Path)
	}
	if len(a.Body) > maxAnswer {
		return a, -1, fault.New(fault.Invalid, "the answer of %s has more than %d MiB", req.URL.Path, maxAnswer>>20)
	}
	a.Next = nextPage(resp.Header.Get("Link"))
	if etag := resp.Header.Get("ETag"); etag != "" && c.cfg.Cache != nil {
		c.cfg.Cache.Put(key, etag, a)
	}
	return a, 0, nil
}

// refused says what an answer that is none means.
func refused(resp *http.Response, now time.Time, path string) (wait time.Duration, err error) {
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10)) // what it says is only shown
	var said struct {
		Message string `json:"message"`
	}
	_ = json.Unmarshal(bytes.TrimSpace(text), &said) // where it is no JSON, there is no message
	why := fmt.Sprintf("%s answers %d", path, resp.StatusCode)
	if said.Message != "" {
		why += ": " + clean(said.Message)
	}
	asked, limited := askedToWait(resp.Header, now)
	switch code := resp.StatusCode; {
	case code == http.StatusTooManyRequests || code == http.StatusForbidden && limited:
		return max(asked, time.Second), fault.New(fault.TooMany, "%s", why)
	case code == http.StatusUnauthorized:
		return -1, fault.New(fault.Unauthenticated, "%s", why).WithHint("the token is wrong, or has run out")
	case code == http.StatusForbidden:
		return -1, fault.New(fault.Forbidden, "%s", why)
	case code == http.StatusNotFound || code == http.StatusGone:
		return -1, fault.New(fault.NotFound, "%s", why)
	case code >= http.StatusInternalServerError:
		return asked, fault.New(fault.Unavailable, "%s", why)
	}
	return -1, fault.New(fault.Invalid, "%s", why)
}

// askedToWait reads what a forge says about its limit: both have the headers of
// the draft, with and without X-.
func askedToWait(h http.Header, now time.Time) (d time.Duration, limited bool) {
	if s, err := strconv.Atoi(h.Get("Retry-After")); err == nil && s >= 0 {
		return time.Duration(min(s, 86400)) * time.Second, true
	}
	for _, x := range []string{"X-RateLimit-", "RateLimit-"} {
		left, err := strconv.Atoi(h.Get(x + "Remaining"))
		if err != nil || left > 0 {
			continue
		}
		if at, err := strconv.ParseInt(h.Get(x+"Reset"), 10, 64); err == nil {
			return max(time.Unix(at, 0).Sub(now), time.Second), true
		}
		return time.Minute, true
	}
	return 0, false
}

// nextPage reads the address of the next page from a Link header.
func nextPage(link string) string {
	for part := range strings.SplitSeq(link, ",") {
		address, attrs, ok := strings.Cut(part, ";")
		if ok && strings.Contains(attrs, `rel="next"`) {
			return strings.Trim(strings.TrimSpace(address), "<>")
		}
	}
	return ""
}

// clean takes control characters out of a text, and what is too long.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "")
	}
	return s
}

// maxText bounds the texts that are kept.
const maxText = 1000

package registry

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"golang.org/x/time/rate"

	"github.com/tidemark/tidemark/internal/egress"
	"github.com/tidemark/tidemark/internal/fault"
)

// Asker asks registries. It is made by NewAsker, and may be used by several at once.
type Asker struct {
	cfg  Config
	keys keychain
	opts AskerOptions

	mu    sync.Mutex
	lines map[string]*line
}

// AskerOptions are what an Asker may be given beside its configuration.
type AskerOptions struct {
	Agent string              // User-Agent
	Env   func(string) string // the environment; nil: empty
	Roots *x509.CertPool      // nil: the system's
}

// NewAsker returns an asker for registries.
func NewAsker(cfg Config, opts AskerOptions) (*Asker, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Every <= 0 {
		cfg.Every = DefaultEvery
	}
	if opts.Env == nil {
		opts.Env = func(string) string { return "" }
	}
	return &Asker{cfg: cfg, keys: keychain{cfg, opts.Env}, opts: opts, lines: map[string]*line{}}, nil
}

// line is the way to one registry.
type line struct {
	Host
	address string // as it is dialled: docker.io is index.docker.io
	puller  *remote.Puller
	pace    *rate.Limiter
	base    http.RoundTripper
}

// The times of a request.
const (
	dialTime   = 15 * time.Second
	headerTime = 30 * time.Second
)

// maxDocument bounds what is not a layer: manifests, indexes, lists, tokens.
const maxDocument = 8 << 20

// to is the way to a registry.
func (a *Asker) to(registry string) (*line, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if l := a.lines[registry]; l != nil {
		return l, nil
	}
	h, ok := a.cfg.Host(registry)
	if !ok {
		return nil, fault.New(fault.Forbidden, "the registry %s is not configured", registry)
	}
	reg, err := name.NewRegistry(h.Name)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the registry %s", h.Name)
	}
	auth, err := a.keys.of(h)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: dialTime}
	if !h.Private {
		dialer.Control = egress.Control
	}
	if h.PerSecond == 0 {
		h.PerSecond = DefaultPerSecond
	}
	if h.Together == 0 {
		h.Together = DefaultTogether
	}
	l := &line{Host: h, address: reg.RegistryStr(), pace: rate.NewLimiter(rate.Limit(h.PerSecond), max(int(h.PerSecond), 1)), base: &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: a.opts.Roots},
		TLSHandshakeTimeout: dialTime, ResponseHeaderTimeout: headerTime, IdleConnTimeout: 30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10, MaxIdleConnsPerHost: 4, ForceAttemptHTTP2: true,
	}}
	l.puller, err = remote.NewPuller(remote.WithAuth(auth), remote.WithTransport(l), remote.WithUserAgent(a.opts.Agent),
		remote.WithRetryBackoff(remote.Backoff{Steps: 1}), remote.WithRetryPredicate(func(error) bool { return false }), remote.WithRetryStatusCodes())
	if err != nil {
		return nil, err
	}
	a.lines[registry] = l
	return l, nil
}

// name reads a reference for this registry.
func (l *line) name(image string) (name.Reference, error) {
	opts := []name.Option{name.WeakValidation}
	if l.Plain {
		opts = append(opts, name.Insecure)
	}
	return name.ParseReference(image, opts...)
}

// busyError says that a registry wants to be left alone.
type busyError struct {
	status int
	after  time.Duration // 0: it does not say how long
}

func (e *busyError) Error() string {
	return fmt.Sprintf("the registry answers %d: it wants fewer requests", e.status)
}

// RoundTrip sends a request within the pace, and bounds what comes back.
func (l *line) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != "https" && (!l.Plain || req.URL.Host != l.address) {
		return nil, fault.New(fault.Forbidden, "%s would be asked by plain %s", req.URL.Host, req.URL.Scheme).
			WithHint("allow it in the list of registries: plain_http")
	}
	if err := l.pace.Wait(req.Context()); err != nil {
		return nil, err
	}
	resp, err := l.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	asked := resp.Header.Get("Retry-After")
	if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable && asked != "" {
		return nil, errors.Join(&busyError{resp.StatusCode, retryAfter(asked)}, resp.Body.Close())
	}
	if !strings.Contains(origin(req).URL.Path, "/blobs/") || resp.StatusCode != http.StatusOK {
		resp.Body = &bounded{resp.Body, maxDocument}
	}
	return resp, nil
}

// origin is the request that led to this one by redirects.
func origin(req *http.Request) *http.Request {
	for req.Response != nil && req.Response.Request != nil {
		req = req.Response.Request
	}
	return req
}

// maxAfter bounds what a registry may ask to wait.
const maxAfter = 6 * time.Hour

// retryAfter reads seconds; a date is not worth a clock here.
func retryAfter(s string) time.Duration {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0
	}
	return min(time.Duration(min(n, int(maxAfter/time.Second)))*time.Second, maxAfter)
}

// bounded refuses to read on after so many bytes.
type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fault.New(fault.Invalid, "the registry sends a document of more than %d MiB", maxDocument>>20)
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

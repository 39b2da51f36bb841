package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The bounds of every request.
const (
	maxAnswer  = 128 << 20 // bytes
	maxProblem = 1 << 20
	maxTries   = 4
	firstPause = 250 * time.Millisecond
	maxPause   = 30 * time.Second // who asks to wait longer is not waited for
	askTime    = 60 * time.Second
	sendTime   = 10 * time.Minute // documents
	loadTime   = time.Hour        // archives of feeds
)

const apiPath = "/api/v1/"

// keyHeader names a mutation, so that the server does it once however often it comes.
const keyHeader = "Idempotency-Key"

// pagesHeader is one that no other site can make a browser send.
const pagesHeader = "X-Tidemark-CSRF"

// conn is the way to one server.
type conn struct {
	base   *url.URL
	token  string
	agent  string
	http   *http.Client
	pause  func(context.Context, time.Duration) error
	random func() float64
}

// call is one request.
type call struct {
	method   string
	path     string // below the API, its parts escaped
	query    url.Values
	kind     string                        // content type of the body
	encoding string                        // of the body; "": as it is
	body     []byte                        //
	open     func() (io.ReadCloser, error) // a body that is too large to hold; instead of body
	secret   bool                          // it carries no key and is not tried again: its answer is given once, or its sender tries itself
	within   time.Duration                 // for one try; 0: askTime

	key string // of a mutation
}

func get(path string, query url.Values) call {
	return call{method: http.MethodGet, path: path, query: query}
}

// change is a mutation with a JSON body; nil: without one.
func change(method, path string, body any) (call, error) {
	k := call{method: method, path: path}
	if body == nil {
		return k, nil
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return k, fmt.Errorf("write the request: %w", err)
	}
	k.body, k.kind = raw, "application/json"
	return k, nil
}

// part escapes one part of a path. What would be another path is refused.
func part(id string) (string, error) {
	if id == "" || id == "." || id == ".." {
		return "", invalid(fmt.Sprintf("%q names nothing", id), "give an id as the lists show it")
	}
	return url.PathEscape(id), nil
}

// at is a path with one part that callers give: exposures/{id}/undo.
func at(before, id, after string) (string, error) {
	p, err := part(id)
	return before + p + after, err
}

// ask does a question about one thing.
func ask[T any](ctx context.Context, c *conn, k call, err error) (T, error) {
	var out T
	if err != nil {
		return out, err
	}
	raw, err := c.do(ctx, k)
	if err != nil {
		return out, err
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		return out, unavailable("the server's answer cannot be read", "check that client and server are of the same version", err)
	}
	return out, nil
}

// do sends a request, again where that is safe and may help.
func (c *conn) do(ctx context.Context, k call) ([]byte, error) {
	if k.method != http.MethodGet && !k.secret {
		k.key = rand.Text()
	}
	for try := 1; ; try++ {
		raw, err := c.once(ctx, k)
		var e *Error
		if err == nil || !errors.As(err, &e) || try == maxTries || !k.repeatable() || !e.temporary() || e.after > maxPause {
			return raw, err
		}
		if stop := c.pause(ctx, c.delay(try, e.after)); stop != nil {
			return nil, stop
		}
	}
}

// repeatable reports whether a request may be sent twice.
func (k call) repeatable() bool { return k.method == http.MethodGet || k.key != "" }

// temporary reports whether the same request may succeed a moment later.
func (e *Error) temporary() bool {
	switch e.Status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	case 0:
		return broken(e.Err)
	}
	return false
}

// broken reports whether a connection broke, or could not be made. A name that
// does not exist, and a certificate that does not hold, stay as they are.
func broken(err error) bool {
	if _, unknown := errors.AsType[*net.DNSError](err); unknown {
		return false
	}
	if _, refused := errors.AsType[*Error](err); refused || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	_, network := errors.AsType[*net.OpError](err)
	return network || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// delay doubles with each try; a random half of it keeps many clients apart.
// What the server asks for is the least.
func (c *conn) delay(try int, asked time.Duration) time.Duration {
	full := float64(firstPause << (try - 1))
	const half = 0.5
	return asked + time.Duration(full*(half+half*c.random()))
}

// once sends a request and reads the whole answer.
func (c *conn) once(ctx context.Context, k call) (_ []byte, err error) {
	within := k.within
	if within == 0 {
		within = askTime
	}
	limited, stop := context.WithTimeout(ctx, within)
	defer stop()
	req, err := c.request(limited, k)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.unreached(ctx, err, within)
	}
	defer func() { _ = resp.Body.Close() }() // all of it was read, or it is of no use
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxProblem)) // a cut problem document is none
		return nil, refusal(resp, body)
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, c.unreached(ctx, err, within)
	}
	if len(raw) > maxAnswer {
		return nil, unavailable(fmt.Sprintf("the server's answer is larger than %d MiB", maxAnswer>>20), "ask for fewer rows", nil)
	}
	return raw, checkKind(resp, raw)
}

// checkKind refuses an answer that is no document: a proxy's page, say.
func checkKind(resp *http.Response, raw []byte) error {
	kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if len(raw) == 0 || err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json")) {
		return nil
	}
	return refusal(resp, nil)
}

func (c *conn) request(ctx context.Context, k call) (*http.Request, error) {
	body, open := io.Reader(http.NoBody), k.open
	if open != nil {
		r, err := open()
		if err != nil {
			return nil, err
		}
		body = r
	}
	if k.body != nil {
		body = bytes.NewReader(k.body)
	}
	target := c.base.String() + apiPath + k.path
	if len(k.query) > 0 {
		target += "?" + k.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, k.method, target, body)
	if err != nil {
		return nil, invalid("the request cannot be made", "check the address of the server")
	}
	if open != nil {
		req.GetBody = open
	}
	req.Header.Set("Accept", "application/json, application/problem+json")
	req.Header.Set("User-Agent", c.agent)
	for name, value := range map[string]string{"Content-Type": k.kind, "Content-Encoding": k.encoding, keyHeader: k.key} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	if k.method != http.MethodGet {
		req.Header.Set(pagesHeader, "1") // with a cookie nothing changes without it
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	return req, nil
}

// unreached is the error of a request without an answer. Who cancels gets that
// back, not a failure of the network.
func (c *conn) unreached(ctx context.Context, err error, within time.Duration) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if ours, ok := errors.AsType[*Error](err); ok {
		return ours // a redirect that was refused, a body that could not be read
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return unavailable(fmt.Sprintf("%s did not answer within %s", c.base.Host, within), "try again; ask for less", err)
	}
	if isTrust(err) {
		return unavailable("the certificate of "+c.base.Host+" does not hold", "add its authority to the certificates of this machine (SSL_CERT_FILE)", err)
	}
	return unavailable(c.base.Host+" cannot be reached", "check the address, and that the server runs", err)
}

func isTrust(err error) bool {
	_, authority := errors.AsType[x509.UnknownAuthorityError](err)
	_, name := errors.AsType[x509.HostnameError](err)
	_, other := errors.AsType[x509.CertificateInvalidError](err)
	return authority || name || other
}

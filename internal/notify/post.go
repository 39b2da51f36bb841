package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/egress"
)

// The headers of a message.
const (
	HeaderID        = "Tidemark-Event"     // by which a second time is known
	HeaderSignature = "Tidemark-Signature" // t=<seconds>,v1=<hex>
)

// Poster sends messages. It is made by NewPoster.
type Poster struct {
	now          func() time.Time
	agent        string
	public, open *http.Client
}

const (
	postTime   = 10 * time.Second // for one message, its answer included
	answerRead = 4 << 10
)

// NewPoster returns a poster with a clock, which dates signatures.
func NewPoster(now func() time.Time, agent string) *Poster {
	return &Poster{now: now, agent: agent, public: client(&net.Dialer{Timeout: postTime, Control: egress.Control}), open: client(&net.Dialer{Timeout: postTime})}
}

func client(d *net.Dialer) *http.Client {
	return &http.Client{
		Timeout:       postTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: d.DialContext, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout: postTime, ResponseHeaderTimeout: postTime, IdleConnTimeout: 30 * time.Second,
			MaxResponseHeaderBytes: 64 << 10, MaxIdleConnsPerHost: 1, ForceAttemptHTTP2: true,
		},
	}
}

// Message is what is sent.
type Message struct {
	ID   string
	Body []byte
}

// Answer is what came of it.
type Answer struct {
	Status int           // 0: there was none
	After  time.Duration // what the address asks to wait; 0: nothing
	Err    error         // nil: it was taken
}

// Post sends a message, once.
func (p *Poster) Post(ctx context.Context, w ctem.Webhook, m Message) Answer {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, string(w.URL), bytes.NewReader(m.Body))
	if err != nil {
		return Answer{Err: errors.New("the address cannot be read")}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", p.agent)
	req.Header.Set(HeaderID, m.ID)
	req.Header.Set(HeaderSignature, Sign(w.Secret, p.now(), m.Body))
	to := p.public
	if w.Private {
		to = p.open
	}
	resp, err := to.Do(req)
	if err != nil {
		if ue, ok := errors.AsType[*url.Error](err); ok {
			err = ue.Err // without the address, which may hold a secret
		}
		return Answer{Err: err}
	}
	defer func() { _ = resp.Body.Close() }() // its status is all that counts
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, answerRead))
	a := Answer{Status: resp.StatusCode}
	switch code := resp.StatusCode; {
	case code >= 200 && code < 300:
	case code >= 300 && code < 400:
		a.Err = fmt.Errorf("the address answers %d: redirects are not followed", code)
	default:
		a.Err = fmt.Errorf("the address answers %d", code)
		if s, bad := strconv.Atoi(resp.Header.Get("Retry-After")); bad == nil && s > 0 {
			a.After = time.Duration(min(s, int(mostWait/time.Second))) * time.Second
		}
	}
	return a
}

// Sign is the header that proves who sent a body, and when: the HMAC-SHA-256 of
// the time, a dot and the body.
func Sign(secret ctem.Secret, at time.Time, body []byte) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = io.WriteString(mac, seconds+".") // a hash never fails
	_, _ = mac.Write(body)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

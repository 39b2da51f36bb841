// Package client talks to a Tidemark server over HTTP.
//
// The model. One method stands for one operation of the API and gives its
// document of package api; a question has the same signature as where it is
// answered in process, so that a caller can ask either. A list with limit 0 is
// read to its end, page by page. What a server refuses comes back as *Error
// with the problem document that it sent.
//
// Invariants. The token goes to the host of the configured address alone, over
// TLS unless that host is this machine or the caller allows it: redirects to
// another host are refused. Every answer, wait and list is bounded. What is
// tried again changes nothing twice: it is a question, or carries a key by
// which the server knows it.
package client

import (
	"context"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Config says which server is asked, and as whom.
type Config struct {
	URL       string       // https://tidemark.example, or with a path below which the server is
	Token     string       // tdm_…; "": nobody, who can only sign in
	HTTP      *http.Client // nil: one of its own; its redirects are decided here
	UserAgent string       // "": tidemark-client
	AllowHTTP bool         // also http:// to another machine, which sends the token for all to read
}

// Client asks one server. It may be used by several goroutines at once.
type Client struct {
	*conn
	exposures
	work
	estate
	nodes
	proofs
	pages
	measures
	evidence
	upkeep
	entry
	audit
}

// The operations by what they are about.
type (
	exposures struct{ *conn }
	work      struct{ *conn }
	estate    struct{ *conn }
	nodes     struct{ *conn }
	pages     struct{ *conn }
	measures  struct{ *conn }
	evidence  struct{ *conn }
	upkeep    struct{ *conn }
	entry     struct{ *conn }
	audit     struct{ *conn }
)

// New checks the address and the token; it sends nothing yet.
func New(cfg Config) (*Client, error) {
	base, err := baseOf(cfg)
	if err != nil {
		return nil, err
	}
	if strings.ContainsFunc(cfg.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, invalid("the token has characters that no token has", "copy it again, without spaces and line ends")
	}
	agent := cfg.UserAgent
	if agent == "" {
		agent = "tidemark-client"
	}
	c := &conn{base: base, token: cfg.Token, agent: agent, http: own(cfg.HTTP, base), pause: wait, random: rand.Float64}
	return &Client{
		conn: c, exposures: exposures{c}, work: work{c}, estate: estate{c}, nodes: nodes{c}, proofs: proofs{c}, pages: pages{c}, measures: measures{c},
		evidence: evidence{c}, upkeep: upkeep{c}, entry: entry{c}, audit: audit{c},
	}, nil
}

// baseOf reads the address of a server.
func baseOf(cfg Config) (*url.URL, error) {
	const hint = "use for example https://tidemark.example or http://127.0.0.1:8080"
	u, err := url.Parse(strings.TrimRight(cfg.URL, "/"))
	if err != nil {
		return nil, invalid("the address of the server cannot be read", hint)
	}
	if u.User != nil {
		return nil, invalid("the address of the server has a name or password in it", "leave them out: a token signs in")
	}
	if u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, invalid("the address of the server is not of the form https://HOST", hint)
	}
	if u.Scheme == "http" && !cfg.AllowHTTP && !isLoopback(u.Hostname()) {
		return nil, invalid("http:// to "+u.Host+" would send the token for all to read", "use https://, or allow it where the network is trusted")
	}
	return u, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// own gives an HTTP client that follows redirects within the server only.
func own(given *http.Client, base *url.URL) *http.Client {
	mine := http.Client{}
	if given != nil {
		mine = *given
	}
	mine.CheckRedirect = func(next *http.Request, via []*http.Request) error {
		const most = 3
		if next.URL.Host != base.Host || next.URL.Scheme != base.Scheme {
			return invalid("the server sends on to "+next.URL.Scheme+"://"+next.URL.Host+", and the token goes nowhere else", "use that address, if it is right")
		}
		if len(via) > most {
			return invalid("the server sends on and on", "check its address")
		}
		return nil
	}
	return &mine
}

// wait sleeps, unless ctx ends before.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

package server

import (
	"container/list"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"time"
)

// crowd is a listener with so many connections at a time. Who comes when all
// places are taken gets the place of a connection on which nothing is being
// served: strangers that say nothing cannot keep anybody out. Where all are being
// served, more wait with the kernel, which keeps few bytes for each.
type crowd struct {
	net.Listener
	places chan struct{}
	done   chan struct{}
	once   sync.Once

	mu    sync.Mutex
	fresh list.List // of *placed on which nothing was served yet, oldest first
	idle  list.List // of *placed on which something was, the longest idle first
}

// Times of the crowd.
const (
	longEnough = time.Second            // to send what is asked for
	lookAgain  = 100 * time.Millisecond // whether a place is free now
)

func newCrowd(in net.Listener, most int) *crowd {
	return &crowd{Listener: in, places: make(chan struct{}, most), done: make(chan struct{})}
}

// Accept waits for a connection, then finds a place for it.
func (c *crowd) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if err := c.room(); err != nil {
		_ = conn.Close() // the listener was closed: nobody serves it
		return nil, err
	}
	p := &placed{Conn: conn, crowd: c}
	p.timer = time.AfterFunc(longEnough, p.tarries)
	p.leave = sync.OnceFunc(func() {
		p.timer.Stop()
		c.forget(p, true)
		<-c.places
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	p.among, p.quiet = &c.fresh, c.fresh.PushBack(p)
	return p, nil
}

// room takes a place, if need be that of another.
func (c *crowd) room() error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case c.places <- struct{}{}:
			return nil
		case <-c.done:
			return net.ErrClosed
		case <-timer.C:
		}
		if len(c.places) == cap(c.places) {
			c.evict()
		}
		timer.Reset(lookAgain)
	}
}

// evict ends a connection that has not asked for anything for long, or that is
// idle.
func (c *crowd) evict() {
	c.mu.Lock()
	one := c.fresh.Front()
	if one == nil || c.idle.Len() > 0 && !of(one).late {
		if longest := c.idle.Front(); longest != nil {
			one = longest
		}
	}
	c.mu.Unlock()
	if one != nil {
		_ = of(one).Close() // it is given up
	}
}

func of(e *list.Element) *placed {
	p, _ := e.Value.(*placed) // nothing else is in these lists
	return p
}

// Close ends Accept too.
func (c *crowd) Close() error {
	c.once.Do(func() { close(c.done) })
	return c.Listener.Close()
}

// forget takes a connection out of those that may have to go.
func (c *crowd) forget(p *placed, gone bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p.gone = p.gone || gone
	if p.quiet != nil {
		p.among.Remove(p.quiet)
		p.quiet = nil
	}
}

// placed is a connection with its place.
type placed struct {
	net.Conn
	crowd *crowd
	leave func()
	timer *time.Timer

	among   *list.List // that it is in; all of these under the lock of the crowd
	quiet   *list.Element
	serving int // requests; more than one on HTTP/2
	gone    bool
	late    bool // it has had long enough to ask
}

// tarries notes that nothing was asked for in time.
func (p *placed) tarries() {
	p.crowd.mu.Lock()
	defer p.crowd.mu.Unlock()
	p.late = true
}

// Close gives the place back.
func (p *placed) Close() error {
	defer p.leave()
	return p.Conn.Close()
}

// begin keeps a connection in its place while a request is served.
func (p *placed) begin() {
	p.crowd.forget(p, false)
	p.crowd.mu.Lock()
	defer p.crowd.mu.Unlock()
	p.serving++
}

// end lets it go when another needs the place.
func (p *placed) end() {
	p.crowd.mu.Lock()
	defer p.crowd.mu.Unlock()
	if p.serving--; p.serving == 0 && !p.gone {
		p.among, p.quiet = &p.crowd.idle, p.crowd.idle.PushBack(p)
	}
}

// known puts the connection into the context of its requests.
func known(ctx context.Context, c net.Conn) context.Context {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	if p, ok := c.(*placed); ok {
		return context.WithValue(ctx, keyPlaced, p)
	}
	return ctx
}

// seated says of a connection while one of its requests is being served.
func seated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p, ok := r.Context().Value(keyPlaced).(*placed); ok {
			p.begin()
			defer p.end()
		}
		next.ServeHTTP(w, r)
	})
}

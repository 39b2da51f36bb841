// Package hubble follows the flows that a cluster's network observes, Cilium's
// Hubble, and tells a server which edges there are.
//
// The model. A Relay is one call of gRPC whose answer never ends: it is spoken over
// the standard library's HTTP/2, and of its messages the few fields are decoded that
// say who talks to whom (decode.go). Flows are gathered to edges with counts, and
// sent in the JSON of Hubble's own, so that the server reads a stream as it reads a
// file; the server decides what the ends are.
//
// Invariants. What is gathered is bounded; what is left out is counted with its
// reason and told. What the server does not take is kept and sent again. Nothing of
// what is said over a flow is kept. When the stream ends it is begun again where it
// ended, after a pause that doubles; while it does not come, nothing is told, and the
// edges grow stale.
package hubble

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/internal/fault"
)

// Stream is where flows come from: a *Relay.
type Stream interface {
	Follow(ctx context.Context, since time.Time, give func(Response) error) error
}

// Server is what takes flows: *client.Client.
type Server interface {
	SendFlows(ctx context.Context, environment string, body []byte) error
}

// Config says what is followed, and where it goes.
type Config struct {
	Cluster string // the environment of what does not name its own
	Stream  Stream
	Server  Server
	Every   time.Duration // how often what was seen is told
	Now     func() time.Time
	Pause   func(context.Context, time.Duration) error
	Log     *slog.Logger
}

// Agent follows a stream. Follow and Send run beside each other until ctx ends.
type Agent struct {
	cfg   Config
	edges *edges

	mu    sync.Mutex
	stats Stats
}

// Stats is how it goes.
type Stats struct {
	Flows, Sent, Refused int64
	Connected            time.Time // when the newest message came
	Succeeded            time.Time // when the server took something last
	Failure              string    // of the relay; "" while messages come
	Unsent               string    // why the server did not take the newest; ""
}

// New makes an agent.
func New(cfg Config) *Agent { return &Agent{cfg: cfg, edges: newEdges()} }

// Stats says how it goes.
func (a *Agent) Stats() Stats {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.stats
}

func (a *Agent) note(change func(*Stats)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(&a.stats)
}

const (
	firstPause = time.Second
	maxPause   = 2 * time.Minute
	perMessage = 2_000 // edges
)

// Follow gathers flows until ctx ends.
func (a *Agent) Follow(ctx context.Context) error {
	a.edges.last = a.cfg.Now()
	for wait := firstPause; ctx.Err() == nil; wait = min(2*wait, maxPause) {
		if a.once(ctx) {
			wait = firstPause
		}
		a.cfg.Log.Warn("no flows come: it is tried again", "error", a.Stats().Failure, "in", wait)
		_ = a.cfg.Pause(ctx, wait) // only ctx ends it early, and the loop sees that
	}
	return nil
}

// once follows one stream to its end, and reports whether anything came.
func (a *Agent) once(ctx context.Context) (came bool) {
	ended := a.cfg.Stream.Follow(ctx, a.edges.newest().Add(time.Nanosecond), func(m Response) error {
		came = true
		now := a.cfg.Now()
		a.note(func(s *Stats) { s.Flows, s.Connected, s.Failure = s.Flows+1, now, "" })
		return a.edges.add(m, now)
	})
	a.note(func(s *Stats) { s.Failure = fault.Mask(ended.Error()) })
	return came
}

// newest is when the newest flow was seen.
func (e *edges) newest() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.last
}

// Send tells what was gathered until ctx ends.
func (a *Agent) Send(ctx context.Context) error {
	wait := a.cfg.Every
	for a.cfg.Pause(ctx, wait) == nil {
		if err := a.send(ctx); err != nil {
			a.note(func(s *Stats) { s.Unsent = fault.Mask(err.Error()) })
			a.cfg.Log.Warn("the server does not take what was seen: it is kept, and sent again", "error", err)
			wait = min(2*wait, max(maxPause, a.cfg.Every))
			continue
		}
		wait = a.cfg.Every
	}
	return nil
}

// send sends all that was gathered so far.
func (a *Agent) send(ctx context.Context) error {
	for range maxEdges/perMessage + 1 {
		l := a.edges.take(perMessage)
		if l.empty() {
			return nil
		}
		body, err := l.body()
		if err != nil {
			return err
		}
		switch err := a.cfg.Server.SendFlows(ctx, a.cfg.Cluster, body); {
		case err == nil:
			a.note(func(s *Stats) { s.Sent, s.Succeeded, s.Unsent = s.Sent+int64(len(l.edges)), a.cfg.Now(), "" })
		case refused(err):
			a.cfg.Log.Warn("the server refuses flows for good: they are lost", "error", err, "edges", len(l.edges))
			a.note(func(s *Stats) { s.Refused, s.Unsent = s.Refused+int64(len(l.edges)), fault.Mask(err.Error()) })
		default:
			return errors.Join(err, a.edges.back(l))
		}
	}
	return nil
}

// refused reports whether what is sent is at fault: not the way, nor the token.
func refused(err error) bool {
	e, ok := errors.AsType[*client.Error](err)
	return ok && (e.Status == http.StatusBadRequest || e.Status == http.StatusRequestEntityTooLarge || e.Status == http.StatusUnprocessableEntity)
}

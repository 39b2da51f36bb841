// Package events tells pages what moved, as server-sent events.
//
// The model. A Hub has subscribers; whoever changes something publishes to it. A
// subscriber has a short queue: one that does not keep up is told to look again
// (resync) and not what it missed. A beat keeps idle lines open.
//
// Invariants. Publishing never waits. Subscribers are bounded, in number and in
// what waits for them. A write that does not get through ends its subscriber, and
// so does the loss of its right to listen.
// What is told to all holds no count of things that some may not see.
package events

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/fault"
)

// Event is one thing to tell.
type Event struct {
	Name string // changed, intel, job, resync
	Data any    // written as JSON
	// Narrow is what those are told instead who do not see everything; nil: the
	// same.
	Narrow any
}

// Changed says that lists may be different now.
type Changed struct {
	Revision string `json:"revision"`
	New      *int   `json:"new,omitempty"`     // exposures that began since the event before; only for who sees all
	ActNow   *int   `json:"act_now,omitempty"` // that are to be acted on now; only for who sees all
}

// narrow is what an event says to those who do not see everything: counts of the
// whole are not for them, whoever publishes.
func (e Event) narrow() any {
	if c, ok := e.Data.(Changed); ok && e.Narrow == nil {
		return Changed{Revision: c.Revision}
	}
	if e.Narrow != nil {
		return e.Narrow
	}
	return e.Data
}

// Job is how far something is that takes long.
type Job struct {
	ID    string `json:"id"`
	Job   string `json:"job"` // intel update
	Stage string `json:"stage"`
	What  string `json:"what"`
	Done  int64  `json:"done"`
	Total int64  `json:"total"`
	Ended bool   `json:"ended"`
}

// The bounds where a Hub has none.
const (
	defaultSubscribers = 1000
	defaultBeat        = 15 * time.Second
	queued             = 16
	writeTime          = 10 * time.Second
	lineLife           = 5 * time.Minute // the browser comes back by itself, and is asked who it is
)

// Hub tells subscribers. It needs a clock; the rest of its zero value is ready.
type Hub struct {
	Now         func() time.Time // the real one: deadlines
	Subscribers int              // at most
	Beat        time.Duration    // between signs of life
	Patience    time.Duration    // with one that does not read
	// Still says at each beat who is behind a request now; nil: nobody loses rights.
	Still func(r *http.Request) (access.Principal, error)

	mu     sync.Mutex
	list   map[*subscriber]bool
	closed bool
}

type subscriber struct {
	queue chan Event
	wide  bool // sees everything
}

// Publish tells everybody.
func (h *Hub) Publish(e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.list {
		one := e
		if !s.wide {
			one.Data = e.narrow()
		}
		s.give(one)
	}
}

// give never waits: what does not fit any more is one resync in place of all.
func (s *subscriber) give(e Event) {
	select {
	case s.queue <- e:
		return
	default:
	}
	for {
		select {
		case <-s.queue:
			continue
		default:
		}
		break
	}
	s.queue <- Event{Name: "resync", Data: struct{}{}} // only give sends, under the lock: there is room
}

// Count is how many are listening.
func (h *Hub) Count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.list)
}

// Close ends all subscribers, and refuses more.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for s := range h.list {
		close(s.queue)
		delete(h.list, s)
	}
}

func (h *Hub) join(wide bool) (*subscriber, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	most := h.Subscribers
	if most <= 0 {
		most = defaultSubscribers
	}
	if h.closed || len(h.list) >= most {
		return nil, false
	}
	if h.list == nil {
		h.list = map[*subscriber]bool{}
	}
	s := &subscriber{queue: make(chan Event, queued), wide: wide}
	h.list[s] = true
	return s, true
}

func (h *Hub) leave(s *subscriber) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.list, s)
}

// Serve tells one listener until it goes away, the hub closes, it lost the right
// to listen, or the line is old. An error means that nothing was told.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	s, ok := h.join(wide(who))
	if !ok {
		w.Header().Set("Retry-After", "30")
		return fault.New(fault.Unavailable, "too many listen to events now").WithHint("look again yourself now and then, or listen later")
	}
	defer h.leave(s)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // a proxy that gathers would hold events back
	line := &line{w: w, control: http.NewResponseController(w), now: h.Now, patience: h.Patience}
	if line.patience <= 0 {
		line.patience = writeTime
	}
	if line.text(": hello\nretry: 3000\n\n") == nil {
		h.tell(r, line, s)
	}
	return nil
}

// wide reports whether somebody sees everything.
func wide(who access.Principal) bool { return who.Products == nil && who.Role != access.Owner }

func (h *Hub) tell(r *http.Request, l *line, s *subscriber) {
	beat := h.Beat
	if beat <= 0 {
		beat = defaultBeat
	}
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	ctx, stop := context.WithTimeout(r.Context(), lineLife)
	defer stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case e, open := <-s.queue:
			if !open {
				return
			}
			err = l.event(e)
		case <-ticker.C:
			if !h.may(r, s) {
				return
			}
			err = l.text("event: heartbeat\ndata: {}\n\n")
		}
		if err != nil {
			return // the listener went away, or does not read
		}
	}
}

// may reports whether a listener still may listen, and to what it does. Where
// that cannot be found out now, it is asked again at the next beat.
func (h *Hub) may(r *http.Request, s *subscriber) bool {
	if h.Still == nil {
		return true
	}
	who, err := h.Still(r)
	if kind := fault.KindOf(err); kind == fault.Unauthenticated || kind == fault.Forbidden {
		return false
	}
	return err != nil || who.May(access.Read) && wide(who) == s.wide
}

// line is one listener's connection.
type line struct {
	w       http.ResponseWriter
	control *http.ResponseController
	now     func() time.Time

	patience time.Duration
}

func (l *line) event(e Event) error {
	data, err := json.Marshal(e.Data)
	if err != nil {
		return fmt.Errorf("write the event %s: %w", e.Name, err)
	}
	return l.text("event: " + e.Name + "\ndata: " + string(data) + "\n\n")
}

// text writes with a deadline of its own: the server's is for short answers.
func (l *line) text(text string) error {
	if err := l.control.SetWriteDeadline(l.now().Add(l.patience)); err != nil {
		return err
	}
	if _, err := l.w.Write([]byte(text)); err != nil {
		return err
	}
	return l.control.Flush()
}

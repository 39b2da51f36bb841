package hubble

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// maxEdges bounds the edges that are gathered and not sent yet.
const maxEdges = 20_000

// Why something is left out, as the server shows it at the source.
const (
	leftLost   = "agent: events that the observer lost: some edges may be missing"
	leftFull   = "agent: flows of more edges than the agent gathers"
	leftUnread = "agent: messages of the relay that cannot be read"
	leftClock  = "agent: flows without a time"
)

// edges gathers flows: what is the same but for its time is one.
type edges struct {
	mu   sync.Mutex
	seen map[string]*gathered // by the flow without its time
	left map[string]int64
	last time.Time // of the newest flow; never ahead of our own clock
}

type gathered struct {
	flow        Flow
	since, last time.Time
	calls       int64
}

func newEdges() *edges { return &edges{seen: map[string]*gathered{}, left: map[string]int64{}} }

func (e *edges) leave(reason string, n int64) {
	if n > 0 {
		e.left[reason] += n
	}
}

// add takes a message of the stream that came now. A clock that is ahead does not
// move the time from which the next stream is asked for ahead too: nothing would come.
func (e *edges) add(m Response, now time.Time) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.leave(leftLost, int64(min(m.Lost, 1<<40)))
	if m.Unread {
		e.leave(leftUnread, 1)
	}
	f := m.Flow
	if f == nil {
		return nil
	}
	if f.Time.IsZero() {
		e.leave(leftClock, 1)
		return nil
	}
	if at := earlier(f.Time, now); at.After(e.last) {
		e.last = at
	}
	if f.answers() {
		return nil // the same edge, the other way round
	}
	at := f.Time
	f.Time = time.Time{}
	f.slim()
	return e.merge(gathered{*f, at, at, 1})
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// merge adds what was gathered of an edge.
func (e *edges) merge(g gathered) error {
	key, err := json.Marshal(&g.flow)
	if err != nil {
		return fmt.Errorf("write a flow: %w", err)
	}
	have := e.seen[string(key)]
	if have == nil {
		if len(e.seen) >= maxEdges {
			e.leave(leftFull, g.calls)
			return nil
		}
		e.seen[string(key)] = &g
		return nil
	}
	if g.since.Before(have.since) {
		have.since = g.since
	}
	if g.last.After(have.last) {
		have.last = g.last
	}
	have.calls += g.calls
	return nil
}

// load is what goes to the server in one message.
type load struct {
	edges []gathered
	left  map[string]int64
}

func (l *load) empty() bool { return len(l.edges) == 0 && len(l.left) == 0 }

// take takes at most so many edges.
func (e *edges) take(most int) (out load) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(e.seen)) {
		if len(out.edges) == most {
			break
		}
		out.edges = append(out.edges, *e.seen[key])
		delete(e.seen, key)
	}
	out.left, e.left = e.left, map[string]int64{}
	return out
}

// back puts back what could not be sent.
func (e *edges) back(l load) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for reason, n := range l.left {
		e.leave(reason, n)
	}
	for _, g := range l.edges {
		if err := e.merge(g); err != nil {
			return err
		}
	}
	return nil
}

// line is a value that the server's receiver of flows takes.
type line struct {
	Flow *Flow `json:"flow,omitempty"`
	Seen *span `json:"seen,omitempty"`
	Left *left `json:"left_out,omitempty"`
}

type span struct {
	Since time.Time `json:"since"`
	Calls int64     `json:"calls"`
}

type left struct {
	Reason string `json:"reason"`
	Count  int64  `json:"count"`
}

// body writes it, one value a line.
func (l *load) body() (out []byte, err error) {
	add := func(v line) {
		b, bad := json.Marshal(v)
		if err == nil {
			err = bad
		}
		out = append(append(out, b...), '\n')
	}
	for i := range l.edges {
		g := l.edges[i]
		g.flow.Time = g.last
		add(line{Flow: &g.flow, Seen: &span{g.since, g.calls}})
	}
	for _, reason := range slices.Sorted(maps.Keys(l.left)) {
		add(line{Left: &left{reason, l.left[reason]}})
	}
	return out, err
}

package flow

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// Keep is how long a Receiver remembers an edge that nobody sees any more.
const Keep = twin.EdgeLapse

// Again is how often an edge is told again while it is seen, and measured how often
// it is told when it was.
const (
	again    = 24 * time.Hour
	measured = time.Minute
)

// maxKnown bounds the edges that a Receiver remembers; more are told each time
// that they are seen.
const maxKnown = 200_000

// Receiver reads a stream of documents, one call for each. It remembers what it
// has told, so that traffic does not become evidence. The zero value is ready;
// it may be used by many at once.
type Receiver struct {
	mu      sync.Mutex
	waiting *pending
	known   map[laneKey]map[string]*remembered // by subject
	size    int
	swept   time.Time
}

// remembered is an edge or operation that was told.
type remembered struct {
	seen seen
	told time.Time // the time that was last told of it
	body []byte

	since     time.Time // of what was seen of it and is not told: when first; zero: nothing
	reported  time.Time // when it was last told when it was seen
	unwritten int64     // calls that are not told
}

// Read is a discover.Reader: what it returns is what is new, or is due to be
// told again.
func (r *Receiver) Read(ctx context.Context, in discover.DocumentInput, now time.Time) (discover.Reading, error) {
	if len(in.Body) > maxBody {
		return discover.Reading{}, fault.New(fault.Invalid, "spans of more than %d MiB in one request", maxBody>>20)
	}
	c := &traces{collector: newCollector(in, now)}
	body := bytes.TrimLeft(in.Body, " \t\r\n")
	read := c.protobuf
	if len(body) > 0 && (body[0] == '{' || body[0] == '[') {
		read = c.json
	}
	if err := read(ctx, in.Body); err != nil {
		return discover.Reading{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiting == nil {
		r.waiting, r.known, r.swept = newPending(), map[laneKey]map[string]*remembered{}, now
	}
	c.tracer.keep = r.waiting
	c.tracer.finish(c)
	if n := r.waiting.dropped; n > 0 {
		r.waiting.dropped = 0
		c.leave("server spans whose client span never came", n)
	}
	tellers := map[laneKey]*teller{}
	for _, key := range sortedLanes(c.lanes) {
		tellers[key] = &teller{key: key}
		if err := r.lane(tellers[key], c.lanes[key], now); err != nil {
			return discover.Reading{}, err
		}
	}
	if err := r.sweep(now, tellers); err != nil {
		return discover.Reading{}, err
	}
	var out discover.Reading
	for _, key := range sortedLanes(tellers) {
		out.Told = append(out.Told, tellers[key].told()...)
	}
	out.Ignored, out.Left = c.ignored(), c.reasons
	return out, nil
}

// lane tells what is new of one source and scope.
func (r *Receiver) lane(t *teller, lane map[string]*seen, now time.Time) error {
	known := r.known[t.key]
	if known == nil {
		known = map[string]*remembered{}
		r.known[t.key] = known
	}
	for _, subject := range slices.Sorted(maps.Keys(lane)) {
		if err := r.one(t, known, lane[subject], now); err != nil {
			return err
		}
	}
	return nil
}

func (r *Receiver) one(t *teller, known map[string]*remembered, s *seen, now time.Time) error {
	made, err := s.resource()
	if err != nil {
		return err
	}
	subject := twin.ResourceSubject(made.Kind, made.Namespace, made.Name)
	have := known[subject]
	at := s.last.Truncate(Every)
	if have == nil {
		t.thing(at, made)
		t.seen(s.last, s.sighting(&made))
		if r.size < maxKnown {
			r.size++
			known[subject] = &remembered{seen: *s, told: at, body: made.Spec, reported: now}
		}
		return nil
	}
	have.join(s)
	if made, err = have.seen.resource(); err != nil {
		return err
	}
	changed := !bytes.Equal(made.Spec, have.body)
	if changed && !at.After(have.told) {
		at = have.told.Add(time.Microsecond) // in the same interval it became another
	}
	if changed || at.Sub(have.told) >= again {
		t.thing(at, made)
		have.told, have.body = at, made.Spec
	}
	if now.Sub(have.reported) >= measured {
		t.seen(have.seen.last, have.report(&made, now))
	}
	return nil
}

// report takes what was measured and is not told yet.
func (k *remembered) report(r *twin.Resource, now time.Time) twin.Sighting {
	s := k.seen.sighting(r)
	s.First, s.Calls = k.since, k.unwritten
	k.since, k.unwritten, k.reported = time.Time{}, 0, now
	return s
}

// join adds what is seen now: an edge keeps what was once said of it.
func (k *remembered) join(s *seen) {
	if s.last.After(k.seen.last) {
		k.seen.last = s.last
	}
	if k.since.IsZero() || s.first.Before(k.since) {
		k.since = s.first
	}
	k.unwritten += s.calls
	if k.seen.flow == nil || s.flow == nil {
		return
	}
	where := twin.Sorted(append(slices.Clone(k.seen.flow.Where), s.flow.Where...))
	if len(where) <= maxReasons {
		k.seen.flow.Where = where
	}
}

// sweep tells, once in an interval, what was measured and is not told, and forgets
// what was not seen for long: if it comes again it is told again.
func (r *Receiver) sweep(now time.Time, tellers map[laneKey]*teller) error {
	if now.Sub(r.swept) < Every {
		return nil
	}
	r.swept = now
	for key, known := range r.known {
		if tellers[key] == nil {
			tellers[key] = &teller{key: key}
		}
		for _, subject := range slices.Sorted(maps.Keys(known)) {
			k := known[subject]
			made, err := k.seen.resource()
			if err != nil {
				return err
			}
			if k.unwritten > 0 {
				tellers[key].seen(k.seen.last, k.report(&made, now))
			}
			if now.Sub(k.seen.last) > Keep {
				delete(known, subject)
				r.size--
			}
		}
	}
	return nil
}

// Restore makes the receiver remember what a source had told before it was
// stopped: at is when it was last seen.
func (r *Receiver) Restore(source, scope string, things []twin.Resource, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiting == nil {
		r.waiting, r.known, r.swept = newPending(), map[laneKey]map[string]*remembered{}, at
	}
	key := laneKey{source, scope, twin.Observed}
	for i := range things {
		s := seen{first: at, last: at}
		t := &things[i]
		switch t.Kind {
		case twin.KindFlow:
			s.flow = &twin.Flow{}
			if json.Unmarshal(t.Spec, s.flow) != nil {
				continue
			}
		case twin.KindOperation:
			s.operation = &twin.Operation{}
			if json.Unmarshal(t.Spec, s.operation) != nil {
				continue
			}
		default:
			continue
		}
		if r.known[key] == nil {
			r.known[key] = map[string]*remembered{}
		}
		subject := twin.ResourceSubject(t.Kind, t.Namespace, t.Name)
		if r.known[key][subject] == nil && r.size < maxKnown {
			r.size++
			r.known[key][subject] = &remembered{seen: s, told: at.Truncate(Every), body: t.Spec}
		}
	}
}

// Forget lets the receiver tell everything again: what it told last may not have
// been stored.
func (r *Receiver) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiting != nil {
		r.known, r.size = map[laneKey]map[string]*remembered{}, 0
	}
}

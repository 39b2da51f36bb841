// Package flow reads what was seen to talk to what: traces (OTLP, protobuf and
// JSON), network flows (Hubble), and flows in a form of our own (JSON, CSV). It
// turns them into edges of the twin, marked observed.
//
// The model. Many spans and packets are one edge: an edge holds who talks to
// whom, how and on which port. When it was seen and how often is measured beside it
// (twin.Sighting), so that traffic does not become evidence. In a trace, a client span and the server span below it are an edge
// between two workloads; a client span alone is one to the address that it
// names; spans of databases and of messages lead to data stores. Routes that
// servers saw become operations of their API. A Receiver remembers halves of
// pairs, because caller and called report apart, and tells an edge when it is new
// or another, and once a day; when it was seen it tells to the minute.
//
// Which workload a span comes from its resource says: the name of its
// Deployment or the like, else service.name; the environment is
// k8s.cluster.name/k8s.namespace.name, else deployment.environment.name, else
// what the call says.
//
// Invariants. Outside bytes are bounded before they are decoded; of attributes
// only known ones are kept, of URLs only the host. Nothing of a request's
// content is kept. What is left out is counted with its reason. The same input
// gives the same edges.
package flow

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// Kind is the kind of document that Read reads.
const Kind = "flows"

// The sources of flows where nothing else names one.
const (
	SourceOTLP   = "otlp"
	SourceHubble = "hubble"
	SourceFlows  = "flows"
)

// Every is how often the sources of flows give signs of life.
const Every = twin.EdgeEvery

// The bounds of one document.
const (
	maxBody       = 64 << 20
	maxSpans      = 500_000
	maxLines      = 2_000_000
	maxFlows      = 50_000
	maxOperations = 5_000
	maxReasons    = 100
	maxText       = 300
)

// Read is a discover.Reader. The format is known by the content.
func Read(ctx context.Context, in discover.DocumentInput, now time.Time) (discover.Reading, error) {
	if len(in.Body) > maxBody {
		return discover.Reading{}, fault.New(fault.Invalid, "flows of more than %d MiB in one document", maxBody>>20).WithHint("split the file")
	}
	body := bytes.TrimLeft(bytes.TrimPrefix(in.Body, []byte("\xef\xbb\xbf")), " \t\r\n")
	c := &traces{collector: newCollector(in, now)}
	var err error
	switch {
	case len(body) == 0:
		err = fault.New(fault.Invalid, "the document is empty")
	case body[0] == '{' || body[0] == '[':
		err = c.json(ctx, body)
	case looksCSV(body):
		err = table{c.collector}.read(ctx, body)
	default:
		err = c.protobuf(ctx, in.Body)
	}
	if err != nil {
		return discover.Reading{}, err
	}
	c.tracer.finish(c)
	return c.reading()
}

// collector joins what is seen into edges.
type collector struct {
	in    discover.DocumentInput
	now   time.Time
	lanes map[laneKey]map[string]*seen // by source and scope, then by subject
	edges count
	ops   count

	reasons map[string]int64 // what was left out, by reason
}

// count is how many there are of what may not be more than most.
type count struct{ n, most int }

type laneKey struct {
	source, scope string
	class         twin.Class
}

// seen is one edge or operation with when it was seen first and last, and how often.
type seen struct {
	flow        *twin.Flow
	operation   *twin.Operation
	first, last time.Time
	calls       int64
}

// sighting is that it was seen; its source and scope are those of what is told.
func (s *seen) sighting(r *twin.Resource) twin.Sighting {
	return twin.Sighting{Subject: twin.ResourceSubject(r.Kind, r.Namespace, r.Name), First: s.first, Last: s.last, Calls: s.calls}
}

func newCollector(in discover.DocumentInput, now time.Time) *collector {
	return &collector{in: in, now: now, lanes: map[laneKey]map[string]*seen{}, reasons: map[string]int64{}, edges: count{most: maxFlows}, ops: count{most: maxOperations}}
}

func (c *collector) leaveOut(reason string) { c.leave(reason, 1) }

func (c *collector) leave(reason string, n int64) {
	if len(c.reasons) >= maxReasons && c.reasons[reason] == 0 {
		reason = "other reasons"
	}
	c.reasons[reason] += n
}

// place finds what was seen under a name, or begins it; nil where there is too much.
func (c *collector) place(key laneKey, subject string, at times, of *count) *seen {
	lane := c.lanes[key]
	if lane == nil {
		lane = map[string]*seen{}
		c.lanes[key] = lane
	}
	s := lane[subject]
	if s == nil {
		if of.n >= of.most {
			c.leaveOut(fmt.Sprintf("more than %d edges, or operations, in one document", of.most))
			return nil
		}
		of.n++
		s = &seen{first: at.first, last: at.last}
		lane[subject] = s
	}
	if at.first.Before(s.first) {
		s.first = at.first
	}
	if at.last.After(s.last) {
		s.last = at.last
	}
	s.calls += at.calls
	return s
}

// at is a time that can have been: none, and times to come, are now.
func (c *collector) at(t time.Time) time.Time {
	if t.IsZero() || t.After(c.now) || t.Year() < 1971 {
		return c.now
	}
	return t.UTC()
}

// times is when something was seen, and how often.
type times struct {
	first, last time.Time
	calls       int64
}

// once is that something was seen at a time that can have been.
func (c *collector) once(t time.Time) times {
	t = c.at(t)
	return times{t, t, 1}
}

// flow adds an edge that was seen once.
func (c *collector) flow(source string, f twin.Flow, at time.Time) { c.flows(source, f, c.once(at)) }

// flows adds an edge. It stands in the scope of who begins it, or where that is
// nobody of ours, of where it leads.
func (c *collector) flows(source string, f twin.Flow, at times) {
	if f.From == f.To || f.From.Kind == twin.KindAddress && f.To.Kind == twin.KindAddress {
		return
	}
	scope := f.From.Scope
	if f.From.Kind != twin.KindWorkload {
		scope = f.To.Scope
	}
	if !shown(f.From.Name) || !shown(f.To.Name) || !shown(f.Protocol) || !shown(scope) || scope == "" {
		c.leaveOut("a name that cannot be shown, or is too long, or none")
		return
	}
	f.How = cmp.Or(f.How, twin.FlowObserved)
	key := laneKey{cmp.Or(c.in.Source, source), scope, twin.Observed}
	if f.How != twin.FlowObserved {
		key.class = twin.Declared
	}
	s := c.place(key, f.Name(), at, &c.edges)
	if s == nil {
		return
	}
	if s.flow == nil {
		s.flow = &f
		return
	}
	s.flow.Where = append(s.flow.Where, f.Where...)
	s.flow.Data = append(s.flow.Data, f.Data...)
	if len(s.flow.Where) > maxReasons {
		s.flow.Where = twin.Sorted(s.flow.Where)
		s.flow.Where = s.flow.Where[:min(len(s.flow.Where), maxReasons)]
	}
}

// operation adds a route that a server saw.
func (c *collector) operation(source string, at twin.End, op twin.Operation, when time.Time) {
	if !shown(op.Route) || !shown(op.Method) || !shown(op.Service) || !strings.HasPrefix(op.Route, "/") {
		c.leaveOut("a route that cannot be shown, or does not begin with /")
		return
	}
	key := laneKey{cmp.Or(c.in.Source, source), at.Scope, twin.Observed}
	name := twin.OperationName(op.Service, op.Method, op.Route)
	if s := c.place(key, "op "+name, c.once(when), &c.ops); s != nil {
		s.operation = &op
	}
}

// shown reports whether a name may be kept.
func shown(s string) bool {
	return len(s) <= maxText && strings.TrimSpace(s) == s && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsPrint(r) || r == unicode.ReplacementChar
	})
}

// reading is everything that was seen. An edge is told when it was seen first
// and last, to the interval: what is seen all the time is told twice.
func (c *collector) reading() (discover.Reading, error) {
	var r discover.Reading
	for _, key := range sortedLanes(c.lanes) {
		t := teller{key: key}
		for _, subject := range slices.Sorted(maps.Keys(c.lanes[key])) {
			s := c.lanes[key][subject]
			made, err := s.resource()
			if err != nil {
				return r, err
			}
			for _, at := range slices.Compact([]time.Time{s.first.Truncate(Every), s.last.Truncate(Every)}) {
				t.thing(at, made)
			}
			if key.class == twin.Observed {
				t.seen(s.last, s.sighting(&made))
			}
		}
		r.Told = append(r.Told, t.told()...)
	}
	r.Ignored, r.Left = c.ignored(), c.reasons
	return r, nil
}

func sortedLanes[T any](lanes map[laneKey]T) []laneKey {
	return slices.SortedFunc(maps.Keys(lanes), func(a, b laneKey) int {
		return cmp.Or(cmp.Compare(a.source, b.source), cmp.Compare(a.scope, b.scope), cmp.Compare(a.class, b.class))
	})
}

// ignored is what was left out, each reason with its number.
func (c *collector) ignored() (out []twin.Rejection) {
	for _, reason := range slices.Sorted(maps.Keys(c.reasons)) {
		out = append(out, twin.Rejection{Where: "flows", Reason: fmt.Sprintf("%d × %s", c.reasons[reason], reason)})
	}
	return out
}

// teller gathers what is told of one lane, by time.
type teller struct {
	key    laneKey
	byTime map[time.Time]*discover.Told
}

func (t *teller) at(at time.Time) *discover.Told {
	if t.byTime == nil {
		t.byTime = map[time.Time]*discover.Told{}
	}
	if t.byTime[at] == nil {
		t.byTime[at] = &discover.Told{Source: t.key.source, Scope: t.key.scope, Class: t.key.class, At: at, Every: Every}
	}
	return t.byTime[at]
}

func (t *teller) thing(at time.Time, r twin.Resource) {
	told := t.at(at)
	told.Things = append(told.Things, r)
}

// seen adds that a thing was seen; it stands with what is told of that hour.
func (t *teller) seen(at time.Time, s twin.Sighting) {
	told := t.at(at.Truncate(Every))
	told.Seen = append(told.Seen, s)
}

// told is everything, oldest first.
func (t *teller) told() (out []discover.Told) {
	for _, at := range slices.SortedFunc(maps.Keys(t.byTime), time.Time.Compare) {
		out = append(out, *t.byTime[at])
	}
	return out
}

func (s *seen) resource() (twin.Resource, error) {
	if s.operation != nil {
		op := s.operation
		return twin.Made(twin.KindOperation, twin.OperationName(op.Service, op.Method, op.Route), op)
	}
	return s.flow.Resource()
}

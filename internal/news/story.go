package news

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// story is what some changes say about one weakness.
type story struct {
	weakness ctem.Weakness
	kind     ctem.EventKind
	causes   []advisory.Cause // by number
}

// measured are the events of stories that concern something here.
func (s *Step) measured(ctx context.Context, stories []*story) ([]ctem.Event, error) {
	if len(stories) == 0 {
		return nil, nil
	}
	asks := make([]ctem.TraceAsk, len(stories))
	for i, x := range stories {
		asks[i] = x.ask()
	}
	fresh, err := s.Estate.BasisFreshness(ctx, s.Now())
	if err != nil {
		return nil, fmt.Errorf("measure the age of the evidence: %w", err)
	}
	said, err := s.Estate.Scope(ctx, ctem.AsOf{Now: s.Now()})
	if err != nil {
		return nil, fmt.Errorf("read the scope: %w", err)
	}
	kinds := map[string]ctem.EnvironmentKind{}
	for _, e := range said.Environments {
		kinds[e.Name] = e.Kind
	}
	var out []ctem.Event
	for i, x := range stories { // one by one: a weakness may be everywhere
		traces, err := s.Estate.Traces(ctx, asks[i:i+1])
		if err != nil {
			return nil, fmt.Errorf("see what %s concerns: %w", x.weakness.Canonical, err)
		}
		if e, any := x.event(traces, places(traces, fresh, kinds)); any {
			out = append(out, e)
		}
	}
	return out, nil
}

// ask is for what was so before the first of the changes.
func (x *story) ask() ctem.TraceAsk {
	a := ctem.TraceAsk{Weakness: x.weakness.ID, Exposures: x.causes[0].ExposuresAt, Decisions: x.causes[0].DecisionsAt}
	for _, c := range x.causes[1:] {
		if c.ExposuresAt.Before(a.Exposures) {
			a.Exposures = c.ExposuresAt
		}
		if c.DecisionsAt.Before(a.Decisions) {
			a.Decisions = c.DecisionsAt
		}
	}
	return a
}

// event is what the changes meant; none where they concern nothing here.
func (x *story) event(traces []ctem.Trace, places []ctem.EventPlace) (ctem.Event, bool) {
	if len(places) == 0 {
		return ctem.Event{}, false
	}
	first, last := &x.causes[0], &x.causes[len(x.causes)-1]
	e := ctem.Event{
		Kind: x.kind, Subject: x.weakness.Canonical, Weakness: x.weakness.ID, Cause: first.Seq, Known: first.Known, Said: first.Said,
		Feed: first.Feed, Revision: first.Revision, Detail: x.details(), From: first.From, To: last.To, Places: places, Here: ctem.Sum(places),
	}
	for _, c := range x.causes {
		e.Records = append(e.Records, c.Name)
	}
	slices.Sort(e.Records)
	e.Records = slices.Compact(e.Records)
	if x.kind == ctem.EventChanged {
		x.tell(&e, traces)
		// That a record has other names says something only if something follows.
		return e, e.Kind != ctem.EventChanged || e.Detail != "names" || e.Here.Moved()
	}
	return e, true
}

// tell says of changes of records whether the weakness is new here, is gone, or
// is another one than it was.
func (x *story) tell(e *ctem.Event, traces []ctem.Trace) {
	did := func(of ...advisory.Did) func(advisory.Cause) bool {
		return func(c advisory.Cause) bool { return slices.Contains(of, c.Did) }
	}
	existed := slices.ContainsFunc(traces, func(t ctem.Trace) bool { return t.Existed })
	live := slices.ContainsFunc(traces, func(t ctem.Trace) bool { return t.Live })
	isNew := did(advisory.DidNew, advisory.DidFirst)
	switch {
	case !existed && slices.ContainsFunc(x.causes, isNew):
		e.Kind, e.Detail = ctem.EventNew, ""
	case !slices.ContainsFunc(x.causes, func(c advisory.Cause) bool { return c.Did != advisory.DidWithdrawn }):
		e.Kind = ctem.EventWithdrawn
		if live {
			e.Detail = joined(e.Detail, "only "+strings.Join(e.Records, ", ")+": others still say so")
		}
	}
}

// details says what is different, each thing once, in the order in which it came.
func (x *story) details() string {
	var parts []string
	for _, c := range x.causes {
		what := c.Detail
		switch {
		case c.Kind == advisory.FeedOSV && (c.Did == advisory.DidNew || c.Did == advisory.DidFirst):
			what = "another record"
		case c.Kind == advisory.FeedOSV && c.Did == advisory.DidWithdrawn && x.mixed():
			what = "a record withdrawn"
		}
		for part := range strings.SplitSeq(what, ", ") {
			if part != "" && !slices.Contains(parts, part) {
				parts = append(parts, part)
			}
		}
	}
	return strings.Join(parts, ", ")
}

// mixed reports whether the changes are of more than one sort.
func (x *story) mixed() bool {
	return slices.ContainsFunc(x.causes, func(c advisory.Cause) bool { return c.Did != x.causes[0].Did })
}

func joined(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// placeKey is a service in an environment.
type placeKey struct{ service, environment string }

// places counts exposures by where they are. One that was closed before, and is,
// is no concern any more.
func places(traces []ctem.Trace, fresh map[int64]twin.Freshness, kinds map[string]ctem.EnvironmentKind) []ctem.EventPlace {
	at := map[placeKey]int{}
	running := map[int64]bool{}
	var out []ctem.EventPlace
	for i := range traces {
		t := &traces[i]
		if !t.Live && !t.WasLive {
			continue
		}
		key := placeKey{t.Service, t.Environment}
		n, known := at[key]
		if !known {
			n = len(out)
			at[key] = n
			out = append(out, ctem.EventPlace{Service: t.Service, Environment: t.Environment, Kind: kinds[t.Environment]})
		}
		note(&out[n].Here, t)
		if f, dated := fresh[t.Basis]; t.Running == ctem.Yes && (!dated || f == twin.Fresh) && !running[t.Place] {
			running[t.Place] = true
			out[n].Workloads++
		}
	}
	return out
}

// note counts what became of an exposure.
func note(h *ctem.Here, t *ctem.Trace) {
	if t.Live {
		h.Live++
	}
	switch {
	case t.Live && !t.WasLive:
		h.Opened++
	case t.WasLive && !t.Live:
		h.Closed++
		return
	case t.Was != "" && t.Word.Urgency() > t.Was.Urgency():
		h.Raised++
	case t.Was != "" && t.Word.Urgency() < t.Was.Urgency():
		h.Lowered++
		return
	default:
		return
	}
	if t.Word == ctem.ActNow {
		h.ActNow++
	}
}

package desk

import (
	"context"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/server/reply"
)

// Happened gives what changed in the world and concerns something here.
type Happened interface {
	Events(ctx context.Context, q ctem.EventQuery) (ctem.Page[ctem.Event], error)
}

// Events lists what changed in the world and concerns what the viewer may see,
// newest first.
func (d measuring) Events(ctx context.Context, q api.EventQuery) (api.List[api.IntelEvent], error) {
	out, err := reply.Envelope[api.IntelEvent](ctx, d.Base, q.Query, api.SchemaEvents)
	if err != nil {
		return out, err
	}
	if err := reply.PlainList(q.Query, "events"); err != nil {
		return out, err
	}
	ask := ctem.EventQuery{Subject: strings.TrimSpace(q.Subject)}
	if ask.ListQuery, err = d.List(q.Query); err != nil {
		return out, err
	}
	if ask.Kinds, err = EventKinds(q.Kinds); err != nil {
		return out, err
	}
	if q.Since != nil {
		ask.Since = q.Since.UTC()
	}
	page, err := d.News.Events(ctx, ask)
	if err != nil {
		return out, err
	}
	reply.Paged(&out, page, EventItem)
	return out, nil
}

// EventKinds reads kinds of events.
func EventKinds(names []string) ([]ctem.EventKind, error) {
	var out []ctem.EventKind
	for _, n := range names {
		k := ctem.EventKind(n)
		if !slices.Contains(ctem.EventKinds(), k) {
			var all []string
			for _, k := range ctem.EventKinds() {
				all = append(all, string(k))
			}
			return nil, fault.New(fault.Invalid, "no kind of event is called %q", n).WithHint("kinds are %s", strings.Join(all, ", "))
		}
		out = append(out, k)
	}
	return out, nil
}

// EventItem is an event on the wire.
func EventItem(e ctem.Event) api.IntelEvent {
	out := api.IntelEvent{
		ID: e.ID(), Kind: string(e.Kind), Subject: e.Subject, Sentence: e.Sentence(), At: e.At, KnownAt: e.Known, SaidAt: reply.When(e.Said),
		Cause: api.EventCause{Feed: e.Feed, Revision: e.Revision, Change: e.Cause, Detail: e.Detail, Names: reply.List(e.Records)},
		Here: api.EventHere{
			Exposures: e.Here.Live, Opened: e.Here.Opened, Closed: e.Here.Closed, Raised: e.Here.Raised, Lowered: e.Here.Lowered,
			ActNow: e.Here.ActNow, Running: []api.EventRunning{},
		},
	}
	if e.Kind != ctem.EventFeed {
		out.Here.Query = "weakness:" + e.Subject
	}
	if e.Kind == ctem.EventFeed || e.Kind == ctem.EventWithdrawn && e.Here.Live == 0 {
		out.Cause.Detail = ""
	}
	if e.Kind == ctem.EventWithdrawn && e.Here.Live == 0 {
		out.Here.Query += " is:withdrawn"
	}
	if e.Kind == ctem.EventEPSS {
		out.EPSS = &api.EventScore{From: e.From, To: e.To, Threshold: advisory.EPSSHigh}
	}
	for _, r := range e.Here.Running {
		out.Here.Running = append(out.Here.Running, api.EventRunning{Kind: string(r.Kind), Environment: r.Where, Services: r.Services, Workloads: r.Workloads})
	}
	return out
}

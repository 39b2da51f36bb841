package estate

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/lineage"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/twin"
)

// Windows says how long a weakness was what at its workload, from the validity of
// what is known: the history of the exposure and of the workload, and the dates of
// the records.
func (d tracing) Windows(ctx context.Context, e *ctem.Exposure, history []ctem.HistoryPiece, at ctem.AsOf) (api.Windows, error) {
	out := api.Windows{Marks: []api.WindowMark{}, Spans: []api.WindowSpan{}}
	if d.Twin == nil {
		return out, nil
	}
	l := lineage.Life{Detected: e.FirstSeen, HasFix: e.Fix != "", Now: at.Time()}
	for i := range history {
		p := &history[i]
		switch {
		case !p.RecordedTo.IsZero() || p.From.After(at.Time()):
		case p.State.Live():
			l.Live = append(l.Live, lineage.Interval{From: p.From, To: p.To})
		case p.State == ctem.Fixed && p.From.After(l.Fixed):
			l.Fixed = p.From
		}
	}
	if e.State.Live() {
		l.Fixed = time.Time{}
	}
	said, err := d.dates(ctx, e, &l)
	if err != nil {
		return out, err
	}
	spans, err := d.Twin.TwinSpans(ctx, d.Asks(at), twin.End{Kind: twin.KindWorkload, Scope: e.Environment, Name: e.Service})
	if err != nil {
		return out, err
	}
	ran(&l, spans, e.Instances)
	return api.Windows{Marks: marks(&l, said), Spans: windowSpans(l.Windows())}, nil
}

// dates takes from the records when the weakness was disclosed, and when a fix was
// named; it returns the record that says so.
func (d tracing) dates(ctx context.Context, e *ctem.Exposure, l *lineage.Life) (said string, err error) {
	ids := append(append([]string{e.Weakness.Canonical, e.Weakness.Key}, e.Weakness.Aliases...), e.Advisories...)
	slices.Sort(ids)
	records, err := d.Twin.Records(ctx, slices.Compact(ids))
	for i := range records {
		r := &records[i]
		if r.Published.IsZero() {
			continue
		}
		if l.Disclosed.IsZero() || r.Published.Before(l.Disclosed) {
			l.Disclosed, said = r.Published, r.ID
		}
		if e.Fix != "" && slices.Contains(e.Advisories, r.ID) && (l.Fix.IsZero() || r.Published.Before(l.Fix)) {
			l.Fix = r.Published
		}
	}
	return said, err
}

// ran takes from what sources said of the workload when what is affected ran, and
// when a door from outside led to it.
func ran(l *lineage.Life, spans []ctem.ThingSpan, instances []ctem.Instance) {
	affected := func(x twin.Container) bool {
		return slices.ContainsFunc(instances, func(in ctem.Instance) bool { return in.Artifact == x.Image.ID() || in.Image == x.Image.String() })
	}
	for i := range spans {
		var w twin.Workload
		if json.Unmarshal(spans[i].Body, &w) != nil {
			continue
		}
		i := lineage.Interval{From: spans[i].From, To: spans[i].To}
		l.DoorsTold = l.DoorsTold || w.DoorsComplete
		if slices.ContainsFunc(w.Containers, affected) {
			l.Runs = append(l.Runs, i)
		}
		if slices.ContainsFunc(w.Doors, func(x twin.Door) bool { return x.Public }) {
			l.Doors = append(l.Doors, i)
		}
	}
}

// The states of a moment.
const (
	markKnown   = "known"
	markNotYet  = "not yet"
	markUnknown = "unknown"
)

func marks(l *lineage.Life, said string) []api.WindowMark {
	mark := func(what string, at time.Time, absent, basis string) api.WindowMark {
		if at.IsZero() {
			return api.WindowMark{What: what, State: absent, Basis: basis}
		}
		return api.WindowMark{What: what, At: reply.When(at), State: markKnown, Basis: basis}
	}
	deployed := time.Time{}
	basis := "what is affected was first seen to run, or declared to"
	if runs := lineage.Union(l.Runs); len(runs) > 0 {
		deployed = runs[0].From
	} else if live := lineage.Union(l.Live); len(live) > 0 {
		deployed, basis = live[0].From, "the exposure began then; which image ran when is not known any more"
	}
	door, noDoor := l.FirstDoor(), markUnknown
	doorBasis := "nobody says which doors there are"
	switch {
	case !door.IsZero():
		doorBasis = "a door from the internet led to the workload while it was affected"
	case l.DoorsTold:
		noDoor, doorBasis = markNotYet, "all doors are told, and none leads there from outside"
	}
	fix, fixBasis := markUnknown, "a fix is known, and no record says since when"
	switch {
	case !l.HasFix:
		fix, fixBasis = markNotYet, "no record names a version that fixes it"
	case !l.Fix.IsZero():
		fixBasis = "the record that names the fix was published then; it may have named it later"
	}
	return []api.WindowMark{
		mark("disclosed", l.Disclosed, markUnknown, cmp.Or(strings.TrimSpace(said+" was published"), "no record says when")),
		mark("deployed", deployed, markUnknown, basis),
		mark("detected", l.Detected, markUnknown, "it was first known here"),
		mark("door", door, noDoor, doorBasis),
		mark("fix", l.Fix, fix, fixBasis),
		mark("fixed", l.Fixed, markNotYet, "by evidence: it was looked, and it is gone"),
	}
}

func windowSpans(w lineage.Windows) []api.WindowSpan {
	span := func(what string, x lineage.Window) api.WindowSpan {
		out := api.WindowSpan{What: what, Seconds: int64(x.For.Seconds()), Open: x.Open, Parts: []api.WindowPart{}, State: markKnown}
		if !x.Known {
			out.State = markUnknown
		}
		for _, p := range x.Parts {
			out.Parts = append(out.Parts, api.WindowPart{From: p.From, To: reply.When(p.To)})
		}
		return out
	}
	return []api.WindowSpan{span("exposed", w.Exposed), span("unseen", w.Unseen), span("open door", w.OpenDoor), span("fixable", w.Fixable)}
}

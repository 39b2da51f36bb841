package news

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

var today = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)

// world is a store in memory.
type world struct {
	cursor   int64
	followed int64
	causes   []advisory.Cause
	about    map[string][]ctem.Weakness
	traces   map[int64][]ctem.Trace
	fresh    map[int64]twin.Freshness
	events   []ctem.Event
	asked    []ctem.TraceAsk
	loads    advisory.Loads
	concern  int
	broken   string // a name about which nothing can be read
}

func (w *world) Cursor(context.Context, string, ctem.Stream) (int64, error) { return w.cursor, nil }

func (w *world) Causes(_ context.Context, after, upTo int64, limit int) (list []advisory.Cause, last int64, err error) {
	for _, c := range w.causes {
		if c.Seq > after && c.Seq <= upTo && len(list) < limit {
			list = append(list, c)
		}
	}
	if len(list) == limit {
		return list, list[limit-1].Seq, nil
	}
	return list, upTo, nil
}

func (w *world) WeaknessesOf(_ context.Context, records, names []string) (map[string][]ctem.Weakness, error) {
	out := map[string][]ctem.Weakness{}
	for _, n := range append(records, names...) {
		if n == w.broken {
			return nil, fmt.Errorf("%w: %s", ctem.ErrUnreadable, n)
		}
		if list := w.about[n]; list != nil {
			out[n] = list
		}
	}
	return out, nil
}

func (w *world) Loads(context.Context, advisory.Cause) (advisory.Loads, int, error) {
	return w.loads, w.concern, nil
}

func (w *world) Traces(_ context.Context, asks []ctem.TraceAsk) (list []ctem.Trace, err error) {
	w.asked = append(w.asked, asks...)
	for _, a := range asks {
		list = append(list, w.traces[a.Weakness]...)
	}
	return list, nil
}

func (w *world) BasisFreshness(context.Context, time.Time) (map[int64]twin.Freshness, error) {
	return w.fresh, nil
}

func (w *world) Scope(context.Context, ctem.AsOf) (ctem.Scope, error) {
	return ctem.Scope{Environments: []ctem.ScopeEnvironment{{Name: "prod", Kind: ctem.Production}, {Name: "stage", Kind: ctem.Staging}}}, nil
}

func (w *world) CommitEvents(_ context.Context, adv ctem.Advance, list []ctem.Event) error {
	w.cursor = adv.Moves[0].To
	w.events = append(w.events, list...)
	return nil
}

// run runs the step until it is quiet.
func (w *world) run(t *testing.T) []string {
	t.Helper()
	s := Step{Causes: w, Estate: w, Writer: w, Now: func() time.Time { return today }, Followed: func(context.Context) (int64, error) { return w.followed, nil }}
	for {
		n, err := s.Run(t.Context())
		var bad *ctem.Poison
		if errors.As(err, &bad) {
			w.cursor = bad.To
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	var out []string
	for i := range w.events {
		out = append(out, w.events[i].Sentence())
	}
	return out
}

func live(service, env string, place int64) ctem.Trace {
	return ctem.Trace{Weakness: 1, Service: service, Environment: env, Place: place, Existed: true, WasLive: true, Live: true, Running: ctem.Yes, Was: ctem.Watch, Word: ctem.Watch}
}

func oneWeakness(traces ...ctem.Trace) *world {
	return &world{
		followed: 100, about: map[string][]ctem.Weakness{"CVE-1": {{ID: 1, Canonical: "CVE-1"}}, "GHSA-1": {{ID: 1, Canonical: "CVE-1"}}, "DSA-1": {{ID: 1, Canonical: "CVE-1"}}},
		traces: map[int64][]ctem.Trace{1: traces},
	}
}

// What followed is what is so now against what was so when the change was stored.
func TestWhatAnEventSays(t *testing.T) {
	t.Parallel()
	raised, opened, closed, stale, idle := live("a", "prod", 1), live("b", "prod", 2), live("c", "stage", 3), live("d", "prod", 4), live("e", "test", 5)
	raised.Word = ctem.ActNow
	opened.WasLive, opened.Existed, opened.Was = false, false, ""
	closed.Live = false
	stale.Basis = 7
	idle.Running = ctem.No
	kev := advisory.Cause{Seq: 1, Kind: advisory.FeedKEV, Name: "CVE-1", Did: advisory.DidAdded, Known: today, Feed: "kev"}
	record := func(seq int64, id string, did advisory.Did, detail string) advisory.Cause {
		return advisory.Cause{Seq: seq, Kind: advisory.FeedOSV, Name: id, Did: did, Detail: detail, Known: today, Said: today, Feed: "osv/npm"}
	}
	for name, x := range map[string]struct {
		traces []ctem.Trace
		causes []advisory.Cause
		want   []string
	}{
		"listed":    {[]ctem.Trace{raised, live("a", "stage", 8)}, []advisory.Cause{kev}, []string{"KEV added CVE-1: running in 1 production service and 1 staging service; 1 exposure now more urgent, 1 to act on now"}},
		"twice":     {[]ctem.Trace{live("a", "prod", 1), live("a", "prod", 1)}, []advisory.Cause{kev}, []string{"KEV added CVE-1: running in 1 production service"}},
		"too_old":   {[]ctem.Trace{stale}, []advisory.Cause{kev}, []string{"KEV added CVE-1: running nowhere that is known"}},
		"idle":      {[]ctem.Trace{idle}, []advisory.Cause{kev}, []string{"KEV added CVE-1: running nowhere that is known"}},
		"nowhere":   {nil, []advisory.Cause{kev}, nil},
		"long_gone": {[]ctem.Trace{{Weakness: 1, Existed: true}}, []advisory.Cause{kev}, nil},
		"new":       {[]ctem.Trace{opened}, []advisory.Cause{record(1, "GHSA-1", advisory.DidNew, ""), record(2, "DSA-1", advisory.DidNew, "")}, []string{"CVE-1 was published: running in 1 production service; 1 exposure opened"}},
		"another":   {[]ctem.Trace{live("a", "prod", 1), opened}, []advisory.Cause{record(1, "DSA-1", advisory.DidNew, "")}, []string{"CVE-1 changed (another record): running in 2 production services; 1 exposure opened"}},
		"changed":   {[]ctem.Trace{closed}, []advisory.Cause{record(1, "GHSA-1", advisory.DidChanged, "range, severity")}, []string{"CVE-1 changed (range, severity): was running in 1 staging service; 1 exposure closed"}},
		"names":     {[]ctem.Trace{live("a", "prod", 1)}, []advisory.Cause{record(1, "GHSA-1", advisory.DidChanged, "names")}, nil},
		"withdrawn": {[]ctem.Trace{closed}, []advisory.Cause{record(1, "GHSA-1", advisory.DidWithdrawn, "")}, []string{"CVE-1 was withdrawn: was running in 1 staging service; 1 exposure closed"}},
		"mixed":     {[]ctem.Trace{live("a", "prod", 1)}, []advisory.Cause{record(1, "GHSA-1", advisory.DidWithdrawn, ""), record(2, "DSA-1", advisory.DidNew, "")}, []string{"CVE-1 changed (a record withdrawn, another record): running in 1 production service"}},
		"jump":      {[]ctem.Trace{live("a", "x", 1)}, []advisory.Cause{{Seq: 1, Kind: advisory.FeedEPSS, Name: "CVE-1", Did: advisory.DidJumped, From: 0.031, To: 0.42, Known: today}}, []string{"EPSS of CVE-1 went from 3.1 % to 42.0 %: running in 1 service in x"}},
		"exploit":   {[]ctem.Trace{live("a", "x", 1)}, []advisory.Cause{{Seq: 1, Kind: advisory.FeedNuclei, Name: "CVE-1", Did: advisory.DidPublished, Detail: "nuclei has a template", Known: today}}, []string{"An exploit of CVE-1 is public (nuclei has a template): running in 1 service in x"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := oneWeakness(x.traces...)
			w.causes, w.fresh = x.causes, map[int64]twin.Freshness{7: twin.Stale}
			if d := cmp.Diff(x.want, w.run(t)); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
			if again := w.run(t); len(again) != len(x.want) {
				t.Errorf("run again: %q", again)
			}
		})
	}
}

// The first reading of a feed makes events of what is recent in it, and counts all
// else once.
func TestAFirstReadingIsBounded(t *testing.T) {
	t.Parallel()
	w := oneWeakness(live("a", "prod", 1))
	w.followed, w.loads, w.concern = 60_002, advisory.Loads{First: true, New: 60_000}, 412
	for i := range 60_000 {
		w.causes = append(w.causes, advisory.Cause{Seq: int64(i + 1), Kind: advisory.FeedOSV, Name: "GHSA-1", Did: advisory.DidFirst, Known: today, Said: today.AddDate(0, 0, -91)})
	}
	w.causes[59_999].Said = time.Time{}
	w.causes = append(w.causes,
		advisory.Cause{Seq: 60_001, Kind: advisory.FeedOSV, Name: "DSA-1", Did: advisory.DidFirst, Known: today, Said: today.AddDate(0, 0, -89)},
		advisory.Cause{Seq: 60_002, Kind: advisory.FeedLoaded, Name: "osv/npm", Feed: "osv/npm", Did: advisory.DidLoaded, Known: today})
	want := []string{
		"CVE-1 changed (another record): running in 1 production service",
		"osv/npm was loaded for the first time: 60000 entries; 412 weaknesses here",
	}
	if d := cmp.Diff(want, w.run(t)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	w.loads, w.concern = advisory.Loads{New: 3}, 0
	w.causes, w.followed = []advisory.Cause{{Seq: 60_003, Kind: advisory.FeedLoaded, Feed: "osv/npm", Did: advisory.DidLoaded}}, 60_003
	if got := w.run(t); len(got) != 2 {
		t.Errorf("a reading that concerns nothing here: %q", got[2:])
	}
}

// Nothing is told before all that follows from it is computed.
func TestEventsWaitForTheLoop(t *testing.T) {
	t.Parallel()
	w := oneWeakness(live("a", "prod", 1))
	for i := range 3 {
		w.causes = append(w.causes, advisory.Cause{Seq: int64(i + 1), Kind: advisory.FeedKEV, Name: "CVE-1", Did: advisory.DidAdded, Known: today})
	}
	w.followed = 0
	if got := w.run(t); got != nil || w.cursor != 0 {
		t.Errorf("%q, cursor %d", got, w.cursor)
	}
	w.followed = 2
	if got := w.run(t); len(got) != 1 || w.cursor != 2 || w.events[0].Cause != 1 {
		t.Errorf("%q, cursor %d", got, w.cursor)
	}
}

// What was so before is asked for as of the first of several changes.
func TestBeforeTheFirstChange(t *testing.T) {
	t.Parallel()
	w := oneWeakness(live("a", "prod", 1))
	at := func(h int) time.Time { return today.Add(time.Duration(h) * time.Hour) }
	w.causes = []advisory.Cause{
		{Seq: 1, Kind: advisory.FeedOSV, Name: "GHSA-1", Did: advisory.DidChanged, Detail: "range", ExposuresAt: at(2), DecisionsAt: at(1)},
		{Seq: 2, Kind: advisory.FeedOSV, Name: "DSA-1", Did: advisory.DidChanged, Detail: "severity", ExposuresAt: at(1), DecisionsAt: at(2)},
	}
	w.run(t)
	if d := cmp.Diff([]ctem.TraceAsk{{Weakness: 1, Exposures: at(1), Decisions: at(1)}}, w.asked); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// A change that cannot be read does not keep the others from being told.
func TestWhatCannotBeReadIsSetAside(t *testing.T) {
	t.Parallel()
	w := oneWeakness(live("a", "prod", 1))
	w.broken = "CVE-9"
	for i, name := range []string{"CVE-1", "CVE-9", "CVE-1"} {
		w.causes = append(w.causes, advisory.Cause{Seq: int64(i + 1), Kind: advisory.FeedKEV, Name: name, Did: []advisory.Did{advisory.DidAdded, advisory.DidAdded, advisory.DidRemoved}[i], Known: today})
	}
	w.followed = 3
	want := []string{"KEV added CVE-1: running in 1 production service", "KEV removed CVE-1: running in 1 production service"}
	if d := cmp.Diff(want, w.run(t)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

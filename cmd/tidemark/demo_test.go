package main

import (
	"context"
	"io"
	"log/slog"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/demo"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/measure"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/internal/twin"
)

// staged is a demo on a store in a temporary folder.
type staged struct {
	t      *testing.T
	s      *session
	said   *said
	clock  *demo.Clock
	player *demo.Player
}

func stage(t *testing.T, now time.Time) *staged {
	t.Helper()
	ctx := context.Background()
	db, err := store.Open(ctx, store.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	clock := demo.NewClock(ticking(now))
	a := &app{clock: clock.Now, log: slog.New(slog.DiscardHandler)}
	a.err = io.Discard
	s := &session{db: db}
	a.wire(s)
	doors, said := a.demoDoors(s), &said{}
	doors.Scope, doors.People = said, said
	p := demo.New(doors, clock, t.TempDir())
	began, cpu := time.Now(), cpuTime()
	if err := p.Play(ctx, now); err != nil {
		t.Fatal(err)
	}
	t.Logf("played in %s, %s of CPU", time.Since(began).Round(time.Millisecond), cpuTime()-cpu)
	return &staged{t, s, said, clock, p}
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func (d *staged) list(query string) ctem.ExposurePage {
	d.t.Helper()
	terms, err := ctem.ParseQuery(query)
	if err != nil {
		d.t.Fatal(err)
	}
	page, err := d.s.db.ListExposures(context.Background(), ctem.ListQuery{AsOf: ctem.AsOf{Now: d.clock.Now()}, Terms: terms})
	if err != nil {
		d.t.Fatal(query, err)
	}
	return page
}

// said is what the company's people said.
type said struct {
	scopes  []string
	rulings []demo.Ruling
	work    []demo.Work
}

func (s *said) Apply(_ context.Context, document []byte) error {
	s.scopes = append(s.scopes, string(document))
	return nil
}

func (s *said) Rule(_ context.Context, r demo.Ruling) error {
	s.rulings = append(s.rulings, r)
	return nil
}

func (s *said) Work(_ context.Context, w demo.Work) error {
	s.work = append(s.work, w)
	return nil
}

var demoNow = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// ticking is a clock that shows another moment each time.
func ticking(from time.Time) func() time.Time {
	var n atomic.Int64
	return func() time.Time { return from.Add(time.Duration(n.Add(1)) * time.Millisecond) }
}

func (d *staged) count(query string) int { d.t.Helper(); return d.list(query).Total }

func (d *staged) actions() []ctem.Action {
	d.t.Helper()
	page, err := d.s.db.Actions(context.Background(), ctem.ListQuery{AsOf: ctem.AsOf{Now: d.clock.Now()}})
	if err != nil {
		d.t.Fatal(err)
	}
	return page.Items
}

func (d *staged) measures() measure.Measures {
	return measure.Measures{Exposures: d.s.db, Estate: d.s.db}
}

// TestDemo asks the store for everything that the demo promises to show.
func TestDemo(t *testing.T) {
	t.Parallel()
	d := stage(t, demoNow)
	t.Run("counts", d.counts)
	t.Run("features", d.features)
	t.Run("actions", d.work)
	t.Run("people", d.people)
	t.Run("trend", d.trend)
	t.Run("coverage", d.coverage)
	t.Run("quiet", d.quiet)
	t.Run("drill", d.drill)
}

func (d *staged) counts(t *testing.T) {
	d.t = t
	total, act := d.count(""), d.count("decision:act")
	if total < 300 || total > 2000 {
		t.Errorf("%d exposures are live, want 300 to 2,000", total)
	}
	if act < 8 || act > 20 {
		t.Errorf("%d are to be acted on now, want 8 to 20", act)
	}
	for _, word := range []string{"schedule", "watch"} {
		if d.count("decision:"+word) < 50 {
			t.Errorf("only %d are %s", d.count("decision:"+word), word)
		}
	}
	for _, gate := range []string{"running", "reach", "exploit"} {
		yes, unknown := d.count(gate+":yes"), d.count(gate+":unknown")
		if yes+unknown >= total || unknown == 0 && gate != "reach" {
			if gate != "running" || unknown == 0 { // what does not run is not there at all
				t.Errorf("%s: %d yes and %d unknown of %d", gate, yes, unknown, total)
			}
		}
	}
}

func (d *staged) features(t *testing.T) {
	d.t = t
	for name, c := range map[string]struct {
		query string
		least int
	}{
		"verified fixes":                      {"is:fixed", 200},
		"a rollback that reintroduces":        {"is:regressed svc:checkout env:prod-eu vuln:CVE-2022-42889 decision:act", 1},
		"medium, exploited, on a public door": {"kev:yes reach:yes running:yes decision:act vuln:CVE-2023-44487", 3},
		"critical and internal may wait":      {"svc:payout-batch env:prod-eu vuln:CVE-2022-23221 reach:no running:yes decision:schedule", 1},
		"what a silent cluster runs":          {"env:prod-ap running:unknown", 10},
		"declared only":                       {"env:dr running:unknown", 3},
		"nobody knows the doors":              {"svc:report-builder env:prod-eu reach:unknown", 3},
		"published within the history":        {"vuln:GO-2026-5942,CVE-2026-46600", 1},
	} {
		if got := d.count(c.query); got < c.least {
			t.Errorf("%s: %d of %s, want at least %d", name, got, c.query, c.least)
		}
	}
	for _, e := range d.list("env:prod-ap").Items {
		if e.Freshness != twin.Stale {
			t.Errorf("%s in prod-ap is %s", e.ID, e.Freshness)
		}
	}
	for _, e := range d.list("vuln:CVE-2026-46600").Items {
		if e.FirstSeen.Before(time.Date(2026, 7, 14, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%s was known at %s, before it was published", e.ID, e.FirstSeen)
		}
	}
}

func (d *staged) work(t *testing.T) {
	d.t = t
	states := map[ctem.Work]int{}
	for _, a := range d.actions() {
		states[a.State]++
	}
	for _, w := range []ctem.Work{ctem.Proposed, ctem.InProgress, ctem.Deployed, ctem.Verified} {
		if states[w] == 0 {
			t.Errorf("no action is %s: %v", w, states)
		}
	}
}

// people says that each of the company's rulings is about an exposure that is
// live and an action that is there, and what it asks of the rules' answer.
func (d *staged) people(t *testing.T) {
	d.t = t
	if len(d.said.scopes) != 2 || d.said.scopes[0] == d.said.scopes[1] {
		t.Errorf("the scope was applied %d times", len(d.said.scopes))
	}
	loosened, tightened, approved := 0, 0, 0
	for _, r := range d.said.rulings {
		list := d.list("id:" + r.Exposure).Items
		if len(list) != 1 || !list[0].State.Live() {
			t.Errorf("%+v is about nothing that is live", r)
			continue
		}
		switch computed := list[0].Decision.Word; {
		case r.Kind == demo.RuleApprove:
			approved++
		case r.Kind == demo.RuleDecide && r.Word.Urgency() < computed.Urgency():
			loosened++
			if r.Until.Before(demoNow) || r.Reason == "" {
				t.Errorf("%+v gives no end or no reason", r)
			}
		case r.Kind == demo.RuleDecide && r.Word.Urgency() > computed.Urgency():
			tightened++
		case r.Kind == demo.RuleDecide:
			t.Errorf("%+v: the rules say %s themselves", r, computed)
		}
	}
	if loosened != 2 || approved != 1 || tightened != 1 {
		t.Errorf("%d loosened, %d approved, %d tightened", loosened, approved, tightened)
	}
	states := map[string]ctem.Work{}
	for _, a := range d.actions() {
		states[a.ID] = a.State
	}
	for _, w := range d.said.work {
		if now := states[w.Action]; now != ctem.Proposed {
			t.Errorf("%+v: the action is %q", w, now)
		}
	}
}

func (d *staged) trend(t *testing.T) {
	list, err := d.measures().Trend(context.Background(), ctem.AsOf{Now: d.clock.Now()}, 182)
	if err != nil || len(list) < 180 {
		t.Fatalf("%d days, %v", len(list), err)
	}
	for _, ago := range []int{28, 56, 84, 112} {
		then, now := list[len(list)-1-ago], list[len(list)-1]
		if ago > 28 && now.Open >= then.Open || ago > 56 && now.Risk >= then.Risk {
			t.Errorf("risk does not fall: %d days ago %d open at %g, now %d at %g", ago, then.Open, then.Risk, now.Open, now.Risk)
		}
	}
}

func (d *staged) coverage(t *testing.T) {
	c, err := d.measures().Coverage(context.Background(), ctem.AsOf{Now: d.clock.Now()})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range c.Feeds {
		if f.Kind != advisory.FeedEPSS && !f.LoadedAt.Equal(demoNow) {
			t.Errorf("feed %s %s was loaded at %s", f.Kind, f.Name, f.LoadedAt)
		}
	}
	if len(c.WithoutSBOM) != 1 || c.WithoutSBOM[0] != "label-printer (prod-eu)" {
		t.Errorf("without a bill of materials: %v", c.WithoutSBOM)
	}
	if len(c.StaleSources) != 1 || c.StaleSources[0] != "k8s-prod-ap (prod-ap)" || len(c.LapsedSources) > 0 {
		t.Errorf("stale: %v, lapsed: %v", c.StaleSources, c.LapsedSources)
	}
}

// quiet says that nothing waits to be computed, and a sign of life changes nothing.
func (d *staged) quiet(t *testing.T) {
	d.t = t
	before := d.list("")
	if err := d.player.Heartbeat(context.Background()); err != nil {
		t.Fatal(err)
	}
	rep, err := d.s.runner.Drain(context.Background())
	if err != nil || len(rep.Quarantined) > 0 {
		t.Fatalf("%+v, %v", rep, err)
	}
	if after := d.list(""); after.Total != before.Total {
		t.Errorf("a sign of life changed %d exposures into %d", before.Total, after.Total)
	}
}

// drill plays two drills and wants the numbers to be as before in the end.
func (d *staged) drill(t *testing.T) {
	d.t = t
	ctx := context.Background()
	drill := d.player.Drill()
	if err := drill.Deploy(ctx); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a fix without an advisory: %v", err)
	}
	live, act := d.count(""), d.count("decision:act")
	for round := 1; round <= 2; round++ {
		d.round(drill, live, act)
	}
	if fixed, open := d.count("is:fixed vuln:DRILL-2026-0001,DRILL-2026-0002"), d.count("vuln:DRILL-2026-0001,DRILL-2026-0002"); fixed < 24 || open > 0 {
		t.Errorf("%d exposures of drills are fixed, and %d are live", fixed, open)
	}
	d.step(drill.Publish) // and one that is broken off
	d.step(drill.Reset)
	s := d.state(drill)
	if s.ID != "DRILL-2026-0003" || s.Step != demo.DrillReady || s.Open > 0 || d.count("is:withdrawn vuln:DRILL-2026-0003") < 12 || d.count("") != live {
		t.Errorf("broken off: %d live, before %d: %+v", d.count(""), live, s)
	}
	for _, a := range s.Actions {
		if a.OpenCount > 0 || a.State == ctem.Proposed {
			t.Errorf("broken off: action %s is %s with %d open", a.ID, a.State, a.OpenCount)
		}
	}
}

func (d *staged) state(drill *demo.Drill) demo.DrillState {
	d.t.Helper()
	s, err := drill.State(context.Background())
	if err != nil {
		d.t.Fatal(err)
	}
	return s
}

func (d *staged) step(step func(context.Context) error) {
	d.t.Helper()
	if err := step(context.Background()); err != nil {
		d.t.Fatal(err)
	}
}

func (d *staged) round(drill *demo.Drill, live, act int) {
	t := d.t
	t.Helper()
	began := time.Now()
	d.step(drill.Publish)
	took := time.Since(began)
	s := d.state(drill)
	if s.Step != demo.DrillPublished || s.Open < 12 || s.ActNow < 4 || len(s.Services) != 5 || len(s.Actions) != 5 {
		t.Errorf("published: %+v", s)
	}
	if d.count("") != live+s.Open || d.count("decision:act") != act+s.ActNow {
		t.Errorf("%d live and %d to act on, want %d more than %d and %d more than %d", d.count(""), d.count("decision:act"), s.Open, live, s.ActNow, act)
	}
	for _, a := range s.Actions {
		if a.State != ctem.Proposed || a.Target != s.Fixed || a.Due.IsZero() {
			t.Errorf("action %s is %s, to %q by %s; the fix is %s", a.ID, a.State, a.Target, a.Due, s.Fixed)
		}
	}
	d.step(drill.Stage)
	staged := d.state(drill)
	if staged.Open >= s.Open || staged.ActNow != s.ActNow {
		t.Errorf("staged: %d open and %d to act on, before %d and %d", staged.Open, staged.ActNow, s.Open, s.ActNow)
	}
	d.step(drill.Deploy)
	done := d.state(drill)
	if done.Open != 0 || d.count("") != live || d.count("decision:act") != act {
		t.Errorf("deployed: %d open; %d live and %d to act on, before %d and %d", done.Open, d.count(""), d.count("decision:act"), live, act)
	}
	for _, e := range done.Exposures {
		if e.State != ctem.Fixed {
			t.Errorf("%s in %s is %s", e.Service, e.Environment, e.State)
		}
	}
	for _, a := range done.Actions {
		if a.State != ctem.Verified {
			t.Errorf("action %s is %s: %s", a.ID, a.State, a.Reason)
		}
	}
	d.step(drill.Reset)
	t.Logf("%s took %s to open %d exposures", s.ID, took.Round(time.Millisecond), s.Open)
}

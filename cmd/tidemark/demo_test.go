package main

import (
	"context"
	"io"
	"log/slog"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tidemark/tidemark/cmd/tidemark/host"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
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
	s      *local.Session
	now    time.Time
	said   *said // nil: the company's people were heard
	clock  *demo.Clock
	player *demo.Player
}

// stage plays the demo, and keeps apart what the company's people say.
func stage(t *testing.T, now time.Time) *staged { t.Helper(); return stageWith(t, now, &said{}) }

// stageWith plays the demo as it is shown, where nothing is kept apart.
func stageWith(t *testing.T, now time.Time, apart *said) *staged {
	t.Helper()
	ctx := context.Background()
	db, err := store.Open(ctx, store.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	clock := demo.NewClock(ticking(now))
	s := local.Home{Now: clock.Now, Log: slog.New(slog.DiscardHandler), Err: io.Discard}.On(db)
	doors := host.DemoDoors(s)
	if apart != nil {
		doors.Scope, doors.People = apart, apart
	}
	p := demo.New(doors, clock, t.TempDir())
	began, cpu := time.Now(), cpuTime()
	if err := host.Play(ctx, p, now); err != nil {
		t.Fatal(err)
	}
	t.Logf("played in %s, %s of CPU", time.Since(began).Round(time.Millisecond), cpuTime()-cpu)
	return &staged{t, s, now, apart, clock, p}
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
	page, err := d.s.DB.ListExposures(context.Background(), ctem.ListQuery{AsOf: ctem.AsOf{Now: d.clock.Now()}, Terms: terms})
	if err != nil {
		d.t.Fatal(query, err)
	}
	return page
}

// said is what the company's people said.
type said struct{ scopes []string }

func (s *said) Apply(_ context.Context, document []byte) error {
	s.scopes = append(s.scopes, string(document))
	return nil
}

func (s *said) Rule(context.Context, demo.Ruling) error { return nil }

func (s *said) Work(context.Context, demo.Work) error { return nil }

var demoNow = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// ticking is a clock that shows another moment each time.
func ticking(from time.Time) func() time.Time {
	var n atomic.Int64
	return func() time.Time { return from.Add(time.Duration(n.Add(1)) * time.Millisecond) }
}

func (d *staged) count(query string) int { d.t.Helper(); return d.list(query).Total }

func (d *staged) actions() []ctem.Action {
	d.t.Helper()
	page, err := d.s.DB.Actions(context.Background(), ctem.ListQuery{AsOf: ctem.AsOf{Now: d.clock.Now()}})
	if err != nil {
		d.t.Fatal(err)
	}
	return page.Items
}

func (d *staged) measures() measure.Measures {
	return measure.Measures{Exposures: d.s.DB, Estate: d.s.DB}
}

// TestDemo asks the store for everything that the demo promises to show, on
// days far apart: dates of the feeds are real ones, and the story must not rot.
func TestDemo(t *testing.T) {
	t.Parallel()
	for name, now := range map[string]time.Time{
		"today": demoNow, "four months later": demoNow.AddDate(0, 4, 0), "three months ago": demoNow.AddDate(0, -3, 0),
	} {
		t.Run(name, func(t *testing.T) {
			d := stageWith(t, now, nil)
			t.Run("counts", d.counts)
			t.Run("clocks", d.clocks)
			t.Run("features", d.features)
			t.Run("actions", d.work)
			t.Run("people", d.people)
			t.Run("trend", d.trend)
			t.Run("coverage", d.coverage)
			t.Run("quiet", d.quiet)
			if now.Equal(demoNow) {
				t.Run("drill", d.drill)
			}
		})
	}
}

// within complains about a number that is out of its range.
func within(t *testing.T, what string, got, least, most int) {
	t.Helper()
	if got < least || got > most {
		t.Errorf("%s: %d, want %d to %d", what, got, least, most)
	}
}

func (d *staged) counts(t *testing.T) {
	d.t = t
	total := d.count("")
	within(t, "live", total, 250, 400)
	within(t, "act now", d.count("decision:act"), 8, 14)
	within(t, "schedule", d.count("decision:schedule"), 60, 160)
	within(t, "watch", d.count("decision:watch"), 100, 250)
	within(t, "no action", d.count("decision:none"), 1, 10)
	within(t, "came back", d.count("is:regressed"), 2, 6)
	for _, gate := range []string{"reach", "exploit"} {
		yes, unknown := d.count(gate+":yes"), d.count(gate+":unknown")
		if yes == 0 || unknown == 0 || yes+unknown >= total {
			t.Errorf("%s: %d yes and %d unknown of %d", gate, yes, unknown, total)
		}
	}
}

// clocks wants a company that is mostly on time: some things are late, by days,
// and spread over its owners.
func (d *staged) clocks(t *testing.T) {
	d.t = t
	late, acute, soon, owners := 0, 0, 0, map[string]int{}
	for _, e := range d.list("").Items {
		left := e.Decision.Deadline.Sub(d.now)
		switch {
		case e.Decision.Deadline.IsZero() || e.Decision.Word == ctem.Watch || e.Decision.Word == ctem.NoAction:
		case left < -14*24*time.Hour:
			t.Errorf("%s of %s in %s is late since %s", e.Weakness.Key, e.Service, e.Environment, e.Decision.Deadline)
		case left < 0:
			late++
			owners[e.Decision.Owner]++
		case left <= 3*24*time.Hour && e.Decision.Word == ctem.ActNow:
			acute++
		case left <= 7*24*time.Hour:
			soon++
		}
	}
	within(t, "late", late, 10, 25)
	within(t, "to act on within three days", acute, 5, 10)
	within(t, "due within a week", soon, 5, 15)
	within(t, "owners who are late", len(owners), 3, 6)
	for owner, n := range owners {
		if owner != "team-web" && n >= owners["team-web"] {
			t.Errorf("%s is late with %d, team-web was to be the worst: %v", owner, n, owners)
		}
	}
	if owners[""] == 0 {
		t.Errorf("nothing that nobody owns is late: %v", owners)
	}
}

func (d *staged) features(t *testing.T) {
	d.t = t
	for name, c := range map[string]struct {
		query string
		least int
	}{
		"verified fixes":               {"is:fixed", 200},
		"a rollback that reintroduces": {"is:regressed svc:checkout env:prod-eu vuln:CVE-2022-42889 decision:act", 1},
		"what a silent cluster runs":   {"env:prod-ap running:unknown", 10},
		"declared only":                {"env:dr running:unknown", 3},
		"nobody knows the doors":       {"svc:report-builder env:prod-eu reach:unknown", 3},
		"published in 2026":            {"vuln:GO-2026-5942,CVE-2026-46600", 1},
	} {
		if got := d.count(c.query); got < c.least {
			t.Errorf("%s: %d of %s, want at least %d", name, got, c.query, c.least)
		}
	}
	d.contrast(t, "svc:payout-batch env:prod-eu vuln:CVE-2022-23221 reach:no running:yes", ctem.SeverityCritical, ctem.Schedule)
	d.contrast(t, "svc:catalog-api env:prod-eu vuln:CVE-2023-44487 kev:yes reach:yes running:yes", ctem.SeverityMedium, ctem.ActNow)
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

// contrast wants one exposure whose severity and decision say different things:
// the critical one that may wait, the medium one that may not.
func (d *staged) contrast(t *testing.T, query string, severity ctem.Severity, word ctem.Word) {
	t.Helper()
	list := d.list(query).Items
	if len(list) != 1 || list[0].Decision.Severity != severity || list[0].Decision.Word != word {
		t.Errorf("%s: %d found, want one that is %s and %s", query, len(list), severity, word)
	}
}

func (d *staged) work(t *testing.T) {
	d.t = t
	states, unowned := map[ctem.Work]int{}, 0
	for _, a := range d.actions() {
		states[a.State]++
		if a.Owner == "" {
			unowned++
			if a.Service != "report-builder" && a.Service != "label-printer" {
				t.Errorf("%s of %s has no owner", a.ID, a.Service)
			}
		}
	}
	for _, w := range []ctem.Work{ctem.Proposed, ctem.Accepted, ctem.InProgress, ctem.Blocked, ctem.Rejected, ctem.Deployed, ctem.Verified} {
		if states[w] == 0 {
			t.Errorf("no action is %s: %v", w, states)
		}
	}
	if unowned == 0 {
		t.Error("each action has an owner")
	}
}

// people asks what became of the company's rulings.
func (d *staged) people(t *testing.T) {
	d.t = t
	inForce, requested, tightened := map[ctem.Word]int{}, 0, 0
	for _, e := range d.list("").Items {
		switch x := e.Decision.Exception; {
		case x == nil && e.Decision.Word.Urgency() > e.Decision.Computed.Urgency():
			tightened++
		case x == nil:
		case x.State == ctem.ExceptionRequested:
			requested++
			if x.By == "" || x.By == "robin" || e.Decision.Word != ctem.ActNow {
				t.Errorf("%s asks for %s, which is %s; robin was to approve it", x.By, x.Word, e.Decision.Word)
			}
		default:
			inForce[x.Word]++
			if x.ApprovedBy == "" || x.ApprovedBy == x.By || !x.Until.After(d.now) || x.Reason == "" {
				t.Errorf("%s is excepted: %+v", e.ID, x)
			}
		}
	}
	if inForce[ctem.Schedule] != 1 || inForce[ctem.NoAction] != 1 || requested != 1 || tightened != 1 {
		t.Errorf("%v in force, %d requested, %d tightened", inForce, requested, tightened)
	}
	if n := d.count("svc:report-builder owner:team-insights"); n != 1 {
		t.Errorf("%d of report-builder are assigned", n)
	}
}

// trend wants numbers that fall, and bumps in between, as new things come.
func (d *staged) trend(t *testing.T) {
	list, err := d.measures().Trend(context.Background(), ctem.ListQuery{AsOf: ctem.AsOf{Now: d.clock.Now()}}, 182)
	if err != nil || len(list) < 180 {
		t.Fatalf("%d days, %v", len(list), err)
	}
	var weekly []float64
	bumps := 0
	for i := (len(list) - 1) % 7; i < len(list); i += 7 {
		weekly = append(weekly, float64(list[i].Open))
		if n := len(weekly); n > 1 && weekly[n-1] > weekly[n-2] {
			bumps++
		}
	}
	if v := (ctem.Series{Values: weekly}).Verdict(); v.Word != "falling" {
		t.Errorf("the verdict is %s: %s; %v", v.Word, v.Rule, weekly)
	}
	for _, ago := range []int{4, 8, 12} {
		if now, then := weekly[len(weekly)-1], weekly[len(weekly)-1-ago]; now >= then {
			t.Errorf("%g open now, %g %d weeks ago", now, then, ago)
		}
	}
	within(t, "weeks that went up", bumps, 1, 6)
}

func (d *staged) coverage(t *testing.T) {
	c, err := d.measures().Coverage(context.Background(), ctem.AsOf{Now: d.clock.Now()})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range c.Feeds {
		if f.Kind != advisory.FeedEPSS && !f.LoadedAt.Equal(d.now) {
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
	rep, err := d.s.Runner.Drain(context.Background())
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

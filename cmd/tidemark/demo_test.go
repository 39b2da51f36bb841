package main

import (
	"context"
	"io"
	"log/slog"
	"syscall"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/demo"
	"github.com/tidemark/tidemark/internal/measure"
	"github.com/tidemark/tidemark/internal/store"
)

// staged is a demo on a store in a temporary folder.
type staged struct {
	t      *testing.T
	s      *session
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
	clock := demo.NewClock(func() time.Time { return now })
	a := &app{clock: clock.Now, log: slog.New(slog.DiscardHandler)}
	a.err = io.Discard
	s := &session{db: db}
	a.wire(s)
	p := demo.New(a.demoDoors(s), clock, t.TempDir())
	began, cpu := time.Now(), cpuTime()
	if err := p.Play(ctx, now); err != nil {
		t.Fatal(err)
	}
	t.Logf("played in %s, %s of CPU", time.Since(began).Round(time.Millisecond), cpuTime()-cpu)
	return &staged{t, s, clock, p}
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

var demoNow = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func TestDemo(t *testing.T) {
	d := stage(t, demoNow)
	ctx := context.Background()
	counts := map[string]int{}
	for _, e := range d.list("").Items {
		w := "-"
		if e.Decision != nil {
			w = string(e.Decision.Word)
		}
		counts[string(e.State)+" "+w]++
		counts["env "+e.Environment]++
		if w == "Act now" {
			t.Log(e.Environment, e.Service, e.Locus, e.Weakness.Canonical, e.Running, e.Reachable, e.Decision.Score, e.Decision.Deadline.Format(time.DateOnly), e.Freshness)
		}
	}
	t.Log(counts)
	m := measure.Measures{Exposures: d.s.db, Estate: d.s.db}
	f, err := m.Funnel(ctx, ctem.AsOf{Now: d.clock.Now()})
	t.Logf("%+v %v", f, err)
	days, err := m.Trend(ctx, ctem.AsOf{Now: d.clock.Now()}, 182)
	for i, x := range days {
		if i%7 == 0 || i == len(days)-1 {
			t.Log(x.Day.Format(time.DateOnly), x.Open, x.Risk, x.Score, err)
		}
	}
	acts, err := d.s.db.Actions(ctx, ctem.ListQuery{AsOf: ctem.AsOf{Now: d.clock.Now()}})
	states := map[ctem.Work]int{}
	for _, x := range acts.Items {
		states[x.State]++
	}
	t.Log(states, err)
}

// Package host runs a server in this process: the HTTP doors over an open store,
// the worker that runs the steps, the picture that pages are drawn from, and the
// demo.
//
// The model. A Host has a home of data and a clock of its own. The doors of
// package server are small interfaces; here they are joined with the steps and
// the store. Requests, worker, picture and sweeper stand and fall together.
//
// Invariants. A server holds the writers' lock of its data as long as it serves.
// Every mutation that comes in through a door is in the log. No rules.
package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tidemark/tidemark/cmd/tidemark/gate"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/cycle"
	"github.com/tidemark/tidemark/internal/discover/pipeline"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/notify"
	"github.com/tidemark/tidemark/internal/server"
	"github.com/tidemark/tidemark/internal/server/events"
	"github.com/tidemark/tidemark/internal/server/evidence"
	"github.com/tidemark/tidemark/internal/server/jobs"
	"github.com/tidemark/tidemark/internal/server/login"
	"github.com/tidemark/tidemark/internal/server/picture"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/web"
)

// Host runs servers on a home of data.
type Host struct {
	local.Home
	Clock   func() time.Time // the machine's
	Version string
}

// Options is how a server runs.
type Options struct {
	Listen     server.Listen
	TrustProxy bool
	CIHooks    []string      // SYSTEM=FILE: secrets of webhooks
	Beat       time.Duration // between signs of life of events; 0: the default
	// Add adds doors of one's own before the server is made: the demo's drill.
	Add func(*server.Doors, *cycle.Worker)
	// Alive is done now and then while it serves: the demo's sources report.
	Alive func(context.Context) error
	// Beside, when set, works beside the server on the same store until ctx ends;
	// wake tells the steps that there is something new.
	Beside func(ctx context.Context, s *local.Session, wake func()) error
	// Started is told when requests are served: where, and the one-time code of
	// the first start ("" where somebody can sign in already). nil: it is printed.
	Started func(url, code string)
}

// Serve opens the store and holds its writers' lock as long as it serves.
func (h Host) Serve(ctx context.Context, o Options) (err error) {
	h.Serves = true
	s, err := h.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.DB.Close()) }()
	release, err := s.DB.Lock(ctx, local.LockWait)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	return h.ServeStore(ctx, s, o)
}

// service is a running server's parts.
type service struct {
	Host
	s      *local.Session
	o      Options
	worker *cycle.Worker
	prover *cycle.Worker // who reaches what: beside the loop
	hub    *events.Hub
	door   *login.Service
	pic    *picture.Picture
	jobs   *jobs.Desk
	news   waker
	poster *notify.Poster
	hooks  ciHooks
}

// ServeStore serves an open store until ctx ends: requests, the steps, and the
// sweeper, which stand and fall together.
func (h Host) ServeStore(ctx context.Context, s *local.Session, o Options) (err error) {
	proofs, err := readHooks(o.CIHooks)
	if err != nil {
		return err
	}
	index, put := s.Shelve(ctx)
	defer func() { err = errors.Join(err, put()) }()
	v := &service{Host: h, s: s, o: o, news: newWaker(), hooks: proofs, poster: notify.NewPoster(h.Clock, "tidemark/"+h.Version)}
	v.hub = &events.Hub{Now: h.Clock, Beat: o.Beat}
	v.prover = cycle.NewWorker(s.Apart(), []cycle.Stage{proving(s.DB)}, s.DB)
	v.worker = cycle.NewWorker(s.Runner, stages(s), s.DB)
	v.prover.Moved = func(context.Context) { v.worker.Wake() }
	v.worker.Computed = func(ctx context.Context, upTo map[ctem.Stream]int64) error {
		if err := v.shown(ctx); err != nil {
			return err
		}
		return s.DB.ComputeReceipts(ctx, upTo[ctem.StreamEvidence], s.Now())
	}
	parts := s.Picture()
	parts.Tell = v.told
	v.pic = picture.New(parts)
	v.worker.Moved = func(context.Context) {
		v.prover.Wake()
		v.pic.Wake()
		v.news.Wake()
	}
	v.jobs = jobs.New(jobs.Config{Store: s.DB, Owner: s.Runner.Owner, Now: s.Now, Tell: jobTold(v.hub), Log: v.Log})
	if err := v.jobs.Lose(ctx); err != nil {
		return err
	}
	v.door = login.New(login.Config{Store: s.DB, Now: s.Now, Log: v.Log, TrustProxy: o.TrustProxy, Request: server.RequestID})
	code, _, err := v.door.FirstStart(ctx, access.LocalUser(local.Actor()))
	if err != nil {
		return err
	}
	in, err := o.Listen.Open(ctx)
	if err != nil {
		return err
	}
	traced := &spans{in: s.Ingest(), known: s.DB, now: s.Now}
	handler := v.server(traced).Handler()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return o.Listen.Serve(ctx, in, handler, v.hub.Close) })
	for _, work := range []func(context.Context) error{v.worker.Run, v.prover.Run, v.pic.Run, v.jobs.Run, v.jobs.Beat, v.sweep, v.tellEvents, v.deliver, v.beside} {
		group.Go(func() error { return work(ctx) })
	}
	if index != nil {
		group.Go(func() error { return index.Run(ctx) })
	}
	v.started(in.Addr(), code)
	return errors.Join(group.Wait(), traced.flush(context.WithoutCancel(ctx)))
}

// beside is what works on the same store, where there is something.
func (v *service) beside(ctx context.Context) error {
	if v.o.Beside == nil {
		return nil
	}
	return v.o.Beside(ctx, v.s, v.worker.Wake)
}

// stages are the steps with what they read, in the order of the loop.
func stages(s *local.Session) []cycle.Stage {
	db := s.DB
	dirty := func(ctx context.Context) (bool, error) { return local.Unassessed(ctx, db) }
	return []cycle.Stage{
		{Step: pipeline.RejudgeName, Left: s.Untrusted},
		{Step: "resolve", Streams: []ctem.Stream{ctem.StreamEvidence}},
		{Step: "owners", Streams: []ctem.Stream{ctem.StreamTwin, ctem.StreamScope}},
		proving(db),
		{Step: "assess", Streams: []ctem.Stream{ctem.StreamTwin, ctem.StreamProof, ctem.StreamAdvisory}, Left: dirty},
		{Step: "prioritize", Streams: []ctem.Stream{ctem.StreamExposure, ctem.StreamAdvisory, ctem.StreamRuling, ctem.StreamScope}},
		{Step: "mobilize", Streams: []ctem.Stream{ctem.StreamExposure, ctem.StreamDecision}},
		{Step: "news", Streams: []ctem.Stream{ctem.StreamAdvisory}},
	}
}

// proving is the step that works out who reaches what.
func proving(db *store.DB) cycle.Stage {
	return cycle.Stage{Step: "validate", Streams: []ctem.Stream{ctem.StreamTwin}, Left: func(ctx context.Context) (bool, error) { return local.Unproven(ctx, db) }}
}

// trouble says why the steps do not get on: nil when they do.
func (v *service) trouble() error { return errors.Join(v.worker.Trouble(), v.prover.Trouble()) }

// entrance is the service that signs in, as the server asks it.
type entrance struct{ *login.Service }

// Authenticate says who is behind a request.
func (e entrance) Authenticate(r *http.Request) (access.Principal, error) {
	who, _, err := e.Service.Authenticate(r)
	return who, err
}

func (v *service) server(traced *spans) *server.Server {
	db := v.s.DB
	desk := v.pic.Desk()
	v.hub.Still = entrance{v.door}.Authenticate
	given := &evidence.Door{
		Ingest: documents{v.s.Ingest()}, Store: db, Facts: facts{desk, db}, Log: db, Wake: v.worker.Wake, Now: v.s.Now, Slog: v.Log,
	}
	doors := server.Doors{
		Pages:    v.pic,
		People:   persons{s: v.s, worker: v.worker, pic: v.pic},
		Evidence: given,
		Traces:   &evidence.Traces{Door: given, Spans: traced},
		Upkeep:   upkeep{s: v.s, worker: v.worker, pic: v.pic, jobs: v.jobs},
		Jobs:     v.jobs,
		Webhooks: hooks{v.s, v.poster},
		Hooks:    v.hooks,
		Events:   v.hub,
		Login:    v.door,
		Images:   gate.Images{Store: db, Estate: desk, Now: v.s.Now},
	}
	if v.o.Add != nil {
		v.o.Add(&doors, v.worker)
	}
	srv := server.New(server.Config{
		Version: v.Version, Door: entrance{v.door}, Desk: desk, Doors: doors, UI: web.Dist(), Now: v.Clock, Slog: v.Log,
		Revision: v.revision, Ready: v.ready, Answers: db,
	})
	srv.Gauge("tidemark_event_listeners", "Who listens to events.", func() float64 { return float64(v.hub.Count()) })
	srv.Gauge("tidemark_steps_in_trouble", "1 while the steps do not get on.", func() float64 {
		if v.trouble() != nil {
			return 1
		}
		return 0
	})
	return srv
}

// revision names the state of the streams.
func (v *service) revision(ctx context.Context) (string, error) {
	heads, err := v.s.DB.Heads(ctx)
	if err != nil {
		return "", err
	}
	delete(heads, ctem.StreamAudit) // what was done, not what is
	shown := strconv.FormatInt(v.pic.Revision(), 10)
	names := make([]string, 0, len(heads))
	for name := range heads {
		names = append(names, string(name))
	}
	slices.Sort(names)
	var b strings.Builder
	b.WriteString(shown + ".")
	for _, name := range names {
		_, _ = fmt.Fprintf(&b, "%s%d.", name[:1], heads[ctem.Stream(name)])
	}
	return b.String(), nil
}

// shownWait is how long a receipt waits for the pages to follow.
const shownWait = 2 * time.Second

// shown waits until the pages show what was computed, so that who reads a
// receipt finds behind its links what it says. It does not wait long: what is
// computed is computed.
func (v *service) shown(ctx context.Context) error {
	if !v.pic.Ready() {
		return nil
	}
	wait, stop := context.WithTimeout(ctx, shownWait)
	defer stop()
	if err := v.pic.Settle(wait); err != nil && ctx.Err() == nil {
		v.Log.DebugContext(ctx, "a receipt was computed before the pages followed", "error", err)
	}
	return ctx.Err()
}

// told tells whoever listens that lists are different now.
func (v *service) told(t picture.Told) {
	v.hub.Publish(events.Event{Name: "changed", Data: events.Changed{Revision: strconv.FormatInt(t.Revision, 10), New: &t.New, ActNow: &t.ActNow}})
}

// ready says why requests are not answered well now.
func (v *service) ready(ctx context.Context) (reasons []string) {
	if _, _, err := v.s.DB.Head(ctx, ctem.StreamEvidence); err != nil {
		reasons = append(reasons, "the database: "+err.Error())
	}
	if err := v.trouble(); err != nil {
		reasons = append(reasons, "the steps: "+err.Error())
	}
	if !v.pic.Ready() {
		reasons = append(reasons, "the exposures are still being read")
	}
	return reasons
}

// The times of the sweeper.
const (
	sweepEvery   = 10 * time.Minute
	receiptsKept = 90 * 24 * time.Hour
)

// sweep removes what is over, now and then. What fails is tried again later.
func (v *service) sweep(ctx context.Context) error {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		now := v.s.Now()
		if err := v.s.DB.Sweep(ctx, v.Clock().Add(-server.AnswersKept), now.Add(-receiptsKept)); err != nil && ctx.Err() == nil {
			v.Log.WarnContext(ctx, "what is over was not removed", "error", fault.Mask(err.Error()))
		}
		if v.o.Alive != nil {
			if err := v.o.Alive(ctx); err != nil && ctx.Err() == nil {
				v.Log.WarnContext(ctx, "the sources could not report", "error", fault.Mask(err.Error()))
			}
			v.worker.Wake()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// started says where the server is, and how to get in for the first time. The
// code is behind a #, so that it gets into no log.
func (v *service) started(addr net.Addr, code string) {
	scheme := "http"
	if v.o.Listen.Cert != "" {
		scheme = "https"
	}
	url := scheme + "://" + addr.String()
	if v.o.Started != nil {
		v.o.Started(url, code)
		return
	}
	_, _ = fmt.Fprintf(v.Err, "tidemark serves %s\n", url)
	if code != "" {
		_, _ = fmt.Fprintf(v.Err, "sign in as admin with this link, once, within an hour:\n  %s/login#code=%s\n", url, code)
	}
}

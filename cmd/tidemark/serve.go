package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/cycle"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/server"
	"github.com/tidemark/tidemark/internal/server/events"
	"github.com/tidemark/tidemark/internal/server/evidence"
	"github.com/tidemark/tidemark/internal/server/login"
	"github.com/tidemark/tidemark/internal/server/picture"
	"github.com/tidemark/tidemark/internal/store"
	"github.com/tidemark/tidemark/web"
)

func (a *app) serveCmd() *cobra.Command {
	o, check := serveOptions{}, false
	c := &cobra.Command{
		Use: "serve", Short: "Run the server: pages, API, and the steps of the loop",
		Long: `Run the server. The first start makes the user admin and prints a link to sign in
with once. While it runs it is the only writer of the data folder: other
commands that write then need --server URL.

  tidemark serve --data /var/lib/tidemark
  tidemark serve --db postgres://… --listen :8443 --tls-cert cert.pem --tls-key key.pem`,
		Args: args(0, 0, "no argument"), RunE: func(c *cobra.Command, _ []string) error {
			if check {
				return ready(c.Context(), "http://"+o.Listen.Address+"/readyz")
			}
			return a.serve(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.Listen.Address, "listen", "127.0.0.1:8080", "address to listen on")
	f.StringVar(&o.Listen.Cert, "tls-cert", "", "certificate file (PEM)")
	f.StringVar(&o.Listen.Key, "tls-key", "", "key file (PEM)")
	f.BoolVar(&o.TrustProxy, "trusted-proxy", false, "believe X-Forwarded-For, -Proto and -Host: only behind a proxy that sets them")
	f.BoolVar(&o.Listen.Insecure, "insecure-http", false, "plain HTTP on an address that others can reach")
	f.BoolVar(&check, "check", false, "start nothing: ask the server at --listen whether it is ready (for health checks)")
	return c
}

// ready asks a server on this machine whether it is.
func ready(ctx context.Context, url string) (err error) {
	ctx, stop := context.WithTimeout(ctx, lockWait)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the address %q", url)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "ask the server")
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	if res.StatusCode != http.StatusOK {
		return fault.New(fault.Unavailable, "the server is not ready: %s", res.Status).WithHint("see %s", url)
	}
	return nil
}

// serveOptions is how a server runs.
type serveOptions struct {
	Listen     server.Listen
	TrustProxy bool
	// Add adds doors of one's own before the server is made: the demo's drill.
	Add func(*server.Doors, *cycle.Worker)
	// Alive is done now and then while it serves: the demo's sources report.
	Alive func(context.Context) error
	// Started is told when requests are served: where, and the one-time code of
	// the first start ("" where somebody can sign in already). nil: it is printed.
	Started func(url, code string)
}

// serve opens the store and holds its writers' lock as long as it serves.
func (a *app) serve(ctx context.Context, o serveOptions) (err error) {
	if a.flags.now != "" {
		return fault.New(fault.Invalid, "a server has a clock of its own").WithHint("leave --now out")
	}
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.db.Close()) }()
	release, err := s.db.Lock(ctx, lockWait)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	return a.serveStore(ctx, s, o)
}

// service is a running server's parts.
type service struct {
	a      *app
	s      *session
	o      serveOptions
	log    *slog.Logger
	worker *cycle.Worker
	hub    *events.Hub
	door   *login.Service
	pic    *picture.Picture
}

// serveStore serves an open store until ctx ends: requests, the steps, and the
// sweeper, which stand and fall together.
func (a *app) serveStore(ctx context.Context, s *session, o serveOptions) error {
	v := &service{a: a, s: s, o: o, log: a.serverLog()}
	v.s.runner.Log = v.log
	v.hub = &events.Hub{Now: a.clock}
	v.worker = cycle.NewWorker(s.runner, stages(s.db), s.db)
	v.worker.Computed = func(ctx context.Context, upTo map[ctem.Stream]int64) error {
		return s.db.ComputeReceipts(ctx, upTo[ctem.StreamEvidence], a.present())
	}
	parts := a.pictureParts(s)
	parts.Tell = v.told
	v.pic = picture.New(parts)
	v.worker.Moved = func(context.Context) { v.pic.Wake() }
	v.door = login.New(login.Config{Store: s.db, Now: a.present, Log: v.log, TrustProxy: o.TrustProxy})
	code, _, err := v.door.FirstStart(ctx)
	if err != nil {
		return err
	}
	in, err := o.Listen.Open(ctx)
	if err != nil {
		return err
	}
	handler := v.server().Handler()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return o.Listen.Serve(ctx, in, handler, v.hub.Close) })
	group.Go(func() error { return v.worker.Run(ctx) })
	group.Go(func() error { return v.pic.Run(ctx) })
	group.Go(func() error { return v.sweep(ctx) })
	v.started(in.Addr(), code)
	return group.Wait()
}

// serverLog tells of requests, and without -v in one line each on standard error.
func (a *app) serverLog() *slog.Logger {
	level := slog.LevelInfo
	if a.flags.verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: level}))
}

// stages are the steps with what they read, in the order of the loop.
func stages(db *store.DB) []cycle.Stage {
	dirty := func(ctx context.Context) (bool, error) {
		places, err := db.DirtyPlaces(ctx, 1)
		return len(places) > 0, err
	}
	return []cycle.Stage{
		{Step: "resolve", Streams: []ctem.Stream{ctem.StreamEvidence}},
		{Step: "assess", Streams: []ctem.Stream{ctem.StreamTwin, ctem.StreamAdvisory}, Left: dirty},
		{Step: "prioritize", Streams: []ctem.Stream{ctem.StreamExposure, ctem.StreamAdvisory, ctem.StreamRuling, ctem.StreamScope}},
		{Step: "mobilize", Streams: []ctem.Stream{ctem.StreamExposure, ctem.StreamDecision}},
	}
}

// entrance is the service that signs in, as the server asks it.
type entrance struct{ *login.Service }

// Authenticate says who is behind a request.
func (e entrance) Authenticate(r *http.Request) (access.Principal, error) {
	who, _, err := e.Service.Authenticate(r)
	return who, err
}

func (v *service) server() *server.Server {
	a, db := v.a, v.s.db
	desk := v.pic.Desk()
	doors := server.Doors{
		Pages:  v.pic,
		People: persons{a: a, s: v.s, worker: v.worker, pic: v.pic},
		Evidence: &evidence.Door{
			Ingest: documents{a.ingest(v.s)}, Store: db, Facts: facts{desk, db}, Log: db, Wake: v.worker.Wake, Now: a.present, Slog: v.log,
		},
		Upkeep: upkeep{a: a, s: v.s, worker: v.worker, hub: v.hub},
		Events: v.hub,
		Login:  v.door,
	}
	if v.o.Add != nil {
		v.o.Add(&doors, v.worker)
	}
	srv := server.New(server.Config{
		Version: version, Door: entrance{v.door}, Log: db, Desk: desk, Doors: doors, UI: web.Dist(), Now: a.clock, Slog: v.log,
		Revision: v.revision, Ready: v.ready, Answers: db,
	})
	srv.Gauge("tidemark_event_listeners", "Who listens to events.", func() float64 { return float64(v.hub.Count()) })
	srv.Gauge("tidemark_steps_in_trouble", "1 while the steps do not get on.", func() float64 {
		if v.worker.Trouble() != nil {
			return 1
		}
		return 0
	})
	return srv
}

// revision names the state of the streams.
func (v *service) revision(ctx context.Context) (string, error) {
	heads, err := v.s.db.Heads(ctx)
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

// told tells whoever listens that lists are different now.
func (v *service) told(t picture.Told) {
	v.hub.Publish(events.Event{Name: "changed", Data: events.Changed{Revision: strconv.FormatInt(t.Revision, 10), New: &t.New, ActNow: &t.ActNow}})
}

// ready says why requests are not answered well now.
func (v *service) ready(ctx context.Context) (reasons []string) {
	if _, _, err := v.s.db.Head(ctx, ctem.StreamEvidence); err != nil {
		reasons = append(reasons, "the database: "+err.Error())
	}
	if err := v.worker.Trouble(); err != nil {
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
		now := v.a.present()
		if err := v.s.db.Sweep(ctx, v.a.clock().Add(-server.AnswersKept), now.Add(-receiptsKept)); err != nil && ctx.Err() == nil {
			v.log.WarnContext(ctx, "what is over was not removed", "error", fault.Mask(err.Error()))
		}
		if v.o.Alive != nil {
			if err := v.o.Alive(ctx); err != nil && ctx.Err() == nil {
				v.log.WarnContext(ctx, "the sources could not report", "error", fault.Mask(err.Error()))
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
	_, _ = fmt.Fprintf(v.a.err, "tidemark serves %s\n", url)
	if code != "" {
		_, _ = fmt.Fprintf(v.a.err, "sign in as admin with this link, once, within an hour:\n  %s/login#code=%s\n", url, code)
	}
}
